//! `xtask perf init` on workspaces of several forms.

use crate::project::{Ended, Project, root};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// `xtask perf init` without a terminal to ask on.
fn init(project: &Project, args: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["perf", "init"]).args(args).env("CARGO_TARGET_DIR", project.target_dir());
    Ended::of(command.current_dir(project.path()).stdin(Stdio::null()))
}

const REGISTRY: [&str; 4] = ["--yes", "--no-measure", "--source", "registry"];

/// What git reports as changed or new, without the ignored `.gitignore` of the fixture.
fn changed(project: &Project) -> String {
    project.git(&["status", "--porcelain", "--untracked-files=all"])
}

#[test]
fn a_workspace_gets_what_the_diff_shows_and_nothing_else() {
    let project = Project::scripted();
    project.git(&["branch", "--move", "master"]);
    let shown = init(&project, &["--no-measure", "--source", "registry"]);
    shown.expect(2).says("check the diff and repeat with --yes");
    assert_eq!(changed(&project), "");
    let written = init(&project, &REGISTRY);
    written.expect(0).says("wrote 8 files").says("next:");
    assert_eq!(written.stdout, shown.stdout);
    let expected = [
        " M Cargo.toml",
        "?? .cargo/config.toml",
        "?? .github/workflows/perf-comment.yml",
        "?? .github/workflows/perf-record.yml",
        "?? .github/workflows/perf.yml",
        "?? perf-budgets.json",
        "?? xtask/Cargo.toml",
        "?? xtask/src/main.rs",
    ];
    assert_eq!(changed(&project), expected.join("\n"));
    project.git(&["add", "--all"]);
    // The diff is one that git applies, and makes the same files.
    project.write("shown.diff", &shown.stdout);
    project.git(&["apply", "--reverse", "--check", "shown.diff"]);
    assert!(project.read(".github/workflows/perf.yml").contains("branches: [master]"));
    assert!(
        project.read("perf-budgets.json").contains("\"base_branches\": [\n    \"master\"\n  ]")
    );
    init(&project, &["--check"]).expect(0).says("up to date  xtask/Cargo.toml");
    init(&project, &REGISTRY).expect(0).says("nothing to write");
    lint(&project);
}

/// Both linters of workflows, where `cargo xtask ci --setup` installed them.
fn lint(project: &Project) {
    let tools = root().join("target/tools/python/bin");
    for (tool, args) in
        [("zizmor", &["--offline", "--persona=auditor", "."][..]), ("actionlint", &[])]
    {
        if tools.join(tool).exists() {
            let mut command = Command::new(tools.join(tool));
            Ended::of(command.args(args).current_dir(project.path())).expect(0);
        }
    }
}

#[test]
fn first_limits_come_from_a_measurement() {
    let project = Project::scripted();
    init(&project, &["--yes", "--source", "registry", "--ci", "none"]).expect(0);
    let budgets = project.read("perf-budgets.json");
    assert!(budgets.contains("\"benchmark\": \"known-cost/text::words::4096\""), "{budgets}");
    assert!(!project.path().join(".github").exists());
}

#[test]
fn edited_files_are_kept_and_older_ones_updated() {
    let project = Project::scripted();
    init(&project, &REGISTRY).expect(0);
    let workflow = project.read(".github/workflows/perf.yml");
    let edited = workflow.replace("timeout-minutes: 60", "timeout-minutes: 90");
    project.write(".github/workflows/perf.yml", &edited);
    init(&project, &["--check"])
        .expect(0)
        .says("edited      .github/workflows/perf.yml: it differs");
    init(&project, &REGISTRY).expect(0).says("kept .github/workflows/perf.yml: it was edited");
    assert_eq!(project.read(".github/workflows/perf.yml"), edited);
    // What an older version wrote has its digest, and another text.
    project.write(
        "xtask/src/main.rs",
        "// Written by `perf init` of divan-perf 0.0.9 (cbf29ce484222325)\n",
    );
    init(&project, &["--check"])
        .expect(1)
        .says("outdated    xtask/src/main.rs: version 0.0.9 wrote it");
    init(&project, &REGISTRY).expect(0).says("wrote 1 file");
    assert!(project.read("xtask/src/main.rs").contains("divan_perf::run"));
}

#[test]
fn an_xtask_of_the_workspace_is_never_replaced() {
    let project = Project::bare();
    project.write("Cargo.toml", "[workspace]\nmembers = [\"xtask\"]\n");
    project.write("xtask/Cargo.toml", "[package]\nname = \"xtask\"\nedition = \"2024\"\n");
    project.write("xtask/src/main.rs", "fn main() {}\n");
    project.commit_all();
    init(&project, &REGISTRY)
        .expect(2)
        .says("there is a package `xtask` already")
        .says("`--style program`");
    let program = ["--style", "program", "--source", "https://example.org/perf.git#v1", "--yes"];
    init(&project, &program).expect(0).says("cargo divan-perf doctor");
    let workflow = project.read(".github/workflows/perf.yml");
    assert!(workflow.contains(
        "cargo install --locked --git 'https://example.org/perf.git' --rev 'v1' divan-perf"
    ));
    assert!(!workflow.contains("xtask perf"), "{workflow}");
    assert_eq!(project.read("xtask/src/main.rs"), "fn main() {}\n");
    // The next time it knows how the program is started, and from where it comes.
    init(&project, &["--check"]).expect(0);
    lint(&project);
    init(&project, &["--style", "program", "--source", "https://a/'x", "--yes"])
        .expect(2)
        .says("no address");
}

