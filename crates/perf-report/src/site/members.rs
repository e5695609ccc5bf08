//! Benchmarks without their numeric argument.

use super::group::split;
use super::levels::BenchmarkLevels;
use perf_judge::scaling::numeric_argument;
use std::collections::BTreeMap;

/// A benchmark, or all arguments of one.
#[derive(Clone, Debug)]
pub(super) struct Member<'l> {
    /// Its name without a numeric argument.
    pub(super) name: &'l str,
    /// The benchmarks by the text of their argument, ascending; one without a text if there is none.
    pub(super) arguments: Vec<(Argument<'l>, &'l BenchmarkLevels<'l>)>,
}

/// A numeric argument as it is written, and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Argument<'l> {
    pub(super) text: &'l str,
    pub(super) value: f64,
}

/// `a/b::insert::1000` as `a/b::insert` and the argument; a name without a numeric argument as it is.
pub(super) fn without_argument(name: &str) -> (&str, Option<Argument<'_>>) {
    let (parent, text) = split(name);
    let argument = numeric_argument(text).filter(|_| parent.contains("::"));
    match argument {
        Some(value) => (parent, Some(Argument { text, value })),
        None => (name, None),
    }
}

/// The benchmarks of the latest run as members, by name.
pub(super) fn members<'l>(
    levels: impl Iterator<Item = &'l BenchmarkLevels<'l>>,
) -> Vec<Member<'l>> {
    let mut members: BTreeMap<&str, Member<'l>> = BTreeMap::new();
    let current =
        |benchmark: &&BenchmarkLevels<'_>| benchmark.is_current && !benchmark.values.is_empty();
    for benchmark in levels.filter(current) {
        let (name, argument) = without_argument(benchmark.id.as_str());
        let argument = argument.unwrap_or(Argument { text: "", value: 0.0 });
        let own = members.entry(name).or_insert_with(|| Member { name, arguments: Vec::new() });
        own.arguments.push((argument, benchmark));
    }
    let mut members: Vec<Member<'l>> = members.into_values().collect();
    for member in &mut members {
        member.arguments.sort_by(|one, other| one.0.value.total_cmp(&other.0.value));
    }
    members
}
