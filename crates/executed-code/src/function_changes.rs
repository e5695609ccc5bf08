//! Which functions execute more or fewer instructions in another build.

use crate::fingerprint::{Fingerprint, file_name};
use std::collections::{BTreeMap, BTreeSet};

/// A function that executes another number of instructions in the head. Names come from the executables:
/// escape them where they are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionChange {
    /// The name in the head, or in the base if the head does not execute it. All instances of a generic
    /// function have one name. A shared library is one function with the name of its file.
    pub name: String,
    /// The name in the base, if another function of the head has the same code.
    pub former_name: Option<String>,
    /// Instructions per iteration of the base, without those of called functions; 0 if the base does not
    /// execute it.
    pub base: f64,
    /// The same of the head.
    pub head: f64,
}

/// The smallest difference that is one, as a share of the instructions of the base.
const LEAST_SHARE: f64 = 0.001;

/// The functions whose executed instructions differ, the largest difference first.
///
/// `iterations` are those of the two samples, of base and head.
pub fn function_changes(
    base: &Fingerprint,
    head: &Fingerprint,
    iterations: [u32; 2],
) -> Vec<FunctionChange> {
    let least = base.instructions() as f64 / f64::from(iterations[0]) * LEAST_SHARE;
    let (mut base, head) = (by_name(base, iterations[0]), by_name(head, iterations[1]));
    let former_names = renamed(&base, &head);
    let mut changes = Vec::new();
    for (name, function) in head {
        let former_name = former_names.get(&name).cloned();
        let before = base.remove(former_name.as_ref().unwrap_or(&name));
        let base = before.map_or(0.0, |before| before.instructions);
        changes.push(FunctionChange { name, former_name, base, head: function.instructions });
    }
    changes.extend(base.into_iter().map(|(name, function)| FunctionChange {
        name,
        former_name: None,
        base: function.instructions,
        head: 0.0,
    }));
    changes.retain(|change| change.difference() > least);
    changes.sort_by(|one, other| other.difference().total_cmp(&one.difference()));
    changes
}

impl FunctionChange {
    fn difference(&self) -> f64 {
        (self.head - self.base).abs()
    }
}

/// All instances of a function.
#[derive(Default)]
struct Instances {
    codes: BTreeSet<String>,
    /// Instructions per iteration.
    instructions: f64,
}

fn by_name(print: &Fingerprint, iterations: u32) -> BTreeMap<String, Instances> {
    let mut names: BTreeMap<String, Instances> = BTreeMap::new();
    let functions = print
        .functions
        .iter()
        .map(|function| (plain_name(&function.name), &function.code, function.instructions));
    let libraries = print.libraries.iter().map(|library| {
        (file_name(&library.path).to_owned(), &library.digest, library.instructions)
    });
    for (name, code, instructions) in functions.chain(libraries) {
        let instances = names.entry(name).or_default();
        instances.codes.insert(code.clone());
        instances.instructions += instructions as f64 / f64::from(iterations);
    }
    names
}

/// The names in the base by those in the head, of functions that only one side has under their name. They
/// are the same function if no other one has their code.
fn renamed(
    base: &BTreeMap<String, Instances>,
    head: &BTreeMap<String, Instances>,
) -> BTreeMap<String, String> {
    let (former, new) = (only_in(base, head), only_in(head, base));
    let pairs = new.into_iter().filter_map(|(codes, new)| {
        let former = former.get(codes)?.as_ref()?;
        Some((new?.clone(), (*former).clone()))
    });
    pairs.collect()
}

/// The functions of `side` that `other` does not have, by their code; `None` where several have it.
fn only_in<'a>(
    side: &'a BTreeMap<String, Instances>,
    other: &BTreeMap<String, Instances>,
) -> BTreeMap<&'a BTreeSet<String>, Option<&'a String>> {
    let mut found = BTreeMap::new();
    for (name, instances) in side.iter().filter(|(name, _)| !other.contains_key(*name)) {
        let known = found.entry(&instances.codes).or_insert(Some(name));
        *known = known.filter(|known| *known == name);
    }
    found
}

/// The name of a function without its generic arguments: `a::f::<u8>` and `a::f::<u16>` are both `a::f`.
pub fn plain_name(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(start) = rest.find("::<") {
        let Some(length) = closing(&rest[start + 2..]) else { break };
        kept += &rest[..start];
        rest = &rest[start + 2 + length..];
    }
    kept + rest
}

