//! What is known about a change.

use super::{CauseKind, FunctionCount};
use crate::detect::counts::{CountDirection, CountPair, Counts};
use crate::detect::system_calls::SystemCalls;
use std::collections::{BTreeMap, BTreeSet};

/// What is known about a benchmark that changed.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Whether the head takes more or less time, or has more or less counts if the time did not change.
    pub direction: CountDirection,
    /// The times of base and head in ns per iteration; `None` if only counts changed.
    pub times: Option<[f64; 2]>,
    /// The counts of base and head per iteration.
    pub counts: &'a Counts,
    /// The system calls of base and head, if they were counted.
    pub system_calls: Option<&'a SystemCalls>,
    /// The functions whose instructions differ, the largest difference first; empty if they are unknown.
    pub functions: &'a [FunctionCount],
    /// What differs between the builds.
    pub builds: &'a BuildDifferences,
}

/// What differs between the builds of base and head beside their sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildDifferences {
    /// Settings that change machine code: `rustc 1.90.0 → 1.91.0`, `build.rustflags`.
    pub settings: Vec<String>,
    /// Crates of other versions or with other features.
    pub crates: Vec<CrateChange>,
}

/// A crate that is built from another version or with other features.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrateChange {
    /// Its name in code.
    pub name: String,
    /// [`CauseKind::Dependency`] or [`CauseKind::Features`].
    pub kind: CauseKind,
    /// What differs: `toml 0.8.1 → 0.8.2`, `serde +rc -std`.
    pub text: String,
}

impl BuildDifferences {
    /// Adds the packages that two lock files have in other versions. Each is a name and a version.
    pub fn add_packages<'a>(
        &mut self,
        base: impl IntoIterator<Item = (&'a str, &'a str)>,
        head: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) {
        let (base, head) = (by_name(base), by_name(head));
        let names: BTreeSet<&str> = base.keys().chain(head.keys()).copied().collect();
        let changed = names.into_iter().filter(|name| base.get(name) != head.get(name));
        let change = |name: &str| CrateChange {
            name: name.replace('-', "_"),
            kind: CauseKind::Dependency,
            text: versions(name, base.get(name), head.get(name)),
        };
        self.crates.extend(changed.map(change));
    }

    /// Adds the crates that both sides have with other features. The features are those by crate.
    pub fn add_features(
        &mut self,
        base: &BTreeMap<String, BTreeSet<String>>,
        head: &BTreeMap<String, BTreeSet<String>>,
    ) {
        let changed = base.iter().filter_map(|(name, base)| {
            let head = head.get(name).filter(|head| *head != base)?;
            let added = head.difference(base).map(|feature| format!(" +{feature}"));
            let removed = base.difference(head).map(|feature| format!(" -{feature}"));
            let text = name.clone() + &added.chain(removed).collect::<String>();
            let name = name.replace('-', "_");
            Some(CrateChange { name, kind: CauseKind::Features, text })
        });
        self.crates.extend(changed);
    }
}

/// The versions of a package, ordered.
type Versions<'a> = Vec<&'a str>;

fn by_name<'a>(
    packages: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<&'a str, Versions<'a>> {
    let mut names: BTreeMap<&str, Versions<'_>> = BTreeMap::new();
    for (name, version) in packages {
        names.entry(name).or_default().push(version);
    }
    names.values_mut().for_each(|versions| versions.sort_unstable());
    names
}

/// `toml 0.8.1 → 0.8.2`.
fn versions(name: &str, base: Option<&Versions<'_>>, head: Option<&Versions<'_>>) -> String {
    match (base.map(|all| all.join(", ")), head.map(|all| all.join(", "))) {
        (Some(base), Some(head)) => format!("{name} {base} → {head}"),
        (None, Some(head)) => format!("{name} {head} (new)"),
        (Some(base), None) => format!("{name} {base} (removed)"),
        (None, None) => name.to_owned(),
    }
}

impl CrateChange {
    /// Whether a function is defined in this crate.
    pub(super) fn has(&self, function: &FunctionCount) -> bool {
        crate_of(&function.name) == Some(&self.name) && !function.has_benchmark()
    }
}

