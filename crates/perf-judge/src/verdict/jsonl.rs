//! Judges launches that another program measured: a case as a line of JSON gives a line of verdicts.
//!
//! The judge is that of the command. If it requests more launches than a case has, the reply has
//! `rerun`, or `compare` for pairs. The case can then be sent again with more launches.
//! docs/formats.md describes both lines.

use super::{Comparison, Judge, JudgeConfig, Reference, Stage, State, Step, Verdict, Verdicts};
use crate::baseline::{self, Baseline, RunValue, Selection, ln_minima};
use crate::detect::Severity;
use crate::ident::BenchmarkId;
use crate::json::{JsonError, read_object};
use crate::run::{LaunchTimes, Pair, Side};
use crate::unit::LogRatio;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Why a line cannot be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// It is not JSON, or not a case.
    #[error("it is not a case of docs/formats.md")]
    Malformed(#[from] JsonError),
    /// This version does not support it.
    #[error("{0}")]
    Unsupported(String),
}

/// Judges the case on one line and returns the line of its verdicts, without a line break.
///
/// # Errors
/// [`CaseError`] for a line that is not a case.
pub fn judge_line(line: &str) -> Result<String, CaseError> {
    let request: Request = read_object(line)?;
    request.check()?;
    let (verdicts, unmet) = request.judge();
    let reply = Reply {
        case: &request.case,
        verdicts: request.benchmarks.iter().map(|b| b.reply(&verdicts, &unmet)).collect(),
        environment_shift: verdicts.suite_wide_shift.is_some(),
        common_change_pct: verdicts.suite_wide_shift.map_or(0.0, LogRatio::percent),
    };
    Ok(serde_json::to_string(&reply).map_err(JsonError::from)?)
}

/// The newest schema of a case that this version reads. Schema 1 had `rounds` for pairs and launches.
const SCHEMA: u32 = 2;

#[derive(Deserialize)]
struct Request {
    schema: u32,
    case: String,
    mode: CaseMode,
    #[serde(default)]
    config: CaseConfig,
    benchmarks: Vec<CaseBenchmark>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CaseMode {
    Paired,
    History,
}

#[derive(Deserialize)]
#[serde(default)]
struct CaseConfig {
    minor_pct: f64,
    major_pct: f64,
    critical_pct: f64,
    min_history: usize,
    history_len: usize,
    can_rerun: bool,
    can_compare: bool,
}

impl Default for CaseConfig {
    fn default() -> Self {
        Self {
            minor_pct: 10.0,
            major_pct: 20.0,
            critical_pct: 50.0,
            min_history: baseline::MINIMUM,
            history_len: baseline::LENGTH,
            can_rerun: true,
            can_compare: false,
        }
    }
}

#[derive(Deserialize)]
struct CaseBenchmark {
    id: BenchmarkId,
    #[serde(default)]
    status: BenchmarkStatus,
    #[serde(default, alias = "rounds")]
    pairs: Vec<PairRow>,
    #[serde(default)]
    history: Vec<CaseRun>,
    #[serde(default)]
    current: CaseRun,
    #[serde(default)]
    confirm: Option<serde_json::Value>,
    #[serde(default)]
    paired_blocks: Option<Vec<Vec<PairRow>>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BenchmarkStatus {
    #[default]
    Both,
    New,
    Removed,
}

#[derive(Clone, Default, Deserialize)]
struct CaseRun {
    #[serde(default)]
    machine: Option<String>,
    #[serde(default, alias = "rounds")]
    launches: Vec<Option<CaseLaunch>>,
}

#[derive(Clone, Default, Deserialize)]
struct PairRow {
    #[serde(default)]
    base: Option<CaseLaunch>,
    #[serde(default)]
    head: Option<CaseLaunch>,
}

/// The two numbers of a launch that are judged. All other keys are ignored.
#[derive(Clone, Copy, Default, Deserialize)]
struct CaseLaunch {
    #[serde(default)]
    min: Option<f64>,
    #[serde(default)]
    median: Option<f64>,
}

#[derive(Serialize)]
struct Reply<'a> {
    case: &'a str,
    verdicts: Vec<ReplyVerdict>,
    environment_shift: bool,
    common_change_pct: f64,
}

#[derive(Serialize)]
struct ReplyVerdict {
    id: BenchmarkId,
    status: State,
    severity: Option<Severity>,
    change_pct: Option<f64>,
    low_pct: Option<f64>,
    high_pct: Option<f64>,
    min_detectable_change_pct: Option<f64>,
    /// The same value under its key of schema 1.
    could_see_pct: Option<f64>,
    launches_used: usize,
    rerun: bool,
    compare: bool,
    reason: Option<String>,
}

/// Benchmarks for which the judge requested more launches or pairs than the case has.
#[derive(Default)]
struct UnmetRequests {
    launches: BTreeSet<BenchmarkId>,
    pairs: BTreeSet<BenchmarkId>,
}

/// The commit of the recorded build, which a case does not name.
const RECORDED: &str = "recorded";

impl Request {
    fn check(&self) -> Result<(), CaseError> {
        let refuse = |reason: String| Err(CaseError::Unsupported(reason));
        let config = &self.config;
        if !(1..=SCHEMA).contains(&self.schema) {
            return refuse(format!(
                "this version does not read schema {}: write a case of schema 1 to {SCHEMA}",
                self.schema
            ));
        }
        if (config.minor_pct, config.major_pct, config.critical_pct) != (10.0, 20.0, 50.0) {
            return refuse("the limits of the severities are fixed: remove `minor_pct`, `major_pct` and `critical_pct`, or set 10, 20 and 50".to_owned());
        }
        if config.min_history < baseline::MINIMUM {
            return refuse(format!(
                "`min_history` is too small: set it to at least {}",
                baseline::MINIMUM
            ));
        }
        let mut seen = BTreeSet::new();
        match self.benchmarks.iter().find(|benchmark| !seen.insert(&benchmark.id)) {
            Some(double) => {
                refuse(format!("the benchmark `{}` occurs twice: remove one of them", double.id))
            }
            None => {
                Ok(self.benchmarks.iter().try_for_each(|b| b.confirmation(self.mode).map(drop))?)
            }
        }
    }

