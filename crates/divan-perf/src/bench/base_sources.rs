//! ExternalSources of a base that git does not check out: path dependencies outside of its work tree.
//!
//! A relative path leads from the base's work tree to somewhere else than from the checkout, mostly
//! to nothing. An absolute one leads to files as they are now: in the checkout they are the head's
//! own, elsewhere both sides share them.

use crate::environment;
use crate::files::{TEXT_BYTES, names_below, read_if_there, real};
use anyhow::{Result, bail};
use perf_report::visible;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

/// Why cargo does not tell of a workspace: its messages.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct MetadataError(String);

/// A workspace in a work tree of a repository.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checkout<'a> {
    pub(crate) manifest: &'a Path,
    pub(crate) tree: &'a Path,
}

/// Fails if the base's workspace has path dependencies, members or patches outside of its tree.
/// Returns what it shares with the head by an absolute path, in words.
pub(crate) fn check(base: Checkout<'_>, head: Checkout<'_>) -> Result<Vec<String>> {
    let outside = outside(base)?;
    if outside.is_empty() {
        return Ok(Vec::new());
    }
    let (heads, checkout) = (self::outside(head)?, real(head.tree));
    let is_shared = |outside: &ExternalSource| {
        let path = outside.path.as_ref().filter(|path| !path.starts_with(&checkout));
        path.is_some() && heads.iter().any(|other| other.path.as_ref() == path)
    };
    let (shared, lost): (Vec<ExternalSource>, Vec<ExternalSource>) =
        outside.into_iter().partition(is_shared);
    if lost.is_empty() {
        let note = |shared: ExternalSource| {
            format!("{}: both sides are built with it as it is now", shared.what)
        };
        return Ok(shared.into_iter().map(note).collect());
    }
    let lost: Vec<String> = lost.into_iter().map(|outside| outside.what).collect();
    bail!(
        "{}. What is outside the repository cannot be built as it was when the base was committed: move it into the repository, or measure without --compare",
        lost.join("; ")
    )
}

/// What a workspace uses outside of its tree.
fn outside(place: Checkout<'_>) -> Result<BTreeSet<ExternalSource>> {
    let mut sources = ExternalSources { tree: real(place.tree), outside: BTreeSet::new() };
    sources.add_patches(place.manifest.parent().unwrap_or(place.tree))?;
    match metadata(place.manifest) {
        Ok(workspace) => sources.add_packages(&workspace.packages),
        Err(MetadataError(messages)) => sources.add_missing(&messages)?,
    }
    Ok(sources.outside)
}

/// Asks cargo for a workspace, without what it depends on. It fails where it finds no manifest of
/// a path dependency.
fn metadata(manifest: &Path) -> Result<Metadata, MetadataError> {
    let mut command = Command::new(environment::cargo());
    command.args(["metadata", "--no-deps", "--format-version=1"]);
    let output = command.arg("--manifest-path").arg(manifest).output();
    let output = output.map_err(|error| MetadataError(error.to_string()))?;
    let unreadable = || MetadataError(String::from_utf8_lossy(&output.stderr).into_owned());
    serde_json::from_slice(&output.stdout).map_err(|_| unreadable())
}

/// Something outside of a tree.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ExternalSource {
    /// In words.
    what: String,
    /// Where it is, if something is there.
    path: Option<PathBuf>,
}

struct ExternalSources {
    tree: PathBuf,
    /// What is not in the tree.
    outside: BTreeSet<ExternalSource>,
}

impl ExternalSources {
    /// Reads the packages of a workspace, and at those in the tree that they lead to.
    fn add_packages(&mut self, members: &[Package]) {
        let mut seen: BTreeSet<PathBuf> =
            members.iter().map(|package| real(&package.manifest_path)).collect();
        let mut open: Vec<PathBuf> = Vec::new();
        for package in members {
            open.extend(self.add_package(package, true));
        }
        while let Some(manifest) = open.pop() {
            let manifest = real(&manifest);
            if !seen.insert(manifest.clone()) {
                continue;
            }
            // What cargo cannot read it says itself, as it builds.
            let Ok(other) = metadata(&manifest) else { continue };
            let is_own = |package: &&Package| real(&package.manifest_path) == manifest;
            if let Some(package) = other.packages.iter().find(is_own) {
                open.extend(self.add_package(package, false));
            }
        }
    }

    /// Searches all manifests for dependencies that cargo's messages name as missing.
    fn add_missing(&mut self, messages: &str) -> Result<()> {
        let names = names_below(&self.tree)?;
        let is_manifest = |name: &&String| *name == "Cargo.toml" || name.ends_with("/Cargo.toml");
        for manifest in names.iter().filter(is_manifest) {
            let manifest = self.tree.join(manifest);
            let Some(table) = read_table(&manifest)? else { continue };
            let dir = manifest.parent().unwrap_or(&manifest);
            let package = table.get("package").and_then(|package| package.get("name")?.as_str());
            for (name, path) in dependencies(&table) {
                let is_named = messages.contains(&format!("dependency `{name}`"));
                if is_named && !self.has(&dir.join(path)) {
                    let package = package.unwrap_or("workspace");
                    self.add_dependency(name, &dir.join(path), package, &manifest);
                }
            }
        }
        Ok(())
    }

