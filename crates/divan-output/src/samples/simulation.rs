//! A process that times as Divan 0.1.21 does, for tests: its clock reads, its output, and the
//! samples that must be found.

use crate::writer::{self, Plan};

use super::recording::{Event, Recording};

/// ns from one read to the next where nothing is timed.
const GAP: u64 = 23;

/// Overheads in ps: of an iteration, an allocation and a deallocation.
const LOOP: u64 = 240;
const ALLOC: u64 = 520;
const DEALLOC: u64 = 490;

/// One benchmark.
#[derive(Clone, Debug)]
pub(super) struct Bench {
    pub(super) size: u64,
    /// The clock time of each sample in ns, by thread.
    pub(super) raw_ns: Vec<Vec<u64>>,
    /// Clock reads of the benchmark's own: for an input, an iteration, a drop, and at the end.
    pub(super) own: [usize; 4],
    /// Clock reads of a hook before a sample, and as many after it.
    pub(super) hooks: usize,
    /// Clock reads of its own before it benches.
    pub(super) setup: usize,
    /// Allocations of the n-th sample, of which each is freed again.
    pub(super) allocs: Option<fn(usize) -> u64>,
    /// Divan's timer precision in ps, where it tunes N itself.
    pub(super) tuned: Option<u64>,
}

impl Bench {
    /// One thread, N pinned, no oddities.
    pub(super) fn plain(size: u64, raw_ns: Vec<u64>) -> Self {
        Self {
            size,
            raw_ns: vec![raw_ns],
            own: [0; 4],
            hooks: 0,
            setup: 0,
            allocs: None,
            tuned: None,
        }
    }
}

/// What a process leaves behind.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) recording: Recording,
    pub(super) stdout: String,
    /// The samples of each benchmark, in ps.
    pub(super) picos: Vec<Vec<u64>>,
}

/// Where a process measures what Divan subtracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CalibrationPlace {
    /// In the first row, as Divan 0.1.15 and newer do.
    FirstRow,
    /// Before the table, and only the loop, as Divan 0.1.14 and older do.
    BeforeTable,
}

/// Runs benchmarks in one process.
pub(super) fn run(benches: &[Bench]) -> Process {
    run_at(benches, CalibrationPlace::FirstRow)
}

/// The same with the calibration of Divan 0.1.14 and older.
pub(super) fn run_old(benches: &[Bench]) -> Process {
    run_at(benches, CalibrationPlace::BeforeTable)
}

fn run_at(benches: &[Bench], calibration: CalibrationPlace) -> Process {
    let picos: Vec<Vec<u64>> = benches.iter().map(samples).collect();
    let plans: Vec<Plan> = benches
        .iter()
        .zip(&picos)
        .enumerate()
        .map(|(index, (bench, picos))| plan(index, bench, picos))
        .collect();
    let (stdout, labels) = writer::table("simulated", &plans);
    let mut clock = Clock { now: 1_000_000, events: vec![] };
    clock.read(1, 200);
    if calibration == CalibrationPlace::BeforeTable {
        clock.calibrate(100);
        clock.write(9);
    }
    for (index, (bench, label)) in benches.iter().zip(labels).enumerate() {
        clock.write(label);
        clock.bench(bench, index == 0 && calibration == CalibrationPlace::FirstRow);
        let line = stdout[label..].find('\n').map_or(stdout.len(), |len| label + len + 1);
        clock.write(line);
    }
    clock.write(stdout.len());
    let recording = Recording { events: clock.events, ..Recording::default() };
    Process { recording, stdout, picos }
}

fn samples(bench: &Bench) -> Vec<u64> {
    let each = bench.raw_ns[0].len();
    let threads = bench.raw_ns.len();
    let raw = (0..each).flat_map(|sample| bench.raw_ns.iter().map(move |raw| raw[sample]));
    let clamp = |picos: u64| if picos == 0 { bench.tuned.unwrap_or(0) } else { picos };
    let tallies = |index: usize| bench.allocs.map_or(0, |allocs| allocs(index));
    let overhead = |index: usize| LOOP * bench.size + (ALLOC + DEALLOC) * tallies(index);
    let adjust =
        |(index, ns): (usize, u64)| clamp(clamp(ns * 1000).saturating_sub(overhead(index)));
    let picos: Vec<u64> = raw.enumerate().map(adjust).collect();
    assert_eq!(picos.len(), each * threads);
    picos
}

