//! Restores files of the history that commits of other programs removed.
//!
//! Other programs commit to the branch as well: a deployment of documentation that replaces the
//! contents of the branch removes the recorded runs. Git still has every file that a commit of the
//! branch ever held. Such files are restored before anything is read or added.
//!
//! Each commit of this tool has a trailer with the tree of its `data/` and its parents. A commit
//! with a correct trailer is complete, and so is its past. The cost therefore does not grow with
//! the history. A message that was copied to another commit has no correct trailer there.

use super::git::git;
use super::import::{Author, Change, NewCommit};
use super::lineage::ROTATION_FILE;
use super::objects::Objects;
use super::read::{HistoryFile, SkippedRun};
use super::{Repository, answer, text};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::history::{Place, place_of};
use perf_judge::run::Run;
use perf_judge::unit;
use std::collections::BTreeMap;
use xshell::Cmd;

/// The trailer of complete commits: the tree of `data/`, then the parents.
const TRAILER: &str = "Perf-Data";

/// The numbers of commits by which a shallow clone is deepened, one after the other.
const DEEPEN_BY: [u32; 3] = [50, 1_000, 1_000_000_000];

/// The commits that are searched for removed files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SearchRange {
    /// Those after the newest commit of this tool that was not changed.
    SinceOwnCommit,
    /// All commits of the branch.
    FullHistory,
}

/// Files that earlier commits held, and that a later one lacks or holds edited.
#[derive(Debug, Default)]
pub(crate) struct MissingFiles {
    /// The files as they were.
    pub(crate) files: Vec<HistoryFile>,
    /// The newest commit that removed or edited some of them.
    by: String,
}

impl MissingFiles {
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// For example `7 runs and 1 other file that commit 1a2b3c4d5e6f removed or changed`.
    pub(crate) fn summary(&self) -> String {
        let is_run = |file: &&HistoryFile| place_of(&file.path) == Place::Run;
        let runs = self.files.iter().filter(is_run).count();
        let others = self.files.len() - runs;
        let mut counted = Vec::new();
        if runs > 0 {
            counted.push(unit::counted(runs, "run", "runs"));
        }
        if others > 0 {
            counted.push(unit::counted(others, "other file", "other files"));
        }
        let by = self.by.get(..12).unwrap_or(&self.by);
        format!("{} that commit {by} removed or changed", counted.join(" and "))
    }
}

/// A file as it was before a commit removed or changed it.
struct FileVersion {
    commit: String,
    /// How many of the searched commits are newer than `commit`.
    age: usize,
    path: String,
    object: String,
}

impl Repository {
    /// A commit with every file that `tip` and its past ever held. It is `tip` itself if no file is
    /// missing, otherwise a new commit on top of it. No branch is moved.
    pub(crate) fn complete_commit(&self, tip: &str) -> Result<String> {
        if let Some(known) = self.complete_commits.borrow().get(tip) {
            return Ok(known.clone());
        }
        let missing = self.missing_files(tip, SearchRange::SinceOwnCommit)?;
        let complete = if missing.is_empty() {
            tip.to_owned()
        } else {
            let restored = self.restore(tip, &missing)?;
            ui::say(&format!("{}: restored {}", self.branch, missing.summary()));
            restored
        };
        let mut known = self.complete_commits.borrow_mut();
        known.insert(complete.clone(), complete.clone());
        known.insert(tip.to_owned(), complete.clone());
        Ok(complete)
    }

    /// Writes a commit that has all files of its parents, with the trailer that records this.
    pub(crate) fn import_complete(&self, commit: &NewCommit<'_>) -> Result<String> {
        let draft = self.import(commit)?;
        let (tree, data) = (format!("{draft}^{{tree}}"), self.at(&draft, "data"));
        let sh = &self.sh;
        let trees = output_of(git!(sh, "git rev-parse {tree} {data}"))?;
        let Some((tree, data)) = trees.trim().split_once('\n') else {
            bail!("cannot read the output of `git rev-parse`: {trees}");
        };
        let parents: String = commit.parents.iter().map(|parent| format!(" {parent}")).collect();
        let everything =
            Change::Link { path: String::new(), object: tree.to_owned(), is_folder: true };
        let complete = self.import(&NewCommit {
            parents: commit.parents.clone(),
            author: commit.author,
            message: format!("{}\n{}{data}{parents}\n", commit.message, self.trailer()),
            time: commit.time,
            changes: vec![everything],
        })?;
        self.complete_commits.borrow_mut().insert(complete.clone(), complete.clone());
        Ok(complete)
    }

