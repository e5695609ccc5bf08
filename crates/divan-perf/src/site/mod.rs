//! The trend site as files: of the run that was just measured, or of what is recorded.

mod folder;
mod archive;
mod templates;

pub(crate) use templates::read as templates;

use crate::output::OutputFolder;
use crate::store::Repository;
use crate::ui;
use anyhow::{Context as _, Result};
use folder::{Folder, key_of};
use perf_judge::budget::{Budget, BudgetFile};
use perf_judge::history::{History, Past};
use perf_report::site::{Archive, COMPARISONS, CachedPage, Contents, LOOK_BACK, SHOWN, Site};
use perf_report::{Comparison, Report, Rules, commits_at};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a site is made of beside the history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SiteInputs<'a> {
    pub(crate) output: &'a OutputFolder,
    /// Where the history lies; without it the site shows the report alone.
    pub(crate) repository: Option<&'a Repository>,
    pub(crate) settings: &'a BudgetFile,
    pub(crate) budgets: &'a [Budget],
    /// The branch whose runs make the baselines.
    pub(crate) branch: &'a str,
    pub(crate) templates: &'a BTreeMap<String, String>,
}

/// What of the history a site shows.
#[derive(Debug, Default)]
struct SiteHistory {
    history: History,
    comparisons: Vec<Comparison>,
}

impl SiteInputs<'_> {
    /// Renders the site about `report`, whose run may be recorded or not, and returns its folder.
    pub(crate) fn write(&self, report: &Report) -> Result<PathBuf> {
        let (recorded, _) = self.recorded()?;
        self.render(&recorded, report)
    }

    /// Renders the site about the newest recorded run of the branch, and returns its folder.
    pub(crate) fn write_newest(&self, repository: &Repository) -> Result<PathBuf> {
        let (recorded, notes) = self.recorded()?;
        say(&notes);
        let SiteHistory { history, comparisons } = &recorded;
        let run = history.newest(self.branch, |_| true);
        let run =
            run.context("nothing is recorded yet: `cargo xtask perf` records the first run")?;
        let own = comparisons.iter().filter(|comparison| comparison.run() == Some(&run.id));
        let past = Past::before(run, history, SHOWN);
        let mut report = Report::of_recorded(run, past, &own.collect::<Vec<_>>(), self.rules());
        report.notes.extend(notes);
        report.notes.extend(repository.calibration_note(&run.machine));
        self.render(&recorded, &report)
    }

    /// What there is to show, and what could not be read.
    fn recorded(&self) -> Result<(SiteHistory, Vec<String>)> {
        let Some(repository) = self.repository else { return Ok(Default::default()) };
        let newest = repository.newest_history(SHOWN + LOOK_BACK)?;
        let (comparisons, more) = repository.comparisons(COMPARISONS)?;
        let history = newest.history.apply_renames(&self.settings.renamed);
        Ok((SiteHistory { history, comparisons }, [newest.notes, more].concat()))
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

    /// Where the commits are shown on the web.
    fn web(&self) -> Result<Option<String>> {
        let Some(repository) = self.repository else { return Ok(None) };
        Ok(repository.remote_address()?.and_then(|address| commits_at(&address)))
    }

    /// Writes every page that changed.
    fn render(&self, recorded: &SiteHistory, report: &Report) -> Result<PathBuf> {
        let web = self.web()?;
        let contents = Contents {
            history: &recorded.history,
            report,
            comparisons: &recorded.comparisons,
            rules: self.rules(),
            commits_at: web.as_deref(),
        };
        let site = Site::new(self.templates, contents).context("cannot render the site")?;
        let mut folder = Folder::begin(self.output, site.key() ^ program()?)?;
        let older = match self.repository {
            Some(repository) => {
                let mut series = repository.open_series()?;
                let older =
                    archive::write(&mut folder, &site, &mut series, &self.settings.renamed)?;
                say(&series.notes);
                older
            }
            None => archive::Archive::default(),
        };
        write_pages(&mut folder, &site, &older).context("cannot render the site")?;
        folder.finish()
    }
}

/// What tells this program from one that may render otherwise: its file's size and time.
fn program() -> Result<u64> {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    let file = file.context("cannot find this program's own file")?;
    let changed = file.modified().map_or_else(|_| String::new(), |time| format!("{time:?}"));
    Ok(key_of([file.len().to_string().as_str(), &changed]))
}

fn write_pages(folder: &mut Folder<'_>, site: &Site<'_>, older: &archive::Archive) -> Result<()> {
    for page in site.front()? {
        folder.put(&page)?;
    }
    for name in site.benchmarks() {
        let months = older.months_of(&name.file_stem(), folder);
        for page in site.benchmark(name, Archive { count: older.count, months: &months })? {
            folder.put(&page)?;
        }
    }
    for CachedPage { id, path, key } in site.runs() {
        if folder.keep(&path, key).is_none() {
            let page = site.run(&id)?;
            folder.make(&path, key, page.as_slice())?;
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

fn say(notes: &[String]) {
    notes.iter().for_each(|note| ui::say(&format!("note: {note}")));
}
