//! Commits of other programs on the branch of the history, which take recorded runs away.

use crate::history::{add, file, recorded, run};
use crate::project::Project;
use perf_judge::history::path_of;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// A project whose history of seven runs is published.
fn published() -> (Project, TempDir) {
    let project = Project::committed();
    let hub = project.hub();
    for runs in [&[1, 2, 3][..], &[4, 5], &[6, 7]] {
        add(&project, runs);
    }
    project.history(&["add", "--publish"]).expect(0);
    (project, hub)
}

fn address(hub: &TempDir) -> String {
    format!("file://{}", hub.path().display())
}

/// A commit on the hub's branch on top of what is there, made by these lines of a shell.
fn foreign_commit(hub: &TempDir, script: &str) {
    let tree = Project::clone_of(&address(hub), &["--branch=gh-pages"]);
    let script = format!(
        "set -e\n{script}\ngit add -A\ngit commit -qm 'Deploy documentation'\ngit push -q origin gh-pages"
    );
    let mut shell = Command::new("sh");
    shell.current_dir(tree.path()).args(["-c", &script]).env("GIT_CONFIG_GLOBAL", "/dev/null");
    for (name, value) in [("NAME", "a"), ("EMAIL", "a@localhost")] {
        shell.env(format!("GIT_AUTHOR_{name}"), value);
        shell.env(format!("GIT_COMMITTER_{name}"), value);
    }
    assert!(shell.status().unwrap().success(), "{script}");
}

const EMPTIED: &str = "git rm -rq .; echo '<h1>Manual</h1>' > index.html";

fn held(project: &Project, commit: &str) -> usize {
    let files = project.git(&["ls-tree", "-r", "--name-only", commit]);
    files.lines().filter(|path| path.contains("data/runs/")).count()
}

#[test]
fn runs_that_a_deploy_dropped_are_kept_when_the_next_is_published() {
    let scripts = [
        EMPTIED,
        "git rm -rq data/runs",
        "git rm -rq $(git ls-files data/runs | head -3)",
        "git rm -rq .; echo x > x; git add -A; git commit -qm first; echo y > y",
        // A merge that takes nothing of the history's side.
        "git checkout -q --orphan docs; git rm -rqf .; echo x > x; git add -A; git commit -qm docs; \
         git merge -q -s ours --allow-unrelated-histories --no-edit gh-pages; \
         git branch -qf gh-pages docs; git checkout -q gh-pages; echo y > y",
        // The message of a commit of this tool on other contents.
        "git rm -rq data; git commit -qm \"$(git log -1 --format=%B)\"; echo y > y",
        // A commit of this tool applied again, so that its trailer names the data that is there.
        "git rm -rq data; git commit -qm x; git cherry-pick $(git rev-list --reverse HEAD | head -1); echo y > y",
        // A roll-back with the message of the commit that it goes back to.
        "O=$(git rev-parse HEAD~1); git rm -rq .; git checkout -q $O -- .; git commit -qC $O; echo y > y",
    ];
    for script in scripts {
        let (project, hub) = published();
        foreign_commit(&hub, script);
        add(&project, &[8]);
        let told = project.history(&["add", "--publish"]);
        told.expect(0).says("restored");
        assert_eq!(recorded(&project).len(), 8, "{script}");
        project.history(&["verify"]).expect(0).says("8 runs, no problem found");
        let fresh = Project::clone_of(&address(&hub), &[]);
        assert_eq!(held(&fresh, "origin/gh-pages"), 8, "{script}");
    }
}

#[test]
fn a_fresh_clone_brings_back_what_a_deploy_dropped() {
    let (_, hub) = published();
    foreign_commit(&hub, EMPTIED);
    for depth in [&[][..], &["--depth=1", "--no-single-branch"]] {
        let fresh = Project::clone_of(&address(&hub), depth);
        fresh.history(&["list"]).expect(0).says("restored 7 runs that commit");
        assert_eq!(fresh.history(&["list"]).stdout.lines().count(), 8);
    }
    let fresh = Project::clone_of(&address(&hub), &["--depth=1", "--no-single-branch"]);
    let new = file(&fresh, &run(8));
    fresh.history(&["add", &new, "--publish"]).expect(0).says("restored 7 runs");
    assert_eq!(held(&fresh, "gh-pages"), 8);
    assert_eq!(fresh.git(&["show", "gh-pages:index.html"]), "<h1>Manual</h1>");
}

