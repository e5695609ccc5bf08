//! The kept build of the base, after something happened to it or to the repository.

use crate::project::{Ended, Project};
use crate::tiny;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn a_repository_that_is_cloned_again_to_the_same_path_is_compared_again() {
    let upstream = tiny::project(100);
    let clone = Project::below(tempfile::tempdir().unwrap(), "clone");
    let path = clone.path().to_str().unwrap();
    for nanoseconds in [200, 300] {
        upstream.git(&["clone", "--quiet", ".", path]);
        tiny::set_time(&clone, nanoseconds);
        let ended = clone.perf(&["--compare", "main", "--no-record"]);
        ended.expect(1).says(": regression (");
        fs::remove_dir_all(path).unwrap();
    }
}

fn compare(project: &Project, cache: &Path, env: &[(&str, &str)]) -> Ended {
    let cache = [("XDG_CACHE_HOME", cache.to_str().unwrap())];
    project.perf_with(&["--compare", "main", "--no-record"], &[&cache, env].concat())
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), found)
        } else {
            found.push(entry.path())
        }
    }
}

/// Cuts off the files of the base's target folder whose names the filter takes.
fn cut_off(cache: &Path, taken: fn(&str) -> bool) {
    let mut files = Vec::new();
    files_below(cache, &mut files);
    let is_taken = |path: &&PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        path.components().any(|part| part.as_os_str() == "target") && taken(name)
    };
    let cut: Vec<&PathBuf> = files.iter().filter(is_taken).collect();
    assert!(!cut.is_empty(), "{files:?}");
    cut.iter().for_each(|path| fs::write(path, "").unwrap());
}

/// Elsewhere than on Linux the folder for caches cannot be chosen.
#[test]
fn a_damaged_build_of_the_base_is_built_again() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let project = tiny::project(100);
    tiny::set_time(&project, 200);
    let cache = tempfile::tempdir().unwrap();
    compare(&project, cache.path(), &[]).expect(1);
    let damages: [fn(&str) -> bool; 4] = [
        |name| name.starts_with("speed-") && !name.contains('.'),
        |name| name.ends_with(".rlib") || name.ends_with(".rmeta") || name.starts_with("speed-"),
        |name| name == "built-from.json",
        |_| true,
    ];
    for taken in damages {
        cut_off(cache.path(), taken);
        compare(&project, cache.path(), &[]).expect(1).says(": regression (");
    }
}

/// Git sets variables for a hook that would lead a checkout of the base to the user's index.
#[test]
fn a_hook_may_compare() {
    let project = tiny::project(100);
    tiny::set_time(&project, 200);
    let cache = tempfile::tempdir().unwrap();
    let index = project.path().join(".git/index");
    let before = fs::read(&index).unwrap();
    let hook = [("GIT_DIR", ".git"), ("GIT_INDEX_FILE", ".git/index"), ("GIT_PREFIX", "")];
    for _ in 0..2 {
        compare(&project, cache.path(), &hook).expect(1).says(": regression (");
        assert_eq!(fs::read(&index).unwrap(), before);
    }
}
