//! The site as files, about the current run or the newest recorded one.

mod folder;
mod archive;
mod templates;

pub(crate) use templates::read as templates;

use crate::output::OutputFolder;
use crate::parallel::each_on_all_processors;
use crate::store::Repository;
use crate::ui;
use anyhow::{Context as _, Result};
use archive::{ArchivedRuns, SelectedRuns};
use folder::{SiteFolder, key_of};
use perf_judge::budget::{Budget, BudgetFile};
use perf_judge::history::{History, Past, WorkspaceRuns};
use perf_judge::ident::BenchmarkId;
use perf_report::site::{
    Archive, COMPARISONS, CachedPage, Contents, LOOK_BACK, Project, SHOWN, Site, VERSUS_COMPARISONS,
};
use perf_report::{Comparison, Report, Rules, Versus, commits_at};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many pages are rendered before they are written, so that few are in memory.
const AT_ONCE: usize = 32;

/// The inputs of a site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SiteInputs<'a> {
    pub(crate) output: &'a OutputFolder,
    /// The repository with the history; without it, the site shows only the report.
    pub(crate) repository: Option<&'a Repository>,
    pub(crate) settings: &'a BudgetFile,
    pub(crate) budgets: &'a [Budget],
    /// The base branch.
    pub(crate) branch: &'a str,
    /// The workspace whose runs it shows.
    pub(crate) workspace: &'a WorkspaceRuns,
    pub(crate) templates: &'a BTreeMap<String, String>,
    /// The root of the workspace.
    pub(crate) root: &'a Path,
}

/// The part of the history that a site shows.
#[derive(Debug, Default)]
struct SiteHistory {
    history: History,
    comparisons: Vec<Comparison>,
    versus: Vec<Versus>,
}

impl SiteInputs<'_> {
    /// Renders the site about `report`, and returns its folder.
    pub(crate) fn write(&self, report: &Report) -> Result<PathBuf> {
        let (recorded, _) = self.site_history()?;
        self.render(&recorded, report)
    }

    /// Renders the site about the newest recorded run of the branch, and returns its folder.
    pub(crate) fn write_newest(&self, repository: &Repository) -> Result<PathBuf> {
        let (recorded, notes) = self.site_history()?;
        print_notes(&notes);
        let SiteHistory { history, comparisons, .. } = &recorded;
        let run = history.newest(self.branch, |_| true);
        let run =
            run.with_context(|| {
                format!(
                    "cannot render the site: there is no recorded run of `{}`. Run `cargo xtask perf` on that branch",
                    self.branch
                )
            })?;
        let own = comparisons.iter().filter(|comparison| comparison.run() == Some(&run.id));
        let past = Past::before(run, history, SHOWN);
        let mut report = Report::of_recorded(run, past, &own.collect::<Vec<_>>(), self.rules());
        report.notes.extend(notes);
        report.notes.extend(repository.calibration_note(&run.machine));
        self.render(&recorded, &report)
    }

    /// The history to show, and notes on files that could not be read.
    fn site_history(&self) -> Result<(SiteHistory, Vec<String>)> {
        let Some(repository) = self.repository else { return Ok(Default::default()) };
        let newest = repository.newest_history(SHOWN + LOOK_BACK)?;
        let (mut comparisons, more) = repository.comparisons(COMPARISONS)?;
        comparisons.retain(|comparison| comparison.is_of(self.workspace));
        let (mut versus, unread) = repository.versus(VERSUS_COMPARISONS)?;
        versus.retain(|versus| versus.is_of(self.workspace));
        let former = &repository.former_base_branches(self.branch)?;
        let [history, _] = newest.history.split_by_workspace(self.workspace);
        let history = history.apply_renames(&self.settings.renamed);
        let history = history.with_branch_renamed(self.branch, former);
        let recorded = SiteHistory { history, comparisons, versus };
        Ok((recorded, [newest.notes, more, unread].concat()))
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            branch: self.branch,
            budgets: self.budgets,
            gate: self.settings.gate,
            renamed: &self.settings.renamed,
            accepted: &self.settings.accepted,
        }
    }

    /// The address of the remote.
    fn remote_address(&self) -> Result<Option<String>> {
        self.repository.map_or(Ok(None), Repository::remote_address)
    }

    /// The name of the project: the configured one, the last part of the remote's address, or that of
    /// the workspace's folder.
    fn project_name(&self, remote: Option<&str>) -> String {
        let last = |path: &str| {
            let path = path.trim_end_matches('/');
            let name = path.rsplit(['/', ':']).next().unwrap_or_default();
            name.strip_suffix(".git").unwrap_or(name).to_owned()
        };
        let of_folder = || {
            let name = self.root.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let configured = self.settings.project.clone();
        let of_remote = || remote.map(last).filter(|name| !name.is_empty());
        configured.or_else(of_remote).unwrap_or_else(of_folder)
    }

    /// Writes all changed files.
    fn render(&self, recorded: &SiteHistory, report: &Report) -> Result<PathBuf> {
        let remote = self.remote_address()?;
        let commits_url = remote.as_deref().and_then(commits_at);
        let releases = match self.repository {
            Some(repository) => repository.releases()?,
            None => Vec::new(),
        };
        let name = self.project_name(remote.as_deref());
        let contents = Contents {
            history: &recorded.history,
            report,
            comparisons: &recorded.comparisons,
            versus: &recorded.versus,
            rules: self.rules(),
            commits_at: commits_url.as_deref(),
            project: Project {
                name: &name,
                releases: &releases,
                alternatives: Some(&self.settings.alternatives),
            },
        };
        let site = Site::new(self.templates, contents).context("cannot render the site")?;
        let key = site.key() ^ program_key()? ^ self.workspace.key();
        let mut folder = SiteFolder::begin(self.output, key)?;
        let archived = match self.repository {
            Some(repository) => {
                let mut series = repository.open_series()?;
                let (workspace, renamed) = (self.workspace, &self.settings.renamed);
                let selected = SelectedRuns { workspace, renamed };
                let archived = archive::write(&mut folder, &site, &mut series, selected)?;
                print_notes(&series.notes);
                archived
            }
            None => ArchivedRuns::default(),
        };
        write_pages(&mut folder, &site, &archived).context("cannot render the site")?;
        folder.finish()
    }
}

