//! What the workspace and its repository already have.

use super::Style;
use super::manifests::{XTASK, own_dependency};
use super::source::{PACKAGE, Source};
use super::stamp::Stamp;
use super::workflows::Ci;
use crate::args::HistoryArgs;
use crate::bench::Workspace;
use crate::budget_file;
use crate::files::{TEXT_BYTES, read_if_there, real};
use crate::store::{Repository, path_in_repository};
use crate::ui;
use anyhow::Result;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;

/// What the workspace and its repository already have.
#[derive(Clone, Debug)]
pub(super) struct Detected {
    /// The repository's folder.
    pub(super) root: PathBuf,
    /// The workspace's folder in the repository, with `/`; empty for the root.
    pub(super) folder: String,
    /// The base branch.
    pub(super) base_branch: String,
    /// The configured base branches, or the one above.
    pub(super) branches: Vec<String>,
    /// The service that runs checks.
    pub(super) ci: Ci,
    /// Whether a package of the workspace embeds the tool, and was written by hand.
    pub(super) embeds: bool,
    /// Whether there is a package `xtask` that neither embeds the tool nor was written by this command.
    pub(super) has_own_xtask: bool,
    /// The source in the manifest of `xtask`.
    pub(super) xtask_source: Option<Source>,
    /// The source in the workflows.
    pub(super) installed_from: Option<Source>,
    /// Whether the workflows start the installed program.
    uses_program: bool,
}

impl Detected {
    /// Reads the files of the workspace and asks git.
    pub(super) fn of(workspace: &Workspace) -> Result<Self> {
        let settings = budget_file::read(&workspace.root)?.map(|(_, file, _)| file);
        let settings = settings.unwrap_or_default();
        let args = HistoryArgs { remote: "origin".to_owned(), ..HistoryArgs::default() };
        let repository = Repository::open(&workspace.root, &args.history_ref(&settings)?)?;
        let root = repository.root();
        let read = |path: PathBuf| {
            Ok::<_, anyhow::Error>(read_if_there(&path, TEXT_BYTES)?.unwrap_or_default())
        };
        let checked_out = repository.head()?.branch;
        let base =
            repository.base_branch(checked_out.as_deref(), &repository.history()?.history)?;
        // Of a repository without that branch the checked-out one is the best guess.
        let base_branch =
            if base.is_missing { checked_out.unwrap_or(base.name) } else { base.name };
        let member = workspace.manifest_of(XTASK);
        let beside = workspace.root.join(XTASK).join("Cargo.toml");
        let xtask = read(member.clone().unwrap_or_else(|| beside.clone()))?;
        let has_thin_xtask = Stamp::read(&xtask).is_some();
        let dependency = own_dependency(&xtask);
        let workflow =
            read(root.join(".github/workflows/perf.yml"))? + &read(root.join(".gitlab/perf.yml"))?;
        let folder = path_in_repository(&workspace.root)?.filter(|folder| folder != ".");
        Ok(Self {
            ci: ci(&root, repository.remote_address()?.as_deref()),
            folder: folder.unwrap_or_default(),
            branches: settings.base_branches.unwrap_or_else(|| vec![base_branch.clone()]),
            base_branch,
            embeds: dependency.is_some() && !has_thin_xtask,
            has_own_xtask: (member.is_some() || beside.exists())
                && dependency.is_none()
                && !has_thin_xtask,
            xtask_source: dependency.as_ref().map(Source::of_dependency),
            installed_from: installed_from(&workflow),
            uses_program: workflow.contains(&format!("cargo {PACKAGE}")),
            root,
        })
    }

    /// How the tool is started.
    pub(super) fn style(&self, wanted: Option<Style>) -> Style {
        let found = if self.uses_program { Style::Program } else { Style::Xtask };
        wanted.unwrap_or(found)
    }
}

fn ci(root: &Path, remote: Option<&str>) -> Ci {
    let is_gitlab = root.join(".gitlab-ci.yml").exists()
        || remote.is_some_and(|remote| remote.contains("gitlab"));
    let has_workflows = root.join(".github/workflows").is_dir();
    if is_gitlab && !has_workflows { Ci::Gitlab } else { Ci::Github }
}

/// Adds the new package to Cargo.lock, so that it can be committed with the other files.
pub(super) fn lock(workspace: &Workspace) {
    let mut cargo = workspace.toolchain.cargo();
    cargo.args(["metadata", "--format-version", "1", "--manifest-path"]);
    cargo.arg(workspace.root.join("Cargo.toml"));
    cargo.env("CARGO_NET_RETRY", "0");
    cargo.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if !cargo.status().is_ok_and(|status| status.success()) {
        ui::say("note: Cargo.lock does not have the new package yet: the next build adds it");
    }
}

/// The source that a workflow installs the program from.
fn installed_from(workflow: &str) -> Option<Source> {
    let line = workflow.lines().find(|line| line.contains("cargo install --locked"))?;
    let mut words = line.split_whitespace().map(|word| word.trim_matches('\''));
    let mut after =
        |flag: &str| words.by_ref().find(|word| *word == flag).and_then(|_| words.next());
    let Some(url) = after("--git") else { return Some(Source::Registry) };
    let url = url.to_owned();
    Some(Source::Git { url, rev: after("--rev").map(str::to_owned) })
}

/// The path of a folder relative to another one, if both are on one drive.
pub(super) fn relative(folder: &Path, from: &Path) -> PathBuf {
    let (folder, from) = (real(folder), real(from));
    let common = folder.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let is_on_one_drive = folder
        .components()
        .zip(from.components())
        .take(common)
        .any(|(part, _)| part == Component::RootDir);
    if !is_on_one_drive {
        return folder;
    }
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(folder.components().skip(common)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_of_a_workflow_is_kept() {
        let git = |rev: Option<&str>| Source::Git {
            url: "https://example.org/perf".to_owned(),
            rev: rev.map(str::to_owned),
        };
        for source in [Source::Registry, git(None), git(Some("v1"))] {
            let line = format!("      - run: {}\n", source.install().unwrap());
            assert_eq!(installed_from(&line), Some(source));
        }
        assert_eq!(installed_from("      - run: cargo test\n"), None);
    }

    #[test]
    fn the_service_follows_files_and_remote() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(ci(folder.path(), None), Ci::Github);
        assert_eq!(ci(folder.path(), Some("git@gitlab.com:a/b.git")), Ci::Gitlab);
        std::fs::write(folder.path().join(".gitlab-ci.yml"), "").unwrap();
        assert_eq!(ci(folder.path(), None), Ci::Gitlab);
        std::fs::create_dir_all(folder.path().join(".github/workflows")).unwrap();
        assert_eq!(ci(folder.path(), None), Ci::Github);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_seen_from_another() {
        for (folder, from, expected) in [
            ("/nowhere/a/b", "/nowhere/c/xtask", "../../a/b"),
            ("/nowhere/a", "/nowhere/a/xtask", ".."),
            ("/nowhere/a/b", "/nowhere/a", "b"),
        ] {
            assert_eq!(relative(Path::new(folder), Path::new(from)), Path::new(expected));
        }
    }
}
