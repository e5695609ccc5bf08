//! `--counts-only`: counts are compared, and nothing is timed or recorded.

use super::causes;
use super::counts::{CountedBenchmark, CountedSides, SideJobs, add_spreads, count_sides};
use super::executor::Executor;
use super::outcome;
use crate::bench::{
    BenchmarkCounts, CountJob, Measurement, OrdinaryLaunches, PlannedBenchmark, abbreviated,
};
use crate::cargo::Level;
use anyhow::Result;
use perf_judge::baseline::RecordedCounts;
use perf_judge::budget::{Budget, Metric};
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantity;
use perf_judge::verdict::{CountedRun, State, Verdict, Verdicts};
use std::process::ExitCode;

/// The launches that count page faults: the first one finds the marks of the samples.
const LAUNCHES: usize = 2;
/// The same where a budget limits page faults: as many as a run has.
const BUDGET_LAUNCHES: usize = 5;

/// Counts the selected benchmarks and delivers the report. `others` are the verdicts on benchmarks whose
/// counts cannot be compared.
pub(super) fn run(executor: &mut Executor<'_>, others: &[Verdict]) -> Result<ExitCode> {
    let CountedSides { benchmarks: mut counted, level, notes: count_notes } =
        count_planned(executor)?;
    executor.notes.extend(count_notes);
    let is_other = |name: &BenchmarkId| others.iter().any(|other| other.name == *name);
    let compared = counted.iter().filter(|counted| !is_other(&counted.name));
    let mut verdicts = Verdicts::default();
    verdicts.verdicts = compared.map(|counted| compare(executor, counted, level)).collect();
    for verdict in &verdicts.verdicts {
        let of_verdict = counted.iter_mut().find(|counted| counted.name == verdict.name);
        if let Some(CountedBenchmark { base: Some(base), head, .. }) = of_verdict {
            executor.executed.keep(verdict, base, head);
        }
    }
    causes::find(executor, &mut verdicts.verdicts)?;
    verdicts.verdicts.extend_from_slice(others);
    let failures = executor.runner.failures().iter();
    verdicts.verdicts.extend(
        failures.map(|(name, reason)| {
            Verdict::without_counts(name, State::Missing, Some(reason.clone()))
        }),
    );
    executor.notes.extend(notes(executor, &verdicts.verdicts));
    let measurement = Measurement { counted_for: level, ..measurement(counted) };
    let report = outcome::report_of_counts(executor, &measurement, verdicts);
    let args = executor.args;
    outcome::deliver(executor.context, &report, Ok(()), args.format, args.measure.output.color)
}

/// Counts the checkout, and the base of `--compare` where it has the benchmark.
fn count_planned(executor: &Executor<'_>) -> Result<CountedSides> {
    let jobs = executor.runner.planned().iter().flat_map(|planned| {
        let base = executor.base.as_ref().and_then(|base| base.entries.get(&planned.entry.id));
        planned.rows_by_threads().map(move |(name, threads)| {
            let head = job(executor, planned, (name, threads));
            let head = CountJob { lists_code: base.is_some(), ..head };
            let base = base.map(|entry| CountJob { entry, ..head });
            SideJobs { name: name.clone(), base, head }
        })
    });
    count_sides(executor, jobs.collect())
}

/// The verdict on the base of `--compare`, or on the newest run with comparable counts.
fn compare(executor: &Executor<'_>, counted: &CountedBenchmark, level: Level) -> Verdict {
    let CountedBenchmark { name, base, head } = counted;
    let refused = counted.refused().instructions;
    let mut verdict = match base {
        Some(base) => verdict(name, |quantity| base.counts.get(&quantity).copied(), head, refused),
        None => compare_with_recorded(executor, name, head, level),
    };
    verdict.base = executor.base.as_ref().map(|base| base.commit.commit.hash.clone());
    add_spreads(executor, &mut verdict, level);
    verdict
}

fn compare_with_recorded(
    executor: &Executor<'_>,
    name: &BenchmarkId,
    head: &BenchmarkCounts,
    level: Level,
) -> Verdict {
    let recorded = executor.suite.recorded(executor.context, name, level);
    let is_counted = |recorded: &RecordedCounts<'_>| {
        recorded.measured.quantity(Quantity::Instructions).is_some()
    };
    let Some(recorded) = recorded.filter(is_counted) else {
        let reason = Some("no comparable run has its counts".to_owned());
        return Verdict::without_counts(name, State::InsufficientHistory, reason);
    };
    let base = |quantity| recorded.measured.quantity(quantity);
    let mut verdict = verdict(name, base, head, head.refused.as_deref());
    verdict.counts_base = Some(CountedRun::of(recorded));
    verdict
}

