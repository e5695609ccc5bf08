//! The rules that tell a change from noise. They speak in natural logarithms throughout.

pub mod evidence;
mod finding;
pub mod history;
pub mod paired;
pub mod steps;

pub use finding::{Change, Finding, Severity};
