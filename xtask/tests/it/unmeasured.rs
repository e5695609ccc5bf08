//! What was not measured, or not decided, is no pass.

use crate::project::{Ended, Project};
#[cfg(unix)]
use std::process::{Command, Stdio};

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
    compare(project, "fresh", &[]).expect(3).says("budget limit: alloc_count not decided");

    project.write("behaviour.txt", "fresh=panic");
    compare(project, "fresh", &[]).expect(3).says("it panicked: fresh panics");
    project.write("behaviour.txt", "fresh=hang");
    let ended = compare(project, "fresh", &["--launch-timeout", "1"]);
    ended.expect(3).says("it did not end within 1 s");
}

#[test]
fn a_run_that_measured_nothing_is_not_recorded() {
    let project = &Project::scripted();
    project.write("behaviour.txt", "digits=panic");
    let ended = project.perf(&["--launch-ms", "1", "--filter", "text::digits"]);
    ended.expect(3).says("it panicked").says("nothing was measured: no run is recorded");
    assert_eq!(project.git(&["for-each-ref", "refs/heads/gh-pages"]), "");
    assert!(project.waiting().is_empty());
    // What is measured beside it is a run.
    project.perf(&["--launch-ms", "1", "--filter", "text::"]).expect(3);
    project.history(&["verify"]).expect(0).says("1 run, no problem found");
}

const DEAD: &str = r#"
fn main() {
    std::hint::black_box(["DIVAN_SAMPLE_COUNT", "CPU timestamp counter is unavailable"]);
}"#;

#[test]
fn benchmarks_of_a_target_that_lists_none_are_missing_in_a_comparison() {
    let project = &Project::scripted();
    branch(project);
    let manifest = project.read("Cargo.toml");
    let benches = project.read("benches/text.rs");
    let dead: [(&str, &str, &str); 3] = [
        ("benches/text.rs", DEAD, "its executable ended without printing Divan's list"),
        ("benches/text.rs", "fn main() {}", "its executable is no Divan bench"),
        (
            "Cargo.toml",
            &format!("{manifest}\n[features]\nnet = []\n")
                .replace("\"text\"", "\"text\"\nrequired-features = [\"net\"]"),
            "it needs the feature net (add --features net)",
        ),
    ];
    for (path, contents, said) in dead {
        project.write(path, contents);
        let ended = compare(project, "digits", &[]);
        ended.expect(3).says("its target known-cost/text is declared, but").says(said);
        assert_eq!(verdict(project, "known-cost/text::digits").0, "missing");
        project.write("Cargo.toml", &manifest);
        project.write("benches/text.rs", &benches);
    }
    // What is not declared any more was removed on purpose.
    edit(project, "Cargo.toml", "[[bench]]\nname = \"text\"\nharness = false\n", "");
    edit(project, "Cargo.toml", "publish = false", "publish = false\nautobenches = false");
    let ended = project.perf(&["--compare", "main", "--no-record", "--launch-ms", "1"]);
    ended.expect(0);
    assert_eq!(verdict(project, "known-cost/text::digits").0, "removed");
}

#[test]
fn benchmarks_of_a_target_that_lists_none_are_missing_where_the_history_knows_them() {
    let project = &Project::scripted();
    project.perf(&["--launch-ms", "1"]).expect(0);
    edit(project, "benches/text.rs", "    #[divan::bench]\n    fn digits() -> 1_150.0;\n", "");
    project.commit_all();
    project.perf(&["--launch-ms", "1", "--no-record"]).expect(0);
    assert_eq!(verdict(project, "known-cost/text::digits").0, "removed");
    project.write("benches/text.rs", DEAD);
    project.commit_all();
    let said = "its target known-cost/text is declared, but its executable ended";
    // Also once the newest run is one that lacks them.
    for _ in 0..2 {
        project.perf(&["--launch-ms", "1"]).expect(3).says(said);
        assert_eq!(verdict(project, "known-cost/text::join").0, "missing");
    }
    project.perf(&["--filter", "join", "--no-record"]).expect(3).says(said);
    project.perf(&["--filter", "sort", "--no-record", "--launch-ms", "1"]).expect(0);
}

#[test]
fn a_target_whose_list_is_not_known_is_missing_whatever_is_selected() {
    let project = &Project::scripted();
    edit(
        project,
        "src/lib.rs",
        "    if arguments",
        "    assert!(target != \"text\");\n    if arguments",
    );
    let ended = project.perf(&["--filter", "sort", "--no-record", "--launch-ms", "1"]);
    ended.expect(3).says("known-cost/text: its benchmarks cannot be listed");
}

