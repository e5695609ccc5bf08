//! `cargo xtask perf history`: commands on recorded runs.

mod args;
mod list;
mod opened;
mod transfer;
mod verify;

pub(crate) use args::HistoryCommand;

use crate::store::spool;
use crate::store::{Addition, Repository, Rotation};
use crate::ui;
use anyhow::{Result, bail};
use args::{AddArgs, HistoryTask, RotateArgs};
use opened::OpenedHistory;
use perf_judge::unit;
use std::process::ExitCode;

/// Runs the subcommand.
pub(crate) fn run(args: &HistoryCommand) -> Result<ExitCode> {
    let history = OpenedHistory::open(args)?;
    match &args.task {
        HistoryTask::List(args) => list::list(&history, args),
        HistoryTask::Show { run } => list::show(&history, run),
        HistoryTask::Machines => list::machines(&history),
        HistoryTask::Verify { repair } => return verify::run(&history, *repair),
        HistoryTask::Export(args) => transfer::export(&history, args),
        HistoryTask::Import(args) => transfer::import(&history, args),
        HistoryTask::Add(args) => add(&history, args),
        HistoryTask::Rotate(args) => rotate(&history, args),
        HistoryTask::FollowRotation => {
            ui::say(&history.repository.follow_rotation()?);
            Ok(())
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Records the given files and pending measurements.
fn add(history: &OpenedHistory, args: &AddArgs) -> Result<()> {
    let repository = &history.repository;
    repository.check_writable()?;
    if args.publish {
        repository.check_remote()?;
    }
    let files: Vec<_> = args.files.iter().map(|file| spool::read(file)).collect::<Result<_>>()?;
    let pending = history.pending.record(repository)?;
    if let Some(commit) = &pending.commit {
        ui::say(&format!(
            "recorded the pending measurements in commit {} of {}",
            &commit[..12],
            repository.branch()
        ));
    }
    if !files.is_empty() {
        ui::say(&added(repository, &repository.record(&files)?)?);
    } else if pending.commit.is_none() && pending.not_recorded.is_empty() {
        let folder = history.pending.folder().display();
        for other in history.pending.others() {
            ui::say(&format!(
                "note: {} contains pending measurements of another workspace, path or branch: if they belong here, run `cargo xtask perf history add` with its files",
                other.display()
            ));
        }
        ui::say(&format!("no measurement is pending in {folder}"));
    }
    if args.publish {
        ui::say(&repository.publish()?);
    }
    if !pending.not_recorded.is_empty() {
        let folder = history.pending.folder().display();
        bail!("not recorded and kept in {folder}: {}", pending.not_recorded.join("; "));
    }
    Ok(())
}

/// The result of an addition in one sentence; an error if files were refused.
fn added(repository: &Repository, addition: &Addition) -> Result<String> {
    let Addition { commit, added, refused } = addition;
    let (branch, short) = (repository.branch(), &commit[..12]);
    let done = match unit::counted(*added, "file", "files") {
        counted if *added > 0 => format!("recorded {counted} in commit {short} of {branch}"),
        _ => format!("recorded nothing new: the newest commit of {branch} is {short}"),
    };
    if refused.is_empty() {
        return Ok(done);
    }
    let why: Vec<&str> = refused.iter().map(|refusal| refusal.why.as_str()).collect();
    bail!("{done}; {}", why.join("; "))
}

/// Replaces the history by its newest runs and archives it.
fn rotate(history: &OpenedHistory, args: &RotateArgs) -> Result<()> {
    let branch = history.repository.branch();
    // Earlier versions required this text, which scripts may still contain.
    let former = format!("start {branch} anew");
    let confirm = args.confirm.as_deref();
    if confirm != Some(branch) && confirm != Some(&former) {
        bail!(
            "rotation is not confirmed: it keeps the newest {} runs on `{branch}` and moves the whole history to `{}`; add `--confirm {branch}`",
            args.keep,
            args.archive,
        );
    }
    let pending = history.pending.record(&history.repository)?;
    pending
        .not_recorded
        .iter()
        .for_each(|why| ui::say(&format!("note: {why}; it is not part of the new history")));
    let rotation = Rotation { keep: args.keep, archive: &args.archive, publish: args.publish };
    ui::say(&history.repository.rotate(&rotation)?);
    Ok(())
}
