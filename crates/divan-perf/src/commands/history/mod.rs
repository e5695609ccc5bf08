//! `cargo xtask perf history`: what is recorded, looked at, checked, moved in and out.

mod args;
mod list;
mod transfer;
mod verify;

pub(crate) use args::HistoryArgs;

use crate::args::PlaceArgs;
use crate::bench::Workspace;
use crate::budget_file;
use crate::store::spool::{self, Pending};
use crate::store::{Objects, Repository, Restart};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use args::{AddArgs, HistoryTask, RestartArgs};
use std::path::PathBuf;
use std::process::ExitCode;
use xshell::Shell;

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

/// The repository, and where measurements wait for being recorded.
struct Store {
    repository: Repository,
    pending: Pending,
}

impl Store {
    fn open(args: &HistoryArgs) -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        let workspace = Workspace::find(&sh, args.manifest_path.as_deref(), &[])?;
        let settings = budget_file::read(&workspace.root)?.unwrap_or_default().1;
        let location = PlaceArgs::location(&args.place, &settings.history);
        let output = args.output.clone().unwrap_or_else(|| workspace.target_dir.join("perf"));
        Ok(Self {
            repository: Repository::open(&workspace.root, &location)?,
            pending: Pending::of(&output, &location.branch),
        })
    }

    /// The commit whose history is read.
    fn tip(&self) -> Result<String> {
        let tips = self.repository.tips()?;
        if tips.len() > 1 {
            ui::say(
                "note: the remote has runs that this clone lacks: `history add --publish` joins them",
            );
        }
        let branch = self.repository.branch();
        tips.into_iter().next().with_context(|| {
            format!(
                "there is no history on `{branch}` yet: `cargo xtask perf` records the first run, `git fetch` brings what others recorded"
            )
        })
    }

    fn objects(&self) -> Objects {
        self.repository.objects()
    }
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
