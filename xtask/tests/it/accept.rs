//! A slowdown that is worth it, from the check that fails to the one that does not.

use crate::project::{Ended, Project};
use std::process::Command;

fn compare(project: &Project) -> Ended {
    project.perf(&["--compare", "main", "--filter", "text::checksum"])
}

fn accept(project: &Project, args: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["perf", "accept", "--output", "out"]).args(args);
    Ended::of(command.current_dir(project.path()).env("GIT_CONFIG_GLOBAL", "/dev/null"))
}

fn slow_by(project: &Project, percent: u32) {
    project.write("known-cost.txt", &format!("checksum={percent}\n"));
    project.commit_all();
}

#[test]
fn an_accepted_slowdown_passes_up_to_its_ceiling_and_only_once() {
    let project = Project::scripted();
    project.git(&["checkout", "--quiet", "-b", "slower"]);
    accept(&project, &["checksum", "--reason", "x"])
        .expect(2)
        .says("run `cargo xtask perf --compare main` first");
    slow_by(&project, 50);
    compare(&project).expect(1).says("text::checksum: regression");

    let nothing = accept(&project, &["upper", "--reason", "x"]);
    nothing.expect(2).says("the last report has no benchmark `upper`");
    let written = accept(&project, &["checksum", "--reason", "it checks twice | <b>"]);
    written.expect(0).says("commit perf-budgets.json together with the code");
    let head = project.git(&["rev-parse", "HEAD"]);
    let budgets: serde_json::Value =
        serde_json::from_str(&project.read("perf-budgets.json")).unwrap();
    let entry = &budgets["accepted"][0];
    assert_eq!(
        (&entry["benchmark"], &entry["commit"]),
        (&"known-cost/text::checksum".into(), &head.into())
    );
    let ceiling = entry["max_change_percent"].as_f64().unwrap();
    assert!((50.0..70.0).contains(&ceiling), "{ceiling}");
    project.commit_all();
    compare(&project).expect(0).says("accepted up to +").says("it checks twice | <b>");
    assert!(project.read("out/report.md").contains(r"it checks twice &#124; &lt;b&gt;"));

    slow_by(&project, 100);
    compare(&project).expect(1).says("above the accepted +");

    // Once the base has the entry too, it excuses nothing more.
    slow_by(&project, 50);
    project.git(&["checkout", "--quiet", "-B", "main"]);
    project.git(&["checkout", "--quiet", "-b", "again"]);
    slow_by(&project, 100);
    compare(&project).expect(1).says("text::checksum: regression");
    assert!(!project.read("out/report.json").contains("in_force"));
}

#[test]
fn an_entry_is_carried_by_runs_and_loud_when_it_is_over() {
    let project = Project::scripted();
    let name = "known-cost/text::checksum";
    let args = ["--reason", "x", "--ceiling", "10", "--expires", "9999-01-31"];
    accept(&project, &[&["checksum"], &args[..]].concat())
        .expect(2)
        .says("cannot accept `checksum`: there is no report")
        .says("write the full name, `package/target::path`");
    assert!(!project.path().join("perf-budgets.json").exists());
    accept(&project, &[&[name], &args[..]].concat())
        .expect(0)
        .says("using it as a full benchmark name");
    // What a day makes of it.
    let text = project.read("perf-budgets.json").replace("9999-01-31", "2026-01-31");
    project.write("perf-budgets.json", &text);
    project.commit_all();
    let quick = ["--quick", "--filter", "text::checksum", "--launch-ms", "10"];
    project.perf(&quick).expect(0).says("expired on 2026-01-31");
    let path = project.git(&["ls-tree", "-r", "--name-only", "gh-pages", "data/runs"]);
    let run = project.git(&["show", &format!("gh-pages:{path}")]);
    let run: serde_json::Value = serde_json::from_str(&run).unwrap();
    assert_eq!(run["accepted"][0]["benchmark"], name);

    let text = project.read("perf-budgets.json").replace("text::checksum", "text::gone");
    project.write("perf-budgets.json", &text);
    project
        .perf(&["--quick"])
        .expect(2)
        .says("perf-budgets.json:3:")
        .says("no benchmark has the name");
}

#[test]
fn names_that_the_report_does_not_resolve_are_refused_with_those_that_it_has() {
    let project = Project::scripted();
    let measure = ["--quick", "--filter", "text::words", "--launch-ms", "10", "--no-record"];
    project.perf(&measure).expect(0);
    let accept = |name: &str| accept(&project, &[name, "--reason", "x", "--max-change", "20"]);
    let words =
        "known-cost/text::words::4096, known-cost/text::words::512, known-cost/text::words::64";
    accept("words").expect(2).says(&format!("write one of: {words}"));
    accept("wrods").expect(2).says("write one of: known-cost/text::words::");
    accept("zzz").expect(2).says("write the full name, `package/target::path`, or measure");
    let explain = |name: &str| project.task(&["explain", name, "--output", "out"]);
    explain("words").expect(2).says(&format!("use one of: {words}"));
    let report = project.read("out/report.json").replace("text::words::64", "data::other::512");
    project.write("out/report.json", &report);
    accept("512")
        .expect(2)
        .says("cannot accept `512`: the name matches 2 benchmarks; write one of: known-cost/")
        .says("known-cost/data::other::512")
        .says("known-cost/text::words::512");
    explain("512")
        .expect(0)
        .says("known-cost/data::other::512")
        .says("known-cost/text::words::512");
    assert!(!project.path().join("perf-budgets.json").exists());
}

#[cfg(unix)]
#[test]
fn an_entry_is_written_through_a_link() {
    let project = Project::committed();
    project.write("settings/budgets.json", "{\n  \"schema\": 1\n}\n");
    let link = project.path().join("perf-budgets.json");
    std::os::unix::fs::symlink("settings/budgets.json", &link).unwrap();
    accept(&project, &["a/b::c", "--reason", "x", "--ceiling", "10"]).expect(0);
    assert!(link.is_symlink());
    assert!(project.read("settings/budgets.json").contains("a/b::c"));
}
