//! How times depend on a numeric argument: logarithmic charts with fitted exponents.

use super::fluid;
use super::group::split;
use super::members::Member;
use super::spark;
use super::text::{self, Name};
use crate::svg::{Scale, escaped};
use perf_judge::scaling::{FEWEST, PowerLaw, exponent};
use perf_judge::stats;
use perf_judge::unit;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The size of a chart in pixels, and its margins.
const HEIGHT: f64 = 240.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 24.0;
/// The most lines of a chart, each with a colour of its own.
const LINES: usize = 6;
/// The distance of two labels in pixels.
const LINE: f64 = 16.0;

/// A chart of one function or of several that are alternatives.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ScalingView {
    name: String,
    chart: String,
    rows: Vec<ExponentRow>,
    /// The members of the table of times, and a row per argument.
    members: Vec<Name>,
    times: Vec<TimesRow>,
}

/// The times at an argument.
#[derive(Clone, Debug, Serialize)]
struct TimesRow {
    argument: String,
    times: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct ExponentRow {
    name: Name,
    series: usize,
    /// The page of the benchmark with the largest argument.
    stem: String,
    exponent: String,
    interval: String,
    r_squared: String,
    per_doubling: String,
    /// The exponent in the first run, for comparison.
    first: String,
    spark: String,
}

/// A member with its current times and their fit.
struct Series<'l> {
    member: &'l Member<'l>,
    points: Vec<(f64, f64)>,
    law: PowerLaw,
}

