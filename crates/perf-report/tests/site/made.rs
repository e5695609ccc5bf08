//! A site of made-up runs with hostile names, written into a folder.

use perf_judge::budget::{Budget, BudgetFile, Gate};
use perf_judge::history::{History, NameTable, Past, RunRow};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{
    Commit, LaunchResult, LaunchTimes, Machine, Measured, Pair, Quantities, Quantity, Run, RunKind,
    SCHEMA, Side, Source,
};
use perf_report::site::{Archive, Contents, LOOK_BACK, Project, SHOWN, Site, SiteFile, archive};
use perf_report::{Comparison, Report, Rules, Versus};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// Names that would run a script, leave their element or reorder the page if they were not text.
pub(crate) const NAMES: [&str; 6] = [
    "core/parse::plain",
    "core/parse::<script>top.ran = 1</script>",
    "core/parse::</script></title></svg></table><img src=x onerror='top.ran = 1'>",
    "core/parse::\"' onmouseover=top.ran=1 x=\"│`a`\u{202e}\u{0}\r\nb",
    "core/filter::{{ 7 * 7 }}{% block main %}",
    "core/filter::javascript:top.ran=1//日本語のとても長い名前-é-🎚",
];

/// The number of runs, six hours apart, from September on.
pub(crate) const RUNS: u32 = 300;
/// From this run on the first benchmark takes a third longer.
pub(crate) const CHANGE_POINT: u32 = 280;
/// From this run on the first benchmark executes 2 % more instructions, which no time shows.
pub(crate) const COUNT_CHANGE: u32 = 200;

/// The benchmark that takes twice as long in the last run.
pub(crate) const CHANGED: usize = 5;
const LAST: u32 = RUNS - 1;

/// A project with a hostile name.
const PROJECT: Project<'_> =
    Project { name: "<script>top.ran = 1</script>", releases: &[], alternatives: None };

/// Limits of counts: one within the drawing and one beyond it, and one that the last runs exceed.
static BUDGETS: LazyLock<Vec<Budget>> = LazyLock::new(|| {
    let text = r#"{"schema": 2, "budgets": {
        "near": {"benchmark": "parse::plain", "metric": "instructions", "target": 1300000},
        "<script>top.ran = 1</script>": {"benchmark": "parse::plain", "metric": "alloc_count", "target": 8},
        "faults": {"benchmark": "parse::plain", "metric": "page_faults", "target": 2}}}"#;
    BudgetFile::parse(text).unwrap().1
});

/// A run's commit: the hashes of the first are hostile, which no git writes.
pub(crate) fn hash(number: u32) -> String {
    let digits = format!("{:08x}", number.wrapping_mul(2_654_435_761));
    if number < 5 { format!("<i>{digits}") } else { digits.repeat(5) }
}

fn run(number: u32) -> Run {
    let long = format!("<b>{}</b>", "wide".repeat(1024));
    let names = NAMES.into_iter().chain([long.as_str()]);
    let branch = match number % 50 {
        7 => format!("x\"><script>top.ran = 1</script>{long}"),
        _ => "main".to_owned(),
    };
    let begun: chrono::DateTime<chrono::Utc> = "2026-09-01T02:45:00Z".parse().unwrap();
    let cpu = if number % 40 == 3 { "Model 2".to_owned() } else { long.clone() };
    let time = |i: usize| {
        let level = match (i, number) {
            (0, CHANGE_POINT..) => 1.33e6,
            (CHANGED, LAST..) => 2e6,
            _ => 1e6,
        };
        level * (1.0 + f64::from(number * 7 % 5) / 500.0) / (1.0 + i as f64)
    };
    Run {
        schema: SCHEMA,
        kind: RunKind::Run,
        id: String::new(),
        started: begun + chrono::TimeDelta::hours(6 * i64::from(number)),
        seed: 7,
        commit: Some(Commit {
            hash: hash(number),
            branch: Some(branch),
            subject: format!("</td><script>top.ran = 1</script>\u{202e}{long}"),
            author_date: "2026-11-01T12:00:00+01:00".to_owned(),
            dirty: number % 50 == 9,
        }),
        partial: false,
        machine: Machine { cpu, cores: 2, ..Machine::default() }.with_machine_key(),
        benchmarks: names
            .enumerate()
            .map(|(i, name)| Measured { counts: counts(i, number), ..measured(name, time(i)) })
            .collect(),
        unfinished: Vec::new(),
        origin: None,
        partitioned: false,
        backfilled: None,
        accepted: Vec::new(),
        workspace: None,
    }
    .with_id()
}

