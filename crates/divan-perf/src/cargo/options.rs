//! Cargo's options, from the command line and from perf-budgets.json.

use crate::args::CargoArgs;
use perf_judge::budget::CargoConfig;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The options for a build, for both sides of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CargoOptions {
    pub(crate) targets: TargetSelection,
    pub(crate) features: FeatureSelection,
    /// The profile instead of `bench`.
    pub(crate) profile: Option<String>,
    /// The target folder instead of the one in cargo's configuration, absolute or relative to the
    /// current folder.
    pub(crate) target_dir: Option<PathBuf>,
    /// Arguments that define the profile for a commit that lacks it.
    pub(crate) profile_args: Vec<String>,
    /// Whether the executables get debug information, which names inlined functions.
    pub(crate) has_debug_information: bool,
    /// `--locked`, `--offline` and `--frozen`.
    pub(crate) dependencies: Vec<String>,
}

/// The bench targets to measure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TargetSelection {
    /// Whether all members are selected, not only the default members.
    pub(crate) workspace: bool,
    /// The selected packages; empty for all.
    pub(crate) packages: Vec<String>,
    /// Packages that are not selected.
    pub(crate) exclude: Vec<String>,
    /// The names of the selected targets; empty for all.
    pub(crate) benches: Vec<String>,
}

/// The features to enable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FeatureSelection {
    pub(crate) names: BTreeSet<String>,
    pub(crate) all: bool,
    pub(crate) no_default: bool,
}

impl CargoOptions {
    /// The options on the command line, and those of perf-budgets.json that they do not replace.
    pub(crate) fn new(args: &CargoArgs, config: &CargoConfig) -> Self {
        let dependencies =
            [("--locked", args.locked), ("--offline", args.offline), ("--frozen", args.frozen)];
        let dependencies = dependencies.into_iter().filter(|(_, is_set)| *is_set);
        Self {
            targets: TargetSelection::new(args, config),
            features: FeatureSelection::new(args, config),
            profile: args.profile.as_ref().or(config.profile.as_ref()).cloned(),
            target_dir: args.target_dir.clone(),
            profile_args: Vec::new(),
            has_debug_information: false,
            dependencies: dependencies.map(|(name, _)| name.to_owned()).collect(),
        }
    }

    /// The arguments of `cargo bench`, without the selection of targets.
    pub(crate) fn build_args(&self) -> Vec<String> {
        let profile = self.profile.iter().map(|name| format!("--profile={name}"));
        let others = self.profile_args.iter().chain(&self.dependencies).cloned();
        let debug = self.debug_args().into_iter().flatten();
        self.features.args().chain(profile).chain(others).chain(debug).collect()
    }

    /// Line tables alone have no full names of inlined functions.
    fn debug_args(&self) -> Option<[String; 2]> {
        let profile = self.profile.as_deref().unwrap_or("bench");
        self.has_debug_information.then(|| {
            ["debug=\"limited\"", "strip=\"none\""]
                .map(|setting| format!("--config=profile.{profile}.{setting}"))
        })
    }
}

impl TargetSelection {
    fn new(args: &CargoArgs, config: &CargoConfig) -> Self {
        let is_narrowed = !args.package.is_empty() || !args.exclude.is_empty();
        Self {
            workspace: args.workspace || config.workspace,
            packages: args.package.clone(),
            exclude: if is_narrowed { args.exclude.clone() } else { config.exclude.clone() },
            benches: if args.bench.is_empty() { config.bench.clone() } else { args.bench.clone() },
        }
    }

    /// Whether the benches of a package are selected.
    pub(crate) fn has_package(&self, name: &str, is_default: bool) -> bool {
        let is_named = self.packages.iter().any(|package| package == name);
        let is_selected =
            if self.packages.is_empty() { is_default || self.workspace } else { is_named };
        is_selected && !self.exclude.iter().any(|package| package == name)
    }

