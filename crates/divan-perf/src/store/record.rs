//! Adding files to the history branch.

use super::Repository;
use super::import::{Author, Change, NewCommit};
use super::objects::{DamagedObject, Objects};
use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use perf_judge::history::{DayIndex, DayIndexError, NameTable, Place, path_of, place_of};
use perf_judge::run::{Run, RunError};
use perf_report::{Calibration, Comparison, Versus, visible};
use std::collections::{BTreeMap, BTreeSet};

/// A run, a comparison of commits or of alternatives, or a calibration, as a file of the history. It
/// never changes.
#[derive(Clone, Debug)]
pub(crate) struct MeasurementFile {
    pub(crate) id: String,
    path: String,
    pub(crate) contents: String,
    /// A line for the message of the commit that adds the file.
    about: String,
    time: DateTime<Utc>,
    run: Option<Run>,
    /// The measured commit; a calibration has none.
    commit: Option<String>,
}

impl From<&Run> for MeasurementFile {
    fn from(run: &Run) -> Self {
        let measured = run.commit.as_ref().map_or("no commit", |commit| commit.hash.as_str());
        Self {
            id: run.id.clone(),
            path: path_of(run),
            contents: run.to_json(),
            about: format!("Measure {measured} on machine {}.", run.machine.key),
            time: run.started,
            run: Some(run.clone()),
            commit: run.commit.as_ref().map(|commit| commit.hash.clone()),
        }
    }
}

impl From<&Calibration> for MeasurementFile {
    fn from(calibration: &Calibration) -> Self {
        Self {
            id: calibration.id(),
            path: calibration.path(),
            contents: calibration.to_json(),
            about: format!("Calibrate machine {}.", calibration.machine.key),
            time: calibration.started,
            run: None,
            commit: None,
        }
    }
}

impl From<&Comparison> for MeasurementFile {
    fn from(comparison: &Comparison) -> Self {
        let head = comparison.head.as_ref().map_or("no commit", |commit| commit.hash.as_str());
        let (base, key) = (&comparison.base, &comparison.machine.key);
        Self {
            id: comparison.id.clone(),
            path: comparison.path(),
            contents: comparison.to_json(),
            about: format!("Compare {head} with {base} on machine {key}."),
            time: comparison.started,
            run: None,
            commit: comparison.head.as_ref().map(|commit| commit.hash.clone()),
        }
    }
}

impl From<&Versus> for MeasurementFile {
    fn from(versus: &Versus) -> Self {
        let commit = versus.run.commit.as_ref().map(|commit| commit.hash.clone());
        let build = commit.as_deref().unwrap_or("no commit");
        Self {
            id: versus.id(),
            path: versus.path(),
            contents: versus.to_line(),
            about: format!(
                "Compare alternatives of {build} on machine {}.",
                versus.run.machine.key
            ),
            time: versus.run.started,
            run: None,
            commit,
        }
    }
}

impl MeasurementFile {
    /// The same with the text of the file that it was read from, which may be of a newer format.
    pub(crate) fn with_contents(self, text: &str) -> Self {
        Self { contents: text.to_owned(), ..self }
    }

    /// The commit that was measured, if `repository` does not have it.
    pub(crate) fn unknown_commit(&self, repository: &Repository) -> Result<Option<&str>> {
        let Some(commit) = self.commit.as_deref() else { return Ok(None) };
        Ok(repository.commit_at(commit)?.is_none().then_some(commit))
    }

    /// Fails if the path is not one of a measurement: such a file would make `data/` foreign, and
    /// the history unreadable.
    pub(crate) fn check_path(&self) -> Result<()> {
        let name = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let is_named = |part: &str| !part.is_empty() && name(part);
        let is_placed = match self.run {
            Some(_) => place_of(&self.path) == Place::Run,
            None => self.path.trim_end_matches(".json").split('/').all(is_named),
        };
        if !is_placed {
            bail!(
                "its path would be `{}`, which is not a path of the history: it was edited. Measure again",
                visible(&self.path)
            );
        }
        Ok(())
    }
}

/// How often a file is added while other processes move the branch.
const TRIES: usize = 50;

