//! What a measurement stands on, checked before the first minute is spent.

use super::history::KnownHistory;
use super::project::Project;
use super::recorder::Recorder;
use crate::args::Store;
use crate::store::Repository;
use anyhow::Result;
use std::path::Path;
use std::rc::Rc;

/// The project, its history, and the place where measurements go.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) project: Project,
    pub(crate) history: KnownHistory,
    pub(crate) recorder: Recorder,
}

impl Context {
    /// Finds it all, or says what is wrong.
    pub(crate) fn check(args: &Store, packages: &[String]) -> Result<Self> {
        let project = Project::find(args, packages)?;
        let repository = repository(&project, args)?.map(Rc::new);
        let recorder = Recorder::prepare(repository.as_ref(), &project.output, args)?;
        let history = KnownHistory::read(repository, &project.settings)?;
        Ok(Self { project, history, recorder })
    }

    /// The context of a workspace that only lends its benches.
    pub(crate) fn without_history(manifest: &Path, args: &Store) -> Result<Self> {
        let project = Project::without_settings(manifest, args)?;
        let recorder = Recorder::new(None, &project.output, args)?;
        Ok(Self { project, history: KnownHistory::default(), recorder })
    }
}

/// The repository around the workspace, which only recording needs.
fn repository(project: &Project, args: &Store) -> Result<Option<Repository>> {
    let location = args.place.location(&project.settings)?;
    match Repository::open(&project.workspace.root, &location) {
        Ok(repository) => Ok(Some(repository)),
        Err(_) if args.no_record => Ok(None),
        Err(error) => Err(error.context("cannot read or record runs (--no-record does without)")),
    }
}
