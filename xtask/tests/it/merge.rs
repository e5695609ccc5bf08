//! Benchmarks measured in parts, each as on a machine of its own, and joined.

use crate::project::{Ended, Project};
use perf_judge::run::Run;
use serde_json::{Value, json};
use std::fs;
#[cfg(unix)]
use std::process::Command;

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
    project.merge(&["out/parts", "--no-record"]).expect(1).says("text::checksum: regression");
    assert_eq!(names(&project, "out").len(), 7);
    let pairs = run_file(&project, "out/parts/2");
    with_edited(
        &project,
        &pairs,
        |comparison| comparison["benchmarks"][0]["pairs"][0]["head"]["median"] = json!(1.5),
        |project| {
            let merged = project.merge(&["out/parts"]);
            merged.expect(2).says(&pairs).says("it has other numbers than out/parts/2/report.json");
        },
    );
    project.merge(&["out/parts"]).expect(1);
    let recorded = project.git(&["ls-tree", "-r", "--name-only", "gh-pages", "data/comparisons"]);
    assert_eq!(recorded.lines().count(), 2, "{recorded}");

    // The parts of another commit do not belong together.
    project.write("README.md", "other\n");
    project.commit_all();
    part(&project, "2/2", "out/parts/2", &COMPARE);
    project.merge(&["out/parts"]).expect(2).says("different commits");
}

/// A project with the two parts of a run, as a job each leaves them.
fn two_parts() -> Project {
    let project = Project::scripted();
    for (part_of, folder) in [("1/2", "out/parts/1"), ("2/2", "out/parts/2")] {
        part(&project, part_of, folder, &["--filter", "text::", "--launch-ms", "5"]).expect(0);
    }
    project
}

/// The one measurement that a part left.
fn run_file(project: &Project, folder: &str) -> String {
    let files = fs::read_dir(project.path().join(folder).join("unrecorded")).unwrap();
    let [file] = &files.map(Result::unwrap).collect::<Vec<_>>()[..] else { panic!("{folder}") };
    format!("{folder}/unrecorded/{}", file.file_name().to_str().unwrap())
}

/// Changes a file of JSON, does what is to be done, and puts it back.
fn with_edited(
    project: &Project,
    path: &str,
    edit: impl FnOnce(&mut Value),
    then: impl FnOnce(&Project),
) {
    let whole = project.read(path);
    let mut value = serde_json::from_str(&whole).unwrap();
    edit(&mut value);
    project.write(path, &value.to_string());
    then(project);
    project.write(path, &whole);
}

#[test]
fn a_part_that_contradicts_itself_is_refused() {
    let project = two_parts();
    let refused = |said: &'static str| {
        move |project: &Project| {
            let merged = project.merge(&["out/parts"]);
            merged.expect(2).says(said).says("out/parts/2/");
            assert!(!project.path().join("out/report.json").exists());
        }
    };
    let report = "out/parts/2/report.json";
    type Edit = fn(&mut Value);
    let of_report: [(&str, Edit); 6] = [
        ("belongs to its part, and has no row", |report| {
            report["rows"].as_array_mut().unwrap().pop();
        }),
        ("a benchmark stands in it twice", |report| {
            let row = report["rows"][0].clone();
            report["rows"].as_array_mut().unwrap().push(row);
        }),
        ("nothing of it was measured", |report| {
            let row = &mut report["rows"][0];
            (row["measured"], row["verdict"]["launches"]) = (Value::Null, json!(0));
        }),
        ("is missing, and not among the reasons", |report| {
            report["rows"][0]["verdict"]["state"] = json!("missing");
        }),
        ("it is part 2 of 18446744073709551615", |report| {
            report["partition"]["of"] = json!(u64::MAX);
        }),
        ("the parts are not of one number of parts", |report| {
            report["partition"]["of"] = json!(3);
        }),
    ];
    for (said, edit) in of_report {
        with_edited(&project, report, edit, refused(said));
    }
    with_edited(
        &project,
        report,
        |report| report["rows"][0]["measured"]["time_ns"]["median"] = json!(1.5),
        |project| {
            project.merge(&["out/parts"]).expect(2).says("are not those of the report");
        },
    );
    let run = run_file(&project, "out/parts/2");
    let edited = refused("its contents do not match its id");
    with_edited(&project, &run, |run| run["seed"] = json!(1), edited);
    let sealed = |edit: fn(&mut Run)| {
        let whole = Run::from_json(&project.read(&run)).unwrap();
        let mut other = whole.clone();
        edit(&mut other);
        project.write(&run, &other.with_id().to_json());
        let merged = project.merge(&["out/parts"]);
        project.write(&run, &whole.to_json());
        merged
    };
    let other = sealed(|run| run.commit.as_mut().unwrap().hash = "b".repeat(40));
    other.expect(2).says("it is of bbbbbb").says(&run);
    project.merge(&["out/parts"]).expect(0);
    assert_eq!(recorded(&project).len(), 1);
}

