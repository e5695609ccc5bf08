//! A saved report, read again. It may come from anybody: a pull request's own code wrote it.

use crate::report::{Report, SCHEMA, summary};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Commit;
use perf_judge::unit;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The largest report that is read, in bytes: some hundred times what a large workspace's has.
pub const REPORT_BYTES: u64 = 64 << 20;
/// What a report may hold of anything: far more than any honest one does.
const ROWS: usize = 20_000;
const TEXT_BYTES: usize = 100_000;

/// Why a file is no report that this version can use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Another version wrote it.
    #[error("it has schema {0}, and this version reads {SCHEMA}: use the version that wrote it")]
    Schema(u32),
    /// It is not what a report looks like.
    #[error("it is not a report: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It has a report's shape, and says what no report says.
    #[error("it is not a report that can be believed: {0}")]
    Unbelievable(Doubt),
}

/// What no report of this tool says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Doubt {
    /// A benchmark has two rows.
    #[error("a benchmark stands in it twice")]
    Doubled,
    /// It is longer than that of any workspace.
    #[error("it has more than {ROWS} rows")]
    Rows,
    /// A text is longer than any name or message.
    #[error("a text in it has {}", unit::bytes(*.0 as f64))]
    Text(usize),
    /// A commit's hash is not one.
    #[error("a commit in it has no hash")]
    Hash,
    /// Its status does not follow from its reasons.
    #[error("its status is {found}, and its reasons make it {expected}")]
    Status {
        /// What it says.
        found: u8,
        /// What follows.
        expected: u8,
    },
}

#[derive(Deserialize)]
struct Versioned {
    schema: u32,
}

impl Report {
    /// Reads a report's file. Keys that it does not know are passed over; the summary is told
    /// anew, so that it is what the rows say.
    ///
    /// # Errors
    /// For another schema, for what is not a report, and for one that contradicts itself or holds
    /// more than any workspace has.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        let Versioned { schema } = serde_json::from_str(text)?;
        if schema != SCHEMA {
            return Err(ReportError::Schema(schema));
        }
        let mut report: Self = serde_json::from_str(text)?;
        match report.doubt() {
            Some(doubt) => Err(ReportError::Unbelievable(doubt)),
            None => {
                let verdicts = report.rows.iter().map(|row| &row.verdict);
                report.summary = summary(verdicts, &report.budgets);
                Ok(report)
            }
        }
    }

    fn doubt(&self) -> Option<Doubt> {
        let names: BTreeSet<&BenchmarkId> = self.rows.iter().map(|row| &row.verdict.name).collect();
        let counts = [self.rows.len(), self.budgets.len(), self.notes.len()];
        let bases = self.against.base.iter().map(|base| &base.commit);
        let mut commits = self.run.commit.iter().chain(bases);
        let expected = self.outcome.status();
        let long = self.texts().map(str::len).find(|length| *length > TEXT_BYTES);
        match long {
            _ if names.len() < self.rows.len() => Some(Doubt::Doubled),
            _ if counts.into_iter().max() > Some(ROWS) => Some(Doubt::Rows),
            Some(length) => Some(Doubt::Text(length)),
            None if commits.any(|commit| !is_hash(commit)) => Some(Doubt::Hash),
            None if self.status != expected => Some(Doubt::Status { found: self.status, expected }),
            None => None,
        }
    }

    /// Everything in it that a renderer shows and somebody else may have chosen.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let machine = &self.run.machine;
        let facts = [&self.run.id, &machine.cpu, &machine.os, &machine.rustc, &machine.image];
        let commit = self.run.commit.iter().flat_map(|commit| commit.branch.as_ref());
        let base = self.against.base.iter().map(|base| &base.label);
        let rows = self.rows.iter().flat_map(|row| {
            let verdict = &row.verdict;
            let source = row.measured.iter().flat_map(|measured| &measured.source);
            let texts = source.map(|source| source.file.as_str());
            texts.chain(verdict.reason.as_deref()).chain([verdict.name.as_str()])
        });
        let budgets = self.budgets.iter().flat_map(|budget| {
            [&budget.name, &budget.description].into_iter().chain(&budget.reason)
        });
        let accepted = self.accepted.iter().map(|accepted| &accepted.entry.reason);
        let excuses =
            self.rows.iter().filter_map(|row| Some(&row.verdict.accepted.as_ref()?.reason));
        let said = self.notes.iter().chain(&self.outcome.gate).chain(&self.outcome.incomplete);
        let said = said.chain(accepted).chain(excuses);
        let plain = facts.into_iter().chain(commit).chain(base).chain(budgets).chain(said);
        rows.chain(plain.map(String::as_str))
    }
}

fn is_hash(commit: &Commit) -> bool {
    let hash = commit.hash.as_bytes();
    (7..=64).contains(&hash.len()) && hash.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use serde_json::{Value, json};

    #[test]
    fn a_report_survives_its_file() {
        let report = report();
        assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
    }

    #[test]
    fn keys_that_a_later_version_adds_are_passed_over_and_the_summary_is_told_anew() {
        let report = report();
        let mut json: Value = serde_json::from_str(&report.to_json()).unwrap();
        json["weather"] = json!("fine");
        json["summary"] = json!("nothing changed");
        assert_eq!(Report::from_json(&json.to_string()).unwrap(), report);
    }

    #[test]
    fn what_no_report_says_is_refused() {
        let long = "x".repeat(TEXT_BYTES + 1);
        let cases = [
            ("/schema", json!(2), "it has schema 2"),
            ("/kind", json!("run"), "unknown variant `run`"),
            ("/status", json!(0), "its status is 0, and its reasons make it 1"),
            ("/rows/1/verdict/name", json!("core/parse::panics"), "stands in it twice"),
            ("/rows/1/verdict/name", json!(long), "a text in it has"),
            ("/rows/1/verdict/reason", json!(long), "a text in it has"),
            ("/rows/1/verdict/change", json!("much"), "invalid type"),
            ("/rows/1/verdict/state", json!("fine"), "unknown variant"),
            ("/notes", json!(vec!["x"; ROWS + 1]), "more than 20000 rows"),
            ("/run/commit/hash", json!("--force"), "no hash"),
        ];
        for (place, value, said) in cases {
            let mut json: Value = serde_json::from_str(&report().to_json()).unwrap();
            *json.pointer_mut(place).unwrap() = value;
            let error = Report::from_json(&json.to_string()).unwrap_err().to_string();
            assert!(error.contains(said), "{place}: {error}");
        }
        for text in ["", "[]", "{}", "{\"schema\": 1}", "\u{0}"] {
            assert!(Report::from_json(text).is_err(), "{text}");
        }
    }
}
