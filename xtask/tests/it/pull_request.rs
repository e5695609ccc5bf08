//! A pull request from its merge commit to its comment: the workflows' own lines, in their order,
//! on a repository, an event and variables as GitHub's runners have them.
#![cfg(unix)]

use crate::github::Job;
use crate::project::{Ended, Project, quiet_machine, root};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A `cargo` whose `xtask` is the one under test, as the project's own alias would be.
const CARGO: &str = r#"#!/bin/sh
[ "$1" = xtask ] && shift && exec "$XTASK" "$@"
exec "$REAL_CARGO" "$@"
"#;

/// A step of a workflow: what it runs, and when.
struct Step {
    when: String,
    run: String,
}

/// The steps of a job that run something, as they stand in the workflow.
fn steps(workflow: &str, job: &str) -> Vec<Step> {
    let text = fs::read_to_string(root().join(".github/workflows").join(workflow)).unwrap();
    let begin = text.find(&format!("\n  {job}:\n")).unwrap() + 1;
    let lines = text[begin..].lines();
    let of_job = lines.enumerate().take_while(|(at, line)| {
        *at == 0 || line.is_empty() || line.starts_with("   ") || line.starts_with("  #")
    });
    let (mut when, mut steps) = (String::new(), Vec::new());
    for line in of_job.map(|(_, line)| line.trim_start()) {
        let key = line.trim_start_matches("- ");
        if line.starts_with("- ") {
            when.clear();
        }
        if let Some(condition) = key.strip_prefix("if: ") {
            condition.clone_into(&mut when);
        }
        if let Some(run) = key.strip_prefix("run: ") {
            steps.push(Step { when: when.clone(), run: run.to_owned() });
        }
    }
    steps
}

/// A repository on a hub, with a pull request.
struct Scene {
    project: Project,
    hub: TempDir,
    job: Job,
}