#[test]
fn an_xtask_beside_the_workspace_or_in_another_folder_is_found() {
    for (folder, members, own) in [
        ("xtask", "exclude = [\"xtask\"]", "\n[workspace]\n"),
        ("tools/xtask", "members = [\"tools/xtask\"]", ""),
    ] {
        let project = Project::bare();
        project.write("Cargo.toml", &format!("[workspace]\nresolver = \"3\"\n{members}\n"));
        let package = "[package]\nname = \"xtask\"\nedition = \"2024\"\n";
        project.write(&format!("{folder}/Cargo.toml"), &format!("{package}{own}"));
        project.write(&format!("{folder}/src/main.rs"), "fn main() {}\n");
        project.commit_all();
        init(&project, &REGISTRY).expect(2).says("there is a package `xtask` already");
        assert_eq!(changed(&project), "");
    }
}

#[test]
fn a_workspace_in_a_folder_of_a_repository_gets_its_workflows_at_the_root() {
    let repository = Project::empty();
    repository.write("rust/app/Cargo.toml", "[package]\nname = \"app\"\nedition = \"2024\"\n");
    repository.write("rust/app/src/lib.rs", "");
    repository.commit_all();
    let app = repository.in_folder("rust/app");
    init(&app, &REGISTRY).expect(0);
    assert!(app.read("Cargo.toml").ends_with("[workspace]\nmembers = [\"xtask\"]\n"));
    assert!(app.path().join("xtask/src/main.rs").is_file());
    let workflow = repository.read(".github/workflows/perf.yml");
    assert!(workflow.contains("working-directory: rust/app"), "{workflow}");
    assert!(workflow.contains("path: rust/app/perf-part"), "{workflow}");
    init(&app, &["--check"]).expect(0);
    lint(&repository);
}

#[test]
fn gitlab_gets_a_pipeline() {
    let project = Project::scripted();
    project.write(".gitlab-ci.yml", "include:\n  - local: .gitlab/perf.yml\n");
    project.commit_all();
    init(&project, &REGISTRY).expect(0);
    assert!(
        project.read(".gitlab/perf.yml").contains("cargo xtask perf note perf-part/report.json")
    );
    assert!(!project.path().join(".github").exists());
}

/// The commands of docs/adopting.md, in their order.
fn documented_commands() -> Vec<String> {
    let page = std::fs::read_to_string(root().join("docs/adopting.md")).unwrap();
    let blocks = page.split("```console\n").skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap().lines());
    lines.map(|line| line.strip_prefix("$ cargo xtask perf").unwrap().trim().to_owned()).collect()
}

/// The page is about another workspace; the commands are the same.
#[test]
fn every_command_of_the_page_on_adopting_works() {
    let project = Project::scripted();
    let manifest = project.path().join("Cargo.toml").display().to_string();
    let commands = documented_commands();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let words = command.split_whitespace();
        let mut args: Vec<&str> =
            words.map(|arg| if arg == "../toml/Cargo.toml" { &manifest } else { arg }).collect();
        if args.first().is_none_or(|first| *first == "--compare") {
            // Counts of benches with made-up times mean nothing, and take most of a minute.
            args.push("--no-counts");
        }
        project.task(&args).expect(0);
        if args.contains(&"--manifest-path") && args.contains(&"init") {
            // The versions of this repository are there without a network.
            let versions = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
            project.write("Cargo.lock", &versions);
            project.commit_all();
            project.git(&["switch", "--quiet", "--create", "change"]);
            project.write("known-cost.txt", "checksum=0.001\n");
            project.commit_all();
        }
    }
}

/// A program `curl` that answers lists from a file and keeps what was sent.
const CURL: &str = r#"#!/bin/sh
here=$(dirname "$0")
cat > "$here/config"
for argument; do last=$argument; done
case "$*" in
    *"--request GET"*/user) echo '{"id": 7}' ;;
    *"--request GET"*) cat "$here/notes.json" ;;
    *)
        printf '%s\n' "$*" > "$here/arguments"
        while [ $# -gt 0 ]; do
            case "$1" in @*) cat "${1#@}" > "$here/sent" ;; esac
            shift
        done
        echo "$last" > "$here/address" ;;
esac
"#;

#[cfg(unix)]
#[test]
fn a_merge_request_has_one_note() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_program(&at("curl"));
    let report = root().join("fixtures/reports/regression.json");
    let note = |notes: &str| {
        std::fs::write(at("notes.json"), notes).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        command.args(["perf", "note"]).arg(&report).env("PATH", path);
        command.env("CI_API_V4_URL", "https://gitlab.example/api/v4").env("CI_PROJECT_ID", "3");
        command.env("CI_MERGE_REQUEST_IID", "12").env("PERF_NOTE_TOKEN", "secret");
        Ended::of(&mut command).expect(0).says("updated the note on merge request 12");
        let read = |name: &str| std::fs::read_to_string(at(name)).unwrap();
        assert!(read("config").contains("private-token: secret"));
        assert!(!read("arguments").contains("secret"), "other users see arguments");
        assert!(read("sent").contains("regression"));
        let arguments = read("arguments");
        let method = arguments.split("--request ").nth(1).unwrap().split(' ').next().unwrap();
        format!("{method} {}", read("address").trim())
    };
    let address = "https://gitlab.example/api/v4/projects/3/merge_requests/12/notes";
    assert_eq!(note("[]"), format!("POST {address}"));
    let marked = |author: u32| {
        format!(
            r#"[{{"id": 5, "author": {{"id": {author}}}, "body": "<!-- cuepoint-perf: the check's note -->\nold"}}]"#
        )
    };
    assert_eq!(note(&marked(7)), format!("PUT {address}/5"));
    // Another user's copy of the marker is left alone.
    assert_eq!(note(&marked(8)), format!("POST {address}"));
}

#[cfg(unix)]
fn write_program(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, CURL).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
