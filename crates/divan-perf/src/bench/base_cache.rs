//! The folder for builds of base commits: a work tree and a target folder per repository, in the
//! user's cache.

use super::build_folder::BuildFolder;
use super::cached_builds::{CachedBuilds, GROUP_SUFFIX, HEAD_SUFFIX, bytes_below, exceeding};
use super::claim;
use anyhow::{Context as _, Result};
use perf_judge::ident::digest;
use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The folder for builds of one repository's base commits. It is locked until it is dropped.
///
/// It is outside of the user's checkout, so cargo finds neither its workspace nor its configuration.
/// It is kept, so the next build is fast.
#[derive(Debug)]
pub(crate) struct BaseCache {
    /// The work tree.
    pub(crate) tree: PathBuf,
    /// Cargo's target folder.
    target: PathBuf,
    _lock: File,
}

/// One of the folders of a repository. Two commits are only compared if each has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// For the base of a comparison.
    Base,
    /// For a commit that is measured instead of the checkout. It is claimed before that of its base.
    Head,
    /// For one of several commits that are measured together. They are claimed in ascending order.
    Group(u8),
}

/// The most bytes of kept counts. Those of a commit take up to a megabyte per benchmark.
const COUNTS_BYTES: u64 = 500_000_000;

impl BaseCache {
    /// Claims the folder of the repository with this git directory, and removes unused folders.
    pub(crate) fn claim(repository: &Path, slot: Slot) -> Result<Self> {
        Self::below(&CachedBuilds::find()?, repository, slot)
    }

    fn below(builds: &CachedBuilds, repository: &Path, slot: Slot) -> Result<Self> {
        let root = builds.root();
        let owner = repository.to_string_lossy();
        let suffix = match slot {
            Slot::Base => String::new(),
            Slot::Head => HEAD_SUFFIX.to_owned(),
            Slot::Group(at) => format!("{GROUP_SUFFIX}{at}"),
        };
        let dir = root.join(format!("{:016x}{suffix}", digest(owner.as_bytes())));
        let target = dir.join("target");
        claim::prepare(&dir, &owner)?;
        claim::keep(&target, Metadata::is_dir)?;
        let lock = claim::lock(&dir, &owner, "waiting for another comparison of this repository")?;
        claim::prune(root, &dir);
        builds.keep_limit(&dir)?;
        fs::create_dir_all(&target).with_context(|| {
            format!("cannot create the folder {}: is it writable?", target.display())
        })?;
        Ok(Self { tree: dir.join("tree"), target, _lock: lock })
    }

    /// Cargo's target folder for the command that prepares the work tree.
    pub(crate) fn command_target(&self) -> PathBuf {
        self.target.with_file_name("command-target")
    }

    /// The target folder for one build.
    pub(crate) fn build_folder(&self) -> BuildFolder {
        BuildFolder::claimed(self.target.clone())
    }

    /// The folder for counts of a commit. Those of the commits used longest ago are removed.
    pub(crate) fn counts_folder(&self, commit: &str) -> Result<PathBuf> {
        self.counts_within(commit, COUNTS_BYTES)
    }

    fn counts_within(&self, commit: &str, limit: u64) -> Result<PathBuf> {
        let all = self.target.with_file_name("counts");
        claim::keep(&all, Metadata::is_dir)?;
        let own = all.join(commit);
        fs::create_dir_all(&own)
            .with_context(|| format!("cannot create the folder {}", own.display()))?;
        // Reading does not change the time of a folder.
        let _ = File::open(&own).and_then(|own| own.set_modified(SystemTime::now()));
        let modified =
            |entry: &fs::DirEntry| entry.metadata().and_then(|file| file.modified()).ok();
        let commits = fs::read_dir(&all).into_iter().flatten().flatten();
        let mut commits: Vec<_> = commits.map(|entry| (modified(&entry), entry.path())).collect();
        commits.sort();
        let newest_first = commits.into_iter().rev();
        let sizes = newest_first.map(|(_, path)| (bytes_below(&path), path));
        // They are only a cache.
        exceeding(sizes, limit)
            .iter()
            .filter(|path| **path != own)
            .for_each(|path| drop(fs::remove_dir_all(path)));
        Ok(own)
    }

    /// The target folder for one build for a lower level of the processor.
    pub(crate) fn build_folder_for(&self, level: &str) -> Result<BuildFolder> {
        let target = self.target.with_file_name(format!("target-{level}"));
        claim::keep(&target, Metadata::is_dir)?;
        fs::create_dir_all(&target).with_context(|| {
            format!("cannot create the folder {}: is it writable?", target.display())
        })?;
        Ok(BuildFolder::claimed(target))
    }
}

#[cfg(test)]
mod tests {
    use super::claim::{LOCK, OWNER};
    use super::*;
    use std::time::Duration;

    #[test]
    fn counts_of_the_commits_used_last_are_kept() {
        let root = tempfile::tempdir().unwrap();
        let builds = CachedBuilds::at(root.path());
        let cache = BaseCache::below(&builds, Path::new("/somewhere/.git"), Slot::Base).unwrap();
        for (age, commit) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
            let folder = cache.counts_folder(commit).unwrap();
            fs::write(folder.join("counts.json"), [0; 100]).unwrap();
            let modified = SystemTime::now() - Duration::from_secs(60 * age);
            File::open(&folder).unwrap().set_modified(modified).unwrap();
        }
        // It is used now, so the oldest is another one.
        cache.counts_within("d", 300).unwrap();
        let kept = |commit: &str| cache.target.with_file_name("counts").join(commit).exists();
        assert_eq!(["a", "b", "c", "d"].map(kept), [true, true, false, true]);
    }

    type CacheDamage = (&'static str, fn(&Path));

    #[test]
    fn a_damaged_cache_is_claimed() {
        const DAMAGES: [CacheDamage; 5] = [
            ("a file for the cache", |dir| fs::write(dir, "").unwrap()),
            ("a folder for the lock", |dir| fs::create_dir_all(dir.join(LOCK)).unwrap()),
            ("a folder for the owner", |dir| fs::create_dir_all(dir.join(OWNER)).unwrap()),
            ("a file for the target", |dir| {
                fs::create_dir_all(dir).unwrap();
                fs::write(dir.join("target"), "").unwrap();
            }),
            ("a lock that is not held", |dir| {
                fs::create_dir_all(dir).unwrap();
                fs::write(dir.join(LOCK), "left behind").unwrap();
            }),
        ];
        for (damage, apply) in DAMAGES {
            let root = tempfile::tempdir().unwrap();
            let repository = Path::new("/somewhere/.git");
            let dir = root.path().join(format!("{:016x}", digest(b"/somewhere/.git")));
            apply(&dir);
            let cache = BaseCache::below(&CachedBuilds::at(root.path()), repository, Slot::Base);
            let cache = cache.unwrap_or_else(|error| panic!("{damage}: {error:#}"));
            assert!(cache.target.is_dir() && dir.join(LOCK).is_file(), "{damage}");
        }
    }
}
