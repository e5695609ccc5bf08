//! The distribution of the latest run's times and of its baseline's.

use super::marks::dots;
use super::run_comparability::Comparability;
use super::text;
use super::trend_point::TrendPoint;
use crate::svg::{Place, Scale, escaped};
use perf_judge::run::Measured;
use perf_judge::stats;
use serde::Serialize;
use std::fmt::Write as _;

/// The number of earlier runs in the drawing: the length of a baseline.
const BEFORE: usize = 10;
/// The size of the drawing, and the width of the labels left of the scale.
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 132.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 12.0;

/// The drawing and its description.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DistributionView {
    svg: String,
    description: String,
}

/// Quantiles of one row of the drawing, in ns.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Quantiles {
    min: f64,
    median: f64,
    p95: Option<f64>,
    max: f64,
}

struct Band {
    name: &'static str,
    class: &'static str,
    quantiles: Quantiles,
    /// The medians of single launches.
    launches: Vec<f64>,
}

/// The times of the newest point and of the counted runs before it; `None` without times.
pub(super) fn view(points: &[TrendPoint<'_>]) -> Option<DistributionView> {
    let (at, newest) =
        points.iter().enumerate().rev().find(|(_, point)| point.measured.is_some())?;
    let counted = points[..at].iter().rev().filter(|p| p.comparability() == Comparability::Counted);
    let before: Vec<&Measured> = counted.filter_map(|point| point.measured).take(BEFORE).collect();
    let head = band("latest run", "head", &[newest.measured?])?;
    let base = band("baseline", "base", &before);
    let bands: Vec<Band> = base.into_iter().chain([head]).collect();
    let all = bands.iter().flat_map(Band::values).collect::<Vec<f64>>();
    let scale = Scale::fitting(&all)?;
    let description = description(&bands, newest.unit());
    Some(DistributionView { svg: drawing(&bands, scale, newest.unit(), &description), description })
}

fn band(name: &'static str, class: &'static str, runs: &[&Measured]) -> Option<Band> {
    let median = |of: &dyn Fn(&Measured) -> Option<f64>| {
        stats::median(&runs.iter().filter_map(|run| of(run)).collect::<Vec<f64>>())
    };
    let quantiles = Quantiles {
        min: median(&|run| Some(run.time_ns.min))?,
        median: median(&|run| Some(run.time_ns.median))?,
        p95: median(&|run| run.time_ns.p95),
        max: median(&|run| Some(run.time_ns.max))?,
    };
    let launches = runs.iter().flat_map(|run| run.launches.iter().map(|launch| launch.median));
    Some(Band { name, class, quantiles, launches: launches.collect() })
}

impl Band {
    /// The end of the band: p95, as a single slow sample would flatten the drawing, or the maximum
    /// without p95.
    fn end(&self) -> f64 {
        self.quantiles.p95.unwrap_or(self.quantiles.max)
    }

    fn values(&self) -> Vec<f64> {
        let Quantiles { min, median, .. } = self.quantiles;
        [min, median, self.end()].into_iter().chain(self.launches.iter().copied()).collect()
    }
}

fn description(bands: &[Band], unit: &str) -> String {
    let value = |v| text::value(v, unit);
    let sentence = |band: &Band| {
        let Quantiles { min, median, p95, max } = band.quantiles;
        let p95 = p95.map_or_else(String::new, |p95| format!(", p95 {}", value(p95)));
        format!(
            "{}: minimum {}, median {}{p95}, maximum {}",
            band.name,
            value(min),
            value(median),
            value(max)
        )
    };
    bands.iter().map(sentence).collect::<Vec<String>>().join("; ")
}

fn drawing(bands: &[Band], scale: Scale, unit: &str, description: &str) -> String {
    let label = escaped(description);
    let mut svg = format!(
        r#"<svg class="distribution" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">"#
    );
    for tick in scale.ticks(4) {
        let (x, label) = (across(scale, tick), escaped(&text::value(tick, unit)));
        let _ = write!(svg, r#"<path class="grid" d="M{x:.1} 4V104"/>"#);
        let _ = write!(svg, r#"<text class="middle" x="{x:.1}" y="122">{label}</text>"#);
    }
    for (row, band) in bands.iter().enumerate() {
        svg += &row_of(band, scale, 30.0 + 50.0 * row as f64);
    }
    svg + "</svg>"
}

/// A band from the minimum to its end, a bar at the median and a dot per launch.
fn row_of(band: &Band, scale: Scale, y: f64) -> String {
    let Quantiles { min, median, .. } = band.quantiles;
    let (from, to) = (across(scale, min), across(scale, band.end()));
    let (middle, class, name) = (across(scale, median), band.class, band.name);
    let text_y = y + 4.0;
    let mut svg = format!(r#"<g class="{class}"><text x="0" y="{text_y}">{name}</text>"#);
    let (top, width) = (y - 9.0, (to - from).max(1.0));
    let _ = write!(
        svg,
        r#"<rect class="spread" x="{from:.1}" y="{top}" width="{width:.1}" height="18" rx="2"/>"#
    );
    let _ = write!(svg, r#"<path class="middle" d="M{middle:.1} {}V{}"/>"#, y - 13.0, y + 13.0);
    let places: Vec<Place> = band
        .launches
        .iter()
        .enumerate()
        // Three heights keep launches of equal times distinguishable.
        .map(|(i, ns)| (across(scale, *ns), y - 5.0 + 5.0 * (i % 3) as f64))
        .collect();
    svg + &dots(&places, 4.0) + "</g>"
}

fn across(scale: Scale, value: f64) -> f64 {
    LEFT + scale.share(value) * (WIDTH - LEFT - RIGHT)
}
