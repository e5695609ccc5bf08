//! `cargo xtask perf init`: the files that another workspace needs to run this tool.
//!
//! A file is written only after its diff was shown. One that a person edited is kept.

mod source;
mod stamp;
mod manifests;
mod budgets;
mod workflows;
mod plan;
mod detected;

use crate::args::{HistoryArgs, MeasureArgs};
use crate::bench::Workspace;
use crate::budget_file::BUDGET_FILE;
use crate::files::{TEXT_BYTES, read_if_there, real, write_atomically};
use crate::interrupt::Interrupt;
use crate::pipeline;
use crate::ui;
use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use detected::Detected;
use manifests::XTASK;
use perf_judge::ident::BenchmarkId;
use perf_judge::unit;
use plan::{FileState, PlannedFile};
use source::{PACKAGE, Source};
use std::collections::BTreeMap;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use workflows::{Ci, CiSettings};
use xshell::Shell;

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Report what is missing or out of date, and write nothing.
    ///
    /// The exit status is 1 if something is.
    #[arg(long)]
    check: bool,
    /// Write without a question.
    ///
    /// Files that were edited since this command wrote them are kept all the same.
    #[arg(long, short, conflicts_with = "check")]
    yes: bool,
    /// Write workflows for this service [default: by the files and the remote of the repository].
    #[arg(long, value_enum)]
    ci: Option<Ci>,
    /// Start the tool by an xtask of the workspace, or by the installed program.
    ///
    /// By default it is an xtask, unless the workflows already use the program.
    #[arg(long, value_enum)]
    style: Option<Style>,
    /// Take the tool from `registry`, a git address (with `#REV`), or a folder.
    ///
    /// By default it is where this program comes from: the registry, or the checkout that it was built
    /// in.
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Write no limits into the first perf-budgets.json.
    ///
    /// By default the benches are built and probed, and the slowest get limits that fail no check.
    #[arg(long)]
    no_measure: bool,
    /// Set up the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// How the tool is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Style {
    /// A package of the workspace embeds it: `cargo xtask perf`.
    Xtask,
    /// The installed program: `cargo divan-perf`.
    Program,
}

const THIN_MAIN: &str = "use clap::Parser;

/// The tasks of this workspace.
#[derive(Parser)]
enum Task {
    Perf(Box<divan_perf::Cli>),
}

fn main() -> std::process::ExitCode {
    let Task::Perf(cli) = Task::parse();
    divan_perf::run(&cli)
}
";

