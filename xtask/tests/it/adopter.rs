//! Another workspace, whose xtask of ten lines embeds the library.

use crate::project::{Ended, Project, root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A workspace of benches with made-up times, set up by `init`.
fn adopter() -> Project {
    let project = Project::scripted();
    let library = root().join("crates/divan-perf").display().to_string();
    project.task(&["init", "--yes", "--no-measure", "--source", &library]).expect(0);
    let profiles = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let profiles = &profiles[profiles.find("[profile.dev]").unwrap()..];
    let profiles = &profiles[..profiles.find("# Tests make").unwrap()];
    project.write("Cargo.toml", &format!("{}\n{profiles}", project.read("Cargo.toml")));
    // Beside this repository's own xtask it needs another name.
    let manifest = project.read("xtask/Cargo.toml");
    project.write("xtask/Cargo.toml", &manifest.replace("\"xtask\"", "\"ten-line-xtask\""));
    // The same versions as here are built already.
    project.write("Cargo.lock", &fs::read_to_string(root().join("Cargo.lock")).unwrap());
    project
}

/// Builds the workspace's xtask beside this one's, so that only what differs is compiled.
fn build(project: &Project) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet", "--package", "ten-line-xtask", "--target-dir"]);
    Ended::of(command.arg(target).current_dir(project.path())).expect(0);
    target.join("debug/ten-line-xtask").with_extension(std::env::consts::EXE_EXTENSION)
}

#[test]
fn ten_lines_are_enough_to_measure_and_compare() {
    let project = adopter();
    let lines = project.read("xtask/src/main.rs");
    let code = lines.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//"));
    assert!(code.count() <= 10, "{lines}");
    let program = build(&project);
    let perf = |args: &[&str]| {
        let mut command = Command::new(&program);
        command.current_dir(project.path()).args(["perf", "--output", "out"]);
        command.args(["--launch-ms", "5", "--no-counts", "--no-placement"]).args(args);
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        Ended::of(command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("XDG_CACHE_HOME", cache))
    };
    project.commit_all();
    perf(&[]).expect(0).says("14 benchmarks measured, no baseline yet").says("recorded in commit ");
    assert!(project.read("out/site/index.html").contains("known-cost"));
    project.git(&["checkout", "--quiet", "-b", "slower"]);
    project.write("known-cost.txt", "checksum=50\n");
    project.commit_all();
    perf(&["--compare", "main"]).expect(1).says("text::checksum: regression");
}
