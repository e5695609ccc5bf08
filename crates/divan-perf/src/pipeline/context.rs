//! The inputs of a measurement, which are validated before the build starts.

use super::history::RecordedHistory;
use super::project::Project;
use super::recorder::Recorder;
use crate::args::{CargoArgs, OutputArgs};
use crate::budget_file::BUDGET_FILE;
use crate::files::real;
use crate::store::Repository;
use anyhow::{Result, anyhow};
use perf_judge::unit::counted;
use perf_report::visible;
use std::path::Path;
use std::rc::Rc;

/// The project, its history and the recorder.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) project: Project,
    pub(crate) history: RecordedHistory,
    pub(crate) recorder: Recorder,
    /// A note on files of the workspace that git neither tracks nor ignores.
    pub(super) untracked_note: Option<String>,
}

impl Context {
    /// Reads and validates all inputs.
    pub(crate) fn check(args: &OutputArgs, cargo: &CargoArgs) -> Result<Self> {
        let project = Project::find(args, cargo)?;
        let repository = repository(&project, args)?.map(Rc::new);
        let recorder = Recorder::prepare(repository.as_ref(), &project.output, args)?;
        let workspace = project.workspace.runs(&project.settings.renamed)?;
        let untracked = untracked_files(&project, repository.as_deref())?;
        let history = RecordedHistory::read(repository, workspace)?;
        Ok(Self { untracked_note: untracked_note(&untracked), project, history, recorder })
    }

    /// The context of the workspace of `manifest`, without settings and history.
    pub(crate) fn without_history(manifest: &Path, args: &OutputArgs) -> Result<Self> {
        let project = Project::without_settings(manifest, args)?;
        let recorder = Recorder::new(None, &project.output, args)?;
        let history = RecordedHistory::default();
        Ok(Self { project, history, recorder, untracked_note: None })
    }
}

impl Context {
    /// Files that differ between worktree and commit. Files that git ignores and files written by
    /// cargo or this program are left out.
    pub(super) fn changed_files(
        &self,
        repository: &Repository,
        commit: &str,
    ) -> Result<Vec<String>> {
        let mut changed = repository.changed_files(commit)?;
        changed.extend(untracked_files(&self.project, Some(repository))?);
        Ok(changed)
    }

    /// Whether the worktree equals a commit.
    pub(super) fn is_clean_at(&self, commit: &str) -> Result<bool> {
        let Some(repository) = self.history.repository() else { return Ok(false) };
        let is_head = self.history.commit.as_ref().is_some_and(|head| head.hash == commit);
        Ok(is_head && self.changed_files(repository, commit)?.is_empty())
    }
}

/// Files that git neither tracks nor ignores, without those written by cargo or this program.
fn untracked_files(project: &Project, repository: Option<&Repository>) -> Result<Vec<String>> {
    let Some(repository) = repository else { return Ok(Vec::new()) };
    let root = real(&repository.root());
    let written = [project.workspace.target_dir.clone(), project.output.path("")];
    let written = written.map(|folder| real(&folder));
    let is_written = |path: &String| {
        let path = root.join(path);
        written.iter().any(|folder| *folder != root && path.starts_with(folder))
    };
    let mut untracked = repository.untracked_files()?;
    untracked.retain(|path| !is_written(path));
    Ok(untracked)
}

/// A note on files that a bench can read and that the measured commit does not have.
fn untracked_note(files: &[String]) -> Option<String> {
    let mut read = files.iter().filter(|path| !path.ends_with(BUDGET_FILE)).peekable();
    let first = visible(read.peek()?);
    let count = counted(read.count(), "file", "files");
    Some(format!(
        "git neither tracks nor ignores {count}, e.g. {first}. If a bench reads them, the run is not of the commit alone: commit or ignore them"
    ))
}

/// The repository of the workspace; `None` if there is none and `--no-record` is set.
fn repository(project: &Project, args: &OutputArgs) -> Result<Option<Repository>> {
    let history_ref = args.record.history.history_ref(&project.settings)?;
    match Repository::open(&project.workspace.root, &history_ref) {
        Ok(repository) => Ok(Some(repository)),
        Err(_) if args.record.no_record => Ok(None),
        Err(error) => Err(anyhow!("{error:#}; or add --no-record")),
    }
}
