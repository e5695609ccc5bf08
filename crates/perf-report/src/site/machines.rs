//! The machines that measured, each with a trend of its own.

use super::run_comparability::Flag;
use super::site_runs::SiteRuns;
use super::text;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Machine;
use perf_judge::unit;
use serde::Serialize;
use std::collections::BTreeSet;

/// How many machines beside the reported one are told apart.
const OTHERS: usize = 8;

/// A machine to choose.
#[derive(Clone, Debug, Serialize)]
pub(super) struct MachineView {
    name: String,
    key: String,
    runs: String,
    newest: String,
    /// Its overview, below the site's root.
    page: String,
    /// Whether the page shows it already.
    current: bool,
}

/// What another machine says of a benchmark.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ElsewhereView {
    name: String,
    page: String,
    newest: String,
    value: String,
    runs: usize,
}

/// The machines of the runs shown, the reported one first and then the one that measured last.
/// `current`: the key of the one that the page shows; `main`: of the one that the site is about.
pub(super) fn selector(shown: &SiteRuns<'_>, main: &str, current: &str) -> Vec<MachineView> {
    let mut keys = vec![main];
    keys.extend(others(shown, main));
    let all: Vec<MachineView> =
        keys.into_iter().filter_map(|key| view(shown, key, main, current)).collect();
    if all.len() > 1 { all } else { Vec::new() }
}

/// The keys of the other machines, the one that measured last first.
pub(super) fn others<'a>(shown: &SiteRuns<'a>, main: &str) -> Vec<&'a str> {
    let mut seen = BTreeSet::from([main]);
    let newest_first = shown.runs.iter().rev().filter(|run| !run.has(Flag::Imported));
    let keys = newest_first.map(|run| run.machine.key.as_str());
    keys.filter(|key| seen.insert(key)).take(OTHERS).collect()
}

/// The overview of a machine, below the site's root.
pub(super) fn page(key: &str, main: &str) -> String {
    match key == main {
        true => "index.html".to_owned(),
        false => format!("machine/{}.html", super::runs::file_name(key)),
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
