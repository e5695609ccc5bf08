//! A target folder for benches in which only this program builds.
//!
//! Cargo decides by modification times whether an artefact is up to date. Its names for artefacts,
//! its messages and its dep-info files contain no path of the checkout. In a folder that several
//! checkouts share, it uses the executables of one for another, and this cannot be detected later.
//! The same happens if sources change without a newer modification time, for example on a runner
//! that restores a cache. Benches are therefore built in a folder per checkout, and the files that
//! they were built from are recorded there.

use super::build::{self, Built};
use super::claim::{self, LOCK, OWNER};
use super::shared_dependencies;
use super::workspace::Workspace;
use crate::cargo::{BuildAdditions, KNOWN_LEVEL};
use crate::files::{remove, write_atomically};
use crate::store::SourceState;
use crate::ui;
use anyhow::{Context as _, Result, ensure};
use perf_judge::ident::digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A target folder. It is locked until it is dropped.
#[derive(Debug)]
pub(crate) struct BuildFolder {
    dir: PathBuf,
    lock: Option<File>,
    /// Whether it has compiled dependencies of another folder and nothing else.
    has_only_dependencies: bool,
}

/// The file with the list of files that the artefacts were built from.
const RECORD: &str = "built-from.json";
/// The folder of the profile `bench` in a target folder.
const RELEASE: &str = "release";
/// The prefix of the folders' names in cargo's target folder, where `cargo clean` removes them.
const PREFIX: &str = "perf-";

impl BuildFolder {
    /// Claims the folder of a checkout, and removes those of checkouts that no longer exist. Builds
    /// for another `level` of the processor have a folder of their own, so neither rebuilds the other.
    fn claim(workspace: &Workspace, level: Option<&str>) -> Result<Self> {
        let root = fs::canonicalize(&workspace.root).unwrap_or_else(|_| workspace.root.clone());
        let owner = root.to_string_lossy();
        let suffix = level.map_or_else(String::new, |level| format!("-{level}"));
        let name = format!("{PREFIX}{:016x}{suffix}", digest(owner.as_bytes()));
        let dir = workspace.target_dir.join(name);
        claim::prepare(&dir, &owner)?;
        // Some network file systems have no locks. Cargo builds there without them, too.
        let lock =
            claim::lock(&dir, &owner, "waiting for another measurement of this checkout to end");
        let folder = Self { dir, lock: lock.ok(), has_only_dependencies: false };
        let folder = folder.beginning_as_in(&workspace.target_dir)?;
        claim::prune(&workspace.target_dir, &folder.dir);
        Ok(folder)
    }

    /// A folder that the caller has locked.
    pub(super) fn claimed(dir: PathBuf) -> Self {
        Self { dir, lock: None, has_only_dependencies: false }
    }

    /// Takes compiled dependencies from the folder of another build if it is empty.
    pub(crate) fn beginning_with(self, other: &Built) -> Result<Self> {
        match &other.folder {
            Some(folder) => self.with_dependencies(|to| shared_dependencies::copy(folder, to)),
            None => Ok(self),
        }
    }

    /// The same from the newest folder of another checkout in cargo's target folder, or from what
    /// `cargo bench` built there.
    pub(crate) fn beginning_as_in(self, target_dir: &Path) -> Result<Self> {
        let own = self.dir.clone();
        let folders = fs::read_dir(target_dir).into_iter().flatten().flatten();
        let is_other = |folder: &PathBuf| {
            let name = folder.file_name().and_then(|name| name.to_str());
            *folder != own && name.is_some_and(|name| name.starts_with(PREFIX))
        };
        let others = folders.map(|entry| entry.path()).filter(is_other);
        let used = |folder: &PathBuf| fs::metadata(folder.join(LOCK)).ok()?.modified().ok();
        let newest = others.filter_map(|folder| Some((used(&folder)?, folder))).max();
        let Some((_, other)) = newest else {
            let release = target_dir.join(RELEASE);
            return self.with_dependencies(|to| {
                shared_dependencies::copy_profile(&release, &to.join(RELEASE))
            });
        };
        let lock = File::open(other.join(LOCK));
        if lock.as_ref().is_ok_and(|lock| lock.try_lock().is_ok()) {
            return self.with_dependencies(|to| shared_dependencies::copy(&other, to));
        }
        Ok(self)
    }

    fn with_dependencies(mut self, copy: impl Fn(&Path) -> Result<()>) -> Result<Self> {
        if !self.is_empty() {
            return Ok(self);
        }
        match copy(&self.dir) {
            Ok(()) => self.has_only_dependencies = !self.is_empty(),
            Err(error) => {
                ui::say(&format!("{error:#}: compiling all dependencies"));
                self.empty()?;
            }
        }
        Ok(self)
    }

