//! Counts of instructions and allocations, next to the change of the time.
//!
//! Moved code alone changes times by 5 to 16 % with the same instructions. Counts do not depend on
//! the placement of code, and hardly on the load of the machine.

mod repeat;
mod pair;

pub use pair::{CountChange, CountDirection, CountPair};
pub use repeat::{threshold, variation};

use crate::run::{Measured, Quantities, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The counts of one benchmark per iteration, of base and head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, Option<CountPair>>", into = "BTreeMap<Quantity, WrittenCount>")]
pub struct Counts(BTreeMap<Quantity, CountPair>);

/// A count as reports have it.
#[derive(Serialize)]
struct WrittenCount {
    base: f64,
    head: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    spread: Option<f64>,
    /// The smallest change that is reported, as a share; absent for counts without a verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    /// The verdict, for readers of the report. It is computed again where a report is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<CountDirection>,
}

/// The change of the instructions, or of the allocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionChange {
    /// The head executes more instructions or allocates more.
    Grew,
    /// The head executes fewer instructions or allocates less.
    Shrank,
    /// The counts do not differ.
    Unchanged,
    /// Instructions were not counted.
    Unknown,
}

/// The note where only the time changed.
const UNCHANGED: &str = "instructions unchanged";

/// The smallest difference of allocated bytes that has a verdict.
const LEAST_BYTES: f64 = 64.0;
/// The smallest noticeable change of a simulated count.
const NOTICEABLE: f64 = 0.05;
/// The smallest noticeable difference of a simulated count, per executed instruction. A wrong
/// prediction costs about 15 cycles.
const NOTICEABLE_PER_INSTRUCTION: f64 = 1e-4;

impl Counts {
    /// What both builds counted. The repeat spread is the larger one of both.
    pub fn between(base: &Measured, head: &Measured) -> Self {
        let spread = |quantity| {
            let spreads = [base, head].map(|side| side.count_spreads.get(&quantity).copied());
            spreads.into_iter().flatten().reduce(f64::max)
        };
        let pair = |quantity: Quantity| {
            let (base, head) = (base.quantity(quantity)?, head.quantity(quantity)?);
            Some((quantity, CountPair { base, head, spread: spread(quantity) }))
        };
        Self(Quantity::ALL.into_iter().filter_map(pair).collect())
    }

    /// Quantities that both builds have.
    pub fn of(base: &Quantities, head: &Quantities) -> Self {
        let pair = |(quantity, head): (&Quantity, &f64)| {
            Some((*quantity, CountPair::new(*base.get(quantity)?, *head)))
        };
        Self(head.iter().filter_map(pair).collect())
    }

    /// The count of base and head; `None` if it is not known of both.
    pub fn get(&self, quantity: Quantity) -> Option<CountPair> {
        self.0.get(&quantity).copied()
    }

    /// Sets the count of base and head.
    pub fn insert(&mut self, quantity: Quantity, pair: CountPair) {
        self.0.insert(quantity, pair);
    }

    /// Sets the repeat spread of a count, as a share. A count that is not known gets none.
    pub fn set_spread(&mut self, quantity: Quantity, spread: f64) {
        if let Some(pair) = self.0.get_mut(&quantity) {
            pair.spread = Some(spread);
        }
    }

