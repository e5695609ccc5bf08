//! Selection by patterns, excluded benchmarks, and launches planned within a time limit.

use crate::project::{Ended, Project};

fn perf(project: &Project, more: &[&str]) -> Ended {
    project.perf(&[&["--launch-ms", "1"][..], more].concat())
}

/// The names of the rows in the last report, without the package.
fn names(project: &Project) -> Vec<String> {
    let report = project.report();
    let rows = report["rows"].as_array().unwrap();
    let name = |row: &serde_json::Value| row["verdict"]["name"].as_str().unwrap().to_owned();
    let mut names: Vec<String> =
        rows.iter().map(name).map(|name| name.replace("known-cost/", "")).collect();
    names.sort();
    names
}

#[test]
fn benchmarks_are_selected_by_patterns_and_excluded_by_the_settings() {
    let project = &Project::scripted();
    let patterns =
        ["-f", r"words::(64|512)$", "--filter", "^known-cost/data::", "--skip", "matrix|tree"];
    perf(project, &[&["--no-record"][..], &patterns].concat()).expect(0);
    let expected = ["map", "primes", "search", "sort"].map(|name| format!("data::{name}"));
    let words = ["512", "64"].map(|size| format!("text::words::{size}"));
    assert_eq!(names(project), [&expected[..], &words].concat());
    let ended = perf(project, &["-f", "words::[0"]);
    ended
        .expect(2)
        .says("invalid value 'words::[0' for '--filter <PATTERN>'")
        .says("it is no regular expression");

    // All are recorded, then most are excluded: they are not reported as removed.
    perf(project, &[]).expect(0).says("14 benchmarks, about");
    let exclude = |patterns: &str| {
        project.write("perf-budgets.json", &format!(r#"{{"schema": 2, "exclude": [{patterns}]}}"#));
    };
    exclude(r#""known-cost/data::*", "words::*", "join""#);
    let ended = perf(project, &["--no-record"]);
    ended.expect(0).says("11 benchmarks are excluded by perf-budgets.json: known-cost/data::map");
    assert_eq!(names(project), ["text::checksum", "text::digits", "text::upper"]);
    assert_eq!(project.report()["excluded"].as_array().unwrap().len(), 11);
    exclude(r#""joined""#);
    let ended = perf(project, &["--no-record"]);
    ended.expect(2).says("perf-budgets.json:1:27: exclude: no benchmark has the name `joined`");
}

#[test]
fn a_time_limit_leaves_the_slowest_fewer_launches() {
    let project = &Project::scripted();
    let slow = ["digits", "join", "upper", "checksum"];
    project.write("behaviour.txt", &slow.map(|name| format!("{name}=sleep")).join(","));
    let ended = perf(project, &["--no-record", "-f", "text::", "--time-limit", "6s"]);
    ended.expect(0).says("of 7 benchmarks had fewer than 5 launches: known-cost/text::");
    let report = project.report();
    let launches = report["rows"].as_array().unwrap().iter().map(|row| {
        let name = row["verdict"]["name"].as_str().unwrap();
        let is_slow = slow.iter().any(|slow| name.ends_with(slow));
        (is_slow, row["verdict"]["launches"].as_u64().unwrap())
    });
    let (slow, fast): (Vec<_>, Vec<_>) = launches.partition(|(is_slow, _)| *is_slow);
    let most_of_slow = slow.iter().map(|(_, launches)| *launches).max().unwrap();
    assert!(slow.iter().all(|(_, launches)| (3..=5).contains(launches)), "{slow:?}");
    assert!(slow.iter().any(|(_, launches)| *launches < 5), "{slow:?}");
    assert!(fast.iter().all(|(_, launches)| *launches >= most_of_slow - 1), "{slow:?}, {fast:?}");

    // Not even the fewest launches fit.
    let ended = perf(project, &["--no-record", "-f", "text::", "--time-limit", "1s"]);
    ended.expect(3).says("remain of --time-limit, so some benchmarks stay unmeasured");
    ended.says("not measured");
}
