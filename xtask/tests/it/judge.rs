//! `perf judge` and `perf explain`: no cargo project and no repository is needed for the first.

use crate::project::{Project, quiet_machine, root};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

/// What is said of the cases in fixtures/judge: launches of real benchmarks on a busy machine, with
/// known slowdowns put on.
const VERDICTS: &str = "\
paired-0 sort_u64 unchanged
paired-0 file_rw unchanged
paired-0 alloc_vecs unchanged
paired-0 xml_large unchanged
paired-0 btree_lookup unchanged
paired-0 chase_64mb unchanged
paired-1 sort_u64 regression notice
paired-1 file_rw inconclusive rerun
paired-1 alloc_vecs regression minor
paired-1 xml_large regression major
paired-1 btree_lookup regression critical
paired-1 chase_64mb improvement minor
history-compared sort_u64 unchanged
history-compared file_rw inconclusive compare
history-compared alloc_vecs regression critical
history-compared xml_large unchanged
history-compared btree_lookup regression major
history-compared chase_64mb improvement major
history-alone sort_u64 unchanged
history-alone file_rw inconclusive
history-alone alloc_vecs regression critical rerun
history-alone xml_large unchanged
history-alone btree_lookup regression major rerun
history-alone chase_64mb improvement major
corners nothing invalid rerun
corners zero invalid rerun
corners two of ten unchanged
corners new new
corners removed removed
corners median alone regression major
";

fn judge() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["perf", "judge"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

fn told(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |verdict: &Value| {
        let said = [&answer["case"], &verdict["id"], &verdict["status"], &verdict["severity"]];
        let flags = ["rerun", "compare"].into_iter().filter(|flag| verdict[*flag] == true);
        let said = said.into_iter().map(text).chain(flags.map(str::to_owned));
        let words: Vec<String> = said.filter(|word| !word.is_empty()).collect();
        format!("{}\n", words.join(" "))
    };
    answer["verdicts"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn each_case_is_answered_before_the_next_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = judge().current_dir(folder.path()).spawn().unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let cases = fs::read_to_string(root().join("fixtures/judge/cases.jsonl")).unwrap();
    let mut verdicts = String::new();
    for case in cases.lines() {
        writeln!(questions, "{case}").unwrap();
        verdicts += &told(&answers.next().unwrap().unwrap());
    }
    drop(questions);
    assert_eq!(verdicts, VERDICTS);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_line_that_is_no_case_is_named() {
    let cases = [
        ("{", "standard input, line 1: it is not a case of docs/formats.md"),
        (r#"{"schema":3,"case":"a","mode":"paired","benchmarks":[]}"#, "does not read schema 3"),
        (
            r#"{"schema":1,"case":"a","mode":"paired","config":{"minor_pct":5},"benchmarks":[]}"#,
            "the limits of the severities are fixed",
        ),
        (
            r#"{"schema":1,"case":"a","mode":"paired","benchmarks":[{"id":"x"},{"id":"x"}]}"#,
            "`x` occurs twice",
        ),
    ];
    for (line, said) in cases {
        let mut child = judge().stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(said), "{line}: {stderr}");
    }
}

fn explain(project: &Project, name: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(project.path()).args(["perf", "explain", name, "--output", "out"]);
    let output = command.output().unwrap();
    let both = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&both).into_owned())
}

#[test]
fn the_last_report_is_explained() {
    let project = Project::scripted();
    let (status, said) = explain(&project, "checksum");
    assert_eq!(status, Some(2));
    assert!(said.contains("run `cargo xtask perf` first"), "{said}");

    let args = ["--launch-ms", "5", "--filter", "checksum", "--compare", "HEAD", "--no-skip"];
    project.perf(&args).expect(0);
    let (status, said) = explain(&project, "checksum");
    assert_eq!(status, Some(0), "{said}");
    let pair = |line: &str| line.trim_start().starts_with("10 ");
    assert!(said.contains("Paired comparison with") && said.lines().any(pair), "{said}");
    let (status, said) = explain(&project, "check");
    assert_eq!(status, Some(2));
    assert!(said.contains("known-cost/text::checksum"), "{said}");
}

#[test]
fn a_machine_is_calibrated_and_later_reports_show_it() {
    let project = Project::scripted();
    let short = ["--launch-ms", "2", "--filter", "checksum", "--time-limit", "2s"];
    let calibrate = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(project.path()).args(["perf", "calibrate", "--output", "out"]);
        command.args(short).args(more);
        command.env("CARGO_TARGET_DIR", project.target_dir()).env_remove("KNOWN_COST");
        let output = command.output().unwrap();
        let (stdout, stderr) = (&output.stdout, &output.stderr);
        String::from_utf8_lossy(stdout).into_owned() + &String::from_utf8_lossy(stderr)
    };
    let said = calibrate(&["--known-cost", "Cargo.toml"]);
    for text in ["10 % slower, scaled", "10 % slower, executed", "undecided: measure longer"] {
        assert!(said.contains(text), "{said}");
    }
    let result: Value = serde_json::from_str(&project.read("out/calibration.json")).unwrap();
    assert_eq!(result["kind"], "calibration");
    let recorded = project.git(&["ls-tree", "-r", "--name-only", "gh-pages"]);
    assert!(recorded.starts_with("data/calibrations/"), "{recorded}");

    let ended = project.perf(&["--quick", "--launch-ms", "2", "--filter", "checksum"]);
    ended.expect(0).says("calibration of this machine on");
    assert!(project.read("out/site/index.html").contains("calibration of this machine on"));
    let sentence = |ended: &str| {
        let mut lines =
            ended.lines().filter(|line| line.contains("calibration of this machine on"));
        lines.next().unwrap().to_owned()
    };
    let before = sentence(&ended.stdout);
    let loaded = calibrate(&["--load", "1"]);
    assert!(loaded.contains("beside 1 busy thread: "), "{loaded}");
    // What the machine can see without load is what reports are about.
    let ended = project.perf(&["--quick", "--launch-ms", "2", "--filter", "checksum"]);
    assert_eq!(sentence(&ended.stdout), before);
}

/// On the real benches and the noise of this machine: unchanged code is called changed nowhere.
#[test]
#[ignore = "measures for two minutes: `cargo xtask ci --nightly` runs it"]
fn unchanged_code_is_found_unchanged_on_this_machine() {
    let _quiet = quiet_machine();
    let project = Project::fixture("known-cost");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(project.path()).args(["perf", "calibrate", "--output", "out"]);
    command.args(["--no-record", "--launch-ms", "10", "--time-limit", "2m"]);
    command.args(["--known-cost", "Cargo.toml"]);
    command.env("CARGO_TARGET_DIR", project.target_dir()).env_remove("KNOWN_COST");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
