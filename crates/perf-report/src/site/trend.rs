//! A benchmark's times over its runs as a drawing with a legend.

use super::change_points::RunChangePoint;
use super::marks::{
    Stretch, across, circle, cross, dots, machine_changes, ring, segments, sets_scale, title,
};
use super::run_comparability::Comparability;
use super::text;
use super::trend_point::TrendPoint;
use crate::svg::{Place, Scale, escaped, path};
use perf_judge::budget::BudgetResult;
use perf_judge::run::Statistic;
use perf_judge::unit;
use perf_judge::verdict::Verdict;
use std::fmt::Write as _;

/// A limit above this multiple of the values is not drawn, as it would flatten them.
pub(super) const REACH: f64 = 1.25;
/// Above this number of points their dots are smaller.
const CROWDED: usize = 80;

/// The size of a drawing. Text shrinks with its drawing, so phones get a drawing of their own.
struct Frame {
    class: &'static str,
    width: f64,
    height: f64,
    dates: usize,
    ticks: usize,
}

const WIDE: Frame = Frame { class: "wide", width: 960.0, height: 320.0, dates: 7, ticks: 6 };
const NARROW: Frame = Frame { class: "narrow", width: 340.0, height: 250.0, dates: 3, ticks: 5 };
/// The width of a day below the drawing.
const DATE: f64 = 76.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 38.0;

/// A level in the drawing: the baseline or a limit.
pub(super) struct Level {
    pub(super) class: &'static str,
    pub(super) value: f64,
    pub(super) label: String,
}

impl Level {
    /// The target and the critical limit of a budget.
    pub(super) fn of_budget(budget: &BudgetResult) -> [Self; 2] {
        let level = |class, value| {
            let (name, metric) = (text::word(&budget.name), budget.metric.name());
            let label = format!("{class} of budget {name}: {metric} {}", budget.metric.show(value));
            Self { class, value, label }
        };
        [level("target", budget.target), level("critical", budget.critical)]
    }
}

/// A benchmark's times over its runs.
pub(super) struct Trend<'a> {
    pub(super) points: &'a [TrendPoint<'a>],
    finding: String,
    pub(super) levels: Vec<Level>,
    pub(super) machines: Vec<(usize, String)>,
    pub(super) change_points: Vec<(usize, String)>,
    pub(super) accepted: Vec<(usize, String)>,
    pub(super) releases: Vec<(usize, String)>,
    pub(super) scale: Scale,
    unit: &'a str,
}

impl<'a> Trend<'a> {
    /// The trend, or `None` without any value.
    pub(super) fn new(
        points: &'a [TrendPoint<'a>],
        verdict: Option<&Verdict>,
        budgets: &[&BudgetResult],
        change_points: &[RunChangePoint<'_>],
        accepted: Vec<(usize, String)>,
    ) -> Option<Self> {
        let baseline = verdict.and_then(|verdict| verdict.base_ns);
        let mut values: Vec<f64> =
            points.iter().filter(|p| sets_scale(p)).flat_map(times).collect();
        if values.is_empty() {
            values = points.iter().flat_map(times).collect();
        }
        Scale::fitting(&values)?;
        values.extend(baseline);
        let unit = points.last().map_or("ns", TrendPoint::unit);
        let levels: Vec<Level> =
            baseline.map(baseline_level).into_iter().chain(limits(budgets)).collect();
        let greatest = values.iter().copied().fold(0.0, f64::max);
        let tails = points.iter().filter(|p| sets_scale(p)).filter_map(TrendPoint::p99);
        let within = levels.iter().map(|level| level.value).chain(tails);
        values.extend(within.filter(|value| (greatest / 2.0..=greatest * REACH).contains(value)));
        Some(Self {
            points,
            finding: verdict.map_or_else(|| text::UNMEASURED.to_owned(), text::described),
            levels,
            machines: machine_changes(points),
            change_points: change_points
                .iter()
                .map(|point| (point.index, point.sentence()))
                .collect(),
            accepted,
            releases: releases(points),
            scale: Scale::fitting(&values)?,
            unit,
        })
    }

    /// The first runs of other machines, by the indices of the points.
    pub(super) fn machine_changes(&self) -> &[(usize, String)] {
        &self.machines
    }

    /// The change points, by the indices of the points.
    pub(super) fn change_points(&self) -> &[(usize, String)] {
        &self.change_points
    }

    /// The accepted regressions, by the indices of the points.
    pub(super) fn accepted(&self) -> &[(usize, String)] {
        &self.accepted
    }

