//! Sources of a base that git does not check out: path dependencies outside of its work tree.
//!
//! A relative path from the base's work tree points to another folder than from the checkout, and
//! mostly to none. An absolute path points to the current files. In the checkout those are the
//! sources of the head, elsewhere base and head share them.

use super::cargo_metadata::{CargoDependency, CargoMetadata, CargoPackage};
use crate::cargo::cargo;
use crate::files::{TEXT_BYTES, names_below, read_if_there, real};
use anyhow::{Result, bail};
use perf_report::visible;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The messages of a failed `cargo metadata`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct MetadataError(String);

/// A workspace in a work tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checkout<'a> {
    pub(crate) manifest: &'a Path,
    pub(crate) tree: &'a Path,
}

/// Fails if the base's workspace has path dependencies, members or patches outside of its tree.
/// Returns notes on those that it shares with the head by an absolute path.
pub(crate) fn check(base: Checkout<'_>, head: Checkout<'_>) -> Result<Vec<String>> {
    let of_base = external_sources(base)?;
    if of_base.is_empty() {
        return Ok(Vec::new());
    }
    let (of_head, checkout) = (external_sources(head)?, real(head.tree));
    let is_shared = |source: &ExternalSource| {
        let path = source.path.as_ref().filter(|path| !path.starts_with(&checkout));
        path.is_some() && of_head.iter().any(|other| other.path.as_ref() == path)
    };
    let (shared, missing): (Vec<_>, Vec<_>) = of_base.into_iter().partition(is_shared);
    if missing.is_empty() {
        let note = |shared: ExternalSource| {
            format!("{}: both sides are built with its current files", shared.description)
        };
        return Ok(shared.into_iter().map(note).collect());
    }
    let missing: Vec<String> = missing.into_iter().map(|source| source.description).collect();
    bail!(
        "cannot build the base: {}. Its files at the time of the base are unknown. Move it into the repository, or measure without --compare",
        missing.join("; ")
    )
}

/// The sources of a workspace outside of its tree.
fn external_sources(checkout: Checkout<'_>) -> Result<BTreeSet<ExternalSource>> {
    let mut sources = ExternalSources { tree: real(checkout.tree), outside: BTreeSet::new() };
    sources.add_patches(checkout.manifest.parent().unwrap_or(checkout.tree))?;
    match metadata(checkout.manifest) {
        Ok(workspace) => sources.add_packages(&workspace.packages),
        Err(MetadataError(messages)) => sources.add_missing(&messages)?,
    }
    Ok(sources.outside)
}

/// The metadata of a workspace without its dependencies. Cargo fails if the manifest of a path
/// dependency does not exist.
fn metadata(manifest: &Path) -> Result<CargoMetadata, MetadataError> {
    let mut command = cargo(manifest.parent().unwrap_or(manifest));
    command.args(["metadata", "--no-deps", "--format-version=1"]);
    let output = command.arg("--manifest-path").arg(manifest).output();
    let output = output.map_err(|error| MetadataError(error.to_string()))?;
    let failed = || MetadataError(String::from_utf8_lossy(&output.stderr).into_owned());
    serde_json::from_slice(&output.stdout).map_err(|_| failed())
}

/// A package or path outside of a tree.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ExternalSource {
    /// A sentence about it, without a full stop.
    description: String,
    /// Its path, if it exists.
    path: Option<PathBuf>,
}

struct ExternalSources {
    tree: PathBuf,
    outside: BTreeSet<ExternalSource>,
}

impl ExternalSources {
    /// Reads the packages of a workspace, and the packages in the tree that they depend on.
    fn add_packages(&mut self, members: &[CargoPackage]) {
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
            // The build reports a manifest that cargo cannot read.
            let Ok(other) = metadata(&manifest) else { continue };
            let is_own = |package: &&CargoPackage| real(&package.manifest_path) == manifest;
            if let Some(package) = other.packages.iter().find(is_own) {
                open.extend(self.add_package(package, false));
            }
        }
    }

    /// Searches all manifests of the tree for dependencies that cargo's messages name.
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

    /// Reads a package, and returns the manifests of its path dependencies. Cargo ignores the
    /// dev-dependencies of packages that are not members of the workspace.
    fn add_package(&mut self, package: &CargoPackage, is_member: bool) -> Vec<PathBuf> {
        let CargoPackage { name, manifest_path, .. } = package;
        if !self.has(manifest_path) {
            self.add(format!("the package `{name}` is outside the repository"), manifest_path);
            return Vec::new();
        }
        let is_used =
            |dependency: &&CargoDependency| is_member || dependency.kind.as_deref() != Some("dev");
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

    fn add(&mut self, description: String, path: &Path) {
        let path = path.exists().then(|| real(path));
        self.outside.insert(ExternalSource { description, path });
    }

    fn add_dependency(&mut self, name: &str, path: &Path, package: &str, manifest: &Path) {
        let (name, package) = (visible(name), visible(package));
        let manifest = self.relative(manifest);
        let description = format!(
            "`{name}`, a path dependency of the package `{package}` ({manifest}), is outside the repository"
        );
        self.add(description, path);
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
                let (path, file) = (visible(path), self.relative(file));
                let description = format!(
                    "`{path}`, the path of a replaced dependency ({file}), is outside the repository"
                );
                self.add(description, &replaced);
            }
        }
        Ok(())
    }

    fn has(&self, path: &Path) -> bool {
        real(path).starts_with(&self.tree)
    }

    /// The path relative to the tree.
    fn relative(&self, path: &Path) -> String {
        let path = real(path);
        path.strip_prefix(&self.tree).unwrap_or(&path).display().to_string()
    }
}

/// A TOML file; `None` if it does not exist or is malformed. The build reports a malformed file.
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

/// The names and paths of the path dependencies in a manifest, also those of its workspace.
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

    /// Files of the tree, and the expected part of the error; empty without an error.
    type SourceCase = (&'static [(&'static str, &'static str)], &'static str);

    const PACKAGE: &str = "[package]\nname = \"app\"\nedition = \"2024\"\n";

    const CASES: [SourceCase; 13] = [
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

    /// The result does not depend on whether the path exists.
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
        let checkout = |side: usize| Checkout { manifest: &manifests[side], tree: &trees[side] };
        let notes = check(checkout(0), checkout(1)).unwrap();
        assert!(notes[0].contains("both sides are built with its current files"), "{notes:?}");
    }

    fn manifest(more: &str) -> String {
        let workspace = if more.contains("[workspace.") { "" } else { "[workspace]\n" };
        format!("{PACKAGE}{more}\n{workspace}")
    }
}
