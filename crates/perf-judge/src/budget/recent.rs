//! The values of a budget in the last recorded runs.

use super::{Budget, Unmeasured};
use crate::baseline::LENGTH;
use crate::history::History;
use crate::ident::BenchmarkId;
use crate::run::{Measured, Run};
use std::collections::{BTreeMap, BTreeSet};

/// The newest complete and clean runs of a branch on the machine of the newest: at least one, at
/// most [`LENGTH`].
#[derive(Clone, Debug)]
pub struct Recent<'a> {
    newest: &'a Run,
    /// The runs, newest first.
    runs: Vec<&'a Run>,
    renamed: &'a BTreeMap<BenchmarkId, BenchmarkId>,
}

/// The worst of the benchmarks that a budget limits, in one run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Worst {
    /// The benchmark's current name.
    pub benchmark: BenchmarkId,
    /// The budget's metric in the metric's unit, or the reason for its absence.
    pub value: Result<f64, Unmeasured>,
}

impl<'a> Recent<'a> {
    /// The runs of `branch`; `None` if none is complete and clean.
    pub fn of(
        history: &'a History,
        branch: &str,
        renamed: &'a BTreeMap<BenchmarkId, BenchmarkId>,
    ) -> Option<Self> {
        let counts = |run: &&Run| run.is_baseline_for(branch);
        let newest = history.runs().rfind(counts)?;
        let same = |run: &&Run| counts(run) && run.machine.key == newest.machine.key;
        let runs = history.runs().rev().filter(same).take(LENGTH).collect();
        Some(Self { newest, runs, renamed })
    }

    /// The newest run.
    pub fn newest(&self) -> &Run {
        self.newest
    }

    /// The number of runs.
    pub fn count(&self) -> usize {
        self.runs.len()
    }

    /// The current names of the newest run's benchmarks, including those without a result.
    pub fn names(&self) -> Vec<BenchmarkId> {
        let finished = self.newest.benchmarks.iter().map(|measured| &measured.name);
        let unfinished = self.newest.unfinished.iter().map(|unfinished| &unfinished.name);
        let names: BTreeSet<&BenchmarkId> =
            finished.chain(unfinished).map(|name| self.name_today(name)).collect();
        names.into_iter().cloned().collect()
    }

    /// The worst value of a budget in the newest run; `None` if the run has none of its benchmarks.
    pub fn worst(&self, budget: &Budget) -> Option<Worst> {
        let names = self.names();
        let limited = budget.limits(&names);
        let worst = limited.iter().filter_map(|name| {
            let measured = self.measured(self.newest, name)?;
            Some((name, budget.metric.of_run(measured).ok_or(budget.metric.absence(measured))))
        });
        let rank = |value: &Result<f64, Unmeasured>| value.as_ref().map_or(-1.0, |value| *value);
        let worst = worst.max_by(|(_, one), (_, other)| rank(one).total_cmp(&rank(other)));
        let (name, value) = match worst {
            Some((name, value)) => (*name, value),
            None => (*limited.first()?, Err(Unmeasured::NoNumber)),
        };
        Some(Worst { benchmark: name.clone(), value })
    }

    /// The worst value of the budget's benchmarks per run, newest first.
    ///
    /// Runs without one of the current benchmarks are left out, because the worst of fewer
    /// benchmarks cannot be compared.
    pub(super) fn values(&self, budget: &Budget) -> Vec<f64> {
        let names = self.names();
        let limited = budget.limits(&names);
        let of_run = |run: &&Run| {
            let all: Option<Vec<&Measured>> =
                limited.iter().map(|name| self.measured(run, name)).collect();
            let values = all?.into_iter().filter_map(|measured| budget.metric.of_run(measured));
            values.filter(|value| value.is_finite()).reduce(f64::max)
        };
        // Counts of another build or C library cannot be compared on one machine either.
        let key = self.newest.machine.counts_key();
        let is_comparable =
            |run: &&&Run| !budget.metric.is_exact() || run.machine.counts_key() == key;
        self.runs.iter().filter(is_comparable).filter_map(of_run).collect()
    }

