//! Launches measured elsewhere, judged line by line: a case as JSON in, its verdicts as JSON out.
//!
//! The judge is the one that the command drives. Where it wants more launches than a case has, the
//! answer says so (`rerun`, or `compare` for launches side by side), and the same case may be asked
//! again with more of them. docs/formats.md describes both lines.

use super::{Against, Case, Effort, Judge, Look, State, Step, Verdict, Verdicts};
use crate::baseline::{self, Baseline, RunValue, Selection};
use crate::detect::Severity;
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Round, Side};
use crate::unit::LogRatio;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Why a line is no case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// It is not JSON, or not of the form that a case has.
    #[error("it is not a case")]
    Malformed(#[from] serde_json::Error),
    /// It asks for what this version does not do.
    #[error("{0}")]
    Unsupported(String),
}

/// Judges the case on one line and returns the line of its verdicts, without a line break.
///
/// # Errors
/// [`CaseError`] for a line that is no case.
pub fn answer(line: &str) -> Result<String, CaseError> {
    let request: Request = serde_json::from_str(line)?;
    request.check()?;
    let (verdicts, wanting) = request.judge();
    let reply = Reply {
        case: &request.case,
        verdicts: request.benchmarks.iter().map(|b| b.reply(&verdicts, &wanting)).collect(),
        environment_shift: verdicts.common_shift.is_some(),
        common_change_pct: verdicts.common_shift.map_or(0.0, LogRatio::percent),
    };
    Ok(serde_json::to_string(&reply)?)
}

const SCHEMA: u32 = 1;

#[derive(Deserialize)]
struct Request {
    schema: u32,
    case: String,
    mode: Mode,
    #[serde(default)]
    config: Config,
    benchmarks: Vec<Benchmark>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Paired,
    History,
}

#[derive(Deserialize)]
#[serde(default)]
struct Config {
    minor_pct: f64,
    major_pct: f64,
    critical_pct: f64,
    min_history: usize,
    history_len: usize,
    can_rerun: bool,
    can_compare: bool,
}

impl Default for Config {
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
struct Benchmark {
    id: BenchmarkId,
    #[serde(default)]
    status: Presence,
    #[serde(default)]
    rounds: Vec<Sides>,
    #[serde(default)]
    history: Vec<Recorded>,
    #[serde(default)]
    current: Recorded,
    #[serde(default)]
    confirm: Option<serde_json::Value>,
    #[serde(default)]
    paired_blocks: Option<Vec<Vec<Sides>>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Presence {
    #[default]
    Both,
    New,
    Removed,
}

#[derive(Clone, Default, Deserialize)]
struct Recorded {
    #[serde(default)]
    machine: Option<String>,
    #[serde(default)]
    rounds: Vec<Option<Stats>>,
}

#[derive(Clone, Default, Deserialize)]
struct Sides {
    #[serde(default)]
    base: Option<Stats>,
    #[serde(default)]
    head: Option<Stats>,
}

/// The two numbers of a launch that are judged; what else a case tells of it is not.
#[derive(Clone, Copy, Default, Deserialize)]
struct Stats {
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
    could_see_pct: Option<f64>,
    launches_used: usize,
    rerun: bool,
    compare: bool,
    reason: Option<String>,
}

/// Benchmarks of which the judge wanted more than the case has.
#[derive(Default)]
struct Wanting {
    launches: BTreeSet<BenchmarkId>,
    rounds: BTreeSet<BenchmarkId>,
}

/// Stands for the recorded commit that suspects of a case are compared with.
const RECORDED: &str = "recorded";

impl Request {
    fn check(&self) -> Result<(), CaseError> {
        let refuse = |reason: String| Err(CaseError::Unsupported(reason));
        let config = &self.config;
        if self.schema != SCHEMA {
            return refuse(format!(
                "schema {} is not one that this version reads ({SCHEMA})",
                self.schema
            ));
        }
        if (config.minor_pct, config.major_pct, config.critical_pct) != (10.0, 20.0, 50.0) {
            return refuse("severities begin at 10, 20 and 50 %, and cannot be moved".to_owned());
        }
        if config.min_history < baseline::MINIMUM {
            return refuse(format!("`min_history` must be at least {}", baseline::MINIMUM));
        }
        let mut seen = BTreeSet::new();
        match self.benchmarks.iter().find(|benchmark| !seen.insert(&benchmark.id)) {
            Some(double) => refuse(format!("the benchmark `{}` is there twice", double.id)),
            None => Ok(self.benchmarks.iter().try_for_each(|b| b.again(self.mode).map(drop))?),
        }
    }

