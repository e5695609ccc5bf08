//! Counts of instructions and allocations, next to the change of the time.
//!
//! Moved code alone changes times by 5 to 16 % with the same instructions. Counts do not depend on
//! the placement of code, and hardly on the load of the machine.

use crate::unit::{self, LogRatio};
use serde::{Deserialize, Serialize};

/// A count of the base and of the head.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountPair {
    /// The count of the base.
    pub base: f64,
    /// The count of the head.
    pub head: f64,
}

/// The counts of one benchmark per iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Instructions, counted by callgrind.
    pub instructions: Option<CountPair>,
    /// Allocations, if the benchmark counts them.
    pub alloc_count: Option<CountPair>,
    /// Allocated bytes, if the benchmark counts them.
    pub alloc_bytes: Option<CountPair>,
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

/// The smallest change of the instructions that is reported: launches of one binary differ by
/// 0.1 %, and by 0.4 % if they use hash maps.
const INSTRUCTIONS: f64 = 0.01;
/// The note where only the time changed, and its possible causes.
const UNCHANGED_CAUSE: &str = "instructions unchanged: code placement, caches or the machine";

impl CountPair {
    /// (Head − base) ÷ base.
    fn share(self) -> f64 {
        if self.base.total_cmp(&self.head).is_eq() {
            0.0
        } else {
            (self.head - self.base) / self.base.abs().max(f64::MIN_POSITIVE)
        }
    }

    fn change(self) -> LogRatio {
        LogRatio((self.head / self.base).ln())
    }
}

impl Counts {
    /// The change of the counts. Instructions have precedence over allocations if both changed.
    pub fn instruction_change(&self) -> InstructionChange {
        let instructions = self.instructions.map(CountPair::share);
        let allocations: Vec<f64> = [self.alloc_count, self.alloc_bytes]
            .into_iter()
            .flatten()
            .map(CountPair::share)
            .collect();
        match instructions {
            Some(share) if share >= INSTRUCTIONS => InstructionChange::Grew,
            Some(share) if share <= -INSTRUCTIONS => InstructionChange::Shrank,
            _ if allocations.iter().any(|share| *share > 0.0) => InstructionChange::Grew,
            _ if allocations.iter().any(|share| *share < 0.0) => InstructionChange::Shrank,
            Some(_) => InstructionChange::Unchanged,
            None => InstructionChange::Unknown,
        }
    }

    /// The counts as a short note; `None` if nothing was counted.
    pub fn label(&self) -> Option<String> {
        let mut parts = Vec::new();
        parts.extend(self.alloc_count.and_then(|pair| changed("allocations", pair, unit::count)));
        parts.extend(self.alloc_bytes.and_then(|pair| changed("allocated", pair, unit::bytes)));
        let instructions = match (self.instruction_change(), self.instructions) {
            (InstructionChange::Unchanged, _) => Some(UNCHANGED_CAUSE.to_owned()),
            (_, Some(pair)) => Some(format!("instructions {}", unit::change(pair.change()))),
            (_, None) => None,
        };
        let all: Vec<String> = instructions.into_iter().chain(parts).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

fn changed(what: &str, pair: CountPair, show: fn(f64) -> String) -> Option<String> {
    let differs = pair.share() != 0.0;
    differs.then(|| format!("{what} {} → {}", show(pair.base), show(pair.head)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(instructions: Option<f64>, count: Option<f64>, bytes: Option<f64>) -> Counts {
        let pair = |head: Option<f64>| head.map(|head| CountPair { base: 1000.0, head });
        Counts {
            instructions: pair(instructions),
            alloc_count: pair(count),
            alloc_bytes: pair(bytes),
        }
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
    fn the_label_names_what_changed() {
        let label = |i, c, b| counts(i, c, b).label().unwrap_or_default();
        assert_eq!(label(Some(1050.0), None, None), "instructions +5.0 %");
        assert_eq!(
            label(Some(1000.0), Some(1003.0), None),
            "instructions +0.0 %, allocations 1000 → 1003"
        );
        assert!(label(Some(1000.0), Some(1000.0), None).starts_with("instructions unchanged"));
        assert_eq!(label(None, None, Some(2000.0)), "allocated 1.000 kB → 2.000 kB");
        assert_eq!(label(None, Some(1000.0), None), "");
    }

    #[test]
    fn from_nothing_to_something_is_growth() {
        let some = CountPair { base: 0.0, head: 1.0 };
        assert_eq!(
            Counts { alloc_count: Some(some), ..<_>::default() }.instruction_change(),
            InstructionChange::Grew
        );
    }
}
