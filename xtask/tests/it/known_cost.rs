//! Benches whose work grows by a known share: what was slowed is found, and nothing else.

use crate::project::{Project, quiet_machine};
use chrono::TimeDelta;
use perf_judge::history::path_of;
use perf_judge::run::{Quantity, Run};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const SHORT: [&str; 2] = ["--launch-ms", "20"];

/// NameTable that shut the gate, as the report lists them.
fn gated(project: &Project) -> Vec<String> {
    let report = project.report();
    let rows = report["rows"].as_array().unwrap();
    let critical = rows.iter().filter(|row| row["verdict"]["severity"] == "critical");
    let slower = critical.filter(|row| row["verdict"]["state"] == "regression");
    let mut names: Vec<String> =
        slower.map(|row| row["verdict"]["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn recorded(project: &Project) -> Vec<String> {
    let files = project.git(&["ls-tree", "-r", "--name-only", "gh-pages"]);
    files.lines().filter(|path| path.starts_with("data/runs/")).map(str::to_owned).collect()
}

/// Everything of the user's that a run must leave alone.
fn footprint(project: &Project) -> (String, String, String, Vec<u8>) {
    (
        project.git(&["rev-parse", "HEAD"]),
        project.git(&["symbolic-ref", "HEAD"]),
        project.git(&["--no-optional-locks", "status", "--porcelain"]),
        fs::read(project.path().join(".git/index")).unwrap(),
    )
}

/// Three runs of real benches, and one of a commit with half as much work again in two of them.
#[test]
fn half_as_much_work_again_is_found_by_name_after_three_runs() {
    let _quiet = quiet_machine();
    let project = Project::fixture("known-cost");
    let first = project.perf(&[&SHORT[..], &["--no-counts"]].concat());
    first.expect(0).says("no baseline yet").says("a baseline takes 3 runs, this is run 1");
    for more in [&["--no-counts"][..], &[]] {
        project.perf(&[&SHORT[..], &["--fail-on", "never"], more].concat()).expect(0);
    }
    // What the surroundings of the same code did is not the code's fault.
    let unrecorded = [&SHORT[..], &["--no-record"]].concat();
    let same = project.perf_with(&unrecorded, &[("KNOWN_COST", "50")]);
    same.expect(0).says("identical executables; the difference is machine noise");
    if Command::new("valgrind").arg("--version").output().is_ok() {
        assert_counts_are_recorded_and_compared(&project);
    } else {
        println!("NOT TESTED: no instructions were counted: valgrind is not installed");
    }
    project.write("known-cost.txt", "checksum=50,sort=50\n");
    project.commit_all();
    let before = footprint(&project);
    let slowed = project.perf(&SHORT);
    assert_eq!(gated(&project), ["known-cost/data::sort", "known-cost/text::checksum"]);
    slowed.expect(1).says("FAIL:").says("recorded base of the changed benchmarks");
    slowed.says("compared with");
    assert_eq!(footprint(&project), before);
}

/// Counts of the recorded runs, and those of more work compared with them.
fn assert_counts_are_recorded_and_compared(project: &Project) {
    let newest = recorded(project).pop().unwrap();
    let run = Run::from_json(&project.git(&["show", &format!("gh-pages:{newest}")])).unwrap();
    for measured in &run.benchmarks {
        let spread = measured.count_spreads.get(&Quantity::Instructions);
        assert!(measured.counts.contains_key(&Quantity::Instructions), "{measured:?}");
        assert!(spread.is_some_and(|spread| *spread < 0.01), "{measured:?}");
    }
    let args = ["--counts-only", "--filter", "checksum"];
    let counted = project.perf_with(&args, &[("KNOWN_COST", "50")]);
    counted.expect(0).says("PASS: counts grew in 1").says("nothing was timed or recorded");
    let explained = project.task(&["explain", "checksum", "--output", "out"]);
    explained.expect(0).says(&format!("The base is the recorded run {} of", run.id));
}

#[test]
fn where_no_commit_can_be_built_fresh_launches_confirm() {
    let project = Project::scripted();
    for _ in 0..3 {
        project.perf(&SHORT).expect(0);
    }
    project.write("known-cost.txt", "checksum=50,sort=50\n");
    project.commit_all();
    let nowhere = project.path().join("Cargo.toml");
    let ended = project.perf_with(&SHORT, &[("XDG_CACHE_HOME", nowhere.to_str().unwrap())]);
    ended.expect(1).says("changed benchmarks could not be compared");
    ended.says("confirmed by a rerun of 20 launches");
    assert_eq!(gated(&project), ["known-cost/data::sort", "known-cost/text::checksum"]);
}

/// A machine that measures rarely: the newest runs are all of another one.
#[test]
fn the_baseline_of_a_machine_is_found_behind_many_runs_of_others() {
    let project = Project::scripted();
    for _ in 0..3 {
        project.perf(&SHORT).expect(0);
    }
    let newest = recorded(&project).pop().unwrap();
    let own = Run::from_json(&project.git(&["show", &format!("gh-pages:{newest}")])).unwrap();
    let files: Vec<String> = (1..=205)
        .map(|minutes| {
            let mut other = own.clone();
            other.machine.cpu = "Another".to_owned();
            other.machine = other.machine.with_machine_key();
            other.started += TimeDelta::minutes(minutes);
            let file = format!("others/{minutes}.json");
            project.write(&file, &other.with_id().to_json());
            file
        })
        .collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    project.history(&[&["add"], files.as_slice()].concat()).expect(0);
    fs::remove_dir_all(project.path().join("others")).unwrap();
    let ended = project.perf(&[&SHORT[..], &["--no-record"]].concat());
    ended.expect(0).says("14 benchmarks");
    assert!(!ended.stdout.contains("another cpu"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("without a baseline"), "{}", ended.stdout);
}

#[test]
fn recording_leaves_everything_else_alone() {
    let project = Project::scripted();
    project.commit_on("gh-pages", "index.html", "somebody's site");
    let before = footprint(&project);
    for _ in 0..2 {
        project.perf(&["--launch-ms", "2", "--filter", "sort"]).expect(0);
    }
    assert_eq!(footprint(&project), before);
    assert_eq!(recorded(&project).len(), 2);
    assert_eq!(project.git(&["show", "gh-pages:index.html"]), "somebody's site");
    assert_eq!(project.git(&["rev-list", "--count", "gh-pages"]), "3");
    let branches = project.git(&["branch", "--list", "--format=%(refname:short)"]);
    assert_eq!(branches, "gh-pages\nmain");
}

#[test]
fn a_run_is_saved_recorded_and_shown() {
    let _quiet = quiet_machine();
    let project = Project::fixture("known-cost");
    let args = ["--launch-ms", "10", "--filter", "checksum", "--seed", "7", "--format", "json"];
    let ended = project.perf(&args);
    ended.expect(0);

    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report, project.report());
    assert_eq!((&report["run"]["seed"], &report["run"]["partial"]), (&7.into(), &true.into()));
    assert_eq!(report["rows"].as_array().unwrap().len(), 1);

    let [path] = &recorded(&project)[..] else { panic!("{:?}", recorded(&project)) };
    let run = Run::from_json(&project.git(&["show", &format!("gh-pages:{path}")])).unwrap();
    assert_eq!((path, project.waiting()), (&path_of(&run), vec![]));
    let measured = &run.benchmarks[0];
    assert_eq!(measured.launches.len(), 5);
    assert_eq!(measured.source.as_ref().unwrap().file, "benches/text.rs");
    if cfg!(target_os = "linux") {
        assert!(measured.time_ns.p95.is_some() && measured.cpu_ns.is_some(), "{measured:?}");
    }
    assert!(project.read("out/report.md").contains("known-cost/text::checksum"));
    let page = format!("benchmark/{}.html", measured.name.file_stem());
    assert!(project.read("out/site/index.html").contains(&page));
    assert!(project.read(&format!("out/site/{page}")).contains("<svg"));
    assert!(project.read("out/samples.jsonl").lines().count() == 5);
}

#[test]
fn divans_results_are_printed_as_json() {
    let project = Project::scripted();
    let args = ["--launch-ms", "2", "--filter", "checksum|digits", "--format", "divan"];
    let ended = project.perf(&args);
    let results: serde_json::Value = serde_json::from_str(&ended.expect(0).stdout).unwrap();
    assert_eq!(results["schema"], 1);
    assert_eq!(results["commit"], project.git(&["rev-parse", "HEAD"]));
    let mut names: Vec<&str> = results["benchmarks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["fastest_ns"].as_f64() <= row["median_ns"].as_f64())
        .map(|row| row["path"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["checksum", "digits"]);
}

#[test]
fn a_published_run_is_on_the_remote_and_its_site_on_a_branch_of_one_commit() {
    let project = Project::scripted();
    let hub = project.hub();
    let args = ["--filter", "checksum", "--launch-ms", "2", "--publish", "--site-branch"];
    for _ in 0..2 {
        let args = [&args[..], &["pages"]].concat();
        project.perf(&args).expect(0).says("published as").says("the site is on origin/pages");
    }
    let there = Project::clone_of(hub.path().to_str().unwrap(), &["--branch=gh-pages"]);
    assert_eq!(recorded(&there).len(), 2);
    assert_eq!(there.git(&["rev-list", "--count", "origin/pages"]), "1");
    let site = there.git(&["ls-tree", "-r", "--name-only", "origin/pages"]);
    assert!(site.contains("index.html") && site.contains(".nojekyll"), "{site}");
    let history = there.git(&["ls-tree", "-r", "--name-only", "origin/gh-pages"]);
    assert!(!history.contains(".html"), "{history}");

    let other = |branch| project.perf(&[&args[..], &[branch]].concat());
    other("main").expect(2).says("`main`: it is checked out");
    other("gh-pages").expect(2).says("Name another branch by --site-branch");
    project.commit_on("theirs", "index.html", "somebody's site");
    other("theirs").expect(2).says("it has other contents");
}

#[test]
fn what_is_not_recorded_leaves_no_branch() {
    let project = Project::scripted();
    project.git(&["checkout", "--quiet", "--detach"]);
    let args = ["--quick", "--no-record", "--filter", "checksum"];
    project.perf(&args).expect(0).says("HEAD is detached").says("--quick gives an estimate");
    assert_eq!(project.git(&["branch", "--list", "gh-pages"]), "");
    assert_eq!(fs::read_dir(project.path().join("out/unrecorded")).unwrap().count(), 1);

    // What was measured is told although the site cannot be made.
    project.write("theirs/layout.html", "{{ titel }}");
    let ended = project.perf(&[&args[..], &["--templates", "theirs"]].concat());
    ended.expect(2).says("layout.html:1: undefined value");
    assert!(ended.stdout.contains("checksum"), "{}", ended.stdout);
}

#[test]
fn outside_a_repository_a_run_is_measured_if_that_is_wanted() {
    let project = Project::scripted();
    fs::remove_dir_all(project.path().join(".git")).unwrap();
    project.perf(&["--quick", "--no-record", "--filter", "checksum"]).expect(0).says("no commit");
}

#[test]
fn a_budget_that_is_broken_shuts_the_gate() {
    let project = Project::scripted();
    let budget = |name: &str| {
        format!(
            "{{\"schema\": 1, \"budgets\": {{\"sums\": {{\"benchmark\": \"{name}\", \"metric\": \"median\", \"target_ms\": 0.0000001}}}}}}"
        )
    };
    project.write("perf-budgets.json", &budget("checksum"));
    let ended = project.perf(&["--launch-ms", "10", "--no-record"]);
    ended.expect(1).says("budget sums: median is");
    project.write("perf-budgets.json", &budget("checksun"));
    project.perf(&["--launch-ms", "10"]).expect(2).says("no benchmark has the name `checksun`");
}

#[test]
fn the_newest_history_of_origin_is_where_a_clone_begins() {
    let upstream = Project::scripted();
    let args = ["--launch-ms", "10", "--filter", "checksum"];
    upstream.perf(&args).expect(0);
    let clone = Project::bare();
    fs::remove_dir_all(clone.path()).unwrap();
    upstream.git(&["clone", "--quiet", ".", clone.path().to_str().unwrap()]);
    clone.perf(&args).expect(0);
    assert_eq!(recorded(&clone).len(), 2);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_in_order_and_records_nothing() {
    use std::io::{BufRead as _, BufReader};
    let project = Project::scripted();
    let mut child = project
        .command(&["--launches", "500"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("measuring")));
    let interrupt =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    assert!(lines.any(|line| line.contains("interrupted: this run is not recorded")));
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert_eq!(project.git(&["branch", "--list", "gh-pages"]), "");
    assert_eq!(project.waiting(), Vec::<PathBuf>::new());
}