/// The counts of a benchmark in a run. Half of the benchmarks allocate nothing.
fn counts(benchmark: usize, number: u32) -> Quantities {
    let grown = if benchmark == 0 && number >= COUNT_CHANGE { 1.02 } else { 1.0 };
    let allocations = if benchmark.is_multiple_of(2) { 12.0 } else { 0.0 };
    [
        (Quantity::Instructions, 1_234_567.0 * grown),
        (Quantity::AllocCount, allocations),
        (Quantity::AllocBytes, 1e9 * allocations),
        (Quantity::AllocPeakBytes, 65_536.0),
        (Quantity::MinorFaults, f64::from(number % 7) / 10.0),
        (Quantity::SystemNs, 1500.0 + f64::from(number % 11)),
    ]
    .into()
}

fn measured(name: &str, ns: f64) -> Measured {
    let reading = LaunchResult {
        min_ns: ns,
        max_ns: ns,
        median_ns: ns,
        mean_ns: ns,
        sample_size: 1,
        sample_count: 70,
        samples_ns: Some(vec![ns; 70]),
        throughput: [("<u>/s".to_owned(), 1e6)].into(),
        ..LaunchResult::default()
    };
    let source = Source { file: "benches/<script>top.ran = 1</script>.rs".to_owned(), line: 1 };
    Measured::of(name.into(), Some(source), &vec![reading; 5]).unwrap()
}

fn comparison(run: &Run) -> Comparison {
    let times = |ns| LaunchTimes { min: ns, median: ns };
    let pair = Pair { first: Side::Base, base: times(1e6), head: times(1.3e6) };
    let rules = BTreeMap::new();
    let judged = report(run, &History::default(), &[], &rules);
    let mut comparison = Comparison::all_of(&judged).pop().unwrap_or_else(|| {
        let base = hash(CHANGE_POINT - 1);
        let json = serde_json::json!({
            "schema": 1, "kind": "comparison", "id": format!("{}-{}", run.id, &base[..12]),
            "started": run.started, "seed": 7, "base": base, "head": run.commit,
            "machine": run.machine, "benchmarks": [],
        });
        Comparison::from_json(&json.to_string()).unwrap()
    });
    let compared = serde_json::json!({
        "name": NAMES[1], "n": 1, "s": 70, "pairs": vec![pair; 3], "state": "regression",
        "severity": "major", "change": 0.26, "low": 0.25, "high": 0.27,
        "causes": [{"kind": "instructions", "subjects": [NAMES[2]],
            "numbers": [{"name": NAMES[1], "unit": "count", "base": 1e3, "head": 2e3}],
            "functions": [{"name": NAMES[2], "former_name": NAMES[3], "base": 1.0, "head": 1e3}]}],
        "calls": {
            "functions": [{"name": NAMES[3], "own": [1, 2], "total": [3, 4]}],
            "frames": [
                {"depth": 0, "name": NAMES[2], "own": [1, 500], "total": [900, 1000]},
                {"depth": 1, "name": "w".repeat(4096), "own": [1, 500], "total": [900, 1e300]},
                {"depth": 7, "name": NAMES[1], "own": [1, 500], "total": [900, 500]},
            ],
        },
    });
    comparison.benchmarks.push(serde_json::from_value(compared).unwrap());
    comparison
}

/// A comparison of alternatives with hostile names and extreme numbers.
fn versus(run: &Run) -> Versus {
    let times = |ns: f64| json!({"min": ns, "median": ns});
    let result = |change: f64| {
        json!({
            "case": NAMES[3], "name": NAMES[1], "baseline": NAMES[2], "relation": "slower",
            "conclusion": "w".repeat(4096), "change": change, "low": -change, "high": 1e3 * change,
            "ns": 1e300, "baseline_ns": 0.0,
            "pairs": [{"first": "head", "base": times(0.0), "head": times(1e300)}],
        })
    };
    let mut machine = run.machine.clone();
    machine.cpu = "w".repeat(4096);
    let text = json!({
        "schema": 1, "kind": "versus", "baseline": NAMES[2], "alternatives": [NAMES[1], NAMES[3]],
        "run": {"started": run.started, "seed": 7, "commit": run.commit, "machine": machine},
        "results": [result(0.0), result(700.0), result(-700.0)],
        "scaling": [{"name": "w".repeat(4096), "points": [], "fit": {"exponent": 1e300, "low": 0, "high": 1}}],
    });
    Versus::from_json(&text.to_string()).unwrap()
}

