//! The history that a command works on.

use super::args::HistoryCommand;
use crate::bench::Workspace;
use crate::budget_file;
use crate::output::OutputFolder;
use crate::store::spool::Spool;
use crate::store::{Objects, Repository};
use crate::ui;
use anyhow::{Context as _, Result};
use xshell::Shell;

/// The repository and the pending measurements.
pub(super) struct OpenedHistory {
    pub(super) repository: Repository,
    pub(super) pending: Spool,
}

impl OpenedHistory {
    pub(super) fn open(args: &HistoryCommand) -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        let workspace = Workspace::find(&sh, args.manifest_path.as_deref())?;
        let settings = budget_file::read(&workspace.root)?.unwrap_or_default().1;
        let location = args.history.history_ref(&settings)?;
        let output = OutputFolder::locate(args.output.as_deref(), &workspace)?;
        let repository = Repository::open(&workspace.root, &location)?;
        Ok(Self { pending: Spool::of(&output, &repository)?, repository })
    }

    /// The commit to read, with all files that earlier commits contain.
    pub(super) fn tip(&self) -> Result<String> {
        self.repository.complete_commit(&self.newest_commit()?)
    }

    /// The newest commit of the branch, even if files are missing in it.
    pub(super) fn newest_commit(&self) -> Result<String> {
        let tips = self.repository.newest_commits()?;
        if tips.len() > 1 {
            ui::say(
                "note: the remote has runs that this clone lacks: run `cargo xtask perf history add --publish` to merge them",
            );
        }
        let branch = self.repository.branch();
        tips.into_iter().next().with_context(|| {
            format!(
                "there is no history on `{branch}` yet: run `cargo xtask perf` to record a run, or `git fetch` to get the remote's runs"
            )
        })
    }

    pub(super) fn objects(&self) -> Objects {
        self.repository.objects()
    }
}
