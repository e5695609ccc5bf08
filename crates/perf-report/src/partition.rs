//! Partitions of the benchmarks for several machines.

use perf_judge::ident::BenchmarkId;
use perf_judge::stats;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::str::FromStr;

/// One of several parts of the benchmarks: the second of three is `2/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    /// The number of the part, from 1.
    pub part: usize,
    /// The number of parts.
    pub of: usize,
}

/// The benchmarks of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// The part.
    #[serde(flatten)]
    pub part: Part,
    /// All benchmarks of all parts.
    pub listed: Vec<BenchmarkId>,
    /// The benchmarks of this part.
    pub own: BTreeSet<BenchmarkId>,
}

/// The most parts.
pub(crate) const MOST: usize = 64;

/// The error of parsing a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a part: write 2/3 for the second of three parts, at most {MOST}")]
pub struct PartError;

impl FromStr for Part {
    type Err = PartError;

    fn from_str(text: &str) -> Result<Self, PartError> {
        let number = |text: &str| text.parse::<usize>().ok();
        let both = text.split_once('/').and_then(|(part, of)| Some((number(part)?, number(of)?)));
        match both {
            Some((part, of)) if (1..=of).contains(&part) && of <= MOST => Ok(Self { part, of }),
            _ => Err(PartError),
        }
    }
}

impl Part {
    /// Whether it is the only part.
    pub fn is_all(self) -> bool {
        self.of == 1
    }

    /// The benchmarks of this part. Each has the cost of its last measurement in any unit. One without
    /// a measurement has the median cost.
    ///
    /// The benchmarks are assigned by descending cost, each to the part with the lowest total. The
    /// largest total is at most 4/3 of the optimum (Graham, Bounds on multiprocessing timing
    /// anomalies, 1969). Equal names and costs give equal parts.
    pub fn split(self, benchmarks: &[(BenchmarkId, Option<f64>)]) -> Partition {
        let known: Vec<f64> = benchmarks.iter().filter_map(|(_, cost)| usable(*cost)).collect();
        let median = stats::median(&known).unwrap_or(1.0);
        let cost = |cost: Option<f64>| usable(cost).unwrap_or(median);
        let mut by_cost: Vec<(&BenchmarkId, f64)> =
            benchmarks.iter().map(|(name, known)| (name, cost(*known))).collect();
        by_cost.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
        let mut loads = vec![0.0_f64; self.of];
        let mut own = BTreeSet::new();
        for (name, cost) in by_cost {
            let lightest = (0..self.of).min_by(|one, other| loads[*one].total_cmp(&loads[*other]));
            let lightest = lightest.unwrap_or_default();
            loads[lightest] += cost;
            if lightest + 1 == self.part {
                own.insert(name.clone());
            }
        }
        let listed = benchmarks.iter().map(|(name, _)| name.clone()).collect();
        Partition { part: self, listed, own }
    }
}

fn usable(cost: Option<f64>) -> Option<f64> {
    cost.filter(|cost| cost.is_finite() && *cost > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_part_is_written_as_a_fraction() {
        assert_eq!("2/3".parse(), Ok(Part { part: 2, of: 3 }));
        for wrong in ["", "3/2", "0/3", "1", "1/0", "a/b", "1/65", "-1/2", "1/2/3"] {
            assert!(wrong.parse::<Part>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_benchmark_without_a_measurement_has_the_median_cost() {
        let costs = [("a", Some(5.0)), ("b", None), ("c", Some(3.0)), ("d", Some(f64::NAN))];
        let costs = costs.map(|(name, cost)| (BenchmarkId::from(name), cost));
        let first = Part { part: 1, of: 2 }.split(&costs).own;
        assert_eq!(first, ["a", "c"].map(BenchmarkId::from).into());
    }

    proptest! {
        #[test]
        fn every_benchmark_is_in_one_part_and_no_part_is_too_heavy(
            costs in proptest::collection::vec(0.1_f64..100.0, 0..40),
            of in 1_usize..8,
        ) {
            let all: Vec<(BenchmarkId, Option<f64>)> = costs
                .iter()
                .enumerate()
                .map(|(i, cost)| (format!("p/t::{i}").as_str().into(), Some(*cost)))
                .collect();
            let parts: Vec<Partition> =
                (1..=of).map(|part| Part { part, of }.split(&all)).collect();
            for (name, _) in &all {
                prop_assert_eq!(parts.iter().filter(|part| part.own.contains(name)).count(), 1);
            }
            let load = |part: &Partition| -> f64 {
                let own = all.iter().filter(|(name, _)| part.own.contains(name));
                own.filter_map(|(_, cost)| *cost).sum()
            };
            let heaviest = parts.iter().map(load).fold(0.0, f64::max);
            let longest = costs.iter().copied().fold(0.0, f64::max);
            // The bound of list scheduling in any order.
            let bound = costs.iter().sum::<f64>() / of as f64 + longest;
            prop_assert!(heaviest <= bound + 1e-9, "{} > {}", heaviest, bound);
        }
    }
}
