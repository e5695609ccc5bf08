//! The output of `cargo metadata`, as far as it is used.

use serde::Deserialize;
use std::path::PathBuf;

#[derive(Deserialize)]
pub(super) struct CargoMetadata {
    pub(super) packages: Vec<CargoPackage>,
    pub(super) workspace_members: Vec<String>,
    pub(super) workspace_root: PathBuf,
    pub(super) target_directory: PathBuf,
}

#[derive(Deserialize)]
pub(super) struct CargoPackage {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) manifest_path: PathBuf,
    pub(super) targets: Vec<CargoTarget>,
    #[serde(default)]
    pub(super) dependencies: Vec<CargoDependency>,
}

#[derive(Deserialize)]
pub(super) struct CargoDependency {
    pub(super) name: String,
    /// The name in Cargo.toml if it differs from the package's.
    pub(super) rename: Option<String>,
    /// `dev` or `build`; `None` for a normal dependency.
    pub(super) kind: Option<String>,
    /// The folder of a path dependency.
    pub(super) path: Option<PathBuf>,
}

#[derive(Deserialize)]
pub(super) struct CargoTarget {
    pub(super) name: String,
    pub(super) kind: Vec<String>,
    pub(super) src_path: PathBuf,
    #[serde(default, rename = "required-features")]
    pub(super) required_features: Vec<String>,
}
