//! The base branch: found in any repository, named in notes and by `perf doctor`.

use crate::project::{Ended, Project};
use crate::tiny;
use std::process::Command;

/// The tiny project with its branch renamed to `branch`.
fn on(branch: &str) -> Project {
    let project = tiny::project(100);
    project.git(&["branch", "--move", "main", branch]);
    project
}

fn records(project: &Project, runs: usize) {
    for _ in 0..runs {
        project.perf(&["--launch-ms", "1"]).expect(0);
    }
}

fn slower_on(project: &Project, branch: &str) -> Ended {
    project.git(&["checkout", "--quiet", "-b", branch]);
    tiny::set_time(project, 300);
    project.git(&["commit", "--quiet", "--all", "--message=slower"]);
    project.perf(&["--launch-ms", "1"])
}

fn doctor(project: &Project) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["perf", "doctor", "--no-noise"]).env("CARGO_TARGET_DIR", project.target_dir());
    Ended::of(command.current_dir(project.path()).env("GIT_CONFIG_GLOBAL", "/dev/null"))
}

fn set(project: &Project, base_branches: &str) {
    let settings = format!("{{\"schema\": 2, \"base_branches\": {base_branches}}}");
    project.write("perf-budgets.json", &settings);
    project.git(&["add", "perf-budgets.json"]);
    project.git(&["commit", "--quiet", "--message=settings"]);
}

/// A workflow that starts on another branch.
const WORKFLOW: &str = "on:\n  push:\n    branches: [main]\njobs:\n  perf:\n    steps:\n      - run: cargo xtask perf\n";

#[test]
fn a_default_branch_of_any_name_gets_a_baseline() {
    for branch in ["trunk", "development"] {
        let project = on(branch);
        records(&project, 3);
        project.write(".github/workflows/perf.yml", WORKFLOW);
        let ended = doctor(&project);
        ended.says(&format!("baselines come from the runs of `{branch}`"));
        ended.says(&format!("does not list the base branch `{branch}`"));
        let note = format!("feature is no base branch: this run is judged by the runs of {branch}");
        slower_on(&project, "feature").expect(1).says(&note).says("`base_branches`");
    }
}

#[test]
fn the_default_branch_of_the_remote_is_the_base_branch() {
    let upstream = on("development");
    upstream.git(&["branch", "main"]);
    let clone = Project::clone_of(upstream.path().to_str().unwrap(), &[]);
    records(&clone, 3);
    doctor(&clone).says("the runs of `development` (the default branch of origin)");
    clone.git(&["checkout", "--quiet", "main"]);
    slower_on(&clone, "feature").expect(1).says("the runs of development");
}

#[test]
fn a_configured_branch_that_does_not_exist_is_reported() {
    let project = on("trunk");
    set(&project, "[\"main\"]");
    let ended = project.perf(&["--launch-ms", "1"]);
    ended.expect(0).says("the base branch main does not exist").says("Set `base_branches`");
    assert!(!ended.stdout.contains("clean commits of main"), "{}", ended.stdout);
    let ended = doctor(&project);
    ended.expect(1).says("the base branch `main` does not exist");
    ended.says("\"base_branches\": [\"trunk\"]");
    let ended = project.perf(&["--compare", "main"]);
    ended.expect(2).says("cannot find `main`").says("or name another reference");
    set(&project, "[\"trunk\"]");
    project.perf(&["--compare", "main"]).expect(2).says("the base branch: `--compare trunk`");
}

#[test]
fn runs_of_a_renamed_branch_count_under_its_new_name() {
    let project = on("master");
    records(&project, 3);
    project.git(&["branch", "--move", "master", "main"]);
    let judged = "this is run 1";
    project.perf(&["--launch-ms", "1", "--no-record"]).expect(0).says(judged);
    set(&project, "[\"main\", \"master\"]");
    let ended = project.perf(&["--launch-ms", "1"]);
    assert!(!ended.expect(0).stdout.contains(judged), "{}", ended.stdout);
    slower_on(&project, "feature").expect(1).says("judged by the runs of main");
    // A branch that exists has its own baseline.
    project.git(&["branch", "master", "main"]);
    project.perf(&["--launch-ms", "1", "--no-record"]).expect(0).says("a baseline takes 3 runs");
}

#[test]
fn a_branch_has_precedence_over_a_tag_of_its_name() {
    let project = tiny::project(100);
    project.git(&["tag", "main"]);
    tiny::set_time(&project, 300);
    project.git(&["commit", "--quiet", "--all", "--message=slower"]);
    // The tag names the faster commit.
    let ended = project.perf(&["--launch-ms", "1"]);
    assert!(!ended.expect(0).stdout.contains("is no base branch"), "{}", ended.stdout);
    let recorded = project.history(&["list", "--on", "main"]);
    assert_eq!(recorded.expect(0).stdout.lines().count(), 2, "{}", recorded.stdout);
    project.git(&["checkout", "--quiet", "-b", "feature"]);
    project.write("src/other.rs", "");
    project.git(&["add", "src/other.rs"]);
    project.git(&["commit", "--quiet", "--message=other"]);
    let compare = |base: &str| project.perf(&["--launch-ms", "1", "--compare", base, "--no-skip"]);
    compare("main").expect(0).says("`main` is a branch and a tag").says("refs/heads/main");
    compare("refs/tags/main").expect(1);
}
