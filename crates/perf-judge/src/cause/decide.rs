//! Which causes the numbers of a change support.

use super::evidence::Evidence;
use super::{Cause, CauseKind, CauseNumber, FunctionCount};
use crate::detect::counts::{CountChange, CountPair};
use crate::detect::system_calls::SystemCalls;
use crate::run::Quantity;

/// The least part of a change that a cause must be able to explain.
const PART: f64 = 0.25;
/// The same for numbers that depend on the load of the machine.
const PART_OF_TIMES: f64 = 0.5;
/// The largest part of a change that processor time can have.
const MOST_OF_TIMES: f64 = 1.5;
/// The fewest system calls per iteration whose kernel time can matter.
const LEAST_CALLS: f64 = 0.5;
/// The most functions that are listed.
const FUNCTIONS: usize = 10;
/// The least change of a simulated event beyond that of the instructions, as a logarithm.
const BEYOND_INSTRUCTIONS: f64 = 0.05;
/// The fewest waits per iteration that can decide a median.
const LEAST_WAITS: f64 = 0.1;

/// What one event costs at most on an ordinary machine, in ns. With it a count that cannot explain a
/// change is ruled out.
mod cost {
    /// A block that is allocated and freed.
    pub(super) const ALLOCATION: f64 = 50.0;
    /// A byte of it that is written once.
    pub(super) const ALLOCATED_BYTE: f64 = 0.2;
    /// A page of zeros.
    pub(super) const PAGE_FAULT: f64 = 1_000.0;
    /// A context switch and the time to wake up.
    pub(super) const SWITCH: f64 = 10_000.0;
    /// About 20 cycles.
    pub(super) const MISPREDICTION: f64 = 8.0;
    /// An access to the second or third cache.
    pub(super) const L1_MISS: f64 = 5.0;
    /// An access to memory.
    pub(super) const LAST_LEVEL_MISS: f64 = 100.0;

    /// A system call by its name.
    pub(super) fn system_call(name: &str) -> f64 {
        match name {
            "nanosleep" | "clock_nanosleep" | "poll" | "ppoll" | "select" | "pselect6"
            | "epoll_wait" | "epoll_pwait" => 50_000.0,
            "clone" | "clone3" | "fork" | "vfork" | "execve" => 50_000.0,
            "futex" => 5_000.0,
            _ => 1_500.0,
        }
    }
}

/// System calls that wait.
const WAITING_CALLS: [&str; 9] = [
    "clock_nanosleep",
    "epoll_pwait",
    "epoll_wait",
    "futex",
    "nanosleep",
    "poll",
    "ppoll",
    "pselect6",
    "select",
];

/// The likely causes of a change, the most specific first; empty if no count explains it.
///
/// A cause must have changed in the direction of the time, and explain at least a quarter of its change.
/// Instructions do so by their ratio, and events by what they cost at most. Numbers that depend on the
/// load must explain half of it.
pub fn likely_causes(evidence: &Evidence<'_>) -> Vec<Cause> {
    let instructions = instructions(evidence);
    let crates = instructions.iter().flat_map(|pair| crates(evidence, *pair));
    let mut causes: Vec<Cause> = build(evidence).into_iter().chain(crates).collect();
    let in_kernel = [waiting(evidence), page_faults(evidence), system_calls(evidence)];
    let explains_kernel = in_kernel.iter().any(Option::is_some);
    causes.extend(in_kernel.into_iter().flatten());
    causes.extend(kernel_time(evidence).filter(|_| !explains_kernel));
    causes.extend(allocations(evidence));
    causes.extend(instructions.map(|pair| Cause {
        functions: evidence.functions.iter().take(FUNCTIONS).cloned().collect(),
        ..Cause::new(CauseKind::Instructions, vec![CauseNumber::of(Quantity::Instructions, pair)])
    }));
    causes.extend(branches(evidence));
    causes.extend(caches(evidence));
    causes
}

/// Whether events of this cost in ns explain a part of the change of the time.
fn explains(evidence: &Evidence<'_>, cost_ns: f64) -> bool {
    evidence.time_difference().is_some_and(|difference| cost_ns >= difference * PART)
}

fn build(evidence: &Evidence<'_>) -> Option<Cause> {
    let settings = &evidence.builds.settings;
    (!settings.is_empty())
        .then(|| Cause { subjects: settings.clone(), ..Cause::new(CauseKind::Build, Vec::new()) })
}

