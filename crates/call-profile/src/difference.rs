//! The difference of two builds, in a size that can be recorded.

use crate::{FunctionPair, Stacks, pairs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most functions and frames that are kept.
const FUNCTIONS: usize = 10;
const FRAMES: usize = 48;
/// The smallest kept frame, as a share of all instructions of a build.
const LEAST_SHARE: f64 = 0.005;
/// The most characters of a name. A longer one loses its middle.
const NAME: usize = 80;

/// What differs between two builds of a benchmark: at most ten functions and 48 frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallDifference {
    /// The functions with the largest differences, the largest first.
    pub functions: Vec<FunctionPair>,
    /// The largest frames of both builds. Each is followed by those that it calls.
    pub frames: Vec<Frame>,
}

/// A function at one place of the call tree. Instructions are of base and head, per iteration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The number of its callers.
    pub depth: usize,
    /// The function's name without generic arguments.
    pub name: String,
    /// Its instructions, without those of calls.
    pub own: [f64; 2],
    /// Its instructions and those of its calls.
    pub total: [f64; 2],
}

impl CallDifference {
    /// The difference of two builds. Instructions are rounded.
    pub fn new(base: &Stacks, head: &Stacks) -> Self {
        let functions = pairs(base, head).into_iter().take(FUNCTIONS).map(|pair| FunctionPair {
            name: shortened(&pair.name),
            own: pair.own.map(f64::round),
            total: pair.total.map(f64::round),
        });
        let all = [base.total(), head.total()];
        Self { functions: functions.collect(), frames: largest(&frames([base, head]), all) }
    }
}

/// Own and total instructions of base and head.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    own: [f64; 2],
    total: [f64; 2],
}

/// The frames of both builds by their stacks: callers come before what they call.
fn frames(sides: [&Stacks; 2]) -> BTreeMap<&[String], Cost> {
    let mut frames: BTreeMap<&[String], Cost> = BTreeMap::new();
    for (side, stacks) in sides.into_iter().enumerate() {
        for (stack, instructions) in &stacks.instructions {
            for depth in 1..=stack.len() {
                frames.entry(&stack[..depth]).or_default().total[side] += instructions;
            }
            frames.entry(stack).or_default().own[side] += instructions;
        }
    }
    frames.remove(&[][..]);
    frames
}

/// The largest frames in the order of their stacks. A caller is at least as large as what it calls, so it
/// is kept with it.
fn largest(frames: &BTreeMap<&[String], Cost>, all: [f64; 2]) -> Vec<Frame> {
    let share = |cost: &Cost| {
        let shares = [0, 1].map(|side| cost.total[side] / all[side].max(1.0));
        shares[0].max(shares[1])
    };
    let mut kept: Vec<(&[String], Cost)> =
        frames.iter().map(|(stack, cost)| (*stack, *cost)).collect();
    kept.retain(|(_, cost)| share(cost) >= LEAST_SHARE);
    kept.sort_by(|(one, cost), (other, other_cost)| {
        let by_depth = one.len().cmp(&other.len());
        share(other_cost).total_cmp(&share(cost)).then(by_depth).then(one.cmp(other))
    });
    kept.truncate(FRAMES);
    kept.sort_by_key(|(stack, _)| *stack);
    kept.iter().filter_map(|(stack, cost)| frame(stack, *cost)).collect()
}

fn frame(stack: &[String], cost: Cost) -> Option<Frame> {
    Some(Frame {
        depth: stack.len() - 1,
        name: shortened(stack.last()?),
        own: cost.own.map(f64::round),
        total: cost.total.map(f64::round),
    })
}

/// The beginning and the end of a long name.
fn shortened(name: &str) -> String {
    let count = name.chars().count();
    if count <= NAME {
        return name.to_owned();
    }
    let begin = name.chars().take(NAME / 2);
    let end = name.chars().skip(count - (NAME - NAME / 2 - 1));
    begin.chain(['…']).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::tests::stacks;

    #[test]
    fn frames_follow_their_callers_and_have_the_instructions_of_both_builds() {
        let base =
            stacks(&[(&["run"], 100.0), (&["run", "b"], 300.0), (&["run", "a", "c"], 600.0)]);
        let head = stacks(&[(&["run"], 100.4), (&["run", "b"], 900.0), (&["run", "tiny"], 2.0)]);
        let difference = CallDifference::new(&base, &head);
        let frame = |depth, name: &str, own, total| Frame { depth, name: name.into(), own, total };
        assert_eq!(
            difference.frames,
            [
                frame(0, "run", [100.0, 100.0], [1000.0, 1002.0]),
                frame(1, "a", [0.0, 0.0], [600.0, 0.0]),
                frame(2, "c", [600.0, 0.0], [600.0, 0.0]),
                frame(1, "b", [300.0, 900.0], [300.0, 900.0]),
            ]
        );
        assert_eq!(difference.functions[0].name, "b");
    }

    #[test]
    fn a_recorded_difference_stays_small() {
        let names: Vec<String> = (0..150).map(|i| format!("{i}{}", "é".repeat(300))).collect();
        let deep = |cost| {
            let stacks = (1..names.len()).map(|depth| (names[..depth].to_vec(), cost));
            Stacks { instructions: stacks.collect(), ..Stacks::default() }
        };
        let difference = CallDifference::new(&deep(1e6), &deep(2e6));
        assert_eq!((difference.functions.len(), difference.frames.len()), (FUNCTIONS, FRAMES));
        let depths: Vec<usize> = difference.frames.iter().map(|frame| frame.depth).collect();
        assert_eq!(depths, (0..FRAMES).collect::<Vec<_>>());
        assert!(difference.frames.iter().all(|frame| frame.name.chars().count() <= NAME));
    }

    #[test]
    fn nothing_differs_between_empty_builds() {
        let empty = Stacks::default();
        let difference = CallDifference::new(&empty, &empty);
        assert_eq!(difference, CallDifference { functions: vec![], frames: vec![] });
    }
}
