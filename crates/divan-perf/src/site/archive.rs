//! The site's files for runs that are too old for pages, rendered from the day indexes. A file is
//! only rendered again if its days change.

use super::folder::{SiteFolder, key_of};
use crate::store::{Days, RecordedSeries};
use anyhow::Result;
use perf_judge::history::{NameTable, RunRow, WorkspaceRuns};
use perf_judge::ident::BenchmarkId;
use perf_report::site::{Site, archive as data};
use std::collections::{BTreeMap, BTreeSet};

/// The runs that are shown, and the names that their benchmarks get.
#[derive(Clone, Copy, Debug)]
pub(super) struct SelectedRuns<'a> {
    pub(super) workspace: &'a WorkspaceRuns,
    /// Current names of benchmarks by former ones.
    pub(super) renamed: &'a BTreeMap<BenchmarkId, BenchmarkId>,
}

/// The runs that are too old for pages.
#[derive(Debug, Default)]
pub(super) struct ArchivedRuns {
    pub(super) count: usize,
    /// The months with such runs, the newest first.
    months: Vec<String>,
}

impl ArchivedRuns {
    /// The archived months in which the benchmark was measured.
    pub(super) fn months_of(&self, stem: &str, folder: &SiteFolder<'_>) -> Vec<String> {
        let measured = |month: &&String| folder.has(&data::trend_path(stem, month));
        self.months.iter().filter(measured).cloned().collect()
    }
}

/// Writes a file per day, the files of archived months, and the index of runs by commit.
pub(super) fn write(
    folder: &mut SiteFolder<'_>,
    site: &Site<'_>,
    series: &mut RecordedSeries<'_>,
    selected: SelectedRuns<'_>,
) -> Result<ArchivedRuns> {
    let days = series.days()?;
    let mut source = SelectedSeries { series, selected, names: BTreeMap::new() };
    for (day, day_indexes) in &days {
        let (part, key) = (format!("day/{day}"), key_of(day_indexes.iter().map(String::as_str)));
        if folder.keep(&part, key).is_none() {
            let lines = source.lines(day, day_indexes);
            let page = data::day(day, &source.recorded(&lines));
            let runs = lines.into_iter().map(|line| line.run).collect();
            folder.make_with(&part, key, &[page], runs)?;
        }
    }
    let ids: Vec<String> = folder.parts("day/").flat_map(|(_, part)| part.runs.clone()).collect();
    for page in data::commits(ids.iter().map(String::as_str)) {
        folder.put(&page)?;
    }
    let Some(oldest) = site.oldest_shown() else { return Ok(ArchivedRuns::default()) };
    let first_shown = oldest.format("%Y%m%dT%H%M%SZ").to_string();
    let count = ids.iter().filter(|id| id.as_str() < first_shown.as_str()).count();
    if count == 0 {
        return Ok(ArchivedRuns::default());
    }
    let months = months(&days, &oldest.format("%Y-%m").to_string());
    for month in &months {
        write_month(folder, site, &mut source, &days, month)?;
    }
    Ok(ArchivedRuns { count, months: months.into_iter().rev().collect() })
}

/// The months of `days` up to `last`.
fn months(days: &Days, last: &str) -> BTreeSet<String> {
    let months = days.keys().filter_map(|day| day.get(..7));
    months.filter(|month| *month <= last).map(str::to_owned).collect()
}

fn write_month(
    folder: &mut SiteFolder<'_>,
    site: &Site<'_>,
    source: &mut SelectedSeries<'_, '_>,
    days: &Days,
    month: &str,
) -> Result<()> {
    let within = || days.iter().filter(|(day, _)| day.starts_with(month));
    let here = site.context();
    let day_indexes = within().flat_map(|(_, day_indexes)| day_indexes.iter().map(String::as_str));
    let (part, key) =
        (format!("month/{month}"), key_of(day_indexes.chain([here.machine, here.branch])));
    if folder.keep(&part, key).is_some() {
        return Ok(());
    }
    let lines: Vec<RunRow> =
        within().flat_map(|(day, day_indexes)| source.lines(day, day_indexes)).collect();
    let pages = data::month(month, &source.recorded(&lines), here);
    folder.make(&part, key, &pages)
}

/// The day indexes of one workspace under the current names of benchmarks.
struct SelectedSeries<'s, 'a> {
    series: &'s mut RecordedSeries<'a>,
    selected: SelectedRuns<'s>,
    names: BTreeMap<String, NameTable>,
}

impl SelectedSeries<'_, '_> {
    fn lines(&mut self, day: &str, day_indexes: &[String]) -> Vec<RunRow> {
        let mut lines = self.series.runs_of(day, day_indexes);
        for line in &lines {
            if self.names.contains_key(&line.names) {
                continue;
            }
            if let Some(names) = self.series.names(&line.names) {
                self.names.insert(line.names.clone(), names.of_today(self.selected.renamed));
            }
        }
        lines.retain(|line| {
            let names = self.names.get(&line.names);
            names.is_none_or(|names| self.selected.workspace.has_row(line, names))
        });
        lines
    }

    fn recorded<'l>(&'l self, lines: &'l [RunRow]) -> Vec<data::NamedRow<'l>> {
        let recorded = |line: &'l RunRow| {
            Some(data::NamedRow { row: line, names: self.names.get(&line.names)? })
        };
        lines.iter().filter_map(recorded).collect()
    }
}