    fn judge(&self) -> (Verdicts, Wanting) {
        let is = |presence| move |benchmark: &&Benchmark| benchmark.status == presence;
        let here = self.benchmarks.iter().filter(|benchmark| benchmark.status != Presence::Removed);
        let cases = here.map(|benchmark| self.case_of(benchmark)).collect();
        let removed = self.benchmarks.iter().filter(is(Presence::Removed));
        let removed = removed.map(|benchmark| benchmark.id.clone()).collect();
        let effort = Effort::of_launches(1)
            .with_reruns(self.config.can_rerun.then_some(FRESH_LAUNCHES))
            .with_comparison(self.config.can_compare);
        let mut judge = Judge::new(cases, removed, effort);
        let mut stock: BTreeMap<&BenchmarkId, Stock> =
            self.benchmarks.iter().map(|b| (&b.id, b.stock(self.mode))).collect();
        let mut wanting = Wanting::default();
        loop {
            match judge.step() {
                Step::Done(verdicts) => return (verdicts, wanting),
                Step::Measure { look, benchmarks, launches } => {
                    for name in benchmarks {
                        let given = stock.get_mut(&name).map(|s| s.launches(look, launches));
                        match given.unwrap_or_default() {
                            given if given.is_empty() && look != Look::First => {
                                wanting.launches.insert(name.clone());
                                judge.give_up(&name);
                            }
                            given => judge.feed(&name, given),
                        }
                    }
                }
                Step::Compare { benchmarks, rounds, .. } => {
                    for name in benchmarks {
                        let given = stock.get_mut(&name).map(|s| s.rounds(rounds));
                        match given.unwrap_or_default() {
                            given if given.is_empty() => {
                                wanting.rounds.insert(name.clone());
                                judge.give_up(&name);
                            }
                            given => judge.feed_rounds(&name, given),
                        }
                    }
                }
            }
        }
    }

    fn case_of(&self, benchmark: &Benchmark) -> Case {
        let against = match (benchmark.status, self.mode) {
            (Presence::New | Presence::Removed, _) => Against::Nothing(None),
            (Presence::Both, Mode::Paired) => Against::Build(RECORDED.to_owned()),
            (Presence::Both, Mode::History) => Against::Runs(benchmark.selection(&self.config)),
        };
        Case::new(benchmark.id.clone(), against)
    }
}

/// Fresh launches of a suspect.
const FRESH_LAUNCHES: usize = 10;

impl Benchmark {
    fn selection(&self, config: &Config) -> Selection {
        let here: Vec<&Recorded> =
            self.history.iter().filter(|run| run.machine == self.current.machine).collect();
        if here.is_empty() && !self.history.is_empty() {
            return Selection::OtherMachine { differs: vec!["machine"] };
        }
        let values = here.iter().map(|run| RunValue::of(&times(&run.rounds)));
        let usable: Vec<RunValue> = values.filter(|value| !value.is_empty()).collect();
        let last = &usable[usable.len().saturating_sub(config.history_len)..];
        if last.len() < config.min_history {
            return Selection::TooFew { found: last.len(), series_was_cut: false };
        }
        let near = config.can_compare.then(|| RECORDED.to_owned());
        Selection::Ready(Baseline::new(last.to_vec(), near.into_iter().collect()))
    }

