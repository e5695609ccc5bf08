//! Benchmarks that the base has and cannot list.

use super::silent_targets::target_of;
use crate::bench::{Built, Launcher, Listing, Workspace};
use anyhow::Result;
use perf_judge::ident::BenchmarkId;
use std::collections::BTreeMap;

/// Reasons by benchmark, or by target if none of its benchmarks can be listed.
#[derive(Debug, Default)]
pub(super) struct BaseFailures {
    reasons: BTreeMap<BenchmarkId, String>,
    /// The current names of benchmarks by former ones.
    renamed: BTreeMap<BenchmarkId, BenchmarkId>,
}

impl BaseFailures {
    /// The failures of `listing`, the list of all built benches of the base.
    ///
    /// A target whose program ends before Divan starts lists nothing, as one without benchmarks
    /// does. It can have any benchmark, and so can one that is not built.
    pub(super) fn find(
        workspace: &Workspace,
        built: &Built,
        listing: &Listing,
        launcher: &Launcher,
        renamed: &BTreeMap<BenchmarkId, BenchmarkId>,
    ) -> Result<Self> {
        let not_built = workspace.not_built.iter();
        let mut reasons: BTreeMap<BenchmarkId, String> = not_built
            .map(|(name, reason)| (BenchmarkId::from(name.as_str()), reason.clone()))
            .collect();
        for executable in &built.executables {
            let target = format!("{}/{}", executable.target.package, executable.target.name);
            let names =
                listing.entries.iter().map(|entry| &entry.id).chain(listing.failures.keys());
            let is_silent = !names.into_iter().any(|name| target_of(name) == target);
            if is_silent && !launcher.starts_divan(executable)? {
                let reason = "its program ended before Divan started".to_owned();
                reasons.insert(BenchmarkId::from(target.as_str()), reason);
            }
        }
        reasons.extend(listing.failures.clone());
        Ok(Self { reasons, renamed: renamed.clone() })
    }

    /// Why the base cannot run the benchmark with this current name; `None` if it lists it, or does
    /// not have it.
    pub(super) fn of(&self, name: &BenchmarkId) -> Option<&str> {
        let former = self.renamed.iter().filter(|(_, new)| *new == name).map(|(old, _)| old);
        let mut names = [name].into_iter().chain(former);
        let reason = names.find_map(|name| {
            let target = BenchmarkId::from(target_of(name));
            self.reasons.get(name).or_else(|| self.reasons.get(&target))
        });
        reason.map(String::as_str)
    }

    /// The benchmarks and targets.
    pub(super) fn names(&self) -> impl Iterator<Item = &BenchmarkId> {
        self.reasons.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_fails_with_its_target_also_under_a_former_name() {
        let reason = |name: &str, reason: &str| (BenchmarkId::from(name), reason.to_owned());
        let failures = BaseFailures {
            reasons: [reason("p/dead", "it panicked"), reason("p/t::twice", "two have its name")]
                .into(),
            renamed: [("p/dead::old".into(), "p/t::new".into())].into(),
        };
        for (name, expected) in [
            ("p/dead::a", Some("it panicked")),
            ("p/t::twice", Some("two have its name")),
            ("p/t::new", Some("it panicked")),
            ("p/t::other", None),
            ("p/deader::a", None),
        ] {
            assert_eq!(failures.of(&name.into()), expected, "{name}");
        }
    }
}