/// Divan's statistics (`benchmark/mod.rs`, `compute_stats`).
fn plan(index: usize, bench: &Bench, picos: &[u64]) -> Plan {
    let mut order: Vec<usize> = (0..picos.len()).collect();
    order.sort_by_key(|sample| picos[*sample]);
    let (count, size) = (picos.len(), u128::from(bench.size));
    let at = |rank: usize| u128::from(picos[order[rank]]);
    let middle = if count % 2 == 0 { vec![count / 2 - 1, count / 2] } else { vec![count / 2] };
    let median = middle.iter().map(|rank| at(*rank)).sum::<u128>() / middle.len() as u128;
    let total: u128 = picos.iter().map(|picos| u128::from(*picos)).sum();
    let times = [at(0) / size, at(count - 1) / size, median / size, total / (count as u128 * size)];
    let allocs = bench.allocs.map(|allocs| {
        let of = |rank: usize| allocs(order[rank]) as f64 / bench.size as f64;
        let middle_allocs = middle.iter().map(|rank| of(*rank)).sum::<f64>() / middle.len() as f64;
        let all = (0..count).map(of).sum::<f64>() / count as f64;
        [of(0), of(count - 1), middle_allocs, all]
    });
    let samples = count as u64;
    Plan {
        name: format!("bench_{index}"),
        picos: times,
        samples,
        iters: samples * bench.size,
        allocs,
    }
}

struct Clock {
    now: u64,
    events: Vec<Event>,
}

impl Clock {
    fn write(&mut self, bytes: usize) {
        self.events.push(Event::Stdout { bytes: bytes as u64 });
    }

    fn read(&mut self, thread: u32, times: usize) {
        for _ in 0..times {
            self.now += GAP;
            self.events.push(Event::Clock { thread, ns: self.now });
        }
    }

    fn pair(&mut self, ns: u64) {
        self.read(1, 1);
        self.now += ns.saturating_sub(GAP);
        self.read(1, 1);
    }

    fn calibrate(&mut self, pairs: usize) {
        for pair in 0..pairs {
            let disturbed = if pair % 7 == 0 { 900 } else { 0 };
            let turns: u64 = if pair < 100 { 10_000 } else { 50_000 };
            let tally = [0, ALLOC, DEALLOC, 800][pair / 100];
            self.pair(turns * (LOOP + tally) / 1000 + disturbed);
        }
    }

    fn bench(&mut self, bench: &Bench, first: bool) {
        self.read(1, bench.setup + 1);
        if first {
            self.calibrate(400);
        }
        if bench.tuned.is_some() {
            for shift in 0..bench.size.ilog2() {
                self.sample(1, 1 << shift, 900, bench);
            }
        }
        for sample in 0..bench.raw_ns[0].len() {
            for (thread, raw) in (1..).zip(&bench.raw_ns) {
                self.sample(thread, bench.size, raw[sample], bench);
            }
        }
        self.read(1, bench.own[3]);
    }

    /// A sample, with the benchmark's own reads spread over its time.
    fn sample(&mut self, thread: u32, size: u64, raw: u64, bench: &Bench) {
        let own = bench.own;
        let size = size as usize;
        self.read(thread, own[0] * size);
        self.read(thread, bench.hooks + 1);
        let start = self.now;
        let inner = own[1] * size;
        for index in 0..inner {
            let ns = start + raw * (index as u64 + 1) / (inner as u64 + 1);
            self.events.push(Event::Clock { thread, ns });
        }
        self.now = start + raw;
        self.events.push(Event::Clock { thread, ns: self.now });
        self.read(thread, bench.hooks + own[2] * size);
    }
}
