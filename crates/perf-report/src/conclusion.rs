//! The last lines of a report: what happened, how certain it is, and what to do next.

use super::{PreviousCommit, Report};
use crate::text::argument;
use perf_judge::baseline::MINIMUM;
use perf_judge::verdict::{Method, State, Verdict};

/// The reasons of a failed or incomplete check that are listed.
pub(crate) const REASONS: usize = 2;

impl Report {
    /// Whether only counts were compared. Its rows have no times.
    pub(crate) fn is_of_counts(&self) -> bool {
        self.rows.iter().any(|row| row.verdict.method == Method::Counts)
    }

    /// Whether no benchmark has a baseline or a base yet, so that times are all there is to show.
    pub(crate) fn is_first(&self) -> bool {
        let has = |state| self.rows.iter().any(|row| row.verdict.state == state);
        let is_compared = self.rows.iter().any(|row| row.verdict.change.is_some());
        let has_times = !self.is_of_counts();
        let has_none = self.reference.base.is_none() && !is_compared;
        has_times && has_none && has(State::InsufficientHistory)
    }

    /// How certain the verdicts are, in one sentence; `None` where there are none.
    pub(crate) fn certainty(&self) -> Option<String> {
        if self.is_of_counts() {
            return Some("counts only; times were not measured".to_owned());
        }
        let verdicts = || self.rows.iter().map(|row| &row.verdict);
        if !verdicts().any(|verdict| verdict.change.is_some()) {
            return None;
        }
        let recorded_base = verdicts().find_map(|verdict| verdict.base.as_deref());
        let text = match (&self.reference.base, recorded_base) {
            (Some(_), _) => {
                "randomized pairs; at most 0.21 % of unchanged benchmarks are reported as regressions"
                    .to_owned()
            }
            (None, Some(base)) => format!(
                "compared with recorded runs; changes are confirmed in pairs with {}",
                base.get(..12).unwrap_or(base)
            ),
            (None, None) if self.has_unconfirmed() => {
                "an estimate, because regressions are not confirmed by further launches".to_owned()
            }
            (None, None) => {
                "compared with recorded runs; regressions are confirmed by further launches"
                    .to_owned()
            }
        };
        Some(text)
    }

    fn has_unconfirmed(&self) -> bool {
        let is_open = |verdict: &Verdict| verdict.state == State::Regression && !verdict.confirmed;
        self.rows.iter().any(|row| is_open(&row.verdict))
    }

    /// Whether code placement explains every benchmark that is inconclusive. Less load does not decide it.
    fn is_placement(&self) -> bool {
        let inconclusive = self.rows.iter().filter(|row| row.verdict.state == State::Inconclusive);
        inconclusive.into_iter().all(|row| !row.verdict.trace.placement.is_empty())
    }

    fn has_base_failure(&self) -> bool {
        let is_of_base =
            |verdict: &Verdict| verdict.state == State::Missing && verdict.base.is_some();
        self.rows.iter().any(|row| is_of_base(&row.verdict))
    }

    /// What to do next, in one or two lines.
    pub(crate) fn next_step(&self) -> Vec<String> {
        if self.is_first() {
            return self.ways_to_a_verdict();
        }
        let has = |state| self.rows.iter().any(|row| row.verdict.state == state);
        let cut_short = self.rows.iter().any(|row| row.verdict.cut_short);
        if let Some(name) = self.blamed() {
            return vec![format!(
                "`cargo xtask perf explain {name}` shows why; `cargo xtask perf accept {name} --reason \"…\"` accepts it"
            )];
        }
        let step = match self.status {
            1 => "see the reasons above; `perf-budgets.json` holds the budgets and the gate",
            _ if cut_short => "raise --time-limit, or omit it",
            _ if self.has_base_failure() => {
                "bring the files that the base lacks by `base` in perf-budgets.json"
            }
            _ if has(State::Missing) => "run the missing benchmarks with `cargo bench`",
            _ if self.status == 3 => "measure again, without other load on the machine",
            _ if self.has_unconfirmed() => "measure again without --quick to confirm regressions",
            _ if has(State::CountsGrew) => {
                "optional: measure without --counts-only whether the benchmarks are slower"
            }
            _ if self.is_of_counts() && has(State::InsufficientHistory) => {
                "record counts of the base branch with `cargo xtask perf`, or add --compare"
            }
            _ if has(State::Inconclusive) && !self.is_placement() => {
                "optional: measure again with less load to decide inconclusive benchmarks"
            }
            _ => "nothing to do",
        };
        vec![step.to_owned()]
    }

