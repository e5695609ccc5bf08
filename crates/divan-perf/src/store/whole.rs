//! Bringing back what other programs' commits dropped from the history.
//!
//! The branch is not this tool's alone: a deploy of documentation that replaces the contents of
//! the branch takes the recorded runs with it. Every file that a commit of the branch ever held is
//! still in git, so it is brought back before anything is read or added.
//!
//! Each commit of this tool says in a trailer which `data/` it holds, and after which commits. One of
//! which that is true needs no second look, nor does its past, so that the cost does not grow with
//! the history. A message that was copied to another commit says nothing of that one's past.

use super::beginning::ROTATION_NOTE;
use super::git::git;
use super::import::{Author, Change, Commit};
use super::objects::Objects;
use super::read::{File, LeftOut};
use super::{Repository, answer, text};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::history::{Place, place_of};
use perf_judge::run::Run;
use perf_judge::unit;
use std::collections::BTreeMap;
use xshell::Cmd;

/// The trailer that names the tree of a `data/` which has everything that the commit's parents had,
/// and those parents.
const TRAILER: &str = "Perf-Data";

/// By how many commits a clone with a cut history is deepened, one try after the other.
const DEEPER: [u32; 3] = [50, 1_000, 1_000_000_000];

/// How far back is looked for what was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// To the newest commit that this tool wrote and nobody changed.
    OurLastCommit,
    /// To the first commit of the branch.
    Beginning,
}

/// Files that earlier commits held, and a later one lacks or holds edited.
#[derive(Debug, Default)]
pub(crate) struct Dropped {
    /// The files as they were.
    pub(crate) files: Vec<File>,
    /// The newest commit that dropped some of them.
    by: String,
}

impl Dropped {
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How much was dropped and by what, for people.
    pub(crate) fn sentence(&self) -> String {
        let is_run = |file: &&File| place_of(&file.path) == Place::Run;
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
        format!("{} that commit {by} dropped or changed", counted.join(" and "))
    }
}

/// A file as an earlier commit held it.
struct Former {
    /// The commit that dropped or changed it, and how many of those looked at are newer.
    commit: String,
    age: usize,
    path: String,
    object: String,
}

impl Repository {
    /// A commit with everything that `tip` and its past ever held: `tip` itself where nothing was
    /// dropped, otherwise one on top of it. No branch is moved.
    pub(crate) fn whole(&self, tip: &str) -> Result<String> {
        if let Some(known) = self.whole.borrow().get(tip) {
            return Ok(known.clone());
        }
        let dropped = self.dropped(tip, Since::OurLastCommit)?;
        let whole = if dropped.is_empty() {
            tip.to_owned()
        } else {
            let restored = self.restore(tip, &dropped)?;
            ui::say(&format!("{}: brought back {}", self.branch, dropped.sentence()));
            restored
        };
        let mut known = self.whole.borrow_mut();
        known.insert(whole.clone(), whole.clone());
        known.insert(tip.to_owned(), whole.clone());
        Ok(whole)
    }

    /// Writes a commit of the history that lacks nothing of what its parents hold, with the
    /// trailer that says so.
    pub(crate) fn import_whole(&self, commit: &Commit<'_>) -> Result<String> {
        let draft = self.import(commit)?;
        let (tree, data) = (format!("{draft}^{{tree}}"), self.at(&draft, "data"));
        let sh = &self.sh;
        let trees = output_of(git!(sh, "git rev-parse {tree} {data}"))?;
        let Some((tree, data)) = trees.trim().split_once('\n') else {
            bail!("git says: {trees}");
        };
        let parents: String = commit.parents.iter().map(|parent| format!(" {parent}")).collect();
        let everything =
            Change::Link { path: String::new(), object: tree.to_owned(), is_folder: true };
        let whole = self.import(&Commit {
            parents: commit.parents.clone(),
            author: commit.author,
            message: format!("{}\n{}{data}{parents}\n", commit.message, self.trailer()),
            time: commit.time,
            changes: vec![everything],
        })?;
        self.whole.borrow_mut().insert(whole.clone(), whole.clone());
        Ok(whole)
    }