    /// Sets the repeat spread of a count unless it has a larger one. A count that is not known gets none.
    pub fn widen_spread(&mut self, quantity: Quantity, spread: f64) {
        if let Some(pair) = self.0.get_mut(&quantity) {
            pair.spread = Some(pair.spread.map_or(spread, |known| known.max(spread)));
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All counts, in the order of reports.
    pub fn iter(&self) -> impl Iterator<Item = (Quantity, CountPair)> + '_ {
        self.0.iter().map(|(quantity, pair)| (*quantity, *pair))
    }

    /// The counts that changed, in the order of reports. Quantities that do not repeat are left out.
    pub fn changes(&self) -> Vec<CountChange> {
        let change = |(quantity, pair)| {
            let direction = direction(quantity, pair)?;
            Some(CountChange { quantity, pair, direction })
        };
        self.iter().filter_map(change).collect()
    }

    /// The verdict on all counts together: one that grew has precedence. `None` if none changed.
    pub fn direction(&self) -> Option<CountDirection> {
        let changes = self.changes();
        let grew = changes.iter().find(|change| change.direction == CountDirection::Grew);
        grew.or_else(|| changes.first()).map(|change| change.direction)
    }

    /// The simulated events that changed noticeably, in the order of reports. They have no verdict.
    /// Accesses to data are left out: their cost is that of the instructions.
    pub fn simulated_changes(&self) -> Vec<CountChange> {
        let instructions = self.get(Quantity::Instructions);
        let instructions = instructions.map_or(0.0, |pair| pair.base.max(pair.head));
        let smallest = instructions * NOTICEABLE_PER_INSTRUCTION;
        let change = |(quantity, pair): (Quantity, CountPair)| {
            let direction = pair.direction_from(NOTICEABLE)?;
            let is_noticeable = (pair.head - pair.base).abs() >= smallest;
            is_noticeable.then_some(CountChange { quantity, pair, direction })
        };
        let is_event =
            |quantity: Quantity| quantity.is_simulated() && quantity != Quantity::DataAccesses;
        self.iter().filter(|(quantity, _)| is_event(*quantity)).filter_map(change).collect()
    }

    /// The change of the counts. Instructions have precedence over allocations if both changed.
    pub fn instruction_change(&self) -> InstructionChange {
        let instructions = self.get(Quantity::Instructions);
        let changed = instructions.and_then(CountPair::direction);
        let allocations: Vec<CountDirection> = [Quantity::AllocCount, Quantity::AllocBytes]
            .into_iter()
            .filter_map(|quantity| self.get(quantity)?.difference())
            .collect();
        match changed {
            Some(CountDirection::Grew) => InstructionChange::Grew,
            Some(CountDirection::Shrank) => InstructionChange::Shrank,
            None if allocations.contains(&CountDirection::Grew) => InstructionChange::Grew,
            None if allocations.contains(&CountDirection::Shrank) => InstructionChange::Shrank,
            None if instructions.is_some() => InstructionChange::Unchanged,
            None => InstructionChange::Unknown,
        }
    }

    /// The counts as a short note; `None` if nothing was counted.
    pub fn label(&self) -> Option<String> {
        let instructions = match (self.instruction_change(), self.get(Quantity::Instructions)) {
            (InstructionChange::Unchanged, _) => Some(match self.simulated_changes().first() {
                Some(change) => format!("{UNCHANGED}, simulated {change}"),
                None => UNCHANGED.to_owned(),
            }),
            (_, Some(pair)) => Some(format!("instructions {}", pair.change_label())),
            (_, None) => None,
        };
        let all: Vec<String> = instructions.into_iter().chain(self.allocations()).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    /// The allocations that differ, however little.
    fn allocations(&self) -> impl Iterator<Item = String> + '_ {
        let quantities = [Quantity::AllocCount, Quantity::AllocBytes, Quantity::AllocPeakBytes];
        quantities.into_iter().filter_map(|quantity| {
            let pair = self.get(quantity)?;
            let direction = pair.difference()?;
            Some(CountChange { quantity, pair, direction }.to_string())
        })
    }
}

fn direction(quantity: Quantity, pair: CountPair) -> Option<CountDirection> {
    let is_large = (pair.head - pair.base).abs() >= least_difference(quantity);
    pair.direction().filter(|_| quantity.repeats() && is_large)
}

/// The smallest difference that has a verdict. The allocator can give a block some bytes more than were
/// asked for, and texts with the path of the build differ in length.
fn least_difference(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::AllocBytes | Quantity::AllocPeakBytes => LEAST_BYTES,
        _ => 0.0,
    }
}

