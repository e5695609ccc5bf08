//! The measured cargo workspace, from `cargo metadata`.

use super::cargo_metadata::{CargoMetadata, CargoPackage};
use super::members::{BenchTarget, Members};
use crate::cargo::{CargoOptions, ConfigFiles, Toolchain, cargo, profile_args};
use crate::environment;
use crate::files::{DATA_BYTES, TEXT_BYTES, read_if_there};
use crate::store::{is_tracked, path_in_repository};
use anyhow::{Context as _, Result, bail};
use perf_judge::history::WorkspaceRuns;
use perf_judge::ident::BenchmarkId;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt;
use std::path::{self, Path, PathBuf};
use std::process::{Command, Stdio};
use xshell::Shell;

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
    /// The selected bench targets whose features are enabled.
    pub(crate) targets: Vec<BenchTarget>,
    /// The targets that are built, e.g. `app/parse`; `None` for all. The packages of the others stay
    /// selected, because cargo enables the features that any selected package needs.
    pub(crate) wanted: Option<BTreeSet<String>>,
    /// Reasons by `package/target` for selected bench targets that are not built.
    pub(crate) not_built: BTreeMap<String, String>,
    /// The features that targets in `not_built` need.
    pub(crate) missing_features: BTreeSet<String>,
    /// Cargo's options for its build.
    pub(crate) options: CargoOptions,
    /// Cargo's configuration files.
    pub(crate) config: ConfigFiles,
    /// Its cargo and its compiler.
    pub(crate) toolchain: Toolchain,
    /// Its members, selected or not.
    pub(crate) members: Members,
    /// The packages that are used as Divan.
    pub(crate) divan_packages: BTreeSet<String>,
    /// The members that each member depends on, by cargo's package ids.
    pub(crate) uses: BTreeMap<String, BTreeSet<String>>,
}

impl Workspace {
    /// Reads the workspace of `manifest`, or the one around the current folder. All bench targets of
    /// its default members are selected.
    pub(crate) fn find(sh: &Shell, manifest: Option<&Path>) -> Result<Self> {
        if let Some(manifest) = manifest.filter(|manifest| !manifest.is_file()) {
            bail!(
                "cannot read the workspace: {} is not a file. Give --manifest-path the path of a Cargo.toml",
                manifest.display()
            );
        }
        let metadata = metadata(&sh.current_dir(), manifest)?;
        let root = &metadata.workspace_root;
        let config = ConfigFiles::of(root, |file| is_tracked(root, file))?;
        let toolchain = Toolchain::of(root, &config);
        Ok(Self { config, toolchain, ..Self::of(metadata) })
    }

    /// Selects bench targets by options of the command line and perf-budgets.json. Fails if a name
    /// in them does not exist.
    pub(crate) fn select(&mut self, options: CargoOptions) -> Result<()> {
        self.members.check_names(&options)?;
        if let Some(dir) = &options.target_dir {
            self.target_dir = path::absolute(dir).context("cannot use --target-dir")?;
        }
        self.apply(options);
        Ok(())
    }

    /// Uses options, configuration and selection of `head`, another commit of the workspace. `tree`
    /// is the own work tree. Returns notes on what differs.
    pub(crate) fn follow(&mut self, head: &Self, tree: &Path) -> Result<Vec<String>> {
        self.config = head.config.of_other_commit(&self.root, tree)?;
        self.toolchain = Toolchain::of(&self.root, &self.config);
        self.wanted.clone_from(&head.wanted);
        let mut options = head.options.clone();
        let unknown = self.members.unknown_features(&options);
        options.features.names.retain(|name| !unknown.contains(name));
        let note = |name| format!("the base has no feature `{name}` and is built without it");
        let mut notes: Vec<String> = unknown.iter().map(note).collect();
        if let Some(name) = &options.profile {
            options.profile_args = profile_args(name, &head.manifest()?, &self.manifest()?);
            if !options.profile_args.is_empty() {
                notes.push(format!(
                    "the base has no profile `{name}` and is built with that of the head"
                ));
            }
        }
        self.apply(options);
        Ok(notes)
    }

