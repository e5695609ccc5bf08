//! The output of `cargo metadata`, as far as it is used.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
pub(super) struct CargoMetadata {
    pub(super) packages: Vec<CargoPackage>,
    pub(super) workspace_members: Vec<String>,
    /// The members that cargo selects without options; absent before cargo 1.71.
    #[serde(default)]
    pub(super) workspace_default_members: Vec<String>,
    pub(super) workspace_root: PathBuf,
    pub(super) target_directory: PathBuf,
}

/// A package as described by `cargo metadata`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CargoPackage {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: String,
    pub(super) manifest_path: PathBuf,
    pub(super) targets: Vec<CargoTarget>,
    #[serde(default)]
    pub(super) dependencies: Vec<CargoDependency>,
    /// What each feature enables.
    #[serde(default)]
    pub(super) features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) authors: Vec<String>,
    pub(super) description: Option<String>,
    pub(super) homepage: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) license: Option<String>,
    pub(super) license_file: Option<String>,
    pub(super) readme: Option<String>,
    pub(super) rust_version: Option<String>,
}

impl CargoPackage {
    /// The package's folder, in which cargo runs its benches.
    pub(super) fn dir(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new("."))
    }

    /// Its bench targets, of Divan or not.
    pub(super) fn benches(&self) -> impl Iterator<Item = &CargoTarget> {
        self.targets.iter().filter(|target| target.kind == ["bench"])
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct CargoDependency {
    pub(super) name: String,
    /// The name in Cargo.toml if it differs from the package's.
    pub(super) rename: Option<String>,
    /// `dev` or `build`; `None` for a normal dependency.
    pub(super) kind: Option<String>,
    /// The folder of a path dependency.
    pub(super) path: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct CargoTarget {
    pub(super) name: String,
    pub(super) kind: Vec<String>,
    pub(super) src_path: PathBuf,
    #[serde(default, rename = "required-features")]
    pub(super) required_features: Vec<String>,
}
