//! The cargo workspace that is measured, as `cargo metadata` tells it.

use crate::environment;
use crate::files::{DATA_BYTES, read_if_there};
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// A cargo workspace and its bench targets.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// Its root folder.
    pub(crate) root: PathBuf,
    /// Cargo's target directory, wherever it is.
    pub(crate) target_dir: PathBuf,
    /// Bench targets that cargo builds without asking for features.
    pub(crate) targets: Vec<BenchTarget>,
    /// Bench targets that cargo does not build, and why, by `package/target`.
    pub(crate) not_built: BTreeMap<String, String>,
    /// The members that each member uses, by cargo's identities of packages.
    pub(crate) uses: BTreeMap<String, BTreeSet<String>>,
}

/// A `[[bench]]` of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BenchTarget {
    /// Cargo's identity of the package.
    pub(crate) package_id: String,
    /// The package's name.
    pub(crate) package: String,
    /// The package's folder: where cargo runs its benches.
    pub(crate) dir: PathBuf,
    /// The target's name.
    pub(crate) name: String,
    /// Its source file.
    pub(crate) source: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    /// Where it is, if that is on this machine.
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
    #[serde(default, rename = "required-features")]
    required_features: Vec<String>,
}

impl Workspace {
    /// Asks cargo for the workspace of `manifest`, or the one around the current folder.
    ///
    /// With `only`, bench targets of other packages are left out.
    pub(crate) fn find(sh: &Shell, manifest: Option<&Path>, only: &[String]) -> Result<Self> {
        if let Some(manifest) = manifest.filter(|manifest| !manifest.is_file()) {
            bail!("{} is not a file: --manifest-path takes a Cargo.toml", manifest.display());
        }
        let cargo = environment::cargo();
        let manifest = manifest.map(|path| format!("--manifest-path={}", path.display()));
        let json = cmd!(sh, "{cargo} metadata --no-deps --format-version=1 {manifest...}").quiet();
        let json = json.read().context("cargo cannot read this workspace")?;
        let metadata: Metadata =
            serde_json::from_str(&json).context("cannot read cargo's metadata")?;
        Self::of(&metadata, only)
    }

    /// Divan's version in the lock file, which every build writes; several if there are more.
    pub(crate) fn divan(&self) -> Result<String> {
        let lock = read_if_there(&self.root.join("Cargo.lock"), DATA_BYTES)?.unwrap_or_default();
        let lock: Lock = toml::from_str(&lock).context("Cargo.lock cannot be read")?;
        Ok(lock.versions("divan").join(", "))
    }

    fn of(metadata: &Metadata, only: &[String]) -> Result<Self> {
        let is_member = |package: &&Package| metadata.workspace_members.contains(&package.id);
        let members: Vec<&Package> = metadata.packages.iter().filter(is_member).collect();
        if let Some(unknown) = only.iter().find(|name| members.iter().all(|p| p.name != **name)) {
            let names: Vec<&str> = members.iter().map(|package| package.name.as_str()).collect();
            bail!("no package is called `{unknown}`; the workspace has {}", names.join(", "));
        }
        let wanted = |package: &&&Package| only.is_empty() || only.contains(&package.name);
        let mut workspace = Self {
            root: metadata.workspace_root.clone(),
            target_dir: metadata.target_directory.clone(),
            uses: uses(&members),
            ..Self::default()
        };
        members.iter().filter(wanted).for_each(|package| workspace.add(package));
        Ok(workspace)
    }

    /// The members that a package is compiled with, itself included.
    pub(super) fn used_by<'a>(&'a self, package: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::from([package]);
        let mut left = vec![package];
        while let Some(user) = left.pop() {
            let used = self.uses.get(user).into_iter().flatten();
            left.extend(used.map(String::as_str).filter(|package| found.insert(package)));
        }
        found
    }

    /// What is passed over, and why.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        self.not_built.iter().map(|(target, reason)| format!("{target} is not measured: {reason}"))
    }

    fn add(&mut self, package: &Package) {
        for target in package.targets.iter().filter(|target| target.kind == ["bench"]) {
            if !target.required_features.is_empty() {
                let features = target.required_features.join(", ");
                let name = format!("{}/{}", package.name, target.name);
                self.not_built.insert(name, format!("it needs the features {features}"));
                continue;
            }
            self.targets.push(BenchTarget {
                package_id: package.id.clone(),
                package: package.name.clone(),
                dir: package.manifest_path.parent().unwrap_or(Path::new(".")).to_owned(),
                name: target.name.clone(),
                source: target.src_path.clone(),
            });
        }
    }
}

