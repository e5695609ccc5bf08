//! Refuses locations that are never an output folder.

use crate::files::real;
use crate::store;
use anyhow::{Result, bail};
use std::env;
use std::path::Path;

/// Fails if `dir` has sources, is part of a repository, or contains the home folder. `root` is the
/// workspace's folder.
pub(super) fn check(dir: &Path, root: &Path) -> Result<()> {
    match reason(&real(dir), root)? {
        Some(reason) => bail!(
            "cannot use the output folder {}: {reason}. Give --output another folder",
            dir.display()
        ),
        None => Ok(()),
    }
}

fn reason(dir: &Path, root: &Path) -> Result<Option<String>> {
    if is_below_git(dir) || store::git_folder(root)?.is_some_and(|git| dir.starts_with(git)) {
        return Ok(Some("it is part of a git repository's own data".to_owned()));
    }
    if real(root).starts_with(dir) {
        return Ok(Some(format!("it contains the workspace {}", root.display())));
    }
    let home = env::home_dir().filter(|home| !home.as_os_str().is_empty());
    if home.is_some_and(|home| real(&home).starts_with(dir)) {
        return Ok(Some("it is or contains your home folder".to_owned()));
    }
    if dir.join("Cargo.toml").exists() {
        return Ok(Some("it contains a Cargo.toml, so it is a folder of sources".to_owned()));
    }
    let tracked = store::tracked_below(dir)?;
    Ok(tracked.map(|file| format!("git tracks files in it, e.g. {file}")))
}

fn is_below_git(dir: &Path) -> bool {
    dir.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test_git as git;
    use std::fs;
    use std::path::PathBuf;

    /// A workspace at `repository/tool`, with another folder of files that git tracks.
    fn repository() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let repository = dir.path().join("repository");
        for file in ["tool/Cargo.toml", "docs/site/index.html", "other/Cargo.toml"] {
            fs::create_dir_all(repository.join(file).parent().unwrap()).unwrap();
            fs::write(repository.join(file), "").unwrap();
        }
        git(&repository, &["init", "--quiet"]);
        git(&repository, &["add", "docs"]);
        (dir, repository)
    }

    #[test]
    fn sources_and_repositories_are_never_an_output() {
        let (_dir, repository) = repository();
        let root = repository.join("tool");
        let cases = [
            ("tool", Some("contains the workspace")),
            ("tool/new/..", Some("contains the workspace")),
            ("", Some("contains the workspace")),
            ("..", Some("contains the workspace")),
            ("other", Some("a Cargo.toml")),
            ("docs", Some("site/index.html")),
            ("docs/site", Some("index.html")),
            ("tool/../docs/site", Some("index.html")),
            (".git", Some("git repository's own data")),
            (".git/new/folder", Some("git repository's own data")),
            ("tool/target/perf", None),
            ("docs/new", None),
            ("new", None),
        ];
        for (path, expected) in cases {
            let found = check(&repository.join(path), &root);
            let found = found.map_or_else(|error| error.to_string(), |()| String::new());
            let is_expected = expected.map_or(found.is_empty(), |text| found.contains(text));
            assert!(is_expected, "{path}: {found}");
        }
        let home = check(&env::home_dir().unwrap(), &root).unwrap_err();
        assert!(home.to_string().contains("home folder"), "{home}");
    }

    #[test]
    fn the_folder_of_a_repository_may_have_another_name() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let option = format!("--separate-git-dir={}", data.display());
        fs::create_dir(dir.path().join("work")).unwrap();
        git(&dir.path().join("work"), &["init", "--quiet", &option]);
        let error = check(&data.join("new"), &dir.path().join("work")).unwrap_err();
        assert!(error.to_string().contains("own data"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_checked_as_its_target() {
        let (dir, repository) = repository();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(repository.join("docs"), &link).unwrap();
        let error = check(&link.join("site"), &repository.join("tool")).unwrap_err();
        assert!(error.to_string().contains("git tracks"), "{error}");
    }
}
