//! How long the measurement takes, and its launches within a time limit.

use super::args::PerfArgs;
use super::context::Context;
use super::executor::Executor;
use super::suite::{BenchSuite, launches};
use crate::bench::{
    FEWEST_LAUNCHES, LaunchCost, PlannedBenchmark, Runner, abbreviated, distribute, total,
};
use crate::ui;
use perf_judge::baseline::Selection;
use perf_judge::detect::paired;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Statistic;
use perf_judge::stats;
use perf_judge::unit;
use std::collections::BTreeSet;
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

/// The pairs that a benchmark needs on average, by recorded noise and by comparisons of this workspace.
const USUAL_PAIRS: usize = 18;

/// Prints how many benchmarks of a comparison are timed, why the others are not, and how long it takes.
/// `identical` have identical executables, and `same_code` execute the same code.
pub(super) fn announce_pairs(
    executor: &Executor<'_>,
    identical: usize,
    same_code: &BTreeSet<BenchmarkId>,
) {
    let Some(base) = &executor.base else { return };
    let is_timed = |planned: &&PlannedBenchmark| {
        let is_same = planned.rows.iter().all(|row| same_code.contains(row));
        !is_same && base.entries.get(&planned.entry.id).is_some()
    };
    let timed: Vec<&PlannedBenchmark> = executor.runner.planned().iter().filter(is_timed).collect();
    let pairs = |count: usize| -> Duration {
        timed.iter().map(|planned| planned.expected(count * 2)).sum()
    };
    let limit = executor.runner.time_left();
    let [usual, most] = [USUAL_PAIRS, paired::MAX_PAIRS]
        .map(|count| limit.map_or(pairs(count), |limit| limit.min(pairs(count))));
    let shown = |time: Duration| unit::span(time.as_secs_f64());
    let plan = match timed.len() {
        0 => "no benchmark is compared in pairs".to_owned(),
        count => format!(
            "{} compared in pairs, about {}, at most {}",
            unit::counted(count, "benchmark is", "benchmarks are"),
            shown(usual),
            shown(most)
        ),
    };
    let known =
        [(same_code.len(), "execute the same code"), (identical, "have identical executables")];
    let known: Vec<String> = known
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, reason)| format!("{count} {reason}"))
        .collect();
    let others =
        if known.is_empty() { String::new() } else { format!("; unchanged: {}", known.join(", ")) };
    ui::say(&(plan + &others));
    if limit.is_some_and(|limit| pairs(paired::FIRST_ANALYSIS) > limit) {
        ui::say(
            "note: --time-limit is too short for that. The fastest benchmarks are compared first; the others stay undecided: raise it, or measure fewer benchmarks",
        );
    }
}
