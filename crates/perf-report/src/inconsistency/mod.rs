//! Contradictions that no report of this tool contains: a report with one was edited or forged.

mod rows;

use crate::partition::{MOST, Partition};
use crate::report::Report;
use crate::row::Row;
use crate::text::{begins, visible};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Commit;
use perf_judge::unit;
use perf_judge::verdict::State;
use std::collections::BTreeSet;

/// The most entries of a list: far more than in a report of this tool.
pub(crate) const ROWS: usize = 20_000;
/// The size limit of a text, in bytes.
pub(crate) const TEXT_BYTES: usize = 100_000;

/// A contradiction in a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Inconsistency {
    /// A benchmark has two rows.
    #[error("a benchmark has two rows")]
    DuplicateRow,
    /// A list is longer than in any workspace.
    #[error("a list has more than {ROWS} entries")]
    Rows,
    /// A text is longer than any name or message.
    #[error("a text has {}, more than {}", unit::bytes(*.0 as f64), unit::bytes(TEXT_BYTES as f64))]
    Text(usize),
    /// A commit's hash is not a hash.
    #[error("the hash of a commit is invalid")]
    Hash,
    /// The status contradicts its reasons.
    #[error("the status is {found}, but the reasons require {expected}")]
    Status {
        /// The status of the report.
        found: u8,
        /// The status from the reasons.
        expected: u8,
    },
    /// A benchmark has a verdict without a measurement.
    #[error("`{}` is {}, but was not measured", visible(.name.as_str()), .state.name())]
    Unmeasured {
        /// The benchmark.
        name: BenchmarkId,
        /// Its state in the report.
        state: State,
    },
    /// A benchmark has the numbers of another.
    #[error("`{}` has the numbers of `{}`", visible(.name.as_str()), visible(.measured.as_str()))]
    OtherNumbers {
        /// The benchmark.
        name: BenchmarkId,
        /// The benchmark of the numbers.
        measured: BenchmarkId,
    },
    /// A benchmark has a time that is not above 0, or an impossible change.
    #[error("`{}` has an impossible time or change", visible(.0.as_str()))]
    Impossible(BenchmarkId),
    /// A benchmark has a state that contradicts its change.
    #[error("`{}` is {}, but its change contradicts that", visible(.name.as_str()), .state.name())]
    OtherChange {
        /// The benchmark.
        name: BenchmarkId,
        /// Its state in the report.
        state: State,
    },
    /// A benchmark has a state that contradicts its counts.
    #[error("`{}` is {}, but its counts contradict that", visible(.name.as_str()), .state.name())]
    OtherCounts {
        /// The benchmark.
        name: BenchmarkId,
        /// Its state in the report.
        state: State,
    },
    /// A benchmark is missing without a reason for the status.
    #[error("`{}` is missing, but the reasons do not name it", visible(.0.as_str()))]
    UnreportedMissing(BenchmarkId),
    /// A benchmark or budget is undecided without a reason for the status.
    #[error("`{}` is undecided, but the reasons do not name it", visible(.0))]
    UnreportedUndecided(String),
    /// The number of the part is invalid.
    #[error(
        "the report is of part {part} of {of}, but parts are numbered from 1 to at most {MOST}"
    )]
    Part {
        /// The number of the part.
        part: usize,
        /// The number of parts.
        of: usize,
    },
    /// A benchmark of the part is not in the list of all benchmarks.
    #[error("`{}` belongs to the part, but is not listed", visible(.0.as_str()))]
    Unlisted(BenchmarkId),
    /// A benchmark of the part has no row.
    #[error("`{}` belongs to the part, but has no row", visible(.0.as_str()))]
    NoRow(BenchmarkId),
}

impl Report {
    /// The first contradiction, if any.
    pub(crate) fn inconsistency(&self) -> Option<Inconsistency> {
        self.excess().or_else(|| self.contradiction()).or_else(|| {
            let partition = self.partition.as_ref()?;
            partition_contradiction(partition, &self.rows)
        })
    }

    /// The first list or text that exceeds its limit.
    fn excess(&self) -> Option<Inconsistency> {
        let part = self.partition.iter().flat_map(|part| [part.listed.len(), part.own.len()]);
        let counts = [self.rows.len(), self.budgets.len(), self.notes.len(), self.accepted.len()];
        let reasons = [self.outcome.gate.len(), self.outcome.incomplete.len()];
        if counts.into_iter().chain(reasons).chain(part).max() > Some(ROWS) {
            return Some(Inconsistency::Rows);
        }
        self.texts().map(str::len).find(|length| *length > TEXT_BYTES).map(Inconsistency::Text)
    }

