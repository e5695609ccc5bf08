//! Runs like those of a real project, by chance from a seed.

use chrono::{DateTime, TimeDelta, Utc};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{
    Alloc, Commit, LaunchTimes, Machine, Measured, Quantities, Quantity, Run, RunKind, SCHEMA,
    Source, TailSource, Times,
};
use std::collections::BTreeMap;

/// A run of `benchmarks` benchmarks, the same for the same number.
pub(super) fn run(number: usize, started: DateTime<Utc>, benchmarks: usize) -> Run {
    let mut chance = fastrand::Rng::with_seed(number as u64);
    let hash: String =
        (0..40).map(|_| char::from_digit(chance.u32(..16), 16).unwrap_or('0')).collect();
    let machine = Machine {
        cpu: "AMD EPYC 7763 64-Core Processor".to_owned(),
        cores: 4,
        arch: "x86_64".to_owned(),
        os: "unknown-linux-gnu".to_owned(),
        rustc: "1.95.0 (59807616e)".to_owned(),
        profile: "opt-level 3".to_owned(),
        divan: "0.1.21".to_owned(),
        image: "ubuntu24 20261101.1".to_owned(),
        ..Machine::default()
    };
    let run = Run {
        schema: SCHEMA,
        kind: RunKind::Run,
        id: String::new(),
        started,
        seed: chance.u32(..),
        commit: Some(Commit {
            hash,
            branch: Some("main".to_owned()),
            subject: format!("Change part {} so that it takes less time", chance.u32(..1000)),
            author_date: started.to_rfc3339(),
            dirty: false,
        }),
        partial: false,
        machine: machine.with_machine_key(),
        benchmarks: (0..benchmarks).map(|i| measured(i, level(i, number), &mut chance)).collect(),
        unfinished: Vec::new(),
        origin: None,
        partitioned: false,
        backfilled: None,
        accepted: Vec::new(),
        workspace: Some(".".to_owned()),
    };
    run.with_id()
}

/// When run `number` of `of` began, if they are spread evenly over three years.
pub(super) fn moment(number: usize, of: usize) -> DateTime<Utc> {
    let begun = DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default();
    let seconds = 3 * 365 * 86_400 / of.max(1) * number;
    begun + TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default())
}

/// A benchmark's level in a run: every fourth one steps up and down again, each at its own pace.
fn level(i: usize, number: usize) -> f64 {
    let steps = number / (60 + i * 37 % 200);
    if i.is_multiple_of(4) && !steps.is_multiple_of(2) { 1.15 } else { 1.0 }
}

fn measured(i: usize, level: f64, chance: &mut fastrand::Rng) -> Measured {
    // From 100 ns to 10 ms, always the same for one benchmark.
    let typical = level * 100.0 * 10_f64.powf((i * 7 % 50) as f64 / 10.0);
    let mut about = |scale: f64| digits(typical * scale * (1.0 + 0.06 * (chance.f64() - 0.5)));
    let launch = |min, median| LaunchTimes { min, median };
    let is_batched = typical < 2000.0;
    let n = if is_batched { 64 } else { 1 };
    let (samples, mean) = (2495, about(1.02));
    Measured {
        name: BenchmarkId::from(format!("app/group_{}::benchmark_{i}", i / 10).as_str()),
        source: Some(Source {
            file: format!("crates/app/benches/group_{}.rs", i / 10),
            line: 10 + 7 * i as u32,
        }),
        sample_size: n,
        sample_count: 500,
        time_ns: Times {
            min: about(0.9),
            mean,
            median: about(1.0),
            p95: Some(about(1.2)),
            p99: Some(about(1.4)),
            max: about(2.5),
            std_dev: Some(fewer(about(0.1))),
            total: digits(mean * f64::from(samples) * f64::from(n)),
            samples,
            iterations: if is_batched { 160_000 } else { 2500 },
        },
        launches: (0..5).map(|_| launch(about(0.92), about(1.0))).collect(),
        cpu_ns: Some(fewer(about(600.0))),
        peak_rss_bytes: Some(digits(5e6 * (1.0 + 0.01 * about(1.0) / typical))),
        throughput: BTreeMap::from([("item/s".to_owned(), fewer(1e9 / about(1.0)))]),
        alloc: i.is_multiple_of(2).then_some(Alloc {
            count: 12.0,
            bytes: 4096.0,
            peak_bytes: None,
        }),
        counts: counts(i, typical, chance),
        count_spreads: BTreeMap::from([(Quantity::Instructions, 0.000_03)]),
        tail_source: Some(TailSource::Clock),
        foreign: None,
    }
}

/// The counts of a benchmark of this time: about four instructions per ns, with noise in the last
/// digit. What the system counts differs in every run.
fn counts(i: usize, typical: f64, chance: &mut fastrand::Rng) -> Quantities {
    let instructions = typical * 4.0 + f64::from(chance.u32(..3));
    let mut counts = Quantities::from([
        (Quantity::Instructions, instructions),
        (Quantity::MinorFaults, digits(0.01 + 0.01 * chance.f64())),
        (Quantity::MajorFaults, 0.0),
        (Quantity::UserNs, digits(typical * (1.0 + 0.06 * chance.f64()))),
        (Quantity::SystemNs, digits(typical * 0.02 * chance.f64())),
        (Quantity::VoluntarySwitches, 0.0),
        (Quantity::InvoluntarySwitches, fewer(0.001 * chance.f64())),
    ]);
    if !i.is_multiple_of(2) {
        counts.insert(Quantity::AllocCount, 3.0);
        counts.insert(Quantity::AllocBytes, 640.0);
    }
    counts.insert(Quantity::AllocPeakBytes, 512.0);
    counts
}

/// As many digits as a run keeps.
fn digits(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

fn fewer(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}
