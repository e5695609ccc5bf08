//! Known reasons for many instructions, with the numbers that show them.

use crate::Stacks;
use serde::Serialize;
use std::collections::BTreeMap;

/// A known reason for instructions of a benchmark.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Its instructions as a share of all.
    pub share: f64,
    /// The allocations of an iteration; 0 for other kinds.
    pub allocations: f64,
    /// The functions that cause the most of it with their shares of it, at most three.
    pub callers: Vec<(String, f64)>,
}

/// The kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PatternKind {
    /// Blocks are allocated and freed.
    Allocations,
    /// Text is made by the formatting machinery.
    Formatting,
    /// Keys are hashed by SipHash, the default of `HashMap`.
    SipHash,
    /// Memory is copied or moved.
    Copies,
    /// Memory or text is compared.
    Comparisons,
    /// A lock is waited for.
    ContendedLocks,
    /// Values are sorted.
    Sorting,
}

/// The least share of all instructions that is reported.
const LEAST_SHARE: f64 = 0.03;
/// The most callers that are named.
const CALLERS: usize = 3;

impl PatternKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Allocations,
        Self::Formatting,
        Self::SipHash,
        Self::Copies,
        Self::Comparisons,
        Self::ContendedLocks,
        Self::Sorting,
    ];

    /// What the instructions do.
    pub fn title(self) -> &'static str {
        match self {
            Self::Allocations => "allocating and freeing",
            Self::Formatting => "formatting",
            Self::SipHash => "SipHash",
            Self::Copies => "copying memory",
            Self::Comparisons => "comparing memory",
            Self::ContendedLocks => "waiting for locks",
            Self::Sorting => "sorting",
        }
    }

    /// What often helps.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Allocations => {
                "reuse a buffer across iterations of a loop, reserve its capacity, or borrow in place of owning"
            }
            Self::Formatting => {
                "write into one buffer with `write!`, or convert numbers with `itoa` and `ryu`"
            }
            Self::SipHash => {
                "use a hasher for trusted keys, e.g. of `rustc-hash` or `foldhash`, or fewer lookups"
            }
            Self::Copies => "pass large values by reference, and build them where they stay",
            Self::Comparisons => "compare lengths, hashes or interned numbers first",
            Self::ContendedLocks => "hold locks for less time, or give each thread its own data",
            Self::Sorting => "sort once, sort by a cached key, or use an unstable sort",
        }
    }

    /// Whether a function is of this kind, by its name.
    fn is_by(self, name: &str) -> bool {
        let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        match self {
            Self::Allocations => {
                starts(&["__rust_alloc", "__rust_dealloc", "__rust_realloc", "__rdl_", "__rustc::"])
                    || ["malloc", "free", "calloc", "realloc", "cfree"].contains(&name)
                    || starts(&["_int_malloc", "_int_free", "_int_realloc", "malloc_consolidate"])
            }
            Self::Formatting => has(&["core::fmt::", "alloc::fmt::"]),
            Self::SipHash => has(&["core::hash::sip", "std::hash::random", "DefaultHasher"]),
            Self::Copies => starts(&["memcpy", "memmove", "__memcpy", "__memmove"]),
            Self::Comparisons => starts(&["memcmp", "bcmp", "__memcmp", "__bcmp"]),
            Self::ContendedLocks => has(&["lock_contended", "futex_wait", "futex::Futex"]),
            Self::Sorting => has(&["core::slice::sort::"]),
        }
    }
}

/// The patterns with a good part of the instructions, the largest first.
pub fn patterns(stacks: &Stacks) -> Vec<Pattern> {
    let total = stacks.total();
    let mut found: Vec<Pattern> =
        PatternKind::ALL.into_iter().filter_map(|kind| pattern(stacks, kind, total)).collect();
    found.sort_by(|one, other| other.share.total_cmp(&one.share));
    found
}

fn pattern(stacks: &Stacks, kind: PatternKind, total: f64) -> Option<Pattern> {
    let mut callers: BTreeMap<&str, f64> = BTreeMap::new();
    for (stack, instructions) in &stacks.instructions {
        let Some(first) = stack.iter().position(|name| kind.is_by(name)) else { continue };
        let caller = stack[..first].iter().rev().find(|name| !is_std(name));
        let caller = caller.or_else(|| stack[..first].last()).unwrap_or(&stack[first]);
        *callers.entry(caller).or_default() += instructions;
    }
    let own: f64 = callers.values().sum();
    let share = own / total;
    if share.is_nan() || share < LEAST_SHARE {
        return None;
    }
    let mut callers: Vec<(String, f64)> =
        callers.into_iter().map(|(name, cost)| (name.to_owned(), cost / own)).collect();
    callers.sort_by(|one, other| other.1.total_cmp(&one.1));
    callers.truncate(CALLERS);
    let is_of_allocator = kind == PatternKind::Allocations;
    let allocations = if is_of_allocator { stacks.allocations.values().sum() } else { 0.0 };
    Some(Pattern { kind, share, allocations, callers })
}

/// The instructions of each function and of the standard libraries' functions that it calls.
pub fn owners(stacks: &Stacks) -> BTreeMap<&str, f64> {
    let mut owners: BTreeMap<&str, f64> = BTreeMap::new();
    for (stack, instructions) in &stacks.instructions {
        if let Some(owner) = stack.iter().rev().find(|name| !is_std(name)) {
            *owners.entry(owner).or_default() += instructions;
        }
    }
    owners
}

/// The beginnings of the names in Rust's own libraries.
const STD: [&str; 7] =
    ["core::", "alloc::", "std::", "hashbrown::", "__rust", "__rdl", "compiler_builtins::"];

