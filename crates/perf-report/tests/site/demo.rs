//! A site like that of a real project: six changes with causes, alternatives, arguments and releases.

use crate::demo_comparisons;
use perf_judge::budget::{Budget, BudgetFile, Gate};
use perf_judge::history::{History, Past};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Commit, LaunchResult, Machine, Measured, Quantities, Quantity, Run, Source};
use perf_report::site::{Archive, Contents, Project, Release, SHOWN, Site, SiteFile, SitePicture};
use perf_report::{Comparison, Report, Rules};
use std::collections::BTreeMap;

/// Benchmarks with their time in ns in the first run.
const BENCHMARKS: [(&str, f64); 30] = [
    ("app-core/parse::parse_minimal_xml", 3.9e3),
    ("app-core/parse::parse_large_xml", 2.04e6),
    ("app-core/parse::parse_50k_tracks", 2.967e8),
    ("app-core/parse::parse_broken_xml", 1.61e4),
    ("app-core/filter::filter_1000_tracks::artist", 6.1e4),
    ("app-core/filter::filter_1000_tracks::any_of_three_columns_with_a_long_name", 1.02e5),
    ("app-core/filter::sort_by_title", 2.6e5),
    ("app-core/filter::sort_by_key", 2.2e5),
    ("app-core/matching::process_single_track", 4.4e5),
    ("app-core/matching::process_500_tracks", 1.1e8),
    ("app-core/catalogue::open_20k_tracks", 3.49e7),
    ("app-core/catalogue::lookup", 840.0),
    ("app-core/export::csv::write_1000_rows", 3.1e5),
    ("app-core/export::json::write_1000_rows", 4.9e5),
    ("app-core/index::insert::BTreeMap::100", 6.2e3),
    ("app-core/index::insert::BTreeMap::1000", 8.9e4),
    ("app-core/index::insert::BTreeMap::10000", 1.21e6),
    ("app-core/index::insert::BTreeMap::100000", 1.72e7),
    ("app-core/index::insert::HashMap::100", 4.1e3),
    ("app-core/index::insert::HashMap::1000", 4.2e4),
    ("app-core/index::insert::HashMap::10000", 4.6e5),
    ("app-core/index::insert::HashMap::100000", 5.9e6),
    ("app-core/index::insert::SortedVec::100", 2.1e3),
    ("app-core/index::insert::SortedVec::1000", 1.3e5),
    ("app-core/index::insert::SortedVec::10000", 1.24e7),
    ("app-core/index::insert::SortedVec::100000", 1.31e9),
    ("app/startup::startup", 2.05e7),
    ("app/startup::help", 1.9e6),
    ("app/memory::fill_library", 8.8e6),
    ("app/ui::draw_table", 1.2e5),
];

/// A commit that changes the time and the instructions of benchmarks whose names contain a text.
struct Planted {
    run: u32,
    subject: &'static str,
    part: &'static str,
    time: f64,
    instructions: f64,
}

const PLANTED: [Planted; 6] = [
    Planted {
        run: 22,
        subject: "Compare folded titles byte by byte",
        part: "filter::filter_1000",
        time: 0.72,
        instructions: 0.7,
    },
    Planted {
        run: 48,
        subject: "Write cells through one buffer",
        part: "export::csv",
        time: 0.84,
        instructions: 0.82,
    },
    Planted {
        run: 70,
        subject: "Add a decade to the sort key",
        part: "sort_by_key",
        time: 1.09,
        instructions: 1.1,
    },
    Planted {
        run: 95,
        subject: "Look up candidates by their rarest word",
        part: "matching",
        time: 0.62,
        instructions: 0.6,
    },
    Planted {
        run: 112,
        subject: "Decode XML entities in attribute values",
        part: "parse::parse_large",
        time: 1.184,
        instructions: 1.2,
    },
    Planted {
        run: 112,
        subject: "Decode XML entities in attribute values",
        part: "parse_50k",
        time: 1.148,
        instructions: 1.16,
    },
];

fn hash(number: u32) -> String {
    format!("{:08x}", number.wrapping_mul(2_654_435_761)).repeat(5)
}