    /// The versions of Divan, and of packages used as Divan, in the lock file.
    pub(crate) fn divan(&self) -> Result<DivanVersions> {
        Ok(self.lock_file()?.divan(&self.divan_packages))
    }

    /// The names and versions of the dependencies in the lock file that are no part of the commit.
    pub(crate) fn dependencies(&self) -> Result<Vec<(String, String)>> {
        Ok(self.lock_file()?.dependencies())
    }

    fn lock_file(&self) -> Result<LockFile> {
        let lock = read_if_there(&self.root.join("Cargo.lock"), DATA_BYTES)?.unwrap_or_default();
        toml::from_str(&lock).context("cannot parse Cargo.lock: run `cargo generate-lockfile`")
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

    fn of(metadata: CargoMetadata) -> Self {
        let members = Members::of(&metadata);
        let packages: Vec<&CargoPackage> = members.packages().collect();
        let mut workspace = Self {
            packages: packages.iter().map(|package| package.name.clone()).collect(),
            divan_packages: divan_packages(&packages),
            uses: uses(&packages),
            root: metadata.workspace_root,
            target_dir: metadata.target_directory,
            members,
            ..Self::default()
        };
        workspace.apply(CargoOptions::default());
        workspace
    }

    /// Whether a bench target of a package is built.
    pub(crate) fn is_wanted(&self, package: &str, target: &str) -> bool {
        let name = format!("{package}/{target}");
        self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&name))
    }

    fn apply(&mut self, options: CargoOptions) {
        let selected = self.members.select(&options);
        self.targets = selected.targets;
        self.not_built = selected.not_built;
        self.missing_features = selected.missing_features;
        self.options = options;
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

    /// The Cargo.toml of a member.
    pub(crate) fn manifest_of(&self, package: &str) -> Option<PathBuf> {
        let mut packages = self.members.packages();
        Some(packages.find(|member| member.name == package)?.manifest_path.clone())
    }

    /// Settings of cargo that are not part of the commit and change the code of the benches.
    /// `rustc` is what the compiler prints for `-vV`.
    pub(crate) fn machine_flags(&self, rustc: &str) -> String {
        self.config.machine_flags(&self.target(rustc), self.profile())
    }

    /// The settings of cargo's configuration in which another commit differs.
    pub(crate) fn config_differences(&self, other: &Self, rustc: &str) -> Vec<String> {
        self.config.differences(&other.config, &self.target(rustc), self.profile())
    }

    /// The settings of profiles in Cargo.toml in which another commit differs. A profile that only one
    /// commit has is used for both.
    pub(crate) fn profile_differences(&self, other: &Self) -> Result<Vec<String>> {
        let used = [self, other].into_iter().all(|side| side.options.profile_args.is_empty());
        let (own, other) = (self.manifest()?, other.manifest()?);
        let keys = ConfigFiles::profile_differences(&own, &other, self.profile());
        Ok(if used { keys } else { Vec::new() })
    }

    /// A note if cargo would start the benches by another program.
    pub(crate) fn runner_note(&self) -> Option<String> {
        self.config.runner_note(&self.target(&self.toolchain.version().ok()?))
    }

    /// The Cargo.toml of its root.
    fn manifest(&self) -> Result<toml::Table> {
        let text = read_if_there(&self.root.join("Cargo.toml"), TEXT_BYTES)?.unwrap_or_default();
        toml::from_str(&text).context("cannot parse the Cargo.toml of the workspace")
    }

    fn target(&self, rustc: &str) -> String {
        let set = self.config.target();
        set.unwrap_or_else(|| environment::rustc_field(rustc, "host").to_owned())
    }

    fn profile(&self) -> &str {
        self.options.profile.as_deref().unwrap_or("bench")
    }

    /// Notes on bench targets that are not measured.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        let not_built = self.not_built.iter();
        let not_built =
            not_built.map(|(target, reason)| format!("{target} is not measured: {reason}"));
        let others = self.members.not_default(&self.options.targets);
        let others = (!others.is_empty()).then(|| {
            format!(
                "benches of {} are not measured: these packages are no default members (add --workspace)",
                others.join(", ")
            )
        });
        not_built.chain(others)
    }
}

