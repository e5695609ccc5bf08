//! What a measurement stands on, checked before the first minute is spent.

use crate::bench::{Session, Workspace};
use crate::budgets::{in_file, read};
use crate::cli::{Common, FailOn};
use crate::files::Output;
use crate::git::{Entry, Recorded, Repository};
use anyhow::{Context as _, Result};
use perf_core::budget::{Budget, BudgetFile, Gate, Level};
use perf_core::ident::BenchmarkId;
use perf_core::run::{Commit, Machine};
use std::path::Path;
use xshell::Shell;

/// The workspace, its repository, history and budgets, and a place for the results.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) workspace: Workspace,
    pub(super) output: Output,
    pub(super) commit: Option<Commit>,
    pub(super) recorded: Recorded,
    pub(super) settings: BudgetFile,
    pub(super) budgets: Vec<Budget>,
    budget_text: String,
    repository: Option<Repository>,
}

impl Ground {
    /// Finds it all, or says what is wrong.
    pub(super) fn check(args: &Common) -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        let workspace = Workspace::find(&sh, args.manifest_path.as_deref(), &args.package)?;
        let (budget_text, settings, budgets) = read(&workspace.root)?.unwrap_or_default();
        let output = args.output.clone().unwrap_or_else(|| workspace.target_dir.join("perf"));
        let output = Output::create(output)?;
        let repository = match Repository::open(&workspace.root, &args.branch) {
            Ok(repository) => Some(repository),
            Err(_) if args.no_record => None,
            Err(error) => {
                return Err(error.context("cannot read or record runs (--no-record does without)"));
            }
        };
        if let Some(repository) = repository.as_ref().filter(|_| !args.no_record) {
            repository.check_writable()?;
        }
        let commit = repository.as_ref().map(Repository::head).transpose()?;
        let recorded = repository.as_ref().map(Repository::history).transpose()?;
        Ok(Self {
            workspace,
            output,
            commit,
            recorded: recorded.unwrap_or_default(),
            settings,
            budgets,
            budget_text,
            repository,
        })
    }

    /// The ground of a workspace that only lends its benches.
    pub(super) fn without_history(manifest: &Path, args: &Common) -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        let workspace = Workspace::find(&sh, Some(manifest), &[])?;
        let output = args.output.clone().unwrap_or_else(|| workspace.target_dir.join("perf"));
        Ok(Self {
            workspace,
            output: Output::create(output)?,
            commit: None,
            recorded: Recorded::default(),
            settings: BudgetFile::default(),
            budgets: Vec::new(),
            budget_text: String::new(),
            repository: None,
        })
    }

    /// The branch whose runs make the baselines.
    pub(super) fn base_branch(&self) -> &str {
        let own = self.commit.as_ref().and_then(|commit| commit.branch.as_deref());
        self.settings.base_branch(own)
    }

    /// What fails the check.
    pub(super) fn gate(&self, fail_on: Option<FailOn>) -> Gate {
        fail_on.map_or(self.settings.gate, |level| Gate::all(Level::from(level)))
    }

    /// Checks that every budget names a benchmark that exists, where all of them are known.
    pub(super) fn check_budgets(&self, session: &Session, args: &Common) -> Result<()> {
        if !args.is_unfiltered() {
            return Ok(());
        }
        let rows = session.planned().iter().flat_map(|planned| planned.rows.clone());
        let known: Vec<BenchmarkId> = rows.chain(session.failures().keys().cloned()).collect();
        BudgetFile::check_names(&self.budget_text, &self.budgets, &known)
            .map_err(|error| in_file(&error))
    }

    /// Adds files to the history, unless that is not wanted: `None` then, or what became of the
    /// last of them.
    pub(super) fn record(&self, entries: &[Entry], args: &Common) -> Option<Result<String>> {
        let repository = self.repository.as_ref().filter(|_| !args.no_record)?;
        let recorded: Result<Vec<String>> =
            entries.iter().map(|entry| repository.record(entry)).collect();
        let branch = &args.branch;
        let told = |commits: &Vec<String>| {
            let commit = commits.last()?;
            Some(format!("recorded as {} on {branch}", &commit[..12]))
        };
        recorded.map(|commits| told(&commits)).transpose()
    }

    /// What was last measured of this machine's error rates, in a sentence.
    pub(super) fn qualification_note(&self, machine: &Machine) -> Option<String> {
        match self.repository.as_ref()?.qualification(machine) {
            Ok(qualification) => Some(qualification?.sentence()),
            Err(error) => Some(format!("the error rates of this machine are not known: {error:#}")),
        }
    }

    /// The repository, where there is one.
    pub(super) fn repository(&self) -> Option<&Repository> {
        self.repository.as_ref()
    }
}
