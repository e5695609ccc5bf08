//! The legend of a trend, and the values outside its drawing.

use super::marks::{circle, cross, dot, ring};
use super::run_comparability::Comparability;
use super::trend::Trend;
use super::trend_point::TrendPoint;
use perf_judge::run::Statistic;
use perf_judge::unit;
use serde::Serialize;

/// A line of the legend: a drawing and its meaning.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LegendEntry {
    swatch: String,
    text: String,
}

impl Trend<'_> {
    pub(super) fn legend(&self) -> Vec<LegendEntry> {
        let any = |test: &dyn Fn(&TrendPoint<'_>) -> bool| self.points.iter().any(test);
        let drawn = |p: &TrendPoint<'_>| p.value().is_some_and(|ns| self.scale.holds(ns));
        let has = |comparability| any(&|p| drawn(p) && p.comparability() == comparability);
        let line = |class: &str| format!(r#"<path class="{class}" d="M2 8H30"/>"#);
        let middle = (16.0, 8.0);
        let band = r#"<path class="spread" d="M2 3H30V13H2Z"/>"#.to_owned();
        let median = format!("{}{}", line("median"), dot(middle, 5.0));
        let (value, spread) = match self.points.first().map(|point| point.statistic) {
            Some(Statistic::Min) => {
                ("minimum, as the noise of the median is too high", "range of the launches' minima")
            }
            _ => ("median", "range of the launches' medians"),
        };
        let mut entries = vec![
            (has(Comparability::Counted), median, value),
            (has(Comparability::Counted), band, spread),
            (any(&|p| self.drawn(p.p95()).is_some()), line("p95"), "p95"),
            (any(&|p| self.drawn(p.p99()).is_some()), line("p99"), "p99"),
            (any(&|p| p.run.is_reported()), ring(middle), "this run"),
            (
                has(Comparability::Excluded),
                circle(middle, ""),
                "uncommitted changes, partial or another branch: in no baseline",
            ),
            (
                has(Comparability::Incomparable),
                cross(middle, ""),
                "other machine, tool or sample size: not comparable",
            ),
            (
                !self.machines.is_empty(),
                r#"<path class="machine" d="M16 1V15"/>"#.to_owned(),
                "first run of another machine",
            ),
            (
                !self.releases.is_empty(),
                r#"<path class="release" d="M16 1V15"/>"#.to_owned(),
                "release",
            ),
            (
                !self.change_points.is_empty(),
                r#"<path class="change-point" d="M16 1V15"/>"#.to_owned(),
                "change point",
            ),
            (
                !self.accepted.is_empty(),
                r#"<path class="accepted" d="M16 1V15"/>"#.to_owned(),
                "regression accepted from here on",
            ),
        ];
        entries.retain(|(shown, ..)| *shown);
        let entries = entries.into_iter().map(|(_, shape, text)| (shape, text.to_owned()));
        let levels = self.levels.iter().filter(|level| self.scale.holds(level.value));
        let levels = levels.map(|level| (line(level.class), level.label.clone()));
        entries
            .chain(levels)
            .map(|(shape, text)| LegendEntry { swatch: swatch(&shape), text })
            .collect()
    }

    pub(super) fn outside(&self) -> Vec<String> {
        let levels = self.levels.iter().filter(|level| !self.scale.holds(level.value));
        let mut outside: Vec<String> = levels.map(|level| level.label.clone()).collect();
        let values = self.points.iter().filter_map(TrendPoint::value);
        let runs = values.filter(|ns| !self.scale.holds(*ns)).count();
        if runs > 0 {
            let runs = unit::counted(runs, "run", "runs");
            outside.push(format!("{runs} of another machine or in no baseline"));
        }
        outside
    }
}

fn swatch(shape: &str) -> String {
    format!(r#"<svg class="swatch" viewBox="0 0 32 16" aria-hidden="true">{shape}</svg>"#)
}
