//! Which commits are recorded, kept for the next call of the command.

use super::super::args::PerfArgs;
use super::super::context::Context;
use super::super::plan_file::PlanFile;
use super::kept_launches::KeptLaunches;
use super::summary::BackfillSummary;
use super::wanted_run::is_clean_run_of;
use crate::store::BackfillCommit;
use crate::ui;
use anyhow::Result;
use executed_code::digest;
use perf_judge::backfill::{BackfillState, differ, next_commits};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Run;
use perf_judge::unit;
use perf_report::SampleNumbers;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The file in the output folder.
const PLAN: &str = "backfill-plan.json";

/// The commits of a range, and what is known of them.
pub(super) struct BackfillProgress<'a> {
    commits: &'a [BackfillCommit],
    plan: PlanFile<BackfillPlan>,
    done: BackfillPlan,
    /// The runs by the index of their commit, as far as they are known.
    runs: BTreeMap<usize, Run>,
}

/// What is kept between two calls.
#[derive(Default, Serialize, Deserialize)]
struct BackfillPlan {
    /// The keys of the machines whose runs were recorded: the commits can have several compilers.
    machines: BTreeSet<String>,
    /// The samples of all runs, because runs with other samples cannot be compared.
    samples: BTreeMap<BenchmarkId, SampleNumbers>,
    outcomes: BTreeMap<String, CommitOutcome>,
    /// The commits that are measured together now.
    group: Vec<String>,
}

/// What became of a commit.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CommitOutcome {
    /// The id of its run.
    Recorded(String),
    /// Why it cannot be measured.
    Failed(String),
}

impl<'a> BackfillProgress<'a> {
    /// The progress of an earlier call for the same commits, unless it is left out.
    pub(super) fn begin(
        context: &Context,
        commits: &'a [BackfillCommit],
        args: &PerfArgs,
        restart: bool,
    ) -> Result<Self> {
        let hashes = commits.iter().map(|commit| commit.commit.hash.as_str());
        let measure = &args.measure;
        let task = format!(
            "{} {:?} {:?} {:?}",
            hashes.collect::<String>(),
            measure.cargo,
            measure.launch_ms,
            args.launches
        );
        let plan = PlanFile::new(&context.project.output, PLAN, digest(task.as_bytes()));
        let done = if restart { None } else { plan.load()? };
        if done.is_none() {
            KeptLaunches::new(&context.project.output).clear()?;
        }
        let mut progress =
            Self { commits, plan, done: done.unwrap_or_default(), runs: BTreeMap::new() };
        let recorded: Vec<&Run> = context.history.recorded.history.runs().collect();
        progress.runs = progress.done.find_runs(commits, &recorded);
        Ok(progress)
    }

    /// Prints how many commits there are, and how many of them are done.
    pub(super) fn announce(&self) {
        let count = unit::counted(self.commits.len(), "commit", "commits");
        let done = self.commits.len() - self.open();
        let before = if done > 0 { format!(", {done} of them done before") } else { String::new() };
        ui::say(&format!("{count} to measure{before}"));
    }

    /// The indexes of the commits to measure together next, `count` at most.
    pub(super) fn next(&mut self, count: usize) -> Result<Vec<usize>> {
        let is_open = |at: &usize| self.state(*at) == BackfillState::Open;
        let in_group = |at: &usize| self.done.group.contains(&self.commits[*at].commit.hash);
        let kept: Vec<usize> = (0..self.commits.len()).filter(is_open).filter(in_group).collect();
        if !kept.is_empty() {
            return Ok(kept);
        }
        let states: Vec<BackfillState> = (0..self.commits.len()).map(|at| self.state(at)).collect();
        let changed = |one: usize, other: usize| {
            let runs = self.runs.get(&one).zip(self.runs.get(&other));
            runs.is_some_and(|(one, other)| differ(one, other))
        };
        let next = next_commits(&states, count, changed);
        let hashes = next.iter().map(|at| self.commits[*at].commit.hash.clone());
        self.done.group = hashes.collect();
        self.save()?;
        Ok(next)
    }

    pub(super) fn commit(&self, at: usize) -> &BackfillCommit {
        &self.commits[at]
    }

    /// The place of a commit and its subject: `commit 3 of 20: Read faster`.
    pub(super) fn label(&self, at: usize) -> String {
        let subject = &self.commits[at].commit.subject;
        format!("commit {} of {}: {subject}", at + 1, self.commits.len())
    }

    /// The samples of a benchmark in all runs. Those of its first run are kept.
    pub(super) fn samples(&mut self, name: &BenchmarkId, own: SampleNumbers) -> SampleNumbers {
        *self.done.samples.entry(name.clone()).or_insert(own)
    }

    /// Keeps what was chosen so far.
    pub(super) fn save(&self) -> Result<()> {
        self.plan.save(&self.done)
    }

