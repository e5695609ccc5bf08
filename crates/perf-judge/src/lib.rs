//! Finds performance regressions: from the launches of benchmarks to a verdict, without I/O.
//!
//! The modules stand in the order of the pipeline, and each uses only those before it:
//!
//! ```text
//! launches → Run → History → Baseline → Change → Budget → Verdict
//! ```
//!
//! Time, randomness and facts about the machine are arguments, so that the same input gives the
//! same bytes and every rule can be tested without a clock.

#[doc(hidden)]
pub mod ident;
#[doc(hidden)]
pub mod unit;
#[doc(hidden)]
pub mod stats;
#[doc(hidden)]
pub mod run;
#[doc(hidden)]
pub mod history;
#[doc(hidden)]
pub mod baseline;
#[doc(hidden)]
pub mod detect;
#[doc(hidden)]
pub mod budget;
#[doc(hidden)]
pub mod verdict;
