//! Finds the track of a catalogue that each track of a library is.
//!
//! ```text
//! Track → Wanted → plan → search → score → order → TrackMatch
//! ```
//!
//! A [`Wanted`] holds a library's data about one track. A few queries ask the catalogue for
//! candidates, likeliest reading first, until one is certain. Every candidate is scored once, with
//! the reason if it is refused. The order of candidates is total, so that the result does not
//! depend on how many threads worked on it.

mod batch;
mod matcher;
mod plan;
mod score;
mod similarity;
mod version;
mod wanted;

pub use batch::{Progress, Workers, match_all};
pub use matcher::{Candidate, Confidence, QueryLog, ReviewReason, TrackMatch, match_track};
pub use plan::Stage;
pub use score::{Points, Refusal, Score};
pub use wanted::Wanted;
