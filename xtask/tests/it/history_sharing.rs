//! A history that many clones share by a remote.

use crate::history::{add, file, recorded, run, run_of};
use crate::project::Project;
use perf_judge::history::path_of;
use std::fs;
use std::path::Path;

fn publish(project: &Project) {
    project.history(&["add", "--publish"]).expect(0).says("published as");
}

fn url(hub: &Path) -> String {
    format!("file://{}", hub.display())
}

#[test]
fn two_clones_that_publish_lose_nothing() {
    let one = Project::committed();
    let hub = one.hub();
    one.commit_on("gh-pages", "index.html", "somebody's site");
    add(&one, &[1]);
    publish(&one);
    let begun = one.git(&["rev-parse", "origin/gh-pages"]);

    let other = Project::clone_of(&url(hub.path()), &[]);
    add(&other, &[2]);
    // The same day: both change one day_index.
    let mut third = run(2);
    third.seed = 77;
    one.history(&["add", &file(&one, &third.with_id())]).expect(0);
    publish(&one);
    publish(&other);

    assert_eq!(recorded(&other).len(), 3);
    other.git(&["merge-base", "--is-ancestor", &begun, "gh-pages"]);
    assert_eq!(other.git(&["show", "gh-pages:index.html"]), "somebody's site");
    other.history(&["verify"]).expect(0).says("3 runs, no problem found");
    publish(&one);
    assert_eq!(one.git(&["rev-parse", "gh-pages"]), other.git(&["rev-parse", "gh-pages"]));
}

#[test]
fn a_shallow_clone_of_one_branch_publishes_and_stays_shallow() {
    let full = Project::committed();
    let hub = full.hub();
    add(&full, &[1]);
    add(&full, &[2]);
    publish(&full);
    let shallow = Project::clone_of(&url(hub.path()), &["--depth=1", "--single-branch"]);
    shallow.history(&["list"]).expect(2).says("there is no history");
    publish(&shallow);
    add(&shallow, &[3]);
    add(&full, &[4]);
    publish(&full);
    publish(&shallow);
    assert_eq!(recorded(&shallow).len(), 4);
    assert_eq!(shallow.git(&["rev-parse", "--is-shallow-repository"]), "true");
    shallow.history(&["verify"]).expect(0);
}

#[test]
fn the_histories_of_two_projects_are_not_joined() {
    let one = Project::committed();
    let other = Project::committed();
    other.write("src/lib.rs", "// Another project.");
    other.commit_all();
    let (_hub, other_hub) = (one.hub(), other.hub());
    for project in [&one, &other] {
        project.history(&["add", &file(project, &run_of(project, 1))]).expect(0);
        publish(project);
    }
    let before = other.git(&["rev-parse", "gh-pages"]);
    one.git(&["remote", "set-url", "origin", &url(other_hub.path())]);
    let told = one.history(&["add", "--publish"]);
    told.expect(2).says("like those of another project").says("git fetch origin");
    assert_eq!(other.git(&["ls-remote", "origin", "gh-pages"]).split('\t').next(), Some(&*before));
    one.git(&["fetch", "--quiet"]);
    publish(&one);
    assert_eq!(recorded(&one).len(), 2);
}

#[test]
fn a_linked_work_tree_records_into_the_same_history() {
    let project = Project::committed();
    let tree = tempfile::tempdir().unwrap();
    project.git(&[
        "worktree",
        "add",
        "--quiet",
        tree.path().join("w").to_str().unwrap(),
        "-b",
        "x",
    ]);
    let linked = Project::below(tree, "w");
    add(&linked, &[1]);
    assert_eq!(recorded(&project).len(), 1);
}

