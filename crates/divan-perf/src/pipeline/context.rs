//! The inputs of a measurement, which are validated before the build starts.

use super::history::RecordedHistory;
use super::project::Project;
use super::recorder::Recorder;
use crate::args::OutputArgs;
use crate::store::Repository;
use anyhow::{Result, anyhow};
use std::fs;
use std::path::Path;
use std::rc::Rc;

/// The project, its history and the recorder.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) project: Project,
    pub(crate) history: RecordedHistory,
    pub(crate) recorder: Recorder,
}

impl Context {
    /// Reads and validates all inputs.
    pub(crate) fn check(args: &OutputArgs, packages: &[String]) -> Result<Self> {
        let project = Project::find(args, packages)?;
        let repository = repository(&project, args)?.map(Rc::new);
        let recorder = Recorder::prepare(repository.as_ref(), &project.output, args)?;
        let workspace = project.workspace.runs(&project.settings.renamed)?;
        let history = RecordedHistory::read(repository, workspace)?;
        Ok(Self { project, history, recorder })
    }

    /// The context of the workspace of `manifest`, without settings and history.
    pub(crate) fn without_history(manifest: &Path, args: &OutputArgs) -> Result<Self> {
        let project = Project::without_settings(manifest, args)?;
        let recorder = Recorder::new(None, &project.output, args)?;
        Ok(Self { project, history: RecordedHistory::default(), recorder })
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
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let root = real(&repository.root());
        let written = [&self.project.workspace.target_dir, &self.project.output.path("")];
        let written = written.map(|folder| real(folder));
        let is_written = |path: &String| {
            let path = root.join(path);
            written.iter().any(|folder| *folder != root && path.starts_with(folder))
        };
        let mut changed = repository.changed_files(commit)?;
        changed.extend(repository.untracked_files()?.into_iter().filter(|path| !is_written(path)));
        Ok(changed)
    }

    /// Whether the worktree equals a commit.
    pub(super) fn is_clean_at(&self, commit: &str) -> Result<bool> {
        let Some(repository) = self.history.repository() else { return Ok(false) };
        let is_head = self.history.commit.as_ref().is_some_and(|head| head.hash == commit);
        Ok(is_head && self.changed_files(repository, commit)?.is_empty())
    }
}

/// The repository of the workspace; `None` if there is none and `--no-record` is set.
fn repository(project: &Project, args: &OutputArgs) -> Result<Option<Repository>> {
    let history_ref = args.history.history_ref(&project.settings)?;
    match Repository::open(&project.workspace.root, &history_ref) {
        Ok(repository) => Ok(Some(repository)),
        Err(_) if args.no_record => Ok(None),
        Err(error) => Err(anyhow!("{error:#}; or add --no-record")),
    }
}
