//! Names of types: each is unique in its crate, so that a search finds one definition.

use crate::project::root;
use crate::tidy::files_below;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn type_names_are_unique_in_a_crate() {
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let crates = crates.chain([root().join("xtask"), root().join("site-templates")]);
    let sources: Vec<PathBuf> =
        crates.map(|path| path.join("src")).filter(|path| path.is_dir()).collect();
    assert!(sources.len() > 5, "{sources:?}");
    let duplicates: Vec<String> = sources.iter().flat_map(|src| duplicates(src)).collect();
    assert!(duplicates.is_empty(), "rename one of each:\n{}", duplicates.join("\n"));
}

/// The types of a crate whose name has several definitions, with their places.
fn duplicates(src: &Path) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let files = files_below(src).into_iter();
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let text = fs::read_to_string(&file).unwrap();
        let shown = file.strip_prefix(root()).unwrap().display();
        for (line, name) in type_names(&text) {
            places.entry(name).or_default().push(format!("{shown}:{line}"));
        }
    }
    let several = places.into_iter().filter(|(_, places)| places.len() > 1);
    several.map(|(name, places)| format!("{name}: {}", places.join(", "))).collect()
}

/// The lines, from 1, and names of structs, enums, unions, traits and type aliases in formatted
/// code. Associated types are left out: their names are fixed by a trait.
fn type_names(text: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let named = lines.iter().enumerate().filter_map(|(index, line)| {
        let words = line.split_whitespace();
        let mut words = words.skip_while(|word| word.starts_with("pub") || *word == "unsafe");
        let keyword = words.next()?;
        let is_type = ["struct", "enum", "union", "trait", "type"].contains(&keyword);
        if !is_type || keyword == "type" && is_associated(&lines, index) {
            return None;
        }
        let name: String = words.next()?.chars().take_while(|c| c.is_alphanumeric()).collect();
        name.starts_with(char::is_uppercase).then_some((index + 1, name))
    });
    named.collect()
}

/// Whether the line at `index` is directly inside of an `impl` or a `trait`.
fn is_associated(lines: &[&str], index: usize) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(lines[index]);
    let outer = lines[..index].iter().rev().find(|line| {
        let starts_item = line.trim_start().starts_with(char::is_alphabetic);
        indent(line) < own && starts_item && line.trim() != "where"
    });
    outer.is_some_and(|line| {
        line.split_whitespace()
            .any(|word| word == "trait" || word == "impl" || word.starts_with("impl<"))
    })
}

#[test]
fn types_are_found_without_associated_ones() {
    let text = "pub(crate) struct One<T> {\n    type_: T,\n}\n\nimpl Iterator for One<u8>\nwhere\n    u8: Copy,\n{\n    type Item = u8;\n}\n\npub trait Two {\n    type Output;\n}\n\nmod tests {\n    type Case = (u8, u8);\n\n    fn three() {\n        enum Three {\n            A,\n        }\n    }\n}\n";
    let names = type_names(text);
    let names: Vec<(usize, &str)> = names.iter().map(|(line, name)| (*line, &**name)).collect();
    assert_eq!(names, [(1, "One"), (12, "Two"), (17, "Case"), (20, "Three")]);
}
