//! The search for a commit, in a repository of sixteen commits with synthetic times.

use crate::project::{Ended, Project};
use perf_judge::ident::digest;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const SLOWER: &str = "known-cost/text::checksum";
const OTHER: &str = "known-cost/text::digits";

fn bisect(project: &Project, args: &[&str]) -> Command {
    perf(project, &[&["bisect", "--output", "out"], args].concat())
}

fn perf(project: &Project, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(project.path()).arg("perf").args(args);
    command.env("CARGO_TARGET_DIR", project.target_dir()).env("GIT_CONFIG_GLOBAL", "/dev/null");
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    command.env("XDG_CACHE_HOME", cache).stdin(Stdio::null());
    command
}

fn commit(project: &Project, subject: &str) {
    project.git(&["add", "--all"]);
    project.git(&["commit", "--quiet", "--allow-empty", "--message", subject]);
}

/// `v1.0` and 16 commits after it. `checksum` takes 6 % more from the sixth on and `digits` 20 % more from
/// the tenth on. The eighth to the ninth do not build, and the eleventh lacks `digits`.
fn sixteen_commits() -> Project {
    let project = Project::scripted();
    project.git(&["tag", "v1.0"]);
    let library = project.read("src/lib.rs");
    let benches = project.read("benches/text.rs");
    for number in 1..=16 {
        let costs = match number {
            ..6 => "join=0",
            6..10 => "checksum=6",
            _ => "checksum=6,digits=20",
        };
        project.write("known-cost.txt", costs);
        project.write("number.txt", &number.to_string());
        let is_broken = (8..10).contains(&number);
        project
            .write("src/lib.rs", if is_broken { "compile_error!(\"not yet\");" } else { &library });
        let lacks = benches.replace("fn digits(", "fn figures(");
        project.write("benches/text.rs", if number == 11 { &lacks } else { &benches });
        commit(&project, &format!("Commit {number}"));
    }
    project
}

fn found(project: &Project) -> serde_json::Value {
    serde_json::from_str(&project.read("out/bisect.json")).unwrap()
}

/// Whether a bench target was built in the folder of bases.
fn is_built_for_bases(project: &Project, target: &str) -> bool {
    let repository = fs::canonicalize(project.path().join(".git")).unwrap();
    let folder = format!("{:016x}", digest(repository.to_str().unwrap().as_bytes()));
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache/cargo-xtask-perf");
    let built = fs::read_dir(cache.join(folder).join("target/release/deps")).unwrap();
    let prefix = format!("{target}-");
    built.map(Result::unwrap).any(|file| file.file_name().to_str().unwrap().starts_with(&prefix))
}

#[test]
fn the_first_commits_of_two_changes_are_found_also_after_an_interrupt() {
    let project = &sixteen_commits();
    let args = [SLOWER, OTHER, "--good", "1.0", "--no-counts"];
    if cfg!(unix) {
        let child = bisect(project, &args).stdout(Stdio::null()).spawn().unwrap();
        let plan = project.path().join("out/bisect-plan.json");
        let has_step = || fs::read_to_string(&plan).is_ok_and(|text| text.contains("\"Commit "));
        let started = Instant::now();
        while !has_step() {
            assert!(started.elapsed() < Duration::from_secs(300), "no step was written");
            thread::sleep(Duration::from_millis(50));
        }
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(3));
        assert!(!project.path().join("out/bisect.json").exists());
    }
    let before = project.git(&["for-each-ref"]) + &project.git(&["status", "--porcelain"]);
    let ended = Ended::of(&mut bisect(project, &args));
    // The commits that do not build are just before the change of the second benchmark.
    ended.expect(3).says("known-cost/text::checksum: changed by");
    ended.says("known-cost/text::digits: changed by one of 3 commits, the newest first");
    ended.says(": Commit 9 (cannot build the benches: ");
    if cfg!(unix) {
        ended.says("step of an interrupted search; --restart begins again");
    }
    assert!(is_built_for_bases(project, "text") && !is_built_for_bases(project, "data"));
    let found = found(project);
    let [slower, other] = [0, 1].map(|at| &found["benchmarks"][at]["found"]);
    let by_name = |name: &str| if found["benchmarks"][0]["name"] == name { slower } else { other };
    let commit = by_name(SLOWER);
    assert_eq!(commit["commit"]["subject"], "Commit 6");
    assert_eq!(commit["verdict"]["state"], "regression");
    let candidates: Vec<&str> = by_name(OTHER)["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|commit| commit["subject"].as_str().unwrap())
        .collect();
    assert_eq!(candidates, ["Commit 8", "Commit 9", "Commit 10"]);
    assert!(found["steps"].as_array().unwrap().len() <= 10, "{}", ended.stderr);
    assert!(!project.path().join("out/bisect-plan.json").exists());
    let after = project.git(&["for-each-ref"]) + &project.git(&["status", "--porcelain"]);
    assert_eq!(after, before);
    assert_cache_can_be_cleared(project);
}

/// Only the builds of this repository are removed.
fn assert_cache_can_be_cleared(project: &Project) {
    let cache = |args: &[&str]| Ended::of(&mut perf(project, &[&["cache"], args].concat()));
    let git = project.path().canonicalize().unwrap().join(".git");
    let lists = || cache(&[]).expect(0).stdout.contains(git.to_str().unwrap());
    assert!(lists());
    cache(&["clear"]).expect(0).says("removed ").says(" in 2 folders");
    assert!(!lists());
    cache(&["limit", "1"]).expect(2).says("write e.g. `5GB` or `500MB`");
}

#[test]
fn what_cannot_be_searched_is_an_error_with_the_fix() {
    let project = &Project::scripted();
    project.git(&["tag", "v1.0"]);
    commit(project, "Nothing new");
    let search = |args: &[&str]| Ended::of(&mut bisect(project, args));
    let good = ["--good", "v1.0", "--no-counts"];
    let unknown = search(&[&["known-cost/text::cheksum"], &good[..]].concat());
    unknown.expect(2).says("use one of: known-cost/text::checksum");
    let backwards = search(&[SLOWER, "--good", "HEAD", "--bad", "v1.0", "--no-counts"]);
    backwards.expect(2).says("is not an ancestor of").says("use --good ");
    search(&[SLOWER, "--good", "1.1"]).expect(2).says("nearest to this version are v1.0");
    let same = search(&[&[SLOWER], &good[..]].concat());
    same.expect(3).says("known-cost/text::checksum: no change between ").says("0 steps");
}