    /// The first contradiction between the parts of the report.
    fn contradiction(&self) -> Option<Inconsistency> {
        let names: BTreeSet<&BenchmarkId> = self.rows.iter().map(|row| &row.verdict.name).collect();
        let bases = self.reference.base.iter().map(|base| &base.commit);
        let mut commits = self.run.commit.iter().chain(bases);
        let (found, expected) = (self.status, self.outcome.status());
        if names.len() < self.rows.len() {
            return Some(Inconsistency::DuplicateRow);
        }
        if commits.any(|commit| !is_hash(commit)) {
            return Some(Inconsistency::Hash);
        }
        if found != expected {
            return Some(Inconsistency::Status { found, expected });
        }
        self.rows.iter().find_map(rows::inconsistency).or_else(|| self.unreported())
    }

    /// The first undecided or missing row or budget that the reasons do not name.
    fn unreported(&self) -> Option<Inconsistency> {
        let reasons: BTreeSet<&str> = self.outcome.incomplete.iter().map(String::as_str).collect();
        let mut budgets = self.budgets.iter().filter(|budget| budget.undecided.is_some());
        let is_unnamed = |name: &str| !begins(&reasons, &format!("budget {name}: "));
        if let Some(budget) = budgets.find(|budget| is_unnamed(&budget.name)) {
            return Some(Inconsistency::UnreportedUndecided(budget.name.clone()));
        }
        let mut unnamed = self.rows.iter().map(|row| &row.verdict).filter(|verdict| {
            let is_incomplete = verdict.state == State::Missing || verdict.cut_short;
            is_incomplete && !begins(&reasons, &format!("{}: ", verdict.name))
        });
        let verdict = unnamed.next()?;
        Some(match verdict.state {
            State::Missing => Inconsistency::UnreportedMissing(verdict.name.clone()),
            _ => Inconsistency::UnreportedUndecided(verdict.name.as_str().to_owned()),
        })
    }

    /// All texts that a renderer shows and an author of a pull request may have chosen.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let machine = &self.run.machine;
        let facts = [&self.run.id, &machine.cpu, &machine.os, &machine.rustc, &machine.image];
        let commit = self.run.commit.iter().flat_map(|commit| commit.branch.as_ref());
        let base = self.reference.base.iter().map(|base| &base.label);
        let rows = self.rows.iter().flat_map(|row| {
            let verdict = &row.verdict;
            let source = row.measured.iter().flat_map(|measured| &measured.source);
            let texts = source.map(|source| source.file.as_str());
            let counted = verdict.counts_base.iter().map(|base| base.run.as_str());
            let texts = texts.chain(counted).chain(verdict.reason.as_deref());
            texts.chain([verdict.name.as_str()])
        });
        let budgets = self.budgets.iter().flat_map(|budget| {
            let reasons = budget.reason.iter().chain(&budget.undecided);
            [&budget.name, &budget.description].into_iter().chain(reasons)
        });
        let accepted = self.accepted.iter().map(|accepted| &accepted.entry.reason);
        let waivers =
            self.rows.iter().filter_map(|row| Some(&row.verdict.accepted.as_ref()?.reason));
        let notes = self.notes.iter().chain(&self.outcome.gate).chain(&self.outcome.incomplete);
        let notes = notes.chain(accepted).chain(waivers);
        let plain = facts.into_iter().chain(commit).chain(base).chain(budgets).chain(notes);
        let parts = self.partition.iter();
        let names = parts.flat_map(|part| part.listed.iter().chain(&part.own));
        rows.chain(plain.map(String::as_str)).chain(names.map(BenchmarkId::as_str))
    }
}

/// The first contradiction of a partition, if any.
fn partition_contradiction(partition: &Partition, rows: &[Row]) -> Option<Inconsistency> {
    let Partition { part, listed, own } = partition;
    if !(1..=part.of).contains(&part.part) || part.of > MOST {
        return Some(Inconsistency::Part { part: part.part, of: part.of });
    }
    let listed: BTreeSet<&BenchmarkId> = listed.iter().collect();
    if let Some(name) = own.iter().find(|name| !listed.contains(name)) {
        return Some(Inconsistency::Unlisted(name.clone()));
    }
    let rows: BTreeSet<&str> = rows.iter().map(|row| row.verdict.name.as_str()).collect();
    // A benchmark with several thread counts is listed once and has a row per count.
    let has_row =
        |name: &BenchmarkId| rows.contains(name.as_str()) || begins(&rows, &format!("{name}::"));
    own.iter().find(|name| !has_row(name)).cloned().map(Inconsistency::NoRow)
}