    /// Builds the benches of a checkout in the folder that belongs to it.
    pub(crate) fn build_checkout(workspace: &Workspace) -> Result<Built> {
        let additions = BuildAdditions::default();
        let sources = SourceState::around(&workspace.root, &workspace.target_dir)?;
        Self::claim(workspace, None)?.build_if_known(workspace, &additions, sources)
    }

    /// Builds the benches of a checkout again, for the processor level that valgrind supports. `built` is
    /// the first build.
    ///
    /// Fails if files have changed since then.
    pub(crate) fn build_checkout_again(workspace: &Workspace, built: &Built) -> Result<Built> {
        let sources = SourceState::around(&workspace.root, &workspace.target_dir)?;
        ensure!(sources == built.sources, "files were changed since the first build");
        let folder = Self::claim(workspace, Some(KNOWN_LEVEL))?;
        folder.build_if_known(workspace, &workspace.config.for_known_level(), sources)
    }

    /// Without a repository, only cargo decides what is up to date.
    fn build_if_known(
        self,
        workspace: &Workspace,
        additions: &BuildAdditions,
        sources: Option<SourceState>,
    ) -> Result<Built> {
        match sources {
            Some(sources) => self.build(workspace, additions, &sources),
            None => self.run(workspace, additions).map(|built| built.with_claim(self.lock)),
        }
    }

    /// Builds the workspace's benches. `sources` are the files of its work tree.
    pub(crate) fn build(
        self,
        workspace: &Workspace,
        additions: &BuildAdditions,
        sources: &SourceState,
    ) -> Result<Built> {
        let (last, ended) = self.last_build();
        if !self.has_only_dependencies
            && let Some(reason) = last.rebuild_reason(sources, ended)
        {
            ui::say(&format!("{reason}: rebuilding everything"));
            self.empty()?;
        }
        // An interrupted build leaves artefacts of the last build and its own.
        let begins = self.has_only_dependencies || self.is_empty();
        let last = if begins { BuildRecord::empty() } else { last };
        let unfinished = last.mixed(sources);
        self.record(&unfinished)?;
        let built = self.run(workspace, additions);
        let record = built.as_ref().map_or(unfinished, |built| BuildRecord::of(sources, built));
        self.record(&record)?;
        Ok(built?.with_sources(sources.clone()).with_folder(self.dir).with_claim(self.lock))
    }

    /// Whether the folder has no artefacts.
    pub(crate) fn is_empty(&self) -> bool {
        newest_below(&self.dir) == SystemTime::UNIX_EPOCH
    }

    /// Removes everything except the files of the claim.
    pub(crate) fn empty(&self) -> Result<()> {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let is_claim = [OWNER, LOCK].iter().any(|name| entry.file_name() == *name);
            if !is_claim {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    fn run(&self, workspace: &Workspace, additions: &BuildAdditions) -> Result<Built> {
        let mut additions = additions.clone();
        additions.args.extend(self.options());
        build::build(workspace, &additions)
    }

    /// Cargo's options for this folder. As the last ones, they override its configuration.
    pub(super) fn options(&self) -> Vec<String> {
        let mut options = vec![format!("--target-dir={}", self.dir.display())];
        // Cargo treats braces as a variable.
        let dir = self.dir.to_str().filter(|dir| !dir.contains('{'));
        // TOML has the escapes of JSON.
        let dir = dir.and_then(|dir| serde_json::to_string(dir).ok());
        options.extend(dir.map(|dir| format!("--config=build.build-dir={dir}")));
        options
    }

    /// The last build, and the time of its end.
    fn last_build(&self) -> (BuildRecord, SystemTime) {
        let path = self.dir.join(RECORD);
        let text = fs::read(&path).unwrap_or_default();
        let ended = fs::metadata(&path).and_then(|record| record.modified());
        let ended = ended.unwrap_or_else(|_| newest_below(&self.dir));
        (serde_json::from_slice(&text).unwrap_or_default(), ended)
    }

    fn record(&self, record: &BuildRecord) -> Result<()> {
        let path = self.dir.join(RECORD);
        let text =
            serde_json::to_vec(record).context("cannot write the list of the build's files")?;
        claim::keep(&path, Metadata::is_file)?;
        write_atomically(&path, &text)
    }
}

/// The inputs and outputs of a build.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct BuildRecord {
    /// The files that it was built from; `None` if they are unknown.
    sources: Option<SourceState>,
    /// Sizes of the executables in bytes by their paths.
    executables: BTreeMap<String, u64>,
}

impl BuildRecord {
    /// The record of an empty folder.
    fn empty() -> Self {
        Self { sources: Some(SourceState::default()), ..Self::default() }
    }

