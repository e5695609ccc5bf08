//! `perf versus`: benchmarks of one build, compared with each other.

use crate::history;
use crate::project::{Ended, Project};

#[test]
fn alternatives_are_compared_in_pairs_and_by_argument() {
    let project = Project::scripted();
    project.write("behaviour.txt", "words=n-log-n,digits=panic");
    let versus = |args: &[&str]| project.task(&[&["versus", "--output", "out"], args].concat());

    let found = versus(&["map", "data::sort", "tree", "--seed", "7"]);
    found.expect(0).says("sort is 1.23 × as fast as map").says("map is 14.1 × as fast as tree");
    let last: serde_json::Value = serde_json::from_str(&project.read("out/versus.json")).unwrap();
    assert_eq!(last["results"][0]["relation"], "faster");
    assert_eq!(last["results"][1]["relation"], "slower");
    let samples = last["results"][1]["samples"].as_array().unwrap();
    assert_ne!(samples[0], samples[1], "each benchmark has its own samples");

    let equal = versus(&["matrix", "--baseline", "12", "--format", "markdown"]);
    equal.expect(0).says("- no difference found between 4 and 12; a difference of more than");

    let scaled = versus(&["words", "--args", "--format", "json"]).expect(0).stdout.clone();
    let scaled: serde_json::Value = serde_json::from_str(&scaled).unwrap();
    let exponent = scaled["scaling"][0]["fit"]["exponent"].as_f64().unwrap();
    // n log n between 64 and 4096.
    assert!((exponent - 1.167).abs() < 0.01, "{exponent}");
    assert_eq!(scaled["results"].as_array().unwrap().len(), 0);

    assert_mistakes_are_named(versus);
    let broken = versus(&["map", "digits", "sort"]);
    broken.expect(3).says("known-cost/text::digits was not compared").says("digits panics");
    assert!(project.git(&["status", "--porcelain"]).lines().all(|line| line.starts_with("??")));
}

#[test]
fn comparisons_are_recorded_and_shown() {
    let project = Project::scripted();
    history::add(&project, &[1]);
    let versus = |args: &[&str]| {
        project.task(&[&["versus", "--output", "out", "map", "data::sort"], args].concat())
    };
    let recorded = || project.git(&["ls-tree", "-r", "--name-only", "gh-pages", "data/versus"]);
    versus(&["--no-record"]).expect(0);
    assert_eq!(recorded(), "");
    versus(&[]).expect(0).says("recorded in commit");
    let path = recorded();
    assert_eq!(path.lines().count(), 1, "{path}");
    let file = project.git(&["show", &format!("gh-pages:{}", path.trim())]);
    assert_eq!(file.trim().lines().count(), 1);

    // The file of the output folder is the same measurement.
    project.history(&["add", "out/versus.json"]).expect(0);
    assert_eq!(recorded(), path);
    project.history(&["verify"]).expect(0);
    project.site(&[]).expect(0);
    let page = project.read("out/site/alternatives.html");
    assert!(page.contains("Compared in pairs") && page.contains("sort is 1.23 × as fast as map"));

    versus(&["--baseline", "data::sort"]).expect(0);
    let rotate = ["rotate", "--keep", "1", "--archive", "old", "--confirm", "gh-pages"];
    project.history(&rotate).expect(0);
    assert_eq!(recorded().lines().count(), 2, "as new as the run that is kept");
}

fn assert_mistakes_are_named(versus: impl Fn(&[&str]) -> Ended) {
    for (args, expected) in [
        (&["srot", "map"][..], "there is no benchmark `srot`; use one of: known-cost/data::sort"),
        (&["sort"], "`known-cost/data::sort` is one benchmark, and a comparison needs two"),
        (&["sort", "sort"], "`known-cost/data::sort` is named twice"),
        (&["sort", "map", "--baseline", "tree"], "--baseline tree is none of the alternatives"),
        (&["sort", "map", "--args"], "--args needs benchmarks with at least three"),
        (&["matrix", "words"], "`known-cost/text::words` and `known-cost/data::matrix` have no"),
    ] {
        versus(args).expect(2).says(expected);
    }
}
