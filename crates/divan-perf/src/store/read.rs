//! Reading the history branch, the newest first and no more than is needed.

use super::git::git;
use super::objects::{Damaged, Objects, TreeEntry};
use super::{Repository, answer};
use anyhow::{Context as _, Result};
use perf_judge::history::{History, Place, place_of};
use perf_judge::run::{Machine, Run, RunError};
use perf_judge::unit;
use perf_report::Calibration;
use std::collections::BTreeMap;

/// How many of the newest runs are read. A verdict takes ten and the site shows no more than this,
/// so that judging costs the same after ten runs and after ten thousand.
const NEWEST: usize = 200;

/// What may stand in `data/`.
const OURS: [&str; 6] =
    ["calibrations", "comparisons", "qualifications", "restarted.json", "runs", "series"];

/// The history as far as it is read.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    /// The newest runs.
    pub(crate) history: History,
    /// What could not be read, and why.
    pub(crate) notes: Vec<String>,
}

/// A file of the history.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its contents' object.
    pub(crate) object: String,
    /// Its path below the history's root: it begins with `data/`.
    pub(crate) path: String,
}

/// Why a run is left out.
#[derive(Debug)]
pub(crate) struct LeftOut {
    pub(crate) why: String,
    /// Whether a later version wrote it: then nothing is wrong with it.
    pub(crate) is_newer: bool,
}

impl Repository {
    /// Reads the newest runs.
    ///
    /// Fails on a `data/` that is somebody else's, before anything is measured. Runs that cannot be
    /// read and runs of a newer format are left out with a note, and the rest is served.
    pub(crate) fn history(&self) -> Result<Recorded> {
        self.newest_history(NEWEST)
    }

    /// Reads the newest runs, at most `limit`, like [`Self::history`].
    pub(crate) fn newest_history(&self, limit: usize) -> Result<Recorded> {
        let mut recorded = Recorded::default();
        let mut objects = self.objects();
        let mut files = BTreeMap::new();
        for tip in self.tips()? {
            let newest = self.newest_runs(&mut objects, &tip, limit, &mut recorded.notes)?;
            files.extend(newest.into_iter().map(|file| (file_name(&file.path).to_owned(), file)));
        }
        let mut newer = 0;
        for file in files.values().rev().take(limit) {
            match self.run_in(&mut objects, file)? {
                Ok(run) => recorded.history.add(run),
                Err(left_out) if left_out.is_newer => newer += 1,
                Err(left_out) => recorded.notes.push(left_out.why),
            }
        }
        if newer > 0 {
            let runs = unit::counted(newer, "run", "runs");
            recorded.notes.push(format!(
                "{runs} on {} of a newer format left out: update this tool to compare with all runs",
                self.branch
            ));
        }
        Ok(recorded)
    }

    /// A run, or why it must be left out.
    pub(crate) fn run_in(
        &self,
        objects: &mut Objects,
        file: &File,
    ) -> Result<Result<Run, LeftOut>> {
        let because = |why: &str, is_newer| {
            let why = format!("{} on {} is left out: {why}", file.path, self.branch);
            Ok(Err(LeftOut { why, is_newer }))
        };
        let left_out = |why: String| because(&why, false);
        let json = match objects.file(&file.object) {
            Ok(Some(json)) => json,
            Ok(None) => return left_out("git has lost its contents".to_owned()),
            Err(error) if error.is::<Damaged>() => return left_out(format!("{error:#}")),
            Err(error) => return Err(error.context(format!("cannot read {}", file.path))),
        };
        match Run::verified(&json) {
            Ok(run) if file_name(&file.path).strip_suffix(".json") != Some(&run.id) => {
                left_out(format!("it holds the run {}", run.id))
            }
            Ok(run) => Ok(Ok(run)),
            Err(error @ RunError::Newer { .. }) => because(&error.to_string(), true),
            Err(error) => left_out(error.to_string()),
        }
    }

