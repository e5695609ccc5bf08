//! This checkout and another commit, side by side, on real benches and real repositories.

use crate::project::{Ended, Project, quiet_machine};
use std::collections::BTreeMap;
use std::process::Command;

const SHORT: [&str; 4] = ["--launch-ms", "10", "--filter", "text::"];

fn branch(project: &Project, name: &str) {
    project.git(&["checkout", "--quiet", "-b", name, "main"]);
}

fn compare(project: &Project, more: &[&str]) -> Ended {
    project.perf(&[&["--compare", "main"], &SHORT[..], more].concat())
}

/// State and severity by the last part of the benchmarks' names.
fn verdicts(project: &Project) -> BTreeMap<String, String> {
    let report = project.report();
    let rows = report["rows"].as_array().unwrap().iter();
    let entry = |row: &serde_json::Value| {
        let verdict = &row["verdict"];
        let text = |key: &str| verdict[key].as_str().unwrap_or_default().to_owned();
        let name = text("name").rsplit("text::").next().unwrap().to_owned();
        (name, format!("{} {}", text("state"), text("severity")).trim().to_owned())
    };
    rows.map(entry).collect()
}

fn footprint(project: &Project) -> [String; 4] {
    [
        project.git(&["rev-parse", "HEAD"]),
        project.git(&["symbolic-ref", "HEAD"]),
        project.git(&["--no-optional-locks", "status", "--porcelain"]),
        project.git(&["for-each-ref", "refs/heads/main", "refs/heads/slower", "refs/stash"]),
    ]
}

/// On real benches of this machine.
#[test]
fn what_got_slower_is_found_and_nothing_else_fails() {
    let _quiet = quiet_machine();
    let project = Project::fixture("known-cost");
    let project = &project;
    branch(project, "slower");
    project.write("known-cost.txt", "checksum=50\n");
    project.commit_all();
    let before = footprint(project);
    let ended = compare(project, &[]);
    ended.expect(1).says("the merge base with main").says("text::checksum: regression");
    let has_valgrind = Command::new("valgrind").arg("--version").output().is_ok();
    ended.says(if has_valgrind {
        "(likely cause: instructions +4"
    } else {
        "no instructions were counted"
    });
    let verdicts = verdicts(project);
    assert_eq!(verdicts["checksum"], "regression critical");
    let failing = |verdict: &&String| verdict.ends_with("critical") || verdict.ends_with("major");
    assert_eq!(verdicts.values().filter(failing).count(), 1, "{verdicts:?}");
    assert_eq!(footprint(project), before);
    let samples = project.read("out/samples.jsonl");
    let of = |side: &str| samples.matches(&format!("\"side\":\"{side}\"")).count();
    assert!(of("base") == of("head"), "{} and {}", of("base"), of("head"));
    if has_valgrind && cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        assert_others_execute_the_same_code(&ended, project);
        assert!((10..70).contains(&of("head")), "{}", of("head"));
    } else {
        assert!(of("head") >= 7 * 10, "{}", of("head"));
    }

    let recorded = project.git(&["ls-tree", "-r", "--name-only", "gh-pages"]);
    let [path] = recorded.lines().collect::<Vec<_>>()[..] else { panic!("{recorded}") };
    assert!(path.starts_with("data/comparisons/"), "{path}");
    let comparison = project.git(&["show", &format!("gh-pages:{path}")]);
    let comparison: serde_json::Value = serde_json::from_str(&comparison).unwrap();
    assert_eq!(comparison["base"], project.git(&["rev-parse", "main"]).trim());
    let pairs = comparison["benchmarks"][0]["pairs"].as_array().unwrap();
    let firsts: Vec<&str> = pairs.iter().map(|pair| pair["first"].as_str().unwrap()).collect();
    assert!(firsts.contains(&"base") && firsts.contains(&"head"), "{firsts:?}");
    assert_details_of_what_changed(&ended, project, has_valgrind);
    if has_valgrind {
        assert_its_function_is_the_cause(project);
        assert_counts_alone_find_it(project);
        assert_grown_counts_fail(project);
    } else {
        println!("NOT TESTED: no instructions were counted: valgrind is not installed");
    }
}

