//! Adding files to the history branch.

use super::Repository;
use super::import::{Author, Change, Commit};
use super::objects::{Damaged, Objects};
use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use perf_judge::history::{DayIndex, DayIndexError, NameTable, Place, path_of, place_of};
use perf_judge::run::{Run, RunError};
use perf_report::{Calibration, Comparison, visible};
use std::collections::BTreeMap;

/// A file for the history: it is written once and never changed.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What tells it from all others.
    pub(crate) id: String,
    path: String,
    pub(crate) contents: String,
    about: String,
    time: DateTime<Utc>,
    run: Option<Run>,
    /// The commit that was measured, where one was.
    commit: Option<String>,
}

impl From<&Run> for Entry {
    fn from(run: &Run) -> Self {
        let measured = run.commit.as_ref().map_or("nothing", |commit| commit.hash.as_str());
        Self {
            id: run.id.clone(),
            path: path_of(run),
            contents: run.to_json(),
            about: format!("Measures {measured} on machine {}.", run.machine.key),
            time: run.started,
            run: Some(run.clone()),
            commit: run.commit.as_ref().map(|commit| commit.hash.clone()),
        }
    }
}

impl From<&Calibration> for Entry {
    fn from(calibration: &Calibration) -> Self {
        Self {
            id: calibration.id(),
            path: calibration.path(),
            contents: calibration.to_json(),
            about: format!("Qualifies machine {}.", calibration.machine.key),
            time: calibration.started,
            run: None,
            commit: None,
        }
    }
}

impl From<&Comparison> for Entry {
    fn from(comparison: &Comparison) -> Self {
        let head = comparison.head.as_ref().map_or("nothing", |commit| commit.hash.as_str());
        let (base, key) = (&comparison.base, &comparison.machine.key);
        Self {
            id: comparison.id.clone(),
            path: comparison.path(),
            contents: comparison.to_json(),
            about: format!("Compares {head} with {base} on machine {key}."),
            time: comparison.started,
            run: None,
            commit: comparison.head.as_ref().map(|commit| commit.hash.clone()),
        }
    }
}

impl Entry {
    /// The same, in the words of the file that it was read from.
    pub(crate) fn written_as(self, text: &str) -> Self {
        Self { contents: text.to_owned(), ..self }
    }

    /// The commit that was measured, if `repository` does not have it.
    pub(crate) fn unknown_commit(&self, repository: &Repository) -> Result<Option<&str>> {
        let Some(commit) = self.commit.as_deref() else { return Ok(None) };
        Ok(repository.commit_at(commit)?.is_none().then_some(commit))
    }

    /// Fails if a name in the file would put it where no such file belongs: then nobody would read
    /// the history again.
    pub(crate) fn check_place(&self) -> Result<()> {
        let name = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let is_named = |part: &str| !part.is_empty() && name(part);
        let is_placed = match self.run {
            Some(_) => place_of(&self.path) == Place::Run,
            None => self.path.trim_end_matches(".json").split('/').all(is_named),
        };
        if !is_placed {
            bail!("`{}` is no place for it", visible(&self.path));
        }
        Ok(())
    }
}

/// How often a branch that somebody else moves meanwhile is tried again.
const TRIES: usize = 50;

/// What became of files that were to be recorded.
#[derive(Debug)]
pub(crate) struct Addition {
    /// Where the branch stands.
    pub(crate) commit: String,
    /// How many it did not have before.
    pub(crate) added: usize,
    /// Those that it does not take.
    pub(crate) refused: Vec<Refusal>,
}

impl Addition {
    /// Whether the file of this identity is not on the branch.
    pub(crate) fn refuses(&self, id: &str) -> bool {
        self.refused.iter().any(|refusal| refusal.id == id)
    }
}

/// A file that the branch does not take.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) id: String,
    pub(crate) why: String,
}

/// What the branch has under the name of a file that is to be recorded.
enum Held {
    Nothing,
    /// A file with the same contents.
    Same,
    /// A file that it cannot take the place of.
    Other(String),
}

