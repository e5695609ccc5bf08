//! `cargo xtask perf history`: what is recorded, looked at, checked, moved in and out.

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

/// Does what was asked of the history.
pub(crate) fn run(args: &HistoryCommand) -> Result<ExitCode> {
    let store = OpenedHistory::open(args)?;
    match &args.task {
        HistoryTask::List(asked) => list::list(&store, asked),
        HistoryTask::Show { run } => list::show(&store, run),
        HistoryTask::Machines => list::machines(&store),
        HistoryTask::Verify { repair } => return verify::run(&store, *repair),
        HistoryTask::Export(asked) => transfer::export(&store, asked),
        HistoryTask::Import(asked) => transfer::import(&store, asked),
        HistoryTask::Add(asked) => add(&store, asked),
        HistoryTask::Rotate(asked) => rotate(&store, asked),
        HistoryTask::FollowRotation => {
            ui::say(&store.repository.follow_rotation()?);
            Ok(())
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Records files, and what earlier runs left behind.
fn add(store: &OpenedHistory, asked: &AddArgs) -> Result<()> {
    let repository = &store.repository;
    repository.check_writable()?;
    if asked.publish {
        repository.check_remote()?;
    }
    let files: Vec<_> = asked.files.iter().map(|file| spool::read(file)).collect::<Result<_>>()?;
    let waiting = store.pending.record(repository)?;
    if let Some(commit) = &waiting.commit {
        ui::say(&format!(
            "recorded what waited: {} stands at {}",
            repository.branch(),
            &commit[..12]
        ));
    }
    if !files.is_empty() {
        ui::say(&added(repository, &repository.record(&files)?)?);
    } else if waiting.commit.is_none() && waiting.not_recorded.is_empty() {
        let folder = store.pending.folder().display();
        for other in store.pending.others() {
            ui::say(&format!(
                "note: measurements of another workspace, path or branch wait in {}: if they are of this workspace, give their files to `history add`",
                other.display()
            ));
        }
        ui::say(&format!("nothing waits to be recorded in {folder}"));
    }
    if asked.publish {
        ui::say(&repository.publish()?);
    }
    if !waiting.not_recorded.is_empty() {
        let folder = store.pending.folder().display();
        bail!("not recorded, and kept in {folder}: {}", waiting.not_recorded.join("; "));
    }
    Ok(())
}

/// What an addition did, in a sentence; an error if it left something out.
fn added(repository: &Repository, addition: &Addition) -> Result<String> {
    let Addition { commit, added, refused } = addition;
    let (branch, short) = (repository.branch(), &commit[..12]);
    let done = match unit::counted(*added, "file", "files") {
        counted if *added > 0 => format!("recorded {counted}: {branch} stands at {short}"),
        _ => format!("recorded nothing new: {branch} stands at {short}"),
    };
    if refused.is_empty() {
        return Ok(done);
    }
    let why: Vec<&str> = refused.iter().map(|refusal| refusal.why.as_str()).collect();
    bail!("{done}; {}", why.join("; "))
}

/// Replaces the history by its newest runs, and archives it.
fn rotate(store: &OpenedHistory, asked: &RotateArgs) -> Result<()> {
    let branch = store.repository.branch();
    // What earlier versions asked for: scripts go on working.
    let former = format!("start {branch} anew");
    let confirm = asked.confirm.as_deref();
    if confirm != Some(branch) && confirm != Some(&former) {
        bail!(
            "this keeps the newest {} runs on `{branch}` and moves the whole history to `{}`: add `--confirm {branch}` to do it",
            asked.keep,
            asked.archive,
        );
    }
    let waiting = store.pending.record(&store.repository)?;
    waiting.not_recorded.iter().for_each(|why| ui::say(&format!("note: {why}; it is left out")));
    let rotation = Rotation { keep: asked.keep, archive: &asked.archive, publish: asked.publish };
    ui::say(&store.repository.rotate(&rotation)?);
    Ok(())
}
