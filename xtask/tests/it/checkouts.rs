//! Checkouts and references that are not what they seem: none makes a verdict of what was not
//! measured, and no branch of the user's moves.

use crate::project::{Ended, Project, root};
use crate::tiny;
use std::fs;
use std::process::Command;

/// The scripted benches as the package `name` in `folder`, below a workspace or as one.
fn add_package(project: &Project, folder: &str, name: &str, is_workspace: bool) {
    let fixture = root().join("fixtures/scripted-bench");
    for path in ["src/lib.rs", "benches/data.rs", "benches/text.rs"] {
        let text = fs::read_to_string(fixture.join(path)).unwrap();
        project.write(&format!("{folder}/{path}"), &text);
    }
    let manifest = fs::read_to_string(fixture.join("Cargo.toml")).unwrap();
    let mut manifest = manifest
        .replace("name = \"known-cost\"", &format!("name = \"{name}\""))
        .replace("[lib]", "[lib]\nname = \"known_cost\"");
    if !is_workspace {
        manifest = manifest.replace("[workspace]\n", "").replace("[profile.bench]", "[features]");
        manifest = manifest.replace("opt-level = 0\ndebug = false\n", "");
    }
    project.write(&format!("{folder}/Cargo.toml"), &manifest);
}

#[test]
fn a_sparse_checkout_of_the_workspace_is_not_measured() {
    let project = &Project::empty();
    let profile = "[profile.bench]\nopt-level = 0\ndebug = false\n";
    let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n";
    project.write("Cargo.toml", &format!("{manifest}{profile}"));
    add_package(project, "crates/a", "a", false);
    add_package(project, "crates/b", "b", false);
    project.commit_all();
    project.git(&["checkout", "--quiet", "-b", "change"]);
    project.git(&["commit", "--quiet", "--allow-empty", "--message=change"]);
    project.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/crates/b/"]);
    for args in [&["--compare", "main"][..], &[], &["--no-record"]] {
        let ended = project.perf(args);
        ended.expect(2).says("leaves out 4 files of the workspace, e.g. crates/b/Cargo.toml");
        assert!(!ended.stderr.contains("building"), "{}", ended.stderr);
    }
    // One that leaves out nothing of the workspace.
    project.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/unrelated"]);
    let args = ["--compare", "main", "--no-record", "--launch-ms", "1", "--filter", "checksum"];
    project.perf(&args).expect(0).says("2 benchmarks");
}

#[test]
fn a_change_that_git_was_told_to_overlook_is_measured() {
    for mark in ["--assume-unchanged", "--skip-worktree"] {
        let project = &Project::scripted();
        project.write("known-cost.txt", "");
        project.commit_all();
        project.git(&["update-index", mark, "known-cost.txt"]);
        let args = ["--launch-ms", "1", "--filter", "digits", "--no-record"];
        let compare = [&args[..], &["--compare", "main"]].concat();
        project.perf(&compare).expect(0).says("nothing to compare");
        project.write("known-cost.txt", "digits=100");
        assert_eq!(project.git(&["status", "--porcelain"]), "");
        project.perf(&compare).expect(1).says("known-cost/text::digits: regression");
        let ended = project.perf(&args);
        ended.expect(0).says("uncommitted changes").says("1 file, e.g. known-cost.txt");
    }
}

