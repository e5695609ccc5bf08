//! Captured trees and tables of older versions of Divan and of codspeed-divan-compat.

use std::collections::BTreeSet;

use crate::{AllocKind, Cell, RateKind, Row, Table, parse_table, parse_tree};

/// The captured tree and the table of a run of each benchmark once.
macro_rules! captured {
    ($version:literal) => {
        Captured {
            version: $version,
            tree: include_str!(concat!("../../../fixtures/divan/", $version, ".tree")),
            table: include_str!(concat!("../../../fixtures/divan/", $version, ".out")),
        }
    };
}

struct Captured {
    version: &'static str,
    tree: &'static str,
    table: &'static str,
}

const WITHOUT_ARGUMENTS: Captured = captured!("0.1.0");
const WITH_ARGUMENTS: [Captured; 4] =
    [captured!("0.1.11"), captured!("0.1.17"), captured!("0.1.18"), captured!("codspeed-5.0.3")];

impl Captured {
    /// The table, and the names that `--exact` runs.
    fn read(&self) -> (Table, Vec<String>) {
        let table = parse_table(self.table, "");
        assert_eq!(table.problems, [], "{}", self.version);
        let mut functions = parse_tree(self.tree, "b");
        let ignored = table.ignored();
        assert!(ignored.contains("b::ignored"), "{}: {ignored:?}", self.version);
        functions.retain(|function| !ignored.contains(function));
        let names = table.listed_names(&functions, &BTreeSet::new());
        (table, names)
    }
}

#[test]
fn consts_and_types_are_in_the_tree_of_every_version() {
    let (_, names) = WITHOUT_ARGUMENTS.read();
    let expected = [
        "b::plain",
        "b::renamed fn",
        "b::threaded",
        "b::consted::1",
        "b::consted::20",
        "b::inner::nested",
        "b::typed::String",
        "b::typed::u8",
    ];
    assert_eq!(names, expected);
}

#[test]
fn arguments_are_found_in_the_table() {
    let expected = [
        "b::allocates",
        "b::counted",
        "b::plain",
        "b::renamed fn",
        "b::str_args::",
        "b::str_args::a b",
        "b::str_args::x::y",
        "b::threaded",
        "b::threaded_args::3",
        "b::with_args::1",
        "b::with_args::2",
        "b::with_args::30",
        "b::inner::nested",
        "b::typed::String::4",
        "b::typed::String::8",
        "b::typed::Vec<u8>::4",
        "b::typed::Vec<u8>::8",
    ];
    for captured in WITH_ARGUMENTS {
        let (_, names) = captured.read();
        assert_eq!(names, expected, "{}", captured.version);
    }
}

#[test]
fn every_name_has_rows_with_numbers() {
    for captured in WITH_ARGUMENTS.into_iter().chain([WITHOUT_ARGUMENTS]) {
        let (table, names) = captured.read();
        for name in names {
            let mut rows = table.clone();
            rows.keep_rows_of(&name);
            let is_done = |row: &Row| row.figures().is_some_and(|figures| figures.iters > 0);
            assert!(!rows.rows.is_empty(), "{}: {name}", captured.version);
            assert!(rows.rows.iter().all(is_done), "{}: {name}", captured.version);
        }
    }
}

#[test]
fn counters_and_allocations_of_older_versions_are_read() {
    for captured in WITH_ARGUMENTS {
        let (table, _) = captured.read();
        let figures = |name: &str| {
            let row = table.rows.iter().find(|row| row.path.join("::") == name).unwrap();
            row.figures().unwrap()
        };
        let kinds: Vec<RateKind> =
            figures("b::counted").rates.iter().map(|rate| rate.kind).collect();
        assert_eq!(kinds, [RateKind::Bytes, RateKind::Items], "{}", captured.version);
        let allocs = &figures("b::allocates").allocs;
        let alloc = allocs.iter().find(|alloc| alloc.kind == AllocKind::Alloc).unwrap();
        assert_eq!(alloc.count.mean, Cell { value: 11.0, ulp: 0.01 }, "{}", captured.version);
        assert_eq!(alloc.bytes.mean, Cell { value: 250.0, ulp: 0.1 }, "{}", captured.version);
    }
}