/// The output of `cargo metadata` for `manifest`, or for the workspace around `folder`.
fn metadata(folder: &Path, manifest: Option<&Path>) -> Result<CargoMetadata> {
    let manifest = manifest.map(|path| folder.join(path));
    let own_folder = manifest.as_deref().and_then(Path::parent).unwrap_or(folder);
    let mut command = cargo(own_folder);
    command.args(["metadata", "--no-deps", "--format-version=1"]).stderr(Stdio::inherit());
    command.args(manifest.iter().map(|path| format!("--manifest-path={}", path.display())));
    with_absolute_target_dir(&mut command, folder);
    let output = command.output().context("cannot start cargo: install Rust")?;
    if !output.status.success() {
        bail!("cargo cannot read this workspace: fix its manifest, or use --manifest-path");
    }
    serde_json::from_slice(&output.stdout).context("cannot parse the output of `cargo metadata`")
}

/// A relative path in the variable is relative to the folder of the caller.
fn with_absolute_target_dir(command: &mut Command, folder: &Path) {
    const NAME: &str = "CARGO_TARGET_DIR";
    let set = env::var_os(NAME).filter(|dir| !dir.is_empty());
    if let Some(dir) = set {
        command.env(NAME, folder.join(dir));
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
    /// Absent for packages of the commit.
    source: Option<String>,
}

impl LockFile {
    /// The names and versions of packages that are no part of the commit. The version of one in git has
    /// its commit.
    fn dependencies(self) -> Vec<(String, String)> {
        let dependency = |LockedPackage { name, version, source }: LockedPackage| {
            let source = source?;
            let in_git = source.strip_prefix("git+").and_then(|url| url.rsplit_once('#'));
            let commit = in_git.and_then(|(_, commit)| commit.get(..12));
            let version = commit.map_or_else(|| version.clone(), |c| format!("{version} ({c})"));
            Some((name, version))
        };
        self.package.into_iter().filter_map(dependency).collect()
    }

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
        let workspace = Workspace::of(serde_json::from_str(&json).unwrap());
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
    fn dependencies_are_those_with_a_source() {
        let lock = r#"
            package = [
                { name = "own", version = "0.1.0" },
                { name = "a", version = "1.0.0", source = "registry+https://github.com/rust-lang/crates.io-index" },
                { name = "b", version = "2.0.0", source = "git+https://e.example/b?rev=1#0123456789abcdef" },
            ]"#;
        let found = toml::from_str::<LockFile>(lock).unwrap().dependencies();
        let named = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(found, [named("a", "1.0.0"), named("b", "2.0.0 (0123456789ab)")]);
    }

    #[test]
    fn a_package_is_divan_under_any_name() {
        let json = r#"{
            "workspace_root": "/w", "target_directory": "/t", "workspace_members": ["a"], "packages": [
                {"id": "a", "name": "a", "manifest_path": "/w/Cargo.toml", "targets": [], "dependencies": [
                    {"name": "own-divan", "rename": "divan"}, {"name": "divan", "rename": "bench"},
                    {"name": "serde", "rename": null}]}]}"#;
        let workspace = Workspace::of(serde_json::from_str(json).unwrap());
        let packages: Vec<&str> = workspace.divan_packages.iter().map(String::as_str).collect();
        assert_eq!(packages, [CODSPEED, DIVAN, "own-divan"]);
    }
}
