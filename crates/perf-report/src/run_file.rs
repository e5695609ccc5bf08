//! Whether a run's file is the one that its report is about.

use crate::report::Report;
use crate::row::Row;
use crate::text::visible;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Commit, Measured, Run};
use std::collections::BTreeMap;

/// What a run's file and a report of it do not agree on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunContradiction {
    /// Another commit was measured.
    #[error("it is of {found}, and not of {expected} as the report")]
    Commit {
        /// The run's commit, for people.
        found: String,
        /// The report's.
        expected: String,
    },
    /// It was measured on another machine, at another time or by other means.
    #[error("its {0} is not that of the report")]
    Circumstance(&'static str),
    /// It has other numbers.
    #[error("its numbers of `{}` are not those of the report", visible(.0.as_str()))]
    Numbers(BenchmarkId),
}

impl Report {
    /// What a run's file contradicts, where it is the run that this report is about or another of
    /// its commit.
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

    /// The run whose numbers this report has; `None` if it is about pairs, which make none.
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
    fn what_the_run_says_otherwise_is_named() {
        type Edit = fn(&mut Run);
        let edits: [(&str, Edit); 6] = [
            ("it is of bbbb", |run| run.commit.as_mut().unwrap().hash = "b".repeat(40)),
            ("with uncommitted changes, and not of", |run| {
                run.commit.as_mut().unwrap().dirty = true
            }),
            ("it is of no commit", |run| run.commit = None),
            ("its seed is not that", |run| run.seed += 1),
            ("its numbers of `core/", |run| drop(run.benchmarks.pop())),
            ("its numbers of `core/parse::parse_large_xml`", |run| {
                run.benchmarks[0].sample_size += 1
            }),
        ];
        for (said, edit) in edits {
            let (report, mut run) = both();
            edit(&mut run);
            let found = report.contradiction_with(&run).unwrap().to_string();
            assert!(found.contains(said), "{found}");
        }
    }

    #[test]
    fn another_run_of_the_commit_is_none_of_its_business() {
        let (report, mut other) = both();
        other.seed += 1;
        assert_eq!(report.contradiction_with(&other.with_id()), None);
    }
}
