//! Executables of other sources that cargo takes for this checkout's.

use crate::project::{Ended, Project};
use crate::tiny;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// How a checkout comes to build into a folder.
enum Way {
    Variable,
    TargetDir,
    BuildDir,
}

impl Way {
    fn command(&self, project: &Project, folder: &Path, args: &[&str]) -> Command {
        let mut command = project.command(args);
        match self {
            Self::Variable => drop(command.env("CARGO_TARGET_DIR", folder)),
            Self::TargetDir => configure(project, "target-dir", folder, &mut command),
            Self::BuildDir => configure(project, "build-dir", folder, &mut command),
        }
        command
    }
}

fn configure(project: &Project, key: &str, folder: &Path, command: &mut Command) {
    let config = format!("[build]\n{key} = '{}'\n", folder.display());
    project.write(".cargo/config.toml", &config);
    command.env_remove("CARGO_TARGET_DIR");
}

fn clone_that_takes(project: &Project, nanoseconds: u32) -> Project {
    let clone = Project::clone_of(project.path().to_str().unwrap(), &[]);
    tiny::set_time(&clone, nanoseconds);
    clone.git(&["checkout", "--quiet", "-b", "slower"]);
    clone.git(&["commit", "--quiet", "--all", "--message=Slow down"]);
    clone
}

fn median(project: &Project) -> String {
    project.report()["rows"][0]["measured"]["time_ns"]["median"].to_string()
}

#[test]
fn a_slower_checkout_is_not_taken_for_another_in_the_same_target_folder() {
    for way in [Way::Variable, Way::TargetDir, Way::BuildDir] {
        let project = tiny::project(100);
        let slower = clone_that_takes(&project, 200);
        let folder = tempfile::tempdir().unwrap();
        is_told_apart(&way, &project, &slower, folder.path());
    }
}

#[test]
fn a_checkout_that_builds_into_the_target_folder_of_another_is_told_apart() {
    let project = tiny::project(100);
    let slower = clone_that_takes(&project, 200);
    let folder = slower.path().join("target");
    is_told_apart(&Way::Variable, &project, &slower, &folder);
}

/// `project` leaves newer artefacts in `folder` than the sources of `slower` are.
fn is_told_apart(way: &Way, project: &Project, slower: &Project, folder: &Path) {
    Ended::of(&mut way.command(project, folder, &["--no-record"])).expect(0);
    assert_eq!(median(project), "100.0");
    let mut cargo = Command::new("cargo");
    cargo.args(["bench", "--no-run", "--quiet", "--target-dir"]).arg(folder);
    assert!(cargo.current_dir(project.path()).status().unwrap().success());

    Ended::of(&mut way.command(slower, folder, &["--no-record"])).expect(0);
    assert_eq!(median(slower), "200.0");
    let compare = &["--compare", "main", "--no-record"];
    Ended::of(&mut way.command(slower, folder, compare)).expect(1).says(": regression (");
}

#[test]
fn sources_that_change_without_a_newer_time_are_built_again() {
    let project = tiny::project(100);
    let run = |args: &[&str]| project.perf(&[&["--no-record"], args].concat());
    run(&[]).expect(0);
    project.git(&["checkout", "--quiet", "-b", "slower"]);
    tiny::set_time(&project, 200);
    project.commit_all();
    let long_ago = SystemTime::now() - Duration::from_secs(24 * 3600);
    let source = File::options().write(true).open(project.path().join("src/lib.rs")).unwrap();
    source.set_modified(long_ago).unwrap();
    run(&["--compare", "main"]).expect(1).says(": regression (");
    run(&[]).expect(0);
    assert_eq!(median(&project), "200.0");
}

/// Also where git does not ignore the target folder, whose files are newer each time.
#[test]
fn what_did_not_change_is_not_built_again() {
    let project = tiny::project(100);
    let folder = project.path().join("built");
    let run = || {
        let ended = Ended::of(&mut Way::Variable.command(&project, &folder, &["--no-record"]));
        ended.expect(0).stderr.clone()
    };
    let is_fresh = |stderr: String| assert!(!stderr.contains("Compiling"), "{stderr}");
    assert!(run().contains("Compiling"));
    is_fresh(run());
    project.write("README.md", "prose");
    project.git(&["add", "README.md"]);
    project.git(&["commit", "--quiet", "--message=Describe"]);
    is_fresh(run());
}

#[test]
fn commands_on_the_last_report_find_it_in_a_target_folder_outside_of_the_workspace() {
    let project = tiny::project(100);
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("perf").args(args).current_dir(project.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("CARGO_TARGET_DIR", folder.path());
        Ended::of(&mut command)
    };
    project.git(&["checkout", "--quiet", "-b", "slower"]);
    tiny::set_time(&project, 200);
    project.commit_all();
    run(&["explain", "work"]).expect(2).says("there is no report");
    run(&["--compare", "main", "--no-record"]).expect(1).says("regression");
    assert!(!folder.path().join("perf/report.json").exists());
    run(&["explain", "work"]).expect(0).says("tiny/speed::work");
    run(&["accept", "work", "--reason", "x"]).expect(0).says("tiny/speed::work may be slower");
}