    /// Reads a package, and returns the manifests of its path dependencies. Cargo passes over
    /// the dev-dependencies of what is no member of the workspace.
    fn add_package(&mut self, package: &Package, is_member: bool) -> Vec<PathBuf> {
        let Package { name, manifest_path, .. } = package;
        if !self.has(manifest_path) {
            self.add(format!("the package `{name}` is outside the repository"), manifest_path);
            return Vec::new();
        }
        let is_used =
            |dependency: &&Dependency| is_member || dependency.kind.as_deref() != Some("dev");
        let mut inside = Vec::new();
        for dependency in package.dependencies.iter().filter(is_used) {
            match &dependency.path {
                Some(path) if self.has(path) => inside.push(path.join("Cargo.toml")),
                Some(path) => self.add_dependency(&dependency.name, path, name, manifest_path),
                None => {}
            }
        }
        inside
    }

    fn add(&mut self, what: String, path: &Path) {
        let path = path.exists().then(|| real(path));
        self.outside.insert(ExternalSource { what, path });
    }

    fn add_dependency(&mut self, name: &str, path: &Path, package: &str, manifest: &Path) {
        let (name, package) = (visible(name), visible(package));
        let place = self.shown(manifest);
        let what = format!(
            "`{name}`, a path dependency of the package `{package}` ({place}), is outside the repository"
        );
        self.add(what, path);
    }

    /// Reads the patches of a workspace: in its manifest, and in cargo's configuration.
    fn add_patches(&mut self, root: &Path) -> Result<()> {
        let root = real(root);
        self.add_patches_in(&root.join("Cargo.toml"), &root)?;
        let dirs = root.ancestors().filter(|dir| self.has(dir)).collect::<Vec<_>>();
        for dir in dirs {
            for name in [".cargo/config.toml", ".cargo/config"] {
                self.add_patches_in(&dir.join(name), dir)?;
            }
        }
        Ok(())
    }

    fn add_patches_in(&mut self, file: &Path, dir: &Path) -> Result<()> {
        let Some(table) = read_table(file)? else { return Ok(()) };
        for path in patches(&table) {
            let replaced = dir.join(path);
            if !self.has(&replaced) {
                let (path, place) = (visible(path), self.shown(file));
                let what = format!(
                    "`{path}`, the path of a replaced dependency ({place}), is outside the repository"
                );
                self.add(what, &replaced);
            }
        }
        Ok(())
    }

    fn has(&self, path: &Path) -> bool {
        real(path).starts_with(&self.tree)
    }

    /// The path as the repository has it.
    fn shown(&self, path: &Path) -> String {
        let path = real(path);
        path.strip_prefix(&self.tree).unwrap_or(&path).display().to_string()
    }
}

/// A file of TOML, if it is there. What cannot be read cargo says itself.
fn read_table(file: &Path) -> Result<Option<toml::Table>> {
    Ok(read_if_there(file, TEXT_BYTES)?.and_then(|text| toml::from_str(&text).ok()))
}

/// The paths of `[patch]`, `[replace]` and `paths`.
fn patches(table: &toml::Table) -> Vec<&str> {
    let of_patches = entries(table, "patch").filter_map(|(_, source)| source.as_table()).flatten();
    let replaced = of_patches.chain(entries(table, "replace"));
    let paths = replaced.filter_map(|(_, dependency)| dependency.get("path")?.as_str());
    let overrides = table.get("paths").and_then(toml::Value::as_array).into_iter().flatten();
    paths.chain(overrides.filter_map(toml::Value::as_str)).collect()
}

/// The path dependencies that a manifest names, of the package and of the workspace.
fn dependencies(manifest: &toml::Table) -> Vec<(&str, &str)> {
    let targets = entries(manifest, "target").filter_map(|(_, target)| target.as_table());
    let workspace = manifest.get("workspace").and_then(toml::Value::as_table);
    let holders = [manifest].into_iter().chain(targets).chain(workspace);
    let all = holders.flat_map(|holder| {
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        kinds.into_iter().flat_map(|kind| entries(holder, kind))
    });
    all.filter_map(|(name, value)| Some((name.as_str(), value.get("path")?.as_str()?))).collect()
}