#[test]
fn a_clone_that_cannot_know_what_was_dropped_stops() {
    let (_, hub) = published();
    foreign_commit(&hub, EMPTIED);
    let fresh = Project::clone_of(&address(&hub), &["--depth=1", "--no-single-branch"]);
    fs::rename(hub.path().join("objects"), hub.path().join("elsewhere")).unwrap();
    let left = file(&fresh, &run(8));
    fresh.history(&["add", &left]).expect(2).says("this clone is too shallow").says("--unshallow");
}

#[test]
fn runs_that_cannot_be_brought_back_are_counted() {
    let (project, hub) = published();
    let object = project.git(&["rev-parse", &format!("gh-pages:{}", path_of(&run(1)))]);
    foreign_commit(&hub, EMPTIED);
    project.git(&["fetch", "--quiet", "origin"]);
    let place = format!(".git/objects/{}/{}", &object[..2], &object[2..]);
    fs::remove_file(project.path().join(place)).unwrap();
    let left = file(&project, &run(8));
    let told = project.history(&["add", &left]);
    told.expect(2).says("lacks 7 runs that commit").says("They cannot be restored");
}

#[test]
fn the_deploy_of_a_clone_with_its_own_runs_loses_none() {
    let (project, hub) = published();
    let other = Project::clone_of(&address(&hub), &[]);
    add(&other, &[8]);
    foreign_commit(&hub, EMPTIED);
    other.history(&["add", "--publish"]).expect(0);
    add(&project, &[9]);
    project.history(&["add", "--publish"]).expect(0);
    assert_eq!(held(&project, "gh-pages"), 9);
    project.history(&["verify"]).expect(0).says("9 runs, no problem found");
}

#[test]
fn verify_compares_with_earlier_commits_and_repairs() {
    let (project, hub) = published();
    foreign_commit(&hub, "git rm -rq $(git ls-files data/runs | head -3)");
    let fresh = Project::clone_of(&address(&hub), &["--branch=gh-pages"]);
    fresh.git(&["checkout", "--quiet", "main"]);
    let verified = fresh.history(&["verify"]);
    verified.expect(1).says("missing: 3 runs that commit").says("verify --repair");
    assert!(verified.stdout.starts_with("4 runs, 3 missing"), "{}", verified.stdout);
    fresh.history(&["verify", "--repair"]).expect(0).says("restored 3 runs");
    fresh.history(&["verify"]).expect(0).says("7 runs, no problem found");
    let _ = project;
}

#[test]
fn an_edited_run_is_brought_back_as_it_was() {
    let (project, hub) = published();
    let path = path_of(&run(3));
    let before = project.git(&["show", &format!("gh-pages:{path}")]);
    foreign_commit(&hub, &format!("sed -i 's/\"seed\":3/\"seed\":4/' {path}"));
    add(&project, &[8]);
    project.history(&["add", "--publish"]).expect(0).says("restored 1 run");
    assert_eq!(project.git(&["show", &format!("gh-pages:{path}")]), before);
    project.history(&["verify"]).expect(0).says("8 runs, no problem found");
}

#[test]
fn a_history_that_nobody_touches_is_not_walked_again() {
    let (project, _hub) = published();
    let message = project.git(&["log", "-1", "--format=%B", "gh-pages"]);
    let data = project.git(&["rev-parse", "gh-pages:data"]);
    let parent = project.git(&["rev-parse", "gh-pages~1"]);
    assert!(message.ends_with(&format!("Perf-Data: data {data} {parent}")), "{message}");
}

