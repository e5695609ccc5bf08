//! Reading the day indexes and the comparisons of a history, which the site shows.

use super::git::git;
use super::objects::Objects;
use super::read::{HistoryFile, file_name};
use super::{Repository, answer, text};
use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use perf_judge::history::{DayIndex, History, NameTable, Place, RunRow, path_of_id, place_of};
use perf_judge::run::Run;
use perf_report::site::Release;
use perf_report::{Comparison, Versus};
use std::collections::BTreeMap;

/// The objects of the day indexes by day, for example `2026-11-23`. A day has two objects if the
/// local and the remote history are not joined yet.
pub(crate) type Days = BTreeMap<String, Vec<String>>;

/// The day indexes and name tables of a history, read as needed.
#[derive(Debug)]
pub(crate) struct RecordedSeries<'a> {
    repository: &'a Repository,
    objects: Objects,
    tips: Vec<String>,
    names: BTreeMap<String, NameTable>,
    /// Which files could not be read, and why.
    pub(crate) notes: Vec<String>,
}

/// How many files are read at most for each that counts.
const FILES_PER_COUNTED: usize = 4;

/// The rows of day indexes that are searched for runs of a machine.
const SEARCHED: usize = 5_000;

impl Repository {
    /// Opens the series for reading.
    pub(crate) fn open_series(&self) -> Result<RecordedSeries<'_>> {
        Ok(RecordedSeries {
            repository: self,
            objects: self.objects(),
            tips: self.tips()?,
            names: BTreeMap::new(),
            notes: Vec::new(),
        })
    }

    /// Complete runs of clean commits before `until` whose row `is_own`, the newest first, for as long as
    /// `is_wanted` returns true. Runs that cannot be read are left out. Returns notes on day indexes that
    /// cannot be read.
    ///
    /// The day indexes list these runs, and at most [`SEARCHED`] of their rows are read.
    pub(crate) fn older_runs(
        &self,
        until: DateTime<Utc>,
        is_own: impl Fn(&RunRow, &NameTable) -> bool,
        mut is_wanted: impl FnMut(Run) -> bool,
    ) -> Result<Vec<String>> {
        let mut series = self.open_series()?;
        let mut objects = self.objects();
        let mut searched = 0;
        for (day, day_indexes) in series.days()?.iter().rev() {
            let rows = series.runs_of(day, day_indexes);
            searched += rows.len();
            let is_comparable = |row: &&RunRow| !row.partial && !row.dirty && row.started < until;
            for row in rows.iter().rev().filter(is_comparable) {
                if !series.names(&row.names).is_some_and(|names| is_own(row, names)) {
                    continue;
                }
                let path = path_of_id(row.started, &row.run);
                let Some(run) = self.run_at(&mut objects, &series.tips, &path)? else { continue };
                if !is_wanted(run) {
                    return Ok(series.notes);
                }
            }
            if searched >= SEARCHED {
                break;
            }
        }
        Ok(series.notes)
    }

    fn run_at(&self, objects: &mut Objects, tips: &[String], path: &str) -> Result<Option<Run>> {
        for tip in tips {
            let file = HistoryFile { object: self.at(tip, path), path: path.to_owned() };
            if let Ok(run) = self.run_in(objects, &file)? {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// The newest recorded comparisons, the newest first, and notes on files that cannot be read.
    ///
    /// At most `limit` of them have pairs. Those without pairs between them are read as well.
    pub(crate) fn comparisons(&self, limit: usize) -> Result<(Vec<Comparison>, Vec<String>)> {
        let parsed = |text: &str| Ok(Comparison::from_json(text)?);
        self.newest_of(Comparison::FOLDER, limit, parsed, Comparison::has_pairs)
    }

    /// The newest recorded comparisons of alternatives, the newest first, and notes on files that
    /// cannot be read.
    pub(crate) fn versus(&self, limit: usize) -> Result<(Vec<Versus>, Vec<String>)> {
        self.newest_of(Versus::FOLDER, limit, |text| Ok(Versus::from_json(text)?), |_| true)
    }

    /// The newest measurements of a folder with days, the newest first, until `limit` of them count.
    fn newest_of<T>(
        &self,
        folder: &str,
        limit: usize,
        parsed: impl Fn(&str) -> Result<T>,
        counts: impl Fn(&T) -> bool,
    ) -> Result<(Vec<T>, Vec<String>)> {
        let most_files = limit * FILES_PER_COUNTED;
        let (mut objects, mut notes) = (self.objects(), Vec::new());
        let mut files = BTreeMap::new();
        for tip in self.tips()? {
            let below = self.newest_files(&mut objects, &tip, folder, most_files, &mut notes)?;
            let named = below.into_iter().map(|entry| (file_name(&entry.name).to_owned(), entry));
            files.extend(named);
        }
        let (mut measurements, mut counted) = (Vec::new(), 0);
        for entry in files.into_values().rev().take(most_files) {
            if counted == limit {
                break;
            }
            let read = objects.file(&entry.object).and_then(|text| {
                parsed(&text.context("git has no object for it; run `git fsck`")?)
            });
            match read {
                Ok(measurement) => {
                    counted += usize::from(counts(&measurement));
                    measurements.push(measurement);
                }
                Err(error) => {
                    notes.push(format!("skipped {} on {}: {error:#}", entry.name, self.branch))
                }
            }
        }
        Ok((measurements, notes))
    }

    /// The tags with the commits that they name, as releases.
    pub(crate) fn releases(&self) -> Result<Vec<Release>> {
        let sh = &self.sh;
        // An annotated tag is an object of its own, and names its commit by `*objectname`.
        let format = "--format=%(objectname) %(*objectname) %(refname:lstrip=2)";
        let listed = git!(sh, "git for-each-ref --sort=creatordate {format} refs/tags");
        let listed = listed.quiet().output().context("cannot list the tags")?;
        let release = |line: &str| {
            let (object, rest) = line.split_once(' ')?;
            let (commit, name) = rest.split_once(' ')?;
            let commit = if commit.is_empty() { object } else { commit };
            Some(Release { name: name.to_owned(), commit: commit.to_owned() })
        };
        Ok(text(listed.stdout).lines().filter_map(release).collect())
    }

    /// The runs that `is_counted` selects, up to the newest one whose commit is `commit` or in its past.
    pub(crate) fn runs_until(
        &self,
        commit: &str,
        history: &History,
        is_counted: impl Fn(&Run) -> bool,
    ) -> Result<History> {
        let mut counted: Vec<&Run> = history.runs().filter(|run| is_counted(run)).collect();
        while let Some(newest) = counted.last() {
            let own = newest.commit.as_ref().map_or("", |commit| commit.hash.as_str());
            // Anything else could be an option of git.
            let is_hash = !own.is_empty() && own.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_hash && self.contains(commit, own)? {
                break;
            }
            counted.pop();
        }
        Ok(counted.into_iter().cloned().collect())
    }

    /// The URL of the remote.
    pub(crate) fn remote_address(&self) -> Result<Option<String>> {
        let (sh, remote) = (&self.sh, &self.remote);
        answer(git!(sh, "git remote get-url {remote}"))
    }
}

impl RecordedSeries<'_> {
    /// The days that have a day index.
    pub(crate) fn days(&mut self) -> Result<Days> {
        let mut days = Days::new();
        for tip in &self.tips {
            let folder = self.repository.at(tip, "data/series");
            for file in self.objects.files_below(&folder)? {
                let path = format!("data/series/{}", file.name);
                let day = file.name.strip_suffix(".jsonl").map(|day| day.replace('/', "-"));
                let Some(day) = day.filter(|_| place_of(&path) == Place::Series) else { continue };
                let objects = days.entry(day).or_default();
                if !objects.contains(&file.object) {
                    objects.push(file.object);
                }
            }
        }
        Ok(days)
    }

    /// The runs of a day, the oldest first. Files that cannot be read are skipped with a note.
    pub(crate) fn runs_of(&mut self, day: &str, day_indexes: &[String]) -> Vec<RunRow> {
        let mut all = DayIndex::default();
        for object in day_indexes {
            match self.day_index(object) {
                Ok(day_index) => all = all.merge(day_index),
                Err(error) => self.skip(day, &error),
            }
        }
        all.runs().unwrap_or_else(|error| {
            self.skip(day, &error.into());
            Vec::new()
        })
    }

    fn day_index(&mut self, object: &str) -> Result<DayIndex> {
        let text = self.objects.file(object)?.context("git has no object for it")?;
        Ok(DayIndex::parse(&text)?)
    }

    fn skip(&mut self, what: &str, error: &anyhow::Error) {
        self.notes.push(format!(
            "skipped {what} of the day indexes: {error:#}. Run `cargo xtask perf history verify --repair` to rebuild it"
        ));
    }

    /// The name table with this key, or `None` with a note if it cannot be read.
    pub(crate) fn names(&mut self, key: &str) -> Option<&NameTable> {
        if !self.names.contains_key(key) {
            match self.read_names(key) {
                Ok(names) => drop(self.names.insert(key.to_owned(), names)),
                Err(error) => {
                    self.skip(&NameTable::path(key), &error);
                    // With an empty table, the note is added only once.
                    self.names.insert(key.to_owned(), NameTable::from_json("[]").ok()?);
                }
            }
        }
        self.names.get(key)
    }

    fn read_names(&mut self, key: &str) -> Result<NameTable> {
        for tip in &self.tips {
            let path = self.repository.at(tip, &NameTable::path(key));
            if let Some(text) = self.objects.file(&path)? {
                return Ok(NameTable::from_json(&text)?);
            }
        }
        anyhow::bail!("the file does not exist")
    }
}