/// The charts of all members with enough numeric arguments; members below one name share a chart.
pub(super) fn views(members: &[Member<'_>], most: usize) -> Vec<ScalingView> {
    let mut charts: BTreeMap<&str, Vec<Series<'_>>> = BTreeMap::new();
    for member in members {
        let Some(series) = Series::of(member) else { continue };
        let parent = split(member.name).0;
        let chart = if parent.contains("::") { parent } else { member.name };
        charts.entry(chart).or_default().push(series);
    }
    charts.into_iter().take(most).filter_map(|(name, series)| view(name, &series)).collect()
}

impl<'l> Series<'l> {
    fn of(member: &'l Member<'l>) -> Option<Self> {
        if member.arguments.len() < FEWEST {
            return None;
        }
        let current = member
            .arguments
            .iter()
            .map(|(argument, levels)| Some((argument.value, stats::median(&levels.current())?)));
        let points: Vec<(f64, f64)> = current.collect::<Option<_>>()?;
        Some(Self { member, law: PowerLaw::fit(&points)?, points })
    }
}

/// The exponent in each run that measured all arguments.
fn exponents(member: &Member<'_>) -> Vec<(usize, f64)> {
    let mut by_run: BTreeMap<usize, Vec<(f64, f64)>> = BTreeMap::new();
    for (argument, levels) in &member.arguments {
        for (run, ns) in &levels.values {
            by_run.entry(*run).or_default().push((argument.value, *ns));
        }
    }
    let whole = by_run.into_iter().filter(|(_, points)| points.len() == member.arguments.len());
    whole.filter_map(|(run, points)| Some((run, exponent(&points)?))).collect()
}

fn view(name: &str, series: &[Series<'_>]) -> Option<ScalingView> {
    let shown = &series[..series.len().min(LINES)];
    let mut arguments: Vec<(f64, &str)> = shown
        .iter()
        .flat_map(|series| series.member.arguments.iter().map(|(a, _)| (a.value, a.text)))
        .collect();
    arguments.sort_by(|one, other| one.0.total_cmp(&other.0));
    arguments.dedup_by(|one, other| one.1 == other.1);
    Some(ScalingView {
        name: text::clipped(name, text::NAME),
        chart: chart(shown, &arguments)?,
        rows: (1..).zip(series).map(|(number, series)| row(number, series)).collect(),
        members: shown.iter().map(|own| Name::cell(split(own.member.name).1)).collect(),
        times: arguments.iter().map(|(_, written)| times(written, shown)).collect(),
    })
}

fn times(argument: &str, series: &[Series<'_>]) -> TimesRow {
    let time = |series: &Series<'_>| {
        let mut own = series.member.arguments.iter();
        let at = own.position(|(own, _)| own.text == argument);
        text::time(at.and_then(|at| series.points.get(at)).map(|(_, ns)| *ns))
    };
    TimesRow { argument: text::word(argument), times: series.iter().map(time).collect() }
}

fn row(number: usize, series: &Series<'_>) -> ExponentRow {
    let PowerLaw { exponent, low, high, r_squared, .. } = series.law;
    let exponents = exponents(series.member);
    let largest = series.member.arguments.last().map(|(_, levels)| levels.id.file_stem());
    let drawn: Vec<(usize, f64)> =
        exponents.iter().map(|(run, exponent)| (*run, exponent.max(0.0))).collect();
    ExponentRow {
        name: Name::cell(split(series.member.name).1),
        series: number.min(LINES),
        stem: largest.unwrap_or_default(),
        exponent: format!("{exponent:.2}"),
        interval: format!("{low:.2} to {high:.2}"),
        r_squared: format!("{r_squared:.3}"),
        per_doubling: unit::factor(series.law.per_doubling()),
        first: text::or_nothing(exponents.first().map(|(_, first)| format!("{first:.2}"))),
        spark: spark::around(&drawn, 0),
    }
}

fn chart(series: &[Series<'_>], arguments: &[(f64, &str)]) -> Option<String> {
    let points = || series.iter().flat_map(|series| series.points.iter().copied());
    let across = Scale::all_logarithmic(&points().map(|(n, _)| n).collect::<Vec<f64>>())?;
    let up = Scale::all_logarithmic(&points().map(|(_, ns)| ns).collect::<Vec<f64>>())?;
    let floor = HEIGHT - BOTTOM;
    let x = |n: f64| 100.0 * across.share(n);
    let y = |ns: f64| floor - up.share(ns) * (floor - TOP);
    let mut shapes = String::new();
    for tick in up.ticks(5) {
        shapes += &fluid::horizontal("grid", y(tick));
        shapes += &fluid::text("end", 0.0, -8.0, y(tick) + 4.0, &unit::time(tick));
    }
    for (n, written) in arguments.iter().step_by(arguments.len().div_ceil(5)) {
        shapes += &fluid::vertical("grid", x(*n), [TOP, floor]);
        shapes += &fluid::text("middle", x(*n), 0.0, HEIGHT - 6.0, &text::word(written));
    }
    let end = |series: &Series<'_>| series.points.last().map_or(floor, |(_, ns)| y(*ns));
    let wanted: Vec<f64> = series.iter().map(|series| end(series) + 4.0).collect();
    let labels = fluid::apart(&wanted, LINE, [TOP + 8.0, floor]);
    for ((number, series), label) in (1..).zip(series).zip(labels) {
        let (Some((first, _)), Some((last, _))) = (series.points.first(), series.points.last())
        else {
            continue;
        };
        let [from, to] = [*first, *last].map(|n| (x(n), y(series.law.at(n))));
        let _ = write!(
            shapes,
            r#"<line class="fit series-{number}" x1="{:.2}%" y1="{:.1}" x2="{:.2}%" y2="{:.1}"/>"#,
            from.0, from.1, to.0, to.1
        );
        for (n, ns) in &series.points {
            let _ = write!(
                shapes,
                r#"<circle class="series-{number}" cx="{:.2}%" cy="{:.1}" r="4"/>"#,
                x(*n),
                y(*ns)
            );
        }
        let name = text::word(split(series.member.name).1);
        shapes += &fluid::text(&format!("wide series-{number}"), 100.0, 10.0, label, &name);
    }
    let label = escaped(&description(series));
    Some(format!(
        r#"<svg class="scaling" height="{HEIGHT}" role="img" aria-label="{label}">{shapes}</svg>"#
    ))
}

/// The text of the chart for screen readers.
fn description(series: &[Series<'_>]) -> String {
    let exponent = |series: &Series<'_>| {
        let name = text::word(split(series.member.name).1);
        format!("{name} {:.2}", series.law.exponent)
    };
    let all: Vec<String> = series.iter().map(exponent).collect();
    format!("Time by argument, both logarithmic. Exponents: {}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::levels::BenchmarkLevels;
    use super::super::project::Project;
    use perf_judge::ident::BenchmarkId;

    #[test]
    fn a_chart_has_an_exponent_per_member_and_run() {
        let names = ["f::A::10", "f::A::100", "f::A::1000", "f::B::10", "f::B::100", "f::B::1000"];
        let ids: Vec<BenchmarkId> =
            names.iter().map(|name| format!("p/t::{name}").as_str().into()).collect();
        let times = [10.0, 100.0, 1000.0, 1.0, 100.0, 10_000.0];
        let levels: Vec<BenchmarkLevels<'_>> = ids
            .iter()
            .zip(times)
            .map(|(id, ns)| BenchmarkLevels {
                id,
                is_current: true,
                values: (0..5).map(|run| (run, ns)).collect(),
                changes: Vec::new(),
            })
            .collect();
        let page = super::super::alternatives::page(&levels, Project::default(), Vec::new());
        let json = serde_json::to_value(&page).unwrap();
        let chart = &json["scalings"][0];
        assert_eq!(
            (&chart["rows"][0]["exponent"], &chart["rows"][1]["exponent"]),
            (&"1.00".into(), &"2.00".into())
        );
        assert_eq!(chart["rows"][1]["per_doubling"], "4.00 ×");
        assert_eq!(chart["times"][2]["argument"], "1000");
        assert_eq!(chart["times"][2]["times"][0], "1.000 µs");
    }
}
