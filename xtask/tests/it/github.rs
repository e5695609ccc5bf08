//! What GitHub's workflows call, on files as GitHub writes them and a `gh` that keeps what it gets.
#![cfg(unix)]

use crate::project::{Ended, root};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A `gh` that answers from files, and writes down what is sent: `METHOD path` and its body.
const GH: &str = r#"#!/bin/sh
here=$(dirname "$0")
[ "$1" = --version ] && exit 0
[ "$1" = api ] || exit 2
shift
method=$2; path=$3
printf '%s\n' "$*" >> "$here/calls"
if [ "$method" = GET ]; then
    cat "$here/answers/$(printf %s "$path" | tr / -).json"
else
    printf '%s %s ' "$method" "$path" >> "$here/sent"
    cat >> "$here/sent"
    echo >> "$here/sent"
fi
"#;

pub(crate) struct Job {
    folder: TempDir,
}

impl Job {
    pub(crate) fn new() -> Self {
        let job = Self { folder: tempfile::tempdir().unwrap() };
        job.write("gh", GH);
        fs::set_permissions(job.path("gh"), fs::Permissions::from_mode(0o755)).unwrap();
        job
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn write(&self, path: &str, contents: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    fn answer(&self, path: &str, answer: &Value) {
        self.write(&format!("answers/{}.json", path.replace('/', "-")), &answer.to_string());
    }

    /// What was sent: method and path, and the body.
    fn sent(&self) -> Vec<(String, Value)> {
        let sent = self.read("sent");
        let line = |line: &str| {
            let at = line.find('{').unwrap();
            (line[..at].trim().to_owned(), serde_json::from_str(&line[at..]).unwrap())
        };
        sent.lines().map(line).collect()
    }

    /// `xtask perf` with the files that a job has.
    pub(crate) fn perf(&self, args: &[&str], env: &[(&str, &str)]) -> Ended {
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.folder.path().display()))
            .env("GITHUB_OUTPUT", self.path("outputs"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary.md"))
            .env("GITHUB_EVENT_PATH", self.path("event.json"))
            .env("GITHUB_SERVER_URL", "https://github.example")
            .env_remove("GITHUB_SHA")
            .envs(env.iter().copied())
            .arg("perf")
            .args(args);
        Ended::of(&mut command)
    }
}

const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn finished(conclusion: &str) -> String {
    json!({
        "repository": {"full_name": "team/project"},
        "workflow_run": {
            "id": 77, "conclusion": conclusion, "head_sha": HEAD, "head_branch": "x; $(touch y)",
            "head_repository": {"owner": {"login": "fork"}},
        },
    })
    .to_string()
}

/// A report with a regression, as a job leaves it.
fn report() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reports/regression.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// A job that comments, with one open pull request and these comments on it.
fn commenting(conclusion: &str, comments: &Value) -> Job {
    let job = Job::new();
    job.write("event.json", &finished(conclusion));
    let moved_on = json!({"number": 3, "head": {"sha": "b".repeat(40)}});
    let ours = json!({"number": 5, "head": {"sha": HEAD}});
    job.answer("repos/team/project/pulls", &json!([moved_on, ours]));
    job.answer("repos/team/project/issues/5/comments", comments);
    job
}

fn comment(id: u64, kind: &str, body: &str) -> Value {
    json!({"id": id, "user": {"type": kind}, "body": body})
}

#[test]
fn one_comment_is_made_and_then_kept_up_to_date() {
    let job = commenting("failure", &json!([comment(1, "User", "hello")]));
    job.write("report.json", &report().to_string());
    job.perf(&["comment", "report.json"], &[])
        .expect(0)
        .says("updated the comment on pull request 5");
    let [(call, body)] = &job.sent()[..] else { panic!() };
    assert_eq!(call, "POST repos/team/project/issues/5/comments");
    let body = body["body"].as_str().unwrap().to_owned();
    assert!(body.contains("## Performance check failed"), "{body}");
    assert!(body.contains("https://github.example/team/project/actions/runs/77"), "{body}");
    assert!(job.read("calls").contains("--raw-field=head=fork:x; $(touch y)"));
    assert!(!job.path("y").exists());

    // A person who copied the comment does not get theirs edited.
    let comments = json!([comment(1, "User", &body), comment(2, "Bot", &body)]);
    let job = commenting("failure", &comments);
    job.write("report.json", &report().to_string());
    job.perf(&["comment", "report.json"], &[]).expect(0);
    assert_eq!(job.sent()[0].0, "PATCH repos/team/project/issues/comments/2");
}

#[test]
fn a_comment_is_made_also_where_there_is_no_report_but_not_for_documentation() {
    let job = commenting("failure", &json!([]));
    job.perf(&["comment", "report.json"], &[]).expect(0);
    assert!(job.sent()[0].1["body"].as_str().unwrap().contains("ended without a report"));
    let job = commenting("success", &json!([]));
    job.perf(&["comment", "report.json"], &[])
        .expect(0)
        .says("no comment: the measuring workflow ended with `success`");
    assert_eq!(job.sent(), []);
}

#[test]
fn a_report_cannot_say_that_a_failed_check_passed() {
    let job = commenting("failure", &json!([]));
    job.write("report.json", &passing(report()).to_string());
    job.perf(&["comment", "report.json"], &[]).expect(0);
    assert!(job.sent()[0].1["body"].as_str().unwrap().contains("**The check failed**, although"));
}

fn rename(row: &mut Value, name: &str) {
    row["verdict"]["name"] = json!(name);
    row["measured"]["name"] = json!(name);
}

/// The same report, if nothing had failed.
fn passing(mut report: Value) -> Value {
    report["status"] = json!(0);
    report["outcome"]["gate"] = json!([]);
    report
}

#[test]
fn a_hostile_report_of_a_fork_becomes_harmless_text() {
    let mut hostile = report();
    let name = "a/b::</code><img src=x onerror=y>|@team #1 ![](https://e.example)\n\n# big";
    let row = hostile["rows"][0].clone();
    rename(&mut hostile["rows"][0], name);
    hostile["notes"] = json!(vec!["<script>@everyone</script>"; 5_000]);
    for i in 0..3_000 {
        let mut row = row.clone();
        rename(&mut row, &format!("a/b::{i}"));
        hostile["rows"].as_array_mut().unwrap().push(row);
    }
    let job = commenting("failure", &json!([]));
    job.write("report.json", &hostile.to_string());
    job.perf(&["comment", "report.json"], &[]).expect(0);
    let sent = job.sent();
    let body = sent[0].1["body"].as_str().unwrap();
    // What is code is looked at for no mention and no reference.
    let (mut plain, mut rest) = (String::new(), body);
    while let Some((before, code)) = rest.split_once("<code>") {
        plain += before;
        rest = code.split_once("</code>").unwrap().1;
    }
    plain += rest;
    assert!(plain.contains("12 of 3014 benchmarks unchanged"), "{plain}");
    for harmful in ["@team", "@everyone", "#1"] {
        assert!(!plain.contains(harmful), "{harmful} in {plain}");
    }
    for harmful in ["<img", "<script", "](https://e", "\n# big"] {
        assert!(!body.contains(harmful), "{harmful} in {body}");
    }
    assert!(body.len() <= 60_000, "{}", body.len());

    let unusable = [
        "{".to_owned(),
        json!({"schema": 1, "kind": "report"}).to_string(),
        " ".repeat(70 << 20),
        report().to_string().replacen("\"status\":1", "\"status\":0", 1),
    ];
    for text in unusable {
        let job = commenting("success", &json!([]));
        job.write("report.json", &text);
        job.perf(&["comment", "report.json"], &[]).expect(0).says("report.json");
        let sent = job.sent();
        assert!(sent[0].1["body"].as_str().unwrap().contains("cannot be used"), "{sent:?}");
    }
}

#[test]
fn one_issue_is_open_as_long_as_a_branch_fails() {
    let env = [("GITHUB_REPOSITORY", "team/project"), ("GITHUB_RUN_ID", "77")];
    let issue = |number: u64, title: &str, kind: &str| json!({"number": number, "title": title, "user": {"type": kind}});
    let title = "perf: main got slower";
    let failing = || {
        let mut report = report();
        report["run"]["commit"]["branch"] = json!("main");
        report
    };
    let cases = [
        (failing(), json!([issue(1, title, "User")]), vec!["POST repos/team/project/issues"]),
        (failing(), json!([issue(2, title, "Bot")]), vec!["PATCH repos/team/project/issues/2"]),
        (passing(failing()), json!([issue(1, "perf: develop got slower", "Bot")]), vec![]),
        (
            passing(failing()),
            json!([issue(2, title, "Bot")]),
            vec!["POST repos/team/project/issues/2/comments", "PATCH repos/team/project/issues/2"],
        ),
    ];
    for (report, open, expected) in cases {
        let job = Job::new();
        job.answer("repos/team/project/issues", &open);
        job.write("report.json", &report.to_string());
        job.perf(&["issue", "report.json"], &env).expect(0);
        let calls: Vec<String> = job.sent().into_iter().map(|(call, _)| call).collect();
        assert_eq!(calls, expected);
    }
    let job = Job::new();
    job.write("report.json", &report().to_string());
    let env = [("GITHUB_REPOSITORY", "team/project/../x"), ("GITHUB_RUN_ID", "77")];
    job.perf(&["issue", "report.json"], &env)
        .expect(2)
        .says("is no repository: write --repository OWNER/NAME");
}

#[test]
fn a_saved_report_is_rendered_for_a_job() {
    let job = Job::new();
    job.write("report.json", &report().to_string());
    let ended = job.perf(&["report", "--format", "github", "report.json"], &[]);
    ended.expect(0);
    assert!(ended.stdout.starts_with("::error file=benches/"), "{}", ended.stdout);
    assert!(job.read("summary.md").starts_with("## Performance check failed"));
    assert!(job.read("outputs").starts_with("status=1\nverdict=failed\nregressions=2\n"));
    let markdown = job.perf(&["report", "--format", "markdown", "report.json"], &[]);
    assert_eq!(markdown.expect(0).stdout, job.read("summary.md"));
    let json = job.perf(&["report", "--format", "json", "report.json"], &[]);
    assert_eq!(serde_json::from_str::<Value>(&json.expect(0).stdout).unwrap(), report());
    job.perf(&["report", "no.json"], &[]).expect(2).says("there is no no.json");
}

#[test]
fn the_examples_are_what_the_commands_say() {
    let job = Job::new();
    let at = |file: &str| root().join("fixtures/reports").join(file).display().to_string();
    let (report, event) = (at("regression.json"), at("workflow_run.json"));
    let summary = job.perf(&["report", "--format", "markdown", &report], &[]);
    let server = ["--server", "https://github.com"];
    let comment = ["comment", "--dry-run", "--event", &event, &report];
    let comment = job.perf(&[&comment[..], &server].concat(), &[]);
    for (file, ended) in [("summary.md", summary), ("comment.md", comment)] {
        let path = root().join("docs/examples").join(file);
        let said = &ended.expect(0).stdout;
        assert_eq!(fs::read_to_string(&path).unwrap(), *said, "{}", path.display());
    }
}

#[test]
fn the_gate_reads_the_jobs_and_the_report() {
    let job = Job::new();
    job.write("report.json", &report().to_string());
    let needs = |result: &str| {
        json!({"scope": {"result": "success", "outputs": {"code": "true"}}, "measure": {"result": result}})
            .to_string()
    };
    let gate = |needs: &str, more: &[(&str, &str)]| {
        job.perf(&["gate", "report.json"], &[&[("NEEDS", needs)], more].concat())
    };
    gate(&needs("failure"), &[]).expect(1).says("the check fails: 2 regressions");
    gate(&needs("success"), &[("GITHUB_SHA", HEAD)]).expect(1).says("but the check is for aaaa");
    gate("{", &[]).expect(2).says("toJSON(needs)");
    let docs = needs("skipped").replace("true", "false");
    gate(&docs, &[]).expect(0).says("nothing changed but documentation");
}
