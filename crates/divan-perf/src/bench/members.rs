//! The members of a workspace, and the selection of their bench targets.

use super::cargo_metadata::{CargoDependency, CargoMetadata, CargoPackage, CargoTarget};
use super::target_manifest::TargetManifest;
use crate::cargo::{CargoOptions, TargetSelection, missing_features};
use anyhow::{Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

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

impl BenchTarget {
    /// The name of its crate, with which the paths of its benchmarks begin.
    pub(super) fn crate_name(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// The members of a workspace.
#[derive(Debug, Default)]
pub(crate) struct Members(Vec<Member>);

#[derive(Debug)]
struct Member {
    package: CargoPackage,
    /// Whether it is measured if no package is selected.
    is_default: bool,
    /// The bench targets with `bench = false`.
    switched_off: BTreeSet<String>,
}

/// The bench targets that options select.
#[derive(Debug, Default)]
pub(super) struct SelectedTargets {
    /// Those to build.
    pub(super) targets: Vec<BenchTarget>,
    /// Reasons by `package/target` for those that are not built.
    pub(super) not_built: BTreeMap<String, String>,
    /// The features that targets in `not_built` need.
    pub(super) missing_features: BTreeSet<String>,
}

impl Members {
    pub(super) fn of(metadata: &CargoMetadata) -> Self {
        let root_manifest = TargetManifest::read(&metadata.workspace_root.join("Cargo.toml"));
        let names_defaults = root_manifest.names_default_members();
        let member = |package: &CargoPackage| Member {
            // Without `default-members`, cargo selects the root package alone if there is one. The
            // history is of the workspace, so all members are measured then.
            is_default: !names_defaults || metadata.workspace_default_members.contains(&package.id),
            switched_off: TargetManifest::read(&package.manifest_path).switched_off(),
            package: package.clone(),
        };
        let is_member = |package: &&CargoPackage| metadata.workspace_members.contains(&package.id);
        Self(metadata.packages.iter().filter(is_member).map(member).collect())
    }

    pub(super) fn packages(&self) -> impl Iterator<Item = &CargoPackage> {
        self.0.iter().map(|member| &member.package)
    }

    /// The package with this id.
    pub(super) fn package(&self, id: &str) -> Option<&CargoPackage> {
        self.packages().find(|package| package.id == id)
    }

    /// Fails if options name a package, a target or a feature that does not exist.
    pub(super) fn check_names(&self, options: &CargoOptions) -> Result<()> {
        let selection = &options.targets;
        let packages = self.packages().map(|package| package.name.as_str()).collect();
        check("package", selection.packages.iter().chain(&selection.exclude), &packages)?;
        let benches = self.packages().flat_map(CargoPackage::benches);
        let benches = benches.map(|target| target.name.as_str()).collect();
        check("bench target", selection.benches.iter(), &benches)?;
        if let Some(unknown) = self.unknown_features(options).first() {
            bail!("no package of the workspace has the feature `{unknown}`: correct its name");
        }
        Ok(())
    }

    /// Packages with benches that are only left out because they are no default members.
    pub(super) fn not_default(&self, selection: &TargetSelection) -> Vec<&str> {
        let all = TargetSelection { workspace: true, ..selection.clone() };
        let is_left_out = |member: &&Member| {
            let name = &member.package.name;
            all.has_package(name, false) && !selection.has_package(name, member.is_default)
        };
        let left_out = self.0.iter().filter(is_left_out).map(|member| &member.package);
        let with_benches = left_out.filter(|package| package.benches().next().is_some());
        with_benches.map(|package| package.name.as_str()).collect()
    }

    /// Whether one of these packages has a feature.
    pub(super) fn have_feature<'a>(
        &self,
        mut packages: impl Iterator<Item = &'a &'a str>,
        name: &str,
    ) -> bool {
        packages.any(|package| {
            let mut named = self.packages().filter(|member| member.name == **package);
            named.any(|member| has_feature(member, name))
        })
    }

    /// The named features that no member has.
    pub(super) fn unknown_features(&self, options: &CargoOptions) -> BTreeSet<String> {
        let is_unknown = |name: &&String| !self.packages().any(|member| has_feature(member, name));
        options.features.names.iter().filter(is_unknown).cloned().collect()
    }

    /// The bench targets that options select.
    pub(super) fn select(&self, options: &CargoOptions) -> SelectedTargets {
        let mut selected = SelectedTargets::default();
        for member in self.selected(&options.targets) {
            let benches = member.package.benches();
            let benches = benches.filter(|target| options.targets.has_bench(&target.name));
            benches.for_each(|target| selected.add(member, target, options));
        }
        selected
    }

    fn selected(&self, selection: &TargetSelection) -> impl Iterator<Item = &Member> {
        let is_selected =
            |member: &&Member| selection.has_package(&member.package.name, member.is_default);
        self.0.iter().filter(is_selected)
    }
}

fn check<'a>(
    noun: &str,
    mut names: impl Iterator<Item = &'a String>,
    known: &BTreeSet<&str>,
) -> Result<()> {
    let Some(unknown) = names.find(|name| !known.contains(name.as_str())) else { return Ok(()) };
    let known: Vec<&str> = known.iter().copied().collect();
    bail!("there is no {noun} `{unknown}` in the workspace: name one of {}", known.join(", "))
}

fn has_feature(package: &CargoPackage, name: &str) -> bool {
    let Some((prefix, feature)) = name.split_once('/') else {
        return package.features.contains_key(name);
    };
    let is_prefix = |dependency: &CargoDependency| {
        dependency.rename.as_ref().unwrap_or(&dependency.name) == prefix
    };
    let is_own = package.name == prefix && package.features.contains_key(feature);
    is_own || package.dependencies.iter().any(is_prefix)
}

impl SelectedTargets {
    fn add(&mut self, member: &Member, target: &CargoTarget, options: &CargoOptions) {
        let package = &member.package;
        let key = format!("{}/{}", package.name, target.name);
        let is_off = member.switched_off.contains(&target.name);
        if is_off && !options.targets.names_bench(&target.name) {
            let reason = format!("it has `bench = false` (add --bench {})", target.name);
            self.not_built.insert(key, reason);
            return;
        }
        let required = &target.required_features;
        let missing =
            missing_features(&package.name, &package.features, required, &options.features);
        if !missing.is_empty() {
            let names = missing.join(",");
            let noun = if missing.len() == 1 { "feature" } else { "features" };
            let reason = format!("it needs the {noun} {names} (add --features {names})");
            self.not_built.insert(key, reason);
            self.missing_features.extend(missing);
            return;
        }
        self.targets.push(BenchTarget {
            package_id: package.id.clone(),
            package: package.name.clone(),
            dir: package.dir().to_owned(),
            name: target.name.clone(),
            source: target.src_path.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn metadata(root: &str) -> CargoMetadata {
        let json = r#"{
            "workspace_root": "ROOT", "target_directory": "/t",
            "workspace_members": ["a#1", "b#1"], "workspace_default_members": ["a#1"],
            "packages": [
                {"id": "a#1", "name": "a", "manifest_path": "ROOT/Cargo.toml",
                 "features": {"net": [], "tls": ["net"]},
                 "dependencies": [{"name": "own-log", "rename": "log"}], "targets": [
                    {"name": "a", "kind": ["lib"], "src_path": "/w/a/src/lib.rs"},
                    {"name": "parse", "kind": ["bench"], "src_path": "/w/a/benches/parse.rs"},
                    {"name": "off", "kind": ["bench"], "src_path": "/w/a/benches/off.rs"},
                    {"name": "net", "kind": ["bench"], "src_path": "/w/a/benches/net.rs", "required-features": ["net"]}]},
                {"id": "b#1", "name": "b", "manifest_path": "/nonexistent/b/Cargo.toml", "targets": [
                    {"name": "sort", "kind": ["bench"], "src_path": "/w/b/benches/sort.rs"}]},
                {"id": "divan#1", "name": "divan", "manifest_path": "/d/Cargo.toml", "targets": [
                    {"name": "own", "kind": ["bench"], "src_path": "/d/benches/own.rs"}]}]}"#;
        serde_json::from_str(&json.replace("ROOT", root)).unwrap()
    }

    fn options(packages: &[&str], benches: &[&str], features: &[&str]) -> CargoOptions {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let mut options = CargoOptions::default();
        options.targets.packages = owned(packages);
        options.targets.benches = owned(benches);
        options.features.names = features.iter().map(|name| (*name).to_owned()).collect();
        options
    }

    fn names(members: &Members, options: &CargoOptions) -> Vec<String> {
        members.select(options).targets.into_iter().map(|target| target.name).collect()
    }

    #[test]
    fn bench_targets_of_members_are_selected() {
        let members = Members::of(&metadata("/nonexistent"));
        let cases = [
            (options(&[], &[], &[]), "parse off sort"),
            (options(&["b"], &[], &[]), "sort"),
            (options(&[], &["parse", "sort"], &[]), "parse sort"),
            (options(&["a"], &["sort"], &[]), ""),
            (options(&[], &[], &["tls"]), "parse off net sort"),
            (options(&[], &["net"], &["b/net"]), ""),
        ];
        for (options, expected) in cases {
            assert_eq!(names(&members, &options).join(" "), expected, "{options:?}");
        }
    }

    #[test]
    fn names_that_do_not_exist_are_errors() {
        let members = Members::of(&metadata("/nonexistent"));
        let error = |options: CargoOptions| members.check_names(&options).unwrap_err().to_string();
        let expected = "there is no package `c` in the workspace: name one of a, b";
        assert_eq!(error(options(&["c"], &[], &[])), expected);
        let mut excluded = options(&[], &[], &[]);
        excluded.targets.exclude.push("c".to_owned());
        assert_eq!(error(excluded), expected);
        let expected =
            "there is no bench target `own` in the workspace: name one of net, off, parse, sort";
        assert_eq!(error(options(&[], &["own"], &[])), expected);
        let expected = "no package of the workspace has the feature `b/net`: correct its name";
        assert_eq!(error(options(&["b"], &[], &["net", "b/net"])), expected);
    }

    #[test]
    fn features_that_no_member_has_are_unknown() {
        let members = Members::of(&metadata("/nonexistent"));
        let features = ["net", "new", "a/tls", "a/new", "log/std", "own-log/std"];
        let unknown = members.unknown_features(&options(&[], &[], &features));
        assert_eq!(Vec::from_iter(unknown), ["a/new", "new", "own-log/std"]);
        assert!(members.have_feature([&"a"].into_iter(), "net"));
        assert!(!members.have_feature([&"b"].into_iter(), "net"));
    }

    #[test]
    fn targets_that_are_not_built_have_a_reason() {
        let root = tempfile::tempdir().unwrap();
        let manifest =
            "[workspace]\ndefault-members = [\".\"]\n[[bench]]\nname = \"off\"\nbench = false\n";
        fs::write(root.path().join("Cargo.toml"), manifest).unwrap();
        let members = Members::of(&metadata(root.path().to_str().unwrap()));
        let selected = members.select(&options(&[], &[], &[]));
        let reasons: Vec<(&str, &str)> =
            selected.not_built.iter().map(|(name, reason)| (&**name, &**reason)).collect();
        assert_eq!(
            reasons,
            [
                ("a/net", "it needs the feature net (add --features net)"),
                ("a/off", "it has `bench = false` (add --bench off)"),
            ]
        );
        assert_eq!(Vec::from_iter(selected.missing_features), ["net"]);
        // `b` is no default member.
        let parse: Vec<&str> = selected.targets.iter().map(|target| &*target.name).collect();
        assert_eq!(parse, ["parse"]);
        assert_eq!(members.not_default(&options(&[], &[], &[]).targets), ["b"]);
        assert!(members.not_default(&options(&["a"], &[], &[]).targets).is_empty());
        assert_eq!(names(&members, &options(&[], &["off"], &[])), ["off"]);
        let mut all = options(&[], &[], &[]);
        all.targets.workspace = true;
        assert!(members.not_default(&all.targets).is_empty());
        assert_eq!(names(&members, &all), ["parse", "sort"]);
    }
}