    fn of(sources: &SourceState, built: &Built) -> Self {
        let files = built.files.values().flatten();
        let entry = |path: &PathBuf| Some((path.to_string_lossy().into_owned(), size(path)?));
        Self { sources: Some(sources.clone()), executables: files.filter_map(entry).collect() }
    }

    /// A record for artefacts of this build or of one from these sources.
    fn mixed(self, sources: &SourceState) -> Self {
        let sources = self.sources.map(|last| sources.mixed(&last));
        Self { sources, executables: BTreeMap::new() }
    }

    /// Why cargo cannot decide after this build what is up to date; `None` if it can. The build
    /// ended at `ended`.
    fn rebuild_reason(&self, sources: &SourceState, ended: SystemTime) -> Option<&'static str> {
        let hides = match &self.sources {
            Some(last) => sources.hides_change(last, ended),
            None => sources.may_hide_change(ended),
        };
        if hides {
            return Some("files may have changed without a newer modification time");
        }
        // Cargo rebuilds a missing file, but not a truncated one.
        let is_truncated =
            |(path, was): (&String, &u64)| size(Path::new(path)).is_some_and(|is| is != *was);
        self.executables.iter().any(is_truncated).then_some("the last build is damaged")
    }
}

fn size(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|file| file.len())
}

/// The modification time of the newest artefact in the folders below `dir`.
fn newest_below(dir: &Path) -> SystemTime {
    let entries = || fs::read_dir(dir).into_iter().flatten().flatten();
    let folders = entries().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|folder| newest_in(&folder.path())).max().unwrap_or(SystemTime::UNIX_EPOCH)
}

fn newest_in(dir: &Path) -> SystemTime {
    let files = fs::read_dir(dir).into_iter().flatten().flatten().filter_map(|entry| {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        is_file.then(|| entry.metadata().and_then(|file| file.modified()).ok())?
    });
    files.max().unwrap_or(SystemTime::UNIX_EPOCH).max(newest_below(dir))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn workspace(root: &Path, target_dir: &Path) -> Workspace {
        Workspace {
            root: root.to_owned(),
            target_dir: target_dir.to_owned(),
            ..Workspace::default()
        }
    }

    #[test]
    fn each_checkout_has_its_folder_and_loses_it_when_it_is_gone() {
        let target = tempfile::tempdir().unwrap();
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let claim =
            |root: &Path| BuildFolder::claim(&workspace(root, target.path()), None).unwrap().dir;
        let (first, second) = (claim(one.path()), claim(other.path()));
        assert_ne!(first, second);
        let held = BuildFolder::claim(&workspace(one.path(), target.path()), None).unwrap();
        assert_eq!(held.dir, first);
        assert!(File::open(first.join(LOCK)).unwrap().try_lock().is_err());
        drop(held);
        other.close().unwrap();
        // A process that another test starts has the lock until its program begins.
        let is_removed = |_| {
            claim(one.path());
            std::thread::sleep(Duration::from_millis(10));
            !second.exists()
        };
        assert!((0..500).any(is_removed) && first.exists());
    }

    #[test]
    fn a_folder_without_a_record_is_as_old_as_its_newest_artefact() {
        let dir = tempfile::tempdir().unwrap();
        let folder = BuildFolder::claimed(dir.path().to_owned());
        let now = SystemTime::now();
        fs::write(dir.path().join(LOCK), "").unwrap();
        assert_eq!(folder.last_build().1, SystemTime::UNIX_EPOCH);
        let deps = dir.path().join("release/deps");
        fs::create_dir_all(&deps).unwrap();
        for (name, age) in [("old", 100), ("new", 10)] {
            let file = File::create(deps.join(name)).unwrap();
            file.set_modified(now - Duration::from_secs(age)).unwrap();
        }
        let (files, built) = folder.last_build();
        let age = now.duration_since(built).unwrap();
        assert!(files == BuildRecord::default() && (9..=11).contains(&age.as_secs()), "{age:?}");
        fs::write(dir.path().join(RECORD), "damaged").unwrap();
        assert_eq!(folder.last_build().0, BuildRecord::default());
    }

    #[test]
    fn everything_but_the_claim_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("release/deps")).unwrap();
        for file in [OWNER, LOCK, RECORD, ".rustc_info.json"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        BuildFolder::claimed(dir.path().to_owned()).empty().unwrap();
        let left = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, [LOCK, OWNER]);
    }
}
