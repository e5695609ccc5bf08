//! What was not measured, or not decided, is no pass.

use crate::project::{Ended, Project};

fn branch(project: &Project) {
    project.git(&["checkout", "--quiet", "-b", "change", "main"]);
}

fn compare(project: &Project, filter: &str, more: &[&str]) -> Ended {
    let args = ["--compare", "main", "--no-record", "--launch-ms", "1", "--filter", filter];
    project.perf(&[&args[..], more].concat())
}

fn edit(project: &Project, path: &str, from: &str, to: &str) {
    let text = project.read(path);
    assert!(text.contains(from), "{path}: {text}");
    project.write(path, &text.replace(from, to));
}

fn add_benchmark(project: &Project) {
    edit(project, "benches/text.rs", "text:", "text:\n#[divan::bench]\nfn fresh() -> 900.0;\n");
}

fn budget(project: &Project, more: &str) {
    let budget = format!(r#"{{"schema": 1, "budgets": {{"limit": {{"benchmark": "{more}}}}}}}"#);
    project.write("perf-budgets.json", &budget);
}

/// State and launches of a benchmark.
fn verdict(project: &Project, name: &str) -> (String, u64) {
    let report = project.report();
    let rows = report["rows"].as_array().unwrap();
    let is_named = |row: &&serde_json::Value| row["verdict"]["name"] == name;
    let verdict = &rows.iter().find(is_named).unwrap()["verdict"];
    (verdict["state"].as_str().unwrap().to_owned(), verdict["launches"].as_u64().unwrap())
}

#[test]
fn a_new_benchmark_is_launched_and_its_budgets_are_checked() {
    let project = &Project::scripted();
    branch(project);
    add_benchmark(project);
    compare(project, "fresh", &[]).expect(0);
    assert_eq!(verdict(project, "known-cost/text::fresh"), ("new".to_owned(), 5));

    budget(project, r#"fresh", "metric": "median", "target_ms": 0.0000001"#);
    compare(project, "fresh", &[]).expect(1).says("budget limit: median is");
    budget(project, r#"fresh", "metric": "alloc_count", "target": 1"#);
    compare(project, "fresh", &[]).expect(3).says("budget limit: alloc_count is not decided");

    project.write("behaviour.txt", "fresh=panic");
    compare(project, "fresh", &[]).expect(3).says("it panicked: fresh panics");
    project.write("behaviour.txt", "fresh=hang");
    let ended = compare(project, "fresh", &["--launch-timeout", "1"]);
    ended.expect(3).says("it gave no result within 1 s");
}

#[test]
fn a_budget_of_the_same_executables_is_checked() {
    let project = &Project::scripted();
    branch(project);
    let name = "known-cost/text::digits";
    budget(project, r#"digits", "metric": "median", "target_ms": 0.0000001"#);
    compare(project, "digits", &[]).expect(1).says("budget limit: median is");
    assert_eq!(verdict(project, name), ("unchanged".to_owned(), 5));
    budget(project, r#"digits", "metric": "median", "target_ms": 1"#);
    compare(project, "digits", &[]).expect(0).says("launched for its budgets alone");
    // Made-up times have no samples, so there is no percentile.
    budget(project, r#"digits", "target_ms": 1"#);
    compare(project, "digits", &[]).expect(3).says("budget limit: p95 is not decided");
    budget(project, r#"digits", "target_ms": 1, "gate": false"#);
    compare(project, "digits", &[]).expect(0).says("there is nothing to measure");
    assert_eq!(verdict(project, name), ("unchanged".to_owned(), 0));
}

#[test]
fn a_benchmark_that_fails_on_the_base_alone_is_launched() {
    let project = &Project::scripted();
    project.write("behaviour.txt", "digits=panic");
    project.commit_all();
    branch(project);
    project.write("behaviour.txt", "");
    let name = "known-cost/text::digits";
    compare(project, "digits", &[]).expect(0).says("the base cannot be launched: it panicked");
    assert_eq!(verdict(project, name), ("new".to_owned(), 5));
    budget(project, r#"digits", "metric": "median", "target_ms": 0.0000001"#);
    compare(project, "digits", &[]).expect(1).says("budget limit: median is");
    project.write("behaviour.txt", "digits=exit");
    compare(project, "digits", &[]).expect(3).says("it ended with exit status 3");
}

#[test]
fn a_budget_names_a_benchmark_also_in_a_comparison() {
    let project = &Project::scripted();
    branch(project);
    budget(project, r#"digit", "target_ms": 1"#);
    let ended = project.perf(&["--compare", "main", "--no-record", "--launch-ms", "1"]);
    ended.expect(2).says("no benchmark is called `digit`");
}

#[test]
fn what_the_time_limit_left_undecided_is_incomplete() {
    let project = &Project::scripted();
    branch(project);
    project.write("known-cost.txt", "digits=200");
    project.write("behaviour.txt", "digits=sleep");
    let ended = compare(project, "digits", &["--time-limit", "2s"]);
    ended.expect(3).says("the time limit left 1 benchmark undecided");
    ended.says("known-cost/text::digits: the time limit ended the measuring after");
    let ended = project.perf(&["--no-record", "--filter", "digits", "--launch-ms", "1"]);
    ended.expect(0);
    budget(project, r#"digits", "metric": "median", "target_ms": 0.0000001"#);
    let ended = project.perf(&["--no-record", "--filter", "digits", "--time-limit", "1s"]);
    ended.expect(3).says("budget limit: median is not decided").says("too few to fail");
}