impl From<BTreeMap<String, Option<CountPair>>> for Counts {
    /// Quantities of newer versions are left out.
    fn from(read: BTreeMap<String, Option<CountPair>>) -> Self {
        let pair = |quantity: Quantity| Some((quantity, read.get(quantity.key()).copied()??));
        Self(Quantity::ALL.into_iter().filter_map(pair).collect())
    }
}

impl From<Counts> for BTreeMap<Quantity, WrittenCount> {
    fn from(counts: Counts) -> Self {
        let written = |(quantity, pair): (Quantity, CountPair)| {
            let CountPair { base, head, spread } = pair;
            let threshold = quantity.repeats().then(|| pair.threshold());
            let change = direction(quantity, pair);
            (quantity, WrittenCount { base, head, spread, threshold, change })
        };
        counts.iter().map(written).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Quantities;
    use crate::run::tests::measured;
    use Quantity::{AllocBytes, AllocCount, Instructions, MinorFaults};

    fn counts(instructions: Option<f64>, count: Option<f64>, bytes: Option<f64>) -> Counts {
        let heads = [(Instructions, instructions), (AllocCount, count), (AllocBytes, bytes)];
        let pair =
            |(quantity, head): (_, Option<f64>)| Some((quantity, CountPair::new(1000.0, head?)));
        Counts(heads.into_iter().filter_map(pair).collect())
    }

    #[test]
    fn instructions_speak_from_one_percent_and_allocations_from_one() {
        let cases = [
            (None, None, None, InstructionChange::Unknown),
            (None, Some(1000.0), Some(1000.0), InstructionChange::Unknown),
            (Some(1009.0), None, None, InstructionChange::Unchanged),
            (Some(991.0), Some(1000.0), Some(1000.0), InstructionChange::Unchanged),
            (Some(1010.0), None, None, InstructionChange::Grew),
            (Some(990.0), Some(1001.0), None, InstructionChange::Shrank),
            (Some(1001.0), Some(1001.0), None, InstructionChange::Grew),
            (None, Some(1000.0), Some(1001.0), InstructionChange::Grew),
            (None, Some(999.0), Some(1000.0), InstructionChange::Shrank),
        ];
        for (instructions, count, bytes, work) in cases {
            let counts = counts(instructions, count, bytes);
            assert_eq!(counts.instruction_change(), work, "{counts:?}");
        }
    }

    #[test]
    fn allocations_within_their_repeat_spread_do_not_speak() {
        let mut counts = counts(Some(1000.0), Some(1001.0), None);
        counts.set_spread(AllocCount, 0.001);
        counts.set_spread(AllocBytes, 0.001);
        assert_eq!(counts.instruction_change(), InstructionChange::Unchanged);
        assert_eq!(counts.get(AllocBytes), None);
    }

    #[test]
    fn the_label_names_what_changed() {
        let label = |i, c, b| counts(i, c, b).label().unwrap_or_default();
        assert_eq!(label(Some(1050.0), None, None), "instructions +5.0 %");
        assert_eq!(
            label(Some(1000.0), Some(1003.0), None),
            "instructions +0.0 %, allocations 1000 → 1003"
        );
        assert!(label(Some(1000.0), Some(1000.0), None).starts_with("instructions unchanged"));
        assert_eq!(label(None, None, Some(2000.0)), "allocated bytes 1.000 kB → 2.000 kB");
        assert_eq!(label(None, Some(1000.0), None), "");
    }

    #[test]
    fn from_nothing_to_something_is_growth() {
        let mut counts = Counts::default();
        counts.insert(AllocCount, CountPair::new(0.0, 1.0));
        assert_eq!(counts.instruction_change(), InstructionChange::Grew);
        assert_eq!(counts.direction(), Some(CountDirection::Grew));
    }

    #[test]
    fn only_counts_that_repeat_have_a_verdict_and_growth_has_precedence() {
        let mut counts = counts(Some(900.0), Some(1000.0), None);
        counts.insert(MinorFaults, CountPair::new(10.0, 20.0));
        assert_eq!(counts.direction(), Some(CountDirection::Shrank));
        counts.insert(AllocBytes, CountPair::new(10.0, 70.0));
        assert_eq!(counts.direction(), Some(CountDirection::Shrank), "60 bytes");
        counts.insert(AllocBytes, CountPair::new(10.0, 80.0));
        assert_eq!(counts.direction(), Some(CountDirection::Grew));
        let changed: Vec<Quantity> = counts.changes().iter().map(|each| each.quantity).collect();
        assert_eq!(changed, [Instructions, AllocBytes]);
        assert_eq!(Counts::default().direction(), None);
    }

    #[test]
    fn simulated_counts_have_no_verdict_and_are_named_where_they_differ_noticeably() {
        use Quantity::{BranchMispredictions, DataAccesses, LastLevelMisses};
        let cases = [
            (3000.0, 3140.0, false),
            (3000.0, 3150.0, true),
            (3000.0, 2850.0, true),
            // Of a million instructions.
            (100.0, 199.0, false),
            (100.0, 200.0, true),
            (0.0, 150.0, true),
        ];
        for (base, head, is_named) in cases {
            let mut counts = Counts::default();
            counts.insert(Instructions, CountPair::new(1e6, 1e6));
            counts.insert(BranchMispredictions, CountPair::new(base, head));
            counts.insert(LastLevelMisses, CountPair::new(7.0, 7.0));
            counts.insert(DataAccesses, CountPair::new(1e5, 2e5));
            let named: Vec<Quantity> =
                counts.simulated_changes().iter().map(|change| change.quantity).collect();
            assert_eq!(named, [BranchMispredictions][..usize::from(is_named)], "{base} {head}");
            assert_eq!(counts.direction(), None);
            let label = counts.label().unwrap();
            assert_eq!(label.contains("simulated branch mispredictions"), is_named, "{label}");
        }
    }

    #[test]
    fn both_sides_make_a_pair_with_the_larger_spread() {
        let side = |instructions, spread, faults: Option<f64>| {
            let mut side = measured("a/b::c", 5.0);
            side.counts = Quantities::from([(Instructions, instructions)]);
            side.counts.extend(faults.map(|faults| (MinorFaults, faults)));
            side.count_spreads = Quantities::from([(Instructions, spread)]);
            side
        };
        let counts = Counts::between(&side(100.0, 0.001, Some(2.0)), &side(105.0, 0.002, None));
        let pair = CountPair { base: 100.0, head: 105.0, spread: Some(0.002) };
        assert_eq!(counts.iter().collect::<Vec<_>>(), [(Instructions, pair)]);
    }

    #[test]
    fn former_and_newer_reports_are_read() {
        let text = r#"{"alloc_bytes": null, "instructions": {"base": 100.0, "head": 105.0}, "sparks": {"base": 1.0, "head": 1.0}}"#;
        let read: Counts = serde_json::from_str(text).unwrap();
        let pair = CountPair::new(100.0, 105.0);
        assert_eq!(read.iter().collect::<Vec<_>>(), [(Instructions, pair)]);
        let mut counts = read;
        counts.insert(AllocCount, CountPair { spread: Some(0.001), ..CountPair::new(7.0, 7.0) });
        let written = serde_json::to_string(&counts).unwrap();
        assert_eq!(
            written,
            r#"{"instructions":{"base":100.0,"head":105.0,"threshold":0.01,"change":"grew"},"alloc_count":{"base":7.0,"head":7.0,"spread":0.001,"threshold":0.01}}"#
        );
        assert_eq!(serde_json::from_str::<Counts>(&written).unwrap(), counts);
    }
}
