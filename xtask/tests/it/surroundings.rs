//! Surroundings that lead astray: another repository in the environment, a remote that is silent.

use crate::project::{Ended, Project};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

const QUICK: [&str; 4] = ["--filter", "checksum", "--launch-ms", "1"];

fn has_history(project: &Project) -> bool {
    !project.git(&["branch", "--list", "gh-pages"]).is_empty()
}

/// As a hook of `other` would start it, on the workspace that is named.
#[test]
fn a_workspace_is_recorded_in_its_own_repository_whatever_git_runs_it() {
    let (project, other) = (Project::scripted(), Project::committed());
    let manifest = project.path().join("Cargo.toml");
    let args = [&QUICK[..], &["--manifest-path", manifest.to_str().unwrap()]].concat();
    let variables = [
        ("GIT_DIR", ".git"),
        ("GIT_WORK_TREE", ""),
        ("GIT_INDEX_FILE", ".git/index"),
        ("GIT_COMMON_DIR", ".git"),
        ("GIT_OBJECT_DIRECTORY", ".git/objects"),
        ("GIT_PREFIX", ""),
    ];
    let before = other.git(&["for-each-ref"]);
    let mut command = project.command(&args);
    for (name, below) in variables {
        command.env(name, other.path().join(below));
    }
    Ended::of(command.current_dir(other.path()))
        .expect(0)
        .says("recorded in commit ")
        .says(" of gh-pages");
    assert!(has_history(&project) && !has_history(&other));
    assert_eq!(other.git(&["for-each-ref"]), before);
    assert_eq!(other.git(&["status", "--porcelain"]), "");

    let branch = |project: &Project| project.git(&["checkout", "--quiet", "-b", "slower"]);
    branch(&project);
    project.write("known-cost.txt", "checksum=50\n");
    project.commit_all();
    let mut command = project.command(&[&args[..], &["--compare", "main"]].concat());
    for (name, below) in variables {
        command.env(name, other.path().join(below));
    }
    Ended::of(command.current_dir(other.path())).expect(1).says("text::checksum: regression");
    assert_eq!(other.git(&["for-each-ref"]), before);
    assert_eq!(other.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn a_remote_that_never_answers_ends_publishing_and_loses_nothing() {
    let project = Project::scripted();
    let hub = project.hub();
    project.perf(&QUICK).expect(0);
    // It accepts connections, as its backlog does, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("git://{}/project.git", silent.local_addr().unwrap());
    project.git(&["remote", "set-url", "origin", &url]);

    let first = project.perf(&[&QUICK[..], &["--publish", "--remote-timeout", "1"]].concat());
    first.expect(2).says("waiting for origin").says("origin sent nothing for 1 s");
    assert!(!first.stderr.contains("building"), "{}", first.stderr);

    let later = project.history(&["add", "--publish", "--remote-timeout", "1"]);
    later.expect(2).says("origin sent nothing for 1 s").says("--remote-timeout");
    project.git(&["remote", "set-url", "origin", hub.path().to_str().unwrap()]);
    project.history(&["add", "--publish"]).expect(0).says("published as");
    let there = Project::clone_of(hub.path().to_str().unwrap(), &["--branch=gh-pages"]);
    assert_eq!(there.git(&["ls-files", "data/runs"]).lines().count(), 1);
}

/// The remote answers until the measured run is pushed: publishing asks it twice, first whether it
/// takes a push.
#[cfg(unix)]
#[test]
fn a_run_is_kept_when_the_remote_falls_silent_after_measuring() {
    let project = Project::scripted();
    let hub = project.hub();
    let receive = "echo >> calls\n[ $(wc -l < calls) -lt 2 ] || exec sleep 600\nexec git-receive-pack \"$@\"\n";
    project.write("target/receive", receive);
    let program = format!("cd {0} && sh {0}/receive", project.path().join("target").display());
    project.git(&["config", "remote.origin.receivepack", &program]);
    let ended = project.perf(&[&QUICK[..], &["--publish", "--remote-timeout", "2"]].concat());
    ended.expect(2).says("origin sent nothing for 2 s").says("kept on the local branch `gh-pages`");
    assert!(ended.stdout.contains("checksum"), "{}", ended.stdout);

    project.git(&["config", "--unset", "remote.origin.receivepack"]);
    project.history(&["add", "--publish"]).expect(0).says("published as");
    let there = Project::clone_of(hub.path().to_str().unwrap(), &["--branch=gh-pages"]);
    assert_eq!(there.git(&["ls-files", "data/runs"]).lines().count(), 1);
}

/// As with `2>&1 | head -1`: the reader of both streams goes away after a line.
#[test]
fn a_run_is_recorded_although_nobody_reads_what_it_prints() {
    let project = Project::scripted();
    let mut command = project.command(&QUICK);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut first = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("building"), "{first}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(has_history(&project));
    assert_eq!(
        project.git(&["ls-tree", "-r", "--name-only", "gh-pages", "data/runs"]).lines().count(),
        1
    );
}
