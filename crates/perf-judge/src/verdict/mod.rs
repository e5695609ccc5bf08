//! The judge: a state machine that asks for launches and ends with a verdict for each benchmark.
//!
//! It does no measuring. A driver asks [`Judge::step`] what to do, measures, feeds what it read and
//! asks again. The command, its tests and data from elsewhere drive the same judge.

pub mod jsonl;
mod comparison;
mod waiver;
mod gate;
mod judge;
pub mod calibrate;
mod reason;
mod replay;
mod result;
mod state;
mod benchmark_state;

pub use comparison::{Comparison, Reference};
pub use gate::Outcome;
pub use judge::{Judge, JudgeConfig, Step};
pub use replay::{Rounds, replay};
pub use result::{Stage, StageResult, Trace, Verdict, Verdicts, Waiver};
pub use state::{Method, State};
pub use waiver::excuse;
