//! The small drawings of table rows: a trend without axes, and a budget's bar.

use super::marks::{across, dot, segments, sets_scale};
use super::text;
use super::trend_point::TrendPoint;
use crate::svg::{Place, Scale, escaped, path};
use perf_judge::budget::BudgetResult;
use perf_judge::verdict::Verdict;
use std::fmt::Write as _;

/// How many of the newest points a small drawing shows.
const SPARK_POINTS: usize = 40;

/// The newest points of a trend without axes, for a row of a table.
pub(super) fn spark(points: &[TrendPoint<'_>], verdict: &Verdict) -> String {
    let newest = &points[points.len().saturating_sub(SPARK_POINTS)..];
    let shown: Vec<&TrendPoint<'_>> = newest.iter().filter(|point| sets_scale(point)).collect();
    let baseline = verdict.base_ns;
    let mut values: Vec<f64> = shown.iter().filter_map(|point| point.value()).collect();
    values.extend(baseline);
    let Some(scale) = Scale::fitting(&values) else { return String::new() };
    let place = |i, ns| (across(i, newest.len(), 3.0, 137.0), 33.0 - scale.share(ns) * 30.0);
    let mut shapes = String::new();
    if let Some(ns) = baseline {
        let y = place(0, ns).1;
        let _ = write!(shapes, r#"<path class="baseline" d="M3 {y:.1}H137"/>"#);
    }
    for segment in segments(newest, TrendPoint::value) {
        let places: Vec<Place> = segment.into_iter().map(|(i, ns)| place(i, ns)).collect();
        let _ = write!(shapes, r#"<path class="median" d="{}"/>"#, path(&places));
    }
    let reported = newest.iter().enumerate().filter(|(_, point)| point.run.is_reported());
    for (i, point) in reported {
        shapes += &point.value().map_or_else(String::new, |ns| dot(place(i, ns), 6.0));
    }
    let label = escaped(&text::described(verdict));
    format!(
        r#"<svg class="spark" viewBox="0 0 140 36" role="img" aria-label="{label}">{shapes}</svg>"#
    )
}

/// The most points of a drawing around a change.
const AROUND: usize = 60;

/// All times of a benchmark without axes, with a line where its level changed in run `at`.
pub(super) fn around(values: &[(usize, f64)], at: usize) -> String {
    let step = values.len().div_ceil(AROUND).max(1);
    let shown: Vec<(usize, f64)> = values.iter().rev().step_by(step).rev().copied().collect();
    let times: Vec<f64> = shown.iter().map(|(_, ns)| *ns).collect();
    let Some(scale) = Scale::fitting(&times) else { return String::new() };
    let x = |i| across(i, shown.len(), 3.0, 137.0);
    let places: Vec<Place> =
        (0..).zip(&times).map(|(i, ns)| (x(i), 33.0 - scale.share(*ns) * 30.0)).collect();
    let mut shapes = format!(r#"<path class="median" d="{}"/>"#, path(&places));
    if let Some(first) = shown.iter().position(|(run, _)| *run >= at).filter(|first| *first > 0) {
        let x = f64::midpoint(x(first - 1), x(first));
        let _ = write!(shapes, r#"<path class="mark" d="M{x:.1} 2V34"/>"#);
    }
    shapes += &places.last().map_or_else(String::new, |place| dot(*place, 6.0));
    format!(r#"<svg class="spark" viewBox="0 0 140 36" aria-hidden="true">{shapes}</svg>"#)
}

/// A budget's value on a bar that ends a little above its critical limit.
pub(super) fn bar(budget: &BudgetResult) -> String {
    let Some(value) = budget.value.filter(|value| value.is_finite()) else { return String::new() };
    let end = budget.critical.max(value) * 1.05;
    let at = |value: f64| (value / end).clamp(0.0, 1.0) * 140.0;
    let show = |value| budget.metric.show(value);
    let label = format!(
        "{} of a target of {}, critical above {}",
        show(value),
        show(budget.target),
        show(budget.critical)
    );
    format!(
        r#"<svg class="bar" viewBox="0 0 140 16" role="img" aria-label="{label}"><rect class="track" y="4" width="140" height="8" rx="2"/><rect class="fill" y="4" width="{:.1}" height="8" rx="2"/><path class="target" d="M{:.1} 0V16"/><path class="critical" d="M{:.1} 0V16"/></svg>"#,
        at(value),
        at(budget.target),
        at(budget.critical),
    )
}
