//! Merging the reports of a partition into one.

use super::{AcceptanceResult, AcceptanceStatus, Report, Row};
use crate::partition::Partition;
use crate::stage_time::add_stages;
use crate::summary::summary;
use perf_judge::budget::{Acceptance, BudgetResult, BudgetStatus};
use perf_judge::ident::BenchmarkId;
use perf_judge::unit;
use std::collections::{BTreeMap, BTreeSet};

/// The reason why reports cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is no report.
    #[error("no report to merge: name at least one file")]
    Nothing,
    /// They are of different commits.
    #[error("the reports are of different commits: merge reports of one workflow run")]
    Commits,
    /// They are of different workspaces.
    #[error("the reports are of different workspaces: merge reports of one workspace")]
    Workspaces,
    /// They have different base commits.
    #[error("the reports have different bases: merge reports of one workflow run")]
    Bases,
    /// They have different numbers of parts.
    #[error("the reports have different numbers of parts: use one N in `--partition I/N`")]
    Partitions,
    /// They have different base branches.
    #[error("the reports have different base branches: measure all parts with one branch")]
    Branches,
    /// They have different budgets or accepted regressions.
    #[error("the reports have different versions of perf-budgets.json: measure all parts with one")]
    Settings,
}

impl Report {
    /// Merges the parts of one check. A missing or duplicate part makes the result incomplete.
    ///
    /// # Errors
    /// If there is no report, or if the reports are not of one check.
    pub fn merged(mut parts: Vec<Self>) -> Result<Self, MergeError> {
        parts.sort_by_key(|report| report.partition.as_ref().map(|partition| partition.part));
        if let Some(error) = parts.windows(2).find_map(|two| two[0].difference(&two[1])) {
            return Err(error);
        }
        let gaps = gaps(&parts);
        let machines = machines(&parts);
        let mut parts = parts.into_iter();
        let mut whole = parts.next().ok_or(MergeError::Nothing)?;
        parts.for_each(|part| whole.add(part));
        whole.partition = None;
        whole.outcome.incomplete.extend(gaps);
        whole.notes.extend(machines);
        whole.summarize();
        Ok(whole)
    }

    /// The reason why two reports are not of one check.
    pub fn difference(&self, other: &Self) -> Option<MergeError> {
        let commit = |report: &Self| report.run.commit.as_ref().map(|c| (c.hash.clone(), c.dirty));
        let base =
            |report: &Self| report.reference.base.as_ref().map(|base| base.commit.hash.clone());
        let of = |report: &Self| report.partition.as_ref().map(|known| known.part.of);
        if commit(self) != commit(other) {
            return Some(MergeError::Commits);
        }
        if self.run.workspace != other.run.workspace {
            return Some(MergeError::Workspaces);
        }
        if base(self) != base(other) {
            return Some(MergeError::Bases);
        }
        if of(self) != of(other) {
            return Some(MergeError::Partitions);
        }
        if self.reference.branch != other.reference.branch {
            return Some(MergeError::Branches);
        }
        (!self.has_settings_of(other)).then_some(MergeError::Settings)
    }

    /// Whether both contain the same settings: all accepted regressions, and equal limits of common
    /// budgets.
    fn has_settings_of(&self, other: &Self) -> bool {
        let accepted = |report: &Self| -> Vec<Acceptance> {
            report.accepted.iter().map(|accepted| accepted.entry.clone()).collect()
        };
        let limits = |budget: &BudgetResult| {
            let BudgetResult { metric, target, warning, critical, .. } = *budget;
            (metric, [target, warning, critical].map(f64::to_bits))
        };
        let known: BTreeMap<&str, &BudgetResult> =
            self.budgets.iter().map(|budget| (budget.name.as_str(), budget)).collect();
        let is_same = |budget: &BudgetResult| {
            known.get(budget.name.as_str()).is_none_or(|known| limits(known) == limits(budget))
        };
        accepted(self) == accepted(other) && other.budgets.iter().all(is_same)
    }

    /// The report with reasons why it is incomplete.
    #[must_use]
    pub fn without(mut self, missing: impl IntoIterator<Item = String>) -> Self {
        self.outcome.incomplete.extend(missing);
        self.status = self.outcome.status();
        self
    }

    fn add(&mut self, part: Self) {
        let known: BTreeSet<BenchmarkId> =
            self.rows.iter().map(|row| row.verdict.name.clone()).collect();
        let is_new = |row: &Row| !known.contains(&row.verdict.name);
        self.rows.extend(part.rows.into_iter().filter(is_new));
        self.add_budgets(part.budgets);
        self.outcome.gate.extend(part.outcome.gate);
        self.outcome.incomplete.extend(part.outcome.incomplete);
        let known: BTreeSet<String> = self.notes.iter().cloned().collect();
        self.notes.extend(part.notes.into_iter().filter(|note| !known.contains(note)));
        self.add_accepted(part.accepted);
        add_stages(&mut self.stages, part.stages);
        self.run.partial |= part.run.partial;
        self.run.started = self.run.started.min(part.run.started);
    }

