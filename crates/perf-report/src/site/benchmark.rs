//! A benchmark's page: its trend, what the latest run says of it, and its runs.

use super::budget::{self, BudgetView};
use super::change_points::Found;
use super::data::{self, Archive};
use super::distribution::{self, DistributionView};
use super::machines::{self, ElsewhereView};
use super::marks::acceptances;
use super::reproduce;
use super::resources::{self, ResourceView};
use super::run_comparability;
use super::run_view::RunView;
use super::runs;
use super::site_runs::SiteRuns;
use super::text::{self, Badge};
use super::trend::Trend;
use super::trend_point::{TrendPoint, since};
use super::trend_view::TrendView;
use crate::{Report, Row};
use perf_judge::budget::BudgetResult;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Measured, P95_SAMPLES, P99_SAMPLES};
use perf_judge::unit;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(super) struct BenchmarkView {
    root: &'static str,
    title: String,
    name: Vec<String>,
    badge: Badge,
    finding: String,
    source: String,
    figures: Vec<(&'static str, String)>,
    trend: Option<TrendView>,
    /// The trend for the scripts, as JSON.
    data: String,
    distribution: Option<DistributionView>,
    resources: Vec<ResourceView>,
    elsewhere: Vec<ElsewhereView>,
    latest: Option<LatestView>,
    budgets: Vec<BudgetView>,
    reproduce: String,
    runs: Vec<RunCells>,
    /// How many runs are too old for the page.
    older: String,
    /// The table's file.
    csv: String,
}

/// What the newest run that measured it says.
#[derive(Clone, Debug, Serialize)]
struct LatestView {
    run: String,
    times: Vec<Fact>,
    others: Vec<Fact>,
}

/// A number, what it is, and what the reader should know of it.
#[derive(Clone, Debug, Serialize)]
struct Fact {
    label: String,
    value: String,
    note: String,
}

/// A run as a row of a table.
#[derive(Clone, Debug, Serialize)]
struct RunCells {
    started: String,
    page: Option<String>,
    commit: String,
    commit_page: Option<String>,
    median: String,
    p95: String,
    p99: String,
    fastest: String,
    flags: Vec<&'static str>,
}

/// The page of `id`. `older`: the runs that are too old for it.
pub(super) fn view<'a>(
    id: &BenchmarkId,
    shown: &'a SiteRuns<'a>,
    report: &Report,
    older: Archive<'_>,
) -> BenchmarkView {
    let row = shown.row(id);
    let verdict = row.map(|row| &row.verdict);
    let points = shown.series(id);
    let limits = |budget: &&BudgetResult| budget.benchmark.as_ref() == Some(id);
    let budgets: Vec<&BudgetResult> = report.budgets.iter().filter(limits).collect();
    let newest = points.iter().rev().find_map(|point| Some((point, point.measured?)));
    let steps = Found::all_in(&points);
    let accepted = acceptances(&points, id, &report.accepted);
    let trend = Trend::new(&points, verdict, &budgets, &steps, accepted);
    let stem = id.file_stem();
    let data = |trend: &Trend<'_>| {
        let (name, levels) = (text::clipped(id.as_str(), text::NAME), trend.levels_shown());
        let (machines, steps, accepted) =
            (trend.machine_changes(), trend.steps(), trend.accepted());
        let (stem, points) = (&stem, &points[..]);
        data::TrendSource { name, stem, points, verdict, levels, machines, steps, accepted, older }
            .to_json()
    };
    BenchmarkView {
        root: "../",
        title: text::clipped(id.as_str(), text::NAME),
        name: text::parts(id.as_str()),
        badge: verdict.map_or_else(Badge::not_measured, Badge::of_verdict),
        source: newest.map_or_else(String::new, |(_, measured)| source(measured)),
        figures: row.map_or_else(Vec::new, |row| figures(row, &points)),
        data: trend.as_ref().map_or_else(String::new, data),
        trend: trend.map(|trend| trend.view()),
        distribution: distribution::view(&points),
        resources: resources::views(&points),
        elsewhere: machines::elsewhere(shown, &report.run.machine.key, id),
        latest: newest.map(|(point, measured)| latest(point, measured)),
        budgets: budgets.into_iter().map(budget::view).collect(),
        reproduce: reproduce::command(id, &points, verdict),
        runs: points.iter().rev().filter_map(run_view).collect(),
        older: match older.count {
            0 => String::new(),
            count => unit::counted(count, "older run", "older runs"),
        },
        csv: format!("{stem}.csv"),
        finding: verdict.map_or_else(String::new, text::finding),
    }
}

fn source(measured: &Measured) -> String {
    let source = measured.source.as_ref();
    source.map_or_else(String::new, |at| {
        format!("{}:{}", text::clipped(&at.file, text::NAME), at.line)
    })
}

