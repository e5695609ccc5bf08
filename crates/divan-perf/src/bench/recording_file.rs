//! The file that the clock recorder writes for one launch.

use super::ClockRecorder;
use super::sample_config::SampleConfig;
use divan_output::samples::{
    MARKS_VARIABLE, Marks, OUT_VARIABLE, RECORDS_VARIABLE, Recording, Sizing,
};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A launch in which something is counted between two clock reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marked {
    pub(super) marks: Marks,
    /// An earlier read, from which on callgrind's caches are filled.
    pub(super) warm_up: Option<u64>,
    /// Whether allocations are counted.
    pub(super) allocations: bool,
}

/// The path of a recording.
pub(super) struct RecordingFile(PathBuf);

/// The sample size and count that are expected if Divan chooses them.
const DIVAN_SAMPLING: (u64, u64) = (64, 1000);

impl RecordingFile {
    /// Preloads the clock recorder, and sets its variables: the file, and the expected number of clock
    /// reads.
    pub(super) fn of(
        command: &mut Command,
        clock_recorder: &ClockRecorder,
        config: Option<SampleConfig>,
        marked: Option<Marked>,
    ) -> Self {
        let path = clock_recorder.recordings.path().join("recording");
        let (sample_size, sample_count) = config.map_or(DIVAN_SAMPLING, |config| {
            (config.sample_size.into(), config.sample_count.into())
        });
        let threads =
            std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
        let counted = clock_recorder.allocations.as_deref();
        let counted = counted.filter(|_| marked.is_some_and(|marked| marked.allocations));
        command.env("LD_PRELOAD", preloads([Some(clock_recorder.library.as_path()), counted]));
        command.env(OUT_VARIABLE, &path);
        command.env(
            RECORDS_VARIABLE,
            Sizing::of_launch(sample_size, sample_count, threads).to_variable(),
        );
        if let Some(Marked { marks, warm_up, .. }) = marked {
            command.env(MARKS_VARIABLE, marks.to_variable(warm_up));
        }
        Self(path)
    }

    /// Removes the file and returns its used part, which is much smaller than the sparse file. `None` if
    /// the process ended before its first clock read.
    pub(super) fn read(self) -> Option<Vec<u8>> {
        let bytes = used_part(&self.0);
        // Without a recording there is no file.
        let _ = fs::remove_file(&self.0);
        bytes
    }
}

fn used_part(path: &Path) -> Option<Vec<u8>> {
    let mut file = fs::File::open(path).ok()?;
    let mut bytes = vec![0; Recording::HEADER_LEN];
    file.read_exact(&mut bytes).ok()?;
    let used = Recording::used_len(&bytes).ok()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    bytes.clear();
    file.take(used).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// `LD_PRELOAD` with these libraries before the user's.
fn preloads(libraries: [Option<&Path>; 2]) -> OsString {
    let own = libraries.into_iter().flatten().map(|path| path.as_os_str().to_owned());
    let others = env::var_os("LD_PRELOAD").filter(|others| !others.is_empty());
    own.chain(others).collect::<Vec<_>>().join(OsStr::new(":"))
}
