//! The trend site as files: of the run that was just measured, or of what is recorded.

mod folder;
mod older;
mod templates;

pub(crate) use templates::read as templates;

use crate::bench::Workspace;
use crate::budgets;
use crate::cli::SiteArgs;
use crate::files::Output;
use crate::git::{Repository, Series};
use crate::ui;
use anyhow::{Context as _, Result};
use folder::Folder;
use perf_core::budget::{Budget, BudgetFile};
use perf_core::history::{History, Past};
use perf_core::ident::digest;
use perf_core::report::site::{COMPARISONS, Contents, Kept, LOOK_BACK, Older, SHOWN, Site};
use perf_core::report::{Comparison, Report, Rules, commits_at};
use perf_core::run::{Machine, Run};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use xshell::Shell;

/// What a site is made of beside the history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) output: &'a Output,
    /// Where the history lies; without it the site shows the report alone.
    pub(crate) repository: Option<&'a Repository>,
    pub(crate) settings: &'a BudgetFile,
    pub(crate) budgets: &'a [Budget],
    /// The branch whose runs make the baselines.
    pub(crate) branch: &'a str,
    pub(crate) templates: &'a BTreeMap<String, String>,
}

/// Renders what is recorded, without measuring anything.
pub(crate) fn run(args: &SiteArgs) -> Result<ExitCode> {
    let sh = Shell::new().context("cannot enter the current folder")?;
    let workspace = Workspace::find(&sh, args.manifest_path.as_deref(), &[])?;
    let templates = templates(args.templates.as_deref())?;
    let (_, settings, budgets) = budgets::read(&workspace.root)?.unwrap_or_default();
    let output = args.output.clone().unwrap_or_else(|| workspace.target_dir.join("perf"));
    let output = Output::create(output)?;
    let repository = Repository::open(&workspace.root, &args.place.location(&settings.history))?;
    let head = repository.head()?.branch;
    let sources = Sources {
        output: &output,
        repository: Some(&repository),
        settings: &settings,
        budgets: &budgets,
        branch: settings.base_branch(head.as_deref()),
        templates: &templates,
    };
    let site = sources.write(None)?;
    let page = site.join("index.html");
    ui::report(&format!("{}\n", page.display()), crate::cli::Color::Never)?;
    if args.open {
        open(&page)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens a page in the browser that the system would open it in.
fn open(page: &Path) -> Result<()> {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let started = Command::new(program).arg(page).spawn();
    started.map(drop).with_context(|| {
        format!("cannot start {program}: open {} in a browser yourself", page.display())
    })
}

impl<'a> Sources<'a> {
    /// Renders the site about `report`, or else about the newest recorded run of the branch, and
    /// returns its folder.
    pub(crate) fn write(&self, report: Option<&Report>) -> Result<PathBuf> {
        let history = self.history()?;
        let (comparisons, notes) = match self.repository {
            Some(repository) => repository.comparisons(COMPARISONS)?,
            None => Default::default(),
        };
        say(&notes);
        let rules = Rules {
            branch: self.branch,
            budgets: self.budgets,
            gate: self.settings.gate,
            renamed: &self.settings.renamed,
        };
        let recorded =
            report.is_none().then(|| newest(&history, &comparisons, rules)).transpose()?;
        let report = report.or(recorded.as_ref()).context("there is no run to show")?;
        let qualification = self.qualification(&report.run.machine);
        let web = self.web()?;
        let site = Site::new(
            self.templates,
            Contents {
                history: &history,
                report,
                comparisons: &comparisons,
                qualification: qualification.as_ref(),
                rules,
                commits_at: web.as_deref(),
            },
        )
        .context("cannot render the site")?;
        self.render(&site)
    }

    fn history(&self) -> Result<History> {
        let Some(repository) = self.repository else { return Ok(History::default()) };
        let recorded = repository.newest_history(SHOWN + LOOK_BACK)?;
        say(&recorded.notes);
        Ok(recorded.history.under_names_of_today(&self.settings.renamed))
    }

    fn qualification(&self, machine: &Machine) -> Option<perf_core::report::Qualification> {
        let read = self.repository?.qualification(machine);
        read.unwrap_or_else(|error| {
            ui::say(&format!("note: the error rates of this machine are not known: {error:#}"));
            None
        })
    }

    /// Where the commits are shown on the web.
    fn web(&self) -> Result<Option<String>> {
        let Some(repository) = self.repository else { return Ok(None) };
        Ok(repository.remote_address()?.and_then(|address| commits_at(&address)))
    }

    /// Writes every page that changed.
    fn render(&self, site: &Site<'_>) -> Result<PathBuf> {
        let mut folder = Folder::begin(self.output, site.key())?;
        let mut series = self.repository.map(Repository::open_series).transpose()?;
        let older = match &mut series {
            Some(series) => older::write(&mut folder, site, series, &self.settings.renamed)?,
            None => older::Older::default(),
        };
        say(series.as_ref().map_or(&[], |series: &Series<'_>| &series.notes));
        write_pages(&mut folder, site, &older).context("cannot render the site")?;
        folder.finish()
    }
}

fn write_pages(folder: &mut Folder<'_>, site: &Site<'_>, older: &older::Older) -> Result<()> {
    for page in site.front()? {
        folder.put(&page)?;
    }
    for name in site.benchmarks() {
        let months = older.months_of(&name.file_stem(), folder);
        for page in site.benchmark(name, Older { count: older.count, months: &months })? {
            folder.put(&page)?;
        }
    }
    for Kept { id, path, key } in site.runs() {
        if folder.keep(&path, key).is_none() {
            let page = site.run(&id)?;
            folder.make(&path, key, page.as_slice())?;
        }
    }
    for Kept { id, path, key } in site.comparisons() {
        if folder.keep(&path, key).is_none() {
            let page = site.comparison(&id)?;
            folder.make(&path, key, page.as_slice())?;
        }
    }
    Ok(())
}

/// The newest run that counts, judged by those before it.
fn newest(history: &History, comparisons: &[Comparison], rules: Rules<'_>) -> Result<Report> {
    let counts = |run: &&Run| run.branch() == Some(rules.branch) && run.is_whole_and_clean();
    let runs = || history.runs().rev();
    let run = runs().find(counts).or_else(|| runs().next());
    let run = run.context("nothing is recorded yet: `cargo xtask perf` records the first run")?;
    let own = comparisons.iter().filter(|comparison| comparison.id.starts_with(&run.id));
    let past = Past::before(run, history, SHOWN);
    Ok(Report::of_recorded(run, past, &own.collect::<Vec<_>>(), rules))
}

fn say(notes: &[String]) {
    notes.iter().for_each(|note| ui::say(&format!("note: {note}")));
}

/// A digest of several texts.
fn key_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> u64 {
    let mut all = String::new();
    for text in texts {
        all += text;
        all.push('\n');
    }
    digest(all.as_bytes())
}
