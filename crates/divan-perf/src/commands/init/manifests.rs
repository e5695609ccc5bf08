//! Lines that are added to files of the workspace: members, the alias, ignored folders. Everything else
//! in the files stays as it is.

use super::source::{PACKAGE, Source};
use anyhow::{Context as _, Result, bail};
use toml_edit::{Array, DocumentMut, Item, Table, value};

/// The folder and the package of the tasks.
pub(super) const XTASK: &str = "xtask";
/// The alias that starts it.
const ALIAS: &str = "run --package xtask --";
/// The folder of builds, as a line of `.gitignore`.
const TARGET: &str = "/target/";

/// The root's Cargo.toml with the package `xtask` as a member.
pub(super) fn with_member(manifest: &str) -> Result<String> {
    let mut document: DocumentMut = manifest.parse().context("Cargo.toml cannot be parsed")?;
    let workspace = document.entry("workspace").or_insert_with(|| Item::Table(Table::new()));
    let Some(workspace) = workspace.as_table_like_mut() else {
        bail!("`workspace` in Cargo.toml is no table: add the member `{XTASK}` by hand");
    };
    let members = workspace.entry("members").or_insert_with(|| value(Array::new()));
    let Some(members) = members.as_array_mut() else {
        bail!("`workspace.members` in Cargo.toml is no list: add `{XTASK}` by hand");
    };
    let is_member = members.iter().filter_map(toml_edit::Value::as_str).any(|member| {
        // Cargo's patterns are those of a shell. Only `*` covers a folder of the root.
        member == XTASK || member == "*"
    });
    if !is_member {
        push_like_the_last(members, XTASK);
    }
    Ok(document.to_string())
}

/// Adds an entry with the line breaks of the last one.
fn push_like_the_last(list: &mut Array, entry: &str) {
    let prefix = list
        .iter()
        .last()
        .and_then(|last| last.decor().prefix()?.as_str().map(str::to_owned))
        .filter(|prefix| prefix.contains('\n'));
    list.push(entry);
    let index = list.len() - 1;
    if let (Some(prefix), Some(added)) = (prefix, list.get_mut(index)) {
        // A comment belongs to the entry below it.
        let indent = prefix.rsplit('\n').next().unwrap_or_default();
        added.decor_mut().set_prefix(format!("\n{indent}"));
    }
}

/// `.cargo/config.toml` with the alias `xtask`. An alias of that name is kept.
pub(super) fn with_alias(config: &str) -> Result<String> {
    let mut document: DocumentMut =
        config.parse().context(".cargo/config.toml cannot be parsed")?;
    let aliases = document.entry("alias").or_insert_with(|| Item::Table(Table::new()));
    let Some(aliases) = aliases.as_table_like_mut() else {
        bail!("`alias` in .cargo/config.toml is no table: add `xtask = \"{ALIAS}\"` by hand");
    };
    if !aliases.contains_key(XTASK) {
        aliases.insert(XTASK, value(ALIAS));
    }
    Ok(document.to_string())
}

/// `.gitignore` with the folder of builds, which holds reports too.
pub(super) fn with_target(ignored: &str) -> String {
    let is_target = |line: &str| {
        let line = line.trim().trim_start_matches("**/").trim_matches('/');
        line == "target"
    };
    if ignored.lines().any(is_target) {
        return ignored.to_owned();
    }
    let separator = if ignored.is_empty() || ignored.ends_with('\n') { "" } else { "\n" };
    format!("{ignored}{separator}{TARGET}\n")
}

/// The Cargo.toml of the package `xtask`, without the first line.
pub(super) fn xtask_manifest(source: &Source) -> String {
    let dependency = source.dependency();
    format!(
        "[package]\nname = \"{XTASK}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\nclap = {{ version = \"4\", default-features = false, features = [\"derive\", \"std\"] }}\n\
         {PACKAGE} = {dependency}\n"
    )
}

/// The dependency on this package in a manifest.
pub(super) fn own_dependency(manifest: &str) -> Option<toml::Value> {
    let manifest: toml::Table = toml::from_str(manifest).ok()?;
    manifest.get("dependencies")?.get(PACKAGE).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_member_is_added_and_nothing_else_changes() {
        let package = "[package]\nname = \"a\" # kept\n";
        let several = "[workspace]\nmembers = [\n    \"a\",\n    # comment\n    \"b\",\n]\nresolver = \"2\"\n";
        let cases = [
            (package, format!("{package}\n[workspace]\nmembers = [\"xtask\"]\n")),
            (
                "[workspace]\nmembers = [\"a\"]\n",
                "[workspace]\nmembers = [\"a\", \"xtask\"]\n".to_owned(),
            ),
            (several, several.replace("\"b\",\n", "\"b\",\n    \"xtask\",\n")),
            (
                "[workspace]\nresolver = \"2\"\n",
                "[workspace]\nresolver = \"2\"\nmembers = [\"xtask\"]\n".to_owned(),
            ),
            (
                "[workspace]\nmembers = [\"xtask\", \"a\"]\n",
                "[workspace]\nmembers = [\"xtask\", \"a\"]\n".to_owned(),
            ),
            (
                "workspace = { members = [\"*\"] }\n",
                "workspace = { members = [\"*\"] }\n".to_owned(),
            ),
        ];
        for (manifest, expected) in cases {
            let changed = with_member(manifest).unwrap();
            assert_eq!(changed, expected);
            assert_eq!(with_member(&changed).unwrap(), expected, "the second time");
        }
        assert!(with_member("workspace = 1").is_err());
        assert!(with_member("[workspace]\nmembers = 1").is_err());
        assert!(with_member("[").is_err());
    }

    #[test]
    fn the_alias_is_added_once_and_never_replaced() {
        let own = "[alias]\nxtask = \"run -p tasks --\"\n";
        let cases = [
            ("", "[alias]\nxtask = \"run --package xtask --\"\n"),
            (
                "[build]\njobs = 2\n",
                "[build]\njobs = 2\n\n[alias]\nxtask = \"run --package xtask --\"\n",
            ),
            (
                "[alias]\nb = \"build\"\n",
                "[alias]\nb = \"build\"\nxtask = \"run --package xtask --\"\n",
            ),
            (own, own),
        ];
        for (config, expected) in cases {
            assert_eq!(with_alias(config).unwrap(), expected);
            assert_eq!(with_alias(expected).unwrap(), expected);
        }
        assert!(with_alias("alias = 1").is_err());
    }

    #[test]
    fn builds_are_ignored_once() {
        let cases = [
            ("", "/target/\n"),
            ("*.swp", "*.swp\n/target/\n"),
            ("target\n", "target\n"),
            ("/target\n", "/target\n"),
            ("**/target/\n", "**/target/\n"),
            ("targets\n", "targets\n/target/\n"),
        ];
        for (ignored, expected) in cases {
            assert_eq!(with_target(ignored), expected);
            assert_eq!(with_target(expected), expected);
        }
    }

    #[test]
    fn the_manifest_of_the_tasks_names_its_source() {
        let source = Source::Git { url: "https://example.org/perf".to_owned(), rev: None };
        let manifest = xtask_manifest(&source);
        let dependency = own_dependency(&manifest).unwrap();
        assert_eq!(Source::of_dependency(&dependency), source);
        assert_eq!(own_dependency("[dependencies]\nclap = \"4\"\n"), None);
    }
}
