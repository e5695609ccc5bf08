//! A step of a search: one commit is built, and its benchmarks are counted or compared with the bad commit.

use super::super::commit_suites::CommitSuites;
use super::super::counts;
use super::super::executor::Executor;
use super::super::screen;
use super::known_code::{DecidedCode, code_of};
use super::labelled;
use super::pair_step::compare_in_pairs;
use super::search_state::SearchState;
use crate::bench::{BenchmarkCounts, CountJob};
use anyhow::{Context as _, Result};
use perf_judge::bisect::{Answer, Criterion};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Commit;
use perf_judge::unit::{self, LogRatio};
use perf_report::StepAnswer;
use std::collections::BTreeMap;

/// What measures a commit, and what is known so far.
pub(super) struct CommitStep<'a> {
    pub(super) commits: &'a CommitSuites<'a>,
    /// Its head is the bad commit.
    pub(super) executor: Executor<'a>,
    pub(super) state: SearchState,
}

impl CommitStep<'_> {
    /// Finds out whether each of the benchmarks is good or bad in a commit.
    pub(super) fn measure(
        &mut self,
        commit: &Commit,
        wanted: &[BenchmarkId],
    ) -> Result<Vec<StepAnswer>> {
        if let Some(reason) = self.build(commit)? {
            return Ok(wanted.iter().map(|name| skipped(name, &reason)).collect());
        }
        let mut answers = self.without_measuring(wanted)?;
        let open = |answers: &BTreeMap<BenchmarkId, StepAnswer>| -> Vec<BenchmarkId> {
            wanted.iter().filter(|name| !answers.contains_key(*name)).cloned().collect()
        };
        answers.extend(self.by_counts(&open(&answers))?);
        let timed: Vec<(BenchmarkId, LogRatio)> = open(&answers)
            .into_iter()
            .filter_map(|name| match self.state.ends_of(&name)?.criterion()? {
                Criterion::Time { change } => Some((name, change)),
                Criterion::Count { .. } => None,
            })
            .collect();
        answers.extend(compare_in_pairs(&mut self.executor, timed)?);
        let uncounted = |name: &BenchmarkId| skipped(name, "its count is not known");
        let answer = |name| answers.remove(name).unwrap_or_else(|| uncounted(name));
        Ok(wanted.iter().map(answer).collect())
    }

    /// Builds the commit as the base. Returns the reason if it cannot be built.
    fn build(&mut self, commit: &Commit) -> Result<Option<String>> {
        // Its folder is used again.
        self.executor.base = None;
        self.executor.interrupt.check()?;
        let built = self.commits.build_base(labelled(commit, ""), self.executor.suite);
        if built.is_err() {
            self.executor.interrupt.check()?;
        }
        let reason = built.as_ref().err().map(|error| error.root_cause().to_string());
        self.executor.base = built.ok();
        Ok(reason)
    }

    /// The answers for benchmarks that the commit lacks, and for those that are the same as in bad.
    fn without_measuring(
        &mut self,
        wanted: &[BenchmarkId],
    ) -> Result<BTreeMap<BenchmarkId, StepAnswer>> {
        let runner = &self.executor.runner;
        let entries: Vec<_> = wanted.iter().filter_map(|name| runner.entry_of(name)).collect();
        let entries: Vec<_> = entries.into_iter().cloned().collect();
        let base = self.executor.base.as_mut().context("there is no base")?;
        base.skip_unread(&self.executor.suite.launcher, &entries)?;
        let mut answers = BTreeMap::new();
        for name in wanted {
            let entry = self.executor.runner.entry_of(name).context("it is not planned")?;
            let answer = if base.entries.get(&entry.id).is_none() {
                let reason = base.failure(&entry.id);
                skipped(name, reason.as_deref().unwrap_or("it does not have the benchmark"))
            } else if base.is_unchanged(&entry.id) {
                answered(name, Answer::Bad, "identical executables in bad".to_owned())
            } else {
                continue;
            };
            answers.insert(name.clone(), answer);
        }
        Ok(answers)
    }

    /// The answers that counts and the executed code give.
    fn by_counts(&mut self, wanted: &[BenchmarkId]) -> Result<Vec<(BenchmarkId, StepAnswer)>> {
        if self.executor.args.no_counts || wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut answers = Vec::new();
        for (name, counted) in count(&self.executor, wanted)? {
            let answer = match self.state.ends_of(&name).and_then(|ends| ends.criterion()) {
                Some(Criterion::Count { quantity, good, bad }) => {
                    counted.counts.get(&quantity).map(|value| {
                        let answer = Criterion::of_value(good, bad, *value);
                        answered(&name, answer, format!("{quantity} {}", unit::count(*value)))
                    })
                }
                Some(Criterion::Time { .. }) => self.by_code(&name, &counted)?,
                None => None,
            };
            answers.extend(answer.map(|answer| (name, answer)));
        }
        Ok(answers)
    }

    /// The answer of a commit that executes the same code.
    fn by_code(&self, name: &BenchmarkId, counted: &BenchmarkCounts) -> Result<Option<StepAnswer>> {
        let executor = &self.executor;
        let entry = executor.base.as_ref().zip(executor.runner.entry_of(name));
        let entry = entry.and_then(|(base, head)| base.entries.get(&head.id));
        let Some(entry) = entry else { return Ok(None) };
        let Some(code) = code_of(executor, entry, counted)? else { return Ok(None) };
        let known = self.state.ends_of(name).into_iter().flat_map(|ends| &ends.code);
        let mut same = known.filter(|known: &&DecidedCode| known.is_same(name, counted, &code));
        Ok(same.next().map(|known| {
            let end = known.answer.name();
            answered(name, known.answer, format!("same executed code as in {end}"))
        }))
    }
}

