//! A report and its history as static HTML pages. They load nothing from other sites, and are
//! readable without scripts.
//!
//! The templates define the layout only: numbers and texts are formatted here. They are arguments, so
//! that a project can use its own.

mod alternatives;
mod badge;
mod benchmark;
mod branches;
mod budget;
mod columns;
mod commits;
mod comparison;
mod count_trends;
mod counts;
mod csv;
mod data;
mod distribution;
mod explanation;
mod feed;
mod file;
mod first_run;
mod flame;
mod fluid;
mod group;
mod group_list;
mod headline;
mod heat_map;
mod history_chart;
mod interval;
mod last_change;
mod legend;
mod level_difference;
mod levels;
mod machines;
mod marks;
mod members;
mod neighbours;
pub mod archive;
mod overview;
mod trend_point;
mod preview;
mod project;
mod ratio_axis;
mod releases;
mod reproduce;
mod resources;
mod run;
mod rows;
mod runs;
mod scaling;
mod since_release;
mod site_runs;
mod run_view;
mod spark;
mod run_comparability;
mod templates;
mod text;
mod trend;
mod trend_view;
mod versus;
mod change_points;

pub use data::Archive;
pub use file::SiteFile;
pub use preview::SitePicture;
pub use project::{Project, Release};
pub use templates::SiteError;

use crate::{Comparison, Report, Rules, Versus};
use group_list::GroupPages;
use last_change::RecordedChanges;
use neighbours::NeighbourView;
use overview::Overview;
use perf_judge::history::{History, Past};
use perf_judge::ident::{BenchmarkId, digest};
use perf_judge::run::Run;
use project::ProjectView;
use serde::Serialize;
use site_runs::SiteRuns;
use std::collections::{BTreeMap, BTreeSet};
use templates::{
    ALTERNATIVES, BENCHMARK, COMPARE, COMPARISON, FEED, GROUP, OVERVIEW, RELEASES, RUN, Templates,
};
use versus::{VersusSource, VersusView};

/// The most runs that a page shows.
pub const SHOWN: usize = site_runs::LIMIT;
/// The number of earlier runs that a shown run is compared with.
pub const LOOK_BACK: usize = 30;
/// The most recorded comparisons that are listed.
pub const COMPARISONS: usize = 50;

/// The most recorded comparisons of alternatives that are read.
pub const VERSUS_COMPARISONS: usize = 50;

/// The contents of a site.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// The newest [`SHOWN`] runs, and [`LOOK_BACK`] more for the verdicts on the oldest of them.
    pub history: &'a History,
    /// The report on the latest run.
    pub report: &'a Report,
    /// The newest recorded comparisons, newest first.
    pub comparisons: &'a [Comparison],
    /// The newest recorded comparisons of alternatives, newest first.
    pub versus: &'a [Versus],
    /// The rules for verdicts on recorded runs.
    pub rules: Rules<'a>,
    /// The address of the repository's commit pages, from [`crate::commits_at`].
    pub commits_at: Option<&'a str>,
    /// The project.
    pub project: Project<'a>,
}

/// A site, rendered page by page.
#[derive(Debug)]
pub struct Site<'a> {
    templates: Templates<'a>,
    contents: Contents<'a>,
    shown: SiteRuns<'a>,
    tables: csv::Tables,
    /// The newest change of each benchmark in a recorded comparison.
    changes: RecordedChanges<'a>,
    /// What every page shows of the project.
    facts: ProjectView,
}

/// Checks that all templates are present and parse. Their values are checked when a page is
/// rendered.
///
/// # Errors
/// [`SiteError`] if a template is missing or has a syntax error.
pub fn check_templates(templates: &BTreeMap<String, String>) -> Result<(), SiteError> {
    Templates::parse(templates).map(drop)
}

/// How the reported checkout differs from the newest release that `history` has a run of, in one
/// sentence. `None` if there is none, or if the reported run is no part of a baseline.
///
/// For a comparison, `history` has the baseline runs up to the base, and the measured changes are added.
pub fn since_release(history: &History, report: &Report, releases: &[Release]) -> Option<String> {
    let project = Project { releases, ..Project::default() };
    let mut latest = report.clone();
    if report.reference.base.is_some() {
        // Its sample sizes can differ from those of the runs.
        latest.rows.clear();
    }
    let shown = SiteRuns::new(history, &latest, None).with_releases(project);
    // Levels take long to find, and most projects have no release among their newest runs.
    let places = since_release::places(report, &shown.runs)?;
    since_release::sentence(report, &levels::all(&shown), &shown.runs, places)
}

