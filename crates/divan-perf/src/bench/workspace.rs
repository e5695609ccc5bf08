//! The measured cargo workspace, from `cargo metadata`.

use super::cargo_metadata::{CargoMetadata, CargoPackage};
use crate::environment;
use crate::files::{DATA_BYTES, read_if_there};
use crate::store::path_in_repository;
use anyhow::{Context as _, Result, bail};
use perf_judge::history::WorkspaceRuns;
use perf_judge::ident::BenchmarkId;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// Divan's package.
const DIVAN: &str = "divan";
/// CodSpeed's fork of Divan, which is used by the name `divan`.
const CODSPEED: &str = "codspeed-divan-compat";

/// The version of Divan whose terse listing exists and lacks the arguments.
const LISTS_NO_ARGUMENTS: &str = "0.1.18";

/// A cargo workspace and its bench targets.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Cargo's target directory, which may be outside of the workspace.
    pub(crate) target_dir: PathBuf,
    /// The names of all its packages.
    pub(crate) packages: BTreeSet<String>,
    /// Bench targets that need no features.
    pub(crate) targets: Vec<BenchTarget>,
    /// Reasons by `package/target` for bench targets that are not built.
    pub(crate) not_built: BTreeMap<String, String>,
    /// The packages that are used as Divan.
    pub(crate) divan_packages: BTreeSet<String>,
    /// The members that each member depends on, by cargo's package ids.
    pub(crate) uses: BTreeMap<String, BTreeSet<String>>,
}

/// A `[[bench]]` of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BenchTarget {
    /// Cargo's id of the package.
    pub(crate) package_id: String,
    /// The package's name.
    pub(crate) package: String,
    /// The package's folder, in which cargo runs its benches.
    pub(crate) dir: PathBuf,
    /// The target's name.
    pub(crate) name: String,
    /// The target's source file.
    pub(crate) source: PathBuf,
}

impl Workspace {
    /// Reads the workspace of `manifest`, or the one around the current folder.
    ///
    /// With `only`, bench targets of other packages are omitted.
    pub(crate) fn find(sh: &Shell, manifest: Option<&Path>, only: &[String]) -> Result<Self> {
        if let Some(manifest) = manifest.filter(|manifest| !manifest.is_file()) {
            bail!(
                "cannot read the workspace: {} is not a file. Give --manifest-path the path of a Cargo.toml",
                manifest.display()
            );
        }
        let cargo = environment::cargo();
        let manifest = manifest.map(|path| format!("--manifest-path={}", path.display()));
        let json = cmd!(sh, "{cargo} metadata --no-deps --format-version=1 {manifest...}").quiet();
        let json = json.read().context(
            "cargo cannot read this workspace: fix its manifest, or use --manifest-path",
        )?;
        let metadata: CargoMetadata =
            serde_json::from_str(&json).context("cannot parse the output of `cargo metadata`")?;
        Self::of(&metadata, only)
    }

    /// The versions of Divan, and of packages used as Divan, in the lock file.
    pub(crate) fn divan(&self) -> Result<DivanVersions> {
        let lock = read_if_there(&self.root.join("Cargo.lock"), DATA_BYTES)?.unwrap_or_default();
        let lock: LockFile = toml::from_str(&lock)
            .context("cannot parse Cargo.lock: run `cargo generate-lockfile`")?;
        Ok(lock.divan(&self.divan_packages))
    }

    /// By what its recorded runs are found. `renamed` has the current names of benchmarks by former
    /// ones.
    pub(crate) fn runs(
        &self,
        renamed: &BTreeMap<BenchmarkId, BenchmarkId>,
    ) -> Result<WorkspaceRuns> {
        let path = path_in_repository(&self.root)?;
        Ok(WorkspaceRuns::new(path, self.packages.clone(), renamed.clone()))
    }

    fn of(metadata: &CargoMetadata, only: &[String]) -> Result<Self> {
        let is_member = |package: &&CargoPackage| metadata.workspace_members.contains(&package.id);
        let members: Vec<&CargoPackage> = metadata.packages.iter().filter(is_member).collect();
        if let Some(unknown) = only.iter().find(|name| members.iter().all(|p| p.name != **name)) {
            let names: Vec<&str> = members.iter().map(|package| package.name.as_str()).collect();
            bail!(
                "there is no package `{unknown}` in the workspace: name one of {}",
                names.join(", ")
            );
        }
        let wanted = |package: &&&CargoPackage| only.is_empty() || only.contains(&package.name);
        let mut workspace = Self {
            root: metadata.workspace_root.clone(),
            target_dir: metadata.target_directory.clone(),
            packages: members.iter().map(|package| package.name.clone()).collect(),
            divan_packages: divan_packages(&members),
            uses: uses(&members),
            ..Self::default()
        };
        members.iter().filter(wanted).for_each(|package| workspace.add(package));
        Ok(workspace)
    }

