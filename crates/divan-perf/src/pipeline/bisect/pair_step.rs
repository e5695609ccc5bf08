//! Pairs of a commit and the bad one, until their difference is nearer to none or to the whole change.

use super::super::executor::Executor;
use anyhow::{Context as _, Result};
use perf_judge::bisect::Answer;
use perf_judge::detect::midpoint::{MOST_PAIRS, nearer};
use perf_judge::detect::paired::{self, Schedule};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Pair;
use perf_judge::unit::{self, LogRatio};
use perf_report::StepAnswer;
use std::collections::BTreeMap;

/// Compares benchmarks, each with its whole change from good to bad, until all are answered.
pub(super) fn compare_in_pairs(
    executor: &mut Executor<'_>,
    benchmarks: Vec<(BenchmarkId, LogRatio)>,
) -> Result<BTreeMap<BenchmarkId, StepAnswer>> {
    let mut open = benchmarks;
    let mut pairs: BTreeMap<BenchmarkId, Vec<Pair>> = BTreeMap::new();
    let mut answers = BTreeMap::new();
    let mut count = 0;
    while !open.is_empty() && count < MOST_PAIRS {
        let more = paired::pairs_to_next_analysis(count);
        let names: Vec<BenchmarkId> = open.iter().map(|(name, _)| name.clone()).collect();
        let base = executor.base.as_ref().context("there is no base")?;
        let (launcher, interrupt) = (&executor.suite.launcher, executor.interrupt);
        let launched = executor.runner.compare(
            "comparing with the bad commit",
            more,
            &names,
            &base.entries,
            launcher,
            interrupt,
        )?;
        interrupt.check()?;
        for (name, reason) in launched.failures.into_iter().chain(launched.base_failures) {
            answers.insert(name.clone(), answer(name, Answer::Skipped, 0, reason));
        }
        for name in launched.new_rows {
            let reason = "it has no row of this name".to_owned();
            answers.insert(name.clone(), answer(name, Answer::Skipped, 0, reason));
        }
        for (name, more) in launched.pairs {
            pairs.entry(name).or_default().extend(more);
        }
        count += more;
        for (name, change) in &open {
            let pairs = pairs.get(name).map_or(&[][..], Vec::as_slice);
            if let Some(nearer) = nearer(pairs, *change) {
                let reason = described(pairs);
                answers.entry(name.clone()).or_insert_with(|| {
                    answer(name.clone(), Answer::from(nearer), pairs.len(), reason)
                });
            }
        }
        open.retain(|(name, _)| !answers.contains_key(name));
    }
    for (name, _) in open {
        let pairs = pairs.get(&name).map_or(&[][..], Vec::as_slice);
        let reason = format!("neither nearer to good nor to bad: {}", described(pairs));
        answers.insert(name.clone(), answer(name, Answer::Skipped, pairs.len(), reason));
    }
    Ok(answers)
}

fn answer(benchmark: BenchmarkId, answer: Answer, pairs: usize, reason: String) -> StepAnswer {
    StepAnswer { benchmark, answer, reason, pairs }
}

/// The change from the commit to bad.
fn described(pairs: &[Pair]) -> String {
    let count = unit::counted(pairs.len(), "pair", "pairs");
    let analysis = paired::judge(pairs, Schedule::Once);
    let change = analysis.map_or_else(String::new, |analysis| {
        format!("{} from it to bad, ", unit::change(analysis.estimate()))
    });
    format!("{change}{count}")
}
