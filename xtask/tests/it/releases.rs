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
