//! The reports of several machines, each about a part of the benchmarks, as one.

use super::{AcceptanceResult, AcceptanceStatus, Report, Row};
use crate::partition::Partition;
use crate::report::summary;
use perf_judge::budget::{Acceptance, BudgetResult, BudgetStatus};
use perf_judge::ident::BenchmarkId;
use perf_judge::unit;
use std::collections::{BTreeMap, BTreeSet};

/// Why reports are not parts of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There are none.
    #[error("there is no report to merge")]
    Nothing,
    /// They measured different commits.
    #[error("the parts are of different commits")]
    Commits,
    /// They were compared with different commits.
    #[error("the parts were compared with different commits")]
    Bases,
    /// Their benchmarks were split into different numbers of parts.
    #[error("the parts are not of one number of parts")]
    Partitions,
    /// They were judged against the runs of different branches.
    #[error("the parts were judged against the runs of different branches")]
    Branches,
    /// They were judged by different budgets or accepted regressions.
    #[error("the parts were judged by a different perf-budgets.json")]
    Settings,
}

impl Report {
    /// Joins the parts. What is not there, or there twice, makes the whole incomplete: it is never
    /// taken for a pass. A report that is no part is a whole.
    ///
    /// # Errors
    /// If there is none, or they are not of one commit, compared with one other.
    pub fn merged(mut parts: Vec<Self>) -> Result<Self, MergeError> {
        parts.sort_by_key(|report| report.partition.as_ref().map(|partition| partition.part));
        if let Some(odd) = parts.windows(2).find_map(|pair| pair[0].difference(&pair[1])) {
            return Err(odd);
        }
        let doubts = doubts(&parts);
        let machines = machines(&parts);
        let mut parts = parts.into_iter();
        let mut whole = parts.next().ok_or(MergeError::Nothing)?;
        parts.for_each(|part| whole.take(part));
        whole.partition = None;
        whole.outcome.incomplete.extend(doubts);
        whole.notes.extend(machines);
        whole.settle();
        Ok(whole)
    }