/// The result of recording files.
#[derive(Debug)]
pub(crate) struct Addition {
    /// The newest commit of the branch.
    pub(crate) commit: String,
    /// How many files are new on the branch.
    pub(crate) added: usize,
    /// The files that were not recorded.
    pub(crate) refused: Vec<Refusal>,
}

impl Addition {
    /// Whether the file with this id was not recorded.
    pub(crate) fn refuses(&self, id: &str) -> bool {
        self.refused.iter().any(|refusal| refusal.id == id)
    }
}

/// A file that was not recorded, and why.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) id: String,
    pub(crate) why: String,
}

/// The file that the branch has at the path of a measurement.
enum ExistingFile {
    /// None, or one that is replaced because it is damaged.
    None,
    /// A file with the same contents.
    Identical,
    /// A file that is not replaced, and why the measurement is refused.
    Conflict(String),
}

impl Repository {
    /// Commits files to the history branch, except those that it already has.
    pub(crate) fn record(&self, entries: &[MeasurementFile]) -> Result<Addition> {
        entries.iter().try_for_each(MeasurementFile::check_path)?;
        for _ in 0..TRIES {
            let local = self.commit_at(&self.local_ref())?;
            let parent = self.tips()?.into_iter().next();
            let mut objects = self.objects();
            let (missing, refused) = self.missing(&mut objects, parent.as_deref(), entries)?;
            let commit = match (missing.is_empty(), &parent) {
                (true, Some(parent)) => parent.clone(),
                _ => self.import_complete(&NewCommit {
                    parents: parent.iter().map(String::as_str).collect(),
                    author: Author::Configured,
                    message: message(&missing),
                    time: missing.iter().map(|entry| entry.time).max().unwrap_or_default(),
                    changes: self.changes(&mut objects, parent.as_deref(), &missing)?,
                })?,
            };
            if self.advance(&self.local_ref(), &commit, local.as_deref())? {
                return Ok(Addition { commit, added: missing.len(), refused });
            }
        }
        bail!(
            "cannot record on `{}`: other processes kept moving the branch. Run `cargo xtask perf history add`",
            self.branch
        )
    }

