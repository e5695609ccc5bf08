//! How long the measurement takes, and its launches within a time limit.

use super::args::PerfArgs;
use super::context::Context;
use super::suite::{BenchSuite, launches};
use crate::bench::{
    FEWEST_LAUNCHES, LaunchCost, PlannedBenchmark, Runner, abbreviated, distribute, total,
};
use crate::ui;
use perf_judge::baseline::Selection;
use perf_judge::detect::paired;
use perf_judge::run::Statistic;
use perf_judge::stats;
use perf_judge::unit;
use std::time::Duration;

/// The share of a time limit that the initial measurement gets if launches are removed. The rest is
/// for comparisons and reruns.
const INITIAL_SHARE: f64 = 0.75;
/// A quick measurement launches a benchmark only once from this duration of a launch on.
const ONCE_FROM: Duration = Duration::from_secs(1);
/// The least spread of recorded values, in ln.
const MIN_NOISE: f64 = 0.01;

/// Distributes the launches within the time limit, and prints how long they take. Returns notes for
/// the report.
pub(super) fn apply(
    runner: &mut Runner,
    context: &Context,
    suite: &BenchSuite,
    args: &PerfArgs,
) -> Vec<String> {
    let limit = runner.time_left();
    let noise = |planned: &_| limit.map_or(MIN_NOISE, |_| noise(planned, context, suite));
    let costs = runner.costs(|planned, time| LaunchCost {
        noise: noise(planned),
        ..cost(planned, time, context, args)
    });
    let planned = match limit {
        Some(limit) => distribute(&costs, limit.mul_f64(initial_share(args))),
        None => costs.iter().map(|cost| cost.most).collect(),
    };
    runner.set_launches(&planned);
    if args.compare.is_some() {
        announce_pairs(&costs, limit);
        return Vec::new();
    }
    let needed = total(&costs, &planned);
    let count = unit::counted(costs.len(), "benchmark", "benchmarks");
    ui::say(&format!("{count}, about {}", unit::span(needed.as_secs_f64())));
    if let Some(limit) = limit.filter(|limit| needed > *limit) {
        ui::say(&format!(
            "note: {} remain of --time-limit, so some benchmarks stay unmeasured: raise it, or measure fewer benchmarks",
            unit::span(limit.as_secs_f64())
        ));
    }
    let full = launches(args);
    let fewer = runner.planned().iter().zip(&costs).zip(&planned);
    let fewer: Vec<&str> = fewer
        .filter(|((_, cost), launches)| **launches < cost.most)
        .map(|((planned, _), _)| planned.entry.id.as_str())
        .collect();
    let note = (!fewer.is_empty()).then(|| {
        format!(
            "--time-limit: {} of {} had fewer than {full} launches: {}",
            fewer.len(),
            count,
            abbreviated(&fewer)
        )
    });
    note.into_iter().collect()
}

fn initial_share(args: &PerfArgs) -> f64 {
    if args.quick { 1.0 } else { INITIAL_SHARE }
}

/// The duration of a benchmark's launches, and how many it needs.
///
/// A budget that gates needs all of them: its samples are planned for that number.
fn cost(
    planned: &PlannedBenchmark,
    time: Duration,
    context: &Context,
    args: &PerfArgs,
) -> LaunchCost {
    let all = launches(args);
    let is_once = args.quick && time >= ONCE_FROM;
    let most = if is_once { 1 } else { all };
    let budgets = &context.project.budgets;
    let gates = budgets.iter().any(|budget| budget.gate && budget.may_limit(&planned.entry.id));
    let fewest = if args.quick { 1 } else { FEWEST_LAUNCHES };
    let fewest = if gates { most } else { fewest.min(most) };
    LaunchCost { time, noise: MIN_NOISE, most, fewest }
}

/// The largest spread of the recorded medians of the benchmark's rows, in ln.
fn noise(planned: &PlannedBenchmark, context: &Context, suite: &BenchSuite) -> f64 {
    let selector = suite.selector(context);
    let config = planned.config;
    let spread = |row| match selector.select(row, config.sample_size, config.sample_count) {
        Selection::Ready(baseline) => {
            let medians = baseline.values().iter().filter_map(|value| value.get(Statistic::Median));
            stats::robust_spread(&medians.collect::<Vec<f64>>())
        }
        _ => 0.0,
    };
    planned.rows.iter().map(spread).fold(MIN_NOISE, f64::max)
}

/// Prints how long the pairs of a comparison take, and how many benchmarks the time limit reaches.
fn announce_pairs(costs: &[LaunchCost], limit: Option<Duration>) {
    let pairs = |count: usize| -> Duration {
        let launches = u32::try_from(count * 2).unwrap_or(u32::MAX);
        costs.iter().map(|cost| cost.time * launches).sum()
    };
    let (first, most) = (pairs(paired::FIRST_ANALYSIS), pairs(paired::MAX_PAIRS));
    let most = limit.map_or(most, |limit| limit.min(most));
    ui::say(&format!(
        "{}, about {} for {} pairs of each, at most {}",
        unit::counted(costs.len(), "benchmark", "benchmarks"),
        unit::span(first.as_secs_f64()),
        paired::FIRST_ANALYSIS,
        unit::span(most.as_secs_f64()),
    ));
    if limit.is_some_and(|limit| first > limit) {
        ui::say(
            "note: --time-limit is too short for that. The fastest benchmarks are compared first; the others stay undecided: raise it, or measure fewer benchmarks",
        );
    }
}
