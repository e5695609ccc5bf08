//! Reading the history branch, the newest runs first and no more than necessary.

use super::git::git;
use super::objects::{DamagedObject, Objects, TreeEntry};
use super::{Repository, answer};
use crate::parallel::each_on_all_processors;
use anyhow::{Context as _, Result};
use perf_judge::history::{History, Place, WorkspaceRuns, place_of};
use perf_judge::run::{Machine, Run, RunError};
use perf_judge::unit;
use perf_report::{Calibration, visible};
use std::collections::BTreeMap;

/// How many of the newest runs are read. A verdict uses ten and the site shows at most these, so
/// the cost does not grow with the history.
const NEWEST: usize = 200;

/// How many files are read before they are parsed, so that few are in memory as text.
const AT_ONCE: usize = 32;

/// How many of a machine's newest calibrations are read.
const CALIBRATIONS: usize = 20;

/// The entries of `data/` that this tool writes.
const OWN_ENTRIES: [&str; 7] =
    ["calibrations", "comparisons", "qualifications", "restarted.json", "runs", "series", "versus"];

/// The newest runs of the history.
#[derive(Debug, Default)]
pub(crate) struct NewestRuns {
    pub(crate) history: History,
    /// Which runs could not be read, and why.
    pub(crate) notes: Vec<String>,
    /// Whether there are older runs that were not read.
    pub(crate) is_cut: bool,
}

/// A file of the history.
#[derive(Clone, Debug)]
pub(crate) struct HistoryFile {
    /// The object of its contents.
    pub(crate) object: String,
    /// Its path in the history: it begins with `data/`.
    pub(crate) path: String,
}

/// A run's file as git has it.
struct RunText<'f> {
    branch: &'f str,
    path: &'f str,
    /// The contents, or what is damaged.
    json: Result<String, String>,
}

impl RunText<'_> {
    /// The run; the error is one that must be skipped.
    fn run(&self) -> Result<Run, SkippedRun> {
        let Self { branch, path, json } = self;
        let because = |why: &str, is_newer| {
            let why = format!("skipped {path} on {branch}: {why}");
            Err(SkippedRun { why, is_newer })
        };
        let json = match json {
            Ok(json) => json,
            Err(damage) => return because(damage, false),
        };
        match Run::verified(json) {
            Ok(run) if file_name(path).strip_suffix(".json") != Some(&run.id) => {
                let why = format!("it contains the run {}, not the one of its name", run.id);
                because(&why, false)
            }
            Ok(run) => Ok(run),
            Err(error @ RunError::Newer { .. }) => because(&error.to_string(), true),
            Err(error) => because(&error.to_string(), false),
        }
    }
}

/// A run that cannot be read.
#[derive(Debug)]
pub(crate) struct SkippedRun {
    /// The path, and the reason.
    pub(crate) why: String,
    /// Whether a newer version of this tool wrote it: then the file is not damaged.
    pub(crate) is_newer: bool,
}

impl NewestRuns {
    /// Keeps the runs of a workspace. Returns a note if it has none, and earlier versions of this
    /// tool recorded others.
    pub(crate) fn of_workspace(&mut self, workspace: &WorkspaceRuns) -> Option<String> {
        let [own, others] = std::mem::take(&mut self.history).split_by_workspace(workspace);
        self.history = own;
        let unknown = others.runs().rfind(|run| run.workspace.is_none())?;
        let package = unknown.benchmarks.first()?.name.package();
        self.history.runs().next().is_none().then(|| {
            format!(
                "recorded runs have no benchmark of this workspace, only of other packages, e.g. {}. They count as runs of another workspace. If the package was renamed, add its benchmarks to `renamed` in perf-budgets.json",
                visible(package)
            )
        })
    }
}

impl Repository {
    /// Reads the newest runs.
    ///
    /// Fails if `data/` belongs to another program. Runs that are damaged or of a newer format are
    /// skipped with a note.
    pub(crate) fn history(&self) -> Result<NewestRuns> {
        self.newest_history(NEWEST)
    }