/// The numbers that a reader came for; those that are not known are left out.
fn figures(row: &Row, points: &[TrendPoint<'_>]) -> Vec<(&'static str, String)> {
    let verdict = &row.verdict;
    let runs = unit::counted(verdict.baseline_runs, "run", "runs");
    let figures = verdict.figures();
    let baseline = figures.base.map(|base| format!("{base} ({runs})"));
    let since = since(points, verdict).map(RunView::since_label);
    let last_look = verdict.trace.stages.last();
    let common =
        last_look.and_then(|look| look.suite_wide_shift).filter(|_| verdict.change.is_some());
    let all = [
        ("change", figures.change),
        ("now", figures.head),
        ("baseline", baseline),
        ("since", since),
        ("detectable change", verdict.min_detectable_change.map(unit::percent)),
        ("left out of it, as the whole run moved", common.map(unit::change)),
    ];
    all.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

fn latest(point: &TrendPoint<'_>, measured: &Measured) -> LatestView {
    LatestView {
        run: point.run.label(),
        times: times(measured),
        others: samples(measured).into_iter().chain(resources(measured)).collect(),
    }
}

fn times(measured: &Measured) -> Vec<Fact> {
    let times = &measured.time_ns;
    let of = measured.sample_label().unwrap_or_default();
    let show = |value| text::value(value, measured.unit());
    let known = |label, value| fact(label, show(value), of.clone());
    let tail = |label, ns: Option<f64>, needed| match ns {
        Some(ns) => known(label, ns),
        None => {
            let absence = measured.tail_absence(needed).map(|absence| absence.to_string());
            fact(label, text::time(None), absence.unwrap_or_default())
        }
    };
    let deviation = times.std_dev.map(|ns| known("standard deviation", ns));
    let facts = [
        known("min", times.min),
        fact("mean", show(times.mean), String::new()),
        known("median", times.median),
        tail("p95", times.p95, P95_SAMPLES),
        tail("p99", times.p99, P99_SAMPLES),
        known("max", times.max),
    ];
    facts.into_iter().chain(deviation).collect()
}

fn samples(measured: &Measured) -> [Fact; 4] {
    let number = |count: u32| unit::count(count as f64);
    let pooled = measured.time_ns.samples;
    let (pooled, note) = match pooled {
        0 => (text::NOTHING.to_owned(), "only Divan's table is known here"),
        _ => (number(pooled), "of all launches, the first of each left out"),
    };
    [
        fact("samples", pooled, note.to_owned()),
        fact("launches", measured.launches.len().to_string(), String::new()),
        fact("N", number(measured.sample_size), "iterations a sample".to_owned()),
        fact("S", number(measured.sample_count), "samples a launch".to_owned()),
    ]
}

/// What was measured beside the time, where it is known.
fn resources(measured: &Measured) -> Vec<Fact> {
    let alloc = measured.alloc;
    let rates = measured.throughput.iter().map(|(unit, rate)| {
        fact("throughput", unit::rate(*rate, &text::word(unit)), "at the median time".to_owned())
    });
    let others = [
        ("allocations", alloc.map(|alloc| unit::count(alloc.count)), "an iteration"),
        ("allocated", alloc.map(|alloc| unit::bytes(alloc.bytes)), "an iteration"),
        ("most held at once", alloc.and_then(|a| a.peak_bytes).map(unit::bytes), "an iteration"),
        ("processor time", measured.cpu_ns.map(unit::time), "a launch, start-up included"),
        ("peak memory", measured.peak_rss_bytes.map(unit::bytes), "of the bench process"),
    ];
    let others = others
        .into_iter()
        .filter_map(|(label, value, note)| Some(fact(label, value?, note.to_owned())));
    rates.chain(others).collect()
}

fn fact(label: &str, value: String, note: String) -> Fact {
    Fact { label: label.to_owned(), value, note }
}

fn run_view(point: &TrendPoint<'_>) -> Option<RunCells> {
    let measured = point.measured?;
    let (times, show) = (&measured.time_ns, |value| text::value(value, measured.unit()));
    let shown = |value: Option<f64>| text::or_nothing(value.map(show));
    Some(RunCells {
        started: point.run.words.minute.clone(),
        page: runs::page(point.run),
        commit: point.run.words.commit.clone(),
        commit_page: point.run.commit_page.clone(),
        median: show(times.median),
        p95: shown(times.p95),
        p99: shown(times.p99),
        fastest: fastest(measured),
        flags: run_comparability::names(&point.flags()),
    })
}

/// The launches' fastest samples, from the lowest to the highest.
fn fastest(measured: &Measured) -> String {
    let each = || measured.launches.iter().map(|launch| launch.min);
    match (each().reduce(f64::min), each().reduce(f64::max)) {
        (Some(low), Some(high)) => format!("{} to {}", unit::time(low), unit::time(high)),
        _ => text::NOTHING.to_owned(),
    }
}
