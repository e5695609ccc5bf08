//! `cargo xtask perf history`: what is recorded, looked at, checked, moved in and out.

mod args;
mod list;
mod opened;
mod transfer;
mod verify;

pub(crate) use args::HistoryArgs;

use crate::store::Restart;
use crate::store::spool;
use crate::ui;
use anyhow::{Result, bail};
use args::{AddArgs, HistoryTask, RestartArgs};
use opened::Store;
use std::path::PathBuf;
use std::process::ExitCode;

/// Does what was asked of the history.
pub(crate) fn run(args: &HistoryArgs) -> Result<ExitCode> {
    let store = Store::open(args)?;
    match &args.task {
        HistoryTask::List(asked) => list::list(&store, asked),
        HistoryTask::Show { run } => list::show(&store, run),
        HistoryTask::Machines => list::machines(&store),
        HistoryTask::Verify { repair } => return verify::run(&store, *repair),
        HistoryTask::Export(asked) => transfer::export(&store, asked),
        HistoryTask::Import(asked) => transfer::import(&store, asked),
        HistoryTask::Add(asked) => add(&store, asked),
        HistoryTask::Restart(asked) => restart(&store, asked),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Records files, and what earlier runs left behind.
fn add(store: &Store, asked: &AddArgs) -> Result<()> {
    let repository = &store.repository;
    repository.check_writable()?;
    if asked.publish {
        repository.check_remote()?;
    }
    let files: Vec<_> =
        asked.files.iter().map(|file: &PathBuf| spool::read(file)).collect::<Result<_>>()?;
    store.pending.keep(&files)?;
    match store.pending.record(repository)? {
        Some(commit) => {
            ui::say(&format!("recorded: {} stands at {}", repository.branch(), &commit[..12]));
        }
        None => ui::say("nothing waits for being recorded"),
    }
    if asked.publish {
        ui::say(&repository.publish()?);
    }
    Ok(())
}

/// Starts the history anew.
fn restart(store: &Store, asked: &RestartArgs) -> Result<()> {
    let words = format!("start {} anew", store.repository.branch());
    if asked.confirm.as_deref() != Some(&words) {
        bail!(
            "this begins a history with the newest {} runs, and moves the one that is to `{}`: say so by --confirm \"{words}\"",
            asked.keep,
            asked.archive,
        );
    }
    store.pending.record(&store.repository)?;
    let restart = Restart { keep: asked.keep, archive: &asked.archive, publish: asked.publish };
    ui::say(&store.repository.restart(&restart)?);
    Ok(())
}