/// The instructions, if they explain the change.
fn instructions(evidence: &Evidence<'_>) -> Option<CountPair> {
    let pair = evidence.counts.get(Quantity::Instructions)?;
    let is_enough = evidence.times.is_none_or(|[base, head]| {
        (pair.head / pair.base).ln().abs() >= (head / base).ln().abs() * PART
    });
    (is_enough && pair.direction() == Some(evidence.direction)).then_some(pair)
}

/// The crates of other versions or features whose functions have a part of the changed instructions.
fn crates(evidence: &Evidence<'_>, instructions: CountPair) -> impl Iterator<Item = Cause> {
    let all = evidence.difference(instructions.base, instructions.head);
    evidence.builds.crates.iter().filter_map(move |changed| {
        let functions: Vec<FunctionCount> =
            evidence.functions.iter().filter(|function| changed.has(function)).cloned().collect();
        let base: f64 = functions.iter().map(|function| function.base).sum();
        let head: f64 = functions.iter().map(|function| function.head).sum();
        let is_enough = evidence.difference(base, head) >= all * PART;
        is_enough.then(|| Cause {
            kind: changed.kind,
            subjects: vec![changed.text.clone()],
            numbers: vec![CauseNumber::of(Quantity::Instructions, CountPair::new(base, head))],
            functions: functions.into_iter().take(FUNCTIONS).collect(),
        })
    })
}

/// Time without processor time, and waits.
fn waiting(evidence: &Evidence<'_>) -> Option<Cause> {
    let switches = evidence.counts.get(Quantity::VoluntarySwitches)?;
    let difference = evidence.time_difference()?;
    let idle = idle_ns(evidence);
    let most = switches.base.max(switches.head);
    let is_idle = idle.is_some_and(|[base, head]| {
        evidence.difference(base, head) >= difference * PART_OF_TIMES && most >= LEAST_WAITS
    });
    let more = evidence.difference(switches.base, switches.head);
    let waits_more = more >= LEAST_WAITS && explains(evidence, more * cost::SWITCH);
    if !is_idle && !waits_more {
        return None;
    }
    let idle = idle.filter(|_| is_idle).map(|idle| CauseNumber::of_time("idle time", idle));
    let switches =
        (more >= LEAST_WAITS).then(|| CauseNumber::of(Quantity::VoluntarySwitches, switches));
    let numbers = idle.into_iter().chain(switches).chain(waiting_calls(evidence)).collect();
    Some(Cause::new(CauseKind::Waiting, numbers))
}

/// The calls that may have waited, whether their number changed or not: one call can wait longer.
fn waiting_calls(evidence: &Evidence<'_>) -> impl Iterator<Item = CauseNumber> {
    let calls = evidence.system_calls.map(SystemCalls::pairs).unwrap_or_default().into_iter();
    let waits = calls.filter(|(name, pair)| {
        WAITING_CALLS.contains(name) && pair.base.max(pair.head) >= LEAST_WAITS
    });
    waits.map(|(name, pair)| CauseNumber::of_call(name, pair))
}

/// The times of base and head without processor time. Processor time of several threads overlaps.
fn idle_ns(evidence: &Evidence<'_>) -> Option<[f64; 2]> {
    let [base, head] = evidence.times?;
    let user = evidence.counts.get(Quantity::UserNs)?;
    let system = evidence.counts.get(Quantity::SystemNs)?;
    let base = base - user.base - system.base;
    let head = head - user.head - system.head;
    Some([base, head].map(|ns| ns.max(0.0)))
}

fn page_faults(evidence: &Evidence<'_>) -> Option<Cause> {
    let all = [Quantity::MinorFaults, Quantity::MajorFaults];
    let all = all.into_iter().filter_map(|quantity| evidence.counts.get(quantity));
    let faults = all.fold(CountPair::new(0.0, 0.0), |sum, pair| {
        CountPair::new(sum.base + pair.base, sum.head + pair.head)
    });
    let more = evidence.difference(faults.base, faults.head);
    let changed = CountPair::direction(faults) == Some(evidence.direction);
    (changed && explains(evidence, more * cost::PAGE_FAULT)).then(|| {
        let kernel = plausible_kernel_time(evidence);
        let kernel = kernel.map(|pair| CauseNumber::of(Quantity::SystemNs, pair));
        let faults = CauseNumber::of(Quantity::MinorFaults, faults);
        Cause::new(CauseKind::PageFaults, [faults].into_iter().chain(kernel).collect())
    })
}

