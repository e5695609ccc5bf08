//! What a run shows before there is anything to compare it with: where the time goes.

use super::fluid;
use super::group::Grouping;
use super::text::{self, Name};
use crate::svg::Scale;
use crate::{Report, Row};
use perf_judge::run::Measured;
use perf_judge::stats;
use perf_judge::unit::{self, LogRatio};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The most groups and the most dots of one.
const GROUPS: usize = 20;
const DOTS: usize = 200;
/// The most benchmarks of a list.
const LISTED: usize = 8;

#[derive(Clone, Debug, Serialize)]
pub(super) struct FirstRunView {
    /// The labels of the axis of times.
    ticks: String,
    groups: Vec<StripRow>,
    slowest: Vec<BarRow>,
    noisiest: Vec<BarRow>,
}

/// The times of a group as dots.
#[derive(Clone, Debug, Serialize)]
struct StripRow {
    name: Name,
    /// `12.40 µs to 1.300 s`
    range: String,
    svg: String,
}

#[derive(Clone, Debug, Serialize)]
struct BarRow {
    name: Name,
    stem: String,
    value: String,
    bar: String,
}

/// The sections of a first run; `None` without times.
pub(super) fn view(report: &Report, grouping: Grouping) -> Option<FirstRunView> {
    let mut timed: Vec<(&Row, f64)> = report.rows.iter().filter_map(timed).collect();
    let scale = Scale::all_logarithmic(&timed.iter().map(|(_, ns)| *ns).collect::<Vec<f64>>())?;
    let mut groups: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (row, ns) in &timed {
        groups.entry(grouping.group(row.verdict.name.as_str())).or_default().push(*ns);
    }
    let strip = |(name, times): (&str, Vec<f64>)| strip(name, &times, scale);
    let groups = groups.into_iter().take(GROUPS).map(strip).collect();
    timed.sort_by(|one, other| other.1.total_cmp(&one.1));
    let slowest = bars(&timed, unit::time);
    let mut spreads: Vec<(&Row, f64)> =
        timed.iter().filter_map(|(row, _)| Some((*row, spread(row.measured.as_ref()?)?))).collect();
    spreads.sort_by(|one, other| other.1.total_cmp(&one.1));
    let noisiest = bars(&spreads, |spread| unit::percent(LogRatio(spread.ln_1p())));
    Some(FirstRunView { ticks: ticks(scale), groups, slowest, noisiest })
}

/// A benchmark with a median time above 0, in ns.
fn timed(row: &Row) -> Option<(&Row, f64)> {
    let measured = row.measured.as_ref().filter(|measured| measured.unit() == "ns")?;
    let median = measured.time_ns.median;
    (median > 0.0 && median.is_finite()).then_some((row, median))
}

/// By what share the medians of the launches differ.
fn spread(measured: &Measured) -> Option<f64> {
    let medians: Vec<f64> = measured.launches.iter().map(|launch| launch.median).collect();
    let low = medians.iter().copied().reduce(f64::min)?;
    let high = medians.iter().copied().reduce(f64::max)?;
    let middle = stats::median(&medians).filter(|middle| *middle > 0.0)?;
    (medians.len() > 1).then_some((high - low) / middle)
}

/// The rows with the largest values, as bars from 0.
fn bars(sorted: &[(&Row, f64)], show: impl Fn(f64) -> String) -> Vec<BarRow> {
    let greatest = sorted.first().map_or(1.0, |(_, value)| value.max(f64::MIN_POSITIVE));
    let bar = |(row, value): &(&Row, f64)| BarRow {
        name: Name::cell(row.verdict.name.as_str()),
        stem: row.verdict.name.file_stem(),
        value: show(*value),
        bar: format!(
            r#"<svg class="interval" height="16" aria-hidden="true"><rect class="track" y="4" width="100%" height="8"/><rect class="fill" y="4" width="{:.1}%" height="8"/></svg>"#,
            100.0 * value / greatest
        ),
    };
    sorted.iter().take(LISTED).map(bar).collect()
}

fn across(scale: Scale, ns: f64) -> f64 {
    2.0 + 96.0 * scale.share(ns)
}

fn strip(name: &str, times: &[f64], scale: Scale) -> StripRow {
    let mut dots = String::new();
    for ns in times.iter().take(DOTS) {
        let _ =
            write!(dots, r#"<circle class="dot" cx="{:.1}%" cy="10" r="4"/>"#, across(scale, *ns));
    }
    let low = times.iter().copied().fold(f64::INFINITY, f64::min);
    let high = times.iter().copied().fold(0.0, f64::max);
    let range = match times.len() {
        1 => unit::time(low),
        _ => format!("{} to {}", unit::time(low), unit::time(high)),
    };
    StripRow {
        name: Name::cell(name),
        range,
        svg: format!(
            r#"<svg class="strip" height="20" aria-hidden="true">{}{dots}</svg>"#,
            fluid::horizontal("grid", 10.0)
        ),
    }
}

fn ticks(scale: Scale) -> String {
    let label = |tick: f64| {
        let words = unit::time(tick).replace(".000", "").replace(".00", "").replace(".0", "");
        fluid::text("middle", across(scale, tick), 0.0, 12.0, &words)
    };
    let labels: String = scale.ticks(4).into_iter().map(label).collect();
    format!(r#"<svg class="strip" height="16" aria-hidden="true">{labels}</svg>"#)
}

/// `51 benchmarks measured, from 2.100 ns to 1.300 s`
pub(super) fn title(report: &Report) -> Option<String> {
    let times: Vec<f64> = report.rows.iter().filter_map(timed).map(|(_, ns)| ns).collect();
    let low = times.iter().copied().reduce(f64::min)?;
    let high = times.iter().copied().reduce(f64::max)?;
    let count = unit::counted(times.len(), "benchmark", "benchmarks");
    let range = format!("{} to {}", unit::time(low), unit::time(high));
    Some(text::line(&format!("{count} measured, {range} per iteration; no baseline yet")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn a_first_run_has_its_slowest_and_noisiest_benchmarks() {
        let report = report();
        let view = view(&report, Grouping::Module).unwrap();
        assert_eq!(view.slowest[0].value, "1.900 ms");
        assert!(view.slowest.len() <= LISTED && !view.groups.is_empty());
        assert!(title(&report).unwrap().ends_with("1.900 ms per iteration; no baseline yet"));
    }
}