    /// Reads the newest runs, at most `limit`, like [`Self::history`].
    pub(crate) fn newest_history(&self, limit: usize) -> Result<NewestRuns> {
        let mut recorded = NewestRuns::default();
        let mut objects = self.objects();
        let mut files = BTreeMap::new();
        for tip in self.tips()? {
            let newest = self.newest_runs(&mut objects, &tip, limit, &mut recorded.notes)?;
            files.extend(newest.into_iter().map(|file| (file_name(&file.path).to_owned(), file)));
        }
        recorded.is_cut = files.len() >= limit;
        let mut newer = 0;
        let newest: Vec<&HistoryFile> = files.values().rev().take(limit).collect();
        for files in newest.chunks(AT_ONCE) {
            let texts: Vec<_> =
                files.iter().map(|file| self.text_of(&mut objects, file)).collect::<Result<_>>()?;
            for run in each_on_all_processors(&texts, |text| Ok(text.run()))? {
                match run {
                    Ok(run) => recorded.history.add(run),
                    Err(left_out) if left_out.is_newer => newer += 1,
                    Err(left_out) => recorded.notes.push(left_out.why),
                }
            }
        }
        if newer > 0 {
            let runs = unit::counted(newer, "run", "runs");
            recorded.notes.push(format!(
                "skipped {runs} of a newer format on {}. Update this tool to compare with all runs",
                self.branch
            ));
        }
        Ok(recorded)
    }

    /// The run in a file; the inner error is a run that must be skipped.
    pub(crate) fn run_in(
        &self,
        objects: &mut Objects,
        file: &HistoryFile,
    ) -> Result<Result<Run, SkippedRun>> {
        Ok(self.text_of(objects, file)?.run())
    }

    /// The contents of a run's file.
    fn text_of<'f>(&'f self, objects: &mut Objects, file: &'f HistoryFile) -> Result<RunText<'f>> {
        let json = match objects.file(&file.object) {
            Ok(Some(json)) => Ok(json),
            Ok(None) => Err("git has no object for it; run `git fsck`".to_owned()),
            Err(error) if error.is::<DamagedObject>() => Err(format!("{error:#}")),
            Err(error) => return Err(error.context(format!("cannot read {}", file.path))),
        };
        Ok(RunText { branch: &self.branch, path: &file.path, json })
    }

    /// The files of the newest runs of a commit, the newest first: at most `limit`.
    pub(crate) fn newest_runs(
        &self,
        objects: &mut Objects,
        tip: &str,
        limit: usize,
        notes: &mut Vec<String>,
    ) -> Result<Vec<HistoryFile>> {
        let data = objects.folder(&self.at(tip, "data"));
        let data = data.map_err(|error| self.if_foreign(tip, error))?;
        if let Some(foreign) = data.iter().find(|entry| !OWN_ENTRIES.contains(&entry.name.as_str()))
        {
            return Err(self.foreign(&format!("data/{}", foreign.name)));
        }
        let files = self.newest_files(objects, tip, "data/runs", limit, notes)?;
        files.into_iter().map(|entry| self.run_file(entry)).collect()
    }

    /// The files below a folder whose names begin with their time, the newest first: at most
    /// `limit`.
    pub(super) fn newest_files(
        &self,
        objects: &mut Objects,
        tip: &str,
        folder: &str,
        limit: usize,
        notes: &mut Vec<String>,
    ) -> Result<Vec<TreeEntry>> {
        let mut files = Vec::new();
        let mut open = vec![TreeEntry {
            name: folder.to_owned(),
            object: self.at(tip, folder),
            is_folder: true,
        }];
        while let Some(entry) = open.pop().filter(|_| files.len() < limit) {
            if !entry.is_folder {
                files.push(entry);
                continue;
            }
            match objects.folder(&entry.object) {
                Ok(below) => open.extend(sorted(&entry.name, below)),
                Err(error) if !error.is::<DamagedObject>() => {
                    return Err(error.context(format!("cannot read {}", entry.name)));
                }
                Err(error) => notes.push(format!(
                    "skipped {} on {}: {error:#}. Publish from a clone that has it intact",
                    entry.name, self.branch
                )),
            }
        }
        Ok(files)
    }

    fn run_file(&self, entry: TreeEntry) -> Result<HistoryFile> {
        match place_of(&entry.name) {
            Place::Run => Ok(HistoryFile { object: entry.object, path: entry.name }),
            _ => Err(self.foreign(&entry.name)),
        }
    }

