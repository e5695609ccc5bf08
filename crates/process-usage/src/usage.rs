//! The resources of a process.

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

    /// What was used since `before`.
    #[cfg(unix)]
    pub(crate) fn since(self, before: Self) -> Self {
        let switches = self.context_switches.zip(before.context_switches);
        Self {
            user_ns: self.user_ns.saturating_sub(before.user_ns),
            system_ns: self.system_ns.saturating_sub(before.system_ns),
            page_faults: self.page_faults.saturating_sub(before.page_faults),
            context_switches: switches.map(|(now, before)| now.saturating_sub(before)),
        }
    }
}