    /// The files of the newest runs of a commit, the newest first: at most `limit`.
    pub(crate) fn newest_runs(
        &self,
        objects: &mut Objects,
        tip: &str,
        limit: usize,
        notes: &mut Vec<String>,
    ) -> Result<Vec<File>> {
        let data = objects.folder(&self.at(tip, "data"));
        let data = data.map_err(|error| self.if_foreign(tip, error))?;
        if let Some(foreign) = data.iter().find(|entry| !OURS.contains(&entry.name.as_str())) {
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
                Err(error) if !error.is::<Damaged>() => {
                    return Err(error.context(format!("cannot read {}", entry.name)));
                }
                Err(error) => notes.push(format!(
                    "{} on {} is left out: {error:#}: another clone may have it whole",
                    entry.name, self.branch
                )),
            }
        }
        Ok(files)
    }

    fn run_file(&self, entry: TreeEntry) -> Result<File> {
        match place_of(&entry.name) {
            Place::Run => Ok(File { object: entry.object, path: entry.name }),
            _ => Err(self.foreign(&entry.name)),
        }
    }

    /// Says whose it is where a commit has a file in place of the history's folder.
    pub(super) fn if_foreign(&self, commit: &str, error: anyhow::Error) -> anyhow::Error {
        let (sh, data) = (&self.sh, self.at(commit, "data"));
        match answer(git!(sh, "git cat-file -t {data}")) {
            Ok(Some(kind)) if kind != "tree" => self.foreign("data"),
            _ => error,
        }
    }

    fn foreign(&self, path: &str) -> anyhow::Error {
        anyhow::anyhow!(
            "the branch `{}` has a `{}{path}` that this tool did not write, so its data/ belongs to something else: remove it there, or choose another place by --history-prefix or --branch",
            self.branch,
            self.prefix,
        )
    }

    /// What was last measured of a machine's error rates, in a sentence.
    pub(crate) fn qualification_note(&self, machine: &Machine) -> Option<String> {
        match self.calibration(machine) {
            Ok(calibration) => Some(calibration?.sentence()),
            Err(error) => Some(format!("the error rates of this machine are not known: {error:#}")),
        }
    }

    /// What was last measured of the error rates of a machine; an error names a file that cannot
    /// be read.
    fn calibration(&self, machine: &Machine) -> Result<Option<Calibration>> {
        let mut objects = self.objects();
        let mut newest: Option<(String, String)> = None;
        for tip in self.tips()? {
            for folder in Calibration::FOLDERS {
                let folder = format!("{folder}/{}", machine.key);
                let files = objects.folder(&self.at(&tip, &folder))?;
                // Their names begin with their time.
                let last = files.into_iter().map(|entry| (entry.name, entry.object)).max();
                newest = newest.max(last);
            }
        }
        let Some((name, object)) = newest else { return Ok(None) };
        let json = objects.file(&object)?.with_context(|| format!("git has lost {name}"))?;
        Calibration::from_json(&json)
            .map(Some)
            .with_context(|| format!("{name} on {} cannot be read", self.branch))
    }

    /// Where the history stands, with everything that its past held: the local branch, the remote's
    /// as last fetched, or both if each has what the other lacks.
    pub(crate) fn tips(&self) -> Result<Vec<String>> {
        self.newest_commits()?.iter().map(|tip| self.whole(tip)).collect()
    }

    /// The same as they are on their branches, whatever is missing there.
    pub(crate) fn newest_commits(&self) -> Result<Vec<String>> {
        let local = self.commit_at(&self.local_ref())?;
        let remote = self.commit_at(&self.tracking_ref())?;
        Ok(match (local, remote) {
            (Some(local), Some(remote)) if self.contains(&local, &remote)? => vec![local],
            (Some(local), Some(remote)) if self.contains(&remote, &local)? => vec![remote],
            (local, remote) => local.into_iter().chain(remote).collect(),
        })
    }

    /// Whether `commit` has `ancestor` in its past, or is it.
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

    /// How git calls a path of the history in a commit.
    pub(crate) fn at(&self, commit: &str, path: &str) -> String {
        format!("{commit}:{}{path}", self.prefix)
    }
}

/// What stands in a folder, so that the newest is popped first: years, months, days and runs begin
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
