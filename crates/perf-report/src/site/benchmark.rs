//! A benchmark's page: its trend, its latest measurement and its runs.

use super::branches::{self, BranchView};
use super::budget::{self, BudgetView};
use super::change_points::RunChangePoint;
use super::count_trends::{self, CountView};
use super::counts;
use super::data::{self, Archive};
use super::distribution::{self, DistributionView};
use super::last_change::{self, LastChange};
use super::levels;
use super::machines::{self, ElsewhereView};
use super::marks::acceptances;
use super::reproduce;
use super::resources::{self, ResourceView};
use super::run_comparability;
use super::run_view::RunView;
use super::runs;
use super::site_runs::SiteRuns;
use super::text::{self, Badge, Bounds, Name};
use super::trend::Trend;
use super::trend_point::{TrendPoint, since};
use super::trend_view::TrendView;
use crate::links;
use crate::{Compared, Comparison, Report, Row};
use perf_judge::budget::BudgetResult;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Measured, P95_SAMPLES, P99_SAMPLES, Quantity};
use perf_judge::unit::{self, Figures};
use perf_judge::verdict::Verdict;
use serde::Serialize;

/// The most runs that a page lists. The files of the table have all that its chart shows.
const LISTED: usize = 50;

#[derive(Clone, Debug, Serialize)]
pub(super) struct BenchmarkView {
    root: &'static str,
    title: String,
    description: String,
    name: Name,
    badge: Badge,
    finding: String,
    source: String,
    /// The source on the web, at the commit of the newest measurement.
    source_page: Option<String>,
    figures: Vec<(&'static str, String)>,
    trend: Option<TrendView>,
    /// The change points of the time, newest first.
    changes: Vec<ChangeText>,
    /// The trend for the scripts, as JSON.
    data: String,
    last_change: Option<LastChange>,
    counts: Vec<CountView>,
    distribution: Option<DistributionView>,
    resources: Vec<ResourceView>,
    elsewhere: Vec<ElsewhereView>,
    branches: Vec<BranchView>,
    latest: Option<LatestView>,
    budgets: Vec<BudgetView>,
    reproduce: String,
    /// The newest runs, newest first.
    runs: Vec<RunCells>,
    /// `150 more runs`, if the page lists only the newest.
    unlisted: String,
    /// The number of runs that are too old for the page.
    archived: String,
    /// The files of the table.
    csv: String,
    json: String,
}

/// A change point in words.
#[derive(Clone, Debug, Serialize)]
struct ChangeText {
    sentence: String,
    commit: String,
    commit_page: Option<String>,
    subject: String,
    cause: String,
}

/// The latest measurement.
#[derive(Clone, Debug, Serialize)]
struct LatestView {
    run: String,
    times: Vec<Fact>,
    others: Vec<Fact>,
}

/// A number with its label and a note.
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
    /// The range of the launches' minima.
    min: String,
    flags: Vec<&'static str>,
}

/// What a page is made of, beside its series.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageSource<'a> {
    pub(super) shown: &'a SiteRuns<'a>,
    pub(super) report: &'a Report,
    /// The runs that are too old for the page.
    pub(super) archive: Archive<'a>,
    pub(super) commits_at: Option<&'a str>,
    /// Its newest change in a recorded comparison.
    pub(super) change: Option<(&'a Comparison, &'a Compared)>,
}