    /// Leaves a commit out.
    pub(super) fn fail(&mut self, at: usize, reason: &str) -> Result<()> {
        let commit = &self.commits[at].commit;
        ui::say(&format!("left out {}: {reason}", commit.short()));
        let outcome = CommitOutcome::Failed(reason.to_owned());
        self.done.outcomes.insert(commit.hash.clone(), outcome);
        self.save()
    }

    /// Keeps that the run of a commit is on disk.
    pub(super) fn record(&mut self, at: usize, run: Run) -> Result<()> {
        self.done.machines.insert(run.machine.key.clone());
        let hash = self.commits[at].commit.hash.clone();
        self.done.outcomes.insert(hash, CommitOutcome::Recorded(run.id.clone()));
        self.runs.insert(at, run);
        self.save()
    }

    /// Prints the result, and returns whether the range is done.
    pub(super) fn finish(&self) -> bool {
        let failed = self.done.outcomes.values().filter(|outcome| outcome.is_failed()).count();
        let summary = BackfillSummary { all: self.commits.len(), failed, open: self.open() };
        ui::say(&summary.text());
        if self.done.machines.len() > 1 {
            ui::say(&format!(
                "note: these runs have {} machine keys, e.g. because the compiler or Divan changed; their times are not compared",
                self.done.machines.len()
            ));
        }
        ui::say("`cargo xtask perf site` renders their trend");
        summary.is_done()
    }

    fn state(&self, at: usize) -> BackfillState {
        match self.done.outcomes.get(&self.commits[at].commit.hash) {
            None => BackfillState::Open,
            Some(outcome) if outcome.is_failed() => BackfillState::Failed,
            Some(_) => BackfillState::Measured,
        }
    }

    fn open(&self) -> usize {
        let states = (0..self.commits.len()).map(|at| self.state(at));
        states.filter(|state| *state == BackfillState::Open).count()
    }
}

impl BackfillPlan {
    /// The runs of `commits` among those of the history, by index. A commit whose run is not there is open:
    /// it was measured with `--no-record` or for another history.
    fn find_runs(&mut self, commits: &[BackfillCommit], recorded: &[&Run]) -> BTreeMap<usize, Run> {
        let mut runs = BTreeMap::new();
        for (at, commit) in commits.iter().enumerate() {
            let hash = &commit.commit.hash;
            let id = match self.outcomes.get(hash) {
                Some(CommitOutcome::Failed(_)) => continue,
                Some(CommitOutcome::Recorded(id)) => Some(id),
                None => None,
            };
            let by_id = recorded.iter().find(|run| Some(&run.id) == id);
            let is_own = |run: &&&Run| {
                let is_known = self.machines.contains(&run.machine.key);
                is_known && !run.partial && is_clean_run_of(run, hash)
            };
            if let Some(run) = by_id.or_else(|| recorded.iter().find(is_own)) {
                let outcome = CommitOutcome::Recorded(run.id.clone());
                self.outcomes.insert(hash.clone(), outcome);
                runs.insert(at, (*run).clone());
            } else {
                self.outcomes.remove(hash);
            }
        }
        runs
    }
}

impl CommitOutcome {
    fn is_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use perf_judge::run::{Commit, Machine};

    fn commit(hash: &str) -> Commit {
        let (subject, author_date) = Default::default();
        Commit { hash: hash.to_owned(), branch: None, subject, author_date, dirty: false }
    }

    fn run(hash: &str, key: &str) -> Run {
        let machine = Machine { key: key.to_owned(), ..Machine::default() };
        let run = Run::new(DateTime::UNIX_EPOCH, machine, Vec::new());
        Run { commit: Some(commit(hash)), ..run }.with_id()
    }

    #[test]
    fn only_commits_with_a_run_in_the_history_are_done() {
        let hashes = ["recorded", "lost", "failed", "of a pull", "other machine"];
        let commits =
            hashes.map(|hash| BackfillCommit { commit: commit(hash), time: DateTime::UNIX_EPOCH });
        let recorded = [run("recorded", "m"), run("of a pull", "m"), run("other machine", "x")];
        let done = |run: &Run| CommitOutcome::Recorded(run.id.clone());
        let outcomes = BTreeMap::from([
            ("recorded".to_owned(), done(&recorded[0])),
            ("lost".to_owned(), done(&run("lost", "m"))),
            ("failed".to_owned(), CommitOutcome::Failed("it does not compile".to_owned())),
        ]);
        let machines = BTreeSet::from(["m".to_owned()]);
        let mut plan = BackfillPlan { machines, outcomes, ..BackfillPlan::default() };
        let runs = plan.find_runs(&commits, &recorded.each_ref());
        assert_eq!(runs.into_keys().collect::<Vec<_>>(), [0, 3]);
        let known: Vec<&str> = plan.outcomes.keys().map(String::as_str).collect();
        assert_eq!(known, ["failed", "of a pull", "recorded"]);
    }
}