/// Counts benchmarks of the base, or takes the counts of an earlier comparison. The cache has only counts of
/// measured builds, not of second ones.
fn count(
    executor: &Executor<'_>,
    wanted: &[BenchmarkId],
) -> Result<Vec<(BenchmarkId, BenchmarkCounts)>> {
    let base = executor.base.as_ref().context("there is no base")?;
    let level = executor.compared.head.counted_for;
    let cache = if level.is_none() { base.counts_cache()? } else { None };
    let planned = executor.runner.planned().iter();
    let sides = planned.filter_map(|planned| screen::jobs(executor, planned));
    let jobs: Vec<(BenchmarkId, CountJob<'_>)> = sides
        .filter(|side| wanted.contains(&side.name))
        .filter_map(|side| Some((side.name, side.base?)))
        .collect();
    let kept = |job: &CountJob<'_>| cache.as_ref().and_then(|cache| cache.get(job));
    let (kept, open): (Vec<_>, Vec<_>) =
        jobs.into_iter().map(|(name, job)| (name, job, kept(&job))).partition(|of| of.2.is_some());
    let counted = counts::count(executor, |_| open.iter().map(|(_, job, _)| *job).collect())?;
    let is_other_build = counted.level != level;
    let counted = open.into_iter().zip(counted.counts).filter(|_| !is_other_build);
    let mut all: Vec<(BenchmarkId, BenchmarkCounts)> =
        kept.into_iter().filter_map(|(name, _, kept)| Some((name, kept?))).collect();
    for ((name, job, _), counts) in counted {
        // It is only a cache.
        let _ = cache.as_ref().map(|cache| cache.keep(&job, &counts));
        all.push((name, counts));
    }
    Ok(all)
}

pub(super) fn skipped(name: &BenchmarkId, reason: &str) -> StepAnswer {
    answered(name, Answer::Skipped, reason.to_owned())
}

fn answered(name: &BenchmarkId, answer: Answer, reason: String) -> StepAnswer {
    StepAnswer { benchmark: name.clone(), answer, reason, pairs: 0 }
}