    /// The runs of releases, by the indices of the points.
    pub(super) fn releases(&self) -> &[(usize, String)] {
        &self.releases
    }

    /// The baseline and the limits.
    pub(super) fn levels_shown(&self) -> &[Level] {
        &self.levels
    }

    /// The drawing for a wide screen, and the one for a narrow one.
    pub(super) fn drawings(&self) -> [String; 2] {
        [self.svg(&WIDE), self.svg(&NARROW)]
    }

    fn svg(&self, frame: &Frame) -> String {
        let Frame { class, width, height, .. } = frame;
        let label = escaped(&self.description());
        let mut svg = format!(
            r#"<svg class="trend {class}" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">"#
        );
        svg += &self.axes(frame);
        svg += &self.verticals(frame, "release", &self.releases);
        svg += &self.release_names(frame);
        svg += &self.verticals(frame, "machine", &self.machines);
        svg += &self.verticals(frame, "change-point", &self.change_points);
        svg += &self.verticals(frame, "accepted", &self.accepted);
        svg += &self.spreads(frame);
        svg += &self.levels(frame);
        svg += &self.line(frame, "p99", |point| self.drawn(point.p99()));
        svg += &self.line(frame, "p95", |point| self.drawn(point.p95()));
        svg += &self.line(frame, "median", TrendPoint::value);
        svg += &self.marks(frame);
        svg + "</svg>"
    }

    /// The text of the drawing for screen readers.
    fn description(&self) -> String {
        let runs = self.points.iter().filter(|point| point.measured.is_some()).count();
        let over = unit::counted(runs, "run", "runs");
        let statistic = text::statistic(self.statistic());
        let latest = self.change_points.last();
        let latest = latest.map_or_else(String::new, |(_, text)| format!(" Change point: {text}."));
        format!("Trend of the {statistic} over {over}. State: {}.{latest}", self.finding)
    }

    /// The statistic of the values.
    fn statistic(&self) -> Statistic {
        self.points.last().map(|point| point.statistic).unwrap_or_default()
    }

