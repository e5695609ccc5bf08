//! The rules that tell a change from noise. They speak in natural logarithms throughout.

pub mod counts;
mod finding;
pub mod history;
pub mod paired;
pub mod change_points;

pub use finding::{Change, Finding, Severity};