fn run(number: u32, runs: u32, many: usize) -> Run {
    let mut chance = numbers(number);
    let shift = 120_i64 - i64::from(runs);
    let subject = |planted: &&Planted| i64::from(planted.run) == i64::from(number) + shift;
    let subject = PLANTED.iter().find(subject).map_or("Update the documentation", |p| p.subject);
    let begun: chrono::DateTime<chrono::Utc> = "2026-08-03T06:37:00Z".parse().unwrap();
    let machine = Machine {
        cpu: "AMD EPYC 7763 64-Core Processor".to_owned(),
        cores: 4,
        arch: "x86_64".to_owned(),
        os: "unknown-linux-gnu".to_owned(),
        rustc: "1.95.0 (59807616e)".to_owned(),
        ..Machine::default()
    };
    let names = BENCHMARKS.iter().map(|(name, ns)| ((*name).to_owned(), *ns));
    let more = (0..many).map(|i| {
        (
            format!("lib-{}/bench_{}::module_{}::benchmark_{i}", i % 5, i / 25 % 12, i / 9),
            1e3 + i as f64 * 7e3,
        )
    });
    let benchmarks = names.chain(more).map(|(name, ns)| {
        let own = PLANTED.iter().filter(|planted| {
            name.contains(planted.part) && i64::from(number) + shift >= i64::from(planted.run)
        });
        let (time, work) = own.fold((ns, ns * 3.1), |(time, work), planted| {
            (time * planted.time, work * planted.instructions)
        });
        measured(&name, time, work, &mut chance)
    });
    let benchmarks = benchmarks.collect();
    Run {
        seed: 7,
        commit: Some(Commit {
            hash: hash(number),
            branch: Some("main".to_owned()),
            subject: subject.to_owned(),
            author_date: "2026-11-01T12:00:00+01:00".to_owned(),
            dirty: false,
        }),
        ..Run::new(
            begun + chrono::TimeDelta::hours(23 * i64::from(number)),
            machine.with_machine_key(),
            benchmarks,
        )
    }
    .with_id()
}

/// Numbers from 0 to 1 from a seed.
fn numbers(seed: u32) -> impl FnMut() -> f64 {
    let mut state = u64::from(seed).wrapping_add(9).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    }
}

fn measured(name: &str, ns: f64, work: f64, chance: &mut impl FnMut() -> f64) -> Measured {
    let mut launch = || {
        let median = ns * (1.0 + 0.012 * (chance() + chance() - 1.0));
        let samples = (0..25).map(|_| median * (0.99 + 0.02 * chance())).collect();
        LaunchResult {
            min_ns: median * 0.98,
            max_ns: median * 1.2,
            median_ns: median,
            mean_ns: median * 1.01,
            sample_size: 1,
            sample_count: 25,
            samples_ns: Some(samples),
            ..LaunchResult::default()
        }
    };
    let launches: Vec<LaunchResult> = (0..5).map(|_| launch()).collect();
    let file = format!(
        "benches/{}.rs",
        name.split("::").next().and_then(|n| n.split('/').nth(1)).unwrap_or("x")
    );
    let counts: Quantities = [
        (Quantity::Instructions, (work * (1.0 + 1e-5 * chance())).round()),
        (Quantity::AllocCount, (work / 1e4).round()),
        (Quantity::AllocBytes, (work / 1e2).round()),
        (Quantity::MinorFaults, 0.01),
    ]
    .into();
    Measured {
        counts,
        peak_rss_bytes: Some(5e6),
        ..Measured::of(BenchmarkId::from(name), Some(Source { file, line: 12 }), &launches).unwrap()
    }
}

fn budgets() -> Vec<Budget> {
    let text = r#"{"schema": 2, "budgets": {
        "startup": {"benchmark": "startup::startup", "description": "Starting with a catalogue of 20,000 tracks", "target_ms": 30, "critical_ms": 50},
        "parse_large": {"benchmark": "parse_large_xml", "description": "Reading a library of 500 tracks", "target_ms": 2.6, "critical_ms": 4},
        "parse_50k": {"benchmark": "parse_50k_tracks", "description": "Reading a library of 50,000 tracks", "target_ms": 360, "critical_ms": 500},
        "table": {"benchmark": "draw_table", "target_ms": 1, "critical_ms": 2}}}"#;
    BudgetFile::parse(text).unwrap().1
}

