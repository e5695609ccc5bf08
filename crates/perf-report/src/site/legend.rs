//! What a trend's legend says, and what lies outside its drawing.

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
        let drawn = |p: &TrendPoint<'_>| p.judged().is_some_and(|ns| self.scale.holds(ns));
        let stands = |standing| any(&|p| drawn(p) && p.standing() == standing);
        let line = |class: &str| format!(r#"<path class="{class}" d="M2 8H30"/>"#);
        let middle = (16.0, 8.0);
        let band = r#"<path class="spread" d="M2 3H30V13H2Z"/>"#.to_owned();
        let median = format!("{}{}", line("median"), dot(middle, 5.0));
        let (judged, spread) = match self.points.first().map(|point| point.statistic) {
            Some(Statistic::Min) => (
                "fastest sample, as the medians are too noisy to be judged",
                "from the lowest to the highest fastest sample of a launch",
            ),
            _ => ("median, as it is judged", "from the lowest to the highest median of a launch"),
        };
        let mut entries = vec![
            (stands(Comparability::Counted), median, judged),
            (stands(Comparability::Counted), band, spread),
            (any(&|p| self.drawn(p.p95()).is_some()), line("p95"), "p95"),
            (any(&|p| self.drawn(p.p99()).is_some()), line("p99"), "p99"),
            (any(&|p| p.run.is_reported()), ring(middle), "this run"),
            (
                stands(Comparability::SetAside),
                circle(middle, ""),
                "dirty, partial or of another branch: in no baseline",
            ),
            (
                stands(Comparability::Incomparable),
                cross(middle, ""),
                "another machine, tool or batch size: not comparable",
            ),
            (
                !self.machines.is_empty(),
                r#"<path class="machine" d="M16 1V15"/>"#.to_owned(),
                "from here on another machine measures",
            ),
            (
                !self.steps.is_empty(),
                r#"<path class="step" d="M16 1V15"/>"#.to_owned(),
                "here the level changed",
            ),
            (
                !self.accepted.is_empty(),
                r#"<path class="accepted" d="M16 1V15"/>"#.to_owned(),
                "from here on a slowdown is accepted",
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
        let medians = self.points.iter().filter_map(TrendPoint::judged);
        let runs = medians.filter(|ns| !self.scale.holds(*ns)).count();
        if runs > 0 {
            let runs = unit::counted(runs, "run", "runs");
            outside.push(format!("{runs} of another machine, or in no baseline"));
        }
        outside
    }
}

fn swatch(shape: &str) -> String {
    format!(r#"<svg class="swatch" viewBox="0 0 32 16" aria-hidden="true">{shape}</svg>"#)
}