    /// Whether a target is selected. One with `bench = false` must be named.
    pub(crate) fn has_bench(&self, name: &str) -> bool {
        self.benches.is_empty() || self.names_bench(name)
    }

    /// Whether the options name a target.
    pub(crate) fn names_bench(&self, name: &str) -> bool {
        self.benches.iter().any(|bench| bench == name)
    }
}

impl FeatureSelection {
    fn new(args: &CargoArgs, config: &CargoConfig) -> Self {
        let is_set = !args.features.is_empty() || args.all_features || args.no_default_features;
        let (names, all, no_default) = if is_set {
            (&args.features, args.all_features, args.no_default_features)
        } else {
            (&config.features, config.all_features, config.no_default_features)
        };
        let separators = |c: char| c == ',' || c.is_whitespace();
        let names = names.iter().flat_map(|names| names.split(separators));
        let names = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { names, all, no_default }
    }

    /// The value in a machine key; empty without options.
    pub(crate) fn key(&self) -> String {
        if self.all {
            return "all".to_owned();
        }
        let no_default = self.no_default.then_some("no default");
        let names = self.names.iter().map(String::as_str);
        no_default.into_iter().chain(names).collect::<Vec<_>>().join(", ")
    }

    fn args(&self) -> impl Iterator<Item = String> {
        let all = self.all.then(|| "--all-features".to_owned());
        let no_default = self.no_default.then(|| "--no-default-features".to_owned());
        let names = self.names.iter().map(|name| format!("--features={name}"));
        all.into_iter().chain(no_default).chain(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> CargoConfig {
        serde_json::from_str(json).unwrap()
    }

    fn args(features: &[&str]) -> CargoArgs {
        let features = features.iter().map(|feature| (*feature).to_owned()).collect();
        CargoArgs { features, ..CargoArgs::default() }
    }

    #[test]
    fn the_command_line_replaces_the_features_of_the_file() {
        let file = config(r#"{"features": ["x"], "no_default_features": true, "profile": "lto"}"#);
        let cases = [
            (args(&[]), "no default, x", vec!["--no-default-features", "--features=x"]),
            (
                args(&["b,a", "c d"]),
                "a, b, c, d",
                vec!["--features=a", "--features=b", "--features=c", "--features=d"],
            ),
            (CargoArgs { all_features: true, ..args(&[]) }, "all", vec!["--all-features"]),
        ];
        for (args, key, mut expected) in cases {
            let options = CargoOptions::new(&args, &file);
            assert_eq!(options.features.key(), key);
            expected.push("--profile=lto");
            assert_eq!(options.build_args(), expected);
        }
        let none = CargoOptions::new(&args(&[]), &CargoConfig::default());
        assert_eq!((none.features.key(), none.build_args()), (String::new(), vec![]));
        let own = CargoArgs { profile: Some("dev".to_owned()), locked: true, ..args(&["a"]) };
        let own = CargoOptions::new(&own, &file).build_args();
        assert_eq!(own, ["--features=a", "--profile=dev", "--locked"]);
    }

    #[test]
    fn packages_and_targets_are_selected() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let file = config(r#"{"exclude": ["a"], "bench": ["x"]}"#);
        let of_file = CargoOptions::new(&CargoArgs::default(), &file).targets;
        assert!(!of_file.has_package("a", true) && of_file.has_package("b", true));
        assert!(!of_file.has_package("b", false));
        assert!(of_file.has_bench("x") && !of_file.has_bench("y"));
        let named = CargoArgs { package: names(&["a"]), bench: names(&["y"]), ..<_>::default() };
        let named = CargoOptions::new(&named, &file).targets;
        assert!(named.has_package("a", false) && !named.has_package("b", true));
        assert!(!named.has_bench("x") && named.names_bench("y"));
        let default = TargetSelection::default();
        assert!(default.has_package("a", true) && !default.has_package("a", false));
        assert!(default.has_bench("x") && !default.names_bench("x"));
        let all = TargetSelection { workspace: true, ..default };
        assert!(all.has_package("a", false));
    }
}