/// The length of `text` to the bracket that closes its first one. The arrow of `fn() -> T` closes none.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '<' => depth += 1,
            '>' if before != '-' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at + character.len_utf8());
        }
        before = character;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::{FunctionPrint, LibraryPrint};

    fn print(functions: &[(&str, &str, u64)], library: u64) -> Fingerprint {
        let function = |(name, code, instructions): &(&str, &str, u64)| FunctionPrint {
            name: (*name).to_owned(),
            code: (*code).to_owned(),
            data: String::new(),
            lines: BTreeSet::new(),
            instructions: *instructions,
        };
        let library = LibraryPrint {
            digest: "same".to_owned(),
            path: "/lib/libc.so.6".to_owned(),
            instructions: library,
        };
        Fingerprint::for_tests(functions.iter().map(function).collect(), vec![library])
    }

    fn changes(
        base: &[(&str, &str, u64)],
        head: &[(&str, &str, u64)],
    ) -> Vec<(String, Option<String>, f64, f64)> {
        let changes = function_changes(&print(base, 100), &print(head, 100), [10, 10]);
        changes.into_iter().map(|c| (c.name, c.former_name, c.base, c.head)).collect()
    }

    fn row(
        name: &str,
        former: Option<&str>,
        base: f64,
        head: f64,
    ) -> (String, Option<String>, f64, f64) {
        (name.to_owned(), former.map(str::to_owned), base, head)
    }

    #[test]
    fn the_largest_difference_per_iteration_is_first() {
        let base = [("a::f", "1", 100), ("a::g", "2", 900), ("a::same", "3", 40)];
        let head = [("a::f", "4", 300), ("a::new", "5", 50), ("a::same", "3", 40)];
        let expected = [
            row("a::g", None, 90.0, 0.0),
            row("a::f", None, 10.0, 30.0),
            row("a::new", None, 0.0, 5.0),
        ];
        assert_eq!(changes(&base, &head), expected);
    }

    #[test]
    fn samples_of_different_sizes_are_compared_per_iteration() {
        let (base, head) = (print(&[("f", "1", 100)], 10), print(&[("f", "1", 200)], 30));
        let changes = function_changes(&base, &head, [10, 20]);
        let library = FunctionChange {
            name: "libc.so.6".to_owned(),
            former_name: None,
            base: 1.0,
            head: 1.5,
        };
        assert_eq!(changes, [library]);
    }

    #[test]
    fn instances_of_a_generic_function_are_one() {
        let base = [("a::f::<u8>", "1", 100), ("a::f::<fn() -> b::C<u8>>", "2", 100)];
        let head = [("a::f::<[u8; 3]>", "3", 250)];
        assert_eq!(changes(&base, &head), [row("a::f", None, 20.0, 25.0)]);
    }

    #[test]
    fn a_renamed_function_keeps_its_code() {
        let base = [("old::f", "1", 100), ("old::g", "2", 100), ("old::h", "2", 100)];
        let head = [("new::f", "1", 300), ("new::g", "2", 100), ("b::same", "4", 1)];
        let expected = [
            // Two functions of the base have the code of `new::g`.
            row("new::f", Some("old::f"), 10.0, 30.0),
            row("new::g", None, 0.0, 10.0),
            row("old::g", None, 10.0, 0.0),
            row("old::h", None, 10.0, 0.0),
            row("b::same", None, 0.0, 0.1),
        ];
        assert_eq!(changes(&base, &head), expected);
    }

    #[test]
    fn generic_arguments_are_left_out_of_names() {
        let cases = [
            ("a::f", "a::f"),
            ("a::f::<u8>", "a::f"),
            ("a::f::<b::C<u8>>::{closure#0}", "a::f::{closure#0}"),
            ("<a::V<u8> as b::T>::f::<fn(u8) -> u8, c::D>", "<a::V<u8> as b::T>::f"),
            ("a::f::<u8", "a::f::<u8"),
            ("core::ptr::drop_in_place::<<a::B as c::D>::E>", "core::ptr::drop_in_place"),
            ("", ""),
        ];
        for (name, expected) in cases {
            assert_eq!(plain_name(name), expected, "{name}");
        }
    }
}