#[test]
fn a_history_in_a_folder_leaves_somebody_elses_data_alone() {
    let project = Project::committed();
    project.commit_on("gh-pages", "data/prices.csv", "1,2");
    let first = file(&project, &run(1));
    project.history(&["add", &first, "--history-prefix", "perf"]).expect(0);
    assert_eq!(project.git(&["show", "gh-pages:data/prices.csv"]), "1,2");
    project.git(&["show", &format!("gh-pages:perf/{}", path_of(&run(1)))]);
    project.history(&["verify", "--history-prefix", "perf"]).expect(0).says("1 run,");
    project.history(&["verify"]).expect(2).says("data/prices.csv").says("--history-prefix");
    project.history(&["add", "--publish"]).expect(2).says("there is no remote");
    let hub = project.hub();
    let in_folder = ["--history-prefix", "perf"];
    let publish = [&["add", "--publish"][..], &in_folder].concat();
    project.history(&publish).expect(0);
    let other = Project::clone_of(&url(hub.path()), &[]);
    let second = file(&other, &run(2));
    other.history(&[&["add", &second][..], &in_folder].concat()).expect(0);
    other.history(&publish).expect(0);
    project.history(&publish).expect(0);
    assert_eq!((recorded(&project).len(), recorded(&other).len()), (2, 2));
    assert_eq!(other.git(&["show", "gh-pages:data/prices.csv"]), "1,2");
}

#[cfg(unix)]
#[test]
fn a_refused_push_keeps_the_run_for_the_next() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::committed();
    let hub = project.hub();
    let hook = hub.path().join("hooks/pre-receive");
    fs::write(&hook, "#!/bin/sh\ngrep -q gh-pages || exit 0\necho no perf data here >&2\nexit 1\n")
        .unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    add(&project, &[1]);
    let ended = project.history(&["add", "--publish"]);
    ended.expect(2).says("no perf data here").says("kept on the local branch `gh-pages`");
    assert_eq!(recorded(&project).len(), 1);
    fs::remove_file(&hook).unwrap();
    publish(&project);
    assert_eq!(recorded(&Project::clone_of(&url(hub.path()), &["--branch=gh-pages"])).len(), 1);
}

#[test]
fn a_remote_that_is_not_there_is_told_before_anything() {
    let project = Project::committed();
    let publish = ["add", "--publish"];
    project.history(&publish).expect(2).says("there is no remote `origin`");
    project.git(&["remote", "add", "origin", "/nonexistent/hub"]);
    project.history(&publish).expect(2).says("cannot push to origin");
    project.perf(&["--publish"]).expect(2).says("cannot push to origin");
}

#[test]
fn a_history_that_began_anew_is_not_brought_back() {
    let one = Project::committed();
    let hub = one.hub();
    add(&one, &[1, 2, 3]);
    publish(&one);
    let late = Project::clone_of(&url(hub.path()), &[]);
    add(&late, &[4]);
    let meant = ["restart", "--keep", "1", "--archive", "old", "--confirm", "start gh-pages anew"];
    one.history(&meant).expect(2).says("Add --publish");
    one.history(&[&meant[..], &["--publish"]].concat()).expect(0);
    let begun = one.git(&["rev-parse", "gh-pages"]);
    let told = "cargo xtask perf history follow-rotation";
    late.history(&["add", "--publish"]).expect(2).says("its history was rotated").says(told);
    late.perf(&["--publish"]).expect(2).says(told);
    late.perf(&[]).expect(2).says(told);
    let fresh = Project::clone_of(&url(hub.path()), &[]);
    assert_eq!(fresh.git(&["rev-parse", "origin/gh-pages"]), begun);
    assert_eq!(fresh.git(&["rev-list", "--count", "origin/old"]), "1");
    let followed = late.history(&["follow-restart"]);
    followed
        .expect(0)
        .says("added 1 run that only this clone had")
        .says("on `gh-pages-before-rotation`");
    assert_eq!(late.git(&["rev-parse", "gh-pages~1"]), begun);
    late.history(&["follow-restart"]).expect(0).says("nothing to follow");
    publish(&late);
    add(&late, &[5]);
    publish(&late);
    assert_eq!(recorded(&late).len(), 3);
    late.history(&["verify"]).expect(0).says("3 runs, no problem found");
    publish(&one);
    assert_eq!(recorded(&one).len(), 3);
}

