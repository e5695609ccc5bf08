//! The comparison of two commits by the ordinary rule: good with bad, and what was found with its parent.

use super::super::counts;
use super::super::executor::Executor;
use super::super::screen;
use super::known_code::{DecidedCode, code_of};
use super::search_state::BenchmarkEnds;
use crate::bench::BenchmarkCounts;
use anyhow::{Context as _, Result, bail};
use perf_judge::bisect::Answer;
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantity;
use perf_judge::verdict::{Judge, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// The counts of base and head by benchmark.
type CountsOfBoth = BTreeMap<BenchmarkId, [BenchmarkCounts; 2]>;

/// Compares the good commit, which is the base, with the bad one.
///
/// Fails if the good commit cannot run one of the benchmarks.
pub(super) fn compare(executor: &mut Executor<'_>) -> Result<Vec<BenchmarkEnds>> {
    check_good(executor)?;
    let (verdicts, counted) = verdicts(executor)?;
    executor.interrupt.check()?;
    let ends = |mut verdict: Verdict| {
        let counts = counted.get(&verdict.name);
        if let Some(counts) = counts {
            use_counts(&mut verdict, counts);
        }
        let planned = executor.runner.planned_of(&verdict.name);
        let config = planned.map(|planned| planned.config).context("it is not planned")?;
        Ok(BenchmarkEnds {
            counted: counts.map(quantities).unwrap_or_default(),
            code: known_code(executor, &verdict.name, counts)?,
            sample_size: config.sample_size,
            sample_count: config.sample_count,
            verdict,
        })
    };
    verdicts.into_iter().map(ends).collect()
}

/// The verdicts on all planned benchmarks, and what both builds counted. With `--counts-only` nothing is
/// timed.
pub(super) fn verdicts(executor: &mut Executor<'_>) -> Result<(Vec<Verdict>, CountsOfBoth)> {
    let base = executor.base.as_mut().context("there is no base")?;
    let entries: Vec<_> =
        executor.runner.planned().iter().map(|planned| planned.entry.clone()).collect();
    base.skip_unread(&executor.suite.launcher, &entries)?;
    let hash = base.commit.commit.hash.clone();
    let names: Vec<BenchmarkId> = super::rows(&executor.runner).cloned().collect();
    let mut judge = Judge::of_builds(names.iter().cloned(), &hash);
    if let Some(base) = &executor.base {
        executor.classify(&mut judge, base, &names);
    }
    screen::apply(executor, &mut judge)?;
    let counted = executor.screened.clone();
    if executor.args.counts_only {
        return Ok((counts_alone(&names, &counted, &hash)?, counted));
    }
    let initial = executor.initial_measurement(&mut judge)?;
    let mut verdicts = executor.finish(judge)?.verdicts;
    counts::collect(executor, &mut verdicts, &initial)?;
    Ok((verdicts, counted))
}

fn check_good(executor: &Executor<'_>) -> Result<()> {
    let base = executor.base.as_ref().context("there is no base")?;
    for planned in executor.runner.planned() {
        let name = &planned.entry.id;
        if base.entries.get(name).is_none() {
            let short = base.commit.commit.short();
            let reason = base.failure(name).unwrap_or_else(|| format!("{short} does not have it"));
            bail!(
                "{name} cannot be measured in the good commit: {reason}. Name another commit by --good"
            );
        }
    }
    Ok(())
}

/// The verdicts on counts. Fails if instructions were not counted.
fn counts_alone(names: &[BenchmarkId], counted: &CountsOfBoth, base: &str) -> Result<Vec<Verdict>> {
    let verdict = |name: &BenchmarkId| {
        let counts = counted.get(name).map(|[base, head]| {
            let mut counts = Counts::of(&base.counts, &head.counts);
            for (quantity, spread) in &head.spreads {
                counts.widen_spread(*quantity, *spread);
            }
            counts
        });
        let counts = counts.filter(|counts| counts.get(Quantity::Instructions).is_some());
        let Some(counts) = counts else {
            bail!(
                "the instructions of {name} were not counted in both commits: search without --counts-only"
            );
        };
        let mut verdict = Verdict::of_counts(name, counts);
        verdict.base = Some(base.to_owned());
        Ok(verdict)
    };
    names.iter().map(verdict).collect()
}

/// Uses the counts that steps also make, instead of those that Divan printed.
fn use_counts(verdict: &mut Verdict, [base, head]: &[BenchmarkCounts; 2]) {
    let Some(counts) = &mut verdict.counts else { return };
    for (quantity, pair) in Counts::of(&base.counts, &head.counts).iter() {
        let spread = counts.get(quantity).and_then(|known| known.spread);
        counts.insert(quantity, CountPair { spread, ..pair });
    }
}

/// The quantities that were counted in both.
fn quantities([base, head]: &[BenchmarkCounts; 2]) -> BTreeSet<Quantity> {
    Counts::of(&base.counts, &head.counts).iter().map(|(quantity, _)| quantity).collect()
}

/// What good and bad execute.
fn known_code(
    executor: &Executor<'_>,
    name: &BenchmarkId,
    counted: Option<&[BenchmarkCounts; 2]>,
) -> Result<Vec<DecidedCode>> {
    let head = executor.runner.entry_of(name);
    let base = head.zip(executor.base.as_ref());
    let base = base.and_then(|(head, base)| base.entries.get(&head.id));
    let Some(([good, bad], (base, head))) = counted.zip(base.zip(head)) else {
        return Ok(Vec::new());
    };
    let mut known = Vec::new();
    for (answer, entry, counts) in [(Answer::Good, base, good), (Answer::Bad, head, bad)] {
        let code = code_of(executor, entry, counts)?;
        known.extend(code.map(|code| DecidedCode::new(answer, counts, code)));
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_can_count_what_both_ends_counted() {
        let counts = |counted: &[Quantity]| BenchmarkCounts {
            counts: counted.iter().map(|quantity| (*quantity, 1.0)).collect(),
            ..BenchmarkCounts::default()
        };
        use Quantity::{AllocCount, Instructions};
        let both = [counts(&[Instructions]), counts(&[Instructions, AllocCount])];
        assert_eq!(quantities(&both), BTreeSet::from([Instructions]));
    }
}
