//! Benchmarks measured in parts, each as on a machine of its own, and joined.

use crate::project::{Ended, Project};

const COMPARE: [&str; 6] = ["--compare", "main", "--filter", "text::", "--launch-ms", "10"];

/// Measures a part into a folder of its own.
fn part(project: &Project, part: &str, folder: &str, args: &[&str]) -> Ended {
    let args = [&["--no-record", "--partition", part], args].concat();
    Ended::of(&mut project.command_into(folder, &args))
}

/// Benchmarks of a folder's report.
fn names(project: &Project, folder: &str) -> Vec<String> {
    let report: serde_json::Value =
        serde_json::from_str(&project.read(&format!("{folder}/report.json"))).unwrap();
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| row["verdict"]["name"].as_str().unwrap().to_owned()).collect()
}

fn recorded(project: &Project) -> Vec<serde_json::Value> {
    let files = project.git(&["ls-tree", "-r", "--name-only", "gh-pages", "data/runs"]);
    let read = |file: &str| project.git(&["show", &format!("gh-pages:{file}")]);
    files.lines().map(|file| serde_json::from_str(&read(file)).unwrap()).collect()
}

#[test]
fn parts_are_joined_into_one_recorded_run_and_none_may_be_missing() {
    let project = Project::scripted();
    for (part_of, folder) in [("1/2", "out/parts/1"), ("2/2", "out/parts/2")] {
        part(&project, part_of, folder, &["--launch-ms", "5"]).expect(0);
    }
    let (one, two) = (names(&project, "out/parts/1"), names(&project, "out/parts/2"));
    assert_eq!((one.len() + two.len(), one.len().abs_diff(two.len())), (14, 0));

    let alone = project.merge(&["out/parts/1"]);
    alone.expect(3).says("part 2 of 2 is missing");
    assert!(recorded(&project).iter().all(|run| run["partial"] == true));
    let twice = project.merge(&["out/parts/1", "out/parts", "--no-record"]);
    twice.expect(3).says("part 1 of 2 is there twice");

    project.merge(&["out/parts"]).expect(0).says("14 with too little history").says("recorded");
    let runs = recorded(&project);
    let whole: Vec<_> = runs.iter().filter(|run| run["partial"] == false).collect();
    let [whole] = whole[..] else { panic!("{runs:?}") };
    let mut all = [one, two].concat();
    all.sort();
    assert_eq!(whole["benchmarks"]["name"], serde_json::json!(all));
    assert!(project.read("out/site/index.html").contains("known-cost"));
    project.merge(&["out/site"]).expect(2).says("holds no report");
}

#[test]
fn a_part_that_fails_fails_the_whole() {
    let project = Project::scripted();
    project.git(&["checkout", "--quiet", "-b", "slower"]);
    project.write("known-cost.txt", "checksum=50\n");
    project.commit_all();
    let mut statuses = Vec::new();
    for (part_of, folder) in [("1/2", "out/parts/1"), ("2/2", "out/parts/2")] {
        statuses.push(part(&project, part_of, folder, &COMPARE).status);
    }
    statuses.sort();
    assert_eq!(statuses, [Some(0), Some(1)]);
    project.merge(&["out/parts", "--no-record"]).expect(1).says("text::checksum got slower");
    assert_eq!(names(&project, "out").len(), 7);
    project.merge(&["out/parts"]).expect(1);
    let recorded = project.git(&["ls-tree", "-r", "--name-only", "gh-pages", "data/comparisons"]);
    assert_eq!(recorded.lines().count(), 2, "{recorded}");

    // The parts of another commit do not belong together.
    project.write("README.md", "other\n");
    project.commit_all();
    part(&project, "2/2", "out/parts/2", &COMPARE);
    project.merge(&["out/parts"]).expect(2).says("different commits");
}
