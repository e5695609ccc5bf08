//! The settings and paths of the workspace that is measured.

use crate::args::{CargoArgs, FailOn, OutputArgs};
use crate::bench::Workspace;
use crate::budget_file::{in_file, read};
use crate::cargo::CargoOptions;
use crate::output::OutputFolder;
use crate::site;
use anyhow::{Context as _, Result};
use perf_judge::budget::{Acceptance, Budget, BudgetFile, Gate, Level};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Accepted;
use std::collections::BTreeMap;
use std::path::Path;
use xshell::Shell;

/// The workspace, its perf-budgets.json, and the output folder.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) workspace: Workspace,
    pub(crate) output: OutputFolder,
    pub(crate) settings: BudgetFile,
    pub(crate) budgets: Vec<Budget>,
    /// The accepted regressions that are written into each run.
    pub(crate) accepted: Vec<Accepted>,
    /// The templates of the site, by name.
    pub(crate) templates: BTreeMap<String, String>,
    budget_text: String,
}

impl Project {
    /// Finds the workspace and reads its settings.
    pub(super) fn find(args: &OutputArgs, cargo: &CargoArgs) -> Result<Self> {
        let mut workspace = workspace(args.manifest_path.as_deref())?;
        let (budget_text, settings, budgets) = read(&workspace.root)?.unwrap_or_default();
        workspace.select(CargoOptions::new(cargo, &settings.cargo))?;
        Ok(Self {
            output: OutputFolder::claim(args.output_dir.as_deref(), &workspace)?,
            workspace,
            accepted: settings.accepted.iter().map(Acceptance::carried).collect(),
            settings,
            budgets,
            templates: site::templates(args.templates.as_deref())?,
            budget_text,
        })
    }

    /// The workspace of `manifest`, without its settings other than those for cargo.
    pub(super) fn without_settings(manifest: &Path, args: &OutputArgs) -> Result<Self> {
        let mut workspace = workspace(Some(manifest))?;
        // Other settings that are wrong must not prevent this.
        let cargo = read(&workspace.root).ok().flatten().map(|(_, settings, _)| settings.cargo);
        workspace.select(CargoOptions::new(&CargoArgs::default(), &cargo.unwrap_or_default()))?;
        Ok(Self {
            output: OutputFolder::claim(args.output_dir.as_deref(), &workspace)?,
            workspace,
            settings: BudgetFile::default(),
            budgets: Vec::new(),
            accepted: Vec::new(),
            templates: BTreeMap::new(),
            budget_text: String::new(),
        })
    }

    /// The gate of perf-budgets.json, with the level of `--fail-on`.
    pub(super) fn gate(&self, fail_on: Option<FailOn>) -> Gate {
        let gate = self.settings.gate;
        fail_on.map_or(gate, |level| gate.with_level(Level::from(level)))
    }

    /// Checks that each budget names a `launched` row or one of the `others`.
    ///
    /// The rows of the others are unknown, so a budget of one of their rows passes.
    pub(super) fn check_budgets(
        &self,
        launched: &[BenchmarkId],
        others: &[BenchmarkId],
    ) -> Result<()> {
        let is_other = |budget: &Budget| others.iter().any(|name| budget.may_limit(name));
        let budgets = self.budgets.iter().filter(|budget| !is_other(budget));
        let budgets: Vec<Budget> = budgets.cloned().collect();
        let checked = BudgetFile::check_budgets(&self.budget_text, &budgets, launched);
        checked.map_err(|error| in_file(&error))
    }

    /// Whether a budget limits a count of the benchmark.
    pub(super) fn limits_counts(&self, name: &BenchmarkId) -> bool {
        self.budgets.iter().any(|budget| budget.metric.is_exact() && budget.may_limit(name))
    }

    /// Whether a benchmark that executes the same code as the base is launched for a budget that gates.
    ///
    /// Its times met the same budget of the base, whose budgets are `of_base`. Other values, such as the
    /// memory of the process, also depend on code outside of the samples.
    pub(super) fn needs_launches(&self, name: &BenchmarkId, of_base: &[Budget]) -> bool {
        self.budgets.iter().any(|budget| {
            let can_differ = !budget.metric.is_time() || !of_base.contains(budget);
            budget.gate && !budget.metric.is_exact() && can_differ && budget.may_limit(name)
        })
    }

    /// Checks that new names and accepted regressions name one of `known`, all benchmarks.
    pub(super) fn check_names(&self, known: &[BenchmarkId]) -> Result<()> {
        let checked = self.settings.check_names(&self.budget_text, &[], known);
        checked.map_err(|error| in_file(&error))
    }

    /// Checks that each entry of `exclude` excludes one of `known`, all benchmarks.
    pub(super) fn check_excluded(&self, known: &[BenchmarkId]) -> Result<()> {
        let checked = self.settings.check_excluded(&self.budget_text, known);
        checked.map_err(|error| in_file(&error))
    }

    /// Checks that no existing benchmark has a former name in `renamed`.
    pub(super) fn check_old_names(&self, known: &[BenchmarkId]) -> Result<()> {
        let checked = self.settings.check_old_names(&self.budget_text, known);
        checked.map_err(|error| in_file(&error))
    }
}

fn workspace(manifest: Option<&Path>) -> Result<Workspace> {
    let sh = Shell::new().context("cannot enter the current folder")?;
    Workspace::find(&sh, manifest)
}
