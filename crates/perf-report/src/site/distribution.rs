//! How the times of the latest run lie beside those of its baseline.

use super::marks::dots;
use super::run_comparability::Comparability;
use super::text;
use super::trend_point::TrendPoint;
use crate::svg::{Place, Scale, escaped};
use perf_judge::run::Measured;
use perf_judge::stats;
use serde::Serialize;
use std::fmt::Write as _;

/// How many of the runs before are drawn: as many as a baseline counts.
const BEFORE: usize = 10;
/// The size of the drawing, and of what stands left of the scale.
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 132.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 12.0;

/// What the templates need of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DistributionView {
    svg: String,
    /// What it shows, in words.
    said: String,
}

/// The numbers that describe a side: from the least to the greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Quantiles {
    min: f64,
    median: f64,
    p95: Option<f64>,
    max: f64,
}

struct Side {
    name: &'static str,
    class: &'static str,
    quantiles: Quantiles,
    /// The medians of single launches.
    launches: Vec<f64>,
}

/// The newest point's times beside those of the counted runs before it; `None` where there are
/// none to draw.
pub(super) fn view(points: &[TrendPoint<'_>]) -> Option<DistributionView> {
    let (at, newest) =
        points.iter().enumerate().rev().find(|(_, point)| point.measured.is_some())?;
    let counted = points[..at].iter().rev().filter(|p| p.standing() == Comparability::Counted);
    let before: Vec<&Measured> = counted.filter_map(|point| point.measured).take(BEFORE).collect();
    let now = side("latest run", "now", &[newest.measured?])?;
    let baseline = side("baseline", "then", &before);
    let sides: Vec<Side> = baseline.into_iter().chain([now]).collect();
    let all = sides.iter().flat_map(Side::values).collect::<Vec<f64>>();
    let scale = Scale::fitting(&all)?;
    let said = said(&sides, newest.unit());
    Some(DistributionView { svg: drawing(&sides, scale, newest.unit(), &said), said })
}

fn side(name: &'static str, class: &'static str, runs: &[&Measured]) -> Option<Side> {
    let middle = |of: &dyn Fn(&Measured) -> Option<f64>| {
        stats::median(&runs.iter().filter_map(|run| of(run)).collect::<Vec<f64>>())
    };
    let quantiles = Quantiles {
        min: middle(&|run| Some(run.time_ns.min))?,
        median: middle(&|run| Some(run.time_ns.median))?,
        p95: middle(&|run| run.time_ns.p95),
        max: middle(&|run| Some(run.time_ns.max))?,
    };
    let launches = runs.iter().flat_map(|run| run.launches.iter().map(|launch| launch.median));
    Some(Side { name, class, quantiles, launches: launches.collect() })
}

impl Side {
    /// Where the band ends. A single slow sample would flatten everything else: where there is a
    /// 95th percentile, the greatest is told in words.
    fn end(&self) -> f64 {
        self.quantiles.p95.unwrap_or(self.quantiles.max)
    }

    fn values(&self) -> Vec<f64> {
        let Quantiles { min, median, .. } = self.quantiles;
        [min, median, self.end()].into_iter().chain(self.launches.iter().copied()).collect()
    }
}

fn said(sides: &[Side], unit: &str) -> String {
    let value = |v| text::value(v, unit);
    let sentence = |side: &Side| {
        let Quantiles { min, median, p95, max } = side.quantiles;
        let p95 = p95.map_or_else(String::new, |p95| format!(", p95 {}", value(p95)));
        format!(
            "{}: least {}, median {}{p95}, greatest {}",
            side.name,
            value(min),
            value(median),
            value(max)
        )
    };
    sides.iter().map(sentence).collect::<Vec<String>>().join("; ")
}

fn drawing(sides: &[Side], scale: Scale, unit: &str, said: &str) -> String {
    let label = escaped(said);
    let mut svg = format!(
        r#"<svg class="distribution" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">"#
    );
    for tick in scale.ticks(4) {
        let (x, label) = (across(scale, tick), escaped(&text::value(tick, unit)));
        let _ = write!(svg, r#"<path class="grid" d="M{x:.1} 4V104"/>"#);
        let _ = write!(svg, r#"<text class="middle" x="{x:.1}" y="122">{label}</text>"#);
    }
    for (row, side) in sides.iter().enumerate() {
        svg += &row_of(side, scale, 30.0 + 50.0 * row as f64);
    }
    svg + "</svg>"
}

/// A band from the least value to its end, a bar at the median and a dot for each launch.
fn row_of(side: &Side, scale: Scale, y: f64) -> String {
    let Quantiles { min, median, .. } = side.quantiles;
    let (from, to) = (across(scale, min), across(scale, side.end()));
    let (middle, class, name) = (across(scale, median), side.class, side.name);
    let text_y = y + 4.0;
    let mut svg = format!(r#"<g class="{class}"><text x="0" y="{text_y}">{name}</text>"#);
    let (top, width) = (y - 9.0, (to - from).max(1.0));
    let _ = write!(
        svg,
        r#"<rect class="spread" x="{from:.1}" y="{top}" width="{width:.1}" height="18" rx="2"/>"#
    );
    let _ = write!(svg, r#"<path class="middle" d="M{middle:.1} {}V{}"/>"#, y - 13.0, y + 13.0);
    let places: Vec<Place> = side
        .launches
        .iter()
        .enumerate()
        // Spread over three heights, so that launches of one speed are seen as several.
        .map(|(i, ns)| (across(scale, *ns), y - 5.0 + 5.0 * (i % 3) as f64))
        .collect();
    svg + &dots(&places, 4.0) + "</g>"
}

fn across(scale: Scale, value: f64) -> f64 {
    LEFT + scale.share(value) * (WIDTH - LEFT - RIGHT)
}