#[test]
fn a_branch_that_stands_for_another_is_not_moved() {
    let project = &Project::scripted();
    let site = ["--site-branch", "site"];
    let archive =
        ["restart", "--keep", "1", "--archive", "old", "--confirm", "start gh-pages anew"];
    let head = project.git(&["rev-parse", "main"]);
    for reference in ["gh-pages", "site", "old"].map(|name| format!("refs/heads/{name}")) {
        // A branch that is there, and one that would be made.
        for target in ["refs/heads/main", "refs/heads/absent"] {
            project.git(&["symbolic-ref", &reference, target]);
            let ended = match reference.as_str() {
                "refs/heads/old" => project.history(&archive),
                _ => project.perf(&site),
            };
            let said = format!("`{reference}`: it is a symbolic reference to `{target}`");
            ended.expect(2).says(&said);
            assert!(!ended.stderr.contains("building"), "{}", ended.stderr);
            project.git(&["symbolic-ref", "--delete", &reference]);
        }
    }
    for reference in ["refs/remotes/origin/gh-pages", "refs/perf/incoming/0"] {
        project.git(&["symbolic-ref", reference, "refs/heads/main"]);
        project
            .perf(&[])
            .expect(2)
            .says(&format!("cannot move `{reference}`: it is a symbolic reference"));
        project.git(&["symbolic-ref", "--delete", reference]);
    }
    assert_eq!(project.git(&["rev-parse", "main"]), head);
    assert_eq!(project.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
}

#[test]
fn a_replaced_commit_hides_no_run() {
    let project = &Project::scripted();
    for _ in 0..3 {
        project.perf(&["--launch-ms", "1", "--filter", "checksum"]).expect(0);
    }
    let before = project.history(&["list"]);
    project.git(&["replace", "gh-pages", "gh-pages~2"]);
    let after = project.history(&["list"]);
    assert_eq!(after.expect(0).stdout, before.stdout);
    assert!(before.stdout.lines().count() >= 3, "{}", before.stdout);
}

#[test]
fn workspaces_that_share_a_history_and_a_target_folder_are_told_apart() {
    let project = &Project::empty();
    for folder in ["a", "b"] {
        add_package(project, folder, folder, true);
    }
    project.commit_all();
    let task = |folder: &str, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("perf").args(args).current_dir(project.path().join(folder));
        command.env("CARGO_TARGET_DIR", project.target_dir());
        Ended::of(command.env("GIT_CONFIG_GLOBAL", "/dev/null"))
    };
    for number in 1..=3 {
        for folder in ["a", "b"] {
            let ended = task(folder, &["--launch-ms", "1", "--no-counts", "--color", "never"]);
            let stdout = &ended.expect(0).stdout;
            assert!(!stdout.contains("removed"), "{folder}: {stdout}");
            assert_eq!(stdout.contains("this is run 3"), number == 3, "{stdout}");
        }
    }
    // The newest run is of b.
    task("a", &["budgets", "suggest"]).expect(2).says("there is no ");
    let pages = |folder: &str| {
        let index = task(folder, &["site"]).expect(0).stdout.trim().to_owned();
        fs::read_to_string(index).unwrap()
    };
    let own = |a: bool, b: bool| [("a-data--sort-", a), ("b-data--sort-", b)];
    for (folder, names) in [("a", own(true, false)), ("b", own(false, true))] {
        let page = pages(folder);
        assert!(names.iter().all(|(name, is_shown)| page.contains(name) == *is_shown), "{page}");
    }
    task("a", &["explain", "sort"]).expect(0).says("a/data::sort");
    // Both write their results to one folder.
    let output = project.path().join("out").display().to_string();
    let quick = ["--launch-ms", "1", "--no-counts", "--no-record", "--output", &output];
    task("b", &quick).expect(0);
    let accept = ["accept", "sort", "--reason", "x", "--max-change", "9", "--output", &output];
    task("a", &accept).expect(2).says("is the report of another workspace, of b");
    task("b", &accept).expect(0).says("b/data::sort may be slower");
}

/// A detached HEAD, a linked work tree, and a workspace in a submodule.
#[test]
fn each_kind_of_checkout_is_recorded_and_compared() {
    let project = tiny::project(100);
    let linked = Project::below(tempfile::tempdir().unwrap(), "linked");
    let path = linked.path().to_str().unwrap();
    project.git(&["worktree", "add", "--quiet", "-b", "linked", path]);
    let outer = Project::committed();
    let url = project.path().to_str().unwrap();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "inner"]);
    let inner = outer.in_folder("inner");
    project.git(&["checkout", "--quiet", "--detach"]);
    let checkouts = [
        (&project, "HEAD is detached: this run is judged by the runs of main"),
        (&linked, "linked is no base branch: this run is judged by the runs of main"),
        (&inner, "this is run 1"),
    ];
    for (checkout, said) in checkouts {
        checkout.perf(&["--launch-ms", "1"]).expect(0).says(said);
        assert_eq!(checkout.git(&["status", "--porcelain"]), "");
        tiny::set_time(checkout, 200);
        let compared = checkout.perf(&["--launch-ms", "1", "--compare", "main", "--no-record"]);
        compared.expect(1).says(": regression (");
    }
    project.write("notes.txt", "not tracked");
    let ended = project.perf(&["--launch-ms", "1", "--no-record"]);
    ended.expect(0).says("git neither tracks nor ignores 1 file, e.g. notes.txt");
    // Work trees of one repository share its history; that of a submodule is its own.
    let runs = |checkout: &Project| checkout.history(&["list"]).stdout.lines().count();
    assert_eq!((runs(&project), runs(&linked), runs(&inner)), (3, 3, 2));
    assert_eq!(outer.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
}