impl Repository {
    /// Commits files onto the history branch, those that it has already left out.
    pub(crate) fn record(&self, entries: &[Entry]) -> Result<Addition> {
        entries.iter().try_for_each(Entry::check_place)?;
        for _ in 0..TRIES {
            let local = self.commit_at(&self.local_ref())?;
            let parent = self.tips()?.into_iter().next();
            let mut objects = self.objects();
            let (missing, refused) = self.missing(&mut objects, parent.as_deref(), entries)?;
            let commit = match (missing.is_empty(), &parent) {
                (true, Some(parent)) => parent.clone(),
                _ => self.import_whole(&Commit {
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
        bail!("`{}` kept moving while the measurement was being added: try again", self.branch)
    }

    /// The files that `parent` lacks, and those that it does not take.
    fn missing<'a>(
        &self,
        objects: &mut Objects,
        parent: Option<&str>,
        entries: &'a [Entry],
    ) -> Result<(Vec<&'a Entry>, Vec<Refusal>)> {
        let (mut missing, mut refused) = (Vec::new(), Vec::new());
        for entry in entries {
            match self.held(objects, parent, entry)? {
                Held::Nothing => missing.push(entry),
                Held::Same => {}
                Held::Other(why) => refused.push(Refusal {
                    id: entry.id.clone(),
                    why: format!("{} is not recorded: {why}", entry.id),
                }),
            }
        }
        Ok((missing, refused))
    }

    fn held(&self, objects: &mut Objects, parent: Option<&str>, entry: &Entry) -> Result<Held> {
        let Some(parent) = parent else { return Ok(Held::Nothing) };
        let text = match objects.file(&self.at(parent, &entry.path)) {
            Ok(None) => return Ok(Held::Nothing),
            Ok(Some(text)) => text,
            Err(error) if error.is::<Damaged>() => {
                return Ok(Held::Other(format!(
                    "`{}` has a file of this name that is damaged: {error:#}",
                    self.branch
                )));
            }
            Err(error) => return Err(error.context(format!("cannot read {}", entry.path))),
        };
        let is_same = match entry.run.as_ref().map(|run| (run, Run::verified(&text))) {
            // Another version of this tool may have written the same run in another layout.
            Some((run, Ok(held))) => held == *run,
            Some((_, Err(RunError::Newer { .. }))) => false,
            // What was edited or damaged is no run: the run takes its place.
            Some((_, Err(_))) => return Ok(Held::Nothing),
            None => text == entry.contents,
        };
        Ok(match is_same {
            true => Held::Same,
            false => Held::Other(format!(
                "`{}` has a file of this name with other contents",
                self.branch
            )),
        })
    }

    /// The files as changes of `parent`, and what follows from them.
    fn changes(
        &self,
        objects: &mut Objects,
        parent: Option<&str>,
        missing: &[&Entry],
    ) -> Result<Vec<Change>> {
        let file = |entry: &&Entry| self.change(&entry.path, entry.contents.clone());
        let mut changes: Vec<Change> = missing.iter().map(file).collect();
        let runs: Vec<&Run> = missing.iter().filter_map(|entry| entry.run.as_ref()).collect();
        changes.extend(self.series(objects, parent, &runs)?);
        Ok(changes)
    }

    /// The day_indexes and lists that change when these runs are added.
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

    /// A day's day_index as `parent` has it. One that is damaged begins anew: the runs are the truth,
    /// and `history verify` tells what is missing. `None`: a later version wrote it, and it is left
    /// as it is.
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
            Err(error) if error.is::<Damaged>() => return Ok(Some(DayIndex::default())),
            Err(error) => return Err(error.context(format!("cannot read {path}"))),
        };
        match DayIndex::parse(&text) {
            Err(DayIndexError::Newer { .. }) => Ok(None),
            day_index => Ok(Some(day_index.unwrap_or_default())),
        }
    }

    /// The day_index of the day of the run whose file stands at `path`.
    pub(crate) fn chunk_for(
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
        // One that is damaged is there: what stands on the branch is never replaced.
        Ok(objects.file(&self.at(parent, path)).map_or(true, |file| file.is_some()))
    }

    /// A file of the history, where this repository keeps it.
    pub(crate) fn change(&self, path: &str, contents: String) -> Change {
        Change::Write { path: format!("{}{path}", self.prefix), contents: contents.into_bytes() }
    }
}

fn message(entries: &[&Entry]) -> String {
    let title = match entries {
        [entry] => entry.id.clone(),
        _ => format!("{} measurements", entries.len()),
    };
    let about: Vec<&str> = entries.iter().take(50).map(|entry| entry.about.as_str()).collect();
    format!("perf: record {title}\n\n{}\n", about.join("\n"))
}
