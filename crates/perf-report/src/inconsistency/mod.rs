//! What no report of this tool says: it was edited, or somebody else wrote it.

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

/// What a report may hold of anything: far more than any honest one does.
pub(crate) const ROWS: usize = 20_000;
pub(crate) const TEXT_BYTES: usize = 100_000;

/// What no report of this tool says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Inconsistency {
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
    /// A benchmark has a result and no numbers.
    #[error("`{}` is {}, and nothing of it was measured", visible(.name.as_str()), .state.name())]
    Unmeasured {
        /// The benchmark.
        name: BenchmarkId,
        /// What it is said to be.
        state: State,
    },
    /// A benchmark has the numbers of another.
    #[error("`{}` has the numbers of `{}`", visible(.name.as_str()), visible(.measured.as_str()))]
    OtherNumbers {
        /// The benchmark.
        name: BenchmarkId,
        /// Whose numbers it has.
        measured: BenchmarkId,
    },
    /// A benchmark has a time that is not above 0, or a change beyond any measurement.
    #[error("`{}` has a time or a change that cannot be measured", visible(.0.as_str()))]
    Impossible(BenchmarkId),
    /// A benchmark has a result that its change does not give.
    #[error("`{}` is {}, and its change does not make it so", visible(.name.as_str()), .state.name())]
    OtherChange {
        /// The benchmark.
        name: BenchmarkId,
        /// What it is said to be.
        state: State,
    },
    /// A benchmark is missing, and that has no consequence.
    #[error("`{}` is missing, and not among the reasons of its status", visible(.0.as_str()))]
    Excused(BenchmarkId),
    /// A benchmark or budget is not decided, and that has no consequence.
    #[error("`{}` is not decided, and not among the reasons of its status", visible(.0))]
    Undecided(String),
    /// Its part is none that benchmarks can be split into.
    #[error("it is part {part} of {of}, and parts are numbered from 1 to {MOST} at most")]
    Part {
        /// Which part it claims to be.
        part: usize,
        /// Of how many.
        of: usize,
    },
    /// Its part has a benchmark that was not split.
    #[error("`{}` belongs to its part, and is not listed", visible(.0.as_str()))]
    Unlisted(BenchmarkId),
    /// Its part has a benchmark that it says nothing of.
    #[error("`{}` belongs to its part, and has no row", visible(.0.as_str()))]
    NoRow(BenchmarkId),
}

impl Report {
    /// The first thing in it that no report says.
    pub(crate) fn inconsistency(&self) -> Option<Inconsistency> {
        self.excess().or_else(|| self.contradiction()).or_else(|| {
            let partition = self.partition.as_ref()?;
            part_contradiction(partition, &self.rows)
        })
    }

    /// What is more than any workspace has.
    fn excess(&self) -> Option<Inconsistency> {
        let part = self.partition.iter().flat_map(|part| [part.listed.len(), part.own.len()]);
        let counts = [self.rows.len(), self.budgets.len(), self.notes.len(), self.accepted.len()];
        let reasons = [self.outcome.gate.len(), self.outcome.incomplete.len()];
        if counts.into_iter().chain(reasons).chain(part).max() > Some(ROWS) {
            return Some(Inconsistency::Rows);
        }
        self.texts().map(str::len).find(|length| *length > TEXT_BYTES).map(Inconsistency::Text)
    }

    /// What does not agree with the rest of it.
    fn contradiction(&self) -> Option<Inconsistency> {
        let names: BTreeSet<&BenchmarkId> = self.rows.iter().map(|row| &row.verdict.name).collect();
        let bases = self.reference.base.iter().map(|base| &base.commit);
        let mut commits = self.run.commit.iter().chain(bases);
        let (found, expected) = (self.status, self.outcome.status());
        if names.len() < self.rows.len() {
            return Some(Inconsistency::Doubled);
        }
        if commits.any(|commit| !is_hash(commit)) {
            return Some(Inconsistency::Hash);
        }
        if found != expected {
            return Some(Inconsistency::Status { found, expected });
        }
        self.rows.iter().find_map(rows::inconsistency).or_else(|| self.excused())
    }

    /// What makes the report incomplete, and is not among the reasons.
    fn excused(&self) -> Option<Inconsistency> {
        let reasons: BTreeSet<&str> = self.outcome.incomplete.iter().map(String::as_str).collect();
        let mut budgets = self.budgets.iter().filter(|budget| budget.undecided.is_some());
        let is_open = |name: &str| !begins(&reasons, &format!("budget {name}: "));
        if let Some(budget) = budgets.find(|budget| is_open(&budget.name)) {
            return Some(Inconsistency::Undecided(budget.name.clone()));
        }
        let mut open = self.rows.iter().map(|row| &row.verdict).filter(|verdict| {
            let is_incomplete = verdict.state == State::Missing || verdict.cut_short;
            is_incomplete && !begins(&reasons, &format!("{}: ", verdict.name))
        });
        let verdict = open.next()?;
        Some(match verdict.state {
            State::Missing => Inconsistency::Excused(verdict.name.clone()),
            _ => Inconsistency::Undecided(verdict.name.as_str().to_owned()),
        })
    }

