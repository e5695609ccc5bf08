//! The report of a recorded run.

use super::{
    AcceptanceResult, Compared, Comparison, PreviousCommit, ReferenceFacts, Report, ReportParts,
};
use perf_judge::baseline::Selector;
use perf_judge::budget::{Acceptance, Budget, Gate, Required, check};
use perf_judge::history::Past;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Run;
use perf_judge::verdict::{RecordedComparisons, State, Verdict, replay};
use std::collections::BTreeMap;

/// The rules for verdicts on recorded runs.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The base branch.
    pub branch: &'a str,
    /// The absolute limits.
    pub budgets: &'a [Budget],
    /// The gate.
    pub gate: Gate,
    /// New names of benchmarks by old ones.
    pub renamed: &'a BTreeMap<BenchmarkId, BenchmarkId>,
    /// The currently accepted regressions: a run does not record their reasons.
    pub accepted: &'a [Acceptance],
}

impl Report {
    /// The report of `run`, from the runs before it and its recorded comparisons. Nothing is
    /// measured again.
    pub fn of_recorded(
        run: &Run,
        past: Past<'_>,
        comparisons: &[&Comparison],
        rules: Rules<'_>,
    ) -> Self {
        let Rules { branch, budgets, gate, renamed, accepted } = rules;
        let selector = Selector::new(past, branch, &run.machine)
            .with_renames(renamed)
            .with_accepted(&run.accepted);
        let accepted = carried(run, accepted, &selector);
        let mut verdicts = replay(run, &selector, recorded(comparisons));
        for verdict in &mut verdicts.verdicts {
            complete(verdict, comparisons);
        }
        let names: Vec<BenchmarkId> =
            run.benchmarks.iter().map(|measured| measured.name.clone()).collect();
        Self::new(ReportParts {
            run,
            verdicts,
            accepted,
            budgets: check(budgets, &names, run, &BTreeMap::new(), Required::None),
            reference: ReferenceFacts {
                branch: branch.to_owned(),
                branch_is_missing: false,
                history_runs: past.runs().count(),
                base: None,
                previous_commit: PreviousCommit::Available,
            },
            gate,
            notes: backfill_note(run).into_iter().collect(),
        })
    }
}

fn backfill_note(run: &Run) -> Option<String> {
    let measured = run.backfilled?.format("%Y-%m-%d %H:%M UTC");
    Some(format!(
        "measured on {measured}, long after its commit, by `cargo xtask perf backfill`. It has the time of its commit"
    ))
}

/// The regressions that were accepted when the run was measured.
fn carried(run: &Run, accepted: &[Acceptance], selector: &Selector<'_>) -> Vec<AcceptanceResult> {
    let own = accepted.iter().filter(|entry| run.accepted.contains(&entry.carried()));
    let today = run.started.date_naive();
    let result = |entry: &Acceptance| {
        let measured = run.benchmark(&entry.benchmark)?;
        let since =
            selector.since_accepted(&entry.benchmark, measured.sample_size, measured.sample_count);
        Some(AcceptanceResult::of_run(entry, since, today))
    };
    own.filter_map(result).collect()
}

/// Adds what a comparison records beside the pairs: those with the functions in random orders, which
/// decide, and the likely causes.
fn complete(verdict: &mut Verdict, comparisons: &[&Comparison]) {
    let of_base = comparisons.iter().filter(|c| verdict.base.as_ref() == Some(&c.base));
    let compared = of_base.flat_map(|comparison| &comparison.benchmarks);
    let own: Vec<&Compared> = compared.filter(|compared| compared.name == verdict.name).collect();
    let placement = own.iter().map(|own| &own.placement).find(|pairs| !pairs.is_empty());
    if let Some(pairs) = placement {
        verdict.judge_placement(pairs.clone());
    }
    if matches!(verdict.state, State::Regression | State::Improvement) {
        verdict.causes = own.iter().find_map(|own| own.causes.clone());
    }
}

fn recorded<'a>(comparisons: &[&'a Comparison]) -> RecordedComparisons<'a> {
    let mut recorded = RecordedComparisons::default();
    for comparison in comparisons {
        let base = comparison.base.as_str();
        let pairs = comparison.benchmarks.iter().map(|c| ((base, &c.name), c.pairs.as_slice()));
        recorded.pairs.extend(pairs);
        recorded.same_code.extend(comparison.same_code.iter().map(|name| (base, name)));
    }
    recorded
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_fixtures::{measured, run};
    use perf_judge::history::History;
    use perf_judge::verdict::Method;

    const NAME: &str = "core/filter::unchanged";

    /// The report of a run whose comparison found the same code, and that of its recorded files.
    fn measured_and_recorded(ns: f64) -> [Report; 2] {
        let runs: Vec<Run> = [2.5, 2.5, 2.5, 2.5, ns]
            .into_iter()
            .zip(1..)
            .map(|(ns, day)| run(day, vec![measured(NAME, ns)]))
            .collect();
        let (last, before) = runs.split_last().unwrap();
        let history: History = before.iter().cloned().collect();
        let past = Past::before(last, &history, 10);
        let (budgets, renamed) = (Vec::new(), BTreeMap::new());
        let rules = Rules {
            branch: "main",
            budgets: &budgets,
            gate: Gate::default(),
            renamed: &renamed,
            accepted: &[],
        };
        let mut first = Report::of_recorded(last, past, &[], rules);
        let base = before[3].commit.as_ref().unwrap().hash.clone();
        let verdict = &mut first.rows[0].verdict;
        assert_ne!(verdict.state, State::Unchanged, "without the comparison");
        (verdict.method, verdict.base) = (Method::Paired, Some(base));
        verdict.state = State::Unchanged;
        let files = Comparison::all_of(&first);
        let read: Vec<Comparison> =
            files.iter().map(|file| Comparison::from_json(&file.to_json()).unwrap()).collect();
        let recorded = Report::of_recorded(last, past, &read.iter().collect::<Vec<_>>(), rules);
        [first, recorded]
    }

    #[test]
    fn a_benchmark_with_the_same_code_has_the_same_verdict_again() {
        let [first, recorded] = measured_and_recorded(2.9);
        let of = |report: &Report| {
            let verdict = &report.rows[0].verdict;
            (verdict.name.clone(), verdict.state, verdict.method, verdict.base.clone())
        };
        assert_eq!(of(&first), of(&recorded));
        assert_eq!(recorded.rows[0].verdict.state, State::Unchanged);
    }
}