#[test]
fn files_that_a_bench_may_read_are_measured() {
    let project = &Project::scripted();
    project.write("inputs/old.md", "prose");
    project.commit_all();
    branch(project);
    let same = |path: &str, contents: &str| {
        let before = std::fs::read_to_string(project.path().join(path)).ok();
        project.write(path, contents);
        compare(project, "digits", &[]).expect(0);
        let launches = verdict(project, "known-cost/text::digits").1;
        match before {
            Some(before) => project.write(path, &before),
            None => std::fs::remove_file(project.path().join(path)).unwrap(),
        }
        launches == 0
    };
    let compiled = format!("{}\n// A remark.\n", project.read("benches/text.rs"));
    assert!(same("benches/text.rs", &compiled));
    let compiled = format!("{}\n// A remark.\n", project.read("src/lib.rs"));
    assert!(same("src/lib.rs", &compiled));
    assert!(same("perf-budgets.json", r#"{"schema": 1}"#));
    let manifest = format!("{}\n# A remark.\n", project.read("Cargo.toml"));
    let unread = [
        ("README.md", "prose"),
        ("inputs/old.md", "prose 2"),
        ("inputs/new.rs", "// prose"),
        ("tests/it.rs", "// prose"),
        ("Cargo.toml", &manifest),
    ];
    for (path, contents) in unread {
        // Elsewhere it is not known what a bench reads.
        assert_eq!(same(path, contents), cfg!(target_os = "linux"), "{path}");
    }
    for (path, contents) in [("known-cost.txt", "sort=50"), ("behaviour.txt", "sort=none")] {
        assert!(!same(path, contents), "{path}");
    }
}

#[test]
fn what_a_changed_or_missing_input_does_is_found() {
    let project = &Project::scripted();
    edit(project, "src/lib.rs", "\"behaviour.txt\"", "\"behaviour.md\"");
    let share = "share(\"known-cost.txt\", function)";
    edit(project, "src/lib.rs", share, "share(\"inputs/share.rs\", function)");
    project.write("inputs/share.rs", "digits=0");
    project.write("behaviour.md", "digits=none");
    project.commit_all();
    branch(project);
    project.write("inputs/share.rs", "digits=2400");
    compare(project, "digits", &[]).expect(1).says("known-cost/text::digits: regression");
    project.write("inputs/share.rs", "digits=0");
    project.write("behaviour.md", "digits=panic");
    project.commit_all();
    compare(project, "digits", &[]).expect(3).says("it panicked: digits panics");
}

#[test]
fn a_file_that_git_does_not_track_is_a_difference() {
    let project = &Project::scripted();
    compare(project, "digits", &[]).expect(0).says("nothing to compare");
    project.write("known-cost.txt", "digits=200");
    compare(project, "digits", &[]).expect(1).says("known-cost/text::digits: regression");
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
    compare(project, "digits", &[]).expect(0).says("launched for its budgets");
    // Made-up times have no samples, so there is no percentile.
    budget(project, r#"digits", "target_ms": 1"#);
    compare(project, "digits", &[]).expect(3).says("budget limit: p95 not decided");
    budget(project, r#"digits", "target_ms": 1, "gate": false"#);
    compare(project, "digits", &[]).expect(0).says("identical executables");
    assert_eq!(verdict(project, name), ("unchanged".to_owned(), 0));
}

#[test]
fn a_budget_that_the_base_has_too_is_not_checked_for_the_same_executables() {
    let project = &Project::scripted();
    budget(project, r#"digits", "metric": "median", "target_ms": 0.0000001"#);
    project.commit_all();
    branch(project);
    project.write("README.md", "prose");
    compare(project, "digits", &[]).expect(0).says("identical executables");
    assert_eq!(verdict(project, "known-cost/text::digits"), ("unchanged".to_owned(), 0));
}

#[test]
fn a_benchmark_that_fails_on_the_base_alone_is_not_new() {
    let project = &Project::scripted();
    project.write("behaviour.txt", "digits=panic");
    project.commit_all();
    branch(project);
    project.write("behaviour.txt", "");
    let name = "known-cost/text::digits";
    let ended = compare(project, "digits", &[]);
    ended.expect(3).says("cannot run it: it panicked").says("list them as `base.files`");
    assert_eq!(verdict(project, name), ("missing".to_owned(), 0));
    // Under another name it is new.
    edit(project, "benches/text.rs", "digits(", "all_digits(");
    compare(project, "digits", &[]).expect(0);
    assert_eq!(verdict(project, "known-cost/text::all_digits").0, "new");
}

#[test]
fn a_budget_names_a_benchmark_also_in_a_comparison() {
    let project = &Project::scripted();
    branch(project);
    budget(project, r#"digit", "target_ms": 1"#);
    let ended = project.perf(&["--compare", "main", "--no-record", "--launch-ms", "1"]);
    ended.expect(2).says("no benchmark has the name `digit`");
}

#[test]
fn what_the_time_limit_left_undecided_is_incomplete() {
    let project = &Project::scripted();
    branch(project);
    project.write("known-cost.txt", "digits=200");
    project.write("behaviour.txt", "digits=sleep");
    let ended = compare(project, "digits", &["--time-limit", "2s"]);
    ended.expect(3).says("undecided when the measurement ended: 1 benchmark");
    ended.says("known-cost/text::digits: the measurement ended after");
    let ended = project.perf(&["--no-record", "--filter", "digits", "--launch-ms", "1"]);
    ended.expect(0);
    budget(project, r#"digits", "metric": "median", "target_ms": 0.0000001"#);
    let ended = project.perf(&["--no-record", "--filter", "digits", "--time-limit", "1s"]);
    ended.expect(3).says("budget limit: median not decided").says("too few to fail");
}

#[cfg(unix)]
#[test]
fn an_interrupted_comparison_is_incomplete() {
    use std::io::{BufRead as _, BufReader};
    let project = &Project::scripted();
    branch(project);
    project.write("behaviour.txt", "digits=sleep");
    let args = ["--compare", "main", "--launch-ms", "1", "--filter", "digits"];
    let mut command = project.command(&args);
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("paired comparison: initial pairs")));
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(3));
    let kept = "kind\":\"pairs";
    assert!(project.read("out/pairs.json").contains(kept));
    let report = project.read("out/report.json");
    assert!(report.contains("Repeat the command with --resume"), "{report}");
    // Another checkout is another comparison.
    project.write("behaviour.txt", "digits=none");
    project.perf(&[&args[..], &["--resume"]].concat()).expect(2).says("has changed");
    project.write("behaviour.txt", "digits=sleep");
    let resumed = project.perf(&[&args[..], &["--resume"]].concat());
    resumed.expect(0).says("of an unfinished comparison");
    project.perf(&[&args[..], &["--resume"]].concat()).expect(2).says("no unfinished comparison");
}
