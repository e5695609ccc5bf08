//! The data of a page's scripts, as JSON that cannot end its HTML element.

use super::run_comparability::{self, Comparability, Flag};
use super::text;
use super::trend::Level;
use super::trend_point::TrendPoint;
use perf_judge::run::Number;
use perf_judge::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;

/// A trend for the chart that can be zoomed.
#[derive(Debug, Serialize)]
struct TrendData<'a> {
    name: String,
    unit: String,
    statistic: &'static str,
    run: Vec<&'a str>,
    page: &'static str,
    unrecorded: Option<usize>,
    value: Vec<Option<Number>>,
    low: Vec<Option<Number>>,
    high: Vec<Option<Number>>,
    p95: Vec<Option<Number>>,
    p99: Vec<Option<Number>>,
    comparability: String,
    flags: BTreeMap<usize, String>,
    subjects: BTreeMap<usize, String>,
    baseline: Option<Number>,
    levels: Vec<LevelData<'a>>,
    marks: Vec<Mark>,
    archive: Option<ArchiveData<'a>>,
}

#[derive(Debug, Serialize)]
struct LevelData<'a> {
    class: &'static str,
    value: Number,
    label: &'a str,
}

#[derive(Debug, Serialize)]
struct Mark {
    at: usize,
    class: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct ArchiveData<'a> {
    count: usize,
    months: &'a [String],
    shared: &'static str,
    own: String,
}

/// The runs that are too old for a page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Archive<'a> {
    /// The number of runs.
    pub count: usize,
    /// The months with runs of the benchmark, newest first: `2026-11`.
    pub months: &'a [String],
}

/// The source of a trend's data.
pub(super) struct TrendSource<'a> {
    pub(super) name: String,
    pub(super) stem: &'a str,
    pub(super) points: &'a [TrendPoint<'a>],
    pub(super) verdict: Option<&'a Verdict>,
    pub(super) levels: &'a [Level],
    /// Where another machine began to measure.
    pub(super) machines: &'a [(usize, String)],
    /// The runs of releases.
    pub(super) releases: &'a [(usize, String)],
    /// Where a regression was accepted.
    pub(super) accepted: &'a [(usize, String)],
    /// Where the level changed.
    pub(super) change_points: &'a [(usize, String)],
    pub(super) archive: Archive<'a>,
}

impl TrendSource<'_> {
    /// The JSON of the trend.
    pub(super) fn to_json(&self) -> String {
        let Self { name, points, verdict, .. } = self;
        let column = |value: &dyn Fn(&TrendPoint<'_>) -> Option<f64>| {
            points.iter().map(|point| value(point).map(number)).collect()
        };
        let flags = |point: &TrendPoint<'_>| {
            let mut flags = run_comparability::names(&point.flags());
            flags.retain(|flag| *flag != Flag::Reported.name());
            flags.join(", ")
        };
        embedded(&TrendData {
            name: name.clone(),
            unit: text::word(points.last().map_or("ns", TrendPoint::unit)),
            statistic: text::statistic(
                points.last().map(|point| point.statistic).unwrap_or_default(),
            ),
            run: points.iter().map(|point| point.run.id).collect(),
            page: "../run/",
            unrecorded: points.iter().position(|point| point.run.has(Flag::Unrecorded)),
            value: column(&|point| point.value()),
            low: column(&|point| Some(point.spread()?.0)),
            high: column(&|point| Some(point.spread()?.1)),
            p95: column(&|point| point.p95()),
            p99: column(&|point| point.p99()),
            comparability: points.iter().map(|point| digit(point.comparability())).collect(),
            flags: texts(points, flags),
            subjects: texts(points, |point| point.run.text.subject.clone()),
            baseline: verdict.and_then(|verdict| verdict.base_ns).map(number),
            levels: self
                .levels
                .iter()
                .filter(|level| level.class != "baseline")
                .map(LevelData::of)
                .collect(),
            marks: marks("machine", self.machines)
                .chain(marks("change-point", self.change_points))
                .chain(marks("release", self.releases))
                .chain(marks("accepted", self.accepted))
                .collect(),
            archive: self.archive(),
        })
    }

    fn archive(&self) -> Option<ArchiveData<'_>> {
        let Archive { count, months } = self.archive;
        (!months.is_empty()).then(|| ArchiveData {
            count,
            months,
            shared: "../data/month/",
            own: format!("../data/trend/{}/", self.stem),
        })
    }
}

impl<'a> LevelData<'a> {
    fn of(level: &'a Level) -> Self {
        Self { class: level.class, value: number(level.value), label: &level.label }
    }
}

/// The texts of points by their indices, without empty ones.
fn texts<'a>(
    points: &[TrendPoint<'a>],
    text: impl Fn(&TrendPoint<'a>) -> String,
) -> BTreeMap<usize, String> {
    let all = points.iter().enumerate().map(|(i, point)| (i, text(point)));
    all.filter(|(_, text)| !text.is_empty()).collect()
}

fn marks(class: &'static str, at: &[(usize, String)]) -> impl Iterator<Item = Mark> {
    at.iter().map(move |(at, text)| Mark { at: *at, class, text: text.clone() })
}

pub(super) fn digit(comparability: Comparability) -> char {
    match comparability {
        Comparability::Counted => '0',
        Comparability::Excluded => '1',
        Comparability::Incomparable => '2',
    }
}

/// A value to five significant digits: one more than is printed.
pub(super) fn number(value: f64) -> Number {
    if value == 0.0 || !value.is_finite() {
        return Number(value);
    }
    let shift = 4 - value.abs().log10().floor() as i32;
    // Whole numbers times or by a power of ten: the double nearest to the decimal.
    let scale = 10f64.powi(shift.abs());
    let rounded =
        if shift >= 0 { (value * scale).round() / scale } else { (value / scale).round() * scale };
    Number(rounded)
}

/// The characters that HTML or a script would interpret within JSON, and what JSON has for them.
const ESCAPES: [(char, &str); 5] = [
    ('<', "\\u003c"),
    ('>', "\\u003e"),
    ('&', "\\u0026"),
    ('\u{2028}', "\\u2028"),
    ('\u{2029}', "\\u2029"),
];

/// JSON that neither ends its HTML element nor is parsed as markup.
pub(super) fn embedded(data: &impl Serialize) -> String {
    let json = serde_json::to_string(data)
        .unwrap_or_else(|_| unreachable!("page data has string keys and finite numbers"));
    ESCAPES.into_iter().fold(json, |json, (unsafe_char, escape)| {
        if json.contains(unsafe_char) { json.replace(unsafe_char, escape) } else { json }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_short() {
        let written: Vec<String> = [1_234_567.8, 0.1 + 0.2, 1e6, 0.0]
            .into_iter()
            .map(|value| serde_json::to_string(&number(value)).unwrap())
            .collect();
        assert_eq!(written, ["1234600", "0.3", "1000000", "0"]);
    }

    proptest! {
        #[test]
        fn embedded_text_cannot_leave_its_element(text in "\\PC*|(</script>|<!--|&lt;|\u{2028})*") {
            let json = embedded(&text);
            let is_safe = !json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']);
            prop_assert!(is_safe, "{}", json);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
