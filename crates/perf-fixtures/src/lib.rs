//! Small made-up runs, and files with damage, for tests.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod damage;

pub use damage::damaged;

use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Commit, LaunchResult, Machine, Measured, Run};

/// A run of `benchmarks`, `day` days into November 2026, on the branch `main`.
pub fn run(day: u32, benchmarks: Vec<Measured>) -> Run {
    let started = format!("2026-11-{day:02}T02:45:00Z");
    let machine =
        Machine { cpu: "Model 1".to_owned(), cores: 2, ..Machine::default() }.with_machine_key();
    Run {
        seed: 7,
        commit: Some(Commit {
            hash: format!("{day:040x}"),
            branch: Some("main".to_owned()),
            subject: "Read faster".to_owned(),
            author_date: "2026-11-01T12:00:00+01:00".to_owned(),
            dirty: false,
        }),
        ..Run::new(started.parse().unwrap(), machine, benchmarks)
    }
    .with_id()
}

/// A benchmark with five equal launches of `ns`.
pub fn measured(name: &str, ns: f64) -> Measured {
    let launches: Vec<LaunchResult> = (0..5).map(|_| reading(ns)).collect();
    Measured::of(BenchmarkId::from(name), None, &launches).unwrap()
}

/// A launch of 21 samples that all took `ns`.
pub fn reading(ns: f64) -> LaunchResult {
    LaunchResult {
        min_ns: ns,
        max_ns: ns,
        median_ns: ns,
        mean_ns: ns,
        sample_size: 1,
        sample_count: 21,
        samples_ns: Some(vec![ns; 21]),
        ..LaunchResult::default()
    }
}