    fn axes(&self, frame: &Frame) -> String {
        let right = frame.width - RIGHT;
        let mut svg = String::new();
        for tick in self.scale.ticks(frame.ticks) {
            let y = self.y(frame, tick);
            let _ = write!(svg, r#"<path class="grid" d="M{LEFT} {y:.1}H{right}"/>"#);
            let label = text::value(tick, self.unit);
            let (x, y) = (LEFT - 8.0, y + 4.0);
            let _ = write!(svg, r#"<text class="end" x="{x}" y="{y:.1}">{label}</text>"#);
        }
        let scale = if self.scale.is_logarithmic() { ", logarithmic" } else { "" };
        let what = escaped(&text::axis(self.unit));
        let _ = write!(svg, r#"<text x="0" y="12">{what}{scale}</text>"#);
        svg + &self.dates(frame)
    }

    fn dates(&self, frame: &Frame) -> String {
        let last = self.points.len() - 1;
        let places = frame.dates.min(self.points.len());
        let mut svg = String::new();
        let mut end = f64::NEG_INFINITY;
        for place in 0..places {
            let i = if places == 1 { 0 } else { place * last / (places - 1) };
            let (x, y) = (self.x(frame, i), frame.height - BOTTOM + 17.0);
            let anchor = match i {
                _ if last == 0 => "middle",
                0 => "start",
                _ if i == last => "end",
                // The days of the first and the last run stay readable.
                _ if x - DATE / 2.0 < end || x + DATE / 2.0 > self.x(frame, last) - DATE => {
                    continue;
                }
                _ => "middle",
            };
            end = if i == 0 { x + DATE } else { x + DATE / 2.0 };
            let day = text::day(self.points[i].run.started);
            let _ = write!(svg, r#"<text class="{anchor}" x="{x:.1}" y="{y}">{day}</text>"#);
        }
        let (x, y) = (frame.width - RIGHT, frame.height - 4.0);
        svg + &format!(r#"<text class="end" x="{x}" y="{y}">runs, newest last</text>"#)
    }

    fn spreads(&self, frame: &Frame) -> String {
        let low = self.segments(|point| point.spread().map(|spread| spread.0));
        let high = self.segments(|point| point.spread().map(|spread| spread.1));
        let band = |(low, high): (&Stretch, &Stretch)| {
            let back = low.iter().rev();
            let places: Vec<Place> =
                high.iter().chain(back).map(|(i, ns)| self.place(frame, *i, *ns)).collect();
            format!(r#"<path class="spread" d="{}Z"/>"#, path(&places))
        };
        low.iter().zip(&high).map(band).collect()
    }

    /// Vertical lines at runs, each with a tooltip.
    fn verticals(&self, frame: &Frame, class: &str, at: &[(usize, String)]) -> String {
        let bottom = frame.height - BOTTOM;
        let line = |(i, text): &(usize, String)| {
            let (x, title) = (self.x(frame, *i), escaped(text));
            format!(
                r#"<path class="{class}" d="M{x:.1} {TOP}V{bottom}"><title>{title}</title></path>"#
            )
        };
        at.iter().map(line).collect()
    }

    /// The names of the releases above their lines. One that would cover its neighbour has a tooltip only.
    fn release_names(&self, frame: &Frame) -> String {
        let mut end = f64::NEG_INFINITY;
        let name = |(i, name): &(usize, String)| {
            let (x, half) = (self.x(frame, *i), 4.0 * name.chars().count() as f64);
            let is_free = x - half > end && x + half < frame.width;
            if !is_free {
                return String::new();
            }
            end = x + half;
            let (y, name) = (TOP - 3.0, escaped(name));
            format!(r#"<text class="middle" x="{x:.1}" y="{y}">{name}</text>"#)
        };
        self.releases.iter().map(name).collect()
    }

    fn levels(&self, frame: &Frame) -> String {
        let right = frame.width - RIGHT;
        let shown = self.levels.iter().filter(|level| self.scale.holds(level.value));
        let level = |level: &Level| {
            let y = self.y(frame, level.value);
            format!(r#"<path class="{}" d="M{LEFT} {y:.1}H{right}"/>"#, level.class)
        };
        shown.map(level).collect()
    }

    /// The value if it is within the drawing.
    pub(super) fn drawn(&self, value: Option<f64>) -> Option<f64> {
        value.filter(|value| self.scale.holds(*value))
    }

    fn line(
        &self,
        frame: &Frame,
        class: &str,
        value: impl Fn(&TrendPoint<'a>) -> Option<f64>,
    ) -> String {
        let segment = |segment: Stretch| {
            let places: Vec<Place> =
                segment.into_iter().map(|(i, ns)| self.place(frame, i, ns)).collect();
            format!(r#"<path class="{class}" d="{}"/>"#, path(&places))
        };
        self.segments(value).into_iter().map(segment).collect()
    }

    fn marks(&self, frame: &Frame) -> String {
        let mut counted = Vec::new();
        let mut svg = String::new();
        for (i, point) in self.points.iter().enumerate() {
            let Some(value) = point.value().filter(|value| self.scale.holds(*value)) else {
                continue;
            };
            let at = self.place(frame, i, value);
            match point.comparability() {
                Comparability::Counted => counted.push(at),
                Comparability::Excluded => svg += &circle(at, &title(point, value)),
                Comparability::Incomparable => svg += &cross(at, &title(point, value)),
            }
            if point.run.is_reported() {
                svg += &ring(at);
            }
        }
        let width = if counted.len() > CROWDED { 3.2 } else { 5.0 };
        if counted.is_empty() { svg } else { dots(&counted, width) + &svg }
    }

    fn segments(&self, value: impl Fn(&TrendPoint<'a>) -> Option<f64>) -> Vec<Stretch> {
        segments(self.points, value)
    }

    fn place(&self, frame: &Frame, i: usize, ns: f64) -> Place {
        (self.x(frame, i), self.y(frame, ns))
    }

    fn x(&self, frame: &Frame, i: usize) -> f64 {
        across(i, self.points.len(), LEFT + 8.0, frame.width - RIGHT - 8.0)
    }

    fn y(&self, frame: &Frame, ns: f64) -> f64 {
        let bottom = frame.height - BOTTOM;
        bottom - self.scale.share(ns) * (bottom - TOP)
    }
}

fn releases(points: &[TrendPoint<'_>]) -> Vec<(usize, String)> {
    let named = points.iter().enumerate();
    named.filter_map(|(i, point)| Some((i, point.run.release.clone()?))).collect()
}

fn times(point: &TrendPoint<'_>) -> impl Iterator<Item = f64> {
    let (low, high) = point.spread().unzip();
    [point.value(), point.p95(), low, high].into_iter().flatten()
}

fn baseline_level(ns: f64) -> Level {
    Level { class: "baseline", value: ns, label: format!("baseline median {}", unit::time(ns)) }
}

fn limits(budgets: &[&BudgetResult]) -> Vec<Level> {
    let times = budgets.iter().filter(|budget| budget.metric.is_time());
    times.flat_map(|budget| Level::of_budget(budget)).collect()
}