    fn judge(&self) -> (Verdicts, UnmetRequests) {
        let is = |presence| move |benchmark: &&CaseBenchmark| benchmark.status == presence;
        let present =
            self.benchmarks.iter().filter(|benchmark| benchmark.status != BenchmarkStatus::Removed);
        let cases = present.map(|benchmark| self.case_of(benchmark)).collect();
        let removed = self.benchmarks.iter().filter(is(BenchmarkStatus::Removed));
        let removed = removed.map(|benchmark| benchmark.id.clone()).collect();
        let judge_config = JudgeConfig::of_launches(1)
            .with_reruns(self.config.can_rerun.then_some(RERUN_LAUNCHES))
            .with_comparison(self.config.can_compare);
        let mut judge = Judge::new(cases, removed, judge_config);
        let mut remaining: BTreeMap<&BenchmarkId, RemainingLaunches> =
            self.benchmarks.iter().map(|b| (&b.id, b.remaining(self.mode))).collect();
        let mut unmet = UnmetRequests::default();
        loop {
            match judge.step() {
                Step::Done(verdicts) => return (verdicts, unmet),
                Step::Measure { stage, benchmarks, launches } => {
                    for name in benchmarks {
                        let given = remaining.get_mut(&name).map(|s| s.launches(stage, launches));
                        match given.unwrap_or_default() {
                            given if given.is_empty() && stage != Stage::Initial => {
                                unmet.launches.insert(name.clone());
                                judge.stop(&name);
                            }
                            given => judge.feed(&name, given),
                        }
                    }
                }
                Step::Compare { benchmarks, pairs, .. } => {
                    for name in benchmarks {
                        let given = remaining.get_mut(&name).map(|s| s.pairs(pairs));
                        match given.unwrap_or_default() {
                            given if given.is_empty() => {
                                unmet.pairs.insert(name.clone());
                                judge.stop(&name);
                            }
                            given => judge.feed_pairs(&name, given),
                        }
                    }
                }
            }
        }
    }

    fn case_of(&self, benchmark: &CaseBenchmark) -> Comparison {
        let reference = match (benchmark.status, self.mode) {
            (BenchmarkStatus::New | BenchmarkStatus::Removed, _) => Reference::Nothing(None),
            (BenchmarkStatus::Both, CaseMode::Paired) => Reference::Build(RECORDED.to_owned()),
            (BenchmarkStatus::Both, CaseMode::History) => {
                Reference::Runs(benchmark.selection(&self.config))
            }
        };
        Comparison::new(benchmark.id.clone(), reference).of_another_program()
    }
}

/// Launches of a rerun.
const RERUN_LAUNCHES: usize = 10;

impl CaseBenchmark {
    fn selection(&self, config: &CaseConfig) -> Selection {
        let here: Vec<&CaseRun> =
            self.history.iter().filter(|run| run.machine == self.current.machine).collect();
        if here.is_empty() && !self.history.is_empty() {
            return Selection::OtherMachine { differs: vec!["machine"] };
        }
        let launches = here.iter().map(|run| times(&run.launches));
        let usable: Vec<Vec<LaunchTimes>> =
            launches.filter(|launches| !RunValue::of(launches).is_empty()).collect();
        let last = &usable[usable.len().saturating_sub(config.history_len)..];
        if last.len() < config.min_history {
            return Selection::TooFew {
                found: last.len(),
                series_was_cut: false,
                was_empty: false,
            };
        }
        let near = config.can_compare.then(|| RECORDED.to_owned());
        let values = last.iter().map(|launches| RunValue::of(launches)).collect();
        let minima = last.iter().map(|launches| ln_minima(launches)).collect();
        Selection::Ready(Baseline::new(values, near.into_iter().collect()).with_minima(minima))
    }