    fn measured<'r>(&self, run: &'r Run, name: &BenchmarkId) -> Option<&'r Measured> {
        run.benchmarks.iter().find(|measured| self.name_today(&measured.name) == name)
    }

    fn name_today<'b>(&'b self, name: &'b BenchmarkId) -> &'b BenchmarkId {
        self.renamed.get(name).unwrap_or(name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::BudgetFile;
    use super::*;
    use crate::run::tests::{measured, run};
    use crate::run::{Machine, Quantities, Quantity};

    fn budget(benchmark: &str) -> Budget {
        let text = format!(
            r#"{{"schema": 1, "budgets": {{"x": {{"benchmark": "{benchmark}", "metric": "median", "target_ms": 1}}}}}}"#
        );
        BudgetFile::parse(&text).unwrap().1.remove(0)
    }

    fn values(runs: Vec<Run>, benchmark: &str) -> Vec<f64> {
        let history: History = runs.into_iter().collect();
        let renamed = [("p/t::old".into(), "p/t::a".into())].into();
        Recent::of(&history, "main", &renamed).unwrap().values(&budget(benchmark))
    }

    #[test]
    fn only_whole_clean_runs_of_the_branch_on_one_machine_count() {
        let mut runs: Vec<Run> =
            (1..=16).map(|day| run(day, vec![measured("p/t::a", f64::from(day))])).collect();
        runs[15].partial = true;
        runs[14].commit.as_mut().unwrap().dirty = true;
        runs[13].commit.as_mut().unwrap().branch = Some("feature".to_owned());
        runs[11].machine =
            Machine { cpu: "Model 2".to_owned(), ..Machine::default() }.with_machine_key();
        let expected = [13.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0];
        assert_eq!(values(runs, "a"), expected);
        assert!(Recent::of(&History::default(), "main", &BTreeMap::new()).is_none());
    }

    #[test]
    fn a_star_is_the_worst_of_the_same_benchmarks() {
        let both = |day, a, b| run(day, vec![measured("p/t::a", a), measured("p/t::b", b)]);
        let alone = run(3, vec![measured("p/t::a", 9.0)]);
        assert_eq!(values(vec![both(1, 1.0, 2.0), alone, both(5, 4.0, 3.0)], "t::*"), [4.0, 2.0]);
    }

    #[test]
    fn a_renamed_benchmark_keeps_its_values() {
        let runs =
            vec![run(1, vec![measured("p/t::old", 1.0)]), run(2, vec![measured("p/t::a", 2.0)])];
        assert_eq!(values(runs, "a"), [2.0, 1.0]);
    }

    #[test]
    fn counts_of_another_build_do_not_count() {
        let counted = |day, level: &str, instructions| {
            let counts = Quantities::from([(Quantity::Instructions, instructions)]);
            let mut run = run(day, vec![Measured { counts, ..measured("p/t::a", 1.0) }]);
            level.clone_into(&mut run.machine.counted_for);
            run
        };
        let runs =
            [counted(1, "", 5.0), counted(2, "x86-64-v3", 6.0), counted(3, "x86-64-v3", 7.0)];
        let history: History = runs.into_iter().collect();
        let renamed = BTreeMap::new();
        let recent = Recent::of(&history, "main", &renamed).unwrap();
        let instructions = Budget { metric: super::super::Metric::Instructions, ..budget("a") };
        assert_eq!(recent.values(&instructions), [7.0, 6.0]);
        assert_eq!(recent.values(&budget("a")), [1.0; 3]);
    }

    #[test]
    fn the_newest_run_has_the_worst_or_a_reason() {
        let history: History =
            [run(1, vec![measured("p/t::a", 4.0), measured("p/t::b", 3.0)])].into_iter().collect();
        let renamed = BTreeMap::new();
        let recent = Recent::of(&history, "main", &renamed).unwrap();
        let worst = recent.worst(&budget("t::*")).unwrap();
        assert_eq!((worst.benchmark.as_str(), worst.value), ("p/t::a", Ok(4.0)));
        assert_eq!(recent.worst(&budget("none")), None);
        let p99 = Budget { metric: super::super::Metric::P99, ..budget("a") };
        let absence = recent.worst(&p99).unwrap().value.unwrap_err();
        assert_eq!(absence.to_string(), "100 of 300 samples");
    }
}