fn report(
    run: &Run,
    history: &History,
    comparisons: &[&Comparison],
    renamed: &BTreeMap<BenchmarkId, BenchmarkId>,
) -> Report {
    let past = Past::before(run, history, SHOWN);
    let mut report = Report::of_recorded(run, past, comparisons, rules(renamed));
    report.notes.push(format!("<script>top.ran = 1</script>{}", "w".repeat(4096)));
    report
}

fn rules(renamed: &BTreeMap<BenchmarkId, BenchmarkId>) -> Rules<'_> {
    Rules { branch: "main", budgets: &BUDGETS, gate: Gate::default(), renamed, accepted: &[] }
}

/// Every file of the site, its older data included.
pub(crate) fn pages() -> Vec<SiteFile> {
    let runs: Vec<Run> = (0..RUNS).map(run).collect();
    let newest = runs.len() - SHOWN - LOOK_BACK;
    let history: History = runs[newest..].iter().cloned().collect();
    let last = runs.last().unwrap();
    let comparisons = [comparison(last)];
    let renamed = BTreeMap::new();
    let report = report(last, &history, &[&comparisons[0]], &renamed);
    let templates = crate::templates::all();
    let contents = Contents {
        history: &history,
        report: &report,
        comparisons: &comparisons,
        versus: &[versus(last)],
        rules: rules(&renamed),
        commits_at: Some("https://example.org/team/app/commit/"),
        project: PROJECT,
    };
    let site = Site::new(&templates, contents).unwrap();
    let (mut pages, months) = older_pages(&site, &runs);
    pages.extend(site.overview().unwrap());
    let older = Archive { count: runs.len() - SHOWN, months: &months };
    for name in site.benchmarks() {
        pages.extend(site.benchmark(name, older).unwrap());
    }
    for cached in site.runs().iter().rev().take(3) {
        pages.extend(site.run(&cached.id).unwrap());
    }
    for cached in site.comparisons() {
        pages.extend(site.comparison(&cached.id).unwrap());
    }
    pages
}

/// The folder of the site after its first run, below the site's root.
const FIRST: &str = "first";

/// Every file of the site after its first run.
pub(crate) fn first_run_pages() -> Vec<SiteFile> {
    let run = run(LAST);
    let history: History = [run.clone()].into_iter().collect();
    let renamed = BTreeMap::new();
    let report = report(&run, &history, &[], &renamed);
    let templates = crate::templates::all();
    let contents = Contents {
        history: &history,
        report: &report,
        comparisons: &[],
        versus: &[],
        rules: rules(&renamed),
        commits_at: None,
        project: PROJECT,
    };
    let site = Site::new(&templates, contents).unwrap();
    let mut pages = site.overview().unwrap();
    for name in site.benchmarks() {
        pages.extend(site.benchmark(name, Archive::default()).unwrap());
    }
    for page in &mut pages {
        page.path = format!("{FIRST}/{}", page.path);
    }
    pages
}

/// The files of older runs, and the months that they are of, the newest first.
fn older_pages(site: &Site<'_>, runs: &[Run]) -> (Vec<SiteFile>, Vec<String>) {
    let summed: Vec<(RunRow, NameTable)> =
        runs.iter().map(|run| (RunRow::of(run), NameTable::of(run))).collect();
    let by = |format: &str| {
        let mut parts: BTreeMap<String, Vec<archive::NamedRow<'_>>> = BTreeMap::new();
        for (line, names) in &summed {
            let part = parts.entry(line.started.format(format).to_string()).or_default();
            part.push(archive::NamedRow { row: line, names });
        }
        parts
    };
    let first_shown = site.oldest_shown().unwrap().format("%Y-%m").to_string();
    let months: BTreeMap<_, _> =
        by("%Y-%m").into_iter().filter(|(month, _)| *month <= first_shown).collect();
    let mut pages: Vec<SiteFile> = months
        .iter()
        .flat_map(|(month, runs)| archive::month(month, runs, site.context()))
        .collect();
    pages.extend(by("%Y-%m-%d").iter().map(|(day, runs)| archive::day(day, runs)));
    pages.extend(archive::commits(runs.iter().map(|run| run.id.as_str())));
    (pages, months.into_keys().rev().collect())
}

/// The identities of the last two runs.
pub(crate) fn last_two() -> [String; 2] {
    [run(RUNS - 2).id, run(RUNS - 1).id]
}

/// Writes the site below a path of several parts.
pub(crate) fn write(folder: &Path, pages: &[SiteFile]) {
    for SiteFile { path, contents } in pages {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, contents).unwrap();
    }
}
