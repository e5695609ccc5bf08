//! Caches and branch prediction, simulated by callgrind.

use super::callgrind_events::CallgrindEvents;
use super::counted_sample::CountedSample;
use super::instructions::{InstructionCounter, TIME_LIMIT};
use super::recording_file::Marked;
use super::{Launcher, ListedBenchmark};
use anyhow::Result;
use perf_judge::run::{Quantities, Quantity};

/// Size in bytes, associativity and line size in bytes of the simulated caches. Valgrind would take
/// those of the machine, and its results would not be comparable.
const CACHES: [&str; 3] = ["--I1=32768,8,64", "--D1=32768,8,64", "--LL=8388608,16,64"];

/// The events that each quantity is the sum of.
const EVENTS: [(Quantity, &[&str]); 4] = [
    (Quantity::DataAccesses, &["Dr", "Dw"]),
    (Quantity::L1DataMisses, &["D1mr", "D1mw"]),
    (Quantity::LastLevelMisses, &["ILmr", "DLmr", "DLmw"]),
    (Quantity::BranchMispredictions, &["Bcm", "Bim"]),
];

/// Simulates a sample of a benchmark; `None` if it cannot be proved in this process too.
///
/// The caches are empty at the start. The sample before fills them.
///
/// Fails if no process can be started, or after an interrupt.
pub(super) fn simulate(
    counter: &InstructionCounter,
    launcher: &Launcher,
    entry: &ListedBenchmark,
    sample: CountedSample,
) -> Result<Option<Quantities>> {
    let CountedSample { config, marks, warm_up } = sample;
    let mut command = counter.callgrind();
    command.args(["--instr-atstart=no", "--cache-sim=yes", "--branch-sim=yes"]).args(CACHES);
    let marked = Marked { marks, warm_up: Some(warm_up), allocations: false };
    let launched = launcher.launch_by(command, entry, config, TIME_LIMIT, Some(marked))?;
    if launched.proved.last_sample != Some(marks) {
        return Ok(None);
    }
    Ok(Some(quantities(&counter.events()?, sample)))
}

fn quantities(events: &CallgrindEvents, sample: CountedSample) -> Quantities {
    let value = |(quantity, names): (Quantity, &[&str])| {
        Some((quantity, sample.per_iteration(events.sum(names)?)))
    };
    EVENTS.into_iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::sample_config::SampleConfig;
    use divan_output::samples::Marks;

    #[test]
    fn quantities_are_sums_of_events_per_iteration() {
        let events = "==7== Events    : Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim
==7== Collected : 900 100 60 5 20 4 3 2 1 80 6 10 2
";
        let sample = CountedSample {
            config: SampleConfig { sample_size: 2, sample_count: 2 },
            marks: Marks { label_bytes: 9, first: 2, last: 3 },
            warm_up: 0,
        };
        let expected = [
            (Quantity::DataAccesses, 80.0),
            (Quantity::L1DataMisses, 12.0),
            (Quantity::LastLevelMisses, 3.0),
            (Quantity::BranchMispredictions, 4.0),
        ];
        let found = quantities(&CallgrindEvents::of(events), sample);
        assert_eq!(found, Quantities::from(expected));
        assert!(expected.iter().all(|(quantity, _)| quantity.is_simulated()));
        assert!(quantities(&CallgrindEvents::default(), sample).is_empty());
    }
}
