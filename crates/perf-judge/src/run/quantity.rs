//! What is counted of a benchmark beside its times.

use crate::unit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A quantity per iteration, or per launch if its name contains that word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quantity {
    /// Executed instructions of the timed section, of all threads, without the kernel.
    Instructions,
    /// New blocks of memory.
    AllocCount,
    /// Their bytes.
    AllocBytes,
    /// The largest increase of the live bytes in an iteration.
    AllocPeakBytes,
    /// Page faults that read nothing from disk.
    MinorFaults,
    /// Page faults that read from disk.
    MajorFaults,
    /// Processor time in the program, in ns.
    UserNs,
    /// Processor time in the kernel, in ns.
    SystemNs,
    /// Context switches because the process waited.
    VoluntarySwitches,
    /// Context switches because another process ran.
    InvoluntarySwitches,
    /// Reads and writes of data.
    DataAccesses,
    /// Those that a simulated first-level data cache does not hold.
    L1DataMisses,
    /// Accesses to data and instructions that a simulated last-level cache does not hold.
    LastLevelMisses,
    /// Branches and indirect jumps that a simulated processor predicts wrongly.
    BranchMispredictions,
    /// Processor time of a whole launch in the program, in ns. This and the following ones replace the
    /// quantities of an iteration where the samples of a launch cannot be distinguished from its start-up.
    LaunchUserNs,
    /// Processor time of a whole launch in the kernel, in ns.
    LaunchSystemNs,
    /// Page faults of a whole launch.
    LaunchFaults,
    /// Context switches of a whole launch.
    LaunchSwitches,
}

/// Values of quantities.
pub type Quantities = BTreeMap<Quantity, f64>;

impl Quantity {
    /// All quantities, in the order of reports.
    pub const ALL: [Self; 18] = [
        Self::Instructions,
        Self::AllocCount,
        Self::AllocBytes,
        Self::AllocPeakBytes,
        Self::MinorFaults,
        Self::MajorFaults,
        Self::UserNs,
        Self::SystemNs,
        Self::VoluntarySwitches,
        Self::InvoluntarySwitches,
        Self::DataAccesses,
        Self::L1DataMisses,
        Self::LastLevelMisses,
        Self::BranchMispredictions,
        Self::LaunchUserNs,
        Self::LaunchSystemNs,
        Self::LaunchFaults,
        Self::LaunchSwitches,
    ];

    /// The quantities that runs record: all but the simulated ones, which only changed benchmarks have.
    pub fn recorded() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|quantity| !quantity.is_simulated())
    }

    /// Its name in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::AllocCount => "alloc_count",
            Self::AllocBytes => "alloc_bytes",
            Self::AllocPeakBytes => "alloc_peak_bytes",
            Self::MinorFaults => "minor_faults",
            Self::MajorFaults => "major_faults",
            Self::UserNs => "user_ns",
            Self::SystemNs => "system_ns",
            Self::VoluntarySwitches => "voluntary_switches",
            Self::InvoluntarySwitches => "involuntary_switches",
            Self::DataAccesses => "data_accesses",
            Self::L1DataMisses => "l1_data_misses",
            Self::LastLevelMisses => "last_level_misses",
            Self::BranchMispredictions => "branch_mispredictions",
            Self::LaunchUserNs => "launch_user_ns",
            Self::LaunchSystemNs => "launch_system_ns",
            Self::LaunchFaults => "launch_faults",
            Self::LaunchSwitches => "launch_switches",
        }
    }

    /// A value with its unit.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::AllocBytes | Self::AllocPeakBytes => unit::bytes(value),
            Self::UserNs | Self::SystemNs | Self::LaunchUserNs | Self::LaunchSystemNs => {
                unit::time(value)
            }
            _ => unit::count(value),
        }
    }

    /// Whether the value of one build is nearly the same in every process, whatever the load.
    pub fn repeats(self) -> bool {
        matches!(
            self,
            Self::Instructions | Self::AllocCount | Self::AllocBytes | Self::AllocPeakBytes
        )
    }

    /// Whether it is an event of a simulated processor.
    pub fn is_simulated(self) -> bool {
        matches!(
            self,
            Self::DataAccesses
                | Self::L1DataMisses
                | Self::LastLevelMisses
                | Self::BranchMispredictions
        )
    }

    /// The unit of its values: `count`, `bytes` or `ns`.
    pub fn unit(self) -> &'static str {
        match self {
            Self::AllocBytes | Self::AllocPeakBytes => "bytes",
            Self::UserNs | Self::SystemNs | Self::LaunchUserNs | Self::LaunchSystemNs => "ns",
            Self::Instructions
            | Self::AllocCount
            | Self::MinorFaults
            | Self::MajorFaults
            | Self::VoluntarySwitches
            | Self::InvoluntarySwitches
            | Self::DataAccesses
            | Self::L1DataMisses
            | Self::LastLevelMisses
            | Self::BranchMispredictions
            | Self::LaunchFaults
            | Self::LaunchSwitches => "count",
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instructions => "instructions",
            Self::AllocCount => "allocations",
            Self::AllocBytes => "allocated bytes",
            Self::AllocPeakBytes => "peak of live bytes",
            Self::MinorFaults => "page faults",
            Self::MajorFaults => "page faults from disk",
            Self::UserNs => "user time",
            Self::SystemNs => "kernel time",
            Self::VoluntarySwitches => "voluntary context switches",
            Self::InvoluntarySwitches => "involuntary context switches",
            Self::DataAccesses => "data accesses",
            Self::L1DataMisses => "first-level data misses",
            Self::LastLevelMisses => "last-level misses",
            Self::BranchMispredictions => "branch mispredictions",
            Self::LaunchUserNs => "user time per launch",
            Self::LaunchSystemNs => "kernel time per launch",
            Self::LaunchFaults => "page faults per launch",
            Self::LaunchSwitches => "context switches per launch",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_names_in_files() {
        for quantity in Quantity::ALL {
            let written = serde_json::to_string(&quantity).unwrap();
            assert_eq!(written, format!("\"{}\"", quantity.key()));
        }
    }

    #[test]
    fn values_are_shown_in_their_units() {
        let shown = |quantity: Quantity| format!("{} {}", quantity.unit(), quantity.show(2500.0));
        assert_eq!(shown(Quantity::Instructions), "count 2500");
        assert_eq!(shown(Quantity::AllocPeakBytes), "bytes 2.500 kB");
        assert_eq!(shown(Quantity::SystemNs), "ns 2.500 µs");
    }
}
