//! Looking at what is recorded.

use super::args::{Filter, ListArgs};
use super::opened::OpenedHistory;
use crate::store::{HistoryFile, Objects, SkippedRun};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::history::{DayIndex, DayIndexError, NameTable, RunRow, path_of_id};
use perf_judge::run::{Machine, Run};
use perf_report::{machines_to_text, run_to_text, runs_to_text};
use std::collections::BTreeMap;

/// The lines of the series, read as far as they are asked for, the newest first.
pub(super) struct Series<'a> {
    store: &'a OpenedHistory,
    tip: String,
    objects: Objects,
    /// Days not read yet, the newest last.
    days: Vec<HistoryFile>,
    /// Lines not handed out yet, the newest last.
    lines: Vec<RunRow>,
    names: BTreeMap<String, NameTable>,
}

impl<'a> Series<'a> {
    pub(super) fn open(store: &'a OpenedHistory, filter: &Filter) -> Result<Self> {
        let tip = store.tip()?;
        let mut objects = store.objects();
        let folder = store.repository.at(&tip, "data/series");
        let files = objects.files_below(&folder)?.into_iter();
        let is_asked = |path: &str| path.ends_with(".jsonl") && filter.is_after(path);
        let days = files.filter(|file| is_asked(&file.name)).map(|file| HistoryFile {
            object: file.object,
            path: format!("data/series/{}", file.name),
        });
        let (days, lines, names) = (days.collect(), Vec::new(), BTreeMap::new());
        Ok(Self { store, tip, objects, days, lines, names })
    }

    /// The next run that the filter takes.
    pub(super) fn next(&mut self, filter: &Filter) -> Result<Option<RunRow>> {
        loop {
            while let Some(line) = self.lines.pop() {
                if filter.takes(&line, self.names(&line.names)?) {
                    return Ok(Some(line));
                }
            }
            let Some(day) = self.days.pop() else { return Ok(None) };
            self.lines = self.day(&day)?;
        }
    }

    /// The run behind a line.
    pub(super) fn run(&mut self, line: &RunRow) -> Result<Result<Run, SkippedRun>> {
        let path = path_of_id(line.started, &line.run);
        let object = self.store.repository.at(&self.tip, &path);
        self.store.repository.run_in(&mut self.objects, &HistoryFile { object, path })
    }

    fn day(&mut self, day: &HistoryFile) -> Result<Vec<RunRow>> {
        let text = self.objects.file(&day.object);
        let day_index = text.map(|text| DayIndex::parse(&text.unwrap_or_default()));
        if let Ok(Err(error @ DayIndexError::Newer { .. })) = &day_index {
            ui::say(&format!("note: {} is left out: {error}", day.path));
            return Ok(Vec::new());
        }
        let lines = day_index.and_then(|day_index| Ok(day_index?.runs()?));
        lines.with_context(|| {
            format!(
                "{} cannot be read: `cargo xtask perf history verify --repair` mends it",
                day.path
            )
        })
    }

    fn names(&mut self, key: &str) -> Result<&NameTable> {
        if !self.names.contains_key(key) {
            let path = NameTable::path(key);
            let text = self.objects.file(&self.store.repository.at(&self.tip, &path));
            let text = text.ok().flatten();
            let names = text.as_deref().and_then(|text| NameTable::from_json(text).ok());
            let names = names.with_context(|| {
                format!(
                    "{path} cannot be read: `cargo xtask perf history verify --repair` mends it"
                )
            })?;
            self.names.insert(key.to_owned(), names);
        }
        Ok(&self.names[key])
    }
}

/// Prints the newest runs.
pub(super) fn list(store: &OpenedHistory, asked: &ListArgs) -> Result<()> {
    let mut series = Series::open(store, &asked.filter)?;
    let mut lines = Vec::new();
    while lines.len() < asked.limit {
        let Some(line) = series.next(&asked.filter)? else { break };
        lines.push(line);
    }
    if lines.is_empty() {
        ui::say("no recorded run is like that");
    } else if lines.len() == asked.limit && series.next(&asked.filter)?.is_some() {
        ui::say(&format!("the newest {}; -n shows more", asked.limit));
    }
    print(&runs_to_text(&lines))
}

/// Prints what a run measured.
pub(super) fn show(store: &OpenedHistory, wanted: &str) -> Result<()> {
    let everything = Filter::default();
    let mut series = Series::open(store, &everything)?;
    while let Some(line) = series.next(&everything)? {
        let is_commit = line.commit.as_ref().is_some_and(|hash| hash.starts_with(wanted));
        if !wanted.is_empty() && (is_commit || line.run.starts_with(wanted)) {
            return match series.run(&line)? {
                Ok(run) => print(&run_to_text(&run)),
                Err(left_out) => bail!("{}", left_out.why),
            };
        }
    }
    bail!(
        "no recorded run or commit begins with `{wanted}`: `cargo xtask perf history list` has their names"
    );
}

/// Prints every machine that measured.
pub(super) fn machines(store: &OpenedHistory) -> Result<()> {
    let everything = Filter::default();
    let mut series = Series::open(store, &everything)?;
    let mut known: BTreeMap<String, (Machine, Vec<RunRow>)> = BTreeMap::new();
    while let Some(line) = series.next(&everything)? {
        if let Some((_, lines)) = known.get_mut(&line.machine) {
            lines.push(line);
        } else if let Ok(run) = series.run(&line)? {
            known.insert(line.machine.clone(), (run.machine, vec![line]));
        }
    }
    let machines: Vec<(Machine, Vec<RunRow>)> = known.into_values().collect();
    print(&machines_to_text(&machines))
}

pub(super) fn print(text: &str) -> Result<()> {
    ui::verbatim(text).context("cannot write to standard output")
}
