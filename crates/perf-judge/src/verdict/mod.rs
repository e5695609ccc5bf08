//! The judge: a state machine that asks for launches and ends with a verdict for each benchmark.
//!
//! It does no measuring. A driver asks [`Judge::step`] what to do, measures, feeds what it read and
//! asks again. The command, its tests and data from elsewhere drive the same judge.

pub mod exchange;
mod case;
mod excuse;
mod gate;
mod judge;
pub mod qualify;
mod reason;
mod replay;
mod result;
mod state;
mod subject;

pub use case::{Against, Case};
pub use excuse::excuse;
pub use gate::Outcome;
pub use judge::{Effort, Judge, Step};
pub use replay::{Rounds, replay};
pub use result::{Excuse, Look, Seen, Trace, Verdict, Verdicts};
pub use state::{Method, State};