/// The benchmark with more work is timed, and no other one.
fn assert_others_execute_the_same_code(ended: &Ended, project: &Project) {
    ended.says("same executed code in both builds: 6 of 7 counted benchmarks; timed are 1");
    for row in project.report()["rows"].as_array().unwrap() {
        let verdict = &row["verdict"];
        let is_slower = verdict["name"].as_str().unwrap().ends_with("::checksum");
        assert_eq!(verdict["launches"] == 0, !is_slower, "{verdict}");
        assert_eq!(verdict["reason"] == "same executed code", !is_slower, "{verdict}");
    }
}

/// Simulated events and system calls of the benchmark that changed, and of no other.
fn assert_details_of_what_changed(ended: &Ended, project: &Project, has_valgrind: bool) {
    let strace = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    let traces = strace.is_ok_and(|ended| ended.status.success());
    if !traces {
        ended.says("no system calls were counted: strace ");
    }
    let report = project.report();
    for row in report["rows"].as_array().unwrap() {
        let verdict = &row["verdict"];
        // Noise may change others.
        let is_changed =
            ["regression", "improvement"].iter().any(|state| verdict["state"] == *state);
        let accesses = &verdict["counts"]["data_accesses"];
        assert_eq!(accesses.is_object(), is_changed && has_valgrind, "{verdict}");
        if accesses.is_object() {
            let [base, head] = ["base", "head"].map(|side| accesses[side].as_f64().unwrap());
            let is_slower = verdict["name"].as_str().unwrap().ends_with("::checksum");
            assert!(base > 100.0 && (!is_slower || head / base > 1.4), "{accesses}");
        }
        // The start of the process and the clock recorder make many, and a sample makes none.
        let none = serde_json::json!({"base": {}, "head": {}});
        let calls = if is_changed && traces { &none } else { &serde_json::Value::Null };
        assert_eq!(&verdict["system_calls"], calls, "{verdict}");
    }
}

/// The work of the benchmark is inlined into the loop of Divan, whose function has more instructions.
fn assert_its_function_is_the_cause(project: &Project) {
    let report = project.report();
    let rows = report["rows"].as_array().unwrap();
    let name = |row: &serde_json::Value| row["verdict"]["name"].as_str().unwrap().to_owned();
    let row = rows.iter().find(|row| name(row).ends_with("::checksum")).unwrap();
    let causes = row["verdict"]["causes"].as_array().unwrap();
    assert_eq!(causes[0]["kind"], "instructions", "{causes:?}");
    if cfg!(target_arch = "x86_64") {
        let [base, head] = ["base", "head"].map(|side| causes[0]["functions"][0][side].as_f64());
        let ratio = head.unwrap() / base.unwrap();
        assert!((1.4..1.6).contains(&ratio), "{causes:?}");
        let explained = project.task(&["explain", "checksum", "--output", "out"]);
        explained.expect(0).says("mostly in the benchmark's own code");
    }
}

/// Counts of both builds, without a single timed launch.
fn assert_counts_alone_find_it(project: &Project) {
    let counted = compare(project, &["--counts-only"]);
    counted.expect(0).says("PASS: counts grew in 1; 6 of 7 benchmarks unchanged");
    assert_eq!(verdicts(project)["checksum"], "counts_grew");
    assert_its_function_is_the_cause(project);
    assert!(project.report()["rows"].as_array().unwrap().iter().all(|row| {
        let counts = &row["verdict"]["counts"];
        counts["instructions"]["base"].is_number() && counts["alloc_count"]["head"].is_number()
    }));
    project.write("perf-budgets.json", &settings(1));
    let limited = compare(project, &["--counts-only", "--filter", "checksum"]);
    limited
        .expect(1)
        .says("which fails from +5 % (gate.counts)")
        .says("budget sum: instructions is");
    limited.says("budgets that limit no count were not checked: time");
    assert_eq!(budgets(project), ["sum CRITICAL", "faults OK"]);
}

