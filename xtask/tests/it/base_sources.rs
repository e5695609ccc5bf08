//! A base whose sources are not all in its commit: submodules, and path dependencies elsewhere.

use crate::project::{Ended, Project};
use crate::tiny;
use std::fs;

fn compare(project: &Project) -> Ended {
    project.perf(&["--compare", "main", "--no-record"])
}

/// A package without anything in it.
fn write_package(project: &Project, folder: &str, name: &str) {
    let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
    project.write(&format!("{folder}/Cargo.toml"), &manifest);
    project.write(&format!("{folder}/src/lib.rs"), "");
}

/// A commit on `main` and a slower one on `head`, in a repository with the submodule `data`.
fn with_submodule() -> (Project, Project) {
    let (project, data) = (tiny::project(100), Project::committed());
    let url = data.path().to_str().unwrap();
    project.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "data"]);
    project.commit_all();
    project.git(&["checkout", "--quiet", "-b", "head"]);
    tiny::set_time(&project, 200);
    project.commit_all();
    (project, data)
}

#[test]
fn a_base_gets_its_submodules() {
    let (project, data) = with_submodule();
    compare(&project).expect(1).says(": regression (");
    // The head alone has a newer commit of the submodule.
    data.write("time.txt", "300");
    data.commit_all();
    project.git(&["-C", "data", "pull", "--quiet"]);
    tiny::set_time(&project, 100);
    compare(&project).expect(0).says("the submodule data is not at the commit");
    // A commit that only another clone has.
    project.git(&["update-index", "--cacheinfo", &format!("160000,{},data", "1".repeat(40))]);
    project.git(&["commit", "--quiet", "--message=unknown"]);
    project.git(&["branch", "--force", "main"]);
    let ended = compare(&project);
    let fix = format!("run `git -C data fetch origin {}`", "1".repeat(40));
    ended.expect(2).says("the merge base with main: this clone lacks").says(&fix);
    assert!(!ended.stderr.contains("building"), "{}", ended.stderr);
}

#[test]
fn a_submodule_that_is_checked_out_on_neither_side_makes_no_difference() {
    let (project, _data) = with_submodule();
    project.git(&["submodule", "--quiet", "deinit", "--force", "data"]);
    project.git(&["config", "submodule.recurse", "true"]);
    compare(&project).expect(1).says(": regression (");
}

#[test]
fn a_head_with_submodules_is_compared_with_a_base_without() {
    let (project, _data) = with_submodule();
    project.git(&["branch", "--force", "main", "main^"]);
    compare(&project).expect(1).says(": regression (");
    project.write("data/src/lib.rs", "// changed\n");
    compare(&project).expect(1).says("the submodule data has uncommitted changes");
}

/// A benchmark that reads a file that git ignores by `reading`, a statement before `place`. The head
/// is slower.
fn with_ignored_input(place: &str, reading: &str) -> Project {
    let project = tiny::project(100);
    let bench = project.read("benches/speed.rs");
    let bench = bench.replace(place, &format!("{reading}\n{place}"));
    project.write("benches/speed.rs", &bench);
    project.write("examples/generate.rs", GENERATE);
    project.commit_all();
    project.write(".git/info/exclude", "data/\n");
    project.write("data/a.txt", "input");
    project.git(&["checkout", "--quiet", "-b", "head"]);
    tiny::set_time(&project, 200);
    project
}

/// The first statement of the bench.
const FIRST: &str = "    std::hint::black_box(";

const GENERATE: &str = r#"fn main() {
    std::fs::create_dir_all("data").and_then(|()| std::fs::write("data/a.txt", "made")).unwrap();
}
"#;