/// A page that is rendered again only if its key changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedPage {
    /// The identity of its run or comparison.
    pub id: String,
    /// Its path below the site's root.
    pub path: String,
    /// A digest of its contents.
    pub key: u64,
}

impl<'a> Site<'a> {
    /// A site from `templates`: their sources by name, and the files that pages load.
    ///
    /// # Errors
    /// [`SiteError`] if a template is missing or has a syntax error.
    pub fn new(
        templates: &'a BTreeMap<String, String>,
        contents: Contents<'a>,
    ) -> Result<Self, SiteError> {
        let Contents { history, report, commits_at, .. } = contents;
        let project = contents.project;
        let shown = SiteRuns::new(history, report, commits_at).with_releases(project);
        let mut templates = Templates::parse(templates)?;
        let has_alternatives =
            !contents.versus.is_empty() || alternatives::exist(&shown.names(), project);
        let has_releases = releases::exist(&shown.runs);
        let facts = ProjectView::of(project, commits_at, has_alternatives, has_releases);
        templates.set_site(&facts);
        let tables = csv::Tables::of(&shown);
        let changes = last_change::newest(contents.comparisons, contents.rules.renamed);
        Ok(Self { templates, contents, shown, tables, changes, facts })
    }

    /// The files that change with every run: the overviews, the page to compare runs, the feed, the
    /// badge, and the files that pages load.
    ///
    /// # Errors
    /// [`SiteError::Template`] if a template uses an undefined value.
    pub fn overview(&'a self) -> Result<Vec<SiteFile>, SiteError> {
        let Contents { report, commits_at, project, .. } = self.contents;
        let mut pages = self.templates.assets();
        let levels = levels::all(&self.shown);
        let feed = feed::FeedView::of(&levels, &self.shown.runs, report.run.started);
        let (shown, main) = (&self.shown, report.run.machine.key.as_str());
        let (root, levels, project) = ("", levels.as_slice(), project.name);
        let overview = Overview { root, shown, report, main, levels, commits_at, project };
        pages.push(self.page("index.html", OVERVIEW, &overview.view())?);
        if let Some(groups) = GroupPages::of(report, shown) {
            for page in groups.views() {
                pages.push(self.page(&page.path(), GROUP, &page)?);
            }
            pages.push(groups.names());
        }
        if self.facts.has_alternatives {
            let view = alternatives::page(levels, self.contents.project, self.compared_in_pairs());
            pages.push(self.page("alternatives.html", ALTERNATIVES, &view)?);
        }
        if let Some(view) = releases::page(levels, &self.shown.runs) {
            pages.push(self.page("releases.html", RELEASES, &view)?);
        }
        pages.push(self.page("compare.html", COMPARE, &self.compare())?);
        pages.push(self.page("feed.xml", FEED, &feed)?);
        pages.push(SiteFile { path: "badge.json".to_owned(), contents: badge::of(report) });
        for key in machines::others(&self.shown, main) {
            pages.extend(self.machine(key)?);
        }
        Ok(pages)
    }

    /// The alternatives that were compared in pairs.
    fn compared_in_pairs(&self) -> Vec<VersusView> {
        let Contents { versus, commits_at, rules, .. } = self.contents;
        let pages = self.benchmarks();
        let source = VersusSource { commits_at, pages: &pages, renamed: rules.renamed };
        versus::views(versus, source)
    }

    /// The picture beside links to the site.
    pub fn preview(&self) -> SitePicture {
        preview::picture(&self.shown)
    }

    /// The overview of another machine: the verdicts on its newest run.
    fn machine(&self, key: &str) -> Result<Option<SiteFile>, SiteError> {
        let Contents { history, report, rules, commits_at, project, .. } = self.contents;
        let on = |run: &Run| run.machine.key == key && run.origin.is_none();
        let Some(run) = history.newest(rules.branch, on) else { return Ok(None) };
        let own = self.judged(run);
        let shown = SiteRuns::new(history, &own, commits_at).with_releases(project);
        let main = report.run.machine.key.as_str();
        let levels = levels::all(&shown);
        let (root, shown, report, levels) = ("../", &shown, &own, &levels);
        let project = project.name;
        let overview = Overview { root, shown, report, main, levels, commits_at, project };
        self.page(&machines::page(key, main), OVERVIEW, &overview.view()).map(Some)
    }

