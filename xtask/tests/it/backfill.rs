//! `perf backfill`: old commits are measured together and recorded in their order.

use crate::project::{Ended, Project};
use perf_judge::run::Run;
use std::path::Path;

/// A commit that changes one file, and its hash.
fn commit(project: &Project, path: &str, contents: &str) -> String {
    project.write(path, contents);
    project.commit_all();
    project.git(&["rev-parse", "HEAD"])
}

/// The recorded runs in the order of the history.
fn recorded(project: &Project) -> Vec<Run> {
    let files = project.git(&["ls-tree", "-r", "--name-only", "gh-pages"]);
    let runs = files.lines().filter(|path| path.starts_with("data/runs/"));
    runs.map(|path| Run::from_json(&project.git(&["show", &format!("gh-pages:{path}")])).unwrap())
        .collect()
}

#[test]
fn old_commits_are_recorded_in_their_order_and_once() {
    let project = Project::scripted();
    let lib = project.read("src/lib.rs");
    let good: Vec<String> = (1..=2).map(|n| commit(&project, "a.txt", &n.to_string())).collect();
    let slower = commit(&project, "known-cost.txt", "sort=50");
    commit(&project, "src/lib.rs", "does not compile");
    let fixed = commit(&project, "src/lib.rs", &lib);
    let backfill = |args: &[&str]| -> Ended {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let args = [&["backfill", "--output", "out", "--no-counts"], args].concat();
        project.task_in(&cache, &args)
    };
    let first = ["HEAD~5..main", "--at-once", "2", "--launches", "3", "--launch-ms", "5"];
    let limited = backfill(&[&first[..], &["--time-limit", "1s"]].concat());
    limited.expect(3).says("5 commits to measure").says("2 of 5 commits are recorded, 3 are left");
    let whole = backfill(&first);
    whole.expect(0).says("2 of them done before").says("4 of 5 commits are recorded, 1 cannot");
    whole.says("left out").says("cannot measure");
    let again = backfill(&first);
    again.expect(0).says("5 of them done before").says("4 of 5 commits are recorded");

    let runs = recorded(&project);
    let hashes: Vec<&str> =
        runs.iter().map(|run| run.commit.as_ref().unwrap().hash.as_str()).collect();
    let expected = [good, vec![slower, fixed]].concat();
    assert_eq!(hashes, expected);
    let sort = |run: &Run| run.benchmark(&"known-cost/data::sort".into()).unwrap().clone();
    let sorts: Vec<_> = runs.iter().map(sort).collect();
    assert!(sorts.iter().all(|row| row.launches.len() == 3));
    assert!(sorts.windows(2).all(|pair| pair[0].sample_size == pair[1].sample_size));
    assert!(sorts[2].time_ns.median > 1.4 * sorts[1].time_ns.median, "{sorts:?}");
    assert!(runs.iter().all(|run| run.backfilled.is_some() && run.branch() == Some("main")));
    assert!(runs.iter().all(|run| Run::verified(&run.to_json()).is_ok()));
    project.history(&["verify"]).expect(0).says("no problem found");
    project.history(&["show", &runs[0].id]).expect(0).says("recorded for");
    project.site(&[]).expect(0);
    let page = project.read(&format!("out/site/run/{}.html", runs[0].id));
    assert!(page.contains("long after its commit"), "{page}");

    project.git(&["checkout", "--quiet", "-b", "other", "HEAD~1"]);
    commit(&project, "b.txt", "");
    project.git(&["checkout", "--quiet", "main"]);
    project.git(&["merge", "--quiet", "--no-edit", "other"]);
    for (args, expected) in [
        (&["main..main"][..], "the range main..main has no commit"),
        (&["HEAD~2..main"], "has merges, so its commits have no single order: add --first-parent"),
        (&["other..HEAD~1"], "other is no ancestor of HEAD~1"),
        (&["HEAD~2..main", "--tags"], "no commit of HEAD~2..main has a tag"),
        (&["main"], "write a range such as `v1.0..main`"),
    ] {
        backfill(args).expect(2).says(expected);
    }
}
