//! What `perf` itself is told.

use crate::args::{FailOn, Format, MeasureArgs, revision};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct PerfArgs {
    /// Measure this checkout and its merge base with REF side by side, and say what got slower.
    #[arg(long, value_name = "REF", value_parser = revision, conflicts_with_all = ["launches", "quick"])]
    pub(crate) compare: Option<String>,
    /// Compare with REF itself, not with where this checkout left it.
    #[arg(long, requires = "compare")]
    pub(crate) tip: bool,
    /// Launches of each benchmark [default: 5].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) launches: Option<u16>,
    /// Two launches, no second look: a first impression that only a budget of allocations fails.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure also what is the same executable on both sides.
    #[arg(long)]
    pub(crate) no_skip: bool,
    /// Count instructions of everything that is compared side by side, not only of what changed.
    #[arg(long)]
    pub(crate) instructions: bool,
    /// The lowest severity that fails, instead of the gate in perf-budgets.json.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) fail_on: Option<FailOn>,
    /// What standard output gets.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) common: MeasureArgs,
}
