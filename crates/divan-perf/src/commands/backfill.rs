//! `cargo xtask perf backfill`: runs of old commits, recorded with their own dates.

use crate::args::{CargoArgs, MeasureArgs, OutputArgs, duration, heading, revision};
use crate::interrupt::{Interrupt, Interrupted};
use crate::pipeline::{self, BackfillRequest, Context, PerfArgs};
use crate::store::RangeSelection;
use crate::ui;
use anyhow::Result;
use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct BackfillArgs {
    /// The commits after A up to B, as for `git log`: A..B, or A.. up to HEAD.
    #[arg(value_name = "RANGE", value_parser = range)]
    range: CommitSpan,
    /// Measure every Nth commit, counted from the newest.
    #[arg(long, value_name = "N", default_value = "1")]
    every: NonZeroUsize,
    /// Measure only commits with a tag.
    #[arg(long, conflicts_with = "first_parent")]
    tags: bool,
    /// Measure a merge as one commit.
    ///
    /// Only the first parent of each merge is followed, so commits of merged branches are not measured.
    #[arg(long)]
    first_parent: bool,
    /// Begin again instead of going on after an interrupt.
    ///
    /// Commits that could not be measured are tried again. Recorded commits are not measured again.
    #[arg(long)]
    restart: bool,
    /// Measure N commits together.
    ///
    /// Each has a build folder of its own in the user's cache.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=16), help_heading = heading::MEASUREMENT)]
    at_once: u8,
    /// Launch each benchmark N times.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100), help_heading = heading::MEASUREMENT)]
    launches: u16,
    /// Set the measured time per launch, in milliseconds [default: 50].
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u16).range(1..=60_000), help_heading = heading::MEASUREMENT)]
    launch_ms: Option<u16>,
    /// Do not count instructions and allocations.
    #[arg(long, help_heading = heading::MEASUREMENT)]
    no_counts: bool,
    /// Begin no further commits after this time, e.g. 20m.
    ///
    /// The commits that are measured by then are spread over the range, and denser where the times
    /// changed. The exit status is 3 if some are left.
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = heading::MEASUREMENT)]
    time_limit: Option<Duration>,
    /// Seed of the launch order [default: random].
    #[arg(long, value_name = "N", help_heading = heading::MEASUREMENT)]
    seed: Option<u32>,
    #[command(flatten)]
    cargo: CargoArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The commits after one up to another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CommitSpan {
    from: String,
    to: String,
}

/// Measures and records the commits. The exit status is 3 if some are left, or if none could be measured.
pub(crate) fn run(args: &BackfillArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let perf = PerfArgs::of_run(args.measure(), args.launches, !args.no_counts);
    let context = Context::check(&perf.measure.output, &perf.measure.cargo)?;
    let selection = match (args.tags, args.first_parent) {
        (true, _) => RangeSelection::Tags,
        (false, true) => RangeSelection::FirstParents,
        (false, false) => RangeSelection::Linear,
    };
    let request = BackfillRequest {
        from: &args.range.from,
        to: &args.range.to,
        selection,
        every: args.every.get(),
        group: args.at_once,
        time_limit: args.time_limit,
        restart: args.restart,
    };
    let is_done = pipeline::backfill(context, &request, &perf, &interrupt);
    if is_done.as_ref().is_err_and(|error| error.is::<Interrupted>()) {
        ui::say("the launches so far are kept: the same command goes on after them");
    }
    Ok(ExitCode::from(if is_done? { 0 } else { 3 }))
}

impl BackfillArgs {
    fn measure(&self) -> MeasureArgs {
        let mut measure =
            MeasureArgs::unrecorded(self.output.record.history.clone(), PathBuf::new());
        measure.launch_ms = self.launch_ms;
        measure.seed = self.seed;
        measure.cargo = self.cargo.clone();
        measure.output = self.output.clone();
        measure
    }
}

/// Two commits with `..` between them; without the second one it is HEAD.
fn range(text: &str) -> Result<CommitSpan, String> {
    let fix = "write a range such as `v1.0..main`, or `v1.0..` up to HEAD";
    let (from, to) = text.split_once("..").ok_or_else(|| fix.to_owned())?;
    if to.starts_with('.') {
        return Err(format!("it has three dots; {fix}"));
    }
    let to = if to.is_empty() { "HEAD" } else { to };
    let part = |part: &str| revision(part).map_err(|_| fix.to_owned());
    Ok(CommitSpan { from: part(from)?, to: part(to)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_two_commits() {
        let span = |from: &str, to: &str| CommitSpan { from: from.to_owned(), to: to.to_owned() };
        for (text, expected) in [
            ("a..b", Some(span("a", "b"))),
            ("v1.0..", Some(span("v1.0", "HEAD"))),
            ("HEAD~5..main", Some(span("HEAD~5", "main"))),
            ("main", None),
            ("..main", None),
            ("a...b", None),
            ("-x..b", None),
            ("a..b..c", None),
        ] {
            assert_eq!(range(text).ok(), expected, "{text}");
        }
    }
}