#[test]
fn what_a_job_did_not_leave_makes_the_whole_incomplete() {
    let project = two_parts();
    let run = run_file(&project, "out/parts/2");
    let kept = project.read(&run);
    fs::remove_file(project.path().join(&run)).unwrap();
    let merged = project.merge(&["out/parts", "--no-record"]);
    merged.expect(3).says("part 2 of 2: what it measured").says("is not in out/parts/2/unrecorded");
    // A run of the same part that another report is about is not lost either.
    let earlier = Run { seed: 1, ..Run::from_json(&kept).unwrap() }.with_id();
    project.write("out/parts/2/unrecorded/earlier.json", &earlier.to_json());
    project.merge(&["out/parts"]).expect(3);
    let runs = recorded(&project);
    assert!(runs.len() == 2 && runs.iter().all(|run| run["partial"] == true), "{runs:?}");
    // A job that was ended left its run, and no report.
    project.write("out/parts/3/unrecorded/run.json", &kept);
    project.merge(&["out/parts"]).expect(3).says("out/parts/3 has measurements and no report.json");
}

#[cfg(unix)]
#[test]
fn nothing_endless_and_nothing_outside_is_read() {
    use std::os::unix::fs::symlink;
    let project = two_parts();
    let at = |path: &str| project.path().join(path);
    let kept = project.read("out/parts/2/report.json");
    for to in ["/dev/zero", "../1/report.json"] {
        fs::remove_file(at("out/parts/2/report.json")).unwrap();
        symlink(to, at("out/parts/2/report.json")).unwrap();
        for command in [
            &["merge", "out/parts", "--output", "out"][..],
            &["report", "out/parts/2/report.json"],
            &["explain", "checksum", "--output", "out/parts/2"],
        ] {
            project.task(command).expect(2).says("out/parts/2/report.json is a symbolic link");
        }
    }
    fs::remove_file(at("out/parts/2/report.json")).unwrap();
    assert!(Command::new("mkfifo").arg(at("out/parts/2/report.json")).status().unwrap().success());
    project.merge(&["out/parts"]).expect(2).says("is no regular file");
    fs::remove_file(at("out/parts/2/report.json")).unwrap();
    project.write("out/parts/2/report.json", &kept);

    fs::rename(at("out/parts/2/unrecorded"), at("out/elsewhere")).unwrap();
    symlink("../../elsewhere", at("out/parts/2/unrecorded")).unwrap();
    project.merge(&["out/parts"]).expect(2).says("unrecorded is a symbolic link");
    fs::remove_file(at("out/parts/2/unrecorded")).unwrap();
    fs::rename(at("out/elsewhere"), at("out/parts/2/unrecorded")).unwrap();

    symlink("parts", at("out/linked")).unwrap();
    project.merge(&["out/linked"]).expect(2).says("out/linked is a symbolic link");
    symlink("/", at("out/parts/3")).unwrap();
    project.merge(&["out/parts"]).expect(2).says("out/parts/3 is a symbolic link");
    assert!(!project.git(&["branch", "--list", "gh-pages"]).contains("gh-pages"));
}
