//! What a measurement stands on, checked before the first minute is spent.

use crate::bench::Workspace;
use crate::budgets::{in_file, read};
use crate::cli::PerfArgs;
use crate::files::Output;
use crate::git::{Recorded, Repository};
use anyhow::{Context as _, Result};
use perf_core::budget::{Budget, BudgetFile, Level};
use perf_core::ident::BenchmarkId;
use perf_core::run::{Commit, Run};
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
    pub(super) fn check(args: &PerfArgs) -> Result<Self> {
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

    /// The branch whose runs make the baselines.
    pub(super) fn base_branch(&self) -> &str {
        let own = self.commit.as_ref().and_then(|commit| commit.branch.as_deref());
        self.settings.base_branch(own)
    }

    /// The lowest severity that fails.
    pub(super) fn level(&self, args: &PerfArgs) -> Level {
        args.fail_on.map_or(self.settings.gate.history, Level::from)
    }

    /// Checks that every budget names a benchmark that exists.
    pub(super) fn check_budget_names(&self, known: &[BenchmarkId]) -> Result<()> {
        BudgetFile::check_names(&self.budget_text, &self.budgets, known)
            .map_err(|error| in_file(&error))
    }

    /// Adds the run to the history, unless that is not wanted: `None` then.
    pub(super) fn record(&self, run: &Run, args: &PerfArgs) -> Option<Result<String>> {
        let repository = self.repository.as_ref().filter(|_| !args.no_record)?;
        let recorded = repository.record(run);
        let branch = &args.branch;
        Some(recorded.map(|commit| format!("recorded as {} on {branch}", &commit[..12])))
    }
}
