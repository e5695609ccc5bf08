//! What a base needs beside its commit: untracked files of the checkout, and files that a command
//! generates.

use crate::bench::{BaseCache, Launcher};
use crate::store::{Repository, SourceState, clear_git_variables};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::budget::BaseConfig;
use perf_report::visible;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The time after which the command is ended.
const COMMAND_LIMIT: Duration = Duration::from_secs(30 * 60);

/// The files of a base's work tree that are not of its commit.
#[derive(Debug, Default)]
pub(super) struct BaseInputs {
    /// The files that are copies of the checkout's.
    copied: BTreeSet<String>,
    /// The files that the command left and that differ from those of the checkout.
    differing: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl BaseInputs {
    /// Copies the files and runs the command of `config`. `workspace` is the base's workspace.
    pub(super) fn prepare(
        config: &BaseConfig,
        repository: &Repository,
        cache: &BaseCache,
        workspace: &Path,
        launcher: &Launcher,
    ) -> Result<Self> {
        let copied = repository.copy_untracked(&config.files, &cache.tree)?;
        let mut inputs = Self { copied: copied.paths, notes: copied.notes, ..Self::default() };
        if !config.command.is_empty() {
            run(&config.command, cache, workspace, launcher)?;
            let mut generated = repository.untracked_in(&cache.tree)?;
            let root = repository.root();
            generated.retain(|path| !is_equal(&root.join(path), &cache.tree.join(path)));
            inputs.differing = generated;
        }
        Ok(inputs)
    }

    /// The state of all files that the base is built from.
    pub(super) fn added_to(&self, sources: SourceState) -> SourceState {
        sources.with_files(self.copied.iter())
    }

    /// The files in which base and checkout differ. `changed` are those that differ from the commit.
    pub(super) fn changed(&self, mut changed: Vec<String>) -> Vec<String> {
        changed.retain(|path| !self.copied.contains(path));
        changed.extend(self.differing.iter().cloned());
        changed
    }
}

/// Runs the command as the base's own code, like its build scripts, and without a shell.
fn run(command: &[String], cache: &BaseCache, workspace: &Path, launcher: &Launcher) -> Result<()> {
    let [program, arguments @ ..] = command else { return Ok(()) };
    let shown = visible(&command.join(" "));
    ui::say(&format!("running `{shown}` in the base"));
    // Systems differ in the folder that a relative program is looked up in.
    let is_path = Path::new(program).components().count() > 1;
    let path = if is_path { workspace.join(program) } else { program.into() };
    let mut process = Command::new(path);
    clear_git_variables(&mut process)
        .args(arguments)
        .current_dir(workspace)
        // Cargo would take files of the checkout's target folder for those of the base.
        .env("CARGO_TARGET_DIR", cache.command_target());
    let failed =
        || format!("`{shown}`, the `base.command` of perf-budgets.json, failed in the base");
    let ended = launcher.run_other(process, COMMAND_LIMIT).with_context(failed)?;
    match ended.status {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("{}: {status}{}", failed(), last_words(&ended.stderr)),
        None => bail!("{}: it did not end within {} min", failed(), COMMAND_LIMIT.as_secs() / 60),
    }
}

/// The last line that is not empty, as the end of a message.
fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    last.map_or_else(String::new, |line| format!(". Its last words: {}", visible(line)))
}

fn is_equal(one: &Path, other: &Path) -> bool {
    let size = |path: &Path| fs::symlink_metadata(path).ok().filter(|file| file.is_file());
    let sizes = size(one).zip(size(other)).map(|(one, other)| (one.len(), other.len()));
    sizes.is_some_and(|(one, other)| one == other)
        && fs::read(one).ok().zip(fs::read(other).ok()).is_some_and(|(one, other)| one == other)
}