fn system_calls(evidence: &Evidence<'_>) -> Option<Cause> {
    let calls = evidence.calls();
    let cost =
        |(name, pair): &(&str, CountPair)| (pair.head - pair.base).abs() * cost::system_call(name);
    let is_enough = !calls.is_empty() && explains(evidence, calls.iter().map(cost).sum());
    is_enough.then(|| {
        let numbers = calls.iter().map(|(name, pair)| CauseNumber::of_call(name, *pair));
        Cause::new(CauseKind::SystemCalls, numbers.collect())
    })
}

/// The kernel time, if it explains the change. Some systems sample it at each tick of their clock, and
/// report a larger difference than that of the time.
fn plausible_kernel_time(evidence: &Evidence<'_>) -> Option<CountPair> {
    let pair = evidence.counts.get(Quantity::SystemNs)?;
    let share = evidence.difference(pair.base, pair.head) / evidence.time_difference()?;
    (PART_OF_TIMES..=MOST_OF_TIMES).contains(&share).then_some(pair)
}

fn kernel_time(evidence: &Evidence<'_>) -> Option<Cause> {
    let calls = evidence.system_calls.map(SystemCalls::pairs).unwrap_or_default();
    let enters_kernel = calls.iter().any(|(_, pair)| pair.base.max(pair.head) >= LEAST_CALLS);
    let pair = plausible_kernel_time(evidence).filter(|_| enters_kernel)?;
    Some(Cause::new(CauseKind::KernelTime, vec![CauseNumber::of(Quantity::SystemNs, pair)]))
}

fn allocations(evidence: &Evidence<'_>) -> Option<Cause> {
    let quantities = [Quantity::AllocCount, Quantity::AllocBytes, Quantity::AllocPeakBytes];
    let changes = evidence.counts.changes();
    let changed = quantities.map(|quantity| {
        let is_same = |change: &&CountChange| {
            change.quantity == quantity && change.direction == evidence.direction
        };
        changes.iter().find(is_same).map(|change| change.pair)
    });
    let more =
        changed.map(|pair| pair.map_or(0.0, |pair| evidence.difference(pair.base, pair.head)));
    let [count, bytes, _] = more;
    let cost = count * cost::ALLOCATION + bytes * cost::ALLOCATED_BYTE;
    let has_any = changed.iter().any(Option::is_some);
    (has_any && (evidence.times.is_none() || explains(evidence, cost))).then(|| {
        let numbers = quantities.into_iter().zip(changed);
        let numbers = numbers.filter_map(|(quantity, pair)| Some(CauseNumber::of(quantity, pair?)));
        Cause::new(CauseKind::Allocations, numbers.collect())
    })
}

fn branches(evidence: &Evidence<'_>) -> Option<Cause> {
    let events = [(Quantity::BranchMispredictions, cost::MISPREDICTION)];
    simulated(evidence, CauseKind::Branches, &events)
}

fn caches(evidence: &Evidence<'_>) -> Option<Cause> {
    let events = [
        (Quantity::LastLevelMisses, cost::LAST_LEVEL_MISS),
        (Quantity::L1DataMisses, cost::L1_MISS),
    ];
    simulated(evidence, CauseKind::Caches, &events)
}

/// A cause in events of a simulated processor.
fn simulated(
    evidence: &Evidence<'_>,
    kind: CauseKind,
    events: &[(Quantity, f64)],
) -> Option<Cause> {
    let noticeable = evidence.counts.simulated_changes();
    let found = events.iter().filter_map(|(quantity, cost)| {
        let change = noticeable.iter().find(|change| change.quantity == *quantity)?;
        let pair = change.pair;
        let is_cause = change.direction == evidence.direction && is_beyond(evidence, pair);
        let cost = evidence.difference(pair.base, pair.head) * cost;
        is_cause.then(|| (CauseNumber::of(*quantity, pair), cost))
    });
    let (numbers, costs): (Vec<CauseNumber>, Vec<f64>) = found.unzip();
    let is_enough = !numbers.is_empty() && explains(evidence, costs.iter().sum());
    is_enough.then(|| Cause::new(kind, numbers))
}

/// Whether a count changed by more than the instructions did. More work has more events of every kind.
fn is_beyond(evidence: &Evidence<'_>, pair: CountPair) -> bool {
    let Some(instructions) = evidence.counts.get(Quantity::Instructions) else { return false };
    let ratio = |pair: CountPair| (pair.head / pair.base).ln();
    evidence.difference(ratio(instructions), ratio(pair)) >= BEYOND_INSTRUCTIONS
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
