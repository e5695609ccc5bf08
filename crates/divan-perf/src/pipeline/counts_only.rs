//! `--counts-only`: counts are compared, and nothing is timed or recorded.

use super::counts::{count, refusals};
use super::executor::Executor;
use super::outcome;
use crate::bench::{BenchmarkCounts, CountJob, Measurement, PlannedBenchmark, abbreviated};
use anyhow::Result;
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantity;
use perf_judge::verdict::{State, Verdict, Verdicts};
use std::process::ExitCode;

/// The expected sampling time of a planned launch, in ns. Its size and count follow from it, so it
/// gives the time of an iteration.
const LAUNCH_NS: f64 = 50e6;

/// Counts the selected benchmarks and delivers the report. `others` are the verdicts on benchmarks that
/// are not counted.
pub(super) fn run(executor: &mut Executor<'_>, others: &[Verdict]) -> Result<ExitCode> {
    let mut verdicts = Verdicts::default();
    verdicts.verdicts =
        if executor.base.is_some() { compared(executor, others)? } else { recorded(executor)? };
    verdicts.verdicts.extend_from_slice(others);
    let failures = executor.runner.failures().iter();
    verdicts.verdicts.extend(
        failures.map(|(name, reason)| {
            Verdict::without_counts(name, State::Missing, Some(reason.clone()))
        }),
    );
    executor
        .notes
        .push("--counts-only: budgets were not checked, and nothing was recorded".to_owned());
    let counted_for = executor.compared.head.counted_for;
    let measurement = Measurement { counted_for, ..Measurement::default() };
    let report = outcome::report(executor, &measurement, verdicts);
    let args = executor.args;
    outcome::deliver(executor.context, &report, Ok(()), args.format, args.measure.output.color)
}

/// Counts base and head.
fn compared(executor: &mut Executor<'_>, others: &[Verdict]) -> Result<Vec<Verdict>> {
    let Some(base) = &executor.base else { return Ok(Vec::new()) };
    let hash = base.commit.commit.hash.clone();
    let mut names = Vec::new();
    let mut jobs = Vec::new();
    for planned in executor.runner.planned() {
        let is_other = others.iter().any(|verdict| planned.rows.contains(&verdict.name));
        let Some(entry) = base.entries.get(&planned.entry.id).filter(|_| !is_other) else {
            continue;
        };
        if let [name] = planned.rows.as_slice() {
            names.push(name.clone());
            jobs.extend([entry, &planned.entry].map(|entry| CountJob { entry, ..job(planned) }));
        }
    }
    let counted = count(executor, |_| jobs.clone())?;
    let counted_for = counted.level;
    let mut verdicts = Vec::new();
    let mut heads = Vec::new();
    let mut counts = counted.counts.into_iter();
    for name in &names {
        let Some((base, head)) = counts.next().zip(counts.next()) else { break };
        let head = BenchmarkCounts { refused: base.refused.or(head.refused), ..head };
        let mut verdict = verdict(name, |quantity| base.counts.get(&quantity).copied(), &head);
        verdict.base = Some(hash.clone());
        verdicts.push(verdict);
        heads.push(head);
    }
    let notes = refusals(&names, &heads);
    executor.notes.extend(counted.notes.into_iter().chain(notes).chain(not_counted(executor)));
    executor.compared.head.counted_for = counted_for;
    Ok(verdicts)
}

/// Counts the checkout; the base is the newest run with comparable counts.
fn recorded(executor: &mut Executor<'_>) -> Result<Vec<Verdict>> {
    let planned = executor.runner.planned().iter().filter(|planned| planned.rows.len() == 1);
    let (names, jobs): (Vec<BenchmarkId>, Vec<CountJob<'_>>) =
        planned.map(|planned| (planned.rows[0].clone(), job(planned))).unzip();
    let counted = count(executor, |_| jobs.clone())?;
    let counted_for = counted.level;
    let verdicts = names.iter().zip(&counted.counts).map(|(name, head)| {
        match executor.suite.recorded(executor.context, name, counted.level) {
            Some(recorded) if recorded.quantity(Quantity::Instructions).is_some() => {
                verdict(name, |quantity| recorded.quantity(quantity), head)
            }
            _ => {
                let reason = Some("no comparable run has its counts".to_owned());
                Verdict::without_counts(name, State::InsufficientHistory, reason)
            }
        }
    });
    let verdicts = verdicts.collect();
    let notes = refusals(&names, &counted.counts);
    executor.notes.extend(counted.notes.into_iter().chain(notes).chain(not_counted(executor)));
    executor.compared.head.counted_for = counted_for;
    Ok(verdicts)
}

fn job(planned: &PlannedBenchmark) -> CountJob<'_> {
    let config = planned.config;
    let iterations = f64::from(config.sample_size) * f64::from(config.sample_count);
    CountJob {
        entry: &planned.entry,
        iteration_ns: LAUNCH_NS / iterations,
        allocations: true,
        repeats: 1,
        launch: planned.expected(1),
    }
}

/// Without instructions the comparison is not complete, even if allocations were counted.
fn verdict(
    name: &BenchmarkId,
    base: impl Fn(Quantity) -> Option<f64>,
    head: &BenchmarkCounts,
) -> Verdict {
    if !head.counts.contains_key(&Quantity::Instructions) {
        return missing(name, head.refused.as_deref());
    }
    let mut counts = Counts::default();
    for (quantity, head) in &head.counts {
        if let Some(base) = base(*quantity) {
            counts.insert(*quantity, CountPair::new(base, *head));
        }
    }
    if counts.get(Quantity::Instructions).is_none() {
        return missing(name, Some("the base has no count of them"));
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

/// A note on benchmarks with several rows.
fn not_counted(executor: &Executor<'_>) -> Option<String> {
    let planned = executor.runner.planned().iter().filter(|planned| planned.rows.len() > 1);
    let names: Vec<&str> = planned.map(|planned| planned.entry.id.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!("not counted, because they have a row per thread count: {}", abbreviated(&names))
    })
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
            let refused = Some("no total".to_owned());
            let head = BenchmarkCounts { counts: head.clone(), refused, ..<_>::default() };
            let found = verdict(&name, |quantity| base.get(&quantity).copied(), &head);
            assert_eq!(found.state, expected, "{base:?} {head:?}");
        }
    }
}