/// Shows what the workspace needs, and writes it on request.
pub(crate) fn run(args: &InitArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let sh = Shell::new().context("cannot enter the current folder")?;
    let workspace = Workspace::find(&sh, args.manifest_path.as_deref())?;
    let detected = Detected::of(&workspace)?;
    let files =
        FilePlan { args, workspace: &workspace, detected: &detected, interrupt: &interrupt }
            .files()?;
    if args.check {
        return Ok(check(&files));
    }
    let due: Vec<&PlannedFile> = files.iter().filter(|file| file.is_due()).collect();
    for file in &due {
        ui::verbatim(&file.diff()).context("cannot write to standard output")?;
    }
    for file in files.iter().filter(|file| file.state == FileState::Edited) {
        ui::say(&format!(
            "kept {}: it was edited. Remove it and repeat the command for the current form",
            file.path
        ));
    }
    if due.is_empty() {
        ui::say("nothing to write: every file is up to date");
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes && !confirmed(due.len())? {
        ui::say("nothing was written");
        return Ok(ExitCode::from(1));
    }
    for file in &due {
        write_atomically(&detected.root.join(&file.path), file.text().as_bytes())?;
    }
    ui::say(&format!("wrote {}", unit::counted(due.len(), "file", "files")));
    if due.iter().any(|file| file.path.ends_with("xtask/Cargo.toml")) {
        detected::lock(&workspace);
    }
    ui::say(&next_steps(&detected.style(args.style), &files));
    Ok(ExitCode::SUCCESS)
}

fn check(files: &[PlannedFile]) -> ExitCode {
    files.iter().for_each(|file| ui::say(&file.finding()));
    let due = files.iter().filter(|file| file.is_due()).count();
    if due == 0 {
        return ExitCode::SUCCESS;
    }
    let files = unit::counted(due, "file is", "files are");
    ui::say(&format!(
        "{files} missing or out of date: `cargo xtask perf init` shows and writes the difference"
    ));
    ExitCode::from(1)
}

/// Asks on a terminal.
fn confirmed(count: usize) -> Result<bool> {
    if !io::stdin().is_terminal() {
        bail!(
            "nothing was written, because there is no terminal to ask on: check the diff and repeat with --yes"
        );
    }
    let files = unit::counted(count, "file", "files");
    ui::say(&format!("Write {files} as shown above? [y/N]"));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).context("cannot read the answer")?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn next_steps(style: &Style, files: &[PlannedFile]) -> String {
    let command = style.command();
    let paths: Vec<&str> =
        files.iter().filter(|file| file.is_due()).map(|file| file.path.as_str()).collect();
    let add = format!("git add {}", paths.join(" "));
    let steps = [
        (add, "and Cargo.lock, if git tracks it; then commit"),
        (command.to_owned(), "measures, and records the first run"),
        (format!("{command} doctor"), "checks the workspace and the CI setup"),
    ];
    let step = |(command, text): &(String, &str)| format!("  {command}\n      {text}");
    format!("next:\n{}", steps.iter().map(step).collect::<Vec<_>>().join("\n"))
}

impl Style {
    fn command(self) -> &'static str {
        match self {
            Self::Xtask => "cargo xtask perf",
            Self::Program => "cargo divan-perf",
        }
    }
}

/// What the files depend on.
struct FilePlan<'a> {
    args: &'a InitArgs,
    workspace: &'a Workspace,
    detected: &'a Detected,
    interrupt: &'a Interrupt,
}

