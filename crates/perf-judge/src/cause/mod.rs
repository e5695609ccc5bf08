//! Likely causes of a change: the counts that explain its direction and a good part of its size.
//!
//! A cause without such a number is not reported. "No count explains it" is an answer, a wrong cause is
//! not.

mod evidence;
mod decide;
mod text;

pub use decide::likely_causes;
pub use evidence::{BuildDifferences, CrateChange, Evidence};

use crate::detect::counts::CountPair;
use crate::run::Quantity;
use serde::{Deserialize, Serialize};

/// A likely cause of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cause {
    /// What kind of cause it is.
    pub kind: CauseKind,
    /// The settings that differ, or the crate with its versions or features. Names come from the repository:
    /// escape them where they are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
    /// The numbers of base and head that explain the change, the most important first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<CauseNumber>,
    /// At most ten functions whose instructions differ, the largest difference first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<FunctionCount>,
}

/// The kinds of causes, the most specific first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CauseKind {
    /// Base and head are built by another compiler or with other settings.
    Build,
    /// Functions of a dependency with another version execute more or fewer instructions.
    Dependency,
    /// The same of a crate that is built with other features.
    Features,
    /// Time without processor time, or more context switches because the process waits.
    Waiting,
    /// Memory that the system maps at its first use.
    PageFaults,
    /// System calls by name.
    SystemCalls,
    /// Processor time in the kernel without more page faults or system calls.
    KernelTime,
    /// The number of new blocks of memory, and their bytes.
    Allocations,
    /// Executed instructions, by function.
    Instructions,
    /// Branches that a simulated processor predicts wrongly, beyond the change of the instructions.
    Branches,
    /// Misses in simulated caches, beyond the change of the instructions.
    Caches,
}

/// A number of base and head per iteration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CauseNumber {
    /// The quantity, or the name of a system call.
    pub name: String,
    /// The unit of both values.
    pub unit: NumberUnit,
    /// The value of the base.
    pub base: f64,
    /// The value of the head.
    pub head: f64,
}

/// The unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberUnit {
    /// Events per iteration.
    Count,
    /// Bytes per iteration.
    Bytes,
    /// Nanoseconds per iteration.
    Ns,
}

/// The instructions of a function per iteration, without those of called functions. Names come from the
/// executables: escape them where they are shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionCount {
    /// The name without generic arguments. A shared library has the name of its file.
    pub name: String,
    /// The name in the base, if another function of the head has the same code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_name: Option<String>,
    /// Instructions of the base; 0 if it does not execute the function.
    pub base: f64,
    /// Instructions of the head; 0 if it does not execute the function.
    pub head: f64,
}

impl Cause {
    fn new(kind: CauseKind, numbers: Vec<CauseNumber>) -> Self {
        Self { kind, subjects: Vec::new(), numbers, functions: Vec::new() }
    }
}

impl CauseNumber {
    fn of(quantity: Quantity, pair: CountPair) -> Self {
        let unit = match quantity.unit() {
            "bytes" => NumberUnit::Bytes,
            "ns" => NumberUnit::Ns,
            _ => NumberUnit::Count,
        };
        Self { name: quantity.to_string(), unit, base: pair.base, head: pair.head }
    }

    fn of_call(name: &str, pair: CountPair) -> Self {
        Self { name: name.to_owned(), unit: NumberUnit::Count, base: pair.base, head: pair.head }
    }

    fn of_time(name: &str, [base, head]: [f64; 2]) -> Self {
        Self { name: name.to_owned(), unit: NumberUnit::Ns, base, head }
    }
}

impl FunctionCount {
    /// Whether it is a function of Divan. The benchmarked code is inlined into it.
    fn has_benchmark(&self) -> bool {
        ["divan::", "codspeed_divan_compat"].iter().any(|start| self.name.starts_with(start))
    }

    fn difference(&self) -> f64 {
        self.head - self.base
    }
}
