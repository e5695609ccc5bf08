//! `perf history verify`: checks the runs and the files derived from them.

use super::opened::OpenedHistory;
use crate::environment;
use crate::store::{Author, Change, DerivedFiles, MissingFiles, NewCommit, Objects, SearchRange};
use crate::ui;
use anyhow::{Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use perf_judge::history::{DayIndex, DayIndexError, path_of};
use perf_judge::run::Run;
use perf_judge::unit;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// The problems of a history.
#[derive(Default)]
struct Problems {
    runs: usize,
    /// Damaged runs, which only another clone can rehistory.
    damaged: Vec<String>,
    /// Harmless inconsistencies.
    notes: Vec<String>,
    /// Derived files that differ from the runs, with their expected text. It is `None` if the file
    /// belongs to no run.
    stale: BTreeMap<String, Option<String>>,
}

/// Checks the history; with `repair` it also fixes what it can.
pub(super) fn run(history: &OpenedHistory, repair: bool) -> Result<ExitCode> {
    let mut tip = history.newest_commit()?;
    let (dropped, unknown) = match dropped(history, &tip) {
        Ok(dropped) => (dropped, None),
        Err(error) => (MissingFiles::default(), Some(error)),
    };
    if let Some(error) = &unknown {
        ui::say(&format!("damaged: earlier commits cannot be read: {error:#}"));
    }
    if repair && !dropped.is_empty() {
        tip = restore(history, &tip, &dropped)?;
        ui::say(&format!("restored {}", dropped.summary()));
    } else if !dropped.is_empty() {
        ui::say(&format!("missing: {}; only earlier commits contain them", dropped.summary()));
    }
    let is_complete = unknown.is_none() && (repair || dropped.is_empty());
    let problems = Problems::of(history, &tip, environment::now())?;
    problems.damaged.iter().for_each(|damage| ui::say(&format!("damaged: {damage}")));
    problems.notes.iter().for_each(|note| ui::say(&format!("note: {note}")));
    for (path, text) in &problems.stale {
        let what = if text.is_some() { "differs from the runs" } else { "belongs to no run" };
        ui::say(&format!("stale: {path} {what}"));
    }
    let counted = unit::counted(problems.runs, "run", "runs");
    let repaired = repair && !problems.stale.is_empty();
    if repaired {
        rebuild(history, &tip, &problems)?;
    }
    let is_well = problems.damaged.is_empty() && (problems.stale.is_empty() || repaired);
    let missing = if repair || dropped.is_empty() {
        String::new()
    } else {
        format!(", {} missing", dropped.files.len())
    };
    super::list::print(&match (is_well, repaired) {
        (true, false) if is_complete => format!("{counted}, no problem found\n"),
        (true, true) => format!("{counted}, {} repaired{missing}\n", stale(&problems)),
        _ => format!(
            "{counted}{missing}, {} damaged, {}\n",
            problems.damaged.len(),
            stale(&problems)
        ),
    })?;
    let is_repairable = !problems.stale.is_empty() || !dropped.is_empty();
    if is_repairable && !repair {
        ui::say("fix the missing and stale files by `cargo xtask perf history verify --repair`");
    }
    if !problems.damaged.is_empty() {
        ui::say(
            "restore damaged runs from a clone that has them: run `cargo xtask perf history add --publish` there, then `git fetch` here",
        );
    }
    Ok(ExitCode::from(u8::from(!is_well || !is_complete)))
}

/// Files that only earlier commits of the branch contain, among the commits of this clone.
fn dropped(history: &OpenedHistory, tip: &str) -> Result<MissingFiles> {
    let repository = &history.repository;
    if repository.is_shallow()? {
        ui::say(&format!(
            "note: this clone is shallow, so older commits are not checked: run `git fetch --unshallow {}` to get them",
            repository.remote()
        ));
        return repository.missing_files(tip, SearchRange::SinceOwnCommit);
    }
    repository.missing_files(tip, SearchRange::FullHistory)
}

fn restore(history: &OpenedHistory, tip: &str, dropped: &MissingFiles) -> Result<String> {
    let repository = &history.repository;
    repository.check_writable()?;
    let commit = repository.restore(tip, dropped)?;
    if !repository.move_branch(&commit, tip)? {
        bail!("`{}` changed meanwhile: run the command again", repository.branch());
    }
    Ok(commit)
}

fn stale(problems: &Problems) -> String {
    unit::counted(problems.stale.len(), "stale file", "stale files")
}

impl Problems {
    fn of(history: &OpenedHistory, tip: &str, now: DateTime<Utc>) -> Result<Self> {
        let mut problems = Self::default();
        let mut objects = history.objects();
        let mut derived = DerivedFiles::default();
        let files =
            history.repository.newest_runs(&mut objects, tip, usize::MAX, &mut problems.damaged)?;
        for file in files {
            match history.repository.run_in(&mut objects, &file)? {
                Ok(run) => {
                    problems.note(&run, &file.path, now);
                    derived.add(&file.path, &run);
                    problems.runs += 1;
                }
                Err(left_out) => {
                    if left_out.is_newer {
                        problems.notes.push(left_out.why);
                    } else {
                        problems.damaged.push(left_out.why);
                    }
                    // Its row in the day index is all that is left of it.
                    let day_index =
                        history.repository.day_index_of(&mut objects, tip, &file.path)?;
                    derived.keep(&file.path, day_index);
                }
            }
        }
        problems.compare(history, &mut objects, tip, derived.files())?;
        Ok(problems)
    }

    fn note(&mut self, run: &Run, path: &str, now: DateTime<Utc>) {
        if path_of(run) != path {
            self.notes.push(format!("{path} is in the folder of another day than its start"));
        }
        if run.started > now + TimeDelta::days(1) {
            self.notes.push(format!("{path} is in the future: the clock of its machine was wrong"));
        }
    }

    fn compare(
        &mut self,
        history: &OpenedHistory,
        objects: &mut Objects,
        tip: &str,
        mut expected: BTreeMap<String, String>,
    ) -> Result<()> {
        let files = match objects.files_below(&history.repository.at(tip, "data/series")) {
            Ok(files) => files,
            Err(error) => {
                self.damaged.push(format!("data/series cannot be read: {error:#}"));
                return Ok(());
            }
        };
        for file in files {
            let path = format!("data/series/{}", file.name);
            let stored = objects.file(&file.object).ok().flatten();
            match expected.remove(&path) {
                Some(text) if stored.as_ref() == Some(&text) => {}
                // A later version wrote it, with rules that this version does not have.
                _ if stored.as_deref().is_some_and(is_newer) => {}
                // A name table may belong to a run that cannot be read.
                None if !self.damaged.is_empty() => {}
                text => drop(self.stale.insert(path, text)),
            }
        }
        self.stale.extend(expected.into_iter().map(|(path, text)| (path, Some(text))));
        Ok(())
    }
}

fn is_newer(day_index: &str) -> bool {
    matches!(DayIndex::parse(day_index), Err(DayIndexError::Newer { .. }))
}

fn rebuild(history: &OpenedHistory, tip: &str, problems: &Problems) -> Result<()> {
    let repository = &history.repository;
    repository.check_writable()?;
    let change = |(path, text): (&String, &Option<String>)| match text {
        Some(text) => repository.change(path, text.clone()),
        None => Change::Remove { path: repository.branch_path(path) },
    };
    let commit = repository.import_complete(&NewCommit {
        parents: vec![tip],
        author: Author::Configured,
        message: "perf: rebuild the indexes of the runs\n".to_owned(),
        time: environment::now(),
        changes: problems.stale.iter().map(change).collect(),
    })?;
    check_repaired(history, &commit, problems)?;
    if !repository.move_branch(&commit, tip)? {
        bail!("`{}` changed meanwhile: run the command again", repository.branch());
    }
    Ok(())
}

/// Checks the new commit: git does not write an object again that it has, even a damaged one.
fn check_repaired(history: &OpenedHistory, commit: &str, problems: &Problems) -> Result<()> {
    let mut objects = history.objects();
    for (path, text) in &problems.stale {
        if objects.file(&history.repository.at(commit, path)).ok().as_ref() != Some(text) {
            bail!(
                "git keeps a damaged object for {path}: remove the file that `git fsck` prints, then run the command again"
            );
        }
    }
    Ok(())
}