#[test]
fn what_a_restart_left_behind_stays_there_after_a_deploy() {
    let (project, hub) = published();
    let meant = ["--confirm", "start gh-pages anew", "--publish"];
    let restart = [&["restart", "--keep", "2", "--archive", "old"][..], &meant].concat();
    project.history(&restart).expect(0);
    foreign_commit(&hub, EMPTIED);
    add(&project, &[8]);
    project.history(&["add", "--publish"]).expect(0).says("restored 2 runs and 1 other file");
    assert_eq!(held(&project, "gh-pages"), 3);
    project.history(&["verify"]).expect(0).says("3 runs, no problem found");
}

#[test]
fn a_branch_that_was_replaced_by_force_keeps_what_a_clone_knows() {
    for is_local in [true, false] {
        let (project, hub) = published();
        let knows = if is_local { project } else { Project::clone_of(&address(&hub), &[]) };
        let docs = Project::committed();
        docs.commit_on("gh-pages", "index.html", "docs");
        docs.git(&["push", "--quiet", "--force", &address(&hub), "gh-pages"]);
        knows.history(&["add", "--publish"]).expect(0);
        let fresh = Project::clone_of(&address(&hub), &[]);
        assert_eq!(held(&fresh, "origin/gh-pages"), 7, "local branch: {is_local}");
        assert_eq!(fresh.git(&["show", "origin/gh-pages:index.html"]), "docs");
    }
}

#[test]
fn a_branch_that_was_deleted_comes_back_with_all_that_a_clone_knows() {
    let (project, hub) = published();
    let knows = Project::clone_of(&address(&hub), &[]);
    project.git(&["push", "--quiet", "origin", ":gh-pages"]);
    knows.history(&["add", "--publish"]).expect(0);
    let fresh = Project::clone_of(&address(&hub), &[]);
    assert_eq!(held(&fresh, "origin/gh-pages"), 7);
}

#[test]
fn what_others_put_into_the_folder_and_took_away_stays_away() {
    let into = [
        "echo x > data/foo.txt; git add -A; git commit -qm a; git rm -q data/foo.txt; echo y > y",
        "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),data/vendor; \
         git commit -qm a; git rm -q --cached data/vendor; echo y > y",
        "git rm -rq data; echo x > data; git add -A; git commit -qm a; git rm -q data; echo y > y",
    ];
    for script in into {
        let (project, hub) = published();
        foreign_commit(&hub, script);
        add(&project, &[8]);
        project.history(&["add", "--publish"]).expect(0);
        assert_eq!(recorded(&project).len(), 8, "{script}");
        project.history(&["verify", "--repair"]).expect(0);
        project.history(&["verify"]).expect(0).says("8 runs, no problem found");
    }
    let (project, hub) = published();
    foreign_commit(&hub, "git rm -rq data; echo x > data");
    project.git(&["fetch", "--quiet"]);
    let told = project.history(&["list"]);
    told.expect(2).says("this tool did not write `data` there").says("--history-prefix");
}

#[test]
fn a_file_that_cannot_be_fetched_now_is_no_damage() {
    let (_, hub) = published();
    let policy = ["config", "uploadpack.allowFilter", "true"];
    assert!(Command::new("git").current_dir(hub.path()).args(policy).status().unwrap().success());
    let partial = Project::clone_of(&address(&hub), &["--filter=blob:none"]);
    let tip = partial.git(&["rev-parse", "origin/gh-pages"]);
    let moved = hub.path().join("objects");
    fs::rename(&moved, hub.path().join("elsewhere")).unwrap();
    let new = file(&partial, &run(3));
    partial.history(&["add", &new]).expect(2).says("cannot read");
    assert_eq!(partial.git(&["rev-parse", "origin/gh-pages"]), tip);
    fs::rename(hub.path().join("elsewhere"), moved).unwrap();
    partial.history(&["add", &file(&partial, &run(8)), "--publish"]).expect(0);
    partial.history(&["verify"]).expect(0).says("8 runs, no problem found");
}