    /// The files that the past of `tip` held and `tip` does not.
    ///
    /// Fails in a shallow clone that cannot be deepened as far as necessary.
    pub(crate) fn missing_files(&self, tip: &str, range: SearchRange) -> Result<MissingFiles> {
        let mut depths = DEEPEN_BY.into_iter();
        loop {
            let start = match range {
                SearchRange::SinceOwnCommit => self.newest_own_commit(tip)?,
                SearchRange::FullHistory => None,
            };
            if start.as_deref() == Some(tip) {
                return Ok(MissingFiles::default());
            }
            let commits = self.commits(tip, start.as_deref())?;
            if !self.is_cut_off(&commits)? {
                let versions = self.earlier_versions(&commits)?;
                return self.missing_in(tip, versions);
            }
            let too_shallow = || {
                format!(
                    "cannot check `{}` for removed runs: its newest commits are not by this tool, and this clone is too shallow. Run `git fetch --unshallow {}`",
                    self.branch, self.remote
                )
            };
            let depth = depths.next().with_context(too_shallow)?;
            self.deepen(depth).with_context(too_shallow)?;
        }
    }

    /// Writes a commit on top of `tip` that has the missing files as well.
    pub(crate) fn restore(&self, tip: &str, missing: &MissingFiles) -> Result<String> {
        // Every clone writes the same commit, so two that restore at the same time agree.
        let message = format!("perf: restore {}\n", missing.summary());
        self.import_files(tip, &missing.files, &message, Author::Neutral).with_context(|| {
            format!(
                "`{}` lacks {}. They cannot be restored from this clone: publish from one that has them",
                self.branch,
                missing.summary()
            )
        })
    }

    /// Writes a commit on top of `parent` that has these files as well, and the day indexes and
    /// name tables that include them.
    pub(super) fn import_files(
        &self,
        parent: &str,
        files: &[HistoryFile],
        message: &str,
        author: Author,
    ) -> Result<String> {
        let mut objects = self.objects();
        let runs = self.readable(&mut objects, files)?;
        let link = |file: &HistoryFile| Change::Link {
            path: self.branch_path(&file.path),
            object: file.object.clone(),
            is_folder: false,
        };
        let mut changes: Vec<Change> = files.iter().map(link).collect();
        changes.extend(self.series(
            &mut objects,
            Some(parent),
            &runs.iter().collect::<Vec<_>>(),
        )?);
        self.import_complete(&NewCommit {
            parents: vec![parent],
            author,
            message: message.to_owned(),
            time: self.time_of(parent)?,
            changes,
        })
    }

    /// The runs among files. Those that cannot be read are not part of the series.
    fn readable(&self, objects: &mut Objects, files: &[HistoryFile]) -> Result<Vec<Run>> {
        let mut runs = Vec::new();
        for file in files.iter().filter(|file| place_of(&file.path) == Place::Run) {
            runs.extend(self.run_in(objects, file)?.ok());
        }
        Ok(runs)
    }

    /// The start of a trailer of this history; a branch can hold several histories.
    fn trailer(&self) -> String {
        format!("{TRAILER}: {}data ", self.prefix)
    }

    /// The newest commit with a correct trailer, in the past of `tip` or `tip` itself.
    fn newest_own_commit(&self, tip: &str) -> Result<Option<String>> {
        // A commit that was changed or copied keeps its message. Then an older one is searched.
        for limit in ["1", "1000"] {
            let (sh, trailer) = (&self.sh, self.trailer());
            let found = git!(
                sh,
                "git rev-list --fixed-strings --grep={trailer} --max-count={limit} {tip} --"
            );
            let found = output_of(found)?;
            for commit in found.lines() {
                if self.has_correct_trailer(commit)? {
                    return Ok(Some(commit.to_owned()));
                }
            }
        }
        Ok(None)
    }

    fn has_correct_trailer(&self, commit: &str) -> Result<bool> {
        let sh = &self.sh;
        let text = output_of(git!(sh, "git cat-file commit {commit}"))?;
        let (head, message) = text.split_once("\n\n").unwrap_or((&text, ""));
        let trailer = self.trailer();
        let recorded = message.lines().rev().find_map(|line| line.strip_prefix(trailer.as_str()));
        let data = self.at(commit, "data");
        let held = answer(git!(sh, "git rev-parse --verify --quiet {data}"))?;
        let parents = head.lines().filter_map(|line| line.strip_prefix("parent "));
        let actual: Vec<&str> = held.as_deref().into_iter().chain(parents).collect();
        Ok(held.is_some() && recorded == Some(actual.join(" ").as_str()))
    }

    /// The commits of `tip` that `start` does not have, the newest first.
    fn commits(&self, tip: &str, start: Option<&str>) -> Result<Vec<String>> {
        let sh = &self.sh;
        let without = start.map(|start| format!("^{start}"));
        let commits = output_of(git!(sh, "git rev-list {tip} {without...} --"))?;
        Ok(commits.lines().map(str::to_owned).collect())
    }

    /// Whether one of these commits has parents that a shallow clone lacks.
    fn is_cut_off(&self, commits: &[String]) -> Result<bool> {
        if !self.is_shallow()? {
            return Ok(false);
        }
        let path = self.common_dir()?.join("shallow");
        let ends = std::fs::read_to_string(&path);
        let ends = ends.with_context(|| {
            format!("cannot read {}: run `git fetch --unshallow`", path.display())
        })?;
        Ok(ends.lines().any(|end| commits.iter().any(|commit| commit == end)))
    }

