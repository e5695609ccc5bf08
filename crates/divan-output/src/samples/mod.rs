//! Rebuilds the samples of a Divan process from the clock reads that the clock tap recorded.
//!
//! 1. [`Recording`]: the tap's file as events.
//! 2. `reads`: which clock reads belong to which row, by the position of standard output.
//! 3. `layout`: which of a row's reads are the ends of samples, as a guess.
//! 4. `overhead`: what Divan subtracts from a sample, from its own calibration.
//! 5. `proof`: whether a guess gives the four times that Divan printed. If not, it is refused.

mod layout;
mod overhead;
mod proof;
mod reads;
mod rebuild;
mod recording;
#[cfg(test)]
mod simulation;

pub use rebuild::{Rebuilt, Refusal, Samples, rebuild};
pub use recording::{
    Allocated, Event, MARKS_VARIABLE, Marks, OUT_VARIABLE, PROGRAM_VARIABLE, RECORDS_VARIABLE,
    Recording, RecordingError, Sizing, Used,
};
