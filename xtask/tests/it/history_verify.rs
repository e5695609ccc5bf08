//! What `history verify` finds, and what is served although a part is damaged.

use crate::history::{add, damage, file, run, tamper};
use crate::project::Project;
use perf_judge::history::path_of;
use std::fs;

/// A file of every schema that was ever written.
const FORMER: [&str; 5] = [
    "run-schema-1.json",
    "run-schema-2.json",
    "run-schema-3.json",
    "comparison-schema-1.json",
    "qualification-schema-1.json",
];

#[test]
fn files_of_every_schema_are_recorded_unchanged_and_verified() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/history");
    // Schemas 2 and 3 of the run have one name: they are one run.
    for runs in [&FORMER[..1], &FORMER[1..2], &FORMER[2..3]] {
        let project = Project::committed();
        for name in runs.iter().chain(&FORMER[3..]) {
            let file = fixtures.join(name);
            project.history(&["add", file.to_str().unwrap()]).expect(0);
        }
        let files = project.git(&["ls-tree", "-r", "--name-only", "gh-pages"]);
        let kept = |name: &&&str| {
            let text = fs::read_to_string(fixtures.join(name)).unwrap();
            let show = |path: &str| project.git(&["show", &format!("gh-pages:{path}")]);
            files.lines().any(|path| show(path) == text.trim_end())
        };
        assert_eq!(runs.iter().chain(&FORMER[3..]).filter(kept).count(), 3, "{files}");
        project.history(&["verify"]).expect(0).says("1 run, no problem found");
        project.history(&["list"]).expect(0).says("2026-11-2");
    }
}

#[test]
fn what_follows_from_the_runs_is_checked_and_mended() {
    let project = Project::committed();
    add(&project, &[1, 2]);
    project.history(&["verify"]).expect(0).says("2 runs, no problem found");
    tamper(&project, "data/series/2026/11/02.jsonl", "{\"schema\":1,\"run\":\"a\"}\n");
    tamper(&project, "data/series/2026/11/20.jsonl", "");
    let ended = project.history(&["verify"]);
    ended
        .expect(1)
        .says("2026/11/02.jsonl differs from the runs")
        .says("2026/11/20.jsonl belongs to no run");
    project.history(&["list"]).expect(2).says("verify --repair");
    project.history(&["verify", "--repair"]).expect(0).says("2 stale files repaired");
    project.history(&["verify"]).expect(0);
    assert_eq!(project.history(&["list"]).expect(0).stdout.lines().count(), 3);
}

#[test]
fn a_damaged_run_is_named_and_the_rest_is_served() {
    let project = Project::committed();
    let runs = add(&project, &[1, 2, 3]);
    tamper(&project, &path_of(&runs[0]), "{\"schema\":2,");
    tamper(&project, &path_of(&runs[1]), &runs[2].to_json());
    let ended = project.history(&["verify"]);
    ended
        .expect(1)
        .says(&runs[0].id)
        .says("is not a run")
        .says(&format!("it contains the run {}", runs[2].id))
        .says("missing: 2 runs that commit");
    // Earlier commits have both as they were.
    project.history(&["show", &runs[0].id]).expect(0).says("restored 2 runs");
    let export = project.history(&["export", "--format", "csv"]);
    export.expect(0).says("2026-11-02T08:00:00Z").says("2026-11-04T08:00:00Z");
    project.history(&["verify", "--repair"]).expect(0);
    project.history(&["verify"]).expect(0).says("3 runs, no problem found");
    project.perf(&[]).expect(2).says("has no Divan bench");
}

#[test]
fn a_damaged_object_is_named_and_the_rest_is_served() {
    let project = Project::committed();
    let runs = add(&project, &[1, 2]);
    damage(&project, &path_of(&runs[0]));
    project.history(&["verify"]).expect(1).says("skipped data/runs/").says(&runs[0].id);
    assert_eq!(project.history(&["list"]).expect(0).stdout.lines().count(), 3);
    project.history(&["verify", "--repair"]).expect(1).says("1 damaged, 0 stale files");
    project.history(&["export"]).expect(0).says("skipped data/runs/").says("2026-11-03T08:00:00Z");
    add(&project, &[3]);
}

#[test]
fn a_run_of_the_future_is_noted() {
    let project = Project::committed();
    let mut run = run(1);
    run.started = "2126-11-01T00:00:00Z".parse().unwrap();
    project.history(&["add", &file(&project, &run.with_id())]).expect(0);
    project.history(&["verify"]).expect(0).says("is in the future");
}
