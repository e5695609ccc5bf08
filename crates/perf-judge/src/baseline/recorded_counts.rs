//! The recorded counts that those of a run are compared with.

use super::Selector;
use crate::ident::BenchmarkId;
use crate::run::{Measured, Quantity, Run};

/// The counts of a benchmark in the newest comparable run.
///
/// Counts hardly depend on the processor, so runs of other machines are comparable as well, see
/// [`Machine::counts_key`](crate::run::Machine::counts_key).
#[derive(Clone, Copy, Debug)]
pub struct RecordedCounts<'a> {
    /// The run.
    pub run: &'a Run,
    /// The benchmark in it.
    pub measured: &'a Measured,
}

impl<'a> Selector<'a> {
    /// The counts of `name` in the newest run whose counts can be compared; `None` if there is none.
    ///
    /// Only complete runs of clean commits of the branch count.
    pub fn recorded_counts(&self, name: &BenchmarkId) -> Option<RecordedCounts<'a>> {
        let key = self.machine.counts_key();
        let counted = self.comparable().rev().filter_map(|run| {
            let named = |measured: &&Measured| self.name_today(&measured.name) == name;
            let measured = run.benchmarks.iter().find(named)?;
            has_counts(measured).then_some(RecordedCounts { run, measured })
        });
        counted.into_iter().find(|recorded| recorded.run.machine.counts_key() == key)
    }
}

impl RecordedCounts<'_> {
    /// The measured commit.
    pub fn commit(&self) -> Option<&str> {
        self.run.commit.as_ref().map(|commit| commit.hash.as_str())
    }
}

/// Whether it has counts that a verdict can use. Resources such as page faults are in every run.
fn has_counts(measured: &Measured) -> bool {
    let repeating = Quantity::ALL.into_iter().filter(|quantity| quantity.repeats());
    repeating.into_iter().any(|quantity| measured.quantity(quantity).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;
    use crate::run::tests::{measured, run};
    use crate::run::{Machine, Quantities};

    const NAME: &str = "a/b::c";

    fn counted(quantity: Quantity, value: f64) -> Measured {
        Measured { counts: Quantities::from([(quantity, value)]), ..measured(NAME, 5.0) }
    }

    fn newest(history: &History, machine: &Machine) -> Option<(f64, u32)> {
        let selector = Selector::new(history, "main", machine);
        let recorded = selector.recorded_counts(&NAME.into())?;
        assert_eq!(recorded.commit(), recorded.run.commit.as_ref().map(|c| c.hash.as_str()));
        let instructions = recorded.measured.quantity(Quantity::Instructions)?;
        Some((instructions, recorded.run.machine.cores))
    }

    #[test]
    fn the_newest_run_with_counts_of_any_comparable_machine_is_the_base() {
        let instructions = |count| vec![counted(Quantity::Instructions, count)];
        let machine = run(1, vec![]).machine;
        let other_cpu = Machine { cpu: "Model 2".to_owned(), cores: 64, ..machine.clone() };
        let other_rustc = Machine { rustc: "1.96.0".to_owned(), ..machine.clone() };
        let on = |machine: Machine, run: Run| Run { machine: machine.with_machine_key(), ..run };
        let mut runs = vec![
            run(1, instructions(100.0)),
            on(other_cpu, run(2, instructions(101.0))),
            on(other_rustc, run(3, instructions(90.0))),
            run(4, vec![counted(Quantity::MinorFaults, 3.0)]),
            Run { partial: true, ..run(5, instructions(80.0)) },
        ];
        let history: History = runs.clone().into_iter().collect();
        assert_eq!(newest(&history, &machine), Some((101.0, 64)));
        runs.push(run(6, instructions(102.0)));
        assert_eq!(newest(&runs.into_iter().collect(), &machine), Some((102.0, 2)));
        assert_eq!(newest(&History::default(), &machine), None);
    }
}