    /// Replaces `error` if a commit has a file in place of the folder `data`.
    pub(super) fn if_foreign(&self, commit: &str, error: anyhow::Error) -> anyhow::Error {
        let (sh, data) = (&self.sh, self.at(commit, "data"));
        match answer(git!(sh, "git cat-file -t {data}")) {
            Ok(Some(kind)) if kind != "tree" => self.foreign("data"),
            _ => error,
        }
    }

    fn foreign(&self, path: &str) -> anyhow::Error {
        anyhow::anyhow!(
            "cannot use the history on `{}`: this tool did not write `{}{path}` there. Remove it, or name another folder by --history-prefix or another branch by --branch",
            self.branch,
            self.prefix,
        )
    }

    /// A sentence about the error rates of the newest calibration of a machine; `None` if it was
    /// never calibrated.
    pub(crate) fn calibration_note(&self, machine: &Machine) -> Option<String> {
        match self.calibration(machine) {
            Ok(calibration) => Some(calibration?.sentence()),
            Err(error) => Some(format!(
                "cannot read the error rates of this machine: {error:#}. Run `cargo xtask perf calibrate`"
            )),
        }
    }

    /// The newest calibration of a machine without other load, among its [`CALIBRATIONS`] newest ones.
    fn calibration(&self, machine: &Machine) -> Result<Option<Calibration>> {
        let mut objects = self.objects();
        // File names begin with the time of the calibration.
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for tip in self.tips()? {
            for folder in Calibration::FOLDERS {
                let folder = format!("{folder}/{}", machine.key);
                let found = objects.folder(&self.at(&tip, &folder))?;
                files.extend(found.into_iter().map(|entry| (entry.name, entry.object)));
            }
        }
        for (name, object) in files.iter().rev().take(CALIBRATIONS) {
            let json =
                objects.file(object)?.with_context(|| format!("git has no object for {name}"))?;
            let calibration = Calibration::from_json(&json)
                .with_context(|| format!("cannot read {name} on {}", self.branch))?;
            if calibration.load == 0 {
                return Ok(Some(calibration));
            }
        }
        Ok(None)
    }

    /// The complete commits of the history: of the local branch, of the remote's as last fetched,
    /// or of both if neither contains the other.
    pub(crate) fn tips(&self) -> Result<Vec<String>> {
        self.newest_commits()?.iter().map(|tip| self.complete_commit(tip)).collect()
    }

    /// The same commits as they are on their branches, without restored files.
    pub(crate) fn newest_commits(&self) -> Result<Vec<String>> {
        let local = self.commit_at(&self.local_ref())?;
        let remote = self.commit_at(&self.tracking_ref())?;
        Ok(match (local, remote) {
            (Some(local), Some(remote)) if self.contains(&local, &remote)? => vec![local],
            (Some(local), Some(remote)) if self.contains(&remote, &local)? => vec![remote],
            (local, remote) => local.into_iter().chain(remote).collect(),
        })
    }

    /// Whether `ancestor` is `commit` or in its past.
    pub(super) fn contains(&self, commit: &str, ancestor: &str) -> Result<bool> {
        if commit == ancestor {
            return Ok(true);
        }
        let sh = &self.sh;
        let output = git!(sh, "git merge-base --is-ancestor {ancestor} {commit}")
            .quiet()
            .ignore_status()
            .ignore_stderr()
            .output()?;
        Ok(output.status.success())
    }

    pub(crate) fn commit_at(&self, reference: &str) -> Result<Option<String>> {
        let (sh, commit) = (&self.sh, format!("{reference}^{{commit}}"));
        answer(git!(sh, "git rev-parse --verify --quiet {commit}"))
    }

    /// Git's name for a path of the history in a commit: `<commit>:<path>`.
    pub(crate) fn at(&self, commit: &str, path: &str) -> String {
        format!("{commit}:{}{path}", self.prefix)
    }
}

/// The entries of a folder with the newest one last. Names of years, months, days and runs begin
/// with their time.
fn sorted(folder: &str, mut below: Vec<TreeEntry>) -> impl Iterator<Item = TreeEntry> {
    below.sort_by(|one, other| one.name.cmp(&other.name));
    let named =
        move |entry: TreeEntry| TreeEntry { name: format!("{folder}/{}", entry.name), ..entry };
    below.into_iter().map(named)
}

pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