    fn ways_to_a_verdict(&self) -> Vec<String> {
        let found = self.rows.iter().map(|row| row.verdict.baseline_runs).max().unwrap_or_default();
        let commit = self.run.commit.as_ref().filter(|commit| !commit.dirty && !self.run.partial);
        let branch = commit.and_then(|commit| commit.branch.as_deref());
        let counts = if branch == Some(self.reference.branch.as_str()) {
            format!("this is run {}", found + 1)
        } else {
            format!("{found} are recorded")
        };
        let branch = self.reference.branch_argument().unwrap_or("the base branch");
        vec![
            self.way_to_compare().to_owned(),
            format!(
                "or repeat `cargo xtask perf` on clean commits of {branch}: a baseline takes {MINIMUM} runs, {counts}"
            ),
        ]
    }

    /// How to get verdicts without a history, by a command that works in this clone.
    fn way_to_compare(&self) -> &'static str {
        let Some(commit) = &self.run.commit else {
            return "in a git repository with commits, `cargo xtask perf --compare HEAD~1` compares with the previous commit";
        };
        match self.reference.previous_commit {
            PreviousCommit::Available => {
                "`cargo xtask perf --compare HEAD~1` compares with the previous commit now"
            }
            PreviousCommit::Shallow => {
                "after `git fetch --deepen 1`, `cargo xtask perf --compare HEAD~1` compares with the previous commit"
            }
            PreviousCommit::Absent if commit.dirty => {
                "`cargo xtask perf --compare HEAD` compares with the commit without the changes now"
            }
            PreviousCommit::Absent => {
                "after a change of the code, `cargo xtask perf --compare HEAD` compares with this commit"
            }
        }
    }

    /// The last part of the name of the first regression that fails the check, as an argument.
    fn blamed(&self) -> Option<&str> {
        let blames = |name: &str| self.outcome.gate.iter().any(|reason| reason.starts_with(name));
        let names = self.rows.iter().map(|row| row.verdict.name.as_str());
        let name = names.into_iter().find(|name| blames(name))?;
        argument(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::first_report;

    type ReportEdit = fn(&mut Report);

    #[test]
    fn a_first_run_is_compared_with_what_exists() {
        let first_step = |edit: ReportEdit| {
            let mut report = first_report();
            edit(&mut report);
            report.next_step().remove(0)
        };
        let cases: [(ReportEdit, &str); 5] = [
            (|_| {}, "`cargo xtask perf --compare HEAD~1`"),
            (
                |report| report.reference.previous_commit = PreviousCommit::Shallow,
                "after `git fetch --deepen 1`",
            ),
            (
                |report| report.reference.previous_commit = PreviousCommit::Absent,
                "after a change of the code, `cargo xtask perf --compare HEAD`",
            ),
            (
                |report| {
                    report.reference.previous_commit = PreviousCommit::Absent;
                    report.run.commit.as_mut().unwrap().dirty = true;
                },
                "`cargo xtask perf --compare HEAD` compares",
            ),
            (|report| report.run.commit = None, "in a git repository with commits"),
        ];
        for (edit, expected) in cases {
            let step = first_step(edit);
            assert!(step.starts_with(expected), "{step}");
        }
    }
}