/// The page of `id`.
pub(super) fn view<'a>(
    id: &BenchmarkId,
    points: &[TrendPoint<'a>],
    source: PageSource<'a>,
) -> BenchmarkView {
    let PageSource { shown, report, archive, commits_at, change } = source;
    let row = shown.row(id);
    let verdict = row.map(|row| &row.verdict);
    let is_own = |budget: &&BudgetResult| budget.benchmark.as_ref() == Some(id);
    let budgets: Vec<&BudgetResult> = report.budgets.iter().filter(is_own).collect();
    let newest = points.iter().rev().find_map(|point| Some((point, point.measured?)));
    let change_points = RunChangePoint::all_in(points);
    let accepted = acceptances(points, id, &report.accepted);
    let trend = Trend::new(points, verdict, &budgets, &change_points, accepted);
    let stem = id.file_stem();
    let data = |trend: &Trend<'_>| {
        let (name, levels) = (text::clipped(id.as_str(), text::NAME), trend.levels_shown());
        let trend_source = data::TrendSource {
            name,
            stem: &stem,
            points,
            verdict,
            levels,
            machines: trend.machine_changes(),
            accepted: trend.accepted(),
            releases: trend.releases(),
            change_points: trend.change_points(),
            archive,
        };
        trend_source.to_json()
    };
    BenchmarkView {
        root: "../",
        title: text::clipped(id.as_str(), text::NAME),
        description: verdict.map_or_else(|| text::UNMEASURED.to_owned(), text::described),
        name: Name::full(id.as_str()),
        badge: verdict.map_or_else(Badge::not_measured, Badge::of_verdict),
        source: newest.map_or_else(String::new, |(_, measured)| source_label(measured)),
        source_page: newest.and_then(|(point, measured)| {
            source_page(point, measured, report.run.workspace.as_deref(), commits_at)
        }),
        figures: row.map_or_else(Vec::new, |row| figures(row, points)),
        data: trend.as_ref().map_or_else(String::new, data),
        trend: trend.map(|trend| trend.view()),
        changes: change_points.iter().rev().map(|change| change_text(points, change)).collect(),
        last_change: change.map(last_change::last_change),
        counts: count_trends::views(points, &budgets),
        distribution: distribution::view(points),
        resources: resources::views(points),
        elsewhere: machines::elsewhere(shown, &report.run.machine.key, id),
        branches: branches::elsewhere(points, change_points.last().map_or(0, |last| last.index)),
        latest: newest.map(|(point, measured)| latest(point, measured)),
        budgets: budgets.into_iter().map(budget::view).collect(),
        reproduce: reproduce::command(id, points, verdict),
        runs: points.iter().rev().filter_map(run_view).take(LISTED).collect(),
        unlisted: unlisted(points),
        archived: match archive.count {
            0 => String::new(),
            count => unit::counted(count, "older run", "older runs"),
        },
        csv: format!("{stem}.csv"),
        json: format!("{stem}.json"),
        finding: verdict.map_or_else(String::new, text::finding),
    }
}

