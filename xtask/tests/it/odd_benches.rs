//! Benchmarks that go wrong hide no other, and never count as a pass.

use crate::project::{Project, quiet_machine};
use std::collections::BTreeMap;

/// States and reasons by the last part of the name.
fn rows(project: &Project) -> BTreeMap<String, (String, String)> {
    let report = project.report();
    let rows = report["rows"].as_array().unwrap().iter().map(|row| {
        let verdict = &row["verdict"];
        let said = |key: &str| verdict[key].as_str().unwrap_or_default().to_owned();
        (said("name"), (said("state"), said("reason")))
    });
    rows.collect()
}

#[test]
fn each_goes_wrong_alone_and_says_how() {
    let _quiet = quiet_machine();
    let project = Project::fixture("odd-benches");
    let ended = project.perf(&["--launch-ms", "10", "--launch-timeout", "3"]);
    ended.expect(3).says("INCOMPLETE").says("odd-benches/empty lists no benchmark");
    ended.says("several benchmarks have one name (odd-benches/odd::twice::1): rename one");
    ended.says("odd-benches/libtest is not measured: it is no Divan bench, but a libtest bench");
    ended.says(
        "no method such as `bench` of the Bencher was called: odd-benches/odd::never_benches",
    );
    ended.says("odd-benches/plain is not measured: it is no Divan bench, but a program");
    assert!(!project.path().join("ran.txt").exists(), "a bench of another harness was run");
    let rows = rows(&project);
    let reasons = [
        ("panics", "it panicked: this benchmark always panics"),
        ("hangs", "it did not end within 3 s"),
        (
            "exits",
            "it ended with exit status 3. It printed on standard error: the \\u{1b}[31minput\\u{1b}[0m is missing",
        ),
        ("prints_numbers", "it printed a line like those of Divan's table"),
    ];
    for (name, expected) in reasons {
        let (state, reason) = &rows[&format!("odd-benches/odd::{name}")];
        assert_eq!(state, "missing", "{name}");
        assert!(reason.starts_with(expected), "{name}: {reason}");
    }
    let sound = [
        "sound",
        "prints",
        "prints_no_line_end",
        "<script>alert(1)</script>",
        "bars │ and  double spaces",
        "größe 🎵 音",
        "args::`tick` | bar",
        "args::t=4",
        "args::**bold**",
    ];
    for name in sound {
        let (state, reason) = &rows[&format!("odd-benches/odd::{name}")];
        assert_eq!(state, "insufficient_history", "{name}: {reason}");
    }
    let (state, reason) = &rows["odd-benches/odd::empty"];
    assert_eq!(state, "empty", "{reason}");
    assert!(reason.starts_with("the compiler removed its code"), "{reason}");
    let (state, reason) = &rows["odd-benches/odd::exits_early"];
    if cfg!(target_os = "linux") {
        assert_eq!(state, "missing");
        assert!(reason.starts_with("its row has more samples than the process took"), "{reason}");
    }
    assert_eq!(rows.len(), reasons.len() + sound.len() + 2);
    assert!(!project.read("out/site/index.html").contains("<script>"));
    assert!(!project.read("out/report.md").contains("<script>"));
}

#[test]
fn benchmarks_that_share_a_name_are_left_out_until_one_was_measured() {
    let project = Project::scripted();
    let name = "known-cost/text::words::64";
    project.write(
        "benches/text.rs",
        &project.read("benches/text.rs").replace("(64, 512", "(512, 512"),
    );
    project.commit_all();
    project.perf(&["--filter", "text::", "--launch-ms", "1"]).expect(0).says("have one name");
    assert_eq!(rows(&project).len(), 5);

    project.git(&["checkout", "--quiet", "-b", "other"]);
    project.write(
        "benches/text.rs",
        &project.read("benches/text.rs").replace("(512, 512, 4096)", "(64, 4096, 4096)"),
    );
    project.commit_all();
    let ended = project.perf(&["--compare", "main", "--filter", "text::words", "--launch-ms", "1"]);
    ended.expect(3).says("more than one benchmark has this name");
    let rows = rows(&project);
    assert_eq!(rows["known-cost/text::words::4096"].0, "missing");
    assert_eq!(rows[name].0, "new");
}

#[test]
fn a_launch_that_hangs_costs_its_limit_once() {
    let project = Project::scripted();
    project.write("behaviour.txt", "tree=hang-measuring");
    project.commit_all();
    let ended = project.perf(&["--filter", "data::tree", "--launch-timeout", "1"]);
    ended.expect(3).says("it did not end within 1 s");
    assert_eq!(project.read("hangs.txt"), "tree\n");
}