fn job<'a>(
    executor: &Executor<'_>,
    planned: &'a PlannedBenchmark,
    (name, threads): (&BenchmarkId, Option<u32>),
) -> CountJob<'a> {
    let config = planned.config;
    let limits_faults = |budget: &Budget| {
        budget.metric == Metric::PageFaults && !budget.limits(std::slice::from_ref(name)).is_empty()
    };
    let is_limited = executor.context.project.budgets.iter().any(limits_faults);
    let launches = if is_limited { BUDGET_LAUNCHES } else { LAUNCHES };
    CountJob {
        entry: &planned.entry,
        threads,
        lists_code: false,
        config,
        iteration_ns: planned.iteration_ns,
        allocations: true,
        repeats: 1,
        launches: Some(OrdinaryLaunches { config, launches }),
        launch: planned.expected(1),
    }
}

/// What budgets are checked by.
fn measurement(counted: Vec<CountedBenchmark>) -> Measurement {
    let mut measurement = Measurement::default();
    for CountedBenchmark { name, head, .. } in counted {
        measurement.launch_results.insert(name.clone(), head.launch_results.clone());
        measurement.counts.insert(name, head);
    }
    measurement
}

/// Notes on what was not done.
fn notes(executor: &Executor<'_>, verdicts: &[Verdict]) -> Vec<String> {
    let names: Vec<BenchmarkId> = verdicts.iter().map(|verdict| verdict.name.clone()).collect();
    let is_unchecked =
        |budget: &&Budget| !budget.metric.is_count() && !budget.limits(&names).is_empty();
    let budgets = executor.context.project.budgets.iter().filter(is_unchecked);
    let unchecked: Vec<&str> = budgets.map(|budget| budget.name.as_str()).collect();
    let unchecked = (!unchecked.is_empty()).then(|| {
        format!("budgets that limit no count were not checked: {}", abbreviated(&unchecked))
    });
    let nothing = "--counts-only: nothing was timed or recorded".to_owned();
    [nothing].into_iter().chain(unchecked).collect()
}

/// Without instructions the comparison is not complete, even if allocations were counted.
fn verdict(
    name: &BenchmarkId,
    base: impl Fn(Quantity) -> Option<f64>,
    head: &BenchmarkCounts,
    refused: Option<&str>,
) -> Verdict {
    if !head.counts.contains_key(&Quantity::Instructions) {
        return missing(name, refused);
    }
    let mut counts = Counts::default();
    for (quantity, head) in &head.counts {
        if let Some(base) = base(*quantity) {
            counts.insert(*quantity, CountPair::new(base, *head));
        }
    }
    if counts.get(Quantity::Instructions).is_none() {
        return missing(name, refused.or(Some("the base has no count of them")));
    }
    Verdict::of_counts(name, counts)
}

fn missing(name: &BenchmarkId, reason: Option<&str>) -> Verdict {
    let reason = reason.map_or_else(
        || "its instructions were not counted".to_owned(),
        |reason| format!("its instructions were not counted: {reason}"),
    );
    Verdict::without_counts(name, State::Missing, Some(reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_judge::run::Quantities;

    #[test]
    fn a_benchmark_without_instructions_is_missing_and_not_unchanged() {
        let name = BenchmarkId::from("p/b::a");
        let (instructions, allocations) = (Quantity::Instructions, Quantity::AllocCount);
        let both = Quantities::from([(instructions, 100.0), (allocations, 3.0)]);
        let some = Quantities::from([(allocations, 3.0)]);
        let cases = [
            (&both, &both, State::Unchanged),
            (&both, &some, State::Missing),
            (&some, &both, State::Missing),
            (&some, &some, State::Missing),
            (&Quantities::new(), &Quantities::new(), State::Missing),
        ];
        for (base, head, expected) in cases {
            let head = BenchmarkCounts { counts: head.clone(), ..<_>::default() };
            let base = |quantity| base.get(&quantity).copied();
            let found = verdict(&name, base, &head, Some("no total"));
            assert_eq!(found.state, expected, "{head:?}");
        }
    }
}
