//! What `cargo metadata` does not report of a Cargo.toml.

use crate::files::{TEXT_BYTES, read_if_there};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeSet;
use std::path::Path;

/// The used part of a Cargo.toml.
#[derive(Default, Deserialize)]
pub(super) struct TargetManifest {
    workspace: Option<WorkspaceSection>,
    #[serde(default)]
    bench: Vec<BenchSection>,
}

#[derive(Deserialize)]
struct WorkspaceSection {
    #[serde(rename = "default-members")]
    default_members: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct BenchSection {
    name: Option<String>,
    bench: Option<bool>,
}

impl TargetManifest {
    /// Reads a Cargo.toml. One that cannot be read has no settings: cargo has accepted it before.
    pub(super) fn read(path: &Path) -> Self {
        let text = read_if_there(path, TEXT_BYTES).ok().flatten().unwrap_or_default();
        toml::from_str(&text).unwrap_or_default()
    }

    /// Whether the workspace names its default members.
    pub(super) fn names_default_members(&self) -> bool {
        self.workspace.as_ref().is_some_and(|workspace| workspace.default_members.is_some())
    }

    /// The bench targets with `bench = false`.
    pub(super) fn switched_off(&self) -> BTreeSet<String> {
        let is_off = |section: &&BenchSection| section.bench == Some(false);
        self.bench.iter().filter(is_off).filter_map(|section| section.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_members_and_targets_that_are_off_are_found() {
        let read = |text: &str| toml::from_str::<TargetManifest>(text).unwrap();
        let manifest = read(
            "[workspace]\ndefault-members = [\"a\"]\n[[bench]]\nname = \"x\"\nbench = false\n[[bench]]\nname = \"y\"",
        );
        assert!(manifest.names_default_members());
        assert_eq!(manifest.switched_off(), BTreeSet::from(["x".to_owned()]));
        assert!(!read("[workspace]\nmembers = [\"a\"]").names_default_members());
        assert!(!TargetManifest::read(Path::new("/nonexistent")).names_default_members());
    }
}
