//! Budgets beside a recorded history, without a build.

use crate::project::{Ended, Project};
use perf_judge::history::path_of;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Commit, LaunchResult, Machine, Measured, Run, RunKind, SCHEMA};
use std::process::{Command, Stdio};

/// Formatted as people do, with names that hide numbers and keys.
const BUDGETS: &str = r#"{ "schema": 1,
  "renamed": {"p/b::older": "p/b::fast"},
  "budgets": {
    "loose": { "benchmark": "fast", "metric": "median",
               "target_ms": 100.0, "warning_ms": 150, "critical_ms": 3e2 },
    "\"target_ms\": 7": {"benchmark": "b::*", "metric": "median", "\u0074arget_ms":2},
    "fits": { "benchmark": "slow", "metric": "median", "target_ms": 9, "gate": false },
    "memory": { "benchmark": "slow", "metric": "peak_rss_bytes", "target": 1 }
  } }"#;

fn measured(name: &str, ms: f64) -> Measured {
    let ns = ms * 1e6;
    let launch = LaunchResult {
        min_ns: ns,
        max_ns: ns,
        median_ns: ns,
        mean_ns: ns,
        sample_size: 1,
        sample_count: 21,
        samples_ns: Some(vec![ns; 21]),
        ..LaunchResult::default()
    };
    Measured::of(BenchmarkId::from(name), None, &vec![launch; 5]).unwrap()
}

fn run(workspace: &str, day: u32, benchmarks: Vec<Measured>) -> Run {
    Run {
        schema: SCHEMA,
        kind: RunKind::Run,
        id: String::new(),
        started: format!("2026-11-{day:02}T02:45:00Z").parse().unwrap(),
        seed: 7,
        commit: Some(Commit {
            hash: format!("{day:040x}"),
            branch: Some("main".to_owned()),
            subject: "Read faster".to_owned(),
            author_date: "2026-11-01T12:00:00+01:00".to_owned(),
            dirty: false,
        }),
        partial: false,
        machine: Machine { cpu: "Model 1".to_owned(), ..Machine::default() }.with_machine_key(),
        benchmarks,
        unfinished: Vec::new(),
        origin: None,
        partitioned: false,
        backfilled: None,
        accepted: Vec::new(),
        workspace: Some(workspace.to_owned()),
    }
    .with_id()
}

/// Runs in which `fast` takes 1 ms, or 2 ms once, and `slow` 3 ms.
fn runs(count: u32) -> Vec<(String, String)> {
    runs_of(".", count)
}

/// The same of the workspace in this folder.
fn runs_of(workspace: &str, count: u32) -> Vec<(String, String)> {
    let name = |day| if day == 1 { "p/b::older" } else { "p/b::fast" };
    let fast = |day| measured(name(day), if day == 2 { 2.0 } else { 1.0 });
    let runs =
        (1..=count).map(|day| run(workspace, day, vec![fast(day), measured("p/b::slow", 3.0)]));
    runs.map(|run| (path_of(&run), run.to_json())).collect()
}

fn project(budgets: &str, runs: &[(String, String)]) -> Project {
    let project = Project::bare();
    project.write("perf-budgets.json", budgets);
    project.commit_all();
    if !runs.is_empty() {
        project.begin_branch("gh-pages", runs);
    }
    project
}

/// Gives the diff to a program that applies it in the project's folder.
fn applied(project: &Project, suggested: &Ended, program: &[&str]) -> String {
    let before = project.read("perf-budgets.json");
    project.write("suggested.diff", &suggested.stdout);
    let diff = std::fs::File::open(project.path().join("suggested.diff")).unwrap();
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).current_dir(project.path()).stdin(diff).stdout(Stdio::null());
    assert!(command.status().unwrap().success(), "{program:?}:\n{}", suggested.stdout);
    let after = project.read("perf-budgets.json");
    project.write("perf-budgets.json", &before);
    after
}

