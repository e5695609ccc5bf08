//! Why nothing can be proved about a benchmark.

use serde::{Deserialize, Serialize};

/// Why the executed code of a benchmark has no fingerprint. Names come from the executable: escape
/// them where they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unprovable {
    /// The executable is not one that this crate can read, with what it is.
    #[error("executed code is only compared in ELF executables for x86-64, and this is {0}")]
    Unsupported(String),
    /// The executable contradicts its format, with the part.
    #[error("the executable has an invalid {0}. Build it again")]
    Malformed(String),
    /// The instructions contain absolute addresses.
    #[error(
        "the executable has a fixed address. Remove `relocation-model` and `no-pie` from the flags"
    )]
    FixedAddress,
    /// The executable has no names of functions.
    #[error("the executable has no symbols. Set `strip = \"none\"` in its profile")]
    NoSymbols,
    /// The loader changes instructions, or the program may.
    #[error("its code is writable, so the file does not show what was executed")]
    WritableCode,
    /// An instruction outside all functions was executed.
    #[error("it executed code without a symbol at {0:#x}")]
    NoSymbolAt(u64),
    /// The function's bytes are not the instructions that were executed.
    #[error("the machine code of {0} cannot be decoded")]
    Undecodable(String),
    /// Code outside the known files was executed.
    #[error("it executed code of {0}, which is no known file: generated code or a loaded library")]
    UnknownObject(String),
    /// A panic was caught; the unwinder reads tables that no instruction refers to.
    #[error("it unwinds a panic, which reads tables that are not compared")]
    Unwinding,
    /// Nothing of the executable was executed.
    #[error("no executed instruction of {0} was recorded")]
    NothingExecuted(String),
    /// The two fingerprints were made by different versions of this crate.
    #[error("the fingerprints are of different versions: {0} and {1}")]
    Versions(u32, u32),
}