    /// Everything in it that a renderer shows and somebody else may have chosen.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let machine = &self.run.machine;
        let facts = [&self.run.id, &machine.cpu, &machine.os, &machine.rustc, &machine.image];
        let commit = self.run.commit.iter().flat_map(|commit| commit.branch.as_ref());
        let base = self.reference.base.iter().map(|base| &base.label);
        let rows = self.rows.iter().flat_map(|row| {
            let verdict = &row.verdict;
            let source = row.measured.iter().flat_map(|measured| &measured.source);
            let texts = source.map(|source| source.file.as_str());
            texts.chain(verdict.reason.as_deref()).chain([verdict.name.as_str()])
        });
        let budgets = self.budgets.iter().flat_map(|budget| {
            let said = budget.reason.iter().chain(&budget.undecided);
            [&budget.name, &budget.description].into_iter().chain(said)
        });
        let accepted = self.accepted.iter().map(|accepted| &accepted.entry.reason);
        let excuses =
            self.rows.iter().filter_map(|row| Some(&row.verdict.accepted.as_ref()?.reason));
        let said = self.notes.iter().chain(&self.outcome.gate).chain(&self.outcome.incomplete);
        let said = said.chain(accepted).chain(excuses);
        let plain = facts.into_iter().chain(commit).chain(base).chain(budgets).chain(said);
        let parts = self.partition.iter();
        let names = parts.flat_map(|part| part.listed.iter().chain(&part.own));
        rows.chain(plain.map(String::as_str)).chain(names.map(BenchmarkId::as_str))
    }
}

/// What a part says of itself that cannot be.
fn part_contradiction(partition: &Partition, rows: &[Row]) -> Option<Inconsistency> {
    let Partition { part, listed, own } = partition;
    if !(1..=part.of).contains(&part.part) || part.of > MOST {
        return Some(Inconsistency::Part { part: part.part, of: part.of });
    }
    let listed: BTreeSet<&BenchmarkId> = listed.iter().collect();
    if let Some(name) = own.iter().find(|name| !listed.contains(name)) {
        return Some(Inconsistency::Unlisted(name.clone()));
    }
    let rows: BTreeSet<&str> = rows.iter().map(|row| row.verdict.name.as_str()).collect();
    // A benchmark of several thread counts is listed once, and has a row for each.
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
            (part(0, 2, &[new], &[new]), Some("it is part 0 of 2")),
            (part(3, 2, &[new], &[new]), Some("it is part 3 of 2")),
            (part(1, usize::MAX, &[new], &[new]), Some("numbered from 1 to 64")),
            (
                part(1, 2, &[few], &[new]),
                Some("`core/export::new` belongs to its part, and is not listed"),
            ),
            (
                part(1, 2, &["a/b::c"], &["a/b::c"]),
                Some("`a/b::c` belongs to its part, and has no row"),
            ),
            (part(1, 2, &["core/exp"], &["core/exp"]), Some("has no row")),
        ];
        for (partition, said) in cases {
            let found = inconsistency(|report| report.partition.clone_from(&partition));
            let found = found.as_deref();
            assert_eq!(found.is_some(), said.is_some(), "{partition:?}: {found:?}");
            assert!(found.unwrap_or_default().contains(said.unwrap_or_default()), "{found:?}");
        }
    }

    #[test]
    fn a_result_needs_a_measurement() {
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
            assert!(found.contains("nothing of it was measured"), "{found}");
        }
        // The same build on both sides is launched on neither.
        assert_eq!(idle(Unchanged, Some("1a2b3c4")), None);
        assert_eq!((idle(Missing, None), idle(Removed, None)), (None, None));
    }

    #[test]
    fn what_is_missing_is_a_reason() {
        let passed = inconsistency(|report| {
            (report.outcome, report.status) = (Outcome::default(), 0);
        });
        let said = "`core/parse::panics` is missing, and not among the reasons of its status";
        assert_eq!(passed.as_deref(), Some(said));
    }

    #[test]
    fn what_is_not_decided_is_a_reason() {
        let said = |name: &str| {
            Some(format!("`{name}` is not decided, and not among the reasons of its status"))
        };
        let budget = inconsistency(|report| {
            report.budgets[0].name = "b".to_owned();
            report.budgets[0].undecided = Some("why".to_owned());
        });
        assert_eq!(budget, said("b"));
        let row = report().rows.iter().position(|row| row.verdict.state != State::Missing).unwrap();
        let name = report().rows[row].verdict.name.as_str().to_owned();
        assert_eq!(inconsistency(|report| report.rows[row].verdict.cut_short = true), said(&name));
    }

    #[test]
    fn lists_have_an_end() {
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
        assert!(cases.iter().all(|found| found.as_deref() == Some("it has more than 20000 rows")));
        let long = "x".repeat(TEXT_BYTES + 1);
        let found = inconsistency(|report| report.partition = part(1, 2, &[&long], &[]));
        assert!(found.unwrap().contains("a text in it has"));
    }
}
