//! Checks of the manifests of packages with benches.

use super::finding::Finding;
use crate::bench::{BenchTarget, Workspace};
use crate::files::{TEXT_BYTES, read_if_there};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    lib: ManifestTarget,
    #[serde(default)]
    bench: Vec<ManifestTarget>,
}

#[derive(Default, Deserialize)]
struct ManifestTarget {
    name: Option<String>,
    bench: Option<bool>,
    harness: Option<bool>,
}

/// Checks the manifest of every package with a bench target.
pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let folders: BTreeSet<&Path> = workspace.targets.iter().map(|target| &*target.dir).collect();
    let of = |dir: &&Path| {
        let path = dir.join("Cargo.toml");
        let relative = path.strip_prefix(&workspace.root).unwrap_or(&path).display().to_string();
        let text = read_if_there(&path, TEXT_BYTES).ok().flatten().unwrap_or_default();
        let targets = workspace.targets.iter().filter(|target| target.dir == **dir);
        let names: Vec<&str> = targets.map(|target: &BenchTarget| target.name.as_str()).collect();
        faults(&relative, &text, &names, dir.join("src/lib.rs").exists())
    };
    folders.iter().flat_map(of).collect()
}

/// The findings in a manifest that cargo can read.
fn faults(path: &str, text: &str, benches: &[&str], has_library: bool) -> Vec<Finding> {
    let Ok(manifest) = toml::from_str::<Manifest>(text) else { return Vec::new() };
    let has_no_harness = |name: &&&str| {
        let named = |target: &&ManifestTarget| target.name.as_deref() == Some(**name);
        manifest.bench.iter().find(named).and_then(|target| target.harness) == Some(false)
    };
    let standard = benches.iter().filter(|name| !has_no_harness(name));
    let mut findings: Vec<Finding> = standard
        .map(|name| {
            let what = format!(
                "{path}: the bench `{name}` uses the standard harness, which does not run Divan"
            );
            Finding::fix(what, format!("[[bench]]\nname = \"{name}\"\nharness = false"))
        })
        .collect();
    if has_library && manifest.lib.bench != Some(false) {
        let what = format!(
            "{path}: `cargo bench -- --sample-count 9` fails in the library, whose harness rejects Divan's flags (`cargo xtask perf` is not affected)"
        );
        findings.push(Finding::note(what, "[lib]\nbench = false"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::{Urgency, to_text};
    use super::*;

    #[test]
    fn harnesses_are_found() {
        let sound = "[lib]\nbench = false\n[[bench]]\nname = \"a\"\nharness = false\n";
        let cases = [
            (sound, true, vec![]),
            (&sound[20..], false, vec![]),
            (&sound[20..], true, vec![Urgency::Note]),
            ("[lib]\nbench = false", true, vec![Urgency::Fix]),
            ("[[bench]]\nname = \"a\"", false, vec![Urgency::Fix]),
        ];
        for (text, has_library, levels) in cases {
            let findings = faults("Cargo.toml", text, &["a"], has_library);
            let found: Vec<Urgency> = findings.iter().map(|finding| finding.urgency).collect();
            assert_eq!(found, levels, "{}", to_text(&findings));
        }
    }
}