    /// What was measured again, which has another form in each mode.
    fn again(&self, mode: Mode) -> Result<(Vec<Option<Stats>>, Vec<Sides>), serde_json::Error> {
        let Some(confirm) = self.confirm.clone() else { return Ok(<_>::default()) };
        match mode {
            Mode::History => {
                let blocks: Vec<Vec<Option<Stats>>> = serde_json::from_value(confirm)?;
                Ok((blocks.concat(), Vec::new()))
            }
            Mode::Paired => {
                let blocks: Vec<Vec<Sides>> = serde_json::from_value(confirm)?;
                Ok((Vec::new(), blocks.concat()))
            }
        }
    }

    fn stock(&self, mode: Mode) -> Stock {
        let (fresh, more) = self.again(mode).unwrap_or_default();
        let blocks = self.paired_blocks.iter().flatten().flatten();
        let rounds = self.rounds.iter().chain(&more).chain(blocks).map(Sides::round);
        Stock { first: times(&self.current.rounds), fresh: times(&fresh), rounds: rounds.collect() }
    }

    fn reply(&self, verdicts: &Verdicts, wanting: &Wanting) -> ReplyVerdict {
        let own = |verdict: &&Verdict| verdict.name == self.id;
        let verdict = verdicts.verdicts.iter().find(own);
        let percent = |ratio: Option<LogRatio>| ratio.map(LogRatio::percent);
        let state = verdict.map_or(State::Missing, |verdict| verdict.state);
        let status = match (state, self.status) {
            // Nothing was launched here that could be missing: there are no numbers.
            (State::Missing, Presence::New) => State::New,
            (State::Missing, _) => State::Invalid,
            (state, _) => state,
        };
        ReplyVerdict {
            id: self.id.clone(),
            status,
            severity: verdict.and_then(|verdict| verdict.severity),
            change_pct: percent(verdict.and_then(|verdict| verdict.change)),
            low_pct: percent(verdict.and_then(|verdict| verdict.low)),
            high_pct: percent(verdict.and_then(|verdict| verdict.high)),
            could_see_pct: percent(verdict.and_then(|verdict| verdict.limit)),
            launches_used: verdict.map_or(0, |verdict| verdict.launches),
            rerun: wanting.launches.contains(&self.id)
                || (wanting.rounds.contains(&self.id) && !self.rounds.is_empty()),
            compare: wanting.rounds.contains(&self.id) && self.rounds.is_empty(),
            reason: verdict.and_then(|verdict| verdict.reason.clone()),
        }
    }
}

/// What a case still has of a benchmark.
struct Stock {
    first: Vec<LaunchTimes>,
    fresh: Vec<LaunchTimes>,
    rounds: Vec<Round>,
}

impl Stock {
    fn launches(&mut self, look: Look, count: usize) -> Vec<LaunchTimes> {
        match look {
            Look::First => std::mem::take(&mut self.first),
            Look::Second | Look::Third => drain(&mut self.fresh, count),
        }
    }

    fn rounds(&mut self, count: usize) -> Vec<Round> {
        drain(&mut self.rounds, count)
    }
}

fn drain<T>(stock: &mut Vec<T>, count: usize) -> Vec<T> {
    stock.drain(..count.min(stock.len())).collect()
}

fn times(launches: &[Option<Stats>]) -> Vec<LaunchTimes> {
    launches.iter().map(|launch| launch.unwrap_or_default().times()).collect()
}

impl Stats {
    /// A number that is absent is no time.
    fn times(self) -> LaunchTimes {
        let number = |ns: Option<f64>| ns.unwrap_or(f64::NAN);
        LaunchTimes { fastest: number(self.min), median: number(self.median) }
    }
}

impl Sides {
    fn round(&self) -> Round {
        let times = |side: Option<Stats>| side.unwrap_or_default().times();
        Round { first: Side::Base, base: times(self.base), head: times(self.head) }
    }
}
