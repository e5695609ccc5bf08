//! A history that is looked at, checked, moved in and out, and begun anew.

use crate::project::{Project, root};
use perf_judge::history::path_of;
use perf_judge::ident::digest;
use perf_judge::run::{Machine, Run};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

/// A run like the one that is kept, of another moment; equal numbers give equal runs.
pub(crate) fn run(number: u32) -> Run {
    let kept = root().join("fixtures/history/run-schema-2.json");
    let mut run = Run::from_json(&fs::read_to_string(kept).unwrap()).unwrap();
    run.started = format!("2026-11-{:02}T08:00:00Z", number % 28 + 1).parse().unwrap();
    run.seed = number;
    run.workspace = Some(".".to_owned());
    run.with_id()
}

/// A run of the commit that the project has checked out.
pub(crate) fn run_of(project: &Project, number: u32) -> Run {
    let mut run = run(number);
    run.commit.as_mut().unwrap().hash = project.git(&["rev-parse", "HEAD"]);
    run.with_id()
}

/// The run as a file of the project.
pub(crate) fn file(project: &Project, run: &Run) -> String {
    let path = format!("out/{}.json", run.id);
    project.write(&path, &run.to_json());
    path
}

pub(crate) fn add(project: &Project, numbers: &[u32]) -> Vec<Run> {
    let runs: Vec<Run> = numbers.iter().map(|number| run(*number)).collect();
    let files: Vec<String> = runs.iter().map(|run| file(project, run)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    project.history(&[&["add"][..], &files].concat()).expect(0);
    runs
}

pub(crate) fn recorded(project: &Project) -> BTreeSet<String> {
    let files = project.git(&["ls-tree", "-r", "--name-only", "gh-pages"]);
    files.lines().filter(|path| path.contains("data/runs/")).map(str::to_owned).collect()
}

#[test]
fn a_run_is_added_once_and_nothing_else_moves() {
    let project = Project::committed();
    project.write("src/lib.rs", "// put aside");
    project.git(&["stash"]);
    project.git(&["branch", "other"]);
    project.write("src/lib.rs", "// staged");
    project.git(&["add", "src/lib.rs"]);
    project.write("src/lib.rs", "// changed");
    project.write("src/new.rs", "");
    let state = || {
        let refs = project.git(&["show-ref", "--head"]);
        let is_theirs = |line: &&str| !line.contains("gh-pages") && !line.contains("refs/perf/");
        let refs: Vec<String> = refs.lines().filter(is_theirs).map(str::to_owned).collect();
        let status = project.git(&["status", "--porcelain"]);
        let staged = project.git(&["diff", "--cached"]);
        (refs, status, staged, project.git(&["stash", "list"]))
    };
    let before = state();
    let mut second = run(1);
    second.seed = 99;
    let files = [file(&project, &run(1)), file(&project, &second.with_id())];
    project.history(&["add", &files[0], &files[1]]).expect(0).says("recorded");
    let tip = project.git(&["rev-parse", "gh-pages"]);
    project.history(&["add", &files[0]]).expect(0);
    assert_eq!(project.git(&["rev-parse", "gh-pages"]), tip);
    assert_eq!((recorded(&project).len(), state()), (2, before));
    for id in ["../../../../x", "20261102T080000Z-0-0/../x", ""] {
        let hostile = Run { id: id.to_owned(), ..run(1) };
        project.write("out/hostile.json", &hostile.to_json());
        let added = project.history(&["add", "out/hostile.json"]);
        added.expect(2).says("its contents do not match its id");
        let comparison = serde_json::json!({
            "schema": 1, "kind": "comparison", "id": id, "started": "2026-11-02T08:00:00Z",
            "seed": 1, "base": "1a2b3c4", "head": null, "machine": Machine::default(),
            "benchmarks": [],
        });
        project.write("out/hostile.json", &comparison.to_string());
        project
            .history(&["add", "out/hostile.json"])
            .expect(2)
            .says("which is not a path of the history");
    }
    let edited = Run { seed: 7, ..run(1) };
    let edited = project.history(&["add", &file(&project, &edited)]);
    edited.expect(2).says("its contents do not match its id");
    project.history(&["add", "Cargo.toml"]).expect(2).says("cannot record Cargo.toml");
    project.history(&["add"]).expect(0).says("no measurement is pending in");
}

#[test]
fn what_an_earlier_process_left_is_recorded() {
    let project = Project::committed();
    let left = run_of(&project, 4);
    let pending = project.pending();
    let wait = |name: &str, contents: &str| {
        fs::create_dir_all(&pending).unwrap();
        fs::write(pending.join(name), contents).unwrap();
    };
    wait("broken.json", "{\"kind\":");
    let told = project.history(&["add"]);
    told.expect(2).says("broken.json").says("kept in");
    assert!(!told.stderr.contains("no measurement is pending"), "{}", told.stderr);
    wait(&format!("{}.json", left.id), &left.to_json());
    project.history(&["add"]).expect(2).says("recorded the pending measurements");
    assert_eq!(recorded(&project), BTreeSet::from([path_of(&left)]));
    assert_eq!(project.waiting(), [pending.join("broken.json")]);
}

#[test]
fn what_waits_goes_into_the_history_of_its_own_workspace() {
    let one = Project::committed();
    one.write("inner/Cargo.toml", "[package]\nname = \"inner\"\nedition = \"2024\"\n[workspace]\n");
    one.write("inner/src/lib.rs", "");
    let other = Project::committed();
    let shared = one.path().join("out").display().to_string();
    let pending = one.pending();
    fs::create_dir_all(&pending).unwrap();
    let waiting = run_of(&one, 1);
    fs::write(pending.join(format!("{}.json", waiting.id)), waiting.to_json()).unwrap();

    let add = ["add", "--output", &shared];
    let told = other.history(&add);
    told.expect(0).says("no measurement is pending").says("measurements of another workspace");
    let inner = ["add", "--manifest-path", "inner/Cargo.toml"];
    one.history(&inner).expect(0).says("no measurement is pending");
    assert!(recorded_or_none(&other).is_empty());
    one.history(&add).expect(0).says("recorded the pending measurements");
    assert_eq!(recorded(&one).len(), 1);
}

#[test]
fn what_waits_of_a_repository_that_was_here_before_stays_out() {
    let project = Project::committed();
    let pending = project.pending();
    fs::create_dir_all(&pending).unwrap();
    fs::write(pending.join(format!("{}.json", run(1).id)), run(1).to_json()).unwrap();
    let told = project.history(&["add"]);
    told.expect(2).says("this repository does not have its commit").says("kept in");
    assert!(recorded_or_none(&project).is_empty());
}

fn recorded_or_none(project: &Project) -> BTreeSet<String> {
    if project.git(&["branch", "--list", "gh-pages"]).is_empty() {
        BTreeSet::new()
    } else {
        recorded(project)
    }
}

#[test]
fn a_file_that_is_not_added_is_not_called_recorded() {
    let project = Project::committed();
    let runs = add(&project, &[1]);
    let again = project.history(&["add", &file(&project, &runs[0])]);
    again.expect(0).says("recorded nothing new");
    let edited = runs[0].to_json().replacen("\"seed\":1", "\"seed\":2", 1);
    project.write("out/edited.json", &edited);
    let told = project.history(&["add", "out/edited.json"]);
    told.expect(2).says("edited.json").says("its contents do not match its id");
    let comparison = |seed: u32| {
        let comparison = serde_json::json!({
            "schema": 1, "kind": "comparison", "id": "20261102T080000Z-1a2b3c4-0-1a2b3c4",
            "started": "2026-11-02T08:00:00Z", "seed": seed, "base": "1a2b3c4", "head": null,
            "machine": Machine::default(), "benchmarks": [],
        });
        project.write("out/comparison.json", &comparison.to_string());
        project.history(&["add", "out/comparison.json"])
    };
    comparison(1).expect(0).says("recorded 1 file");
    comparison(1).expect(0).says("recorded nothing new");
    comparison(2).expect(2).says("the file of this name on `gh-pages` has other contents");
    // The one that stands there was edited: the run takes its place.
    let other = Project::committed();
    other.commit_on("gh-pages", &path_of(&runs[0]), &edited);
    other.history(&["verify"]).expect(1).says("its contents do not match its id");
    other.history(&["add", &file(&other, &runs[0])]).expect(0).says("recorded 1 file");
    other.history(&["verify", "--repair"]).expect(0);
    other.history(&["verify"]).expect(0).says("1 run, no problem found");
}

#[test]
fn what_a_later_version_wrote_is_recorded_as_it_is() {
    let project = Project::committed();
    let anonymous = Run { id: String::new(), ..run(1) };
    let anonymous = anonymous.to_json().replacen('{', "{\"weather\":\"rain\",", 1);
    let whole = run(1).id;
    let (begun, _) = whole.rsplit_once('-').unwrap();
    let id = format!("{begun}-{:08x}", digest(anonymous.as_bytes()) >> 32);
    let later = anonymous.replacen("\"id\":\"\"", &format!("\"id\":\"{id}\""), 1);
    project.write("out/later.json", &later);
    project.history(&["add", "out/later.json"]).expect(0);
    project.history(&["verify"]).expect(0).says("1 run, no problem found");
}

#[test]
fn runs_are_listed_by_what_is_asked_for() {
    let project = Project::committed();
    project.history(&["list"]).expect(2).says("there is no history on `gh-pages` yet");
    let mut odd = run(9);
    odd.commit.as_mut().unwrap().branch = Some("b\u{1b}[2J".to_owned());
    let odd = odd.with_id();
    let runs = add(&project, &[1, 2, 3]);
    project.history(&["add", &file(&project, &odd)]).expect(0);
    let listed = |args: &[&str]| {
        let ended = project.history(&[&["list"], args].concat());
        ended.expect(0).stdout.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let all = listed(&[]);
    assert_eq!(all.len(), 4);
    assert!(all[0].starts_with(&odd.id) && all[0].contains("b\\u{1b}[2J"), "{}", all[0]);
    assert_eq!(listed(&["-n", "1"]).len(), 1);
    project.history(&["list", "-n", "1"]).expect(0).says("showing the newest run; add -n N");
    project.history(&["list", "-n", "2"]).expect(0).says("showing the newest 2 runs; add -n N");
    assert_eq!(listed(&["--on", "main"]).len(), 3);
    assert_eq!(listed(&["--since", "2026-11-03"]).len(), 3);
    assert_eq!(listed(&["--since", "2026-11-04T00:00:00Z", "--on", "main"]).len(), 1);
    assert_eq!(listed(&["--benchmark", "filter"]).len(), 4);
    assert_eq!(listed(&["--benchmark", "nothing"]).len(), 0);
    assert_eq!(listed(&["--machine", &runs[0].machine.key[..6]]).len(), 4);
    project.history(&["list", "--since", "soon"]).expect(2).says("2026-11-23");
}

#[test]
fn a_run_is_shown_by_its_name_or_commit() {
    let project = Project::committed();
    let runs = add(&project, &[1, 2]);
    let commit = &runs[0].commit.as_ref().unwrap().hash;
    project.history(&["show", &runs[0].id]).expect(0).says(&runs[0].id).says("AMD EPYC");
    project.history(&["show", &commit[..8]]).expect(0).says(&runs[1].id).says("filter_1000_tracks");
    project
        .history(&["show", "ffff"])
        .expect(2)
        .says("history list")
        .says("Comparisons are recorded too, but not listed");
    project.history(&["show", ""]).expect(2);
    let machines = project.history(&["machines"]);
    machines
        .expect(0)
        .says(&runs[0].machine.key)
        .says("2 runs")
        .says("1.95.0")
        .says("not part of the key");
}

#[test]
fn what_others_wrote_drives_no_terminal() {
    let project = Project::committed();
    let mut odd = run(1);
    odd.commit.as_mut().unwrap().subject = "Clear\u{1b}[2J \u{202e}the\rscreen".to_owned();
    odd.machine.image = "\u{7}bell".to_owned();
    let odd = odd.with_id();
    project.history(&["add", &file(&project, &odd)]).expect(0);
    let shown = project.history(&["show", &odd.id]);
    shown.expect(0).says("Clear\\u{1b}[2J \\u{202e}the\\u{d}screen");
    let machines = project.history(&["machines"]);
    machines.expect(0).says("\\u{7}bell");
    tamper(&project, "data/\u{1b}[2J.csv", "1,2");
    let refused = project.history(&["verify"]);
    refused.expect(2).says("data/\\u{1b}[2J.csv");
    for text in [&shown.stdout, &machines.stdout, &refused.stderr] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }
}

/// Commits a file onto the history, as a careless hand would.
pub(crate) fn tamper(project: &Project, path: &str, contents: &str) {
    let tip = project.git(&["rev-parse", "gh-pages"]);
    project.commit_after(&tip, "gh-pages", path, contents);
}

/// Overwrites the object of a file or folder of the history, as a bad disk would.
pub(crate) fn damage(project: &Project, path: &str) -> PathBuf {
    let object = project.git(&["rev-parse", &format!("gh-pages:{path}")]);
    let path = project.path().join(format!(".git/objects/{}/{}", &object[..2], &object[2..]));
    // git lets nobody write to it.
    fs::remove_file(&path).unwrap();
    fs::write(&path, "garbage").unwrap();
    path
}

#[test]
fn a_history_is_rotated_once_confirmed() {
    let project = Project::committed();
    let runs = add(&project, &[1, 2, 3]);
    tamper(&project, "index.html", "somebody's site");
    let old = project.git(&["rev-parse", "gh-pages"]);
    let rotate = ["rotate", "--keep", "2", "--archive", "old"];
    project.history(&rotate).expect(2).says("add `--confirm gh-pages`");
    let meant = [&rotate[..], &["--confirm", "gh-pages"]].concat();
    project.history(&meant).expect(0).says("the former history is on `old`");
    let kept = runs[1..].iter().map(path_of).collect::<BTreeSet<String>>();
    assert_eq!((recorded(&project), project.git(&["rev-parse", "old"])), (kept, old));
    assert_eq!(project.git(&["rev-list", "--count", "gh-pages"]), "1");
    assert_eq!(project.git(&["show", "gh-pages:index.html"]), "somebody's site");
    project.history(&["verify"]).expect(0).says("2 runs, no problem found");
    project
        .history(&meant)
        .expect(2)
        .says("cannot archive the history as `old`: that branch exists");
    let below = ["restart", "--keep", "1", "--archive", "gh-pages/old", "--confirm"];
    let below = project.history(&[&below[..], &["start gh-pages anew"]].concat());
    below
        .expect(2)
        .says("cannot create the branch `gh-pages/old`")
        .says("together with `gh-pages`");
}

#[test]
fn the_place_of_the_history_is_settled_in_the_project() {
    let project = Project::committed();
    let settings = r#"{"schema": 1, "history": {"branch": "perf-data", "folder": "perf"}}"#;
    project.write("perf-budgets.json", settings);
    add(&project, &[1]);
    let files = project.git(&["ls-tree", "-r", "--name-only", "perf-data"]);
    assert!(files.lines().all(|path| path.starts_with("perf/data/")), "{files}");
    project.history(&["list"]).expect(0).says(&run(1).id);
    project
        .history(&["list", "--history-prefix", "../x"])
        .expect(2)
        .says("'--history-prefix <FOLDER>': it contains `..`");
}

#[test]
fn a_checked_out_history_is_left_alone() {
    let project = Project::committed();
    let file = file(&project, &run(1));
    project.git(&["checkout", "--quiet", "-b", "gh-pages"]);
    project.history(&["add", &file]).expect(2).says("`gh-pages`: it is checked out");
}

#[test]
fn a_lock_that_a_killed_process_left_goes() {
    let project = Project::committed();
    add(&project, &[1]);
    let lock = project.path().join(".git/refs/heads/gh-pages.lock");
    let locked = fs::File::create(&lock).unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    locked.set_modified(long_ago).unwrap();
    add(&project, &[2]);
    assert_eq!((recorded(&project).len(), lock.exists()), (2, false));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let project = Project::committed();
    add(&project, &[1, 2, 3]);
    for args in [
        &["export"][..],
        &["export", "--format", "csv"],
        &["export", "--format", "ndjson"],
        &["list"],
        &["machines"],
        &["verify"],
        &["show", &run(1).id],
    ] {
        let mut command = project.history_command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""), "{args:?}");
    }
}