#[test]
fn a_benchmark_that_fails_now_and_then_is_missing() {
    let project = Project::scripted();
    project.write("behaviour.txt", "checksum=panics-later");
    project.commit_all();
    let ended = project.perf(&["--filter", "checksum", "--launch-ms", "1"]);
    ended.expect(3).says("INCOMPLETE: 1 missing");
    ended.says("it failed in a launch after others had succeeded: it panicked: checksum panics");

    project.git(&["checkout", "--quiet", "-b", "other"]);
    project.write("known-cost.txt", "digits=1\n");
    project.commit_all();
    std::fs::remove_file(project.path().join("launches.txt")).unwrap();
    let compare = ["--compare", "main", "--filter", "checksum", "--launch-ms", "1", "--no-skip"];
    let ended = project.perf(&compare);
    ended.expect(3).says("it failed in a launch after others had succeeded");

    project.write("behaviour.txt", "");
    project.write("known-cost.txt", "checksum=50\n");
    project.commit_all();
    let ended = project.perf(&compare);
    ended.expect(3).says("cannot run it: it failed in a launch after others");
}

#[cfg(target_os = "linux")]
#[test]
fn a_bench_that_needs_files_beside_it_is_launched_where_they_are() {
    let project = Project::scripted();
    project.write("behaviour.txt", "checksum=needs-neighbour");
    project.commit_all();
    let ended = project.perf(&["--filter", "text::", "--launch-ms", "1"]);
    ended.expect(0).says("(known-cost/text::checksum): it panicked: checksum finds no file");
    assert_eq!(ended.stdout.matches("copies of the executable fail").count(), 1);
    assert_eq!(project.read("alone.txt"), "checksum\n");
}

#[test]
fn a_table_that_a_bench_prints_gives_no_other_benchmark_a_row() {
    let project = Project::scripted();
    project.write("behaviour.txt", "checksum=prints-table,digits=prints-own");
    project.commit_all();
    let ended = project.perf(&["--filter", "text::", "--launch-ms", "1"]);
    ended.expect(3).says("INCOMPLETE: 1 missing").says("its row occurs more than once");
    let report = project.report();
    let names = report["rows"].as_array().unwrap().iter().map(|row| &row["verdict"]["name"]);
    let names: Vec<&str> = names.map(|name| name.as_str().unwrap()).collect();
    assert!(!names.contains(&"known-cost/text::planted"), "{names:?}");
    let rows = rows(&project);
    assert_eq!((rows.len(), names.len()), (7, 7), "{names:?}");
    assert_eq!(rows["known-cost/text::checksum"].0, "insufficient_history");
    assert_eq!(rows["known-cost/text::digits"].0, "missing");
}

#[test]
fn benchmarks_that_fail_are_missing_whatever_else_they_do() {
    let project = Project::scripted();
    project.write("behaviour.txt", "checksum=panic,digits=no-row,join=exit");
    project.commit_all();
    let ended = project.perf(&["--filter", "text::", "--launch-ms", "1"]);
    ended.expect(3).says("INCOMPLETE: 3 missing").says("it panicked: checksum panics");
    ended.says("it was listed, but printed no row").says("it ended with exit status 3");
}

#[test]
fn a_name_with_a_nul_fails_alone() {
    let project = Project::scripted();
    project.write("behaviour.txt", "checksum=nul-in-name");
    project.commit_all();
    let ended = project.perf(&["--filter", "text::", "--launch-ms", "1"]);
    ended.expect(3).says("INCOMPLETE: 1 missing").says("its name contains a NUL character");
    assert_eq!(project.report()["rows"].as_array().unwrap().len(), 7);
}

#[cfg(unix)]
#[test]
fn a_bench_that_leaves_a_process_behind_is_measured_and_the_process_ends() {
    let project = Project::scripted();
    project.write("behaviour.txt", "checksum=leaves-child");
    project.commit_all();
    let ended = project.perf(&["--filter", "checksum", "--launch-ms", "1"]);
    ended.expect(0).says("held its output open (known-cost/text, known-cost/text::checksum)");
    assert_eq!(ended.stdout.matches("held its output open").count(), 1, "{}", ended.stdout);
    let (state, _) = &rows(&project)["known-cost/text::checksum"];
    assert_eq!(state, "insufficient_history");
    all_are_gone(&project);

    project.git(&["checkout", "--quiet", "-b", "slower"]);
    project.write("known-cost.txt", "checksum=50\n");
    project.commit_all();
    let compare = ["--compare", "main", "--filter", "checksum", "--launch-ms", "1"];
    let ended = project.perf(&compare);
    ended.expect(1).says("text::checksum: regression").says("held its output open");
    all_are_gone(&project);
}

/// Checks that every process that benches of the project left behind has ended.
#[cfg(unix)]
fn all_are_gone(project: &Project) {
    let children = project.read("children.txt");
    assert!(children.lines().count() > 5, "{children}");
    for child in children.lines() {
        let mut list = std::process::Command::new("ps");
        let listed = list.args(["-o", "stat=", "-p", child]).output().unwrap();
        let state = String::from_utf8(listed.stdout).unwrap();
        assert!(state.is_empty() || state.starts_with('Z'), "{child}: {state}");
    }
}
