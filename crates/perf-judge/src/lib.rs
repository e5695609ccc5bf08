//! Finds performance regressions in benchmark launches, without I/O.
//!
//! A *launch* is one process that runs one benchmark. The crate takes what launches measured,
//! decides which benchmarks changed, and reports each change with a confidence interval. It starts
//! no process and reads no file, clock or random number: these are arguments, so that the same
//! input gives the same verdicts.
//!
//! # Comparing two builds
//!
//! A [`Judge`] requests launches by [`Judge::step`] until every benchmark is decided. Here it
//! compares a head with its base in pairs: one launch of each build, directly after each other,
//! in random order.
//!
//! ```
//! use perf_judge::{Judge, LaunchTimes, Pair, Severity, Side, State, Step};
//!
//! // 20 launches of each build; the head takes 12 % longer.
//! let base: Vec<f64> = (0..20).map(|i| 1000.0 + f64::from(i * 7 % 11)).collect();
//! let head: Vec<f64> = (0..20).map(|i| 1120.0 + f64::from(i * 5 % 13)).collect();
//! let launch = |ns: &f64| LaunchTimes { min: *ns, median: ns * 1.01 };
//! let mut pairs = base.iter().zip(&head).map(|(base, head)| Pair {
//!     first: Side::Base,
//!     base: launch(base),
//!     head: launch(head),
//! });
//!
//! let mut judge = Judge::of_builds(["app/parse::large"], "1a2b3c4d5e6f");
//! let verdicts = loop {
//!     match judge.step() {
//!         Step::Compare { benchmarks, pairs: count, .. } => {
//!             for name in benchmarks {
//!                 let measured: Vec<Pair> = pairs.by_ref().take(count).collect();
//!                 if measured.is_empty() {
//!                     judge.stop(&name);
//!                 } else {
//!                     judge.feed_pairs(&name, measured);
//!                 }
//!             }
//!         }
//!         Step::Measure { .. } => unreachable!("nothing is judged against a history"),
//!         Step::Done(verdicts) => break verdicts.verdicts,
//!     }
//! };
//!
//! let verdict = &verdicts[0];
//! assert_eq!(verdict.state, State::Regression);
//! assert_eq!(verdict.severity, Some(Severity::Minor));
//! assert_eq!(verdict.change.unwrap().percent().round(), 12.0);
//! ```
//!
//! # Keeping a history
//!
//! 1. [`Measured::of`] summarizes the launches of a benchmark, each a [`LaunchResult`].
//! 2. [`Run::new`] joins them with the [`Machine`] that measured; [`Run::with_id`] gives the run its
//!    identity. [`Run::to_json`] and [`Run::from_json`] are its file.
//! 3. A [`History`] holds runs. A [`Selector`] picks the comparable ones as a baseline.
//! 4. A [`Comparison`] with [`Reference::Runs`] compares a benchmark with that baseline. The judge
//!    then requests launches of the head alone. It requests reruns of candidate regressions as far
//!    as its [`JudgeConfig`] allows.
//!
//! # Checking budgets
//!
//! [`BudgetFile::parse`] reads absolute limits, [`check_budgets`] checks a run against them, and
//! [`Outcome::of`] decides by the [`Gate`] whether verdicts and budgets fail a check.
//!
//! # Stability
//!
//! The items listed below are the public interface. The modules behind them are shared with the
//! sibling crates of this workspace; they are hidden here and can change in any version.

#[doc(hidden)]
pub mod ident;
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod unit;
#[doc(hidden)]
pub mod stats;
#[doc(hidden)]
pub mod scaling;
#[doc(hidden)]
pub mod run;
#[doc(hidden)]
pub mod history;
#[doc(hidden)]
pub mod baseline;
#[doc(hidden)]
pub mod detect;
#[doc(hidden)]
pub mod cause;
#[doc(hidden)]
pub mod budget;
#[doc(hidden)]
pub mod verdict;
#[doc(hidden)]
pub mod versus;
#[doc(hidden)]
pub mod bisect;
#[doc(hidden)]
pub mod backfill;

pub use baseline::{Selection, Selector};
pub use budget::{
    Budget, BudgetError, BudgetFile, BudgetResult, BudgetStatus, CountLimit, Gate, Required,
    check as check_budgets,
};
pub use detect::Severity;
pub use history::History;
pub use ident::BenchmarkId;
pub use run::{Commit, LaunchResult, LaunchTimes, Machine, Measured, Pair, Run, RunError, Side};
pub use unit::LogRatio;
pub use verdict::{
    Comparison, Judge, JudgeConfig, Outcome, Reference, State, Step, Verdict, Verdicts,
};
