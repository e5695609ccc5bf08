//! System calls of base and head by name.

use super::counts::CountPair;
use crate::unit;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The number of each system call per iteration, by its name.
pub type CallCounts = BTreeMap<String, f64>;

/// The system calls of one benchmark, of base and head. They have no verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SystemCalls {
    /// Those of the base.
    pub base: CallCounts,
    /// Those of the head.
    pub head: CallCounts,
}

/// The number of names in a label.
const NAMES: usize = 4;

impl SystemCalls {
    /// The numbers of base and head, of every call that either side made.
    pub fn pairs(&self) -> Vec<(&str, CountPair)> {
        let names: BTreeSet<&String> = self.base.keys().chain(self.head.keys()).collect();
        let number = |side: &CallCounts, name| side.get(name).copied().unwrap_or_default();
        let pair = |name| CountPair::new(number(&self.base, name), number(&self.head, name));
        names.into_iter().map(|name| (name.as_str(), pair(name))).collect()
    }

    /// The calls whose numbers differ, as a short note: `read 4 → 8`; `None` without any. The largest
    /// differences are first.
    pub fn label(&self) -> Option<String> {
        let mut changed = self.pairs();
        changed.retain(|(_, pair)| pair.direction().is_some());
        changed.sort_by(|(_, one), (_, other)| difference(*other).total_cmp(&difference(*one)));
        let more = changed.len().saturating_sub(NAMES);
        let more = (more > 0).then(|| format!("{more} more"));
        let numbers = |(name, pair): &(&str, CountPair)| {
            format!("{name} {} → {}", unit::count(pair.base), unit::count(pair.head))
        };
        let named: Vec<String> = changed.iter().take(NAMES).map(numbers).chain(more).collect();
        (!named.is_empty()).then(|| named.join(", "))
    }
}

fn difference(pair: CountPair) -> f64 {
    (pair.head - pair.base).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(numbers: &[(&str, f64)]) -> CallCounts {
        numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect()
    }

    #[test]
    fn the_label_names_the_calls_whose_numbers_differ() {
        let few = [("futex", 2.0), ("read", 4.0)];
        let many = [("a", 1.0), ("b", 1.0), ("c", 1.0), ("d", 1.0), ("e", 1.0), ("f", 3.0)];
        let cases: [(&[_], &[_], _); 5] = [
            (&few, &few, None),
            (&few, &[("futex", 2.0), ("read", 8.0)], Some("read 4 → 8")),
            (&few, &[("read", 4.0), ("write", 1.0)], Some("futex 2 → 0, write 0 → 1")),
            // One call in a sample of 1024 iterations.
            (&few, &[("brk", 1.0 / 1024.0), ("futex", 2.0), ("read", 4.0)], None),
            (&[], &many, Some("f 0 → 3, a 0 → 1, b 0 → 1, c 0 → 1, 2 more")),
        ];
        for (base, head, label) in cases {
            let calls = SystemCalls { base: calls(base), head: calls(head) };
            assert_eq!(calls.label().as_deref(), label);
        }
    }

    #[test]
    fn every_call_of_either_side_has_a_pair() {
        let calls = SystemCalls { base: calls(&[("read", 4.0)]), head: calls(&[("brk", 0.5)]) };
        let pairs = [("brk", CountPair::new(0.0, 0.5)), ("read", CountPair::new(4.0, 0.0))];
        assert_eq!(calls.pairs(), pairs);
    }
}