    /// The members that a package is compiled from, including the package itself.
    pub(super) fn used_by<'a>(&'a self, package: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::from([package]);
        let mut left = vec![package];
        while let Some(user) = left.pop() {
            let used = self.uses.get(user).into_iter().flatten();
            left.extend(used.map(String::as_str).filter(|package| found.insert(package)));
        }
        found
    }

    /// Notes on bench targets that are not measured.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        self.not_built.iter().map(|(target, reason)| format!("{target} is not measured: {reason}"))
    }

    fn add(&mut self, package: &CargoPackage) {
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

/// Divan, its forks, and every package that a member uses by the name `divan`.
fn divan_packages(members: &[&CargoPackage]) -> BTreeSet<String> {
    let dependencies = members.iter().flat_map(|member| &member.dependencies);
    let renamed = dependencies
        .filter(|dependency| dependency.rename.as_deref() == Some(DIVAN))
        .map(|dependency| dependency.name.as_str());
    [DIVAN, CODSPEED].into_iter().chain(renamed).map(str::to_owned).collect()
}

fn uses(members: &[&CargoPackage]) -> BTreeMap<String, BTreeSet<String>> {
    let at = |dir: &PathBuf| {
        let is_there =
            |member: &&&CargoPackage| member.manifest_path.parent() == Some(dir.as_path());
        members.iter().find(is_there).map(|member| member.id.clone())
    };
    let used = |package: &CargoPackage| {
        let dirs = package.dependencies.iter().filter_map(|dependency| dependency.path.as_ref());
        dirs.filter_map(at).collect()
    };
    members.iter().map(|package| (package.id.clone(), used(package))).collect()
}

/// Packages that are used as Divan, with their versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DivanVersions(Vec<(String, String)>);

impl DivanVersions {
    /// The value in a machine key: the version of Divan, and name and version of other packages.
    /// Several are separated by commas.
    pub(crate) fn key(&self) -> String {
        self.joined(|name, version| match name {
            DIVAN => version.to_owned(),
            _ => format!("{name} {version}"),
        })
    }

    /// Whether a terse listing has the arguments of the benchmarks, if there is one.
    pub(super) fn lists_arguments(&self) -> bool {
        let lacks_them =
            |(name, version): &(String, String)| name == DIVAN && version == LISTS_NO_ARGUMENTS;
        !self.0.iter().any(lacks_them)
    }

    fn joined(&self, text: impl Fn(&str, &str) -> String) -> String {
        let texts: Vec<String> = self.0.iter().map(|(name, version)| text(name, version)).collect();
        texts.join(", ")
    }
}

impl fmt::Display for DivanVersions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.joined(|name, version| match name {
            DIVAN => format!("Divan {version}"),
            _ => format!("{name} {version}"),
        }))
    }
}

/// The used part of a lock file.
#[derive(Default, Deserialize)]
struct LockFile {
    #[serde(default)]
    package: Vec<LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    name: String,
    version: String,
}

impl LockFile {
    /// The versions of these packages, Divan's own first.
    fn divan(self, packages: &BTreeSet<String>) -> DivanVersions {
        let used = self.package.into_iter().filter(|locked| packages.contains(&locked.name));
        let mut versions: Vec<(String, String)> =
            used.map(|locked| (locked.name, locked.version)).collect();
        versions.sort_by_key(|(name, _)| name != DIVAN);
        DivanVersions(versions)
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
        assert_eq!(error, "there is no package `c` in the workspace: name one of a, b");
    }

    #[test]
    fn a_target_that_needs_features_is_noted() {
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
            package("a", r#"{"name": "b", "path": "/w/b"}, {"name": "x", "path": null}"#),
            package("b", r#"{"name": "c", "path": "/w/c"}"#),
            package("c", r#"{"name": "a", "path": "/w/a"}"#),
            package("d", r#"{"name": "y", "path": "/elsewhere"}"#),
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
    fn versions_are_read_from_the_lock_file() {
        let lock = |packages: &[(&str, &str)]| {
            let package = |(name, version): &(&str, &str)| {
                format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
            };
            let text: String = packages.iter().map(package).collect();
            let packages = [DIVAN, CODSPEED, "own-divan"].map(str::to_owned);
            let versions =
                toml::from_str::<LockFile>(&text).unwrap().divan(&BTreeSet::from(packages));
            assert_eq!(versions.lists_arguments(), !text.contains("0.1.18"));
            (versions.key(), versions.to_string())
        };
        let texts = |key: &str, shown: &str| (key.to_owned(), shown.to_owned());
        let divan = [("divan", "0.1.21"), ("divan-macros", "0.1.20")];
        assert_eq!(lock(&divan), texts("0.1.21", "Divan 0.1.21"));
        let fork = [("codspeed-divan-compat", "5.0.3"), ("codspeed-divan-compat-macros", "5.0.3")];
        let name = "codspeed-divan-compat 5.0.3";
        assert_eq!(lock(&fork), texts(name, name));
        let all = [("codspeed-divan-compat", "5.0.3"), ("divan", "0.1.17"), ("own-divan", "1.0.0")];
        let key = "0.1.17, codspeed-divan-compat 5.0.3, own-divan 1.0.0";
        assert_eq!(lock(&all), texts(key, &format!("Divan {key}")));
        assert_eq!(lock(&[("divan", "0.1.18")]), texts("0.1.18", "Divan 0.1.18"));
        assert_eq!(lock(&[("serde", "1.0.0")]), texts("", ""));
    }

    #[test]
    fn a_package_is_divan_under_any_name() {
        let json = r#"{
            "workspace_root": "/w", "target_directory": "/t", "workspace_members": ["a"], "packages": [
                {"id": "a", "name": "a", "manifest_path": "/w/Cargo.toml", "targets": [], "dependencies": [
                    {"name": "own-divan", "rename": "divan"}, {"name": "divan", "rename": "bench"},
                    {"name": "serde", "rename": null}]}]}"#;
        let workspace = Workspace::of(&serde_json::from_str(json).unwrap(), &[]).unwrap();
        let packages: Vec<&str> = workspace.divan_packages.iter().map(String::as_str).collect();
        assert_eq!(packages, [CODSPEED, DIVAN, "own-divan"]);
    }
}
