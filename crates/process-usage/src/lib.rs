//! What an ended child process used, from its start to its end, as far as the system reports it
//! without privileges.
//!
//! | system | source | children of the child |
//! |---|---|---|
//! | Unix | the difference of two `getrusage(RUSAGE_CHILDREN)` | included, if it waited for them |
//! | Windows | `GetProcessTimes` and `GetProcessMemoryInfo` | not included |

mod usage;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use usage::ProcessUsage;

/// Started before a child process. On Unix no other child process may be waited for until its end,
/// because the system reports only the sum of all.
#[derive(Clone, Copy, Debug)]
pub struct UsageMeter {
    #[cfg(unix)]
    before: Option<ProcessUsage>,
}

impl UsageMeter {
    /// Starts before the child process is created.
    pub fn start() -> Self {
        Self {
            #[cfg(unix)]
            before: unix::of_children(),
        }
    }

    /// What the child used, after it was waited for; `None` if the system does not report it.
    #[cfg(unix)]
    pub fn end(self) -> Option<ProcessUsage> {
        Some(unix::of_children()?.since(self.before?))
    }

    /// What the child used, after it was waited for; `None` if the system does not report it.
    #[cfg(windows)]
    pub fn end(self, child: std::os::windows::io::BorrowedHandle<'_>) -> Option<ProcessUsage> {
        windows::of_ended(child)
    }
}

#[cfg(all(test, unix))]
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
