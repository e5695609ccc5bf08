//! The launches of commits whose runs are not complete, kept after each pass.

use crate::bench::Measurement;
use crate::files::{DATA_BYTES, read_if_there};
use crate::output::OutputFolder;
use anyhow::{Context as _, Result};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::LaunchResult;
use perf_report::SampleNumbers;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

/// The file in the output folder: a line per commit and pass.
const FILE: &str = "backfill-launches.jsonl";

/// The kept launches of the commits that are measured now.
pub(super) struct KeptLaunches {
    path: PathBuf,
}

/// One launch of each benchmark of a commit.
#[derive(Serialize, Deserialize)]
pub(super) struct CommitPass {
    kind: PassKind,
    commit: String,
    #[serde(flatten)]
    settings: LaunchSettings,
    launches: BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    failures: BTreeMap<BenchmarkId, String>,
}

/// What launches of one run have in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LaunchSettings {
    /// The machine key: the machine, the compiler and its flags.
    pub(super) machine: String,
    pub(super) samples: BTreeMap<BenchmarkId, SampleNumbers>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PassKind {
    Pass,
}

impl KeptLaunches {
    pub(super) fn new(output: &OutputFolder) -> Self {
        Self { path: output.path(FILE) }
    }

    /// The passes of a commit with these settings. A line that a killed process left incomplete is not read.
    pub(super) fn of(&self, commit: &str, settings: &LaunchSettings) -> Result<Vec<Measurement>> {
        let text = read_if_there(&self.path, DATA_BYTES)?.unwrap_or_default();
        let passes = text.lines().filter_map(|line| serde_json::from_str::<CommitPass>(line).ok());
        let own = passes.filter(|pass| pass.commit == commit && pass.settings == *settings);
        let measurement = |pass: CommitPass| Measurement {
            launch_results: pass.launches,
            failures: pass.failures,
            ..Measurement::default()
        };
        Ok(own.map(measurement).collect())
    }

    /// Adds a pass of a commit.
    pub(super) fn add(
        &self,
        commit: &str,
        settings: &LaunchSettings,
        measured: &Measurement,
    ) -> Result<()> {
        let pass = CommitPass {
            kind: PassKind::Pass,
            commit: commit.to_owned(),
            settings: settings.clone(),
            launches: measured.launch_results.clone(),
            failures: measured.failures.clone(),
        };
        // A line break before each line ends one that is incomplete.
        let line = format!("\n{}", serde_json::to_string(&pass)?);
        let file = File::options().create(true).append(true).open(&self.path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .with_context(|| format!("cannot write to {}", self.path.display()))
    }

    /// Removes all, because the runs are complete.
    pub(super) fn clear(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(machine: &str, sample_size: u32) -> LaunchSettings {
        let samples = SampleNumbers { sample_size, sample_count: 100 };
        let samples = BTreeMap::from([("a/b::c".into(), samples)]);
        LaunchSettings { machine: machine.to_owned(), samples }
    }

    #[test]
    fn complete_passes_with_the_same_settings_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(folder.path().join("out")).unwrap();
        let kept = KeptLaunches::new(&output);
        let measured = |ns: f64| Measurement {
            launch_results: BTreeMap::from([(
                "a/b::c".into(),
                vec![LaunchResult { min_ns: ns, ..LaunchResult::default() }],
            )]),
            ..Measurement::default()
        };
        kept.add("1a", &settings("m", 8), &measured(1.0)).unwrap();
        kept.add("2b", &settings("m", 8), &measured(2.0)).unwrap();
        let text = fs::read_to_string(&kept.path).unwrap();
        fs::write(&kept.path, text + "\n{\"kind\":\"pass\",\"comm").unwrap();
        kept.add("1a", &settings("m", 8), &measured(3.0)).unwrap();
        let times_with = |commit: &str, settings: &LaunchSettings| -> Vec<f64> {
            let passes = kept.of(commit, settings).unwrap().into_iter();
            passes
                .flat_map(|pass| pass.launch_results.into_values())
                .flatten()
                .map(|r| r.min_ns)
                .collect()
        };
        let times = |commit: &str| times_with(commit, &settings("m", 8));
        assert_eq!((times("1a"), times("2b"), times("3c")), (vec![1.0, 3.0], vec![2.0], vec![]));
        for other in [settings("other compiler", 8), settings("m", 16)] {
            assert_eq!(times_with("1a", &other), [] as [f64; 0], "{other:?}");
        }
        kept.clear().unwrap();
        kept.clear().unwrap();
        assert_eq!(times("1a"), [] as [f64; 0]);
    }
}
