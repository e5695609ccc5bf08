//! Benches of Divan versions without a terse listing.

use crate::project::Project;

/// The names of the measured benchmarks, sorted.
fn measured(project: &Project) -> Vec<String> {
    let report = project.report();
    let rows = report["rows"].as_array().unwrap().iter().map(|row| &row["verdict"]);
    let measured = rows.filter(|verdict| verdict["state"] != "missing");
    let mut names: Vec<String> =
        measured.map(|verdict| verdict["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_arguments_of_an_old_version_are_found_by_a_run() {
    let project = Project::scripted();
    project.perf(&["--launch-ms", "1"]).expect(0);
    let listed = measured(&project);
    assert!(listed.iter().any(|name| name.matches("::").count() > 1), "{listed:?}");

    project.write("listing.txt", "tree");
    project.commit_all();
    project.perf(&["--launch-ms", "1"]).expect(0);
    assert_eq!(measured(&project), listed);
    assert_eq!(project.read("discoveries.txt").lines().count(), 2);
}

#[test]
fn a_benchmark_that_ends_the_run_hides_no_other() {
    let project = Project::scripted();
    project.perf(&["--launch-ms", "1"]).expect(0);
    let mut listed = measured(&project);

    project.write("listing.txt", "tree");
    project.write("behaviour.txt", "checksum=panic,join=exit");
    project.commit_all();
    let ended = project.perf(&["--launch-ms", "1"]);
    ended.expect(3).says("INCOMPLETE: 2 missing").says("it panicked: checksum panics");
    ended.says("it ended with exit status 3");
    listed.retain(|name| !name.ends_with("::checksum") && !name.ends_with("::join"));
    assert_eq!(measured(&project), listed);
    // One run of data, and of text one more after each of the two.
    assert_eq!(project.read("discoveries.txt").lines().count(), 1 + 3);
}

#[test]
fn a_version_without_a_listing_is_refused_with_the_oldest_that_has_one() {
    let project = Project::scripted();
    project.write("listing.txt", "none");
    project.commit_all();
    let ended = project.perf(&["--launch-ms", "1"]);
    ended.expect(3).says("this Divan does not have the argument --list");
    ended.says("The oldest that can be measured are Divan 0.1.0 and codspeed-divan-compat 3.0.5");
}
