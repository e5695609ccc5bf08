//! The difference of what all children used.

use super::ProcessUsage;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// Started before a child process. While it runs, no other child process may be waited for: the system
/// reports only the sum of all.
#[derive(Clone, Copy, Debug)]
pub struct UsageMeter(Option<ProcessUsage>);

impl UsageMeter {
    /// Starts before the child process is created.
    pub fn start() -> Self {
        Self(of_children())
    }

    /// What the child used, after it was waited for; `None` if the system does not report it.
    pub fn end(self) -> Option<ProcessUsage> {
        let (before, after) = (self.0?, of_children()?);
        let switches = after.context_switches.zip(before.context_switches);
        Some(ProcessUsage {
            user_ns: after.user_ns.saturating_sub(before.user_ns),
            system_ns: after.system_ns.saturating_sub(before.system_ns),
            page_faults: after.page_faults.saturating_sub(before.page_faults),
            context_switches: switches.map(|(after, before)| after.saturating_sub(before)),
        })
    }
}

fn of_children() -> Option<ProcessUsage> {
    getrusage(UsageWho::RUSAGE_CHILDREN).ok().map(|usage| total(&usage))
}

fn total(usage: &Usage) -> ProcessUsage {
    let [user_ns, system_ns] =
        [usage.user_time(), usage.system_time()].map(|time| positive(time.num_nanoseconds()));
    let page_faults = [usage.minor_page_faults(), usage.major_page_faults()];
    let switches = [usage.voluntary_context_switches(), usage.involuntary_context_switches()];
    let sum = |counts: [_; 2]| counts.into_iter().map(|count| positive(i64::from(count))).sum();
    ProcessUsage {
        user_ns,
        system_ns,
        page_faults: sum(page_faults),
        context_switches: Some(sum(switches)),
    }
}

fn positive(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn what_a_child_used_is_the_difference_of_all_children() {
        let used = |script: &str| {
            let meter = UsageMeter::start();
            assert!(Command::new("sh").args(["-c", script]).status().unwrap().success());
            meter.end().unwrap()
        };
        let busy = used("i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done");
        let idle = used(":");
        assert!(busy.cpu_ns() > 10_000_000, "{busy:?}");
        assert!(idle.cpu_ns() < busy.cpu_ns(), "{idle:?} {busy:?}");
        assert!(idle.page_faults > 10 && idle.context_switches.is_some(), "{idle:?}");
    }
}