impl FilePlan<'_> {
    fn files(&self) -> Result<Vec<PlannedFile>> {
        let style = self.detected.style(self.args.style);
        let source = self.source(style)?;
        if let Some(refusal) = source.refusal() {
            bail!("cannot use this --source: {refusal}");
        }
        if style == Style::Xtask && !self.detected.embeds && matches!(source, Source::Folder(_)) {
            ui::say(&format!(
                "note: {XTASK}/Cargo.toml names a folder of this machine. Give a git address by --source, so that it also builds elsewhere"
            ));
        }
        let mut files = Vec::new();
        if style == Style::Xtask {
            files.extend(self.xtask(&source)?);
        }
        files.push(self.extended(".gitignore", |text| Ok(manifests::with_target(text)))?);
        files.push(self.budgets()?);
        files.extend(self.ci(style, &source)?);
        Ok(files)
    }

    fn source(&self, style: Style) -> Result<Source> {
        let seen_from_xtask = |source| match source {
            Source::Folder(folder) => Source::Folder(self.relative(&folder)),
            source => source,
        };
        if let Some(named) = &self.args.source {
            return Ok(seen_from_xtask(Source::named(named)));
        }
        let found = match style {
            Style::Xtask => self.detected.xtask_source.clone(),
            Style::Program => self.detected.installed_from.clone(),
        };
        let Some(source) = found.or_else(|| Source::of_this_program().map(seen_from_xtask)) else {
            bail!(
                "cargo fetched this program from a git repository, whose address is not known here: name it by --source, e.g. `--source https://HOST/OWNER/NAME#REV`"
            );
        };
        Ok(source)
    }

    /// The path of a folder for the manifest of `xtask`. It is relative in the repository. Otherwise it is
    /// absolute, so that it is also right in the work tree of a base.
    fn relative(&self, folder: &Path) -> PathBuf {
        let (folder, root) = (real(folder), real(&self.detected.root));
        if folder.starts_with(root) {
            return detected::relative(&folder, &self.workspace.root.join(XTASK));
        }
        folder
    }

    /// The files of a package that embeds the tool. One that the workspace wrote itself is kept.
    fn xtask(&self, source: &Source) -> Result<Vec<PlannedFile>> {
        if self.detected.embeds {
            return Ok(vec![self.extended(".cargo/config.toml", manifests::with_alias)?]);
        }
        if self.detected.has_own_xtask {
            bail!(
                "there is a package `{XTASK}` already. Add `{PACKAGE} = {}` to its dependencies, and `Perf(Box<divan_perf::Cli>)` to its commands (the README of {PACKAGE} has an example). Then repeat the command, or use `--style program`",
                source.dependency()
            );
        }
        Ok(vec![
            self.extended("Cargo.toml", manifests::with_member)?,
            self.extended(".cargo/config.toml", manifests::with_alias)?,
            self.whole(&format!("{XTASK}/Cargo.toml"), "#", &manifests::xtask_manifest(source))?,
            self.whole(&format!("{XTASK}/src/main.rs"), "//", THIN_MAIN)?,
        ])
    }

    fn budgets(&self) -> Result<PlannedFile> {
        let (path, old) = self.read(BUDGET_FILE)?;
        let times = if old.is_none() && !self.args.no_measure && !self.args.check {
            self.measured()?
        } else {
            BTreeMap::new()
        };
        let branch = &self.detected.base_branch;
        Ok(PlannedFile::first(path, old, || budgets::starter(branch, &times)))
    }

    /// Times of an iteration in ns, from probes.
    fn measured(&self) -> Result<BTreeMap<BenchmarkId, f64>> {
        if self.workspace.targets.is_empty() {
            ui::say(
                "note: this workspace has no Divan bench yet, so perf-budgets.json gets no limits",
            );
            return Ok(BTreeMap::new());
        }
        let manifest = self.workspace.root.join("Cargo.toml");
        let measure = MeasureArgs::unrecorded(HistoryArgs::default(), manifest);
        let probe = pipeline::probe(&measure, None, self.interrupt)?;
        self.interrupt.check()?;
        Ok(probe.iteration_ns)
    }

    fn ci(&self, style: Style, source: &Source) -> Result<Vec<PlannedFile>> {
        let ci = self.args.ci.unwrap_or(self.detected.ci);
        let install = match style {
            Style::Xtask => None,
            Style::Program => match source.install() {
                Some(install) => Some(install),
                None if ci == Ci::None => None,
                None => bail!(
                    "CI cannot install the program from a folder of this machine: name its repository by --source, e.g. `--source https://HOST/OWNER/NAME#REV`, or write no workflows by `--ci none`"
                ),
            },
        };
        let settings = CiSettings {
            branches: self.detected.branches.clone(),
            folder: self.detected.folder.clone(),
            install,
        };
        let planned = |(path, text): (&str, String)| {
            let old = read_if_there(&self.detected.root.join(path), TEXT_BYTES)?;
            Ok(PlannedFile::whole(path.to_owned(), old, "#", &text))
        };
        workflows::files(ci, &settings)?.into_iter().map(planned).collect()
    }

    /// The path of a workspace's file in the repository, and its text.
    fn read(&self, path: &str) -> Result<(String, Option<String>)> {
        let old = read_if_there(&self.workspace.root.join(path), TEXT_BYTES)?;
        let folder = &self.detected.folder;
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        Ok((format!("{prefix}{path}"), old))
    }

    fn whole(&self, path: &str, comment: &str, text: &str) -> Result<PlannedFile> {
        let (path, old) = self.read(path)?;
        Ok(PlannedFile::whole(path, old, comment, text))
    }

    fn extended(&self, path: &str, extend: impl Fn(&str) -> Result<String>) -> Result<PlannedFile> {
        let (path, old) = self.read(path)?;
        let new = extend(old.as_deref().unwrap_or_default())
            .with_context(|| format!("cannot extend {path}"))?;
        Ok(PlannedFile::extended(path, old, new))
    }
}
