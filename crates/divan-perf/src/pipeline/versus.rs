//! Alternatives of one build, compared in pairs, for `cargo xtask perf versus`.

use super::args::Purpose;
use super::context::Context;
use super::suite::BenchSuite;
use crate::args::MeasureArgs;
use crate::bench::{
    BaseEntries, LaunchSchedule, ListedBenchmark, Listing, PlannedBenchmark, Runner,
};
use crate::interrupt::Interrupt;
use crate::similar_names::{listed, similar};
use anyhow::{Result, anyhow, bail};
use perf_judge::detect::paired;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::LaunchResult;
use perf_judge::stats;
use perf_judge::verdict::{Judge, Step, Verdict};
use perf_judge::versus::{Alternative, Alternatives, CasePair, SelectionError};
use perf_report::{SampleNumbers, ScalingPoint, ScalingSeries, Versus, VersusFacts, VersusResult};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VersusQuery<'a> {
    /// The names of the alternatives, or of their group.
    pub(crate) names: &'a [String],
    /// The alternative that the others are compared with; the first by default.
    pub(crate) baseline: Option<&'a str>,
    /// Whether the times by argument are reported.
    pub(crate) by_args: bool,
}

/// Launches of each argument if nothing is compared.
const LAUNCHES: usize = paired::FIRST_ANALYSIS;

/// Compares the alternatives of the checkout's build.
pub(crate) fn versus(
    context: &Context,
    args: &MeasureArgs,
    query: VersusQuery<'_>,
) -> Result<Versus> {
    let interrupt = Interrupt::watch()?;
    let (suite, mut listing) = BenchSuite::build(context, args, &interrupt)?;
    suite.check_selected(&listing, args)?;
    let alternatives = select(&listing, query)?;
    let all: BTreeSet<BenchmarkId> =
        alternatives.all().flat_map(Alternative::benchmarks).cloned().collect();
    listing.keep(|name| all.contains(name));
    let runner = suite.plan(context, listing, args, Purpose::Comparison)?;
    let mut measurement = VersusMeasurement::new(&suite, runner, &interrupt);
    let verdicts = measurement.compare(&alternatives.pairs())?;
    if query.by_args {
        measurement.measure(&alternatives.arguments_alone())?;
    }
    Ok(measurement.report(context, &alternatives, verdicts, query.by_args))
}

fn select(listing: &Listing, query: VersusQuery<'_>) -> Result<Alternatives> {
    let names = listing.entries.iter().map(|entry: &ListedBenchmark| entry.id.clone());
    let names: Vec<BenchmarkId> = names.collect();
    let selected = Alternatives::select(&names, query.names, query.baseline, query.by_args);
    selected.map_err(|error| {
        let near: Vec<&BenchmarkId> = match &error {
            SelectionError::Unknown(name) => similar(names.iter(), name),
            SelectionError::Ambiguous { candidates, .. } => candidates.iter().collect(),
            SelectionError::NoSuchBaseline { alternatives, .. } => alternatives.iter().collect(),
            _ => return anyhow!(error),
        };
        if near.is_empty() {
            anyhow!("{error}; `cargo bench -- --list` lists all benchmarks")
        } else {
            anyhow!("{error}; use one of: {}", listed(&near))
        }
    })
}

/// The launches of alternatives.
struct VersusMeasurement<'a> {
    suite: &'a BenchSuite,
    runner: Runner,
    interrupt: &'a Interrupt,
    /// The medians of all launches by row, in ns.
    medians: BTreeMap<BenchmarkId, Vec<f64>>,
}

impl<'a> VersusMeasurement<'a> {
    fn new(suite: &'a BenchSuite, runner: Runner, interrupt: &'a Interrupt) -> Self {
        Self { suite, runner, interrupt, medians: BTreeMap::new() }
    }