    /// The benchmarks with a page, by name.
    pub fn benchmarks(&self) -> BTreeSet<&'a BenchmarkId> {
        self.shown.names()
    }

    /// A benchmark's page, and its runs as CSV and as JSON.
    ///
    /// # Errors
    /// [`SiteError::Template`] if a template uses an undefined value.
    pub fn benchmark(
        &'a self,
        name: &BenchmarkId,
        archive: Archive<'_>,
    ) -> Result<[SiteFile; 3], SiteError> {
        let stem = name.file_stem();
        let Contents { report, commits_at, .. } = self.contents;
        let points = self.shown.series(name);
        let change = self.changes.get(name).copied();
        let source =
            benchmark::PageSource { shown: &self.shown, report, archive, commits_at, change };
        let view = benchmark::view(name, &points, source);
        let page = self.page(&format!("benchmark/{stem}.html"), BENCHMARK, &view)?;
        let file = |extension, contents| {
            let path = format!("benchmark/{stem}.{extension}");
            SiteFile { path, contents }
        };
        let [csv, json] = self.tables.of_points(&points);
        Ok([page, file("csv", csv), file("json", json)])
    }

    /// The pages of the recorded runs that are shown.
    pub fn runs(&self) -> Vec<CachedPage> {
        let runs: Vec<&Run> = self.contents.history.runs().collect();
        let first = runs.len().saturating_sub(SHOWN);
        let cached = |at: usize| {
            let run = runs[at];
            let before = &runs[at.saturating_sub(LOOK_BACK)..at];
            let mut ids: Vec<&str> = before.iter().map(|run| run.id.as_str()).collect();
            ids.push(&run.id);
            ids.extend(self.compared(run).map(|comparison| comparison.id.as_str()));
            CachedPage {
                id: run.id.clone(),
                path: runs::page_of(&run.id),
                key: digest(ids.join("\n").as_bytes()),
            }
        };
        (first..runs.len()).map(cached).collect()
    }

    /// The page of a recorded run.
    ///
    /// # Errors
    /// [`SiteError::Template`] if a template uses an undefined value.
    pub fn run(&self, id: &str) -> Result<Option<SiteFile>, SiteError> {
        let Contents { history, commits_at, .. } = self.contents;
        let Some(run) = history.runs().find(|run| run.id == id) else { return Ok(None) };
        let report = self.judged(run);
        let past = Past::before(run, history, LOOK_BACK);
        let shown = SiteRuns::of_run(past, run, &report, commits_at);
        let comparisons: Vec<&Comparison> =
            self.compared(run).filter(|comparison| comparison.has_pairs()).collect();
        let Some(view) = run::view(&shown, &report, &comparisons, self.neighbours(run)) else {
            return Ok(None);
        };
        self.page(&runs::page_of(id), RUN, &view).map(Some)
    }

    /// A run compared with the newest counted one before it.
    fn neighbours(&self, run: &Run) -> Option<NeighbourView> {
        let branch = self.contents.rules.branch;
        let past = Past::before(run, self.contents.history, LOOK_BACK);
        let is_alike =
            |one: &&Run| one.machine.key == run.machine.key && one.is_baseline_for(branch);
        neighbours::view(past.runs().rev().find(is_alike)?, run)
    }

    /// The pages of the recorded comparisons.
    pub fn comparisons(&self) -> Vec<CachedPage> {
        let shown = self.benchmarks();
        let cached = |comparison: &Comparison| {
            let has_run = comparison.run().is_some_and(|run| self.has_page(run));
            let names = comparison.benchmarks.iter().map(|compared| &compared.name);
            let pages: Vec<Option<String>> =
                names.map(|name| self.page_of_benchmark(&shown, name)).collect();
            CachedPage {
                id: comparison.id.clone(),
                path: comparison::page_of(comparison),
                key: digest(format!("{has_run} {pages:?}").as_bytes()),
            }
        };
        self.comparisons_with_pairs().map(cached).collect()
    }

    /// Those that have a page.
    fn comparisons_with_pairs(&self) -> impl Iterator<Item = &'a Comparison> {
        self.contents.comparisons.iter().filter(|comparison| comparison.has_pairs())
    }

    /// The page of a recorded comparison.
    ///
    /// # Errors
    /// [`SiteError::Template`] if a template uses an undefined value.
    pub fn comparison(&self, id: &str) -> Result<Option<SiteFile>, SiteError> {
        let mut all = self.contents.comparisons.iter();
        let Some(comparison) = all.find(|comparison| comparison.id == id) else { return Ok(None) };
        let commits_at = self.contents.commits_at;
        let shown = self.benchmarks();
        let page_of = |name: &BenchmarkId| self.page_of_benchmark(&shown, name);
        let view = comparison::view(comparison, commits_at, |run| self.has_page(run), page_of);
        self.page(&comparison::page_of(comparison), COMPARISON, &view).map(Some)
    }

    /// A digest of the templates and rules, which the cached pages depend on as well.
    pub fn key(&self) -> u64 {
        let Contents { rules, commits_at, .. } = self.contents;
        let rules =
            format!("{rules:?} {commits_at:?} {:?} {:?}", self.contents.project, self.facts);
        digest(rules.as_bytes()) ^ self.templates.key()
    }

    /// The machine and the branch that decide which runs are comparable.
    pub fn context(&self) -> archive::SiteContext<'a> {
        let Contents { report, rules, .. } = self.contents;
        archive::SiteContext { machine: &report.run.machine.key, branch: rules.branch }
    }

    /// The start of the oldest run that is shown.
    pub fn oldest_shown(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        self.shown.runs.first().map(|run| run.started)
    }

    fn has_page(&self, run: &str) -> bool {
        self.shown.runs.iter().any(|shown| shown.id == run && runs::page(shown).is_some())
    }

    /// The path from a comparison to the page of a benchmark under its current name.
    fn page_of_benchmark(
        &self,
        shown: &BTreeSet<&BenchmarkId>,
        name: &BenchmarkId,
    ) -> Option<String> {
        let current = self.contents.rules.renamed.get(name).unwrap_or(name);
        shown.contains(current).then(|| format!("../benchmark/{}.html", current.file_stem()))
    }

    fn judged(&self, run: &Run) -> Report {
        let past = Past::before(run, self.contents.history, LOOK_BACK);
        let compared: Vec<&Comparison> = self.compared(run).collect();
        Report::of_recorded(run, past, &compared, self.contents.rules)
    }

    /// The recorded comparisons of a run.
    fn compared(&self, run: &'a Run) -> impl Iterator<Item = &'a Comparison> {
        let all = self.contents.comparisons.iter();
        all.filter(|comparison| comparison.run() == Some(run.id.as_str()))
    }

    fn compare(&self) -> CompareView {
        let recorded = self.shown.runs.iter().rev().filter(|run| runs::page(run).is_some());
        let comparisons = self.comparisons_with_pairs();
        CompareView {
            root: "",
            title: "Compare".to_owned(),
            recent: recorded.map(|run| (runs::file_name(run.id), runs::RunRow::of(run))).collect(),
            comparisons: comparisons.map(comparison::ComparisonRow::of).collect(),
            budgets: self.count_budgets(),
        }
    }

    /// The budgets of counts as JSON, by benchmark.
    fn count_budgets(&self) -> String {
        let names: Vec<BenchmarkId> = self.benchmarks().into_iter().cloned().collect();
        budget::of_counts(self.contents.rules.budgets, &names)
    }

    fn page(
        &self,
        path: &str,
        template: &'static str,
        view: &impl Serialize,
    ) -> Result<SiteFile, SiteError> {
        let contents = self.templates.fill(template, view)?;
        Ok(SiteFile { path: path.to_owned(), contents })
    }
}

/// The page to compare runs.
#[derive(Debug, Serialize)]
struct CompareView {
    root: &'static str,
    title: String,
    /// The runs to choose from, by identity.
    recent: Vec<(String, runs::RunRow)>,
    comparisons: Vec<comparison::ComparisonRow>,
    /// The budgets of counts for the script, as JSON.
    budgets: String,
}

#[cfg(test)]
mod tests;
