//! Counts of a benchmark over its runs: small drawings, each with its own change points.

use super::change_points::{RunChangePoint, SeriesValue};
use super::counts;
use super::marks::{across, dots};
use super::run_comparability::{Comparability, Flag};
use super::text;
use super::trend::{Level, REACH};
use super::trend_point::TrendPoint;
use crate::svg::{Place, Scale, escaped, path, without_flat_middles};
use perf_judge::budget::BudgetResult;
use perf_judge::run::Quantity;
use perf_judge::unit;
use serde::Serialize;
use std::fmt::Write as _;

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 132.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 24.0;
const TICKS: usize = 3;
/// The least span of a count that repeats, relative to the highest value. A change of 1 % is visible.
const LEAST_SPAN: f64 = 0.04;

/// A count over the runs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CountView {
    title: String,
    latest: String,
    range: String,
    change_points: Vec<String>,
    /// The limits of its budgets.
    limits: Vec<String>,
    svg: String,
}

/// The counts that are not 0 in all runs, or have a budget.
pub(super) fn views(points: &[TrendPoint<'_>], budgets: &[&BudgetResult]) -> Vec<CountView> {
    let view = |quantity| {
        let own = budgets.iter().filter(|b| counts::is_limited_by(quantity, b.metric));
        let limits = own.flat_map(|budget| Level::of_budget(budget)).collect();
        CountTrend::new(points, quantity).view(limits)
    };
    counts::SHOWN.into_iter().filter_map(view).collect()
}

/// The change points of a count.
pub(super) fn change_points<'a>(
    points: &[TrendPoint<'a>],
    quantity: Quantity,
) -> Vec<RunChangePoint<'a>> {
    CountTrend::new(points, quantity).change_points()
}

/// A count of the comparable runs.
struct CountTrend<'p, 'a> {
    quantity: Quantity,
    series: Vec<SeriesValue<'a>>,
    /// The runs with a value that cannot be compared.
    left_out: usize,
    /// By how much repeated counts of one build differ, at most.
    spread: Option<f64>,
    points: &'p [TrendPoint<'a>],
}