    /// The launches of reruns in `history` mode, or further pairs in `paired` mode.
    fn confirmation(
        &self,
        mode: CaseMode,
    ) -> Result<(Vec<Option<CaseLaunch>>, Vec<PairRow>), JsonError> {
        let Some(confirm) = self.confirm.clone() else { return Ok(<_>::default()) };
        match mode {
            CaseMode::History => {
                let blocks: Vec<Vec<Option<CaseLaunch>>> = serde_json::from_value(confirm)?;
                Ok((blocks.concat(), Vec::new()))
            }
            CaseMode::Paired => {
                let blocks: Vec<Vec<PairRow>> = serde_json::from_value(confirm)?;
                Ok((Vec::new(), blocks.concat()))
            }
        }
    }

    fn remaining(&self, mode: CaseMode) -> RemainingLaunches {
        let (fresh, more) = self.confirmation(mode).unwrap_or_default();
        let blocks = self.paired_blocks.iter().flatten().flatten();
        let pairs = self.pairs.iter().chain(&more).chain(blocks).map(PairRow::pair);
        RemainingLaunches {
            first: times(&self.current.launches),
            fresh: times(&fresh),
            pairs: pairs.collect(),
        }
    }

    fn reply(&self, verdicts: &Verdicts, unmet: &UnmetRequests) -> ReplyVerdict {
        let own = |verdict: &&Verdict| verdict.name == self.id;
        let verdict = verdicts.verdicts.iter().find(own);
        let percent = |ratio: Option<LogRatio>| ratio.map(LogRatio::percent);
        let state = verdict.map_or(State::Missing, |verdict| verdict.state);
        let status = match (state, self.status) {
            // Another program launched the benchmark, so it has no numbers instead of missing ones.
            (State::Missing, BenchmarkStatus::New) => State::New,
            (State::Missing, _) => State::Invalid,
            (state, _) => state,
        };
        let min_detectable_change_pct =
            percent(verdict.and_then(|verdict| verdict.min_detectable_change));
        ReplyVerdict {
            id: self.id.clone(),
            status,
            severity: verdict.and_then(|verdict| verdict.severity),
            change_pct: percent(verdict.and_then(|verdict| verdict.change)),
            low_pct: percent(verdict.and_then(|verdict| verdict.low)),
            high_pct: percent(verdict.and_then(|verdict| verdict.high)),
            min_detectable_change_pct,
            could_see_pct: min_detectable_change_pct,
            launches_used: verdict.map_or(0, |verdict| verdict.launches),
            rerun: unmet.launches.contains(&self.id)
                || (unmet.pairs.contains(&self.id) && !self.pairs.is_empty()),
            compare: unmet.pairs.contains(&self.id) && self.pairs.is_empty(),
            reason: verdict.and_then(|verdict| verdict.reason.clone()),
        }
    }
}

/// The launches of a benchmark that the judge has not requested yet.
struct RemainingLaunches {
    first: Vec<LaunchTimes>,
    fresh: Vec<LaunchTimes>,
    pairs: Vec<Pair>,
}

impl RemainingLaunches {
    fn launches(&mut self, stage: Stage, count: usize) -> Vec<LaunchTimes> {
        match stage {
            Stage::Initial => std::mem::take(&mut self.first),
            Stage::Rerun | Stage::Confirmation => drain(&mut self.fresh, count),
        }
    }

    fn pairs(&mut self, count: usize) -> Vec<Pair> {
        drain(&mut self.pairs, count)
    }
}

fn drain<T>(stock: &mut Vec<T>, count: usize) -> Vec<T> {
    stock.drain(..count.min(stock.len())).collect()
}

fn times(launches: &[Option<CaseLaunch>]) -> Vec<LaunchTimes> {
    launches.iter().map(|launch| launch.unwrap_or_default().times()).collect()
}

impl CaseLaunch {
    /// The two times; an absent number is not a time.
    fn times(self) -> LaunchTimes {
        let number = |ns: Option<f64>| ns.unwrap_or(f64::NAN);
        LaunchTimes { min: number(self.min), median: number(self.median) }
    }
}

impl PairRow {
    fn pair(&self) -> Pair {
        let times = |side: Option<CaseLaunch>| side.unwrap_or_default().times();
        Pair { first: Side::Base, base: times(self.base), head: times(self.head) }
    }
}
