//! The tests that separate a change from noise. All ratios are natural logarithms.

pub mod counts;
mod differences;
mod finding;
pub mod history;
pub mod paired;
pub mod pooled;
pub mod midpoint;
mod sign_test;
pub mod system_calls;
pub mod change_points;
mod level_interval;

pub use finding::{Change, Finding, Severity};
pub use level_interval::level_interval;

/// The one-sided level of each end of a confidence interval, whose own level is 89 %. In a sign test
/// 8 of 10 pairs reach it.
const BOUND_LEVEL: f64 = 0.055;
