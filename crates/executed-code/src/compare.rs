//! Compares what two builds executed.

use crate::fingerprint::{Fingerprint, FunctionPrint, LibraryPrint};
use crate::unprovable::Unprovable;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Whether two builds executed the same code in a benchmark.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// The same functions with the same machine code and the same data were executed, equally often.
    Same(Proof),
    /// Something differs. It may matter or not.
    Different(Vec<Difference>),
    /// The two cannot be compared.
    Unknown(Unprovable),
}

/// What was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The number of executed functions of the executable. Equal ones of the same name are one.
    pub functions: usize,
    /// The executed instructions of the base, those in shared libraries included.
    pub instructions: u64,
    /// The number of functions with equal code and data whose panic locations have other lines. Such
    /// lines are read where a panic is reported, and by `Location::caller`.
    pub moved_lines: usize,
}

/// One of the two builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The reference.
    Base,
    /// The judged build.
    Head,
}

/// What differs between two builds. Names come from the executables: escape them where they are shown.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// Only one side executed the function.
    OnlyIn(Side, String),
    /// The machine code of the function differs.
    Code(String),
    /// Constants or static data that the function uses differ.
    Data(String),
    /// The instructions of a function or library differ by more than the tolerance.
    Instructions {
        /// The function or the path of the library.
        name: String,
        /// Executed instructions of the base.
        base: u64,
        /// Executed instructions of the head.
        head: u64,
    },
    /// Only one side executed code of this library, or the file differs.
    Library(Side, String),
}

impl Difference {
    /// Whether the executed instructions of a shared library differ, and the library is the same.
    pub fn is_in_a_library(&self) -> bool {
        // Libraries have absolute paths, and functions have names.
        matches!(self, Self::Instructions { name, .. } if name.starts_with('/'))
    }
}

/// Compares what two builds executed in one sample of the same size.
///
/// `tolerance` is the spread of repeated counts of one build, as a share of their median. The counts of
/// each function, and of all, may differ by this share of the benchmark's instructions. 0 allows no
/// difference.
pub fn compare(base: &Fingerprint, head: &Fingerprint, tolerance: f64) -> Comparison {
    if base.version != head.version {
        return Comparison::Unknown(Unprovable::Versions(base.version, head.version));
    }
    let instructions = base.instructions();
    let mut comparer = Comparer {
        slack: instructions as f64 * tolerance.max(0.0),
        moved_lines: 0,
        differences: Vec::new(),
    };
    comparer.functions(base, head);
    comparer.libraries(base, head);
    if comparer.differences.is_empty() {
        comparer.instructions("all code", instructions, head.instructions());
    }
    if !comparer.differences.is_empty() {
        return Comparison::Different(comparer.differences);
    }
    let (functions, moved_lines) = (base.functions.len(), comparer.moved_lines);
    Comparison::Same(Proof { functions, instructions, moved_lines })
}

/// What was found so far.
struct Comparer {
    /// The number of instructions by which equal code may differ.
    slack: f64,
    moved_lines: usize,
    differences: Vec<Difference>,
}

impl Comparer {
    fn functions(&mut self, base: &Fingerprint, head: &Fingerprint) {
        let all = [base, head].into_iter().flat_map(|side| &side.functions);
        let names: BTreeSet<&str> = all.map(|function| function.name.as_str()).collect();
        let (base, head) = (by_name(base), by_name(head));
        for name in names {
            let base = base.get(name).cloned().unwrap_or_default();
            let head = head.get(name).cloned().unwrap_or_default();
            self.namesakes(name, base, head);
        }
    }

    /// Matches functions of one name by their code and data.
    fn namesakes(&mut self, name: &str, base: Namesakes<'_>, mut head: Namesakes<'_>) {
        let mut unmatched = Vec::new();
        for function in base {
            let matches =
                |other: &&FunctionPrint| other.code == function.code && other.data == function.data;
            let Some(index) = head.iter().position(matches) else {
                unmatched.push(function);
                continue;
            };
            let other = head.swap_remove(index);
            self.moved_lines += usize::from(other.lines != function.lines);
            self.instructions(name, function.instructions, other.instructions);
        }
        self.differences.extend(unmatched_difference(name, &unmatched, &head));
    }

    fn libraries(&mut self, base: &Fingerprint, head: &Fingerprint) {
        for library in &base.libraries {
            match same_library(head, library) {
                Some(other) => {
                    self.instructions(&library.path, library.instructions, other.instructions);
                }
                None => {
                    self.differences.push(Difference::Library(Side::Base, library.path.clone()))
                }
            }
        }
        let only_head =
            head.libraries.iter().filter(|library| same_library(base, library).is_none());
        let difference =
            |library: &LibraryPrint| Difference::Library(Side::Head, library.path.clone());
        self.differences.extend(only_head.map(difference));
    }

    fn instructions(&mut self, name: &str, base: u64, head: u64) {
        if base.abs_diff(head) as f64 > self.slack {
            let name = name.to_owned();
            self.differences.push(Difference::Instructions { name, base, head });
        }
    }
}

/// The executed functions of one name.
type Namesakes<'a> = Vec<&'a FunctionPrint>;

fn by_name(print: &Fingerprint) -> BTreeMap<&str, Namesakes<'_>> {
    let mut names: BTreeMap<&str, Namesakes<'_>> = BTreeMap::new();
    for function in &print.functions {
        names.entry(&function.name).or_default().push(function);
    }
    names
}

fn unmatched_difference(
    name: &str,
    base: &[&FunctionPrint],
    head: &[&FunctionPrint],
) -> Option<Difference> {
    let codes = |side: &[&FunctionPrint]| -> BTreeSet<String> {
        side.iter().map(|function| function.code.clone()).collect()
    };
    let name = name.to_owned();
    match (base, head) {
        ([], []) => None,
        (_, []) => Some(Difference::OnlyIn(Side::Base, name)),
        ([], _) => Some(Difference::OnlyIn(Side::Head, name)),
        _ if codes(base) == codes(head) => Some(Difference::Data(name)),
        _ => Some(Difference::Code(name)),
    }
}

fn same_library<'a>(print: &'a Fingerprint, library: &LibraryPrint) -> Option<&'a LibraryPrint> {
    print.libraries.iter().find(|other| other.digest == library.digest)
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same(proof) => proof.fmt(f),
            Self::Different(differences) => {
                let shown: Vec<String> =
                    differences.iter().take(SHOWN).map(ToString::to_string).collect();
                f.write_str(&shown.join("; "))?;
                match differences.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, "; and {more} more differences"),
                }
            }
            Self::Unknown(reason) => reason.fmt(f),
        }
    }
}

/// The number of differences in a message.
const SHOWN: usize = 3;

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { functions, instructions, moved_lines } = self;
        write!(f, "same executed code: {functions} functions, {instructions} instructions")?;
        match moved_lines {
            0 => Ok(()),
            _ => write!(f, ", lines of panic messages moved in {moved_lines}"),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "base",
            Self::Head => "head",
        })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnlyIn(side, name) => write!(f, "only the {side} executed {name}"),
            Self::Code(name) => write!(f, "the machine code of {name} differs"),
            Self::Data(name) => write!(f, "data that {name} uses differ"),
            Self::Instructions { name, base, head } => {
                write!(f, "{name} executed {base} instructions in the base and {head} in the head")
            }
            Self::Library(side, path) => {
                write!(f, "only the {side} executed code of this version of {path}")
            }
        }
    }
}