/// The allocated blocks by the functions that asked for them, the innermost first, without those of the
/// standard libraries. The most blocks come first.
pub fn call_sites(stacks: &Stacks) -> Vec<(Vec<String>, f64)> {
    let mut sites: BTreeMap<Vec<&str>, f64> = BTreeMap::new();
    for (stack, blocks) in &stacks.allocations {
        let own = stack.iter().rev().filter(|name| !is_std(name)).map(String::as_str);
        let mut site: Vec<&str> = own.take(SITE).collect();
        if site.is_empty() {
            site.extend(stack.last().map(String::as_str));
        }
        *sites.entry(site).or_default() += blocks;
    }
    let owned = |stack: Vec<&str>| stack.into_iter().map(str::to_owned).collect();
    let mut sites: Vec<(Vec<String>, f64)> =
        sites.into_iter().map(|(stack, blocks)| (owned(stack), blocks)).collect();
    sites.sort_by(|one, other| other.1.total_cmp(&one.1));
    sites
}

/// The functions that distinguish call sites.
const SITE: usize = 3;

/// Whether a function is of Rust's own libraries or of the C library, whose callers are more specific.
fn is_std(name: &str) -> bool {
    let is_of = |path: &str| STD.iter().any(|start| path.starts_with(start));
    // A function of a trait belongs to the crate of the type, or of the trait if the type is generic.
    let parts = name.strip_prefix('<').and_then(|name| name.split_once(" as "));
    match parts {
        Some((of_type, of_trait)) => {
            let of_type = of_type.trim_start_matches(['&', '[', '(', '*']);
            is_of(if of_type.contains("::") { of_type } else { of_trait })
        }
        // A function of a primitive type: `<str>::to_lowercase`. Symbols of C have no path.
        None => match name.strip_prefix('<').and_then(|name| name.split_once(">::")) {
            Some((of_type, _)) => is_of(of_type) || !of_type.contains("::"),
            None => is_of(name) || !name.contains("::"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_the_functions_of_the_program_that_cause_it() {
        let stack = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let instructions: [(Vec<String>, f64); 5] = [
            (stack(&["a::run", "a::label", "alloc::fmt::format", "core::fmt::write"]), 40.0),
            (stack(&["a::run", "alloc::vec::Vec::push", "malloc", "_int_malloc"]), 10.0),
            (stack(&["a::run", "a::label", "alloc::fmt::format", "malloc"]), 5.0),
            (stack(&["a::run", "memcpy"]), 2.0),
            (stack(&["a::run"]), 43.0),
        ];
        let stacks = Stacks {
            instructions: instructions.into(),
            allocations: BTreeMap::from([(stack(&["a::run"]), 3.0)]),
        };
        let found = patterns(&stacks);
        let kinds: Vec<PatternKind> = found.iter().map(|pattern| pattern.kind).collect();
        assert_eq!(kinds, [PatternKind::Formatting, PatternKind::Allocations]);
        assert_eq!(found[0].callers, [("a::label".to_owned(), 1.0)]);
        assert!((found[0].share - 0.45).abs() < 1e-9);
        assert_eq!(found[1].callers[0].0, "a::run");
        assert!((found[1].allocations - 3.0).abs() < 1e-9 && found[0].allocations == 0.0);
    }

    #[test]
    fn the_crate_of_a_type_decides_to_whom_a_function_belongs() {
        let cases = [
            ("core::str::contains", true),
            ("<A as core::slice::cmp::SlicePartialEq<B>>::equal", true),
            ("<&str as core::str::pattern::Pattern>::is_contained_in", true),
            ("<std::alloc::System as core::alloc::global::GlobalAlloc>::alloc", true),
            ("<alloc::alloc::Global>::alloc_impl_runtime", true),
            ("<str>::to_lowercase", true),
            ("<[T]>::len", true),
            ("<shop::Label>::new", false),
            ("__memcmp_avx2_movbe", true),
            ("<shop::Label as core::fmt::Display>::fmt", false),
            ("<T as shop::Priced>::price", false),
            ("shop::total", false),
        ];
        for (name, expected) in cases {
            assert_eq!(is_std(name), expected, "{name}");
        }
    }

    #[test]
    fn a_function_owns_what_the_standard_library_does_for_it() {
        let stack = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let instructions: [(Vec<String>, f64); 3] = [
            (stack(&["a::run"]), 1.0),
            (stack(&["a::run", "core::str::contains", "memcmp"]), 6.0),
            (stack(&["a::run", "a::other"]), 3.0),
        ];
        let stacks = Stacks { instructions: instructions.into(), ..Stacks::default() };
        assert_eq!(owners(&stacks), BTreeMap::from([("a::other", 3.0), ("a::run", 7.0)]));
    }

    #[test]
    fn call_sites_are_those_of_the_program() {
        let stack = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let allocations: [(Vec<String>, f64); 3] = [
            (stack(&["a::main", "a::run", "alloc::vec::Vec<T,A>::push"]), 2.0),
            (stack(&["a::main", "a::run", "<alloc::string::String>::clone"]), 3.0),
            (stack(&["a::main"]), 4.0),
        ];
        let stacks = Stacks { allocations: allocations.into(), ..Stacks::default() };
        let expected = [(stack(&["a::run", "a::main"]), 5.0), (stack(&["a::main"]), 4.0)];
        assert_eq!(call_sites(&stacks), expected);
    }

    #[test]
    fn nothing_has_no_pattern() {
        assert_eq!(patterns(&Stacks::default()), []);
    }
}