    /// What the past of `tip` held and `tip` does not.
    ///
    /// Fails in a clone whose past is cut off before that can be known.
    pub(crate) fn dropped(&self, tip: &str, since: Since) -> Result<Dropped> {
        let mut depths = DEEPER.into_iter();
        loop {
            let start = match since {
                Since::OurLastCommit => self.newest_of_ours(tip)?,
                Since::Beginning => None,
            };
            if start.as_deref() == Some(tip) {
                return Ok(Dropped::default());
            }
            let commits = self.commits(tip, start.as_deref())?;
            if !self.is_cut_off(&commits)? {
                let former = self.former(&commits)?;
                return self.not_in(tip, former);
            }
            let unknown = || {
                format!(
                    "the newest commits on `{}` are not by this tool, and this clone is too shallow to know whether they dropped recorded runs: run `git fetch --unshallow {}`",
                    self.branch, self.remote
                )
            };
            let depth = depths.next().with_context(unknown)?;
            self.deepen(depth).with_context(unknown)?;
        }
    }

    /// Writes a commit on top of `tip` that has what was dropped as well.
    pub(crate) fn restore(&self, tip: &str, dropped: &Dropped) -> Result<String> {
        // The same in every clone, so that two which do it at once agree.
        let message = format!("perf: bring back {}\n", dropped.sentence());
        self.import_files(tip, &dropped.files, &message, Author::Neutral).with_context(|| {
            format!(
                "`{}` lacks {}, and they cannot be brought back: another clone may have them whole",
                self.branch,
                dropped.sentence()
            )
        })
    }

    /// Writes a commit on top of `parent` that has these files as well, and what follows from them.
    pub(super) fn import_files(
        &self,
        parent: &str,
        files: &[File],
        message: &str,
        author: Author,
    ) -> Result<String> {
        let mut objects = self.objects();
        let runs = self.readable(&mut objects, files)?;
        let link = |file: &File| Change::Link {
            path: self.in_place(&file.path),
            object: file.object.clone(),
            is_folder: false,
        };
        let mut changes: Vec<Change> = files.iter().map(link).collect();
        changes.extend(self.series(
            &mut objects,
            Some(parent),
            &runs.iter().collect::<Vec<_>>(),
        )?);
        self.import_whole(&Commit {
            parents: vec![parent],
            author,
            message: message.to_owned(),
            time: self.time_of(parent)?,
            changes,
        })
    }

    /// The runs among files; those that cannot be read have no place in the series.
    fn readable(&self, objects: &mut Objects, files: &[File]) -> Result<Vec<Run>> {
        let mut runs = Vec::new();
        for file in files.iter().filter(|file| place_of(&file.path) == Place::Run) {
            runs.extend(self.run_in(objects, file)?.ok());
        }
        Ok(runs)
    }

    /// The beginning of a trailer of this history, of which a branch can hold several.
    fn trailer(&self) -> String {
        format!("{TRAILER}: {}data ", self.prefix)
    }

    /// The newest commit with a trailer that is true, in the past of `tip` or `tip` itself.
    fn newest_of_ours(&self, tip: &str) -> Result<Option<String>> {
        // A commit that was changed or copied keeps its message: then an older one is looked for.
        for limit in ["1", "1000"] {
            let (sh, trailer) = (&self.sh, self.trailer());
            let found = git!(
                sh,
                "git rev-list --fixed-strings --grep={trailer} --max-count={limit} {tip} --"
            );
            let found = output_of(found)?;
            for commit in found.lines() {
                if self.says_truly(commit)? {
                    return Ok(Some(commit.to_owned()));
                }
            }
        }
        Ok(None)
    }

    fn says_truly(&self, commit: &str) -> Result<bool> {
        let sh = &self.sh;
        let text = output_of(git!(sh, "git cat-file commit {commit}"))?;
        let (head, message) = text.split_once("\n\n").unwrap_or((&text, ""));
        let trailer = self.trailer();
        let said = message.lines().rev().find_map(|line| line.strip_prefix(trailer.as_str()));
        let data = self.at(commit, "data");
        let held = answer(git!(sh, "git rev-parse --verify --quiet {data}"))?;
        let parents = head.lines().filter_map(|line| line.strip_prefix("parent "));
        let is: Vec<&str> = held.as_deref().into_iter().chain(parents).collect();
        Ok(held.is_some() && said == Some(is.join(" ").as_str()))
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
        let ends = std::fs::read_to_string(self.common_dir()?.join("shallow"));
        let ends = ends.context("cannot read where the shallow clone ends")?;
        Ok(ends.lines().any(|end| commits.iter().any(|commit| commit == end)))
    }

