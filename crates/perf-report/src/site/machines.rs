//! The machines of the runs, each with its own trend.

use super::run_comparability::Flag;
use super::site_runs::SiteRuns;
use super::text;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Machine;
use perf_judge::unit;
use serde::Serialize;
use std::collections::BTreeSet;

/// The most machines that are listed in addition to the reported one.
const OTHERS: usize = 8;

/// A machine of the selection.
#[derive(Clone, Debug, Serialize)]
pub(super) struct MachineView {
    name: String,
    key: String,
    runs: String,
    newest: String,
    /// Its overview, below the site's root.
    page: String,
    /// Whether it is the machine of the page.
    current: bool,
}

/// A benchmark on another machine.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ElsewhereView {
    name: String,
    page: String,
    newest: String,
    value: String,
    runs: usize,
}

/// The machines of the shown runs, the main one first, then by their latest runs.
/// `current`: the key of the page's machine; `main`: of the reported run's machine.
pub(super) fn selector(shown: &SiteRuns<'_>, main: &str, current: &str) -> Vec<MachineView> {
    let mut keys = vec![main];
    keys.extend(others(shown, main));
    let all: Vec<MachineView> =
        keys.into_iter().filter_map(|key| view(shown, key, main, current)).collect();
    if all.len() > 1 { all } else { Vec::new() }
}

/// The keys of the other machines, by their latest runs.
pub(super) fn others<'a>(shown: &SiteRuns<'a>, main: &str) -> Vec<&'a str> {
    let mut known = BTreeSet::from([main]);
    let newest_first = shown.runs.iter().rev().filter(|run| !run.has(Flag::Imported));
    let keys = newest_first.map(|run| run.machine.key.as_str());
    keys.filter(|key| known.insert(key)).take(OTHERS).collect()
}

/// The overview of a machine, below the site's root.
pub(super) fn page(key: &str, main: &str) -> String {
    if key == main {
        "index.html".to_owned()
    } else {
        format!("machine/{}.html", super::runs::file_name(key))
    }
}

fn view(shown: &SiteRuns<'_>, key: &str, main: &str, current: &str) -> Option<MachineView> {
    let runs = || shown.runs.iter().filter(|run| run.machine.key == key);
    let newest = runs().next_back()?;
    Some(MachineView {
        name: name(newest.machine),
        key: text::word(key),
        runs: unit::counted(runs().count(), "run", "runs"),
        newest: text::day(newest.started),
        page: page(key, main),
        current: key == current,
    })
}

/// `Model 1, 2 cores, rustc 1.95.0`
pub(super) fn name(machine: &Machine) -> String {
    let cores = unit::counted(machine.cores as usize, "core", "cores");
    let rustc = match machine.rustc.split(' ').next() {
        Some("") | None => String::new(),
        Some(version) => format!("rustc {}", text::word(version)),
    };
    let parts = [text::line(&machine.cpu), cores, rustc];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<String>>().join(", ")
}

/// The newest value of a benchmark on each other machine.
pub(super) fn elsewhere<'a>(
    shown: &'a SiteRuns<'a>,
    main: &str,
    id: &BenchmarkId,
) -> Vec<ElsewhereView> {
    others(shown, main).into_iter().filter_map(|key| on(shown, key, main, id)).collect()
}

fn on<'a>(
    shown: &'a SiteRuns<'a>,
    key: &str,
    main: &str,
    id: &BenchmarkId,
) -> Option<ElsewhereView> {
    let runs = || shown.measured(id).filter(|(run, _)| run.machine.key == key);
    let (newest, value) = runs().next_back()?;
    Some(ElsewhereView {
        name: name(newest.machine),
        page: page(key, main),
        newest: text::day(newest.started),
        value: text::value(value.time_ns.median, value.unit()),
        runs: runs().count(),
    })
}