#[test]
fn a_clone_of_one_branch_forgets_what_a_restart_left_behind() {
    let one = Project::committed();
    let hub = one.hub();
    add(&one, &[1, 2]);
    publish(&one);
    let single = Project::clone_of(&url(hub.path()), &["--single-branch", "--branch=main"]);
    publish(&single);
    let meant = ["restart", "--keep", "1", "--archive", "old", "--confirm", "start gh-pages anew"];
    single.history(&[&meant[..], &["--publish"]].concat()).expect(0);
    let tips = single.git(&["rev-parse", "gh-pages", "origin/gh-pages"]);
    let tips: Vec<&str> = tips.lines().collect();
    assert_eq!(tips[0], tips[1]);
    let listed = single.history(&["list"]);
    assert!(!listed.expect(0).stderr.contains("note:"), "{}", listed.stderr);
    assert_eq!(single.git(&["ls-remote", "origin", "gh-pages"]).split('\t').next(), Some(tips[0]));
}

#[test]
fn a_remote_that_lets_nothing_begin_anew_is_told_so() {
    let project = Project::committed();
    let hub = project.hub();
    let policy = |value: &str| {
        let hub = hub.path().to_str().unwrap();
        project.git(&["-C", hub, "config", "receive.denyNonFastForwards", value]);
    };
    add(&project, &[1, 2]);
    publish(&project);
    project.git(&["push", "--quiet", "origin", "main:taken"]);
    let restart = |archive| {
        let meant = ["--confirm", "start gh-pages anew", "--publish"];
        project.history(&[&["restart", "--keep", "1", "--archive", archive][..], &meant].concat())
    };
    restart("taken").expect(2).says("it has a branch with the name of the archive");
    policy("true");
    restart("old").expect(2).says("cannot rotate the history on origin").says("non-fast-forward");
    assert_eq!(recorded(&project).len(), 2);
    policy("false");
    restart("older").expect(0);
    assert_eq!(recorded(&project).len(), 1);
}

#[test]
fn commits_are_by_the_user_or_by_nobody() {
    let project = Project::committed();
    let author = || project.git(&["log", "-1", "--format=%cn <%ce>", "gh-pages"]);
    project.git(&["config", "user.useConfigOnly", "true"]);
    add(&project, &[1]);
    assert_eq!(author(), "cargo xtask perf <perf@localhost>");
    project.git(&["config", "user.name", "B <b>\u{e9}"]);
    project.git(&["config", "user.email", "b@localhost"]);
    add(&project, &[2]);
    assert_eq!(author(), "B b\u{e9} <b@localhost>");
}

#[test]
fn a_clone_without_files_fetches_those_it_reads() {
    let full = Project::committed();
    let hub = full.hub();
    for key in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        full.git(&["-C", hub.path().to_str().unwrap(), "config", key, "true"]);
    }
    add(&full, &[1]);
    publish(&full);
    let partial = Project::clone_of(&url(hub.path()), &["--filter=blob:none"]);
    partial.history(&["list"]).expect(0).says(&run(1).id);
    add(&partial, &[2]);
    publish(&partial);
    partial.history(&["verify"]).expect(0).says("2 runs, no problem found");
}

#[test]
fn a_repository_with_long_hashes_has_a_history() {
    let project = Project::bare();
    project.git(&["init", "--quiet", "--initial-branch=main", "--object-format=sha256"]);
    project.commit_all();
    add(&project, &[1, 2]);
    project.history(&["verify"]).expect(0).says("2 runs, no problem found");
    let meant = ["restart", "--keep", "1", "--archive", "old", "--confirm", "start gh-pages anew"];
    project.history(&meant).expect(0);
    project.history(&["verify"]).expect(0).says("1 run, no problem found");
}