    /// Compares the benchmarks of all pairs, and returns the verdict on each row.
    fn compare(&mut self, pairs: &[CasePair]) -> Result<Vec<(CasePair, Verdict)>> {
        let (rows, base, failures) = self.rows(pairs);
        let names = rows.iter().map(|row| row.alternative.clone());
        let mut judge = Judge::of_builds(names, "baseline");
        for (name, reason) in &failures {
            judge.fail(name, reason.clone());
        }
        let verdicts = loop {
            match judge.step() {
                Step::Done(verdicts) => break verdicts.verdicts,
                Step::Compare { benchmarks, pairs, .. } => {
                    self.launch_pairs(&mut judge, &base, &benchmarks, pairs)?;
                }
                // A row without a row of the baseline needs no launches.
                Step::Measure { benchmarks, .. } => {
                    benchmarks.iter().for_each(|name| judge.stop(name));
                }
            }
        };
        let mut by_name: BTreeMap<BenchmarkId, Verdict> =
            verdicts.into_iter().map(|verdict| (verdict.name.clone(), verdict)).collect();
        let with_verdict = |row: CasePair| {
            let verdict = by_name.remove(&row.alternative)?;
            Some((row, verdict))
        };
        let compared: Vec<(CasePair, Verdict)> =
            rows.into_iter().filter_map(with_verdict).collect();
        if !compared.is_empty() && failures.len() == compared.len() {
            let (name, reason) =
                failures.iter().next().unwrap_or_else(|| unreachable!("not empty"));
            bail!("no alternative can be launched: {name}: {reason}");
        }
        Ok(compared)
    }

    /// The rows that are compared, the baseline of each, and the reasons of those that cannot be.
    fn rows(
        &self,
        pairs: &[CasePair],
    ) -> (Vec<CasePair>, BaseEntries, BTreeMap<BenchmarkId, String>) {
        let (mut rows, mut failures) = (Vec::new(), BTreeMap::new());
        let mut base = BaseEntries::default();
        let planned = |name: &BenchmarkId| {
            self.runner.planned().iter().find(|planned| planned.entry.id == *name)
        };
        for pair in pairs {
            match (planned(&pair.baseline), planned(&pair.alternative)) {
                (Some(baseline), Some(alternative)) => {
                    let (own, names) = row_pairs(pair, baseline, alternative);
                    base.add_alternative(pair.alternative.clone(), baseline, names);
                    rows.extend(own);
                }
                (None, _) => {
                    failures.insert(pair.alternative.clone(), self.failure(&pair.baseline));
                    rows.push(pair.clone());
                }
                (Some(_), None) => {
                    failures.insert(pair.alternative.clone(), self.failure(&pair.alternative));
                    rows.push(pair.clone());
                }
            }
        }
        (rows, base, failures)
    }

    fn failure(&self, name: &BenchmarkId) -> String {
        let reason = self.runner.failures().get(name);
        format!("{name}: {}", reason.map_or("it measured nothing", String::as_str))
    }

    fn launch_pairs(
        &mut self,
        judge: &mut Judge,
        base: &BaseEntries,
        benchmarks: &[BenchmarkId],
        pairs: usize,
    ) -> Result<()> {
        let title = "comparing alternatives";
        let launcher = &self.suite.launcher;
        let launched =
            self.runner.compare(title, pairs, benchmarks, base, launcher, self.interrupt)?;
        self.interrupt.check()?;
        for (name, pairs) in &launched.pairs {
            judge.feed_pairs(name, pairs.iter().copied());
        }
        for (name, reason) in launched.failures.iter().chain(&launched.base_failures) {
            judge.fail(name, reason.clone());
        }
        for name in &launched.new_rows {
            judge.fail(name, "the baseline does not have this row".to_owned());
        }
        if launched.cut_short {
            let open = launched.open(benchmarks, pairs);
            open.iter().for_each(|name| judge.out_of_time(name));
        }
        self.keep_medians(base, launched.base, true);
        self.keep_medians(base, launched.head, false);
        Ok(())
    }

    fn keep_medians(
        &mut self,
        base: &BaseEntries,
        results: BTreeMap<BenchmarkId, Vec<LaunchResult>>,
        of_base: bool,
    ) {
        for (row, results) in results {
            let own = if of_base { base.row_of(&row).unwrap_or(&row) } else { &row };
            let medians = results.iter().map(|result| result.times().median);
            self.medians.entry(own.clone()).or_default().extend(medians);
        }
    }