    /// The files that commits dropped or changed, as they were before, the newest first.
    ///
    /// What follows from runs is left out: it is rebuilt.
    fn former(&self, commits: &[String]) -> Result<Vec<Former>> {
        let (sh, folder) = (&self.sh, self.in_place("data"));
        let differing = git!(
            sh,
            "git diff-tree --stdin -m -r -z --no-renames --no-abbrev --diff-filter=DMT -- {folder}"
        );
        let differing = output_of(differing.stdin(commits.join("\n") + "\n"))?;
        let mut fields = differing.split_terminator('\0');
        let mut former = Vec::new();
        let (mut commit, mut age) = (String::new(), 0);
        while let Some(field) = fields.next() {
            let Some(facts) = field.strip_prefix(':') else {
                (commit, age) = (field.to_owned(), age + 1);
                continue;
            };
            let path = fields.next().context("git's answer ends early")?;
            let object = facts.split(' ').nth(2).context("git's answer has no object")?;
            let Some(path) = path.strip_prefix(&self.prefix) else { continue };
            // Links and submodules are none of ours.
            if facts.starts_with("100") && is_kept(path) {
                former.push(Former {
                    commit: commit.clone(),
                    age,
                    path: path.to_owned(),
                    object: object.to_owned(),
                });
            }
        }
        Ok(former)
    }

    /// Of files as they were, those that `tip` lacks, and the runs that it holds edited.
    fn not_in(&self, tip: &str, former: Vec<Former>) -> Result<Dropped> {
        if former.is_empty() {
            return Ok(Dropped::default());
        }
        let mut objects = self.objects();
        let held = objects.files_below(&self.at(tip, "data"));
        let held = held.map_err(|error| self.if_foreign(tip, error))?.into_iter();
        let held: BTreeMap<String, String> =
            held.map(|entry| (format!("data/{}", entry.name), entry.object)).collect();
        let mut by_path: BTreeMap<String, Vec<Former>> = BTreeMap::new();
        for file in former {
            by_path.entry(file.path.clone()).or_default().push(file);
        }
        let mut lost = Vec::new();
        for (path, versions) in by_path {
            lost.extend(self.lost(&mut objects, held.get(&path), versions)?);
        }
        let newest = lost.iter().min_by_key(|file| file.age);
        let by = newest.map(|file| file.commit.clone()).unwrap_or_default();
        let file = |lost: Former| File { object: lost.object, path: lost.path };
        Ok(Dropped { files: lost.into_iter().map(file).collect(), by })
    }

    /// The version of a file that must be brought back, if any: the newest that is sound.
    fn lost(
        &self,
        objects: &mut Objects,
        held: Option<&String>,
        versions: Vec<Former>,
    ) -> Result<Option<Former>> {
        let is_run = versions.first().is_some_and(|file| place_of(&file.path) == Place::Run);
        let mut is_sound = |path: &str, object: &String| {
            let file = File { object: object.clone(), path: path.to_owned() };
            // What a later version wrote is for that to read.
            let is_read =
                |run: Result<Run, LeftOut>| run.map_or_else(|left| left.is_newer, |_| true);
            Ok::<_, anyhow::Error>(!is_run || is_read(self.run_in(objects, &file)?))
        };
        let mut newest = None;
        for version in versions {
            if is_run && held == Some(&version.object) {
                continue;
            }
            if let Some(held) = held
                && is_sound(&version.path, held)?
            {
                return Ok(None);
            }
            if is_sound(&version.path, &version.object)? {
                return Ok(Some(version));
            }
            newest.get_or_insert(version);
        }
        // None can be read: its bytes are kept as they were.
        Ok(newest.filter(|_| held.is_none()))
    }
}

/// Whether it is a file that this tool writes once. What follows from runs is rebuilt.
fn is_kept(path: &str) -> bool {
    match place_of(path) {
        Place::Run => true,
        Place::Ours => !path.starts_with("data/series/"),
        _ => path == ROTATION_NOTE,
    }
}

/// What a command of git prints; an error is git's own.
fn output_of(command: Cmd<'_>) -> Result<String> {
    let output = command.quiet().ignore_status().output().context("cannot start git")?;
    if !output.status.success() {
        let why = text(output.stderr);
        bail!("git cannot read the commits of the history: {}", why.trim().replace('\n', "; "));
    }
    Ok(text(output.stdout))
}
