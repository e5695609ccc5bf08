//! From the readings of bench launches to a verdict and a report, without I/O.
//!
//! The modules stand in the order of the pipeline, and each uses only those before it:
//!
//! ```text
//! launches → readings → Run → History → Baseline → Change → Verdict → Report → text, Markdown, JSON, site
//! ```
//!
//! Time, randomness and facts about the machine are arguments, so that the same input gives the
//! same bytes and every rule can be tested without a clock.

pub mod ident;
pub mod unit;
pub mod stats;
pub mod partition;
pub mod divan;
pub mod sample;
pub mod run;
pub mod history;
pub mod baseline;
pub mod detect;
pub mod budget;
pub mod verdict;
pub mod report;
