//! A report of a run that was recorded earlier.

use super::{AcceptanceResult, Comparison, ReferenceFacts, Report, ReportParts};
use perf_judge::baseline::Selector;
use perf_judge::budget::{Acceptance, Budget, Gate, Required, check};
use perf_judge::history::Past;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Run;
use perf_judge::verdict::{RecordedPairs, replay};
use std::collections::BTreeMap;

/// What recorded runs are judged by.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The branch whose runs make the baselines.
    pub branch: &'a str,
    /// The absolute limits.
    pub budgets: &'a [Budget],
    /// What fails.
    pub gate: Gate,
    /// New names of benchmarks by old ones.
    pub renamed: &'a BTreeMap<BenchmarkId, BenchmarkId>,
    /// The slowdowns that are accepted today: why is not recorded with a run.
    pub accepted: &'a [Acceptance],
}

impl Report {
    /// Judges `run` by the runs before it, and by what was recorded of it side by side. Nothing
    /// is measured again, so that a inconsistency stays one.
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
        let verdicts = replay(run, &selector, pairs(comparisons));
        let names: Vec<BenchmarkId> =
            run.benchmarks.iter().map(|measured| measured.name.clone()).collect();
        Self::new(ReportParts {
            run,
            verdicts,
            accepted,
            budgets: check(budgets, &names, run, &BTreeMap::new(), Required::None),
            reference: ReferenceFacts {
                branch: branch.to_owned(),
                history_runs: past.runs().count(),
                base: None,
            },
            gate,
            notes: Vec::new(),
        })
    }
}

/// What excused the run's slowdowns when it was measured.
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

fn pairs<'a>(comparisons: &[&'a Comparison]) -> RecordedPairs<'a> {
    let all = comparisons.iter().flat_map(|comparison| {
        let base = comparison.base.as_str();
        comparison.benchmarks.iter().map(move |c| ((base, &c.name), c.pairs.as_slice()))
    });
    all.collect()
}
