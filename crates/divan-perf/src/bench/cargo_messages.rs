//! What cargo prints about a build, as JSON.

use super::members::BenchTarget;
use super::workspace::Workspace;
use serde::Deserialize;
use std::path::PathBuf;

/// The used part of cargo's messages.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub(super) enum Message {
    CompilerArtifact(Artifact),
    BuildScriptExecuted(BuildScript),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
pub(super) struct Artifact {
    pub(super) package_id: String,
    pub(super) target: ArtifactTarget,
    pub(super) profile: Profile,
    #[serde(default)]
    pub(super) features: Vec<String>,
    pub(super) executable: Option<PathBuf>,
    #[serde(default)]
    pub(super) filenames: Vec<PathBuf>,
}

/// What the build script of a package printed.
#[derive(Deserialize)]
pub(super) struct BuildScript {
    pub(super) package_id: String,
    #[serde(default)]
    pub(super) linked_paths: Vec<String>,
    #[serde(default)]
    pub(super) env: Vec<(String, String)>,
    #[serde(default)]
    pub(super) out_dir: String,
}

#[derive(Deserialize)]
pub(super) struct ArtifactTarget {
    pub(super) name: String,
    pub(super) kind: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Profile {
    pub(super) opt_level: String,
    pub(super) debug_assertions: bool,
    pub(super) overflow_checks: bool,
}

impl ArtifactTarget {
    pub(super) fn is_loaded_at_run_time(&self) -> bool {
        self.kind.iter().any(|kind| kind == "dylib" || kind == "cdylib")
    }
}

impl Profile {
    /// `opt-level 3, debug assertions`
    pub(super) fn describe(&self) -> String {
        let mut words = format!("opt-level {}", self.opt_level);
        if self.debug_assertions {
            words += ", debug assertions";
        }
        if self.overflow_checks {
            words += ", overflow checks";
        }
        words
    }
}

/// The bench of the workspace that cargo built, and its executable.
pub(super) fn executable(
    workspace: &Workspace,
    artifact: &Artifact,
) -> Option<(BenchTarget, PathBuf)> {
    let is_bench = artifact.target.kind == ["bench"];
    let path = artifact.executable.clone().filter(|_| is_bench)?;
    let same = |target: &&BenchTarget| {
        target.package_id == artifact.package_id && target.name == artifact.target.name
    };
    Some((workspace.targets.iter().find(same)?.clone(), path))
}

/// The program that cargo built, and its executable.
pub(super) fn program(artifact: &Artifact) -> Option<(String, PathBuf)> {
    let is_program = artifact.target.kind == ["bin"];
    Some((artifact.target.name.clone(), artifact.executable.clone().filter(|_| is_program)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bench_executables_of_the_workspace_count() {
        let target = BenchTarget {
            package_id: "a#1".to_owned(),
            package: "a".to_owned(),
            dir: PathBuf::from("/w/a"),
            name: "parse".to_owned(),
            source: PathBuf::from("/w/a/benches/parse.rs"),
        };
        let workspace = Workspace {
            root: PathBuf::from("/w"),
            target_dir: PathBuf::from("/t"),
            targets: vec![target],
            ..Workspace::default()
        };
        let artifact = |package: &str, kind: &str| {
            let profile = r#"{"opt_level":"3","debug_assertions":false,"overflow_checks":false}"#;
            let json = format!(
                r#"{{"reason":"compiler-artifact","package_id":"{package}","target":{{"name":"parse","kind":["{kind}"]}},"profile":{profile},"executable":"/t/parse"}}"#
            );
            let Message::CompilerArtifact(artifact) = serde_json::from_str(&json).unwrap() else {
                panic!("{json}")
            };
            (executable(&workspace, &artifact).is_some(), program(&artifact).is_some())
        };
        assert_eq!(artifact("a#1", "bench"), (true, false));
        assert_eq!(artifact("a#1", "bin"), (false, true));
        assert_eq!(artifact("a#1", "lib"), (false, false));
        assert_eq!(artifact("b#1", "bench"), (false, false));
    }

    #[test]
    fn a_profile_is_described() {
        let profile =
            Profile { opt_level: "3".to_owned(), debug_assertions: true, overflow_checks: false };
        assert_eq!(profile.describe(), "opt-level 3, debug assertions");
    }
}