/// The pages of a site of this many runs, with `many` additional benchmarks. The pages of the newest
/// `rendered` runs are among them. The preview is not a page.
pub(crate) fn pages(runs: u32, many: usize, rendered: usize) -> (Vec<SiteFile>, SitePicture) {
    let all: Vec<Run> = (0..runs).map(|number| run(number, runs, many)).collect();
    let newest = all.len().saturating_sub(SHOWN);
    let last = all.last().unwrap();
    let branch = (runs > 2).then(|| branch_run(runs, many));
    let history: History = all[newest..].iter().chain(&branch).cloned().collect();
    let comparisons = comparisons(&all, branch.as_ref());
    let versus = demo_comparisons::of_alternatives(&all);
    let (renamed, budgets) = (BTreeMap::new(), budgets());
    let rules = Rules {
        branch: "main",
        budgets: &budgets,
        gate: Gate::default(),
        renamed: &renamed,
        accepted: &[],
    };
    let report = Report::of_recorded(last, Past::before(last, &history, SHOWN), &[], rules);
    let release = |(name, back): (&str, u32)| Release {
        name: name.to_owned(),
        commit: hash(runs.saturating_sub(back)),
    };
    let releases = [("v0.7.0", 105), ("v0.8.0", 60), ("v0.9.0", 20)].map(release);
    let templates = crate::templates::all();
    let contents = Contents {
        history: &history,
        report: &report,
        comparisons: &comparisons,
        versus: &versus,
        rules,
        commits_at: Some("https://github.com/team/app/commit/"),
        project: Project { name: "App", releases: &releases, alternatives: None },
    };
    let site = Site::new(&templates, contents).unwrap();
    let mut pages = site.overview().unwrap();
    for name in site.benchmarks() {
        pages.extend(site.benchmark(name, Archive::default()).unwrap());
    }
    for cached in site.runs().iter().rev().take(rendered) {
        pages.extend(site.run(&cached.id).unwrap());
    }
    for cached in site.comparisons() {
        pages.extend(site.comparison(&cached.id).unwrap());
    }
    (pages, site.preview())
}

/// A run of a branch before the last run. It parses faster.
fn branch_run(runs: u32, many: usize) -> Run {
    let before = run(runs - 2, runs, many);
    let mut chance = numbers(9001);
    let benchmarks = before.benchmarks.iter().map(|of_base| {
        let name = of_base.name.as_str();
        let is_faster = name.contains("parse_large") || name.contains("parse_50k");
        let factor = if is_faster { 0.87 } else { 1.0 };
        let work = of_base.quantity(Quantity::Instructions).unwrap_or_default();
        measured(of_base.name.as_str(), of_base.time_ns.median * factor, work, &mut chance)
    });
    Run {
        seed: 8,
        commit: Some(Commit {
            hash: hash(9001),
            branch: Some("cache-entities".to_owned()),
            subject: "Keep decoded entities".to_owned(),
            author_date: "2026-11-02T12:00:00+01:00".to_owned(),
            dirty: false,
        }),
        ..Run::new(
            before.started + chrono::TimeDelta::hours(3),
            before.machine.clone(),
            benchmarks.collect(),
        )
    }
    .with_id()
}

/// The recorded comparisons, newest first.
fn comparisons(all: &[Run], branch: Option<&Run>) -> Vec<Comparison> {
    let subject = |run: &Run| run.commit.as_ref().map(|commit| commit.subject.clone());
    let first_slow = all.iter().position(|run| subject(run).as_deref() == Some(PLANTED[4].subject));
    let of_change = first_slow.filter(|at| *at > 0).map(|at| {
        demo_comparisons::of_the_change(&all[at - 1].commit.as_ref().unwrap().hash, &all[at])
    });
    let base = all.iter().rev().nth(1).and_then(|run| run.commit.as_ref());
    let of_branch = branch.zip(base);
    let of_branch =
        of_branch.map(|(run, base)| demo_comparisons::of_a_pull_request(&base.hash, run));
    of_branch.into_iter().chain(of_change).collect()
}