impl<'p, 'a> CountTrend<'p, 'a> {
    fn new(points: &'p [TrendPoint<'a>], quantity: Quantity) -> Self {
        let values = points.iter().enumerate().filter_map(|(index, point)| {
            let value = counts::value(point.measured?, quantity)?;
            Some((is_comparable(point, quantity), (index, point.run, value)))
        });
        let (comparable, others): (Vec<_>, Vec<_>) =
            values.partition(|(comparable, _)| *comparable);
        let measured = points.iter().filter_map(|point| point.measured);
        let spreads = measured.filter_map(|row| row.count_spreads.get(&quantity).copied());
        Self {
            quantity,
            series: comparable.into_iter().map(|(_, value)| value).collect(),
            left_out: others.len(),
            spread: spreads.reduce(f64::max).filter(|spread| spread.is_finite()),
            points,
        }
    }

    fn view(self, limits: Vec<Level>) -> Option<CountView> {
        let known: Vec<f64> = self.series.iter().map(|(.., value)| *value).collect();
        let is_shown = !limits.is_empty() || known.iter().any(|value| *value > 0.0);
        let latest = *known.last().filter(|_| is_shown)?;
        let drawn = drawn(&limits, &known);
        let scale = self.scale(&known.iter().copied().chain(drawn).collect::<Vec<f64>>())?;
        let change_points = self.change_points();
        let sentences: Vec<String> =
            change_points.iter().map(|point| point.count_sentence(self.quantity)).collect();
        let (latest, range) = (self.quantity.show(latest), self.range(&known));
        let newest = sentences.last();
        let newest = newest.map_or_else(String::new, |text| format!(". Change point: {text}"));
        let title = format!("{} per iteration", counts::heading(self.quantity));
        let label = format!("{title}: {latest}, {range}{newest}");
        let at: Vec<(usize, &String)> =
            change_points.iter().map(|point| point.index).zip(&sentences).collect();
        let svg = self.drawing(scale, &at, &limits, &label);
        let limits = limits.into_iter().map(|limit| limit.label).collect();
        Some(CountView { title, latest, range, change_points: sentences, limits, svg })
    }

    fn change_points(&self) -> Vec<RunChangePoint<'a>> {
        let repeating = || self.spread.unwrap_or_default();
        let spread = self.quantity.repeats().then(repeating);
        RunChangePoint::in_counts(&self.series, spread)
    }

    fn scale(&self, values: &[f64]) -> Option<Scale> {
        if self.quantity.repeats() {
            Scale::with_least_span(values, LEAST_SPAN)
        } else {
            Scale::fitting(values)
        }
    }

    /// `1.230 M to 1.310 M, first run 1.230 M; repeated counts differ by 0.0031 %`
    fn range(&self, known: &[f64]) -> String {
        let show = |value| self.quantity.show(value);
        let least = show(known.iter().copied().fold(f64::INFINITY, f64::min));
        let greatest = show(known.iter().copied().fold(0.0, f64::max));
        let range = match known.first() {
            Some(first) if least != greatest => {
                format!("{least} to {greatest}, first run {}", show(*first))
            }
            _ if known.len() == 1 => "one run".to_owned(),
            _ => "equal in all runs".to_owned(),
        };
        let spread = self.spread.map(|spread| counts::repeats(self.quantity, spread));
        let left_out = unit::counted(self.left_out, "run is", "runs are");
        let left_out = (self.left_out > 0).then(|| format!("{left_out} left out"));
        let parts: Vec<String> = [Some(range), spread, left_out].into_iter().flatten().collect();
        parts.join("; ")
    }

    fn drawing(
        &self,
        scale: Scale,
        change_points: &[(usize, &String)],
        limits: &[Level],
        label: &str,
    ) -> String {
        let (label, right, floor) = (escaped(label), WIDTH - RIGHT, HEIGHT - BOTTOM);
        let x = |i| across(i, self.points.len(), LEFT + 6.0, right);
        let y = |value| floor - scale.share(value) * (floor - TOP);
        let mut svg = format!(
            r#"<svg class="count" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">"#
        );
        for tick in scale.ticks(TICKS) {
            let (at, shown) = (y(tick), self.quantity.show(tick));
            let (beside, below) = (LEFT - 6.0, at + 4.0);
            let _ = write!(svg, r#"<path class="grid" d="M{LEFT} {at:.1}H{right}"/>"#);
            let _ = write!(svg, r#"<text class="end" x="{beside}" y="{below:.1}">{shown}</text>"#);
        }
        for Level { class, value, label } in limits.iter().filter(|limit| scale.holds(limit.value))
        {
            let (at, title) = (y(*value), escaped(label));
            let _ = write!(
                svg,
                r#"<path class="{class}" d="M{LEFT} {at:.1}H{right}"><title>{title}</title></path>"#
            );
        }
        for (index, sentence) in change_points {
            let (at, title) = (x(*index), escaped(sentence));
            let _ = write!(
                svg,
                r#"<path class="change-point" d="M{at:.1} {TOP}V{floor}"><title>{title}</title></path>"#
            );
        }
        let places: Vec<Place> =
            self.series.iter().map(|(index, _, value)| (x(*index), y(*value))).collect();
        let _ =
            write!(svg, r#"<path class="median" d="{}"/>"#, path(&without_flat_middles(&places)));
        svg += &places.last().map_or_else(String::new, |newest| dots(&[*newest], 6.0));
        svg + &self.dates() + "</svg>"
    }

    /// The days of the first and the last run, or the only day.
    fn dates(&self) -> String {
        let day = |point: &TrendPoint<'_>| text::day(point.run.started);
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return String::new();
        };
        let (first, last) = (day(first), day(last));
        let (right, y) = (WIDTH - RIGHT, HEIGHT - 6.0);
        if first == last {
            let middle = f64::midpoint(LEFT, right);
            return format!(r#"<text class="middle" x="{middle}" y="{y}">{first}</text>"#);
        }
        format!(
            r#"<text x="{LEFT}" y="{y}">{first}</text><text class="end" x="{right}" y="{y}">{last}</text>"#
        )
    }
}

/// The limits that are drawn: those that do not flatten the values.
fn drawn(limits: &[Level], known: &[f64]) -> impl Iterator<Item = f64> {
    let greatest = known.iter().copied().fold(0.0, f64::max);
    let reach = greatest / 2.0..=greatest * REACH;
    limits.iter().map(|limit| limit.value).filter(move |value| reach.contains(value))
}

/// Whether the line passes through a run. Counts that repeat do not depend on the processor or on the
/// sample size.
fn is_comparable(point: &TrendPoint<'_>, quantity: Quantity) -> bool {
    let run = point.run;
    if run.is_reported() {
        return true;
    }
    if !quantity.repeats() || run.has(Flag::Imported) {
        return point.comparability() == Comparability::Counted;
    }
    let is_excluded =
        [Flag::Dirty, Flag::Partial, Flag::OtherBranch].into_iter().any(|f| run.has(f));
    !is_excluded && run.has_comparable_counts
}

#[cfg(test)]
mod tests {
    use super::super::site_runs::SiteRuns;
    use super::*;
    use crate::report::tests::report;
    use perf_fixtures::{measured, run};
    use perf_judge::budget::{BudgetFile, Required, check};
    use perf_judge::history::History;
    use perf_judge::run::{Alloc, Measured, Quantities, Run};

    const NAME: &str = "core/parse::parse_large_xml";

    /// A run of a day with a count.
    fn day(day: u32, quantity: Quantity, value: f64) -> Run {
        let counts = Quantities::from([(quantity, value)]);
        run(day, vec![Measured { counts, ..measured(NAME, 1e6) }])
    }

    /// The counts on the page of runs before the reported one, which has no counts.
    fn shown(runs: Vec<Run>) -> Vec<CountView> {
        let (history, report) = (runs.into_iter().collect::<History>(), report());
        let shown = SiteRuns::new(&history, &report, None);
        views(&shown.series(&NAME.into()), &[])
    }

    fn instructions(values: &[f64]) -> Vec<Run> {
        (1..).zip(values).map(|(d, value)| day(d, Quantity::Instructions, *value)).collect()
    }

    #[test]
    fn a_change_of_one_percent_is_a_change_point_of_instructions() {
        let [view] = &shown(instructions(&[1e6, 1e6, 1e6, 1e6, 1.011e6, 1.011e6, 1.011e6]))[..]
        else {
            panic!("one count")
        };
        assert_eq!((&*view.title, &*view.latest), ("Instructions per iteration", "1.011 M"));
        assert_eq!(view.range, "1.000 M to 1.011 M, first run 1.000 M");
        let [sentence] = &view.change_points[..] else { panic!("{:?}", view.change_points) };
        assert!(sentence.starts_with("rose 1.1 % to 1.011 M at "), "{sentence}");
        assert!(view.svg.contains(r#"<path class="change-point""#));
        assert!(view.svg.contains("first run 1.000 M. Change point: rose 1.1 % to"));
    }

    #[test]
    fn a_repeat_spread_raises_the_smallest_change() {
        let mut runs = instructions(&[1e6, 1e6, 1e6, 1e6, 1.011e6, 1.011e6, 1.011e6]);
        runs[2].benchmarks[0].count_spreads = [(Quantity::Instructions, 0.004)].into();
        let view = &shown(runs)[0];
        assert_eq!(view.change_points, Vec::<String>::new());
        assert!(
            view.range.ends_with("processes: changes from 1.2 % are reported"),
            "{}",
            view.range
        );
    }

    #[test]
    fn instructions_continue_on_another_processor_and_page_faults_do_not() {
        let other = |quantity| {
            let mut runs: Vec<Run> =
                (1..=4).map(|d| day(d, quantity, f64::from(d) + 1.0)).collect();
            runs[1].machine.cpu = "Model 2".to_owned();
            runs[2].machine.rustc = "1.96.0".to_owned();
            let keyed = |run: Run| Run { machine: run.machine.clone().with_machine_key(), ..run };
            shown(runs.into_iter().map(keyed).collect())[0].range.clone()
        };
        assert_eq!(other(Quantity::Instructions), "2 to 5, first run 2; 1 run is left out");
        assert_eq!(other(Quantity::MinorFaults), "2 to 5, first run 2; 2 runs are left out");
    }

    #[test]
    fn counts_are_in_the_order_of_the_page_without_empty_ones() {
        let mut run = day(1, Quantity::MinorFaults, 2.0);
        let row = &mut run.benchmarks[0];
        row.counts.insert(Quantity::MajorFaults, 1.0);
        row.counts.insert(Quantity::SystemNs, 0.0);
        row.counts.insert(Quantity::Instructions, f64::MAX);
        row.counts.insert(Quantity::AllocPeakBytes, 64.0);
        row.alloc = Some(Alloc { count: 3.0, bytes: 48.0, peak_bytes: None });
        let titles: Vec<String> =
            shown(vec![run]).iter().map(|view| format!("{} {}", view.title, view.latest)).collect();
        assert_eq!(
            titles,
            [
                "Allocations per iteration 3",
                "Allocated bytes per iteration 48 B",
                "Peak of live bytes per iteration 64 B",
                "Page faults per iteration 3",
            ]
        );
    }

    #[test]
    fn limits_are_named_and_those_near_the_values_are_drawn() {
        let history: History = instructions(&[1e6; 3]).into_iter().collect();
        let report = report();
        let shown = SiteRuns::new(&history, &report, None);
        let text = r#"{"schema": 2, "budgets": {"b": {"benchmark": "parse_large_xml", "metric": "instructions", "target": 1100000, "critical": 9000000}}}"#;
        let budgets = BudgetFile::parse(text).unwrap().1;
        let ids = [NAME.into()];
        let run = &instructions(&[1e6])[0];
        let results = check(&budgets, &ids, run, &<_>::default(), Required::None);
        let views = views(&shown.series(&NAME.into()), &[&results[0]]);
        let view = &views[0];
        assert_eq!(
            view.limits,
            [
                "target of budget b: instructions 1.100 M",
                "critical of budget b: instructions 9.000 M"
            ]
        );
        assert_eq!(view.svg.matches(r#"<path class="target""#).count(), 1);
        assert_eq!(view.svg.matches(r#"<path class="critical""#).count(), 0);
    }

    #[test]
    fn a_single_run_has_one_date_and_is_not_called_equal() {
        let mut run = instructions(&[5000.0]).remove(0);
        let report = report();
        run.started = report.run.started;
        let history: History = [run].into_iter().collect();
        let shown = SiteRuns::new(&history, &report, None);
        let view = views(&shown.series(&NAME.into()), &[]).remove(0);
        assert_eq!(view.range, "one run");
        let dates = view.svg.matches(&text::day(report.run.started)).count();
        assert_eq!(dates, 1, "{}", view.svg);
    }

    #[test]
    fn a_constant_count_has_a_short_drawing() {
        let view = &shown(instructions(&[5000.0; 27]))[0];
        assert_eq!(view.range, "equal in all runs");
        let line = view.svg.split(r#"class="median" d=""#).nth(1).unwrap();
        assert_eq!(line.split('"').next().unwrap().matches('L').count(), 1);
    }
}
