//! `cargo xtask perf backfill`: measures old commits, and records their runs.
//!
//! [`backfill`] measures some commits together, until none is open or the time is over.

mod kept_launches;
mod group_member;
mod progress;
mod summary;
mod wanted_run;
mod group;

use super::args::PerfArgs;
use super::context::Context;
use crate::interrupt::Interrupt;
use crate::store::{BackfillCommit, RangeSelection, Repository};
use crate::ui;
use anyhow::{Context as _, Result};
use group::GroupRunner;
use progress::BackfillProgress;
use std::time::{Duration, Instant};

/// What is measured.
#[derive(Debug)]
pub(crate) struct BackfillRequest<'a> {
    /// The commit before the range.
    pub(crate) from: &'a str,
    /// The last commit of the range.
    pub(crate) to: &'a str,
    pub(crate) selection: RangeSelection,
    /// The distance of the measured commits, counted from the last one.
    pub(crate) every: usize,
    /// How many commits are measured together.
    pub(crate) group: u8,
    /// The time after which no further commits are begun.
    pub(crate) time_limit: Option<Duration>,
    /// Whether the progress of an interrupted command is left out.
    pub(crate) restart: bool,
}

/// Measures and records the commits. Returns whether none is left and at least one is recorded.
pub(crate) fn backfill(
    context: Context,
    request: &BackfillRequest<'_>,
    args: &PerfArgs,
    interrupt: &Interrupt,
) -> Result<bool> {
    let started = Instant::now();
    let repository = context.history.shared_repository();
    let repository =
        repository.context("commits are built from a git repository: run it in a clone")?;
    let commits = commits(&context, &repository, request)?;
    let mut progress = BackfillProgress::begin(&context, &commits, args, request.restart)?;
    progress.announce();
    let mut runner = GroupRunner::new(context, &repository, args, interrupt);
    let mut longest = Duration::ZERO;
    loop {
        let group = progress.next(request.group.into())?;
        if group.is_empty() {
            break;
        }
        let is_late = |limit: Duration| started.elapsed() + longest > limit;
        if request.time_limit.is_some_and(is_late) {
            ui::say("--time-limit: no further commits are begun; the same command goes on");
            break;
        }
        let begun = Instant::now();
        runner.run(&mut progress, &group)?;
        longest = longest.max(begun.elapsed());
    }
    runner.publish()?;
    Ok(progress.finish())
}

/// The selected commits, with the branch that they are on.
fn commits(
    context: &Context,
    repository: &Repository,
    request: &BackfillRequest<'_>,
) -> Result<Vec<BackfillCommit>> {
    let all = repository.backfill_range(request.from, request.to, request.selection)?;
    let Some(last) = all.last().map(|last| last.commit.hash.clone()) else { return Ok(all) };
    let base = &context.history.base_branch.name;
    let head = context.history.commit.as_ref();
    let branch = if repository.is_on_branch(&last, base)? {
        Some(base.clone())
    } else {
        head.filter(|head| head.hash == last).and_then(|head| head.branch.clone())
    };
    let mut selected = every(all, request.every);
    for commit in &mut selected {
        commit.commit.branch.clone_from(&branch);
    }
    Ok(selected)
}

/// Every `distance`-th of them, counted from the last one.
fn every<T>(all: Vec<T>, distance: usize) -> Vec<T> {
    let last = all.len().saturating_sub(1);
    let is_selected = |(at, _): &(usize, T)| (last - at).is_multiple_of(distance);
    all.into_iter().enumerate().filter(is_selected).map(|(_, each)| each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_commit_is_always_selected() {
        for (count, distance, expected) in [
            (5, 1, vec![0, 1, 2, 3, 4]),
            (5, 2, vec![0, 2, 4]),
            (6, 4, vec![1, 5]),
            (3, 9, vec![2]),
            (0, 2, vec![]),
        ] {
            assert_eq!(every((0..count).collect(), distance), expected);
        }
    }
}