    /// The files that `parent` lacks, and those that are refused.
    fn missing<'a>(
        &self,
        objects: &mut Objects,
        parent: Option<&str>,
        entries: &'a [MeasurementFile],
    ) -> Result<(Vec<&'a MeasurementFile>, Vec<Refusal>)> {
        let (mut missing, mut refused) = (Vec::new(), Vec::new());
        // An imported file can contain a run twice.
        let mut seen = BTreeSet::new();
        for entry in entries.iter().filter(|entry| seen.insert((&entry.path, &entry.contents))) {
            match self.existing(objects, parent, entry)? {
                ExistingFile::None => missing.push(entry),
                ExistingFile::Identical => {}
                ExistingFile::Conflict(why) => refused.push(Refusal {
                    id: entry.id.clone(),
                    why: format!("cannot record {}: {why}", entry.id),
                }),
            }
        }
        Ok((missing, refused))
    }

    fn existing(
        &self,
        objects: &mut Objects,
        parent: Option<&str>,
        entry: &MeasurementFile,
    ) -> Result<ExistingFile> {
        let Some(parent) = parent else { return Ok(ExistingFile::None) };
        let text = match objects.file(&self.at(parent, &entry.path)) {
            Ok(None) => return Ok(ExistingFile::None),
            Ok(Some(text)) => text,
            Err(error) if error.is::<DamagedObject>() => {
                return Ok(ExistingFile::Conflict(format!(
                    "the file of this name on `{}` is damaged: {error:#}",
                    self.branch
                )));
            }
            Err(error) => return Err(error.context(format!("cannot read {}", entry.path))),
        };
        let is_same = match entry.run.as_ref().map(|run| (run, Run::verified(&text))) {
            // Another version of this tool may have written the same run in another layout.
            Some((run, Ok(existing))) => existing == *run,
            Some((_, Err(RunError::Newer { .. }))) => false,
            // An edited or damaged file is replaced by the run.
            Some((_, Err(_))) => return Ok(ExistingFile::None),
            None => text == entry.contents,
        };
        if is_same {
            return Ok(ExistingFile::Identical);
        }
        Ok(ExistingFile::Conflict(format!(
            "the file of this name on `{}` has other contents",
            self.branch
        )))
    }

    /// The files, day indexes and name tables as changes of `parent`.
    fn changes(
        &self,
        objects: &mut Objects,
        parent: Option<&str>,
        missing: &[&MeasurementFile],
    ) -> Result<Vec<Change>> {
        let file = |entry: &&MeasurementFile| self.change(&entry.path, entry.contents.clone());
        let mut changes: Vec<Change> = missing.iter().map(file).collect();
        let runs: Vec<&Run> = missing.iter().filter_map(|entry| entry.run.as_ref()).collect();
        changes.extend(self.series(objects, parent, &runs)?);
        Ok(changes)
    }

    /// The day indexes and name tables that change if these runs are added.
    pub(super) fn series(
        &self,
        objects: &mut Objects,
        parent: Option<&str>,
        runs: &[&Run],
    ) -> Result<Vec<Change>> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        let mut day_indexes: BTreeMap<String, DayIndex> = BTreeMap::new();
        for run in runs {
            let names = NameTable::of(run);
            let path = NameTable::path(&names.key());
            if !self.has(objects, parent, &path)? {
                files.insert(path, names.to_json());
            }
            let Some(path) = DayIndex::path_for(&path_of(run)) else { continue };
            if !day_indexes.contains_key(&path)
                && let Some(day_index) = self.day_index(objects, parent, &path)?
            {
                day_indexes.insert(path.clone(), day_index);
            }
            if let Some(day_index) = day_indexes.get_mut(&path) {
                day_index.add(run);
            }
        }
        files.extend(day_indexes.into_iter().map(|(path, day_index)| (path, day_index.to_text())));
        Ok(files.into_iter().map(|(path, contents)| self.change(&path, contents)).collect())
    }

    /// The day index at `path` in `parent`. It is empty if there is none, or if it is damaged: it
    /// can be rebuilt from the runs by `history verify --repair`.
    ///
    /// `None`: its format is newer, and it must not be changed.
    pub(super) fn day_index(
        &self,
        objects: &mut Objects,
        parent: Option<&str>,
        path: &str,
    ) -> Result<Option<DayIndex>> {
        let Some(parent) = parent else { return Ok(Some(DayIndex::default())) };
        let text = match objects.file(&self.at(parent, path)) {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(Some(DayIndex::default())),
            Err(error) if error.is::<DamagedObject>() => return Ok(Some(DayIndex::default())),
            Err(error) => return Err(error.context(format!("cannot read {path}"))),
        };
        match DayIndex::parse(&text) {
            Err(DayIndexError::Newer { .. }) => Ok(None),
            day_index => Ok(Some(day_index.unwrap_or_default())),
        }
    }

    /// The day index of the run whose file is at `path`.
    pub(crate) fn day_index_of(
        &self,
        objects: &mut Objects,
        commit: &str,
        path: &str,
    ) -> Result<DayIndex> {
        match DayIndex::path_for(path) {
            Some(day_index) => {
                Ok(self.day_index(objects, Some(commit), &day_index)?.unwrap_or_default())
            }
            None => Ok(DayIndex::default()),
        }
    }

    fn has(&self, objects: &mut Objects, parent: Option<&str>, path: &str) -> Result<bool> {
        let Some(parent) = parent else { return Ok(false) };
        // A damaged file counts as present: files on the branch are never replaced.
        Ok(objects.file(&self.at(parent, path)).map_or(true, |file| file.is_some()))
    }

    /// Writes a file at a path of the history.
    pub(crate) fn change(&self, path: &str, contents: String) -> Change {
        Change::Write { path: format!("{}{path}", self.prefix), contents: contents.into_bytes() }
    }
}

fn message(entries: &[&MeasurementFile]) -> String {
    let title = match entries {
        [entry] => entry.id.clone(),
        _ => format!("{} measurements", entries.len()),
    };
    let about: Vec<&str> = entries.iter().take(50).map(|entry| entry.about.as_str()).collect();
    format!("perf: record {title}\n\n{}\n", about.join("\n"))
}
