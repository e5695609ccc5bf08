//! The report of a recorded run.

use super::{
    AcceptanceResult, Compared, Comparison, PreviousCommit, ReferenceFacts, Report, ReportParts,
};
use perf_judge::baseline::Selector;
use perf_judge::budget::{Acceptance, Budget, Gate, Required, check};
use perf_judge::history::Past;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Run;
use perf_judge::verdict::{RecordedPairs, State, Verdict, replay};
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
        let mut verdicts = replay(run, &selector, pairs(comparisons));
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

fn pairs<'a>(comparisons: &[&'a Comparison]) -> RecordedPairs<'a> {
    let all = comparisons.iter().flat_map(|comparison| {
        let base = comparison.base.as_str();
        comparison.benchmarks.iter().map(move |c| ((base, &c.name), c.pairs.as_slice()))
    });
    all.collect()
}
