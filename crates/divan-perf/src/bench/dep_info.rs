//! The files that an artefact was compiled from, from the dep-info file next to it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The files that `artefact` was compiled from, absolute or relative to the workspace's root. Empty
/// without a dep-info file.
pub(super) fn sources(artefact: &Path) -> BTreeSet<PathBuf> {
    let stem = artefact.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    // A library's dep-info file has the name of the crate, without `lib`.
    let names = [Some(stem), stem.strip_prefix("lib")];
    let lists =
        names.into_iter().flatten().map(|name| artefact.with_file_name(format!("{name}.d")));
    let texts = lists.filter_map(|list| fs::read_to_string(list).ok());
    texts.flat_map(|text| listed(&text)).collect()
}

/// The prerequisites of all rules of a makefile.
fn listed(text: &str) -> Vec<PathBuf> {
    let rules = text.lines().filter(|line| !line.starts_with('#'));
    let sources = rules.filter_map(|rule| rule.split_once(": ")).map(|(_, sources)| sources);
    sources.flat_map(paths).collect()
}

/// Paths that are separated by spaces. A space in a path is escaped by a backslash.
fn paths(sources: &str) -> Vec<PathBuf> {
    let marked = sources.replace("\\ ", "\0");
    marked.split_whitespace().map(|path| PathBuf::from(path.replace('\0', " "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_from_the_list_beside_an_artefact() {
        let dir = tempfile::tempdir().unwrap();
        let rustc = "/t/text-1.d: benches/text.rs src/a\\ b.rs\n\nbenches/text.rs:\nsrc/a\\ b.rs:\n\n# env-dep:X: y\n";
        let cargo = "C:\\t\\tool.exe: C:\\w\\src\\main.rs C:\\w\\src\\lib.rs\n";
        let cases: [(&str, &str, &str, &[&str]); 5] = [
            ("text-1", "text-1.d", rustc, &["benches/text.rs", "src/a b.rs"]),
            ("text-1.exe", "text-1.d", rustc, &["benches/text.rs", "src/a b.rs"]),
            ("libcore-2.rlib", "core-2.d", "x: src/lib.rs\n", &["src/lib.rs"]),
            ("tool.exe", "tool.d", cargo, &["C:\\w\\src\\lib.rs", "C:\\w\\src\\main.rs"]),
            ("text-3", "other.d", rustc, &[]),
        ];
        for (artefact, list, text, expected) in cases {
            let list = dir.path().join(list);
            fs::write(&list, text).unwrap();
            let found: Vec<PathBuf> = sources(&dir.path().join(artefact)).into_iter().collect();
            assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{artefact}");
            fs::remove_file(list).unwrap();
        }
    }
}
