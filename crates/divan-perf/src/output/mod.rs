//! The folder for the results of a run. Its files are replaced and removed, so it has no others.

mod contents;
mod location;
mod site_state;

pub(crate) use site_state::{CachedPart, SITE, SiteState};

use crate::bench::Workspace;
use crate::files::{real, write_atomically};
use anyhow::{Context as _, Result};
use perf_judge::ident::digest;
use site_state::STATE;
use std::path::{Path, PathBuf};

/// The report in the folder.
pub(crate) const REPORT: &str = "report.json";
/// The last comparison of alternatives in the folder.
pub(crate) const VERSUS: &str = "versus.json";

/// The folder for the results of a run: that of `--output`, or the workspace's own.
#[derive(Clone, Debug)]
pub(crate) struct OutputFolder {
    dir: PathBuf,
}

impl OutputFolder {
    /// Creates and marks the folder of `--output`, or the workspace's own.
    ///
    /// Fails if it is a folder of sources, has files that this program did not write, or is not
    /// writable.
    pub(crate) fn claim(option: Option<&Path>, workspace: &Workspace) -> Result<Self> {
        let dir = Self::folder(option, workspace);
        Self::check_location(&dir, workspace)?;
        if !is_cargos_own(&dir, workspace) {
            contents::check(&dir)?;
        }
        Self::create(dir)
    }

    /// The folder of `--output`, or the workspace's own. It is neither created nor marked, for
    /// commands that only access its pending measurements.
    pub(crate) fn locate(option: Option<&Path>, workspace: &Workspace) -> Result<PathBuf> {
        let dir = Self::folder(option, workspace);
        Self::check_location(&dir, workspace)?;
        Ok(dir)
    }

    /// The report that the last run of this workspace wrote, which may be missing.
    pub(crate) fn last_report(option: Option<&Path>, workspace: &Workspace) -> PathBuf {
        Self::folder(option, workspace).join(REPORT)
    }

    /// Creates and marks the folder.
    pub(crate) fn create(dir: PathBuf) -> Result<Self> {
        contents::mark(&dir)?;
        Ok(Self { dir })
    }

    fn folder(option: Option<&Path>, workspace: &Workspace) -> PathBuf {
        option.map_or_else(|| own_folder(workspace), Path::to_owned)
    }

    fn check_location(dir: &Path, workspace: &Workspace) -> Result<()> {
        contents::check_kinds(dir)?;
        location::check(dir, &workspace.root)?;
        contents::check_links(dir)
    }

    /// A path below the folder.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.dir.join(below)
    }

    /// Writes a file below the folder atomically.
    pub(crate) fn write(&self, below: &str, contents: &[u8]) -> Result<PathBuf> {
        let path = self.path(below);
        write_atomically(&path, contents)?;
        Ok(path)
    }

    /// The state of the site's folder after the last build.
    pub(crate) fn site_state(&self) -> Result<Option<SiteState>> {
        SiteState::read(&self.path(STATE))
    }

    pub(crate) fn write_site_state(&self, state: &SiteState) -> Result<()> {
        let text =
            serde_json::to_string(state).context("cannot write the list of the site's files")?;
        self.write(STATE, text.as_bytes()).map(drop)
    }
}

/// `perf` in the target folder. A target folder outside of the workspace may be shared, so each
/// workspace has a folder of its own there.
fn own_folder(workspace: &Workspace) -> PathBuf {
    let perf = workspace.target_dir.join("perf");
    let root = real(&workspace.root);
    if real(&workspace.target_dir).starts_with(&root) {
        return perf;
    }
    let path = root.to_string_lossy();
    let name = root.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let name: String = name.chars().filter(is_plain).collect();
    perf.join(format!("{name}-{:08x}", digest(path.as_bytes()) >> 32))
}

/// Whether `dir` is the workspace's own folder in cargo's target folder. All files there are
/// generated, and older versions left it without a mark.
fn is_cargos_own(dir: &Path, workspace: &Workspace) -> bool {
    let (target, root) = (real(&workspace.target_dir), real(&workspace.root));
    real(dir) == real(&own_folder(workspace)) && !root.starts_with(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_in_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("perf"), "a file").unwrap();
        let error = OutputFolder::create(dir.path().join("perf")).unwrap_err();
        assert!(format!("{error:#}").contains("perf"), "{error:#}");
    }

    fn workspace(root: &Path, target_dir: &Path) -> Workspace {
        Workspace {
            root: root.to_owned(),
            target_dir: target_dir.to_owned(),
            ..Workspace::default()
        }
    }

    #[test]
    fn the_folder_in_cargos_target_folder_is_accepted_as_older_versions_left_it() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        for file in ["launched/copy", "clock_recorder/1/lib.rs", "site/index.html", "notes.txt"] {
            write_atomically(&target.join("perf").join(file), b"").unwrap();
        }
        let workspace = workspace(dir.path(), &target);
        OutputFolder::claim(None, &workspace).unwrap();
        OutputFolder::claim(Some(&target.join("perf")), &workspace).unwrap();
        assert!(target.join("perf/site/index.html").exists());
    }

    #[test]
    fn workspaces_that_share_a_target_folder_have_results_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let shared = dir.path().join("shared");
        let folder = |checkout: &str| {
            let root = dir.path().join(checkout);
            fs::create_dir_all(&root).unwrap();
            own_folder(&workspace(&root, &shared))
        };
        let folders = [folder("one/tool"), folder("other/tool"), folder("one/tool/inner")];
        assert!(folders.iter().all(|folder| folder.starts_with(shared.join("perf"))));
        assert!(folders[0] != folders[1] && folders[0] != folders[2], "{folders:?}");
        assert_eq!(folders[0], folder("one/tool"));
        let own = dir.path().join("one/tool/target");
        assert_eq!(own_folder(&workspace(&dir.path().join("one/tool"), &own)), own.join("perf"));
    }

    #[test]
    fn a_target_folder_that_is_the_workspace_itself_makes_no_exception() {
        let dir = tempfile::tempdir().unwrap();
        write_atomically(&dir.path().join("perf/site/index.html"), b"").unwrap();
        let error = OutputFolder::claim(None, &workspace(dir.path(), dir.path())).unwrap_err();
        assert!(error.to_string().contains("index.html"), "{error:#}");
    }
}