fn entries<'a>(
    table: &'a toml::Table,
    key: &str,
) -> impl Iterator<Item = (&'a String, &'a toml::Value)> {
    table.get(key).and_then(toml::Value::as_table).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write_atomically;

    /// A change of the tree's files, and what of it is outside.
    type Case = (&'static [(&'static str, &'static str)], &'static str);

    const PACKAGE: &str = "[package]\nname = \"app\"\nedition = \"2024\"\n";

    const CASES: [Case; 13] = [
        (&[], ""),
        (&[("tool/Cargo.toml", "[dependencies]\nlib = { path = \"../lib\" }")], ""),
        (
            &[("tool/Cargo.toml", "[dependencies]\nfar = { path = \"../../far\" }")],
            "`far`, a path dependency of the package `app` (tool/Cargo.toml), is outside",
        ),
        (&[("tool/Cargo.toml", "[dev-dependencies]\nfar = { path = \"../../far\" }")], "`far`"),
        (&[("tool/Cargo.toml", "[build-dependencies]\nfar = { path = \"ABSOLUTE\" }")], "`far`"),
        (
            &[(
                "tool/Cargo.toml",
                "[target.'cfg(windows)'.dependencies]\nfar = { path = \"../../far\", optional = true }",
            )],
            "`far`",
        ),
        (
            &[(
                "tool/Cargo.toml",
                "[dependencies]\nfar.workspace = true\n[workspace.dependencies]\nfar = { path = \"../../far\" }",
            )],
            "`far`",
        ),
        (&[("tool/Cargo.toml", "[workspace.dependencies]\nfar = { path = \"../../far\" }")], ""),
        (
            &[
                ("tool/Cargo.toml", "[dependencies]\nlib = { path = \"../lib\" }"),
                ("lib/Cargo.toml", "[dependencies]\nfar = { path = \"../../far\" }"),
            ],
            "`far`, a path dependency of the package `app` (lib/Cargo.toml), is outside",
        ),
        (
            &[
                ("tool/Cargo.toml", "[dependencies]\nlib = { path = \"../lib\" }"),
                ("lib/Cargo.toml", "[dev-dependencies]\nfar = { path = \"../../far\" }"),
            ],
            "",
        ),
        (
            &[("tool/Cargo.toml", "[patch.crates-io]\nfar = { path = \"../../far\" }")],
            "`../../far`, the path of a replaced dependency (tool/Cargo.toml), is outside",
        ),
        (
            &[(".cargo/config.toml", "[patch.crates-io]\nfar = { path = \"../far\" }")],
            "`../far`, the path of a replaced dependency (.cargo/config.toml), is outside",
        ),
        (&[(".cargo/config.toml", "paths = [\"lib\", \"../far\"]")], "`../far`"),
    ];

    /// Whether something is at the other end of the path makes no difference.
    #[test]
    fn what_is_outside_the_tree_is_named() {
        let cases = CASES.iter().flat_map(|case| [(case, true), (case, false)]);
        for ((files, expected), is_there) in cases {
            let dir = tempfile::tempdir().unwrap();
            let (tree, far) = (dir.path().join("tree"), dir.path().join("far"));
            for package in [tree.join("tool"), tree.join("lib"), far.clone()] {
                write_atomically(&package.join("src/lib.rs"), b"").unwrap();
                write_atomically(&package.join("Cargo.toml"), PACKAGE.as_bytes()).unwrap();
            }
            write_atomically(&tree.join("tool/Cargo.toml"), manifest("").as_bytes()).unwrap();
            if !is_there {
                std::fs::remove_dir_all(&far).unwrap();
            }
            for (file, text) in *files {
                let text = text.replace("ABSOLUTE", &far.display().to_string().replace('\\', "/"));
                let is_root = *file == "tool/Cargo.toml";
                let text = match (is_root, file.ends_with("Cargo.toml")) {
                    (true, _) => manifest(&text),
                    (false, true) => format!("{PACKAGE}{text}\n"),
                    (false, false) => text,
                };
                write_atomically(&tree.join(file), text.as_bytes()).unwrap();
            }
            let elsewhere = dir.path().join("checkout");
            write_atomically(&elsewhere.join("Cargo.toml"), manifest("").as_bytes()).unwrap();
            write_atomically(&elsewhere.join("src/lib.rs"), b"").unwrap();
            let (base, head) = (tree.join("tool/Cargo.toml"), elsewhere.join("Cargo.toml"));
            let base = Checkout { manifest: &base, tree: &tree };
            let found = check(base, Checkout { manifest: &head, tree: &elsewhere }).err();
            let found = found.map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(expected.is_empty(), found.is_empty(), "{files:?}: {found}");
            assert!(found.contains(expected), "{files:?}: {found}");
        }
    }

    #[test]
    fn what_both_sides_share_is_noted() {
        let dir = tempfile::tempdir().unwrap();
        let far = dir.path().join("far");
        let shared = far.display().to_string().replace('\\', "/");
        let shared = manifest(&format!("[dependencies]\nfar = {{ path = \"{shared}\" }}"));
        let trees = ["base", "head"].map(|side| dir.path().join(side));
        for folder in trees.iter().chain([&far]) {
            write_atomically(&folder.join("src/lib.rs"), b"").unwrap();
            let text = if *folder == far { PACKAGE } else { &shared };
            write_atomically(&folder.join("Cargo.toml"), text.as_bytes()).unwrap();
        }
        let manifests = trees.clone().map(|tree| tree.join("Cargo.toml"));
        let place = |side: usize| Checkout { manifest: &manifests[side], tree: &trees[side] };
        let notes = check(place(0), place(1)).unwrap();
        assert!(notes[0].contains("both sides are built with it as it is now"), "{notes:?}");
    }

    fn manifest(more: &str) -> String {
        let workspace = if more.contains("[workspace.") { "" } else { "[workspace]\n" };
        format!("{PACKAGE}{more}\n{workspace}")
    }
}