#[test]
fn a_base_that_lacks_a_file_of_a_bench_is_incomplete_until_it_is_brought() {
    let panics = "assert!(std::fs::read(\"data/a.txt\").is_ok(), \"no data/a.txt\");";
    let ends = "if std::fs::read(\"data/a.txt\").is_err() { return }";
    for (place, reading, reason) in [
        (FIRST, panics, "no data/a.txt"),
        (FIRST, ends, "its program ended before Divan started"),
        ("    let value =", panics, "no data/a.txt"),
    ] {
        let project = with_ignored_input(place, reading);
        let ended = compare(&project);
        ended.expect(3).says("cannot run it").says(reason).says("`base.files`");
        assert_eq!(project.report()["rows"][0]["verdict"]["state"], "missing");
        assert!(!ended.stdout.contains("run the missing benchmarks"), "{}", ended.stdout);

        project.write("perf-budgets.json", r#"{"schema": 2, "base": {"files": ["data/*"]}}"#);
        compare(&project).expect(1).says(": regression (");
        // Without a change of the code there is nothing to measure.
        tiny::set_time(&project, 100);
        compare(&project).expect(0).says("identical executables");
        assert_eq!(project.read("data/a.txt"), "input");
    }
}

#[test]
fn a_command_generates_files_of_the_base() {
    let project = with_ignored_input(FIRST, "std::fs::read(\"data/a.txt\").unwrap();");
    let command = |command: &str| {
        let settings = format!(r#"{{"schema": 2, "base": {{"command": {command}}}}}"#);
        project.write("perf-budgets.json", &settings);
        compare(&project)
    };
    let generate = r#"["cargo", "run", "--quiet", "--example", "generate"]"#;
    command(generate).expect(1).says(": regression (");
    // The executables are the same, and what they read is not.
    tiny::set_time(&project, 100);
    let ended = command(generate);
    assert!(!ended.expect(0).stdout.contains("identical executables"), "{}", ended.stdout);
    let ended = command(r#"["cargo", "run", "--quiet", "--example", "absent"]"#);
    ended.expect(2).says("`base.command` of perf-budgets.json, failed in the base").says("absent");
}

#[test]
fn a_base_with_a_dependency_outside_the_repository_is_refused() {
    let project = Project::below(tempfile::tempdir().unwrap(), "project");
    let upstream = tiny::project(100);
    upstream.git(&["clone", "--quiet", ".", project.path().to_str().unwrap()]);
    write_package(&project, "../shared", "shared");
    let manifest = project.read("Cargo.toml");
    project.write(
        "Cargo.toml",
        &format!("{manifest}\n[dependencies]\nshared = {{ path = \"../shared\" }}\n"),
    );
    project.commit_all();
    project.git(&["checkout", "--quiet", "-b", "head"]);
    tiny::set_time(&project, 200);
    project.commit_all();
    let ended = compare(&project);
    ended.expect(2).says("cannot measure");
    ended.says("`shared`, a path dependency of the package `tiny` (Cargo.toml), is outside");
    assert!(!ended.stderr.contains("failed to load"), "{}", ended.stderr);
}

/// The path is inside the checkout, so the base would be built with the head's sources.
#[test]
fn a_base_with_an_absolute_path_into_the_checkout_is_refused() {
    let project = tiny::project(100);
    write_package(&project, "shared", "shared");
    let path = project.path().join("shared").display().to_string().replace('\\', "/");
    let manifest = project.read("Cargo.toml");
    project.write(
        "Cargo.toml",
        &format!("{manifest}\n[dependencies]\nshared = {{ path = \"{path}\" }}\n"),
    );
    project.commit_all();
    project.git(&["checkout", "--quiet", "-b", "head"]);
    project.write("shared/src/lib.rs", "// slower\n");
    project.commit_all();
    compare(&project).expect(2).says("`shared`, a path dependency of the package `tiny`");
}

#[test]
fn a_workspace_in_a_folder_may_depend_on_another_folder_of_the_repository() {
    let project = tiny::project(100);
    fs::create_dir(project.path().join("tool")).unwrap();
    for moved in ["Cargo.toml", "Cargo.lock", "benches", "src"] {
        project.git(&["mv", moved, &format!("tool/{moved}")]);
    }
    write_package(&project, "shared", "shared");
    let time = |nanoseconds: u32| {
        let body = format!("pub fn nanoseconds() -> u32 {{\n    {nanoseconds}\n}}\n");
        project.write("shared/src/lib.rs", &body);
    };
    let manifest = project.read("tool/Cargo.toml");
    project.write(
        "tool/Cargo.toml",
        &format!("{manifest}\n[dependencies]\nshared = {{ path = \"../shared\" }}\n"),
    );
    project.write("tool/src/lib.rs", "pub use shared::nanoseconds;\n");
    time(100);
    project.commit_all();
    time(200);
    let args = ["--compare", "main", "--no-record", "--manifest-path", "tool/Cargo.toml"];
    project.perf(&args).expect(1).says(": regression (");
}
