//! A recorded run is also compared with the newest release.

use crate::tiny;

#[test]
fn a_run_says_how_it_differs_from_the_newest_release() {
    let project = tiny::project(100);
    let run = || project.perf(&["--launch-ms", "1", "--no-skip"]).stdout;
    assert!(!run().contains("since "));
    project.git(&["tag", "--annotate", "--message=first", "v1.0"]);
    tiny::set_time(&project, 300);
    project.git(&["commit", "--quiet", "--all", "--message=slower"]);
    let later = run();
    assert!(later.contains("since v1.0: none of 1 benchmark is slower."), "{later}");
    // One run on either side is too little for more.
    assert!(later.contains("1 benchmark has too few runs for an interval"), "{later}");
}

/// Three runs of the release and of a commit after it. A branch without that commit is compared.
#[test]
fn a_comparison_is_added_to_what_changed_between_the_newest_release_and_its_base() {
    let project = tiny::project(100);
    // Without a time for it, what changed is not launched again.
    let args = ["--launch-ms", "1", "--no-skip", "--time-limit", "2s"];
    let runs = || (0..3).for_each(|_| drop(project.perf(&args)));
    let commit = |nanoseconds: u32| {
        tiny::set_time(&project, nanoseconds);
        project.git(&["commit", "--quiet", "--all", "--message=time"]);
    };
    runs();
    project.git(&["tag", "v1.0"]);
    commit(200);
    runs();
    let base = project.git(&["rev-parse", "HEAD"]);
    commit(900);
    runs();
    project.git(&["checkout", "--quiet", "-b", "change", base.trim()]);
    commit(300);
    let compared = project.perf(&["--compare", "main", "--launch-ms", "1"]).stdout;
    let since = "since v1.0, with this checkout: 1 of 1 benchmark is slower, by up to 200.0 %.";
    assert!(compared.contains(since), "{compared}");
    let with_release = project.perf(&["--compare", "v1.0", "--launch-ms", "1"]).stdout;
    assert!(!with_release.contains("since v1.0"), "{with_release}");
}