impl Scene {
    fn of(project: Project) -> Self {
        let hub = project.hub();
        let job = Job::new();
        job.write("cargo", CARGO);
        fs::set_permissions(job.path("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { project, hub, job }
    }

    /// Merges a change of one file as GitHub does for a check, and checks that out as it does.
    fn merged(&self, branch: &str, file: &str, contents: &str) -> Project {
        let project = &self.project;
        project.git(&["checkout", "--quiet", "-b", branch, "main"]);
        project.write(file, contents);
        project.commit_all();
        project.git(&["checkout", "--quiet", "--detach", "main"]);
        project.git(&["merge", "--quiet", "--no-ff", "--message=Merge", branch]);
        project.git(&["push", "--quiet", "--force", "origin", "HEAD:refs/pull/5/merge"]);
        project.git(&["checkout", "--quiet", "main"]);
        self.checkout("refs/pull/5/merge", 2)
    }

    /// What the checkout action makes of a reference.
    fn checkout(&self, reference: &str, depth: usize) -> Project {
        let checkout = Project::empty();
        let url = format!("file://{}", self.hub.path().display());
        checkout.git(&["init", "--quiet"]);
        checkout.git(&["remote", "add", "origin", &url]);
        let depth = format!("--depth={depth}");
        let to = format!("+{reference}:refs/remotes/pull/5/merge");
        checkout.git(&["fetch", "--quiet", "--no-tags", &depth, "origin", &to]);
        checkout.git(&["checkout", "--quiet", "--detach", "refs/remotes/pull/5/merge"]);
        checkout
    }

    /// Runs a line as a runner's shell does.
    fn run(&self, checkout: &Project, line: &str, env: &[(&str, &str)]) -> Ended {
        let path = std::env::var("PATH").unwrap();
        let commit = checkout.git(&["rev-parse", "HEAD"]);
        let mut command = Command::new("bash");
        command
            .current_dir(checkout.path())
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", line])
            .env("PATH", format!("{}:{path}", self.job.path("").display()))
            .env("XTASK", env!("CARGO_BIN_EXE_xtask"))
            .env("REAL_CARGO", std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
            .env("CARGO_TARGET_DIR", self.project.target_dir_of(checkout))
            .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", "pull_request")
            .env("GITHUB_EVENT_PATH", self.job.path("event.json"))
            .env("GITHUB_REPOSITORY", "team/project")
            .env("GITHUB_SERVER_URL", "https://github.example")
            .env("GITHUB_RUN_ID", "77")
            .env("GITHUB_REF", "refs/pull/5/merge")
            .env("GITHUB_BASE_REF", "main")
            .env("GITHUB_HEAD_REF", "change")
            .env("GITHUB_SHA", commit)
            .env("GITHUB_OUTPUT", self.job.path("outputs"))
            .env("GITHUB_STEP_SUMMARY", self.job.path("summary.md"))
            .env("RUNNER_TEMP", self.job.path(""))
            .env("PART", "1/1")
            .env_remove("KNOWN_COST")
            .envs(env.iter().copied());
        Ended::of(&mut command)
    }

    /// The whole check: what it says at its end, and how it ends.
    fn check(&self, checkout: &Project) -> (Ended, Vec<Ended>) {
        let scope = &steps("perf.yml", "scope")[0].run;
        self.run(checkout, scope, &[]).expect(0);
        let code = self.job.read("outputs").trim().strip_prefix("code=").unwrap().to_owned();
        let measured = (code == "true").then(|| self.measure(checkout));
        let result = match measured {
            None => "skipped",
            Some(0) => "success",
            Some(_) => "failure",
        };
        let needs = json!({
            "scope": {"result": "success", "outputs": {"code": code}},
            "measure": {"result": result, "outputs": {}},
        });
        let env = [("NEEDS", &*needs.to_string()), ("CODE", &*code)];
        let documentation = |step: &Step| step.when == "env.CODE == 'false'";
        let all = steps("perf.yml", "perf-gate");
        let wanted = all.iter().filter(|step| documentation(step) == (code == "false"));
        let mut ended: Vec<Ended> =
            wanted.map(|step| self.run(checkout, &step.run, &env)).collect();
        (ended.pop().unwrap(), ended)
    }

    fn measure(&self, checkout: &Project) -> i32 {
        let steps = steps("perf.yml", "measure");
        let step = steps.iter().find(|step| step.when.contains("'pull_request'")).unwrap();
        let ended = self.run(checkout, &step.run, &[]);
        let artefact = checkout.path().join("perf-parts/perf-part-ubuntu-24.04-0");
        fs::create_dir_all(artefact.parent().unwrap()).unwrap();
        fs::rename(checkout.path().join("perf-part"), artefact).unwrap();
        ended.status.unwrap()
    }

    /// The comment that the workflow after it writes.
    fn comment(&self, checkout: &Project, conclusion: &str) -> String {
        let head = "a".repeat(40);
        let event = json!({
            "repository": {"full_name": "team/project"},
            "workflow_run": {
                "id": 77, "conclusion": conclusion, "head_sha": head, "head_branch": "change",
                "head_repository": {"owner": {"login": "fork"}},
            },
        });
        self.job.write("event.json", &event.to_string());
        let pull = json!([{"number": 5, "head": {"sha": head}}]);
        self.job.write("answers/repos-team-project-pulls.json", &pull.to_string());
        self.job.write("answers/repos-team-project-issues-5-comments.json", "[]");
        let report = checkout.path().join("perf-whole/report.json");
        fs::create_dir_all(self.job.path("perf-report")).unwrap();
        fs::copy(report, self.job.path("perf-report/report.json")).unwrap();
        let steps = steps("perf-comment.yml", "comment");
        let step = steps.iter().find(|step| step.run.contains("perf comment")).unwrap();
        self.run(checkout, &step.run, &[]).expect(0);
        let sent = self.job.read("sent");
        let body: Value = serde_json::from_str(&sent[sent.find('{').unwrap()..]).unwrap();
        body["body"].as_str().unwrap().to_owned()
    }
}

/// Half of the real benches, as each is measured in pairs for a second or more.
fn real_benches_of_text() -> Project {
    let project = Project::fixture("known-cost");
    project.git(&["rm", "--quiet", "benches/data.rs"]);
    let data = "[[bench]]\nname = \"data\"\nharness = false\n";
    project.write("Cargo.toml", &project.read("Cargo.toml").replace(data, ""));
    project.commit_all();
    project
}

#[test]
fn a_slowdown_fails_the_check_and_is_told_where_people_look() {
    let _quiet = quiet_machine();
    let scene = Scene::of(real_benches_of_text());
    let checkout = scene.merged("slower", "known-cost.txt", "checksum=50\n");
    let (gate, before) = scene.check(&checkout);
    gate.expect(1).says("the check fails: 1 regression");
    let annotations = &before.last().unwrap().stdout;
    let place = "::error file=benches/text.rs,line=";
    assert!(annotations.starts_with(place) && annotations.contains("checksum"), "{annotations}");
    let summary = scene.job.read("summary.md");
    for said in ["## Performance check failed", "cargo xtask perf accept known-cost/text::checksum"]
    {
        assert!(summary.contains(said), "{summary}");
    }
    assert!(summary.contains("first parent of the merge commit"), "{summary}");
    assert!(scene.job.read("outputs").contains("verdict=failed\nregressions=1\n"));
    let comment = scene.comment(&checkout, "failure");
    assert!(comment.contains("## Performance check failed"), "{comment}");
    assert!(comment.contains("<code>known-cost/text::checksum</code>: regression"), "{comment}");
    let refs = checkout.git(&["for-each-ref", "--format=%(refname)"]);
    assert!(!refs.contains("gh-pages"), "a pull request records nothing: {refs}");
}

#[test]
fn a_push_is_recorded_and_published_and_judged() {
    let scene = Scene::of(Project::scripted());
    let url = format!("file://{}", scene.hub.path().display());
    let checkout = Project::clone_of(&url, &[]);
    let run = |job: &str| {
        for step in steps("perf-record.yml", job) {
            scene.run(&checkout, &step.run, &[("GITHUB_EVENT_NAME", "push")]).expect(0);
        }
    };
    run("measure");
    fs::create_dir_all(checkout.path().join("perf-parts")).unwrap();
    let artefact = checkout.path().join("perf-parts/perf-part-ubuntu-24.04-0");
    fs::rename(checkout.path().join("perf-part"), artefact).unwrap();
    run("record");
    let hub = Project::clone_of(&url, &["--branch=gh-pages"]);
    let runs = hub.git(&["ls-files", "data/runs"]);
    let [file] = runs.lines().collect::<Vec<_>>()[..] else { panic!("{runs}") };
    let run_of_main: Value = serde_json::from_str(&hub.read(file)).unwrap();
    assert_eq!(
        (&run_of_main["partial"], &run_of_main["commit"]["branch"]),
        (&false.into(), &"main".into())
    );
    assert_eq!(run_of_main["benchmarks"]["name"].as_array().unwrap().len(), 14);
    run("site");
    assert!(checkout.read("perf-site/site/index.html").contains("known-cost"));
}

#[test]
fn what_changes_nothing_passes_and_documentation_is_not_measured() {
    let scene = Scene::of(Project::scripted());
    let checkout = scene.merged("other", "notes.toml", "a = 1\n");
    let (gate, _) = scene.check(&checkout);
    gate.expect(0).says("the check passes: no change in 14 benchmarks");
    let comment = scene.comment(&checkout, "success");
    assert!(comment.contains("## Performance check passed"), "{comment}");

    let scene = Scene::of(Project::scripted());
    let checkout = scene.merged("prose", "README.md", "prose\n");
    let (gate, before) = scene.check(&checkout);
    gate.expect(0);
    assert!(before.is_empty());
    assert!(scene.job.read("summary.md").contains("nothing changed but documentation"));
}
