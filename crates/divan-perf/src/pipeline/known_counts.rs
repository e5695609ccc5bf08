//! Counts of a run that are known from earlier runs with the same output folder.
//!
//! Counting takes longer than measuring, and many commits change no bench. Two conditions make the counts of
//! a benchmark known. All files that it executes have the bytes of an earlier run, and it reads no file
//! that changed since then.

use super::executor::Executor;
use super::unchanged::{BuildTree, ReadableFiles, readable_since};
use crate::bench::{
    BenchmarkCounts, CountJob, ListedBenchmark, RunCount, RunCounts, counted_part, counting_tool,
};
use crate::store::Repository;
use anyhow::{Context as _, Result};
use executed_code::digest;
use perf_judge::budget::BaseConfig;
use perf_judge::ident::BenchmarkId;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The file of kept counts in the output folder.
const FILE: &str = "run-counts.json";

/// The kept counts, and what identifies those of a run.
pub(super) struct KnownCounts {
    path: PathBuf,
    kept: RunCounts,
    /// What is counted, by row.
    keys: BTreeMap<BenchmarkId, String>,
    /// The measured commit.
    commit: String,
}

/// A row that was counted before, its benchmark and its counts.
type CountedRow<'a> = (&'a BenchmarkId, &'a ListedBenchmark, &'a RunCount);

impl KnownCounts {
    /// Reads what is kept. `None` without a repository or valgrind, and if the benches are not exactly
    /// those of a commit.
    pub(super) fn read(
        executor: &Executor<'_>,
        jobs: &[(BenchmarkId, CountJob<'_>)],
    ) -> Result<Option<Self>> {
        let Executor { context, suite, .. } = executor;
        let Some(commit) = context.history.commit.as_ref().map(|commit| commit.hash.clone()) else {
            return Ok(None);
        };
        let is_exact = match suite.tree() {
            Some(_) => context.project.settings.base == BaseConfig::default(),
            None => context.is_clean_at(&commit)?,
        };
        if !is_exact || suite.second.get().is_some() {
            return Ok(None);
        }
        let Some(tool) = counting_tool() else { return Ok(None) };
        let mut packages: BTreeMap<&str, String> = BTreeMap::new();
        for (name, _) in jobs {
            if !packages.contains_key(name.package()) {
                packages.insert(name.package(), executed_files(executor, name.package())?);
            }
        }
        let libc = &suite.machine.libc;
        let key = |(name, job): &(BenchmarkId, CountJob<'_>)| {
            let (files, part) = (&packages[name.package()], counted_part(job));
            (name.clone(), format!("{tool} {libc} {files} {part}"))
        };
        let path = context.project.output.path(FILE);
        let keys = jobs.iter().map(key).collect();
        Ok(Some(Self { kept: RunCounts::read(&path), path, keys, commit }))
    }

    /// The known counts by row.
    pub(super) fn find(
        &self,
        executor: &Executor<'_>,
        jobs: &[(BenchmarkId, CountJob<'_>)],
    ) -> Result<BTreeMap<BenchmarkId, BenchmarkCounts>> {
        let Some(repository) = executor.context.history.repository() else {
            return Ok(BTreeMap::new());
        };
        // By commit and package.
        let mut before: BTreeMap<(&str, &str), Vec<CountedRow<'_>>> = BTreeMap::new();
        for (name, job) in jobs {
            let Some(kept) = self.kept.get(&self.keys[name]) else { continue };
            if kept.has_spreads() || job.repeats == 1 {
                let of_package = before.entry((&kept.commit, name.package())).or_default();
                of_package.push((name, job.entry, kept));
            }
        }
        let mut known = BTreeMap::new();
        for ((commit, package), rows) in before {
            let Some(files) = self.files_since(executor, repository, commit, package) else {
                continue;
            };
            let entries: Vec<ListedBenchmark> =
                rows.iter().map(|(_, entry, _)| (*entry).clone()).collect();
            if files.are_unread(&executor.suite.launcher, &entries, &[])? {
                known
                    .extend(rows.iter().map(|(name, _, kept)| ((*name).clone(), kept.to_counts())));
            }
        }
        Ok(known)
    }

    /// The files changed since a commit that benches of a package can read. `None` if that is unknown,
    /// for example because the commit no longer exists.
    fn files_since(
        &self,
        executor: &Executor<'_>,
        repository: &Repository,
        commit: &str,
        package: &str,
    ) -> Option<ReadableFiles> {
        let changed = if commit == self.commit {
            Vec::new()
        } else {
            repository.changed_between(commit, &self.commit).ok()?
        };
        let Executor { context, suite, .. } = executor;
        let root = suite.tree().map_or_else(|| repository.root(), ToOwned::to_owned);
        let workspace = &context.project.workspace;
        readable_since(&changed, BuildTree { built: &suite.built, workspace, root: &root }, package)
    }

    /// Keeps the counts of this run for later ones.
    pub(super) fn keep<'b>(
        mut self,
        counted: impl Iterator<Item = (&'b BenchmarkId, &'b BenchmarkCounts)>,
    ) -> Result<()> {
        for (name, counts) in counted {
            if let Some(key) = self.keys.remove(name) {
                self.kept.keep(key, &self.commit, counts);
            }
        }
        self.kept.write(&self.path)
    }
}

/// A digest of the files that processes of a package's benches execute.
fn executed_files(executor: &Executor<'_>, package: &str) -> Result<String> {
    let files = executor.suite.built.run_files(&executor.context.project.workspace, package);
    let digests = files.iter().map(|path| {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!("{name} {}", digest(&bytes)))
    });
    Ok(digest(digests.collect::<Result<Vec<String>>>()?.join("\n").as_bytes()))
}