/// Pairs whose time never fails. The budgets of counts are decided as well.
fn assert_grown_counts_fail(project: &Project) {
    project.write("perf-budgets.json", &settings(1_000_000));
    let args = ["--compare", "main", "--launch-ms", "10", "--filter", "checksum"];
    let ended = project.perf(&args);
    ended.expect(1).says("text::checksum: instructions +4").says("(gate.counts)");
    assert_eq!(budgets(project), ["faults OK", "sum OK", "time OK"]);
    project
        .task(&["explain", "checksum", "--output", "out"])
        .expect(0)
        .says("The base is the build of ");
}

/// Settings with a limit of the instructions of a benchmark.
fn settings(instructions: u32) -> String {
    format!(
        r#"{{"schema": 2, "gate": {{"counts": 5, "compare": "never", "compare_instructions_grew": "never"}}, "budgets": {{
            "time": {{"benchmark": "checksum", "metric": "median", "target_ms": 100}},
            "sum": {{"benchmark": "checksum", "metric": "instructions", "target": {instructions}}},
            "faults": {{"benchmark": "checksum", "metric": "page_faults", "target": 1000}}}}}}"#
    )
}

/// The budgets of the last report with their statuses.
fn budgets(project: &Project) -> Vec<String> {
    let report = project.report();
    let all = report["budgets"].as_array().unwrap().iter();
    let text = |budget: &serde_json::Value, key: &str| budget[key].as_str().unwrap().to_owned();
    all.map(|budget| format!("{} {}", text(budget, "name"), text(budget, "status"))).collect()
}

#[test]
fn what_is_the_same_is_not_measured() {
    let project = &Project::scripted();
    branch(project, "remark");
    let benches = project.read("benches/text.rs");
    project.write("benches/text.rs", &format!("{benches}\n// A remark.\n"));
    project.commit_all();
    compare(project, &[]).expect(0).says("identical executables");
    assert!(verdicts(project).values().all(|verdict| verdict == "unchanged"));

    // Identical executables may read the file and do something else.
    project.write("table.csv", "1");
    project.git(&["add", "table.csv"]);
    let only = ["--filter", "text::digits"];
    let args = [&["--compare", "main", "--launch-ms", "5"], &only[..]].concat();
    project.perf(&args).expect(0).says("compared with").says("with uncommitted changes");
    project.git(&["reset", "--quiet", "--hard"]);
}

#[test]
fn there_may_be_nothing_to_compare() {
    let project = Project::scripted();
    compare(&project, &[]).expect(0).says("nothing to compare");
}

#[test]
fn benchmarks_come_go_and_are_renamed() {
    let project = &Project::scripted();
    branch(project, "renamed");
    let benches = project.read("benches/text.rs");
    let renamed = benches.replace("fn digits(", "fn figures(").replace("fn upper(", "fn shout(");
    assert_ne!(benches, renamed);
    project.write("benches/text.rs", &renamed);
    project.write(
        "perf-budgets.json",
        r#"{"schema": 1, "renamed": {"known-cost/text::digits": "known-cost/text::figures"}}"#,
    );
    project.commit_all();
    compare(project, &[]).expect(0);
    let verdicts = verdicts(project);
    assert_eq!(verdicts["shout"], "new");
    assert_eq!(verdicts["upper"], "removed");
    assert!(!["new", "removed", "missing"].contains(&verdicts["figures"].as_str()));
    assert!(!verdicts.contains_key("digits"));
}

#[test]
fn a_base_that_does_not_build_is_told() {
    let project = Project::scripted();
    let good = project.read("src/lib.rs");
    project.write("src/lib.rs", "compile_error!(\"not yet\");");
    project.commit_all();
    branch(&project, "mended");
    project.write("src/lib.rs", &good);
    project.commit_all();
    let ended = compare(&project, &[]);
    ended.expect(2).says("cannot build");
}

#[test]
fn references_that_are_not_there_are_told() {
    let project = Project::scripted();
    let ended = project.perf(&["--compare", "nowhere"]);
    ended.expect(2).says("cannot find `nowhere`");
    project.perf(&["--compare=--output=x"]).expect(2).says("it begins with `-`, like an option");
}
