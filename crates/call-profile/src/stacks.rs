//! Call stacks, and what they cost.

use executed_code::call_graph::{CallGraph, Function};
use executed_code::plain_name;
use std::collections::BTreeMap;

/// The functions at an address of a file, the outermost first. Several are one function and what was
/// inlined into it; none means that nothing is known.
pub trait Symbols {
    /// The mangled names at `address` of the file `object`.
    fn at(&mut self, object: &str, address: u64) -> Vec<String>;
}

/// The instructions of one iteration by call stack, and its calls of the allocator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stacks {
    /// Instructions by stack, the outermost function first.
    pub instructions: BTreeMap<Vec<String>, f64>,
    /// Allocated blocks by the stack that asked for them, without the allocator's functions.
    pub allocations: BTreeMap<Vec<String>, f64>,
}

/// Functions of the C library that allocate.
const ALLOCATORS: [&str; 6] =
    ["aligned_alloc", "calloc", "malloc", "memalign", "posix_memalign", "realloc"];
/// Functions between a caller and the allocator, which all allocations have.
const BETWEEN: [&str; 6] =
    ["GlobalAlloc>::", "__rdl_", "__rust_", "__rustc::", "alloc::alloc::", "std::sys::alloc::"];
/// The crates that call the benchmark. Their outer frames are left out.
const HARNESS: [&str; 3] = ["divan::", "codspeed_divan_compat::", "divan_clock_recorder::"];
/// What they call within the benchmark.
const ALLOC_PROFILER: &str = "AllocProfiler";
/// Deeper stacks are cut, as recursion would make.
const MOST_FRAMES: usize = 200;
/// Calls of less than this share of all instructions are not followed further: theirs count as the
/// caller's own.
const LEAST_SHARE: f64 = 1e-5;

impl Stacks {
    /// The stacks of a sample with this number of iterations.
    pub fn of(graph: &CallGraph, symbols: &mut impl Symbols, iterations: u32) -> Self {
        let roots: Vec<(usize, u64)> = graph.roots().collect();
        let all: u64 = roots.iter().map(|(_, own)| own).sum();
        let least = all as f64 * LEAST_SHARE;
        let mut walk = Walk { graph, symbols, least, stacks: Self::default() };
        for (index, own) in roots {
            let function = &graph.functions()[index];
            let share = own as f64 / function.instructions() as f64;
            walk.visit(function, &[], share);
        }
        let mut stacks = walk.stacks;
        let per_iteration = |cost: &mut f64| *cost /= f64::from(iterations.max(1));
        stacks.instructions.values_mut().for_each(per_iteration);
        stacks.allocations.values_mut().for_each(per_iteration);
        stacks
    }

    /// All instructions of an iteration.
    pub fn total(&self) -> f64 {
        self.instructions.values().sum()
    }
}

/// What a walk along the calls needs.
struct Walk<'a, S> {
    graph: &'a CallGraph,
    symbols: &'a mut S,
    /// The fewest instructions that are followed.
    least: f64,
    stacks: Stacks,
}

impl<S: Symbols> Walk<'_, S> {
    /// Adds `share` of a function's instructions and calls, below the stack `callers`.
    fn visit(&mut self, function: &Function, callers: &[String], share: f64) {
        for (address, instructions) in function.own() {
            let stack = self.stack(function, address, callers);
            *self.stacks.instructions.entry(visible(stack)).or_default() +=
                instructions as f64 * share;
        }
        for call in function.calls() {
            let callee = &self.graph.functions()[call.callee];
            let stack = self.stack(function, call.address, callers);
            if ALLOCATORS.contains(&callee.name()) {
                let asking = visible(without_allocator(&stack));
                *self.stacks.allocations.entry(asking).or_default() += call.count as f64 * share;
            }
            let cost = call.instructions as f64 * share;
            if cost < self.least || stack.len() >= MOST_FRAMES {
                *self.stacks.instructions.entry(visible(stack)).or_default() += cost;
                continue;
            }
            // Its instructions are those of all calls of it.
            self.visit(callee, &stack, cost / callee.instructions().max(1) as f64);
        }
    }

    /// The functions at an address, below their callers.
    fn stack(&mut self, function: &Function, address: u64, callers: &[String]) -> Vec<String> {
        let mut stack = callers.to_vec();
        let known = self.symbols.at(self.graph.object(function), address);
        if known.is_empty() {
            stack.push(shown(function.name()));
        } else {
            stack.extend(known.iter().map(|name| shown(name)));
        }
        stack
    }
}

/// The demangled name without hashes and generic arguments.
fn shown(name: &str) -> String {
    let name = name.split('@').next().unwrap_or(name);
    plain_name(&format!("{:#}", rustc_demangle::demangle(name)))
}