    /// Launches benchmarks that are not compared.
    fn measure(&mut self, names: &BTreeSet<BenchmarkId>) -> Result<()> {
        let schedule = LaunchSchedule {
            title: "measuring",
            launches: LAUNCHES,
            is_initial: false,
            min_interval: Duration::ZERO,
        };
        let planned = self.runner.planned().iter();
        let rows = planned.filter(|planned| names.contains(&planned.entry.id));
        let rows: Vec<BenchmarkId> = rows.flat_map(|planned| planned.rows.clone()).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let measured =
            self.runner.measure(&schedule, &rows, &self.suite.launcher, self.interrupt)?;
        self.interrupt.check()?;
        self.keep_medians(&BaseEntries::default(), measured.launch_results, false);
        Ok(())
    }

    fn report(
        &self,
        context: &Context,
        alternatives: &Alternatives,
        verdicts: Vec<(CasePair, Verdict)>,
        by_args: bool,
    ) -> Versus {
        let run = VersusFacts {
            started: self.suite.started(),
            seed: self.suite.seed(),
            commit: context.history.commit.clone(),
            machine: self.suite.machine.clone(),
            workspace: context.history.workspace.path().map(str::to_owned),
        };
        let others = alternatives.others.iter().map(|other| other.name.clone()).collect();
        let mut versus = Versus::new(run, alternatives.baseline.name.clone(), others);
        let prefix = versus.common_prefix().to_owned();
        let short = |name: &BenchmarkId| {
            name.as_str().strip_prefix(&prefix).unwrap_or(name.as_str()).to_owned()
        };
        let result = |(pair, verdict): (CasePair, Verdict)| {
            let names = [short(&pair.alternative), short(&pair.baseline)];
            let samples = self.samples(&pair);
            VersusResult::new(pair, samples, &verdict, [&names[0], &names[1]])
        };
        versus.results = verdicts.into_iter().map(result).collect();
        if by_args {
            versus.scaling = self.scaling(alternatives);
        }
        versus.notes = self.notes(alternatives);
        versus
    }

    fn samples(&self, pair: &CasePair) -> Option<[SampleNumbers; 2]> {
        let of = |row: &BenchmarkId| {
            let config = self.runner.planned_of(row)?.config;
            let (sample_size, sample_count) = (config.sample_size, config.sample_count);
            Some(SampleNumbers { sample_size, sample_count })
        };
        Some([of(&pair.alternative)?, of(&pair.baseline)?])
    }

    fn scaling(&self, alternatives: &Alternatives) -> Vec<ScalingSeries> {
        let median = |row: &BenchmarkId| stats::median(self.medians.get(row)?);
        let series = alternatives.series().into_iter().map(|series| {
            let points = series.points.into_iter().map(|(text, argument, name)| {
                let ns = median(&name);
                ScalingPoint { text, argument, ns }
            });
            ScalingSeries::new(series.name, points.collect())
        });
        series.collect()
    }

    fn notes(&self, alternatives: &Alternatives) -> Vec<String> {
        let unpaired = alternatives.unpaired();
        let unpaired: Vec<&BenchmarkId> = unpaired.iter().collect();
        let left = (!unpaired.is_empty()).then(|| {
            format!(
                "not compared, because only one side has the argument or case: {}",
                listed(&unpaired)
            )
        });
        let notes = self.suite.notes.iter().cloned();
        notes.chain(self.suite.launcher.notes()).chain(left).collect()
    }
}

/// The rows of two benchmarks that are compared, e.g. one per thread count, and the names of the
/// alternative's rows by those of the baseline.
fn row_pairs(
    pair: &CasePair,
    baseline: &PlannedBenchmark,
    alternative: &PlannedBenchmark,
) -> (Vec<CasePair>, BTreeMap<BenchmarkId, BenchmarkId>) {
    let (mut rows, mut names) = (Vec::new(), BTreeMap::new());
    for row in &alternative.rows {
        let rest = row.as_str().strip_prefix(pair.alternative.as_str()).unwrap_or_default();
        let of_base = BenchmarkId::from(format!("{}{rest}", pair.baseline).as_str());
        if baseline.rows.contains(&of_base) {
            names.insert(of_base.clone(), row.clone());
        }
        let case = format!("{}{rest}", pair.case).trim_start_matches("::").to_owned();
        rows.push(CasePair { case, baseline: of_base, alternative: row.clone() });
    }
    (rows, names)
}
