//! What a measurement stands on, checked before the first minute is spent.

use crate::args::{Common, FailOn, Store};
use crate::bench::{Session, Workspace};
use crate::budget_file::{in_file, read};
use crate::files::{Output, files_below};
use crate::site;
use crate::store::spool::Pending;
use crate::store::{Entry, Recorded, Repository};
use crate::ui;
use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use perf_judge::budget::{Acceptance, Budget, BudgetFile, Gate, Level, check_accepted};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Accepted, Commit};
use std::collections::BTreeMap;
use std::path::Path;
use xshell::Shell;

/// The workspace, its repository, history and budgets, and a place for the results.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) workspace: Workspace,
    pub(crate) output: Output,
    pub(crate) commit: Option<Commit>,
    pub(crate) recorded: Recorded,
    pub(crate) settings: BudgetFile,
    pub(crate) budgets: Vec<Budget>,
    /// What a run measured now carries of the accepted slowdowns.
    pub(crate) accepted: Vec<Accepted>,
    /// The templates of the site, by name.
    pub(crate) templates: BTreeMap<String, String>,
    budget_text: String,
    repository: Option<Repository>,
    pending: Pending,
}

impl Ground {
    /// Finds it all, or says what is wrong.
    pub(crate) fn check(args: &Store, packages: &[String]) -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        let workspace = Workspace::find(&sh, args.manifest_path.as_deref(), packages)?;
        let (budget_text, settings, budgets) = read(&workspace.root)?.unwrap_or_default();
        let output = args.output.clone().unwrap_or_else(|| workspace.target_dir.join("perf"));
        let output = Output::create(output)?;
        let templates = site::templates(args.templates.as_deref())?;
        let location = args.place.location(&settings.history);
        let pending = Pending::of(&output.path(""), &location.branch);
        let repository = match Repository::open(&workspace.root, &location) {
            Ok(repository) => Some(repository),
            Err(_) if args.no_record => None,
            Err(error) => {
                return Err(error.context("cannot read or record runs (--no-record does without)"));
            }
        };
        if let Some(repository) = repository.as_ref().filter(|_| !args.no_record) {
            prepare(repository, &pending, args)?;
        }
        let commit = repository.as_ref().map(Repository::head).transpose()?;
        let recorded = repository.as_ref().map(Repository::history).transpose()?;
        Ok(Self {
            workspace,
            output,
            commit,
            recorded: recorded.unwrap_or_default(),
            accepted: settings.accepted.iter().map(Acceptance::carried).collect(),
            settings,
            budgets,
            templates,
            budget_text,
            repository,
            pending,
        })
    }

    /// The ground of a workspace that only lends its benches.
    pub(crate) fn without_history(manifest: &Path, args: &Store) -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        let workspace = Workspace::find(&sh, Some(manifest), &[])?;
        let output = args.output.clone().unwrap_or_else(|| workspace.target_dir.join("perf"));
        let output = Output::create(output)?;
        Ok(Self {
            workspace,
            pending: Pending::of(&output.path(""), ""),
            output,
            commit: None,
            recorded: Recorded::default(),
            settings: BudgetFile::default(),
            accepted: Vec::new(),
            budgets: Vec::new(),
            templates: BTreeMap::new(),
            budget_text: String::new(),
            repository: None,
        })
    }

    /// The branch whose runs make the baselines.
    pub(crate) fn base_branch(&self) -> &str {
        let own = self.commit.as_ref().and_then(|commit| commit.branch.as_deref());
        self.settings.base_branch(own)
    }

    /// What a launch of a benchmark took when it was recorded last, in ns; all of its rows together.
    pub(crate) fn costs(&self) -> impl Fn(&BenchmarkId) -> Option<f64> {
        let newest = self.recorded.history.runs().rfind(|run| run.is_whole_and_clean());
        move |name| {
            let rows = newest?.benchmarks.iter();
            let own = rows.filter(|row| row.name == *name || row.name.is_below(name.as_str()));
            let cost = own
                .map(|row| f64::from(row.n) * f64::from(row.s) * row.time_ns.median)
                .sum::<f64>();
            (cost > 0.0).then_some(cost)
        }
    }

    /// What fails the check.
    pub(crate) fn gate(&self, fail_on: Option<FailOn>) -> Gate {
        fail_on.map_or(self.settings.gate, |level| Gate::all(Level::from(level)))
    }

    /// Checks that every budget and acceptance names a benchmark that exists, where all of them are
    /// known.
    pub(crate) fn check_budgets(&self, session: &Session, args: &Common) -> Result<()> {
        if !args.is_unfiltered() || args.partition.is_some_and(|part| !part.is_all()) {
            return Ok(());
        }
        let rows = session.planned().iter().flat_map(|planned| planned.rows.clone());
        let known: Vec<BenchmarkId> = rows.chain(session.failures().keys().cloned()).collect();
        BudgetFile::check_names(&self.budget_text, &self.budgets, &known)
            .and_then(|()| check_accepted(&self.budget_text, &self.settings.accepted, &known))
            .map_err(|error| in_file(&error))
    }

    /// Puts measurements on disk before anything else is done with them.
    pub(crate) fn keep(&self, entries: &[Entry], args: &Store) -> Result<()> {
        if !args.no_record && self.repository.is_some() {
            return self.pending.keep(entries);
        }
        entries.iter().try_for_each(|entry| {
            let path = format!("unrecorded/{}.json", entry.id);
            self.output.write(&path, entry.contents.as_bytes()).map(drop)
        })
    }

    /// Adds what was kept to the history, unless that is not wanted.
    pub(crate) fn record(&self, args: &Store) -> Result<()> {
        let Some(repository) = self.repository.as_ref().filter(|_| !args.no_record) else {
            return Ok(());
        };
        if let Some(commit) = self.pending.record(repository)? {
            ui::say(&format!("recorded as {} on {}", &commit[..12], repository.branch()));
        }
        Ok(())
    }

    /// Publishes the history, if that is asked for.
    pub(crate) fn publish(&self, args: &Store) -> Result<()> {
        if let Some(repository) = self.repository.as_ref().filter(|_| args.publish) {
            ui::say(&repository.publish()?);
        }
        Ok(())
    }

    /// Puts the site on its branch, if that is asked for. `started`: when what it shows was
    /// measured.
    pub(crate) fn show(&self, started: DateTime<Utc>, args: &Store) -> Result<()> {
        let Some((repository, branch)) = self.repository.as_ref().zip(args.site_branch.as_ref())
        else {
            return Ok(());
        };
        let files = files_below(&self.output.path("site"))?;
        ui::say(&repository.replace_site(branch, files, started, args.publish)?);
        Ok(())
    }

    /// Where measurements are kept that are not recorded yet.
    pub(crate) fn pending(&self) -> &Path {
        self.pending.folder()
    }

    /// The repository, where there is one.
    pub(crate) fn repository(&self) -> Option<&Repository> {
        self.repository.as_ref()
    }
}

/// Checks what recording and publishing need, and records what an earlier process could not.
fn prepare(repository: &Repository, pending: &Pending, args: &Store) -> Result<()> {
    repository.check_writable()?;
    if args.publish {
        repository.check_remote()?;
        repository.fetch()?;
    }
    if let Some(branch) = &args.site_branch {
        repository.check_site_branch(branch, args.publish)?;
    }
    if let Some(commit) = pending.record(repository)? {
        ui::say(&format!("recorded what an earlier run had measured, as {}", &commit[..12]));
    }
    Ok(())
}