    /// Adds budgets. A measured one replaces an unmeasured one, and a worse one a better one.
    fn add_budgets(&mut self, budgets: Vec<BudgetResult>) {
        let rank = |budget: &BudgetResult| match budget.status {
            BudgetStatus::Unmeasured => None,
            status => Some((budget.fails, status)),
        };
        let names = self.budgets.iter().enumerate();
        let mut indices: BTreeMap<String, usize> =
            names.map(|(index, budget)| (budget.name.clone(), index)).collect();
        for budget in budgets {
            let index = *indices.entry(budget.name.clone()).or_insert(self.budgets.len());
            match self.budgets.get_mut(index) {
                Some(known) if rank(known) < rank(&budget) => *known = budget,
                Some(_) => {}
                None => self.budgets.push(budget),
            }
        }
    }

    /// Adds the status of accepted regressions. In a comparison, only the part with the benchmark has
    /// another status than in force. All parts have the same entries in the same order.
    fn add_accepted(&mut self, others: Vec<AcceptanceResult>) {
        let pairs = self.accepted.iter_mut().zip(others);
        for (known, other) in pairs.filter(|(k, _)| k.status == AcceptanceStatus::InForce) {
            *known = other;
        }
    }

    /// Sorts the rows and computes the summary and the status.
    fn summarize(&mut self) {
        self.rows.sort_by_cached_key(|row| row.verdict.rank());
        self.budgets.sort_by_key(|budget| std::cmp::Reverse(budget.status));
        self.summary = summary(self.rows.iter().map(|row| &row.verdict), &self.budgets);
        self.status = self.outcome.status();
    }
}

/// The missing and the duplicate parts.
fn gaps(parts: &[Report]) -> Vec<String> {
    let known: Vec<&Partition> = parts.iter().filter_map(|part| part.partition.as_ref()).collect();
    let Some(first) = known.first() else {
        let is_duplicate = parts.len() > 1;
        return is_duplicate
            .then(|| "several reports of all benchmarks: merge reports of parts".to_owned())
            .into_iter()
            .collect();
    };
    let of = first.part.of;
    let count = |number: &usize| known.iter().filter(|part| part.part.part == *number).count();
    let missing = (1..=of).filter(|number| count(number) == 0);
    let missing = missing.map(|number| format!("part {number} of {of} is missing"));
    let duplicate = (1..=of).filter(|number| count(number) > 1);
    let duplicate = duplicate.map(|number| format!("part {number} of {of} is present twice"));
    let mut gaps: Vec<String> = missing.chain(duplicate).collect();
    if gaps.is_empty() {
        gaps.extend(different_splits(&known));
    }
    gaps
}

/// The reason if a benchmark is in no part or in several, as the machines split differently.
fn different_splits(parts: &[&Partition]) -> Option<String> {
    let mut counts: BTreeMap<&BenchmarkId, usize> = BTreeMap::new();
    for name in parts.iter().flat_map(|part| &part.listed) {
        counts.insert(name, 0);
    }
    for name in parts.iter().flat_map(|part| &part.own) {
        *counts.entry(name).or_default() += 1;
    }
    let wrong = counts.values().filter(|count| **count != 1).count();
    (wrong > 0).then(|| {
        let wrong = unit::counted(wrong, "benchmark is", "benchmarks are");
        format!(
            "the parts have different splits, as their histories differ: {wrong} in no part or in two; run the parts again"
        )
    })
}