    /// Why two reports are not of one check.
    pub fn difference(&self, other: &Self) -> Option<MergeError> {
        let commit = |report: &Self| report.run.commit.as_ref().map(|c| (c.hash.clone(), c.dirty));
        let base =
            |report: &Self| report.reference.base.as_ref().map(|base| base.commit.hash.clone());
        let of = |report: &Self| report.partition.as_ref().map(|known| known.part.of);
        if commit(self) != commit(other) {
            return Some(MergeError::Commits);
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

    /// Whether both were judged by one perf-budgets.json, as far as they show it: each has all
    /// accepted regressions, and the budgets of its own benchmarks.
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

    /// Notes what is not there beside the report: it is incomplete.
    #[must_use]
    pub fn without(mut self, missing: impl IntoIterator<Item = String>) -> Self {
        self.outcome.incomplete.extend(missing);
        self.status = self.outcome.status();
        self
    }

    fn take(&mut self, part: Self) {
        let known: BTreeSet<BenchmarkId> =
            self.rows.iter().map(|row| row.verdict.name.clone()).collect();
        let is_new = |row: &Row| !known.contains(&row.verdict.name);
        self.rows.extend(part.rows.into_iter().filter(is_new));
        self.take_budgets(part.budgets);
        self.outcome.gate.extend(part.outcome.gate);
        self.outcome.incomplete.extend(part.outcome.incomplete);
        let known: BTreeSet<String> = self.notes.iter().cloned().collect();
        self.notes.extend(part.notes.into_iter().filter(|note| !known.contains(note)));
        self.take_accepted(part.accepted);
        self.run.partial |= part.run.partial;
        self.run.started = self.run.started.min(part.run.started);
    }

    /// What was measured goes before what was not, and of several the worst.
    fn take_budgets(&mut self, budgets: Vec<BudgetResult>) {
        let rank = |budget: &BudgetResult| match budget.status {
            BudgetStatus::Unmeasured => None,
            status => Some((budget.fails, status)),
        };
        let names = self.budgets.iter().enumerate();
        let mut places: BTreeMap<String, usize> =
            names.map(|(place, budget)| (budget.name.clone(), place)).collect();
        for budget in budgets {
            let place = *places.entry(budget.name.clone()).or_insert(self.budgets.len());
            match self.budgets.get_mut(place) {
                Some(known) if rank(known) < rank(&budget) => *known = budget,
                Some(_) => {}
                None => self.budgets.push(budget),
            }
        }
    }

    /// Side by side, only the part that measures the benchmark knows more than that it is in force.
    /// All parts have the same entries, in the order of perf-budgets.json.
    fn take_accepted(&mut self, others: Vec<AcceptanceResult>) {
        let pairs = self.accepted.iter_mut().zip(others);
        for (known, other) in pairs.filter(|(k, _)| k.status == AcceptanceStatus::InForce) {
            *known = other;
        }
    }

    /// Brings order, and says anew what follows from the rows.
    fn settle(&mut self) {
        self.rows.sort_by_cached_key(|row| row.verdict.rank());
        self.budgets.sort_by_key(|budget| std::cmp::Reverse(budget.status));
        self.summary = summary(self.rows.iter().map(|row| &row.verdict), &self.budgets);
        self.status = self.outcome.status();
    }
}

/// What is missing or doubled, where the reports say that they are parts.
fn doubts(parts: &[Report]) -> Vec<String> {
    let known: Vec<&Partition> = parts.iter().filter_map(|part| part.partition.as_ref()).collect();
    let Some(first) = known.first() else {
        let doubled = parts.len() > 1;
        return doubled
            .then(|| "there are several reports of everything".to_owned())
            .into_iter()
            .collect();
    };
    let of = first.part.of;
    let there = |number: &usize| known.iter().filter(|part| part.part.part == *number).count();
    let missing = (1..=of).filter(|number| there(number) == 0);
    let missing = missing.map(|number| format!("part {number} of {of} is missing"));
    let doubled = (1..=of).filter(|number| there(number) > 1);
    let doubled = doubled.map(|number| format!("part {number} of {of} is there twice"));
    let mut doubts: Vec<String> = missing.chain(doubled).collect();
    if doubts.is_empty() {
        doubts.extend(unlike(&known));
    }
    doubts
}

/// Whether all parts were split alike, so that each benchmark is in one.
fn unlike(parts: &[&Partition]) -> Option<String> {
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
        format!("the machines did not split alike, as they saw different histories: {wrong} in no part or in two; run the parts again")
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
            "the parts were measured on {} kinds of machine ({}): each is a series of its own",
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
            let blames = |reason: &String| {
                own.iter().any(|row| reason.starts_with(row.verdict.name.as_str()))
            };
            let mut report = whole.clone();
            report.rows = own.iter().map(|row| (*row).clone()).collect();
            report.outcome.gate.retain(&blames);
            report.outcome.incomplete.retain(&blames);
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
            // A budget's reason does not begin with a benchmark's name: the parts left it out.
            merged.outcome.gate = whole.outcome.gate.clone();
            assert_eq!(merged, whole);
        }
    }

    #[test]
    fn what_is_missing_or_doubled_is_no_pass() {
        let without = |number: usize| {
            let mut parts = parts(3);
            parts.remove(number - 1);
            parts
        };
        let mut doubled = parts(2);
        doubled.push(doubled[0].clone());
        let mut unlike = parts(2);
        unlike[1].partition.as_mut().unwrap().own.clear();
        let cases = [
            (without(2), "part 2 of 3 is missing"),
            (doubled, "part 1 of 2 is there twice"),
            (unlike, "did not split alike"),
            (vec![report(), report()], "several reports of everything"),
        ];
        for (mut parts, said) in cases {
            parts.iter_mut().for_each(|part| part.outcome.gate.clear());
            let merged = Report::merged(parts).unwrap();
            assert_eq!(merged.status, 3, "{said}");
            assert!(merged.outcome.incomplete.iter().any(|why| why.contains(said)), "{said}");
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
    fn what_is_not_there_makes_it_incomplete() {
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
    fn different_machines_are_told() {
        let mut parts = parts(2);
        parts[1].run.machine.cpu = "Model 9".to_owned();
        parts[1].run.machine = std::mem::take(&mut parts[1].run.machine).with_machine_key();
        let merged = Report::merged(parts).unwrap();
        assert!(merged.notes.last().unwrap().contains("2 kinds of machine (Model 1, Model 9)"));
        assert!(merged.rows.iter().all(|row| row.verdict.state != State::Invalid));
    }
}