fn is_hash(commit: &Commit) -> bool {
    let hash = commit.hash.as_bytes();
    (7..=64).contains(&hash.len()) && hash.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::Part;
    use crate::report::tests::report;
    use perf_judge::verdict::Outcome;

    fn part(part: usize, of: usize, listed: &[&str], own: &[&str]) -> Option<Partition> {
        let names = |names: &[&str]| names.iter().map(|name| BenchmarkId::from(*name)).collect();
        let own = own.iter().map(|name| BenchmarkId::from(*name)).collect();
        Some(Partition { part: Part { part, of }, listed: names(listed), own })
    }

    fn inconsistency(edit: impl FnOnce(&mut Report)) -> Option<String> {
        let mut report = report();
        edit(&mut report);
        report.inconsistency().map(|inconsistency| inconsistency.to_string())
    }

    #[test]
    fn a_part_has_a_number_and_a_row_for_each_of_its_benchmarks() {
        let (new, few) = ("core/export::new", "core/export::few");
        let cases = [
            (part(1, 2, &[new, few], &[new]), None),
            // A row for each thread count.
            (part(1, 2, &["core/export"], &["core/export"]), None),
            (part(0, 2, &[new], &[new]), Some("part 0 of 2")),
            (part(3, 2, &[new], &[new]), Some("part 3 of 2")),
            (part(1, usize::MAX, &[new], &[new]), Some("numbered from 1 to at most 64")),
            (
                part(1, 2, &[few], &[new]),
                Some("`core/export::new` belongs to the part, but is not listed"),
            ),
            (
                part(1, 2, &["a/b::c"], &["a/b::c"]),
                Some("`a/b::c` belongs to the part, but has no row"),
            ),
            (part(1, 2, &["core/exp"], &["core/exp"]), Some("has no row")),
        ];
        for (partition, message) in cases {
            let found = inconsistency(|report| report.partition.clone_from(&partition));
            let found = found.as_deref();
            assert_eq!(found.is_some(), message.is_some(), "{partition:?}: {found:?}");
            assert!(found.unwrap_or_default().contains(message.unwrap_or_default()), "{found:?}");
        }
    }

    #[test]
    fn a_verdict_needs_a_measurement() {
        use State::{Improvement, Inconclusive, Missing, New, Removed, Unchanged};
        let idle = |state, base: Option<&str>| {
            inconsistency(|report| {
                let row = report.rows.iter_mut().find(|row| row.measured.is_some()).unwrap();
                (row.measured, row.verdict.launches, row.verdict.state) = (None, 0, state);
                (row.verdict.base, row.verdict.change) = (base.map(str::to_owned), None);
                (row.verdict.low, row.verdict.high) = (None, None);
                let reason = format!("{}: why", row.verdict.name);
                report.outcome.incomplete.push(reason);
                report.status = report.outcome.status();
            })
        };
        for state in [Unchanged, Improvement, Inconclusive, New] {
            let found = idle(state, None).unwrap();
            assert!(found.contains("but was not measured"), "{found}");
        }
        // Identical builds are not launched.
        assert_eq!(idle(Unchanged, Some("1a2b3c4")), None);
        assert_eq!((idle(Missing, None), idle(Removed, None)), (None, None));
    }

    #[test]
    fn missing_benchmarks_are_reasons() {
        let passed = inconsistency(|report| {
            (report.outcome, report.status) = (Outcome::default(), 0);
        });
        let message = "`core/parse::panics` is missing, but the reasons do not name it";
        assert_eq!(passed.as_deref(), Some(message));
    }

    #[test]
    fn undecided_benchmarks_and_budgets_are_reasons() {
        let undecided =
            |name: &str| Some(format!("`{name}` is undecided, but the reasons do not name it"));
        let budget = inconsistency(|report| {
            report.budgets[0].name = "b".to_owned();
            report.budgets[0].undecided = Some("why".to_owned());
        });
        assert_eq!(budget, undecided("b"));
        let row = report().rows.iter().position(|row| row.verdict.state != State::Missing).unwrap();
        let name = report().rows[row].verdict.name.as_str().to_owned();
        assert_eq!(
            inconsistency(|report| report.rows[row].verdict.cut_short = true),
            undecided(&name)
        );
    }

    #[test]
    fn lists_and_texts_have_limits() {
        let many = || vec!["x".to_owned(); ROWS + 1];
        let all: BTreeSet<BenchmarkId> =
            (0..=ROWS).map(|i| BenchmarkId::from(format!("a/b::{i}").as_str())).collect();
        let cases = [
            inconsistency(|report| report.outcome.gate = many()),
            inconsistency(|report| report.notes = many()),
            inconsistency(|report| {
                report.partition = part(1, 2, &[], &[]);
                report.partition.as_mut().unwrap().own = all;
            }),
        ];
        assert!(
            cases
                .iter()
                .all(|found| found.as_deref() == Some("a list has more than 20000 entries"))
        );
        let long = "x".repeat(TEXT_BYTES + 1);
        let found = inconsistency(|report| report.partition = part(1, 2, &[&long], &[]));
        assert!(found.unwrap().contains("a text has"));
    }
}
