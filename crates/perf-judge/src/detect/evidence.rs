//! Evidence of another kind than time: what a change of time has to stand beside.
//!
//! Moved code alone changes times by 5 to 16 % where the work is the same. Instructions and
//! allocations do not see that, and hardly any noise.

use crate::unit::{self, LogRatio};
use serde::{Deserialize, Serialize};

/// The same count on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// What is compared with.
    pub base: f64,
    /// What is judged.
    pub head: f64,
}

/// What was counted of one benchmark, an iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Instructions, by callgrind.
    pub instructions: Option<Pair>,
    /// Allocations, where the benchmark counts them.
    pub alloc_count: Option<Pair>,
    /// Bytes allocated, where the benchmark counts them.
    pub alloc_bytes: Option<Pair>,
}

/// What the counts say of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// There is more of it.
    Grew,
    /// There is less of it.
    Shrank,
    /// It is the same.
    Unchanged,
    /// Instructions were not counted.
    Unknown,
}

/// What instructions must differ by: runs of the same binary differ by 0.1 %, hash maps by 0.4 %.
const INSTRUCTIONS: f64 = 0.01;

impl Pair {
    /// Head less base, as a share of the base.
    fn share(self) -> f64 {
        match self.base.total_cmp(&self.head).is_eq() {
            true => 0.0,
            false => (self.head - self.base) / self.base.abs().max(f64::MIN_POSITIVE),
        }
    }

    fn change(self) -> LogRatio {
        LogRatio((self.head / self.base).ln())
    }
}

impl Evidence {
    /// What the counts say of the work. Instructions go before allocations, where both changed.
    pub fn work(&self) -> Work {
        let instructions = self.instructions.map(Pair::share);
        let allocations: Vec<f64> =
            [self.alloc_count, self.alloc_bytes].into_iter().flatten().map(Pair::share).collect();
        match instructions {
            Some(share) if share >= INSTRUCTIONS => Work::Grew,
            Some(share) if share <= -INSTRUCTIONS => Work::Shrank,
            _ if allocations.iter().any(|share| *share > 0.0) => Work::Grew,
            _ if allocations.iter().any(|share| *share < 0.0) => Work::Shrank,
            Some(_) => Work::Unchanged,
            None => Work::Unknown,
        }
    }

    /// The evidence in a few words; `None` where nothing was counted.
    pub fn label(&self) -> Option<String> {
        let mut parts = Vec::new();
        parts.extend(self.alloc_count.and_then(|pair| changed("allocations", pair, unit::count)));
        parts.extend(self.alloc_bytes.and_then(|pair| changed("allocated", pair, unit::bytes)));
        let work = match (self.work(), self.instructions) {
            (Work::Unchanged, _) => {
                Some("work unchanged: code placement, caches or the machine".to_owned())
            }
            (_, Some(pair)) => Some(format!("work {}", unit::change(pair.change()))),
            (_, None) => None,
        };
        let all: Vec<String> = work.into_iter().chain(parts).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

fn changed(what: &str, pair: Pair, show: fn(f64) -> String) -> Option<String> {
    let differs = pair.share() != 0.0;
    differs.then(|| format!("{what} {} → {}", show(pair.base), show(pair.head)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(instructions: Option<f64>, count: Option<f64>, bytes: Option<f64>) -> Evidence {
        let pair = |head: Option<f64>| head.map(|head| Pair { base: 1000.0, head });
        Evidence {
            instructions: pair(instructions),
            alloc_count: pair(count),
            alloc_bytes: pair(bytes),
        }
    }

    #[test]
    fn instructions_speak_from_one_percent_and_allocations_from_one() {
        let cases = [
            (None, None, None, Work::Unknown),
            (None, Some(1000.0), Some(1000.0), Work::Unknown),
            (Some(1009.0), None, None, Work::Unchanged),
            (Some(991.0), Some(1000.0), Some(1000.0), Work::Unchanged),
            (Some(1010.0), None, None, Work::Grew),
            (Some(990.0), Some(1001.0), None, Work::Shrank),
            (Some(1001.0), Some(1001.0), None, Work::Grew),
            (None, Some(1000.0), Some(1001.0), Work::Grew),
            (None, Some(999.0), Some(1000.0), Work::Shrank),
        ];
        for (instructions, count, bytes, work) in cases {
            let evidence = evidence(instructions, count, bytes);
            assert_eq!(evidence.work(), work, "{evidence:?}");
        }
    }

    #[test]
    fn it_is_told_in_a_few_words() {
        let label = |i, c, b| evidence(i, c, b).label().unwrap_or_default();
        assert_eq!(label(Some(1050.0), None, None), "work +5.0 %");
        assert_eq!(label(Some(1000.0), Some(1003.0), None), "work +0.0 %, allocations 1000 → 1003");
        assert!(label(Some(1000.0), Some(1000.0), None).starts_with("work unchanged"));
        assert_eq!(label(None, None, Some(2000.0)), "allocated 1.000 kB → 2.000 kB");
        assert_eq!(label(None, Some(1000.0), None), "");
    }

    #[test]
    fn from_nothing_to_something_is_growth() {
        let some = Pair { base: 0.0, head: 1.0 };
        assert_eq!(Evidence { alloc_count: Some(some), ..<_>::default() }.work(), Work::Grew);
    }
}
