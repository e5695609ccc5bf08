//! Commits that make benchmarks slower for a known reason, which the report names.

use crate::project::{Project, quiet_machine};
use serde_json::Value;
use std::process::Command;

/// The benchmarks of the fixture, the kind of their first cause, and a part of what explains it.
const PLANTED: [(&str, &str, &str); 9] = [
    ("allocations", "allocations", "allocations 20 → 220"),
    ("contention", "waiting", "futex"),
    ("instructions", "instructions", "mostly in planted_causes::work"),
    ("lost_inlining", "instructions", "mostly in planted_causes::planted::step 0 →"),
    ("page_faults", "page_faults", "page faults 100 → 200"),
    ("sleeping", "waiting", "clock_nanosleep 1 → 1"),
    ("strided_access", "caches", "first-level data misses"),
    ("system_calls", "system_calls", "statx 10 → 30"),
    ("unpredictable_branches", "branches", "branch mispredictions"),
];
const ARGS: [&str; 7] =
    ["--compare", "main", "--launch-ms", "20", "--fail-on", "never", "--no-record"];

/// Verdicts of the last report by the last part of their benchmark.
fn verdict<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rows = report["rows"].as_array().unwrap();
    let is_of = |row: &&Value| row["verdict"]["name"].as_str().unwrap().ends_with(name);
    &rows.iter().find(is_of).unwrap()["verdict"]
}

#[test]
#[ignore = "measures for two minutes: `cargo xtask ci --nightly` runs it"]
fn planted_causes_are_named() {
    let tools = ["valgrind", "strace"];
    if let Some(tool) = tools.iter().find(|tool| Command::new(tool).arg("-V").output().is_err()) {
        println!("NOT TESTED: no causes were planted: {tool} is not installed");
        return;
    }
    let _quiet = quiet_machine();
    let project = Project::fixture("causes");
    project.git(&["checkout", "--quiet", "-b", "slower"]);
    project.write("src/planted.rs", &project.read("planted/head.rs"));
    project.commit_all();
    let ended = project.perf(&ARGS);
    ended.expect(0);
    let report = project.report();
    for (name, kind, part) in PLANTED {
        let verdict = verdict(&report, name);
        assert_eq!(verdict["state"], "regression", "{name}: {}", ended.stdout);
        assert_eq!(verdict["causes"][0]["kind"], kind, "{name}: {}", verdict["causes"]);
        let explained = project.task(&["explain", name, "--output", "out"]);
        explained.expect(0).says("Likely causes").says(part);
    }
    assert_flags_are_named(&project);
}

/// The same benchmarks with other flags.
fn assert_flags_are_named(project: &Project) {
    project.git(&["checkout", "--quiet", "-b", "flags", "main"]);
    project.write(".cargo/config.toml", "[build]\nrustflags = [\"-C\", \"opt-level=1\"]\n");
    project.commit_all();
    project.perf(&[&ARGS[..], &["--filter", "unpredictable_branches"]].concat()).expect(0);
    let report = project.report();
    let causes = &verdict(&report, "unpredictable_branches")["causes"];
    assert_eq!(causes[0]["kind"], "build", "{causes}");
    assert_eq!(causes[0]["subjects"][0], "build.rustflags", "{causes}");
}