/// A digest of this program's size and modification time. Another version may render other pages.
fn program_key() -> Result<u64> {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    let file = file.context("cannot find this program's own file")?;
    let changed = file.modified().map_or_else(|_| String::new(), |time| format!("{time:?}"));
    Ok(key_of([file.len().to_string().as_str(), &changed]))
}

fn write_pages(
    folder: &mut SiteFolder<'_>,
    site: &Site<'_>,
    archived: &ArchivedRuns,
) -> Result<()> {
    for page in site.overview()? {
        folder.put(&page)?;
    }
    let preview = site.preview();
    folder.put_bytes(preview.path, &preview.bytes)?;
    let names: Vec<&BenchmarkId> = site.benchmarks().into_iter().collect();
    for names in names.chunks(AT_ONCE) {
        let pages = each_on_all_processors(names, |name| {
            let months = archived.months_of(&name.file_stem(), folder);
            Ok(site.benchmark(name, Archive { count: archived.count, months: &months })?)
        })?;
        pages.iter().flatten().try_for_each(|page| folder.put(page))?;
    }
    let mut changed = site.runs();
    changed.retain(|CachedPage { path, key, .. }| folder.keep(path, *key).is_none());
    for cached in changed.chunks(AT_ONCE) {
        let pages = each_on_all_processors(cached, |cached| Ok(site.run(&cached.id)?))?;
        for (CachedPage { path, key, .. }, page) in cached.iter().zip(&pages) {
            folder.make(path, *key, page.as_slice())?;
        }
    }
    for CachedPage { id, path, key } in site.comparisons() {
        if folder.keep(&path, key).is_none() {
            let page = site.comparison(&id)?;
            folder.make(&path, key, page.as_slice())?;
        }
    }
    Ok(())
}

fn print_notes(notes: &[String]) {
    notes.iter().for_each(|note| ui::say(&format!("note: {note}")));
}
