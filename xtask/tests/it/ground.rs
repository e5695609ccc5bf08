//! What is wrong is said before anything is built or measured.

use crate::project::Project;
use std::path::Path;

const NEWER: &str = "data/runs/2026/11/23/20261123T024500Z-000000000000-00000000.json";
/// The index of that day.
const NEWER_CHUNK: &str = "data/series/2026/11/23.jsonl";

#[test]
fn a_folder_without_a_repository_says_what_to_do() {
    let ended = Project::bare().perf(&[]);
    ended.expect(2).says("is not in a git repository").says("git init").says("--no-record");
}

#[test]
fn a_repository_without_a_commit_says_what_to_do() {
    let project = Project::bare();
    project.git(&["init", "--quiet"]);
    project.perf(&[]).expect(2).says("no commit yet").says("--no-record");
}

#[test]
fn a_machine_without_git_says_what_to_do() {
    let project = Project::committed();
    let cargo = Path::new(env!("CARGO"));
    let rustc = cargo.with_file_name("rustc");
    let tools = [("CARGO", cargo.to_str().unwrap()), ("RUSTC", rustc.to_str().unwrap())];
    let ended = project.perf_with(&[], &[("PATH", "/nonexistent"), tools[0], tools[1]]);
    ended.expect(2).says("cannot run git: it was not found").says("--no-record");
}

#[test]
fn a_workspace_without_benches_is_no_pass() {
    Project::committed().perf(&[]).expect(2).says("has no Divan bench");
}

#[test]
fn a_template_that_cannot_be_read_is_told_by_its_place() {
    let project = Project::committed();
    project.write("theirs/run.html", "\n{% blok %}");
    project.perf(&["--templates", "theirs"]).expect(2).says("run.html:2: syntax error");
}

#[test]
fn a_wrong_budget_is_told_by_its_place() {
    let project = Project::committed();
    project.write("perf-budgets.json", "{\n  \"schema\": 1,\n  \"budget\": {}\n}\n");
    project.perf(&[]).expect(2).says("perf-budgets.json:3:").says("unknown key `budget`");
    project.write("perf-budgets.json", "\u{feff}<script>");
    project.perf(&[]).expect(2).says("perf-budgets.json:1:1");
}

#[test]
fn somebody_elses_data_is_refused() {
    let project = Project::committed();
    project.commit_on("gh-pages", "data/prices.csv", "1,2");
    let ended = project.perf(&[]);
    ended.expect(2).says("data/prices.csv").says("--branch");
}

#[test]
fn a_run_of_a_newer_format_is_left_out_and_never_touched() {
    let project = Project::scripted();
    let newer = [(NEWER, "{\"schema\": 7}"), (NEWER_CHUNK, "{\"schema\": 7, \"run\": \"a\"}\n")];
    project.begin_branch("gh-pages", &newer.map(|(path, text)| (path.to_owned(), text.to_owned())));
    let told = project.perf(&["--launch-ms", "5", "--filter", "text::"]);
    told.expect(0).says("skipped 1 run of a newer format on gh-pages. Update this tool");
    project.site(&[]).expect(0);
    project.history(&["verify"]).expect(0).says("schema 7").says("no problem found");
    project.history(&["list"]).expect(0).says("schema 7");
    project.history(&["verify", "--repair"]).expect(0);
    for (path, text) in newer {
        assert_eq!(project.git(&["show", &format!("gh-pages:{path}")]), text.trim_end());
    }
    let today = project.read("out/report.json");
    let today: serde_json::Value = serde_json::from_str(&today).unwrap();
    project.history(&["show", today["run"]["id"].as_str().unwrap()]).expect(0);
}

#[test]
fn a_checked_out_history_branch_is_never_moved() {
    let project = Project::committed();
    project.git(&["checkout", "--quiet", "-b", "gh-pages"]);
    project
        .perf(&[])
        .expect(2)
        .says("cannot move `gh-pages`: it is checked out")
        .says("--no-record");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let project = Project::committed();
    project.write("out", "a file");
    project.perf(&[]).expect(2).says("out");
}

#[test]
fn mistakes_on_the_command_line_are_named() {
    let project = Project::committed();
    project.perf(&["--package", "nope"]).expect(2).says("there is no package `nope`");
    project
        .perf(&["--branch", "a..b"])
        .expect(2)
        .says("'a..b' for '--branch <NAME>': it contains `..`");
    project.perf(&["--time-limit", "soon"]).expect(2).says("write e.g. `90s` or `5m`");
    project.perf(&["--launches", "0"]).expect(2).says("0 is not in 1..=1000");
    project.perf(&["--manifest-path", "none.toml"]).expect(2).says("none.toml is not a file");
}

#[test]
fn a_manifest_that_is_broken_is_cargos_to_tell() {
    let project = Project::committed();
    project.write("Cargo.toml", "[package\n");
    project.perf(&[]).expect(2).says("cargo cannot read this workspace");
}