    /// The files that commits removed or changed, as they were before, the newest first.
    ///
    /// Day indexes and name tables are left out: they are rebuilt from the runs.
    fn earlier_versions(&self, commits: &[String]) -> Result<Vec<FileVersion>> {
        let (sh, folder) = (&self.sh, self.branch_path("data"));
        let differing = git!(
            sh,
            "git diff-tree --stdin -m -r -z --no-renames --no-abbrev --diff-filter=DMT -- {folder}"
        );
        let differing = output_of(differing.stdin(commits.join("\n") + "\n"))?;
        let mut fields = differing.split_terminator('\0');
        let mut versions = Vec::new();
        let (mut commit, mut age) = (String::new(), 0);
        while let Some(field) = fields.next() {
            let Some(header) = field.strip_prefix(':') else {
                (commit, age) = (field.to_owned(), age + 1);
                continue;
            };
            let malformed = "cannot read the output of `git diff-tree`";
            let path = fields.next().context(malformed)?;
            let object = header.split(' ').nth(2).context(malformed)?;
            let Some(path) = path.strip_prefix(&self.prefix) else { continue };
            // This tool writes neither links nor submodules.
            if header.starts_with("100") && is_restorable(path) {
                versions.push(FileVersion {
                    commit: commit.clone(),
                    age,
                    path: path.to_owned(),
                    object: object.to_owned(),
                });
            }
        }
        Ok(versions)
    }

    /// Of earlier versions, those of files that `tip` lacks and of runs that it holds edited.
    fn missing_in(&self, tip: &str, versions: Vec<FileVersion>) -> Result<MissingFiles> {
        if versions.is_empty() {
            return Ok(MissingFiles::default());
        }
        let mut objects = self.objects();
        let held = objects.files_below(&self.at(tip, "data"));
        let held = held.map_err(|error| self.if_foreign(tip, error))?.into_iter();
        let held: BTreeMap<String, String> =
            held.map(|entry| (format!("data/{}", entry.name), entry.object)).collect();
        let mut by_path: BTreeMap<String, Vec<FileVersion>> = BTreeMap::new();
        for version in versions {
            by_path.entry(version.path.clone()).or_default().push(version);
        }
        let mut missing = Vec::new();
        for (path, versions) in by_path {
            missing.extend(self.version_to_restore(&mut objects, held.get(&path), versions)?);
        }
        let newest = missing.iter().min_by_key(|version| version.age);
        let by = newest.map(|version| version.commit.clone()).unwrap_or_default();
        let file =
            |version: FileVersion| HistoryFile { object: version.object, path: version.path };
        Ok(MissingFiles { files: missing.into_iter().map(file).collect(), by })
    }

    /// The newest intact version of a file; `None` if the file need not be restored. `held` is the
    /// object that the newest commit has for it.
    fn version_to_restore(
        &self,
        objects: &mut Objects,
        held: Option<&String>,
        versions: Vec<FileVersion>,
    ) -> Result<Option<FileVersion>> {
        let is_run = versions.first().is_some_and(|file| place_of(&file.path) == Place::Run);
        let mut is_intact = |path: &str, object: &String| {
            let file = HistoryFile { object: object.clone(), path: path.to_owned() };
            // A run of a later version is intact although this one cannot read it.
            let is_valid = |run: Result<Run, SkippedRun>| {
                run.map_or_else(|skipped| skipped.is_newer, |_| true)
            };
            Ok::<_, anyhow::Error>(!is_run || is_valid(self.run_in(objects, &file)?))
        };
        let mut newest = None;
        for version in versions {
            if is_run && held == Some(&version.object) {
                continue;
            }
            if let Some(held) = held
                && is_intact(&version.path, held)?
            {
                return Ok(None);
            }
            if is_intact(&version.path, &version.object)? {
                return Ok(Some(version));
            }
            newest.get_or_insert(version);
        }
        // No version is intact: the newest one is restored as it was.
        Ok(newest.filter(|_| held.is_none()))
    }
}

/// Whether this tool writes the file once and never changes it.
fn is_restorable(path: &str) -> bool {
    match place_of(path) {
        Place::Run => true,
        Place::Ours => !path.starts_with("data/series/"),
        _ => path == ROTATION_FILE,
    }
}

/// The standard output of a git command. Fails with git's message if the command fails.
fn output_of(command: Cmd<'_>) -> Result<String> {
    let output = command.quiet().ignore_status().output().context("cannot start git")?;
    if !output.status.success() {
        let why = text(output.stderr);
        bail!(
            "cannot read the commits of the history: {}. Run `git fsck` to find damaged objects",
            why.trim().replace('\n', "; ")
        );
    }
    Ok(text(output.stdout))
}
