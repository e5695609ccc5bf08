//! `xtask perf doctor` on a sound workspace and on one that has everything wrong.

use crate::project::{Ended, Project};
use std::process::Command;

fn doctor(project: &Project, args: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["perf", "doctor"]).args(args).env("CARGO_TARGET_DIR", project.target_dir());
    Ended::of(command.current_dir(project.path()).env_remove("KNOWN_COST"))
}

#[test]
fn a_sound_workspace_has_nothing_to_fix() {
    let project = Project::scripted();
    let ended = doctor(&project, &["--time-limit", "5s"]);
    ended
        .expect(0)
        .says("14 benchmarks in 2 bench targets")
        .says("noise: launches of the same executable differ by");
    ended.says("0 to fix").says("no run is recorded on gh-pages yet");
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[test]
fn problems_come_with_their_fix() {
    let project = Project::scripted();
    project.write(
        "perf-budgets.json",
        r#"{"schema": 1, "budgets": {"x": {"benchmark": "gone", "target_ms": 1}}}"#,
    );
    project.write(
        ".github/workflows/perf.yml",
        "on: pull_request\njobs:\n  perf:\n    steps:\n      - uses: actions/checkout@v7\n      - run: cargo xtask perf\n",
    );
    project.write("benches/plain.rs", "fn main() {}\n");
    project.commit_all();
    project.git(&["rm", "--quiet", "--cached", "Cargo.lock"]);
    let ended = doctor(&project, &["--no-noise"]);
    ended.expect(1);
    for said in [
        "perf-budgets.json:1:46: budget `x`: no benchmark has the name `gone`",
        "perf.yml:1: no `merge_group` trigger",
        "perf.yml:1: no `permissions`",
        "perf.yml:5: `actions/checkout@v7`",
        "perf.yml:5: the checkout stores a token",
        "perf.yml:3: the job `perf` has no timeout",
        "the bench `plain` uses the standard harness",
        "Cargo.lock is not committed",
    ] {
        ended.says(said);
    }
    project.write("perf-budgets.json", "{");
    doctor(&project, &["--no-noise"]).expect(1).says("perf-budgets.json:1:");
    doctor(&Project::committed(), &["--no-noise"]).expect(1).says("this workspace has no bench");
}
