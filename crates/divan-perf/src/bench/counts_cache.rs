//! Counts of a commit's benchmarks, kept for later comparisons with it.

use super::counted_sample::counted_config;
use super::counting::{BenchmarkCounts, CountJob};
use super::executed_sample::ExecutedSample;
use crate::files::write_atomically;
use anyhow::{Context as _, Result};
use executed_code::digest;
use perf_judge::run::Quantities;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Counts of the benchmarks of one commit, each in a file.
///
/// They are those of an executable with the same bytes, with the same samples and the same valgrind.
#[derive(Debug)]
pub(crate) struct CountsCache {
    folder: PathBuf,
    /// What counts.
    tool: String,
}

/// The file of a benchmark.
#[derive(Serialize, Deserialize)]
struct KeptCounts {
    /// What was counted. The name of the file is a digest of it.
    key: String,
    counts: Quantities,
    has_other_allocator: bool,
    executed: ExecutedSample,
}

impl CountsCache {
    /// The counts in `folder`, that of the commit. `None` without valgrind.
    pub(crate) fn open(folder: PathBuf) -> Option<Self> {
        Some(Self { folder, tool: counting_tool()? })
    }

    /// The kept counts of a benchmark. A file that cannot be read is counted again.
    pub(crate) fn get(&self, job: &CountJob<'_>) -> Option<BenchmarkCounts> {
        let key = self.key(job).ok()?;
        let bytes = fs::read(self.path(&key)).ok()?;
        let kept: KeptCounts = serde_json::from_slice(&bytes).ok()?;
        (kept.key == key).then(|| BenchmarkCounts {
            counts: kept.counts,
            has_other_allocator: kept.has_other_allocator,
            executed: Some(Ok(kept.executed)),
            ..BenchmarkCounts::default()
        })
    }

    /// Keeps the counts of a benchmark whose executed code is known.
    pub(crate) fn keep(&self, job: &CountJob<'_>, counted: &BenchmarkCounts) -> Result<()> {
        let Some(Ok(executed)) = &counted.executed else { return Ok(()) };
        let key = self.key(job)?;
        let path = self.path(&key);
        let kept = KeptCounts {
            key,
            counts: counted.counts.clone(),
            has_other_allocator: counted.has_other_allocator,
            executed: executed.clone(),
        };
        let cannot = || format!("cannot keep counts in {}", self.folder.display());
        fs::create_dir_all(&self.folder).with_context(cannot)?;
        write_atomically(&path, &serde_json::to_vec(&kept)?).with_context(cannot)
    }

    fn key(&self, job: &CountJob<'_>) -> Result<String> {
        let executable = &job.entry.executable.path;
        let bytes = fs::read(executable)
            .with_context(|| format!("cannot read {}", executable.display()))?;
        Ok(format!("{} {} {}", self.tool, digest(&bytes), counted_part(job)))
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(Path::new(&digest(key.as_bytes()))).with_extension("json")
    }
}

/// The versions of what counts. `None` without valgrind.
pub(crate) fn counting_tool() -> Option<String> {
    let output = Command::new("valgrind").arg("--version").output().ok()?;
    let valgrind = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let is_known = output.status.success() && !valgrind.is_empty();
    is_known.then(|| format!("{} {valgrind}", env!("CARGO_PKG_VERSION")))
}

/// What is counted of an executable.
pub(crate) fn counted_part(job: &CountJob<'_>) -> String {
    let CountJob { entry, threads, config, allocations, .. } = job;
    let (listed, variables) = (&entry.listed, &entry.variables);
    let config = counted_config(*config);
    format!("{listed} {variables:?} {threads:?} {config:?} {allocations}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::ListedBenchmark;
    use crate::bench::sample_config::SampleConfig;
    use perf_judge::run::Quantity;
    use std::time::Duration;

    fn counted() -> BenchmarkCounts {
        let text = "events: Ir\npositions: instr line\nob=/bench\nfn=(1) run\n0x10 3 4\n+2 3 5\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code");
        fs::write(&path, text).unwrap();
        BenchmarkCounts {
            counts: Quantities::from([(Quantity::Instructions, 9.0)]),
            executed: Some(ExecutedSample::read(&path)),
            ..<_>::default()
        }
    }

    #[test]
    fn counts_are_those_of_the_same_executable_and_samples() {
        let folder = tempfile::tempdir().unwrap();
        let executable = folder.path().join("bench");
        fs::write(&executable, "code").unwrap();
        let entry = ListedBenchmark::at(&executable, "p/b::a");
        let job = CountJob {
            entry: &entry,
            threads: None,
            config: SampleConfig { sample_size: 1, sample_count: 2 },
            iteration_ns: 1.0,
            lists_code: true,
            allocations: true,
            repeats: 1,
            launch: Duration::ZERO,
            launches: None,
        };
        let counts = folder.path().join("counts");
        let cache = CountsCache { folder: counts.clone(), tool: "1".to_owned() };
        let counted = counted();
        assert!(matches!(counted.executed, Some(Ok(_))), "{counted:?}");
        assert_eq!(cache.get(&job), None);
        cache.keep(&job, &counted).unwrap();
        assert_eq!(cache.get(&job), Some(counted.clone()));
        // The counted sample is one of a size that depends on the number of iterations.
        let config = SampleConfig { sample_size: 2, sample_count: 1000 };
        assert_eq!(cache.get(&CountJob { config, ..job }), None);
        assert_eq!(CountsCache { folder: counts.clone(), tool: "2".to_owned() }.get(&job), None);
        fs::write(&executable, "other code").unwrap();
        assert_eq!(cache.get(&job), None);
        fs::write(&executable, "code").unwrap();
        for file in fs::read_dir(&counts).unwrap() {
            fs::write(file.unwrap().path(), "{").unwrap();
        }
        assert_eq!(cache.get(&job), None);
        // A count without the executed code is not kept.
        let refused = BenchmarkCounts { executed: None, ..counted };
        cache.keep(&job, &refused).unwrap();
        assert_eq!(cache.get(&job), None);
    }
}
