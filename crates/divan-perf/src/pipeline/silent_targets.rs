//! Declared bench targets without a listed benchmark.

use crate::bench::{Built, Listing, Workspace};
use perf_judge::ident::BenchmarkId;
use std::collections::BTreeMap;

/// Declared bench targets without a listed benchmark, with the reason, by `package/target`.
///
/// Earlier benchmarks of such a target are reported as missing instead of removed.
#[derive(Debug, Default)]
pub(super) struct SilentTargets(BTreeMap<String, String>);

impl SilentTargets {
    /// The targets without a benchmark in `listing`, the list of all built benches.
    pub(super) fn find(workspace: &Workspace, built: &Built, listing: &Listing) -> Self {
        let mut silent = workspace.not_built.clone();
        let targets = workspace.targets.iter();
        for target in targets.filter(|one| workspace.is_wanted(&one.package, &one.name)) {
            let name = format!("{}/{}", target.package, target.name);
            let is_divan = built.executables.iter().any(|divan| divan.target == *target);
            let unlisted = listing.failures.get(&BenchmarkId::from(name.as_str()));
            let reason = match (unlisted, is_divan) {
                (Some(reason), _) => reason,
                (None, true) => "its executable ended without printing Divan's list",
                (None, false) => "its executable is no Divan bench",
            };
            silent.insert(name, reason.to_owned());
        }
        let names = listing.entries.iter().map(|entry| &entry.id).chain(listing.failures.keys());
        for (target, _) in names.filter_map(|name| name.as_str().split_once("::")) {
            silent.remove(target);
        }
        Self(silent)
    }

    /// Adds the `known` benchmarks of these targets to the failures, if `is_wanted` selects them.
    pub(super) fn fail(
        &self,
        listing: &mut Listing,
        known: impl Iterator<Item = BenchmarkId>,
        is_wanted: impl Fn(&BenchmarkId) -> bool,
    ) {
        for name in known {
            let target = target_of(&name);
            let Some(reason) = self.0.get(target) else { continue };
            let reason = format!(
                "its target {target} is declared, but {reason}: fix it, or remove it from Cargo.toml"
            );
            listing.failures.remove(&BenchmarkId::from(target));
            if is_wanted(&name) {
                listing.failures.insert(name, reason);
            }
        }
    }
}

/// `package/target`
pub(super) fn target_of(name: &BenchmarkId) -> &str {
    name.as_str().split_once("::").map_or(name.as_str(), |(target, _)| target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::BenchTarget;
    use std::path::PathBuf;

    fn target(name: &str) -> BenchTarget {
        BenchTarget {
            package_id: "p#1".to_owned(),
            package: "p".to_owned(),
            dir: PathBuf::new(),
            name: name.to_owned(),
            source: PathBuf::new(),
        }
    }

    fn failing(names: &[&str]) -> Listing {
        let failures = names.iter().map(|name| (BenchmarkId::from(*name), "it hangs".to_owned()));
        Listing { failures: failures.collect(), ..Listing::default() }
    }

    #[test]
    fn known_benchmarks_of_silent_targets_fail() {
        let mut workspace = Workspace {
            targets: ["lists", "empty", "fails"].map(target).into(),
            ..Workspace::default()
        };
        workspace.not_built.insert("p/left_out".to_owned(), "it needs the features x".to_owned());
        let mut listing = failing(&["p/lists::doubled", "p/fails", "p/unknown"]);
        let silent = SilentTargets::find(&workspace, &Built::default(), &listing);
        let known = ["p/lists::gone", "p/empty::a", "p/empty::b", "p/fails::c", "p/left_out::d"];
        let known = known.into_iter().chain(["p/removed::e"]).map(BenchmarkId::from);
        silent.fail(&mut listing, known, |name| name.as_str() != "p/empty::b");
        let failures: Vec<(&str, &str)> =
            listing.failures.iter().map(|(name, reason)| (name.as_str(), &**reason)).collect();
        let expected = [
            ("p/empty::a", "its target p/empty is declared, but its executable is no Divan bench"),
            ("p/fails::c", "its target p/fails is declared, but it hangs"),
            ("p/left_out::d", "its target p/left_out is declared, but it needs the features x"),
            ("p/lists::doubled", "it hangs"),
            ("p/unknown", "it hangs"),
        ];
        assert_eq!(failures.len(), expected.len(), "{failures:?}");
        for ((name, reason), (expected_name, beginning)) in failures.into_iter().zip(expected) {
            assert!(name == expected_name && reason.starts_with(beginning), "{name}: {reason}");
        }
    }
}
