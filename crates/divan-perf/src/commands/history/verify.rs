//! Checking a history against itself.

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

/// What was found.
#[derive(Default)]
struct Findings {
    runs: usize,
    /// What is wrong with runs: nothing but another clone can repair it.
    damaged: Vec<String>,
    /// What is odd, and harmless.
    odd: Vec<String>,
    /// What should follow from the runs, where it does not: `None` is a file too many.
    stale: BTreeMap<String, Option<String>>,
}

/// Checks the history, and repairs what it can if `repair` is set.
pub(super) fn run(store: &OpenedHistory, repair: bool) -> Result<ExitCode> {
    let mut tip = store.newest_commit()?;
    let (dropped, unknown) = match dropped(store, &tip) {
        Ok(dropped) => (dropped, None),
        Err(error) => (MissingFiles::default(), Some(error)),
    };
    if let Some(error) = &unknown {
        ui::say(&format!("damaged: what earlier commits held cannot be compared: {error:#}"));
    }
    if repair && !dropped.is_empty() {
        tip = bring_back(store, &tip, &dropped)?;
        ui::say(&format!("brought back {}", dropped.summary()));
    } else if !dropped.is_empty() {
        ui::say(&format!(
            "missing: {}; `history verify --repair` brings them back",
            dropped.summary()
        ));
    }
    let is_complete = unknown.is_none() && (repair || dropped.is_empty());
    let findings = Findings::of(store, &tip, environment::now())?;
    findings.damaged.iter().for_each(|damage| ui::say(&format!("damaged: {damage}")));
    findings.odd.iter().for_each(|odd| ui::say(&format!("note: {odd}")));
    for (path, wanted) in &findings.stale {
        let what =
            if wanted.is_some() { "does not follow from the runs" } else { "belongs to no run" };
        ui::say(&format!("stale: {path} {what}"));
    }
    let counted = unit::counted(findings.runs, "run", "runs");
    let mended = repair && !findings.stale.is_empty();
    if mended {
        rebuild(store, &tip, &findings)?;
    }
    let is_well = findings.damaged.is_empty() && (findings.stale.is_empty() || mended);
    let missing = match repair || dropped.is_empty() {
        true => String::new(),
        false => format!(", {} missing", dropped.files.len()),
    };
    super::list::print(&match (is_well, mended) {
        (true, false) if is_complete => format!("{counted}, all is well\n"),
        (true, true) => format!("{counted}, {} repaired{missing}\n", stale(&findings)),
        _ => format!(
            "{counted}{missing}, {} damaged, {}\n",
            findings.damaged.len(),
            stale(&findings)
        ),
    })?;
    Ok(ExitCode::from(u8::from(!is_well || !is_complete)))
}

/// What earlier commits of the branch held, as far as this clone has them.
fn dropped(store: &OpenedHistory, tip: &str) -> Result<MissingFiles> {
    let repository = &store.repository;
    if repository.is_shallow()? {
        ui::say(&format!(
            "note: this clone is shallow: what older commits held was not looked at. `git fetch --unshallow {}` brings them",
            repository.remote()
        ));
        return repository.missing_files(tip, SearchRange::SinceOwnCommit);
    }
    repository.missing_files(tip, SearchRange::FullHistory)
}

fn bring_back(store: &OpenedHistory, tip: &str, dropped: &MissingFiles) -> Result<String> {
    let repository = &store.repository;
    repository.check_writable()?;
    let commit = repository.restore(tip, dropped)?;
    if !repository.move_branch(&commit, tip)? {
        bail!("`{}` was moved meanwhile: try again", repository.branch());
    }
    Ok(commit)
}

fn stale(findings: &Findings) -> String {
    unit::counted(findings.stale.len(), "stale file", "stale files")
}

impl Findings {
    fn of(store: &OpenedHistory, tip: &str, now: DateTime<Utc>) -> Result<Self> {
        let mut findings = Self::default();
        let mut objects = store.objects();
        let mut derived = DerivedFiles::default();
        let files =
            store.repository.newest_runs(&mut objects, tip, usize::MAX, &mut findings.damaged)?;
        for file in files {
            match store.repository.run_in(&mut objects, &file)? {
                Ok(run) => {
                    findings.note(&run, &file.path, now);
                    derived.add(&file.path, &run);
                    findings.runs += 1;
                }
                Err(left_out) => {
                    match left_out.is_newer {
                        true => findings.odd.push(left_out.why),
                        false => findings.damaged.push(left_out.why),
                    }
                    // What the series still knows of it is all that there is.
                    let known = store.repository.day_index_of(&mut objects, tip, &file.path)?;
                    derived.keep(&file.path, known);
                }
            }
        }
        findings.compare(store, &mut objects, tip, derived.files())?;
        Ok(findings)
    }

    fn note(&mut self, run: &Run, path: &str, now: DateTime<Utc>) {
        if path_of(run) != path {
            self.odd.push(format!("{path} says that it began on another day"));
        }
        if run.started > now + TimeDelta::days(1) {
            self.odd.push(format!("{path} lies in the future: a clock went wrong"));
        }
    }

    fn compare(
        &mut self,
        store: &OpenedHistory,
        objects: &mut Objects,
        tip: &str,
        mut wanted: BTreeMap<String, String>,
    ) -> Result<()> {
        let files = match objects.files_below(&store.repository.at(tip, "data/series")) {
            Ok(files) => files,
            Err(error) => {
                self.damaged.push(format!("data/series cannot be read: {error:#}"));
                return Ok(());
            }
        };
        for file in files {
            let path = format!("data/series/{}", file.name);
            let stored = objects.file(&file.object).ok().flatten();
            match wanted.remove(&path) {
                Some(text) if stored.as_ref() == Some(&text) => {}
                // A later version wrote it, and knows what follows from its runs.
                _ if stored.as_deref().is_some_and(is_newer) => {}
                // A list of names may be that of a run which cannot be read.
                None if !self.damaged.is_empty() => {}
                text => drop(self.stale.insert(path, text)),
            }
        }
        self.stale.extend(wanted.into_iter().map(|(path, text)| (path, Some(text))));
        Ok(())
    }
}

fn is_newer(day_index: &str) -> bool {
    matches!(DayIndex::parse(day_index), Err(DayIndexError::Newer { .. }))
}

fn rebuild(store: &OpenedHistory, tip: &str, findings: &Findings) -> Result<()> {
    let repository = &store.repository;
    repository.check_writable()?;
    let change = |(path, text): (&String, &Option<String>)| match text {
        Some(text) => repository.change(path, text.clone()),
        None => Change::Remove { path: repository.branch_path(path) },
    };
    let commit = repository.import_complete(&NewCommit {
        parents: vec![tip],
        author: Author::Configured,
        message: "perf: repair what follows from the runs\n".to_owned(),
        time: environment::now(),
        changes: findings.stale.iter().map(change).collect(),
    })?;
    check_repaired(store, &commit, findings)?;
    if !repository.move_branch(&commit, tip)? {
        bail!("`{}` was moved meanwhile: try again", repository.branch());
    }
    Ok(())
}

/// git writes no object that it has, and one that is damaged is one that it has.
fn check_repaired(store: &OpenedHistory, commit: &str, findings: &Findings) -> Result<()> {
    let mut objects = store.objects();
    for (path, wanted) in &findings.stale {
        if objects.file(&store.repository.at(commit, path)).ok().as_ref() != Some(wanted) {
            bail!(
                "git keeps a damaged object in place of {path}: remove the file that `git fsck` names, and try again"
            );
        }
    }
    Ok(())
}
