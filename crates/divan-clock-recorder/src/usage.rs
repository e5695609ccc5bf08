//! Resources that processes used, by `getrusage`.

use std::ffi::{c_int, c_long};

/// libc's `rusage` on Linux.
#[repr(C)]
pub(crate) struct Usage {
    /// User and system time, seconds and microseconds.
    pub(crate) times: [c_long; 4],
    pub(crate) max_rss_kilobytes: c_long,
    /// Unused on Linux.
    sizes: [c_long; 3],
    pub(crate) minor_faults: c_long,
    pub(crate) major_faults: c_long,
    /// Unused on Linux.
    others: [c_long; 6],
    pub(crate) voluntary_switches: c_long,
    pub(crate) involuntary_switches: c_long,
}

/// Whose resources.
#[derive(Clone, Copy)]
pub(crate) enum Who {
    /// This process.
    Own = 0,
    /// The children that it waited for.
    Children = -1,
}

unsafe extern "C" {
    fn getrusage(who: c_int, usage: *mut Usage) -> c_int;
}

impl Usage {
    pub(crate) fn of(who: Who) -> Option<Self> {
        let mut usage = Self {
            times: [0; 4],
            max_rss_kilobytes: 0,
            sizes: [0; 3],
            minor_faults: 0,
            major_faults: 0,
            others: [0; 6],
            voluntary_switches: 0,
            involuntary_switches: 0,
        };
        // SAFETY: `usage` has the layout of libc's `rusage` and can be written.
        let status = unsafe { getrusage(who as c_int, &raw mut usage) };
        (status == 0).then_some(usage)
    }
}
