//! What differs between the builds of base and head beside their sources.

use crate::bench::{Built, Workspace};
use crate::environment;
use anyhow::Result;
use perf_judge::cause::BuildDifferences;

/// One of the two builds.
#[derive(Clone, Copy, Debug)]
pub(super) struct BuildOf<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) built: &'a Built,
}

/// Compares the compilers, the settings, the features and the versions of dependencies.
pub(super) fn find(base: BuildOf<'_>, head: BuildOf<'_>) -> Result<BuildDifferences> {
    let [of_base, of_head] = [base, head].map(|side| side.workspace.toolchain.version());
    let (of_base, of_head) = (of_base?, of_head?);
    let mut settings = Vec::new();
    if of_base != of_head {
        let [base, head] = [&of_base, &of_head].map(|text| environment::rustc_name(text));
        settings.push(format!("rustc {base} → {head}"));
    }
    settings.extend(head.workspace.config_differences(base.workspace, &of_head));
    settings.extend(head.workspace.profile_differences(base.workspace)?);
    let mut differences = BuildDifferences { settings, ..BuildDifferences::default() };
    let (of_base, of_head) = (base.workspace.dependencies()?, head.workspace.dependencies()?);
    differences.add_packages(of_base.iter().map(borrowed), of_head.iter().map(borrowed));
    differences.add_features(&base.built.features, &head.built.features);
    Ok(differences)
}

fn borrowed((name, version): &(String, String)) -> (&str, &str) {
    (name, version)
}
