//! What would make a history unreadable, and what is left when git has lost some of it.

use crate::history::{add, damage, file, run};
use crate::project::Project;
use perf_judge::history::{NameTable, path_of};
use perf_judge::run::Run;
use std::fs;

fn data_js(commit: &str, date: &str) -> String {
    format!(
        r#"window.BENCHMARK_DATA = {{"lastUpdate": 1, "repoUrl": "", "entries": {{"Benchmark": [{{
            "commit": {{"id": "{commit}", "message": "", "timestamp": "", "url": ""}},
            "date": {date}, "tool": "cargo",
            "benches": [{{"name": "a", "value": 1, "range": "1", "unit": "ns/iter"}}]
        }}]}}}}"#
    )
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let project = Project::committed();
    add(&project, &[1]);
    let tip = project.git(&["rev-parse", "gh-pages"]);
    let far = Run { started: "+12026-11-01T00:00:00Z".parse().unwrap(), ..run(2) };
    let named = |id: &str| Run { id: id.to_owned(), ..run(2) };
    let (nowhere, edited) =
        ("which is not a path of the history", "its contents do not match its id");
    for (odd, said) in [
        (far.with_id(), nowhere),
        (named("../../../../odd"), edited),
        (named("odd"), edited),
        (named(""), edited),
    ] {
        project.write("out/odd.json", &odd.to_json());
        let ended = project.history(&["add", "out/odd.json"]);
        ended.expect(2).says("cannot record out/odd.json").says(said);
        fs::remove_file(project.path().join("out/odd.json")).unwrap();
    }
    let status = project.git(&["status", "--porcelain", "--ignored"]);
    assert_eq!((project.git(&["rev-parse", "gh-pages"]), status.as_str()), (tip, "!! out/"));
    let left = fs::read_dir(project.path().join("out")).unwrap();
    let is_odd = |name: &str| name.contains("odd");
    assert!(!left.map(|file| file.unwrap().file_name()).any(|name| is_odd(name.to_str().unwrap())));
    project.history(&["verify"]).expect(0).says("1 run, no problem found");
}

#[test]
fn another_tool_may_call_a_commit_anything() {
    let project = Project::committed();
    for commit in ["../../../x", "a/b", "a b-c", "\u{e9}", "", "<b>", "\\u001b[2J"] {
        project.write("out/data.js", &data_js(commit, "1700000000123"));
        project.history(&["import", "out/data.js"]).expect(0).says("1 run imported");
    }
    project.history(&["verify"]).expect(0).says("7 runs, no problem found");
    assert_eq!(project.history(&["list"]).expect(0).stdout.lines().count(), 8);
    project.write("out/data.js", &data_js("ab", "999999999999999"));
    project.history(&["import", "out/data.js"]).expect(2).says("out/data.js contains no run");
    project.history(&["verify"]).expect(0).says("7 runs, no problem found");
}

#[test]
fn a_chunk_that_git_lost_is_mended_once_git_lets_go_of_it() {
    let project = Project::committed();
    let runs = add(&project, &[1, 2]);
    let names = NameTable::path(&NameTable::of(&runs[0]).key());
    for path in ["data/series/2026/11/02.jsonl", &names] {
        let object = damage(&project, path);
        project.history(&["verify"]).expect(1).says(&format!("{path} differs from the runs"));
        project.history(&["list"]).expect(2).says(path).says("verify --repair");
        project.history(&["verify", "--repair"]).expect(2).says(path).says("git fsck");
        fs::remove_file(object).unwrap();
        project.history(&["verify", "--repair"]).expect(0).says("1 stale file repaired");
        project.history(&["verify"]).expect(0).says("2 runs, no problem found");
        assert_eq!(project.history(&["list"]).expect(0).stdout.lines().count(), 3);
    }
}

#[test]
fn a_folder_that_git_lost_is_named_and_nothing_of_it_is_cleaned_up() {
    let project = Project::committed();
    let runs = add(&project, &[1, 2]);
    let tip = project.git(&["rev-parse", "gh-pages"]);
    damage(&project, "data/runs/2026/11/02");
    for asked in [&["verify"][..], &["verify", "--repair"]] {
        project.history(asked).expect(1).says("data/runs/2026/11/02").says("1 run, 1 damaged, 0");
    }
    assert_eq!(project.git(&["rev-parse", "gh-pages"]), tip);
    assert_eq!(project.history(&["list"]).expect(0).stdout.lines().count(), 3);
    project.history(&["show", &runs[0].id]).expect(2).says("skipped data/runs/");
    project.history(&["show", &runs[1].id]).expect(0);
    let export = project.history(&["export", "--format", "csv"]);
    export.expect(0).says("skipped data/runs/").says("2026-11-03T08:00:00Z");
    let restart =
        ["restart", "--keep", "2", "--archive", "old", "--confirm", "start gh-pages anew"];
    project.history(&restart).expect(2).says("cannot rotate a damaged history");
    project.history(&["add", &file(&project, &run(3))]).expect(0);
    project.git(&["cat-file", "-e", &format!("gh-pages:{}", path_of(&run(3)))]);
}

#[test]
fn a_series_that_git_lost_is_no_empty_history() {
    let project = Project::committed();
    add(&project, &[1]);
    damage(&project, "data/series");
    project.history(&["verify"]).expect(1).says("data/series cannot be read");
    project.history(&["list"]).expect(2).says("git has no object");
    project.history(&["export"]).expect(2).says("git has no object");
}
