//! `cargo xtask perf site`: renders the trend site of the history, without measuring.

use crate::args::HistoryArgs;
use crate::bench::Workspace;
use crate::budget_file;
use crate::output::OutputFolder;
use crate::site::{SiteInputs, templates};
use crate::store::Repository;
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use xshell::Shell;

#[derive(Debug, Args)]
pub(crate) struct SiteArgs {
    /// Open the site in the browser.
    #[arg(long)]
    pub(crate) open: bool,
    /// Use the site templates in this folder.
    ///
    /// A file replaces the built-in template of the same name. site-templates/ contains all
    /// built-in templates.
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
    /// Write the site to this folder [default: perf/ in the target folder].
    ///
    /// If the target folder is outside of the workspace, perf/ has a folder per workspace.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Use the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

/// Renders the site and prints the path of its first page.
pub(crate) fn run(args: &SiteArgs) -> Result<ExitCode> {
    let sh = Shell::new().context("cannot enter the current folder")?;
    let workspace = Workspace::find(&sh, args.manifest_path.as_deref())?;
    let templates = templates(args.templates.as_deref())?;
    let (_, settings, budgets) = budget_file::read(&workspace.root)?.unwrap_or_default();
    let output = OutputFolder::claim(args.output.as_deref(), &workspace)?;
    let repository = Repository::open(&workspace.root, &args.history.history_ref(&settings)?)?;
    let head = repository.head()?.branch;
    let branch = repository.history()?.of_base_branch(&repository, head.as_deref())?;
    let sources = SiteInputs {
        output: &output,
        repository: Some(&repository),
        settings: &settings,
        budgets: &budgets,
        branch: &branch.name,
        workspace: &workspace.runs(&settings.renamed)?,
        templates: &templates,
        root: &workspace.root,
    };
    let site = sources.write_newest(&repository)?;
    let page = site.join("index.html");
    ui::report(&format!("{}\n", page.display()), Color::Never)?;
    if args.open {
        ui::open_in_browser(&page)?;
    }
    Ok(ExitCode::SUCCESS)
}