fn uses(members: &[&Package]) -> BTreeMap<String, BTreeSet<String>> {
    let at = |dir: &PathBuf| {
        let is_there = |member: &&&Package| member.manifest_path.parent() == Some(dir.as_path());
        members.iter().find(is_there).map(|member| member.id.clone())
    };
    let used = |package: &Package| {
        let dirs = package.dependencies.iter().filter_map(|dependency| dependency.path.as_ref());
        dirs.filter_map(at).collect()
    };
    members.iter().map(|package| (package.id.clone(), used(package))).collect()
}

/// A lock file, as far as it matters here.
#[derive(Default, Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    name: String,
    version: String,
}

impl Lock {
    /// The versions of a package.
    fn versions(self, package: &str) -> Vec<String> {
        let own = self.package.into_iter().filter(|locked| locked.name == package);
        own.map(|locked| locked.version).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{
        "workspace_root": "/w", "target_directory": "/t", "workspace_members": ["a#1", "b#1"],
        "packages": [
            {"id": "a#1", "name": "a", "manifest_path": "/w/a/Cargo.toml", "targets": [
                {"name": "a", "kind": ["lib"], "src_path": "/w/a/src/lib.rs"},
                {"name": "parse", "kind": ["bench"], "src_path": "/w/a/benches/parse.rs"},
                {"name": "net", "kind": ["bench"], "src_path": "/w/a/benches/net.rs", "required-features": ["net"]}]},
            {"id": "b#1", "name": "b", "manifest_path": "/w/b/Cargo.toml", "targets": [
                {"name": "sort", "kind": ["bench"], "src_path": "/w/b/benches/sort.rs"}]},
            {"id": "divan#1", "name": "divan", "manifest_path": "/d/Cargo.toml", "targets": [
                {"name": "own", "kind": ["bench"], "src_path": "/d/benches/own.rs"}]}]}"#;

    fn names(only: &[&str]) -> Result<Vec<String>> {
        let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
        let workspace = Workspace::of(&serde_json::from_str(METADATA)?, &only)?;
        Ok(workspace.targets.into_iter().map(|target| target.name).collect())
    }

    #[test]
    fn bench_targets_of_members_are_found() {
        assert_eq!(names(&[]).unwrap(), ["parse", "sort"]);
        assert_eq!(names(&["b"]).unwrap(), ["sort"]);
        let error = names(&["c"]).unwrap_err().to_string();
        assert_eq!(error, "no package is called `c`; the workspace has a, b");
    }

    #[test]
    fn what_needs_features_is_told() {
        let workspace = Workspace::of(&serde_json::from_str(METADATA).unwrap(), &[]).unwrap();
        let notes: Vec<String> = workspace.notes().collect();
        assert_eq!(notes, ["a/net is not measured: it needs the features net"]);
    }

    #[test]
    fn members_are_compiled_with_the_members_that_they_use() {
        let package = |name: &str, uses: &str| {
            format!(
                r#"{{"id": "{name}", "name": "{name}", "manifest_path": "/w/{name}/Cargo.toml", "targets": [], "dependencies": [{uses}]}}"#
            )
        };
        let packages = [
            package("a", r#"{"path": "/w/b"}, {"path": null}"#),
            package("b", r#"{"path": "/w/c"}"#),
            package("c", r#"{"path": "/w/a"}"#),
            package("d", r#"{"path": "/elsewhere"}"#),
        ];
        let json = format!(
            r#"{{"workspace_root": "/w", "target_directory": "/t", "workspace_members": ["a", "b", "c", "d"], "packages": [{}]}}"#,
            packages.join(",")
        );
        let workspace = Workspace::of(&serde_json::from_str(&json).unwrap(), &[]).unwrap();
        assert_eq!(workspace.used_by("a"), BTreeSet::from(["a", "b", "c"]));
        assert_eq!(workspace.used_by("d"), BTreeSet::from(["d"]));
    }

    #[test]
    fn the_lock_file_tells_versions() {
        let lock = "[[package]]\nname = \"divan\"\nversion = \"0.1.21\"\n\n[[package]]\nname = \"divan-macros\"\nversion = \"0.1.20\"\n";
        let versions = |package| toml::from_str::<Lock>(lock).unwrap().versions(package);
        assert_eq!(versions("divan"), ["0.1.21"]);
        assert!(versions("serde").is_empty());
    }
}