/// The crate of a function: `a` of `a::f`, `<a::T as b::Trait>::f` and `<&mut a::T>::f`.
fn crate_of(function: &str) -> Option<&str> {
    let start = function.trim_start_matches(['<', '&', '*', '[', '(']);
    let start = ["mut ", "const ", "dyn "]
        .iter()
        .find_map(|word| start.strip_prefix(word))
        .unwrap_or(start);
    let end = start.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    start[end..].starts_with("::").then(|| &start[..end])
}

impl Evidence<'_> {
    /// By how much the head has more, if it takes more time, or less, if it takes less.
    pub(super) fn difference(&self, base: f64, head: f64) -> f64 {
        match self.direction {
            CountDirection::Grew => head - base,
            CountDirection::Shrank => base - head,
        }
    }

    /// The change of the time in ns; `None` if only counts changed.
    pub(super) fn time_difference(&self) -> Option<f64> {
        self.times.map(|[base, head]| self.difference(base, head))
    }

    /// The system calls whose numbers changed in the direction of the time.
    pub(super) fn calls(&self) -> Vec<(&str, CountPair)> {
        let pairs = self.system_calls.map(SystemCalls::pairs).unwrap_or_default();
        let changed =
            pairs.into_iter().filter(|(_, pair)| pair.direction() == Some(self.direction));
        let mut changed: Vec<_> = changed.collect();
        let size = |pair: CountPair| (pair.head - pair.base).abs();
        changed.sort_by(|(_, one), (_, other)| size(*other).total_cmp(&size(*one)));
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_belongs_to_the_crate_that_defines_it() {
        let cases = [
            ("serde_json::de::from_str", Some("serde_json")),
            ("<toml::Value as serde::de::Deserialize>::deserialize", Some("toml")),
            ("<&mut toml::De as serde::de::Deserializer>::any", Some("toml")),
            ("<[toml::Value]>::f", Some("toml")),
            ("<dyn toml::T>::f", Some("toml")),
            ("main", None),
            ("libc.so.6", None),
            ("<u8 as toml::T>::f", None),
            ("", None),
        ];
        for (function, expected) in cases {
            assert_eq!(crate_of(function), expected, "{function}");
        }
        let mut changes = BuildDifferences::default();
        changes.add_packages([("divan", "0.1.20"), ("a", "1.0.0")], [("divan", "0.1.21")]);
        let has = |name: &str| {
            let name = name.to_owned();
            let function = FunctionCount { name, former_name: None, base: 1.0, head: 2.0 };
            changes.crates.iter().any(|change| change.has(&function))
        };
        assert!(has("a::f") && !has("divan::bench::run") && !has("b::f"));
    }

    #[test]
    fn versions_and_features_of_crates_are_compared() {
        let base = [("a", "1.0.0"), ("b-c", "1.0.0"), ("b-c", "2.0.0"), ("gone", "0.1.0")];
        let head = [("b-c", "2.0.0"), ("a", "1.0.0"), ("b-c", "1.0.1"), ("new", "0.2.0")];
        let features = |crates: &[(&str, &[&str])]| {
            let owned = |(name, all): &(&str, &[&str])| {
                ((*name).to_owned(), all.iter().map(|name| (*name).to_owned()).collect())
            };
            crates.iter().map(owned).collect::<BTreeMap<String, BTreeSet<String>>>()
        };
        let mut changes = BuildDifferences::default();
        changes.add_packages(base, head);
        changes.add_features(
            &features(&[("a", &["std", "fast"]), ("same", &["std"]), ("gone", &["std"])]),
            &features(&[("a", &["fast", "rc"]), ("same", &["std"]), ("new", &["std"])]),
        );
        let found: Vec<(&str, &str)> =
            changes.crates.iter().map(|c| (c.name.as_str(), c.text.as_str())).collect();
        let expected = [
            ("b_c", "b-c 1.0.0, 2.0.0 → 1.0.1, 2.0.0"),
            ("gone", "gone 0.1.0 (removed)"),
            ("new", "new 0.2.0 (new)"),
            ("a", "a +rc -std"),
        ];
        assert_eq!(found, expected);
    }
}