#[test]
fn proposals_are_a_diff_that_git_applies() {
    let project = project(BUDGETS, &runs(6));
    let suggested = project.budgets(&["suggest"]);
    suggested.expect(0).says("tighten 100.0 ms to 3.000 ms").says("loosen 2.000 ms to 9.000 ms");
    suggested.says("stays at 9.000 ms").says("6 runs, median 1.000 ms, worst 2.000 ms");
    let expected = BUDGETS
        .replace(
            r#""target_ms": 100.0, "warning_ms": 150, "critical_ms": 3e2"#,
            r#""target_ms": 3, "warning_ms": 4.5, "critical_ms": 9"#,
        )
        .replace(r#""\u0074arget_ms":2"#, r#""\u0074arget_ms":9"#);
    assert_eq!(applied(&project, &suggested, &["git", "apply"]), expected);

    project.write("perf-budgets.json", &expected);
    let again = project.budgets(&["suggest"]);
    again.expect(0).says("no suggestion: the limits fit");
    assert_eq!(again.stdout, "");
}

#[test]
fn lines_that_end_otherwise_are_applied_too() {
    for text in [BUDGETS.replace('\n', "\r\n"), format!("{BUDGETS}\n"), BUDGETS.replace('\n', "\r")]
    {
        let project = project(&text, &runs(6));
        let suggested = project.budgets(&["suggest"]);
        let after =
            applied(&project, suggested.expect(0), &["git", "apply", "--whitespace=nowarn"]);
        assert_eq!(after.len(), text.len() - 6, "{after}");
        assert_eq!(after.matches('\r').count(), text.matches('\r').count());
    }
}

#[test]
fn a_workspace_below_the_repository_is_patched_where_it_is() {
    let outer = project("{}", &runs_of("inner", 6));
    outer.write("inner/Cargo.toml", "[package]\nname = \"inner\"\n[workspace]\n");
    outer.write("inner/src/lib.rs", "");
    outer.write("inner/perf-budgets.json", BUDGETS);
    let suggested = outer.budgets(&["suggest", "--manifest-path", "inner/Cargo.toml"]);
    outer.write("d", &suggested.expect(0).stdout);
    outer.git(&["-C", "inner", "apply", "../d"]);
    assert!(outer.read("inner/perf-budgets.json").contains("\"warning_ms\": 4.5"));
}

#[test]
fn few_runs_make_no_proposal() {
    let few = project(BUDGETS, &runs(4)).budgets(&["suggest"]);
    few.expect(0).says("4 runs").says("a proposal takes 5").says("no suggestion");
    assert_eq!(few.stdout, "");
    let none = project(BUDGETS, &[]).budgets(&["suggest"]);
    none.expect(0).says("no complete run of main is recorded");
    assert_eq!(none.stdout, "");
}

#[test]
fn a_check_shows_what_is_left() {
    let project = project(BUDGETS, &runs(1));
    let checked = project.budgets(&["check"]);
    checked.expect(0).says("run of 2026-11-01 02:45 UTC (000000000000 on main)");
    checked.says("checked 0 accepted regressions");
    assert_eq!(
        checked.stdout,
        "\
budget          metric          newest    target    headroom
\"target_ms\": 7  median          3.000 ms  2.000 ms  1.50 × over  p/b::slow
fits            median          3.000 ms  9.000 ms  3.00 ×       p/b::slow
loose           median          1.000 ms  100.0 ms  100 ×        p/b::fast
memory          peak_rss_bytes  -         1 B       -            this system does not report it
"
    );
}

#[test]
fn a_file_without_budgets_is_checked_too() {
    let accepted = r#"{"schema": 2, "accepted": [{"benchmark": "p/b::slow",
        "commit": "1a2b3c4", "max_change_percent": 20, "reason": "x"}]}"#;
    let checked = project(accepted, &runs(1)).budgets(&["check"]);
    checked.expect(0).says("checked 1 accepted regression\n");
    assert_eq!(checked.stdout, "no budgets: add one to perf-budgets.json\n");
}

#[test]
fn names_that_were_never_recorded_are_mistakes() {
    let budgets =
        "{\"schema\": 1, \"budgets\": {\n  \"x\": {\"benchmark\": \"slo\", \"target_ms\": 1}}}";
    let wrong = project(budgets, &runs(1)).budgets(&["check"]);
    wrong.expect(2).says("perf-budgets.json:2:22: budget `x`: no benchmark has the name `slo`");
    wrong.says("a similar name is `p/b::slow`").says("2026-11-01");
    let unknown = project(budgets, &[]).budgets(&["check"]);
    unknown.expect(0).says("names are not checked").says("1.000 ms");
    let elsewhere = project(budgets, &runs(1)).budgets(&["check", "--branch", "elsewhere"]);
    elsewhere.expect(0).says("names are not checked");
}

#[test]
fn wrong_and_missing_files_are_told() {
    let wrong = project("{\"schema\": 1,\n \"budget\": {}}", &runs(1));
    for task in ["check", "suggest"] {
        wrong.budgets(&[task]).expect(2).says("perf-budgets.json:2:").says("unknown key `budget`");
        Project::committed().budgets(&[task]).expect(2).says("there is no").says("perf-budgets");
    }
    let alone = Project::bare();
    alone.write("perf-budgets.json", "{\"schema\": 1}");
    alone.budgets(&["check"]).expect(0).says("is not in a git repository").says("not checked");
    alone.budgets(&["suggest"]).expect(2).says("is not in a git repository");
}

#[test]
fn measuring_and_looking_at_budgets_are_two_things() {
    let project = Project::committed();
    project.perf(&["budgets", "check"]).expect(2).says("cannot be used with");
}