fn unlisted(points: &[TrendPoint<'_>]) -> String {
    let measured = points.iter().filter(|point| point.measured.is_some()).count();
    match measured.saturating_sub(LISTED) {
        0 => String::new(),
        more => unit::counted(more, "more run", "more runs"),
    }
}

fn change_text(points: &[TrendPoint<'_>], change: &RunChangePoint<'_>) -> ChangeText {
    let cause = levels::cause(points, change);
    ChangeText {
        sentence: change.sentence(),
        commit: change.run.text.commit.clone(),
        commit_page: change.run.commit_page.clone(),
        subject: change.run.text.subject.clone(),
        cause: cause.as_deref().map(text::line).unwrap_or_default(),
    }
}

fn source_label(measured: &Measured) -> String {
    let source = measured.source.as_ref();
    source.map_or_else(String::new, |at| {
        format!("{}:{}", text::clipped(&at.file, text::NAME), at.line)
    })
}

/// The page of the source at the measured commit. `workspace`: its path in the repository.
fn source_page(
    point: &TrendPoint<'_>,
    measured: &Measured,
    workspace: Option<&str>,
    commits_at: Option<&str>,
) -> Option<String> {
    let source = measured.source.as_ref()?;
    let commit = point.run.commit.filter(|commit| !commit.dirty)?;
    let path = match workspace {
        None | Some("" | ".") => source.file.clone(),
        Some(folder) => format!("{folder}/{}", source.file),
    };
    links::source_page(commits_at, &commit.hash, &path, source.line)
}

/// The main numbers, without unknown ones.
fn figures(row: &Row, points: &[TrendPoint<'_>]) -> Vec<(&'static str, String)> {
    let verdict = &row.verdict;
    let Figures { base, head, change } = verdict.figures();
    let Bounds { interval, min_detectable } = Bounds::of_verdict(verdict);
    let known = |text: String| Some(text).filter(|text| !text.is_empty());
    let since = since(points, verdict).map(RunView::since_label);
    let stage = verdict.trace.stages.last();
    let shift = stage.and_then(|stage| stage.suite_wide_shift).filter(|_| change.is_some());
    let all = [
        ("base", base.map(|base| format!("{base}{}", baseline(verdict)))),
        ("head", head),
        ("change", change),
        ("89 % CI", known(interval)),
        ("min. detectable", known(min_detectable)),
        ("since", since),
        ("suite-wide shift, not part of the change", shift.map(unit::change)),
    ];
    all.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

/// ` (median of 10 runs)`
fn baseline(verdict: &Verdict) -> String {
    match verdict.baseline_runs {
        0 => String::new(),
        count => format!(" (median of {})", unit::counted(count, "run", "runs")),
    }
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
        known("minimum", times.min),
        fact("mean", show(times.mean), String::new()),
        known("median", times.median),
        tail("p95", times.p95, P95_SAMPLES),
        tail("p99", times.p99, P99_SAMPLES),
        known("maximum", times.max),
    ];
    facts.into_iter().chain(deviation).collect()
}

fn samples(measured: &Measured) -> [Fact; 4] {
    let number = |count: u32| unit::count(count as f64);
    let pooled = measured.time_ns.samples;
    let (pooled, note) = match pooled {
        0 => (text::NOTHING.to_owned(), "Divan's table only, without single samples"),
        _ => (number(pooled), "of all launches, without the first of each"),
    };
    [
        fact("samples", pooled, note.to_owned()),
        fact("launches", measured.launches.len().to_string(), String::new()),
        fact("sample size", number(measured.sample_size), "iterations per sample".to_owned()),
        fact("sample count", number(measured.sample_count), "samples per launch".to_owned()),
    ]
}

/// Throughput, counts, memory and processor time, without unknown ones.
fn resources(measured: &Measured) -> Vec<Fact> {
    let rates = measured.throughput.iter().map(|(unit, rate)| {
        fact("throughput", unit::rate(*rate, &text::word(unit)), "at the median time".to_owned())
    });
    let counts = Quantity::ALL.into_iter().filter_map(|quantity| count(measured, quantity));
    let others = [
        ("processor time", measured.cpu_ns.map(unit::time), "per launch, start-up included"),
        ("peak memory", measured.peak_rss_bytes.map(unit::bytes), "of the bench process"),
    ];
    let others = others
        .into_iter()
        .filter_map(|(label, value, note)| Some(fact(label, value?, note.to_owned())));
    rates.chain(counts).chain(others).collect()
}

fn count(measured: &Measured, quantity: Quantity) -> Option<Fact> {
    let value = quantity.show(measured.quantity(quantity)?);
    let spread = measured.count_spreads.get(&quantity);
    let spread = spread
        .map_or_else(String::new, |spread| format!("; {}", counts::repeats(quantity, *spread)));
    Some(fact(&quantity.to_string(), value, format!("per iteration{spread}")))
}

fn fact(label: &str, value: String, note: String) -> Fact {
    Fact { label: label.to_owned(), value, note }
}

fn run_view(point: &TrendPoint<'_>) -> Option<RunCells> {
    let measured = point.measured?;
    let (times, show) = (&measured.time_ns, |value| text::value(value, measured.unit()));
    let shown = |value: Option<f64>| text::or_nothing(value.map(show));
    Some(RunCells {
        started: point.run.text.minute.clone(),
        page: runs::page(point.run),
        commit: point.run.text.commit.clone(),
        commit_page: point.run.commit_page.clone(),
        median: show(times.median),
        p95: shown(times.p95),
        p99: shown(times.p99),
        min: minima(measured),
        flags: run_comparability::names(&point.flags()),
    })
}

/// The range of the launches' minima.
fn minima(measured: &Measured) -> String {
    let each = || measured.launches.iter().map(|launch| launch.min);
    match (each().reduce(f64::min), each().reduce(f64::max)) {
        (Some(low), Some(high)) => format!("{} to {}", unit::time(low), unit::time(high)),
        _ => text::NOTHING.to_owned(),
    }
}
