//! What all children used that were waited for.

use crate::usage::ProcessUsage;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

pub(crate) fn of_children() -> Option<ProcessUsage> {
    getrusage(UsageWho::RUSAGE_CHILDREN).ok().map(|usage| total(&usage))
}

fn total(usage: &Usage) -> ProcessUsage {
    let [user_ns, system_ns] =
        [usage.user_time(), usage.system_time()].map(|time| positive(time.num_nanoseconds()));
    let page_faults = [usage.minor_page_faults(), usage.major_page_faults()];
    let switches = [usage.voluntary_context_switches(), usage.involuntary_context_switches()];
    let sum = |counts: [_; 2]| counts.into_iter().map(positive).sum();
    ProcessUsage {
        user_ns,
        system_ns,
        page_faults: sum(page_faults),
        context_switches: Some(sum(switches)),
    }
}

/// The width of the system's numbers depends on the system.
fn positive(value: impl TryInto<u64>) -> u64 {
    value.try_into().unwrap_or_default()
}
