//! The judge: a state machine that requests launches and returns a verdict per benchmark.
//!
//! The judge does not measure. An executor calls [`Judge::step`], measures what it requests, feeds
//! the results and calls it again. The command, the tests and `perf judge` use the same judge.

pub mod jsonl;
mod comparison;
mod waiver;
mod causes;
mod count_verdict;
mod gate;
mod history_verdict;
mod judge;
mod placement;
pub mod calibrate;
mod reason;
mod replay;
mod result;
mod state;
mod benchmark_state;

pub use comparison::{Comparison, Reference};
pub use gate::Outcome;
pub use judge::{Judge, JudgeConfig, Step};
pub use placement::ORDERS;
pub use replay::{RecordedComparisons, RecordedPairs, replay};
pub use result::{CountedRun, Stage, StageResult, Trace, Verdict, Verdicts, Waiver};
pub use state::{Method, State};
pub use waiver::apply_waivers;
