//! The flags of `perf` itself.

use crate::args::{FailOn, MeasureArgs, RunFormat, heading, revision};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct PerfArgs {
    /// Compare with the merge base of HEAD and REF, in pairs.
    ///
    /// The merge base is the commit where this branch left REF. It is built in a separate worktree.
    /// Both builds run in randomized pairs until each benchmark is decided. Uncommitted changes are
    /// measured too.
    #[arg(long, value_name = "REF", value_parser = revision, conflicts_with_all = ["launches", "quick"], help_heading = heading::COMPARISON)]
    pub(crate) compare: Option<String>,
    /// Compare with REF itself instead of the merge base.
    ///
    /// The result then also contains the changes on REF since this branch left it.
    #[arg(long, requires = "compare", help_heading = heading::COMPARISON)]
    pub(crate) tip: bool,
    /// Measure benchmarks even if both builds are identical.
    ///
    /// By default a benchmark is skipped if its executables have the same bytes in both builds.
    /// Files that it reads must not differ either. Use the flag to check the machine's noise.
    #[arg(long, help_heading = heading::COMPARISON)]
    pub(crate) no_skip: bool,
    /// Time benchmarks even if they execute the same code in both builds.
    ///
    /// By default both builds are counted first. A benchmark is not timed if it executes the same
    /// functions with the same machine code, data, instructions and allocations in both. Only the
    /// placement of its code can then change its time.
    #[arg(long, requires = "compare", help_heading = heading::COMPARISON)]
    pub(crate) time_all: bool,
    /// Go on with a comparison that Ctrl-C or the time limit ended.
    ///
    /// Its pairs are kept in the output folder. Repeat the command with the same options: the checkout,
    /// the base and the machine must not have changed.
    #[arg(long, requires = "compare", conflicts_with = "counts_only", help_heading = heading::COMPARISON)]
    pub(crate) resume: bool,
    /// Do not count instructions and allocations.
    ///
    /// By default every benchmark is counted on all processors, after the launches of a run and
    /// before the pairs of a comparison. Instructions need valgrind. A quick run counts only what a
    /// budget limits.
    #[arg(long, help_heading = heading::MEASUREMENT)]
    pub(crate) no_counts: bool,
    /// Do not check code placement.
    ///
    /// Otherwise a change that no count explains is measured again with the functions in 20 random
    /// orders. Without this check, code placement may explain such a change.
    #[arg(long, help_heading = heading::MEASUREMENT)]
    pub(crate) no_placement: bool,
    /// Compare only instructions and allocations, without timing.
    ///
    /// All processors count at the same time, and background load does not matter. Use it on a busy
    /// machine, or for a quick check. Budgets of counts are checked. Nothing is recorded.
    #[arg(long, conflicts_with_all = ["launches", "quick", "no_counts", "publish", "site_branch"], help_heading = heading::MEASUREMENT)]
    pub(crate) counts_only: bool,
    /// What is the default now.
    #[arg(long, hide = true, conflicts_with = "no_counts")]
    instructions: bool,
    /// Launch each benchmark N times [default: 5].
    ///
    /// A launch is one process that runs one benchmark. A run with fewer than three launches is
    /// never part of a baseline. Comparisons use pairs of launches instead, so the option cannot be
    /// combined with --compare.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = heading::MEASUREMENT)]
    pub(crate) launches: Option<u16>,
    /// Launch each benchmark only twice, for an estimate.
    ///
    /// A benchmark without recorded sample sizes is launched for 20 ms instead of 50 ms, and only
    /// once if that takes a second or more.
    ///
    /// A full run launches a slower benchmark ten more times before it reports a regression. A quick
    /// run does not. It fails only for a budget of counts, never for a regression. It is recorded
    /// like any run, but never part of a baseline. It cannot be combined with --compare.
    #[arg(long, help_heading = heading::MEASUREMENT)]
    pub(crate) quick: bool,
    #[command(flatten)]
    pub(crate) measure: MeasureArgs,
    /// Fail on regressions of at least this severity.
    ///
    /// It replaces the levels of `gate` in perf-budgets.json for this run. `gate.counts` stays, unless
    /// the level is never. The gate's defaults are critical
    /// against the history, major in comparisons, and minor where the instructions grew too.
    ///
    /// The limits of the levels have a tolerance of 2 percentage points: a measured +19.9 % is
    /// major. A notice (below 10 %) never fails.
    #[arg(long, value_enum, value_name = "LEVEL", help_heading = heading::OUTPUT)]
    pub(crate) fail_on: Option<FailOn>,
    /// Print the report in this format.
    #[arg(long, value_enum, default_value_t = RunFormat::Human, help_heading = heading::OUTPUT)]
    pub(crate) format: RunFormat,
}

/// Which counts decide a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountUse {
    /// Counts and times.
    WithTimes,
    /// Counts without times.
    Alone,
    /// Times without counts.
    Never,
}

/// What the launches are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A run that is recorded.
    Run,
    /// The same with `--quick`.
    QuickRun,
    /// Pairs of base and head.
    Comparison,
}

impl PerfArgs {
    /// The defaults of a comparison of two commits in pairs, without recording.
    pub(crate) fn of_pairs(measure: MeasureArgs, counts: CountUse) -> Self {
        Self {
            // Executors only read whether there is a reference.
            compare: Some(String::new()),
            tip: true,
            no_skip: false,
            time_all: false,
            resume: false,
            no_counts: counts == CountUse::Never,
            no_placement: false,
            counts_only: counts == CountUse::Alone,
            instructions: false,
            launches: None,
            quick: false,
            measure,
            fail_on: None,
            format: RunFormat::Human,
        }
    }

    /// The defaults of a run that is recorded.
    pub(crate) fn of_run(measure: MeasureArgs, launches: u16, counts: bool) -> Self {
        let with_times = Self::of_pairs(measure, CountUse::WithTimes);
        Self {
            compare: None,
            tip: false,
            launches: Some(launches),
            no_counts: !counts,
            ..with_times
        }
    }

    /// What the launches are for.
    pub(super) fn purpose(&self) -> Purpose {
        if self.compare.is_some() && !self.counts_only {
            Purpose::Comparison
        } else if self.quick {
            Purpose::QuickRun
        } else {
            Purpose::Run
        }
    }
}
