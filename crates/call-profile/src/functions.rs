//! Instructions by function.

use crate::Stacks;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The instructions of a function per iteration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FunctionCost {
    /// Its name without generic arguments.
    pub name: String,
    /// Its own instructions, without those of called or inlined functions.
    pub own: f64,
    /// Its instructions and those of its calls. Recursive calls count once.
    pub total: f64,
}

/// The same in two builds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionPair {
    /// Its name without generic arguments.
    pub name: String,
    /// Its own instructions in base and head.
    pub own: [f64; 2],
    /// Its instructions and those of its calls in base and head.
    pub total: [f64; 2],
}

/// All functions, those with the most instructions of their own first.
pub fn functions(stacks: &Stacks) -> Vec<FunctionCost> {
    let mut costs: Vec<FunctionCost> = by_name(stacks)
        .into_iter()
        .map(|(name, [own, total])| FunctionCost { name: name.to_owned(), own, total })
        .collect();
    costs.sort_by(|one, other| {
        other.own.total_cmp(&one.own).then_with(|| other.total.total_cmp(&one.total))
    });
    costs
}

/// The smallest difference that is listed, as a share of the instructions of the base.
const LEAST_SHARE: f64 = 0.001;

/// The functions whose own or total instructions differ between two builds, the largest difference of their
/// own instructions first.
pub fn pairs(base: &Stacks, head: &Stacks) -> Vec<FunctionPair> {
    let least = base.total() * LEAST_SHARE;
    let (base, head) = (by_name(base), by_name(head));
    let names: BTreeSet<&str> = base.keys().chain(head.keys()).copied().collect();
    let pair = |name: &str| {
        let [before, now] = [&base, &head].map(|side| side.get(name).copied().unwrap_or_default());
        FunctionPair { name: name.to_owned(), own: [before[0], now[0]], total: [before[1], now[1]] }
    };
    let mut pairs: Vec<FunctionPair> = names.into_iter().map(pair).collect();
    let differs = |[base, head]: [f64; 2]| (head - base).abs() >= least;
    pairs.retain(|pair| differs(pair.own) || differs(pair.total));
    pairs.sort_by(|one, other| other.difference().total_cmp(&one.difference()));
    pairs
}

impl FunctionPair {
    fn difference(&self) -> f64 {
        (self.own[1] - self.own[0]).abs()
    }
}

/// Own and total instructions by name.
fn by_name(stacks: &Stacks) -> BTreeMap<&str, [f64; 2]> {
    let mut costs: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for (stack, instructions) in &stacks.instructions {
        if let Some(last) = stack.last() {
            costs.entry(last).or_default()[0] += instructions;
        }
        for name in stack.iter().collect::<BTreeSet<_>>() {
            costs.entry(name).or_default()[1] += instructions;
        }
    }
    costs
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Stacks with these instructions.
    pub(crate) fn stacks(costs: &[(&[&str], f64)]) -> Stacks {
        let instructions = costs.iter().map(|(stack, cost)| {
            (stack.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>(), *cost)
        });
        Stacks { instructions: instructions.collect(), ..Stacks::default() }
    }

    #[test]
    fn a_function_has_its_own_instructions_and_all_below_it() {
        let found = functions(&stacks(&[
            (&["a"], 1.0),
            (&["a", "b"], 5.0),
            (&["a", "b", "a"], 2.0),
            (&["c"], 4.0),
        ]));
        let cost = |name: &str, own, total| FunctionCost { name: name.to_owned(), own, total };
        assert_eq!(found, [cost("b", 5.0, 7.0), cost("c", 4.0, 4.0), cost("a", 3.0, 8.0)]);
    }

    #[test]
    fn a_function_of_one_build_has_no_instructions_in_the_other() {
        let base = stacks(&[(&["a", "b"], 5.0), (&["same"], 7.0)]);
        let head = stacks(&[(&["a"], 1.0), (&["same"], 7.001)]);
        let pair = |name: &str, own, total| FunctionPair { name: name.to_owned(), own, total };
        let expected = [pair("b", [5.0, 0.0], [5.0, 0.0]), pair("a", [0.0, 1.0], [5.0, 1.0])];
        assert_eq!(pairs(&base, &head), expected);
    }
}
