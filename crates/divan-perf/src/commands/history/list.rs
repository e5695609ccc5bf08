//! `perf history list`, `show` and `machines`.

use super::args::{Filter, ListArgs};
use super::opened::OpenedHistory;
use crate::store::{HistoryFile, Objects, SkippedRun};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::history::{DayIndex, DayIndexError, NameTable, RunRow, path_of_id};
use perf_judge::run::{Machine, Run};
use perf_report::{machines_to_text, run_to_text, runs_to_text};
use std::collections::BTreeMap;

/// The rows of the recorded runs, newest first. Each day index is read when it is needed.
pub(super) struct RunRows<'a> {
    history: &'a OpenedHistory,
    tip: String,
    objects: Objects,
    /// Day indexes not read yet, newest last.
    days: Vec<HistoryFile>,
    /// Rows not returned yet, newest last.
    rows: Vec<RunRow>,
    names: BTreeMap<String, NameTable>,
}

impl<'a> RunRows<'a> {
    pub(super) fn open(history: &'a OpenedHistory, filter: &Filter) -> Result<Self> {
        let tip = history.tip()?;
        let mut objects = history.objects();
        let folder = history.repository.at(&tip, "data/series");
        let files = objects.files_below(&folder)?.into_iter();
        let is_selected = |path: &str| path.ends_with(".jsonl") && filter.is_after(path);
        let days = files.filter(|file| is_selected(&file.name)).map(|file| HistoryFile {
            object: file.object,
            path: format!("data/series/{}", file.name),
        });
        let (days, rows, names) = (days.collect(), Vec::new(), BTreeMap::new());
        Ok(Self { history, tip, objects, days, rows, names })
    }

    /// The next run that the filter selects.
    pub(super) fn next(&mut self, filter: &Filter) -> Result<Option<RunRow>> {
        loop {
            while let Some(row) = self.rows.pop() {
                if filter.takes(&row, self.names(&row.names)?) {
                    return Ok(Some(row));
                }
            }
            let Some(day) = self.days.pop() else { return Ok(None) };
            self.rows = self.day(&day)?;
        }
    }

    /// The run of a row, or why it cannot be read.
    pub(super) fn run(&mut self, row: &RunRow) -> Result<Result<Run, SkippedRun>> {
        let path = path_of_id(row.started, &row.run);
        let object = self.history.repository.at(&self.tip, &path);
        self.history.repository.run_in(&mut self.objects, &HistoryFile { object, path })
    }

    fn day(&mut self, day: &HistoryFile) -> Result<Vec<RunRow>> {
        let text = self.objects.file(&day.object);
        let day_index = text.map(|text| DayIndex::parse(&text.unwrap_or_default()));
        if let Ok(Err(error @ DayIndexError::Newer { .. })) = &day_index {
            ui::say(&format!("note: skipping {}: {error}", day.path));
            return Ok(Vec::new());
        }
        let rows = day_index.and_then(|day_index| Ok(day_index?.runs()?));
        rows.with_context(|| {
            format!(
                "cannot read {}: run `cargo xtask perf history verify --repair` to fix it",
                day.path
            )
        })
    }

    fn names(&mut self, key: &str) -> Result<&NameTable> {
        if !self.names.contains_key(key) {
            let path = NameTable::path(key);
            let text = self.objects.file(&self.history.repository.at(&self.tip, &path));
            let text = text.ok().flatten();
            let names = text.as_deref().and_then(|text| NameTable::from_json(text).ok());
            let names = names.with_context(|| {
                format!(
                    "cannot read {path}: run `cargo xtask perf history verify --repair` to fix it"
                )
            })?;
            self.names.insert(key.to_owned(), names);
        }
        Ok(&self.names[key])
    }
}

/// Prints the newest runs.
pub(super) fn list(history: &OpenedHistory, args: &ListArgs) -> Result<()> {
    let mut rows = RunRows::open(history, &args.filter)?;
    let mut listed = Vec::new();
    while listed.len() < args.limit {
        let Some(row) = rows.next(&args.filter)? else { break };
        listed.push(row);
    }
    if listed.is_empty() {
        ui::say(
            "no recorded run matches: remove a filter, or run `cargo xtask perf` to record one",
        );
    } else if listed.len() == args.limit && rows.next(&args.filter)?.is_some() {
        let newest = match args.limit {
            1 => "run".to_owned(),
            limit => format!("{limit} runs"),
        };
        ui::say(&format!("showing the newest {newest}; add -n N to show more"));
    }
    print(&runs_to_text(&listed))
}

/// Prints the results of a run.
pub(super) fn show(history: &OpenedHistory, prefix: &str) -> Result<()> {
    let all = Filter::default();
    let mut rows = RunRows::open(history, &all)?;
    while let Some(row) = rows.next(&all)? {
        let is_commit = row.commit.as_ref().is_some_and(|hash| hash.starts_with(prefix));
        if !prefix.is_empty() && (is_commit || row.run.starts_with(prefix)) {
            return match rows.run(&row)? {
                Ok(run) => print(&run_to_text(&run)),
                Err(left_out) => bail!("{}", left_out.why),
            };
        }
    }
    bail!(
        "no recorded run has an id or a commit that begins with `{prefix}`: run `cargo xtask perf history list` to list the runs. Comparisons are recorded too, but not listed"
    );
}

/// Prints all machines with recorded runs.
pub(super) fn machines(history: &OpenedHistory) -> Result<()> {
    let all = Filter::default();
    let mut rows = RunRows::open(history, &all)?;
    let mut machines: BTreeMap<String, (Machine, Vec<RunRow>)> = BTreeMap::new();
    while let Some(row) = rows.next(&all)? {
        if let Some((_, rows_of_machine)) = machines.get_mut(&row.machine) {
            rows_of_machine.push(row);
        } else if let Ok(run) = rows.run(&row)? {
            machines.insert(row.machine.clone(), (run.machine, vec![row]));
        }
    }
    let machines: Vec<(Machine, Vec<RunRow>)> = machines.into_values().collect();
    print(&machines_to_text(&machines))
}

pub(super) fn print(text: &str) -> Result<()> {
    ui::verbatim(text).context("cannot write to standard output")
}
