//! Histories and results that other tools or other repositories wrote.

use crate::history::{add, recorded, run};
use crate::project::{Project, root};
use std::collections::BTreeSet;
use std::fs;

#[test]
fn an_export_is_imported_as_it_was() {
    for format in ["json", "csv", "ndjson"] {
        let (from, to) = (Project::committed(), Project::committed());
        add(&from, &[1, 2]);
        let export = |project: &Project| {
            project.history(&["export", "--format", format]).expect(0).stdout.clone()
        };
        to.write("out/export", &export(&from));
        to.history(&["import", "out/export"]).expect(0).says("2 runs imported");
        let lines = |text: String| text.lines().map(str::to_owned).collect::<BTreeSet<String>>();
        assert_eq!(lines(export(&from)), lines(export(&to)));
        to.history(&["verify"]).expect(0);
    }
}

#[test]
fn another_tools_history_is_imported_once() {
    let project = Project::committed();
    let file = root().join("fixtures/history/data.js");
    let import = ["import", file.to_str().unwrap(), "--on", "trunk"];
    project.history(&import).expect(0).says("4 runs imported");
    let tip = project.git(&["rev-parse", "gh-pages"]);
    project.history(&import).expect(0);
    assert_eq!(project.git(&["rev-parse", "gh-pages"]), tip);
    project.history(&["list", "--on", "trunk"]).expect(0).says("imported");
    project.write("out/run.json", &run(1).to_json());
    project.history(&["import", "out/run.json"]).expect(2).says("history add");
    project.history(&["import", "Cargo.toml"]).expect(2).says("none of the supported formats");
}

#[test]
fn results_of_other_tools_are_imported_and_written() {
    let project = Project::committed();
    let head = project.git(&["rev-parse", "HEAD"]);
    let criterion = root().join("fixtures/history/criterion");
    let import = ["import", criterion.to_str().unwrap()];
    project.history(&import).expect(0).says("1 run imported");
    project.history(&import).expect(0).says("1 already recorded");
    let export = |format: &str| {
        let ended = project.history(&["export", "--format", format]);
        serde_json::from_str::<serde_json::Value>(&ended.expect(0).stdout).unwrap()
    };
    let bencher = export("bencher");
    let latency =
        serde_json::json!({"value": 1190.0, "lower_value": 1150.0, "upper_value": 1250.0});
    assert_eq!(bencher["sort/quick/64"]["latency"], latency);
    let custom = export("custom-smaller-is-better");
    assert_eq!(
        custom[0],
        serde_json::json!({"name": "sort/quick/64", "unit": "ns", "value": 1190.0, "range": "± 45"})
    );
    assert_eq!(export("divan")["commit"], head.as_str());
    // The written file is one that can be imported, with a commit of its own.
    project.write("out/bencher.json", &bencher.to_string());
    project
        .history(&["import", "out/bencher.json", "--commit", "HEAD"])
        .expect(0)
        .says("1 run imported");
    project.history(&["import", "out"]).expect(2).says("the folder that Criterion writes");
}

#[test]
fn an_import_leaves_out_what_is_no_number() {
    let project = Project::committed();
    let text = fs::read_to_string(root().join("fixtures/history/data.js")).unwrap();
    let (_, text) = text.split_once('=').unwrap();
    let mut data: serde_json::Value =
        serde_json::from_str(text.trim().trim_end_matches(';')).unwrap();
    let entry = &mut data["entries"]["Benchmark"][0];
    let bad = ["\"NaN\"", "null", "\"1,234.5\""];
    for (index, value) in bad.iter().enumerate() {
        let value: serde_json::Value = serde_json::from_str(value).unwrap();
        let bench =
            serde_json::json!({"name": format!("bad{index}"), "value": value, "unit": "ns"});
        entry["benches"].as_array_mut().unwrap().push(bench);
    }
    // Each entry twice: the second is the same run.
    let entries = data["entries"]["Benchmark"].as_array_mut().unwrap();
    entries.extend(entries.clone());
    project.write("out/data.js", &data.to_string());
    let ended = project.history(&["import", "out/data.js"]);
    ended.expect(0).says("6 values skipped, no number: bad0 of 111111111111: \"NaN\"");
    let added = recorded(&project).len();
    ended.says(&format!("{added} runs imported, 2 already recorded"));
    let export = project.history(&["export", "--format", "csv"]).expect(0).stdout.clone();
    assert!(export.contains("fib_10") && !export.contains("bad0"), "{export}");
}
