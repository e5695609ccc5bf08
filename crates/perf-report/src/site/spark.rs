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
