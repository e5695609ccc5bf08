//! What a benchmark executed, in a form that is compared without the executable.

use crate::elf;
use crate::executed::Executed;
use crate::extent::Extents;
use crate::function::{FunctionDigest, function_digest};
use crate::image::{Image, Named};
use crate::targets::{STUB, Targets};
use crate::unprovable::Unprovable;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An executable, read once for all its benchmarks.
#[derive(Debug)]
pub struct Executable<'a> {
    image: Image<'a>,
    extents: Extents,
}

/// The files whose code a benchmark may execute.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The path of the executable, as in the list of executed instructions.
    pub executable: &'a str,
    /// Digests of shared libraries by path. The caller has read them at the time of the execution.
    pub libraries: &'a BTreeMap<String, String>,
}

/// What a benchmark executed in one sample. It does not depend on addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The version of the digests. Those of different versions cannot be compared.
    pub(crate) version: u32,
    /// Executed functions, ordered by name and digests.
    pub(crate) functions: Vec<FunctionPrint>,
    /// Shared libraries with executed code, ordered by digest.
    pub(crate) libraries: Vec<LibraryPrint>,
}

/// An executed function. Copies with the same code and data are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FunctionPrint {
    pub(crate) name: String,
    pub(crate) code: String,
    pub(crate) data: String,
    /// Digests of the lines and columns in panic locations, one for each copy that has any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) lines: BTreeSet<String>,
    /// Executed instructions of the function itself, without those of functions that it called.
    pub(crate) instructions: u64,
}

/// A shared library with executed code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct LibraryPrint {
    pub(crate) digest: String,
    pub(crate) path: String,
    /// Executed instructions in the library.
    pub(crate) instructions: u64,
}

/// Grows with every change of what is in a digest.
const VERSION: u32 = 1;

impl<'a> Executable<'a> {
    /// Reads an executable, of which `bytes` is the content.
    ///
    /// # Errors
    ///
    /// Why nothing can be proved with this kind of executable.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Unprovable> {
        let image = elf::parse(bytes)?;
        let extents = Extents::of(&image);
        Ok(Self { image, extents })
    }

    /// The function at an address. Stubs of the linker have no symbols.
    fn function_at(&self, address: u64) -> Option<Named> {
        if let Some(function) = self.image.function_at(address) {
            return Some(function.clone());
        }
        let section = self.image.section_at(address)?;
        let start = address - (address - section.range.start) % STUB;
        let range = start..section.range.end.min(start + STUB);
        let is_stub = section.name.starts_with(".plt");
        is_stub.then(|| Named { range, name: format!("linker stub in {}", section.name) })
    }

    /// The functions that contain executed addresses, with their executed instructions.
    fn functions(&self, executed: &BTreeMap<u64, u64>) -> Result<Vec<(Named, u64)>, Unprovable> {
        let mut functions: Vec<(Named, u64)> = Vec::new();
        for (&address, &executions) in executed {
            match functions.last_mut() {
                Some((function, sum)) if function.range.contains(&address) => {
                    *sum = sum.saturating_add(executions);
                }
                _ => {
                    let found = self.function_at(address);
                    functions.push((found.ok_or(Unprovable::NoSymbolAt(address))?, executions));
                }
            }
        }
        Ok(functions)
    }
}

impl Fingerprint {
    /// Makes the fingerprint of a benchmark from its executed instructions.
    ///
    /// # Errors
    ///
    /// Why the executed code cannot be compared with any other.
    pub fn of(
        executable: &Executable<'_>,
        files: Files<'_>,
        executed: &Executed,
    ) -> Result<Self, Unprovable> {
        let nothing = || Unprovable::NothingExecuted(files.executable.to_owned());
        let mut functions = None;
        let mut libraries = Vec::new();
        for (object, addresses) in executed.objects() {
            if object == files.executable {
                functions = Some(function_prints(executable, addresses)?);
            } else {
                libraries.push(library_print(files, object, addresses)?);
            }
        }
        libraries.sort();
        Ok(Self { version: VERSION, functions: functions.ok_or_else(nothing)?, libraries })
    }

    /// All executed instructions of the sample, those in shared libraries included.
    pub fn instructions(&self) -> u64 {
        let functions = self.functions.iter().map(|function| function.instructions);
        let libraries = self.libraries.iter().map(|library| library.instructions);
        functions.chain(libraries).fold(0, u64::saturating_add)
    }

    #[cfg(test)]
    pub(crate) fn for_tests(functions: Vec<FunctionPrint>, libraries: Vec<LibraryPrint>) -> Self {
        Self { version: VERSION, functions, libraries }
    }
}

fn library_print(
    files: Files<'_>,
    path: &str,
    addresses: &BTreeMap<u64, u64>,
) -> Result<LibraryPrint, Unprovable> {
    if ["libgcc_s", "libunwind"].iter().any(|unwinder| file_name(path).starts_with(unwinder)) {
        return Err(Unprovable::Unwinding);
    }
    let Some(digest) = files.libraries.get(path) else {
        return Err(Unprovable::UnknownObject(path.to_owned()));
    };
    let instructions = addresses.values().fold(0, |sum: u64, more| sum.saturating_add(*more));
    Ok(LibraryPrint { digest: digest.clone(), path: path.to_owned(), instructions })
}

pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn function_prints(
    executable: &Executable<'_>,
    executed: &BTreeMap<u64, u64>,
) -> Result<Vec<FunctionPrint>, Unprovable> {
    let functions = executable.functions(executed)?;
    if functions.iter().any(|(function, _)| function.name.starts_with("_Unwind_")) {
        return Err(Unprovable::Unwinding);
    }
    let named: Vec<Named> = functions.iter().map(|(function, _)| function.clone()).collect();
    let targets = Targets::new(&executable.image, &named);
    let mut prints: BTreeMap<(String, String, String), FunctionPrint> = BTreeMap::new();
    for (function, instructions) in functions {
        let FunctionDigest { code, data, lines } =
            function_digest(&targets, &executable.extents, &function, executed)?;
        let key = (function.name.clone(), code.clone(), data.clone());
        let print = prints.entry(key).or_insert_with(|| FunctionPrint {
            name: function.name,
            code,
            data,
            lines: BTreeSet::new(),
            instructions: 0,
        });
        print.lines.extend(lines);
        print.instructions = print.instructions.saturating_add(instructions);
    }
    Ok(prints.into_values().collect())
}
