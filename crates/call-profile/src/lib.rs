//! Where the instructions of a benchmark go.
//!
//! 1. [`Stacks::of`] walks a call graph of callgrind, and gives each instruction the stack of functions
//!    that led to it, inlined ones included.
//! 2. [`functions()`] adds the stacks up by function: its own instructions, and those of its calls.
//! 3. [`patterns()`] finds known reasons for many instructions among them.
//! 4. [`flame_graph()`] and [`differential`] draw the stacks.
//! 5. [`CallDifference`] is what is recorded of two builds.
//!
//! It does no I/O. All numbers are instructions or calls of one iteration. Names come from executables:
//! escape them where they are shown.

mod difference;
mod flame_graph;
mod functions;
mod patterns;
mod stacks;

pub use difference::{CallDifference, Frame};
pub use flame_graph::{DrawError, FlameText, differential, flame_graph};
pub use functions::{FunctionCost, FunctionPair, functions, pairs};
pub use patterns::{Pattern, PatternKind, call_sites, owners, patterns};
pub use stacks::{Stacks, Symbols};
