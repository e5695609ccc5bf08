//! The site of what is recorded, rendered without measuring.

use crate::history::{add, run};
use crate::project::Project;
use perf_report::Calibration;
use perf_report::site::COMPARISONS;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// Every file of the site: when it was written, and what it holds.
fn files(project: &Project) -> BTreeMap<String, (SystemTime, Vec<u8>)> {
    let mut files = BTreeMap::new();
    let site = project.path().join("out/site");
    let mut open = vec![site.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(&site).unwrap().to_string_lossy().replace('\\', "/");
            let written = fs::metadata(&path).unwrap().modified().unwrap();
            files.insert(name, (written, fs::read(&path).unwrap()));
        }
    }
    files
}

fn page(project: &Project, path: &str) -> String {
    project.read(&format!("out/site/{path}"))
}

#[test]
fn the_recorded_runs_have_a_site() {
    let project = Project::committed();
    project.site(&[]).expect(2).says("there is no recorded run of `main`. Run `cargo xtask perf`");
    let runs = add(&project, &[1, 2, 3]);
    project.git(&["remote", "add", "origin", "https://user:secret@example.org/team/app.git"]);
    let told = project.site(&[]);
    told.expect(0);
    assert!(told.stdout.trim_end().ends_with(&format!("{}index.html", path_separator())));
    let overview = page(&project, "index.html");
    let commit = &runs[2].commit.as_ref().unwrap().hash;
    assert!(overview.contains(&format!(
        "https:&#x2f;&#x2f;example.org&#x2f;team&#x2f;app&#x2f;commit&#x2f;{commit}"
    )));
    assert!(!overview.contains("secret"));
    for run in &runs {
        let own = page(&project, &format!("run/{}.html", run.id));
        assert!(own.contains(&run.id) && overview.contains(&run.id));
    }
    assert!(
        page(&project, "data/day/2026-11-04.js").starts_with("perfDay({\"day\":\"2026-11-04\"")
    );
    let preview = fs::read(project.path().join("out/site/preview.png")).unwrap();
    assert!(preview.starts_with(b"\x89PNG"));
    assert!(!overview.contains("og:image"), "the address of the site is unknown");
    assert!(page(&project, "badge.json").contains("\"label\":\"performance\""));
}

#[test]
fn the_error_rates_of_the_machine_stand_on_the_overview() {
    let project = Project::committed();
    let runs = add(&project, &[1]);
    let calibration = Calibration::new(runs[0].started, 7, runs[0].machine.clone(), 3);
    project.write("out/qualification.json", &calibration.to_json());
    project.history(&["add", "out/qualification.json"]).expect(0);
    project.site(&[]).expect(0);
    let overview = page(&project, "index.html");
    assert!(
        overview.contains("calibration of this machine on 2026-11-02: 0 false alarms"),
        "{overview}"
    );
}

#[test]
fn comparisons_without_pairs_hide_no_others() {
    let project = Project::committed();
    let runs = add(&project, &[1]);
    let times = json!({"min": 1.0, "median": 1.0});
    let pair = json!({"first": "base", "base": times, "head": times});
    let compared = json!({
        "name": runs[0].benchmarks[0].name, "sample_size": 1, "sample_count": 1,
        "pairs": vec![pair; 20], "state": "unchanged",
    });
    let files: Vec<String> = (0..=COMPARISONS)
        .map(|at| {
            let started = format!("2026-11-02T08:{at:02}:00Z");
            let id = format!("20261102T08{at:02}00Z-1a2b3c4d5e6f-0-1a2b3c4d5e6f");
            let oldest = if at == 0 { vec![compared.clone()] } else { Vec::new() };
            let comparison = json!({
                "schema": 2, "kind": "comparison", "id": id, "started": started, "seed": at,
                "base": "1a2b3c4d5e6f", "head": null, "machine": runs[0].machine,
                "workspace": runs[0].workspace, "benchmarks": oldest,
                "same_code": [runs[0].benchmarks[0].name],
            });
            let path = format!("out/{at}.json");
            project.write(&path, &comparison.to_string());
            path
        })
        .collect();
    let paths: Vec<&str> = files.iter().map(String::as_str).collect();
    project.history(&[&["add"][..], &paths].concat()).expect(0);
    project.site(&[]).expect(0);
    let pages = fs::read_dir(project.path().join("out/site/comparison")).unwrap();
    assert_eq!(pages.count(), 1);
    assert!(page(&project, "compare.html").contains("20261102T080000Z-1a2b3c4d5e6f"));
}

fn path_separator() -> char {
    std::path::MAIN_SEPARATOR
}

#[test]
fn one_more_run_changes_no_page_of_the_runs_before() {
    let project = Project::committed();
    // The site has the name of the repository, and without one that of the folder.
    let remote = ["remote", "add", "origin", "https://example.org/team/app.git"];
    project.git(&remote);
    add(&project, &[1, 2, 3]);
    project.site(&[]).expect(0);
    let first = files(&project);
    project.site(&[]).expect(0);
    assert_eq!(files(&project), first, "the same history gives the same bytes, unwritten");
    add(&project, &[4]);
    project.site(&[]).expect(0);
    let second = files(&project);
    let is_kept = |path: &str| path.starts_with("run/") || path.starts_with("data/day/");
    for (path, file) in first.iter().filter(|(path, _)| is_kept(path)) {
        assert_eq!(second.get(path), Some(file), "{path}");
    }
    let anew = Project::committed();
    anew.git(&remote);
    add(&anew, &[1, 2, 3, 4]);
    anew.site(&[]).expect(0);
    let contents = |files: BTreeMap<String, (SystemTime, Vec<u8>)>| -> BTreeMap<String, Vec<u8>> {
        files.into_iter().map(|(path, (_, contents))| (path, contents)).collect()
    };
    assert_eq!(contents(files(&anew)), contents(second), "built step by step or at once");
}

#[test]
fn templates_can_be_replaced() {
    let project = Project::committed();
    add(&project, &[1]);
    let layout = fs::read_to_string(crate::project::root().join("site-templates/layout.html"));
    project.write("theirs/layout.html", &layout.unwrap().replace("Overview", "Our overview"));
    project.site(&["--templates", "theirs"]).expect(0);
    assert!(page(&project, "index.html").contains("Our overview"));
    project.site(&[]).expect(0);
    let overview = page(&project, "index.html");
    assert!(!overview.contains("Our overview"), "the templates are part of what a page is made of");
    assert!(!page(&project, &format!("run/{}.html", run(1).id)).contains("Our overview"));
    project.write("theirs/layout.html", "<title>{{ titel }}</title>");
    project.site(&["--templates", "theirs"]).expect(2).says("layout.html:1: undefined value");
    project.write("theirs/lay-out.html", "");
    project
        .site(&["--templates", "theirs"])
        .expect(2)
        .says("the site has no template of this name");
    project
        .site(&["--templates", "nowhere"])
        .expect(2)
        .says("cannot read the templates in nowhere");
}

#[test]
fn a_damaged_series_is_named_and_the_rest_is_shown() {
    let project = Project::committed();
    add(&project, &[1, 2]);
    let day_index = project.git(&["ls-tree", "-r", "gh-pages", "data/series/2026"]);
    let object = day_index.split_whitespace().nth(2).unwrap();
    let file = project.path().join(".git/objects").join(&object[..2]).join(&object[2..]);
    assert!(Path::new(&file).exists(), "{day_index}");
    fs::remove_file(file).unwrap();
    project.site(&[]).expect(0).says("history verify --repair");
    assert!(page(&project, "index.html").contains(&run(2).id));
}