/// The stack without the harness below which the benchmark runs.
fn visible(mut stack: Vec<String>) -> Vec<String> {
    let is_harness = |name: &String| {
        let of_crate = name.trim_start_matches('<');
        let is_of_harness = HARNESS.iter().any(|start| of_crate.starts_with(start));
        is_of_harness && !name.contains(ALLOC_PROFILER)
    };
    let last = stack.iter().rposition(is_harness);
    match last {
        // The harness itself, e.g. its loop over the iterations.
        Some(last) if last + 1 == stack.len() => vec![stack.swap_remove(last)],
        Some(last) => stack.split_off(last + 1),
        None => stack,
    }
}

fn without_allocator(stack: &[String]) -> Vec<String> {
    let is_between = |name: &&String| BETWEEN.iter().any(|part| name.contains(part));
    let between = stack.iter().rev().take_while(is_between).count();
    stack[..stack.len() - between].to_vec()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Symbols by address.
    pub(crate) struct ByAddress(pub(crate) BTreeMap<u64, Vec<&'static str>>);

    impl Symbols for ByAddress {
        fn at(&mut self, _object: &str, address: u64) -> Vec<String> {
            let names = self.0.get(&address).cloned().unwrap_or_default();
            names.into_iter().map(str::to_owned).collect()
        }
    }

    /// A harness that calls `sort`, which allocates twice and calls `swap`.
    pub(crate) const OUTPUT: &str = "positions: instr line
events: Ir
ob=(1) target/b
fn=(1) _ZN5divan4loopE
0x10 0 6
cfn=(2) sort'_ZN5divan4loopE
calls=2 0x100 0
+2 0 120
fn=(2)
0x100 0 20
cob=(2) libc.so.6
cfn=(3) malloc'sort
calls=4 0x900 0
+4 0 80
cfn=(4) swap'sort
calls=6 0x200 0
+4 0 20
fn=(4)
0x200 0 20
ob=(2)
fn=(3)
0x900 0 80
";

    fn stacks(symbols: BTreeMap<u64, Vec<&'static str>>) -> Stacks {
        Stacks::of(&CallGraph::parse(OUTPUT).unwrap(), &mut ByAddress(symbols), 2)
    }

    fn stack(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn instructions_have_the_stack_that_led_to_them() {
        let found = stacks(BTreeMap::new());
        let expected = [
            (stack(&["divan::loop"]), 3.0),
            (stack(&["sort"]), 10.0),
            (stack(&["sort", "malloc"]), 40.0),
            (stack(&["sort", "swap"]), 10.0),
        ];
        assert_eq!(found.instructions, BTreeMap::from(expected));
        assert_eq!(found.allocations, BTreeMap::from([(stack(&["sort"]), 2.0)]));
        assert!((found.total() - 63.0).abs() < 1e-9);
    }

    #[test]
    fn inlined_functions_are_part_of_the_stack() {
        let symbols = BTreeMap::from([
            (0x100, vec!["_ZN1b4sort17h0123456789abcdefE", "b::grow::<u8>"]),
            (
                0x104,
                vec![
                    "b::sort",
                    "b::push",
                    "alloc::alloc::alloc",
                    "<divan::alloc::AllocProfiler as core::alloc::global::GlobalAlloc>::alloc",
                ],
            ),
        ]);
        let found = stacks(symbols);
        let grow = found.instructions[&stack(&["b::sort", "b::grow"])];
        assert!((grow - 10.0).abs() < 1e-9);
        assert_eq!(found.allocations, BTreeMap::from([(stack(&["b::sort", "b::push"]), 2.0)]));
        assert!((found.total() - 63.0).abs() < 1e-9);
    }

    #[test]
    fn recursion_ends() {
        let text = "positions: instr\nevents: Ir\nfn=(1) f\n0x1 5\ncfn=(1)\ncalls=9 0x1\n0x2 45\n";
        let graph = CallGraph::parse(text).unwrap();
        let found = Stacks::of(&graph, &mut ByAddress(BTreeMap::new()), 1);
        assert!((found.total() - 5.0).abs() < 1e-6, "{}", found.total());
        assert!(found.instructions.keys().all(|stack| stack.len() <= MOST_FRAMES));
    }

    #[test]
    fn two_recursive_calls_lose_no_instructions() {
        let text = "positions: instr\nevents: Ir\nfn=(1) root\n0x1 1\ncfn=(2) f\ncalls=1 0x2\n0x1 1000000\nfn=(2)\n0x2 1000\ncfn=(2)\ncalls=9 0x2\n0x3 499500\ncfn=(2)\ncalls=9 0x2\n0x4 499500\n";
        let graph = CallGraph::parse(text).unwrap();
        let found = Stacks::of(&graph, &mut ByAddress(BTreeMap::new()), 1);
        let expected: u64 = graph.roots().map(|(_, own)| own).sum();
        assert!((found.total() / expected as f64 - 1.0).abs() < 1e-6, "{}", found.total());
    }
}
