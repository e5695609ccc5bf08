//! The order in which old commits are measured, and what is recorded of each.

mod difference;
mod order;
mod times;

pub use difference::differ;
pub use order::{BackfillState, next_commits};
pub use times::increasing;
