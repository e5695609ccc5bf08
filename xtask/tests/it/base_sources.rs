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
fn a_base_with_submodules_is_refused_before_anything_is_built() {
    let (project, _data) = with_submodule();
    let ended = compare(&project);
    ended
        .expect(2)
        .says("the merge base with main: submodules are not supported")
        .says("it has data");
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
