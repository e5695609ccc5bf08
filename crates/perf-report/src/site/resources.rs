//! Resources of a benchmark over its runs: small drawings without a verdict.

use super::marks::{across, dots, segments};
use super::text;
use super::trend_point::TrendPoint;
use crate::svg::{Place, Scale, escaped, path};
use perf_judge::unit;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 84.0;

/// A resource over the runs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ResourceView {
    title: String,
    latest: String,
    range: String,
    svg: String,
}

/// The value of a resource at a point.
type Value<'a> = dyn Fn(&TrendPoint<'_>) -> Option<f64> + 'a;

/// A resource and its formatting.
struct Resource<'a> {
    title: String,
    of: Box<Value<'a>>,
    show: Box<dyn Fn(f64) -> String + 'a>,
}

/// The resources with at least one value.
pub(super) fn views(points: &[TrendPoint<'_>]) -> Vec<ResourceView> {
    let measured = points.iter().filter_map(|point| point.measured);
    let units: BTreeSet<&str> =
        measured.flat_map(|measured| measured.throughput.keys().map(String::as_str)).collect();
    let memory = Resource {
        title: "Peak memory of the process".to_owned(),
        of: Box::new(|point| point.measured?.peak_rss_bytes),
        show: Box::new(unit::bytes),
    };
    let all = units.into_iter().map(rate).chain([memory]);
    all.filter_map(|resource| resource.view(points)).collect()
}

fn rate(name: &str) -> Resource<'_> {
    let shown = text::word(name);
    Resource {
        title: format!("Throughput in {shown}"),
        of: Box::new(move |point| point.measured?.throughput.get(name).copied()),
        show: Box::new(move |rate| unit::rate(rate, &shown)),
    }
}

impl Resource<'_> {
    fn view(&self, points: &[TrendPoint<'_>]) -> Option<ResourceView> {
        let known: Vec<f64> = points.iter().filter_map(|point| (self.of)(point)).collect();
        let (first, last) = (*known.first()?, *known.last()?);
        let scale = Scale::fitting(&known)?;
        let show = &self.show;
        let least = known.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = known.iter().copied().fold(0.0, f64::max);
        let range = if known.len() == 1 {
            "one run".to_owned()
        } else if show(least) == show(greatest) {
            "equal in all runs".to_owned()
        } else {
            format!("{} to {}, first run {}", show(least), show(greatest), show(first))
        };
        let label = format!("{}: {}, {range}", self.title, show(last));
        let svg = self.drawing(points, scale, &label);
        Some(ResourceView { title: self.title.clone(), latest: show(last), range, svg })
    }

    fn drawing(&self, points: &[TrendPoint<'_>], scale: Scale, label: &str) -> String {
        let place = |i: usize, value: f64| -> Place {
            let x = across(i, points.len(), 4.0, WIDTH - 4.0);
            (x, HEIGHT - 6.0 - scale.share(value) * (HEIGHT - 12.0))
        };
        let (label, floor) = (escaped(label), HEIGHT - 1.0);
        let mut svg = format!(
            r#"<svg class="resource" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}"><path class="grid" d="M0 {floor}H{WIDTH}"/>"#
        );
        for segment in segments(points, |point| (self.of)(point)) {
            let places: Vec<Place> = segment.into_iter().map(|(i, v)| place(i, v)).collect();
            let _ = write!(svg, r#"<path class="median" d="{}"/>"#, path(&places));
        }
        let known = points.iter().enumerate().rev();
        let newest = known.filter_map(|(i, point)| Some(place(i, (self.of)(point)?))).next();
        svg += &newest.map_or_else(String::new, |at| dots(&[at], 6.0));
        svg + "</svg>"
    }
}
