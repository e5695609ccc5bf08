//! The folder that `--output` names holds nothing but results: a file of anybody else survives.

use crate::history::add;
use crate::project::{Ended, Project};
use std::process::Command;

/// A command of `xtask perf` with its results in `output`.
fn perf_into(project: &Project, output: &str, args: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(project.path()).arg("perf").args(args).args(["--output", output]);
    Ended::of(command.env("GIT_CONFIG_GLOBAL", "/dev/null"))
}

#[test]
fn no_command_takes_a_folder_of_sources() {
    let project = Project::scripted();
    project.write("site/index.html", "our site");
    project.write("docs/site/index.html", "our documentation");
    project.write("docs/report.json", "{}");
    project.commit_all();
    add(&project, &[1]);
    let quick = ["--filter", "checksum", "--launch-ms", "1"];
    let part = [&quick[..], &["--no-record"]].concat();
    perf_into(&project, "target/part", &part).expect(0);
    let commands: [&[&str]; 7] = [
        &quick,
        &["--compare", "main"],
        &["--no-record"],
        &["site"],
        &["merge", "target/part"],
        &["history", "add"],
        &["qualify"],
    ];
    for command in commands {
        for (output, reason) in [
            (".", "contains the workspace"),
            ("docs", "git tracks files in it, e.g. report.json"),
            (".git/perf", "git repository's own data"),
        ] {
            let ended = perf_into(&project, output, command);
            ended.expect(2).says(&format!("cannot use the output folder {output}: ")).says(reason);
            assert!(!ended.stderr.contains("building"), "{command:?}");
        }
    }
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    assert!(!project.path().join("report.json").exists());
}

#[test]
fn a_folder_with_files_of_another_program_is_refused() {
    let project = Project::scripted();
    add(&project, &[1]);
    let files = ["results/report.json", "results/site/index.html"];
    for file in files {
        project.write(file, "{}");
        let ended = perf_into(&project, "results", &["site"]);
        let name = file.strip_prefix("results/").unwrap();
        ended.expect(2).says(&format!("cannot use the output folder results: it contains {name}"));
        ended.says("Move the file, or give --output another folder");
        assert_eq!(project.read(file), "{}");
        std::fs::remove_file(project.path().join(file)).unwrap();
    }
    perf_into(&project, "results", &["site"]).expect(0);
    project.write("results/notes.txt", "ours");
    perf_into(&project, "results", &["site"]).expect(0);
    assert_eq!(project.read("results/notes.txt"), "ours");
    project.write("results/site/notes.txt", "ours");
    perf_into(&project, "results", &["site"]).expect(2).says("site/notes.txt");
}

#[cfg(unix)]
#[test]
fn what_cannot_hold_results_is_refused_before_anything_is_built() {
    let project = Project::scripted();
    let pipe = project.path().join("pipe");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    project.write("results/report.json/notes.txt", "ours");
    let mark =
        "`cargo xtask perf` keeps results here: it replaces and removes files in this folder.\n";
    project.write("results/.perf-output", mark);
    for (output, reason) in [
        ("pipe", "cannot use the output folder pipe: pipe is not a folder"),
        ("Cargo.toml", "cannot use the output folder Cargo.toml: Cargo.toml is not a folder"),
        ("Cargo.toml/results", "Cargo.toml is not a folder"),
        ("results", "results/report.json: it is a folder"),
    ] {
        for command in [&["--filter", "checksum"][..], &["site"], &["history", "add"]] {
            let ended = perf_into(&project, output, command);
            ended.expect(2).says(reason);
            assert!(!ended.stderr.contains("building"), "{command:?}: {}", ended.stderr);
        }
    }
    assert_eq!(project.read("results/report.json/notes.txt"), "ours");
}

#[cfg(unix)]
#[test]
fn nothing_is_removed_through_a_link() {
    use std::os::unix::fs::symlink;
    let project = Project::scripted();
    add(&project, &[1]);
    project.write("elsewhere/index.html", "ours");
    std::fs::create_dir(project.path().join("results")).unwrap();
    symlink(project.path().join("elsewhere"), project.path().join("results/site")).unwrap();
    perf_into(&project, "results", &["site"]).expect(2).says("results/site: it is a link");
    symlink(project.path().join("elsewhere"), project.path().join("linked")).unwrap();
    perf_into(&project, "linked", &["site"]).expect(2).says("contains index.html");
    assert_eq!(project.read("elsewhere/index.html"), "ours");
}
