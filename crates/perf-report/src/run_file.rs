//! Checks that a run's file belongs to a report.

use crate::report::Report;
use crate::row::Row;
use crate::text::visible;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Commit, Measured, Run};
use std::collections::BTreeMap;

/// A contradiction between a run's file and a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunContradiction {
    /// The run is of another commit.
    #[error("the run is of {found}, but the report is of {expected}")]
    Commit {
        /// The run's commit.
        found: String,
        /// The report's commit.
        expected: String,
    },
    /// The run has another time, machine, seed or completeness.
    #[error("the {0} of the run differs from the report")]
    Circumstance(&'static str),
    /// The run has other numbers of a benchmark.
    #[error("the numbers of `{}` differ from the report", visible(.0.as_str()))]
    Numbers(BenchmarkId),
}

impl Report {
    /// The first contradiction between this report and a run. A run of the same commit with another
    /// identity contradicts nothing.
    pub fn contradiction_with(&self, run: &Run) -> Option<RunContradiction> {
        let facts = &self.run;
        let (found, expected) = (named(run.commit.as_ref()), named(facts.commit.as_ref()));
        if found != expected {
            return Some(RunContradiction::Commit { found, expected });
        }
        if run.id != facts.id {
            return None;
        }
        let circumstances = [
            ("commit", run.commit == facts.commit),
            ("time", run.started == facts.started),
            ("machine", run.machine == facts.machine),
            ("seed", run.seed == facts.seed),
            ("completeness", run.partial == facts.partial),
            ("workspace", run.workspace == facts.workspace),
        ];
        if let Some((what, _)) = circumstances.into_iter().find(|(_, is_same)| !is_same) {
            return Some(RunContradiction::Circumstance(what));
        }
        let numbers: BTreeMap<&BenchmarkId, &Measured> =
            run.benchmarks.iter().map(|measured| (&measured.name, measured)).collect();
        let is_other =
            |row: &&Row| row.measured.as_ref() != numbers.get(&row.verdict.name).copied();
        let odd = self.rows.iter().find(is_other)?;
        Some(RunContradiction::Numbers(odd.verdict.name.clone()))
    }

    /// The identity of the run with the numbers of this report; `None` for a comparison.
    pub fn run_of_numbers(&self) -> Option<&str> {
        let has_numbers = self.rows.iter().any(|row| row.measured.is_some());
        (self.reference.base.is_none() && has_numbers).then_some(self.run.id.as_str())
    }
}

fn named(commit: Option<&Commit>) -> String {
    let Some(Commit { hash, dirty, .. }) = commit else { return "no commit".to_owned() };
    let changes = if *dirty { " with uncommitted changes" } else { "" };
    format!("{}{changes}", visible(hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use perf_fixtures::{measured, run};

    /// A report, and the run that it is about.
    fn both() -> (Report, Run) {
        let mut report = report();
        let numbers = report.rows.iter().filter_map(|row| row.measured.clone()).collect();
        let run = run(23, numbers);
        report.run.id.clone_from(&run.id);
        (report, run)
    }

    #[test]
    fn the_run_of_a_report_has_its_numbers() {
        let (report, run) = both();
        assert_eq!(report.contradiction_with(&run), None);
        assert_eq!(report.run_of_numbers(), Some(run.id.as_str()));
        // A benchmark that appeared after the first launch has no row.
        let mut more = run.clone();
        more.benchmarks.push(measured("core/parse::late", 1.0));
        assert_eq!(report.contradiction_with(&more), None);
    }

    #[test]
    fn contradictions_are_named() {
        type Edit = fn(&mut Run);
        let edits: [(&str, Edit); 6] = [
            ("the run is of bbbb", |run| run.commit.as_mut().unwrap().hash = "b".repeat(40)),
            ("with uncommitted changes, but the report is of", |run| {
                run.commit.as_mut().unwrap().dirty = true
            }),
            ("the run is of no commit", |run| run.commit = None),
            ("the seed of the run differs", |run| run.seed += 1),
            ("the numbers of `core/", |run| drop(run.benchmarks.pop())),
            ("the numbers of `core/parse::parse_large_xml`", |run| {
                run.benchmarks[0].sample_size += 1
            }),
        ];
        for (message, edit) in edits {
            let (report, mut run) = both();
            edit(&mut run);
            let found = report.contradiction_with(&run).unwrap().to_string();
            assert!(found.contains(message), "{found}");
        }
    }

    #[test]
    fn another_run_of_the_commit_contradicts_nothing() {
        let (report, mut other) = both();
        other.seed += 1;
        assert_eq!(report.contradiction_with(&other.with_id()), None);
    }
}
