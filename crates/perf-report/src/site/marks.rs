//! Parts of all drawings: marks of runs, and the stretches of lines.

use super::run_comparability::{self, Comparability};
use super::text;
use super::trend_point::TrendPoint;
use crate::AcceptanceResult;
use crate::svg::{Place, escaped, push_tenths};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Accepted, Machine};
use perf_judge::unit;

/// Whether the scale must contain a point: an incomparable run must not flatten the others.
pub(super) fn sets_scale(point: &TrendPoint<'_>) -> bool {
    point.run.is_reported() || point.comparability() == Comparability::Counted
}

/// The points of an uninterrupted line: their indices in the series, and their values.
pub(super) type Stretch = Vec<(usize, f64)>;

/// Stretches of counted runs. Other runs are skipped; a counted run without a value ends a stretch.
pub(super) fn segments<'a>(
    points: &[TrendPoint<'a>],
    value: impl Fn(&TrendPoint<'a>) -> Option<f64>,
) -> Vec<Stretch> {
    let counted =
        points.iter().enumerate().filter(|(_, p)| p.comparability() == Comparability::Counted);
    let values: Vec<Option<(usize, f64)>> =
        counted.map(|(i, point)| value(point).map(|ns| (i, ns))).collect();
    let stretches = values.split(Option::is_none);
    stretches
        .map(|part| part.iter().copied().flatten().collect())
        .filter(|part: &Stretch| !part.is_empty())
        .collect()
}

pub(super) fn across(i: usize, count: usize, left: f64, right: f64) -> f64 {
    match count {
        0 | 1 => f64::midpoint(left, right),
        _ => left + (right - left) * i as f64 / (count - 1) as f64,
    }
}

/// The marks of counted runs as one shape, as a page has hundreds of them.
pub(super) fn dots(places: &[Place], width: f64) -> String {
    let mut data = String::new();
    for (x, y) in places {
        data.push('M');
        push_tenths(&mut data, *x);
        data.push(' ');
        push_tenths(&mut data, *y);
        data += "h0";
    }
    format!(r#"<path class="dots" stroke-width="{width}" d="{data}"/>"#)
}

pub(super) fn dot(at: Place, width: f64) -> String {
    dots(&[at], width)
}

pub(super) fn circle((x, y): Place, title: &str) -> String {
    format!(r#"<circle class="aside" cx="{x:.1}" cy="{y:.1}" r="3.5">{title}</circle>"#)
}

pub(super) fn cross((x, y): Place, title: &str) -> String {
    let (x, y) = (x - 3.5, y - 3.5);
    format!(r#"<path class="cross" d="M{x:.1} {y:.1}l7 7m0-7l-7 7">{title}</path>"#)
}

pub(super) fn ring((x, y): Place) -> String {
    format!(r#"<circle class="ring" cx="{x:.1}" cy="{y:.1}" r="6.5"/>"#)
}

/// The first point of each further machine, and how it differs from the machine before.
pub(super) fn machine_changes(points: &[TrendPoint<'_>]) -> Vec<(usize, String)> {
    let measured = points.iter().enumerate().filter(|(_, point)| point.measured.is_some());
    let mut known: Vec<&Machine> = Vec::new();
    let mut changes = Vec::new();
    for (i, point) in measured {
        let machine = point.run.machine;
        if known.iter().any(|other| other.key == machine.key) {
            continue;
        }
        if let Some(before) = known.last() {
            changes.push((
                i,
                format!("{}: {}", text::day(point.run.started), change(before, machine)),
            ));
        }
        known.push(machine);
    }
    changes
}

/// `new machine: rustc 1.95.0, before 1.94.0`
fn change(before: &Machine, after: &Machine) -> String {
    let pairs = after.fields().into_iter().zip(before.fields());
    let differing = pairs.filter(|(after, before)| after.1 != before.1 && !after.1.is_empty());
    let fields: Vec<String> = differing
        .map(|(after, before)| text::line(&format!("{} {}, before {}", after.0, after.1, before.1)))
        .collect();
    if fields.is_empty() {
        return "new machine".to_owned();
    }
    format!("new machine: {}", fields.join("; "))
}

/// The first point of each accepted regression of the benchmark, and its reason if
/// perf-budgets.json still contains it.
pub(super) fn acceptances(
    points: &[TrendPoint<'_>],
    name: &BenchmarkId,
    known: &[AcceptanceResult],
) -> Vec<(usize, String)> {
    let mut before: Option<&Accepted> = None;
    let mut found = Vec::new();
    for (i, point) in points.iter().enumerate() {
        let own = point.run.accepted.iter().find(|accepted| accepted.benchmark == *name);
        if let Some(own) = own.filter(|own| before != Some(*own)) {
            let entry = known.iter().find(|known| known.entry.carried() == *own);
            let day = text::day(point.run.started);
            found.push((i, format!("{day}: {}", acceptance(own, entry))));
        }
        before = own.or(before);
    }
    found
}

fn acceptance(own: &Accepted, entry: Option<&AcceptanceResult>) -> String {
    let from = text::clipped(&own.commit, 12);
    match entry.map(|known| &known.entry) {
        None => format!("regression accepted from {from} on"),
        Some(entry) => {
            let (most, reason) = (unit::change(entry.max_change()), text::line(&entry.reason));
            format!("regression of at most {most} accepted from {from} on: {reason}")
        }
    }
}

/// The tooltip of a point.
pub(super) fn title(point: &TrendPoint<'_>, value: f64) -> String {
    let branch = point.run.branch_label();
    let value = text::value(value, point.unit());
    let mut words = vec![point.run.label(), branch, value];
    words.extend(run_comparability::names(&point.flags()).into_iter().map(str::to_owned));
    format!("<title>{}</title>", escaped(&words.join(" · ")))
}
