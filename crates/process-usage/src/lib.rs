//! What an ended child process used, from its start to its end, as far as the system reports it
//! without privileges.
//!
//! | system | source | children of the child |
//! |---|---|---|
//! | Unix | the difference of two `getrusage(RUSAGE_CHILDREN)` | included, if it waited for them |
//! | Windows | `GetProcessTimes` and `GetProcessMemoryInfo` | not included |

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

pub use system::UsageMeter;

/// What a process used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessUsage {
    /// Processor time in the program, in ns.
    pub user_ns: u64,
    /// Processor time in the kernel, in ns.
    pub system_ns: u64,
    /// Page faults, with and without reading from disk.
    pub page_faults: u64,
    /// Context switches, voluntary and involuntary; `None` on Windows.
    pub context_switches: Option<u64>,
}

impl ProcessUsage {
    /// Processor time in ns.
    pub fn cpu_ns(&self) -> u64 {
        self.user_ns + self.system_ns
    }
}