fn machines(parts: &[Report]) -> Option<String> {
    let mut known: Vec<&str> = parts.iter().map(|part| part.run.machine.cpu.as_str()).collect();
    let mut keys: Vec<&str> = parts.iter().map(|part| part.run.machine.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    known.sort_unstable();
    known.dedup();
    (keys.len() > 1).then(|| {
        format!(
            "the parts are from {} kinds of machine ({}), each with a baseline of its own",
            keys.len(),
            known.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::Part;
    use crate::report::tests::report;
    use perf_judge::verdict::{Outcome, State};

    /// The test report's rows as `of` parts, each row in one.
    fn parts(of: usize) -> Vec<Report> {
        let whole = report();
        let names: Vec<BenchmarkId> =
            whole.rows.iter().map(|row| row.verdict.name.clone()).collect();
        let part = |part: usize| {
            let own: Vec<&Row> = whole
                .rows
                .iter()
                .enumerate()
                .filter(|(i, _)| i % of + 1 == part)
                .map(|(_, row)| row)
                .collect();
            let is_own = |reason: &String| {
                own.iter().any(|row| reason.starts_with(row.verdict.name.as_str()))
            };
            let mut report = whole.clone();
            report.rows = own.iter().map(|row| (*row).clone()).collect();
            report.outcome.gate.retain(&is_own);
            report.outcome.incomplete.retain(&is_own);
            report.budgets.retain(|budget| {
                budget
                    .benchmark
                    .as_ref()
                    .is_none_or(|name| own.iter().any(|row| row.verdict.name == *name))
            });
            report.status = report.outcome.status();
            report.partition = Some(Partition {
                part: Part { part, of },
                listed: names.clone(),
                own: own.iter().map(|row| row.verdict.name.clone()).collect(),
            });
            report
        };
        (1..=of).map(part).collect()
    }

    #[test]
    fn the_parts_make_the_whole_in_any_order() {
        let whole = report();
        for of in [1, 2, 3, 5] {
            let mut parts = parts(of);
            parts.rotate_left(of / 2);
            let mut merged = Report::merged(parts).unwrap();
            assert_eq!(merged.outcome.incomplete, whole.outcome.incomplete);
            // A budget's reason does not begin with a benchmark's name, so the parts lack it.
            merged.outcome.gate = whole.outcome.gate.clone();
            assert_eq!(merged, whole);
        }
    }

    #[test]
    fn missing_and_duplicate_parts_are_incomplete() {
        let without = |number: usize| {
            let mut parts = parts(3);
            parts.remove(number - 1);
            parts
        };
        let mut duplicate = parts(2);
        duplicate.push(duplicate[0].clone());
        let mut unlike = parts(2);
        unlike[1].partition.as_mut().unwrap().own.clear();
        let cases = [
            (without(2), "part 2 of 3 is missing"),
            (duplicate, "part 1 of 2 is present twice"),
            (unlike, "have different splits"),
            (vec![report(), report()], "several reports of all benchmarks"),
        ];
        for (mut parts, message) in cases {
            parts.iter_mut().for_each(|part| part.outcome.gate.clear());
            let merged = Report::merged(parts).unwrap();
            assert_eq!(merged.status, 3, "{message}");
            assert!(merged.outcome.incomplete.iter().any(|why| why.contains(message)), "{message}");
        }
    }

    #[test]
    fn parts_of_different_checks_are_not_merged() {
        let mut other = parts(2);
        other[1].run.commit.as_mut().unwrap().hash = "b".repeat(40);
        assert_eq!(Report::merged(other), Err(MergeError::Commits));
        let mut three = parts(2);
        three[1].partition.as_mut().unwrap().part.of = 3;
        assert_eq!(Report::merged(three), Err(MergeError::Partitions));
        assert_eq!(Report::merged(vec![]), Err(MergeError::Nothing));
        let mut branch = parts(2);
        branch[1].reference.branch = "develop".to_owned();
        assert_eq!(Report::merged(branch), Err(MergeError::Branches));
        let mut budgets = parts(2);
        budgets.iter_mut().for_each(|part| part.budgets = report().budgets);
        assert!(Report::merged(budgets.clone()).is_ok());
        budgets[1].budgets[0].critical *= 2.0;
        assert_eq!(Report::merged(budgets), Err(MergeError::Settings));
    }

    #[test]
    fn further_reasons_make_it_incomplete() {
        let mut report = report();
        report.outcome = Outcome::default();
        let report = report.without(["the run is gone".to_owned()]);
        assert_eq!((report.status, report.outcome.incomplete.len()), (3, 1));
    }

    #[test]
    fn a_budget_of_several_parts_has_the_worst_value() {
        let mut parts = parts(2);
        let budget = report().budgets.remove(0);
        let passing = |status| {
            let mut budget = budget.clone();
            (budget.status, budget.fails) = (status, false);
            budget
        };
        let (kept, none) = (passing(BudgetStatus::Ok), passing(BudgetStatus::Unmeasured));
        for (one, other, expected) in
            [(&kept, &budget, &budget), (&none, &kept, &kept), (&budget, &none, &budget)]
        {
            parts[0].budgets = vec![one.clone()];
            parts[1].budgets = vec![other.clone()];
            let merged = Report::merged(parts.clone()).unwrap();
            assert_eq!(merged.budgets, std::slice::from_ref(expected));
        }
    }

    #[test]
    fn different_machines_have_a_note() {
        let mut parts = parts(2);
        parts[1].run.machine.cpu = "Model 9".to_owned();
        parts[1].run.machine = std::mem::take(&mut parts[1].run.machine).with_machine_key();
        let merged = Report::merged(parts).unwrap();
        assert!(merged.notes.last().unwrap().contains("2 kinds of machine (Model 1, Model 9)"));
        assert!(merged.rows.iter().all(|row| row.verdict.state != State::Invalid));
    }
}
