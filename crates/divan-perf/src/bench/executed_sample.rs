//! The machine code that a benchmark executes in its counted sample.

use crate::parallel::on_all_processors;
use anyhow::Result;
use executed_code::{Executable, Executed, Files, Fingerprint, callgrind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a sample executed, by callgrind's list of instructions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExecutedSample {
    #[serde(with = "executions")]
    executed: Executed,
    /// Whether it started programs, whose code is not in the list.
    starts_programs: bool,
}

/// A sample to identify: the executable and what it executed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SampleOf<'a> {
    pub(crate) executable: &'a Path,
    pub(crate) sample: &'a ExecutedSample,
}

/// Functions of the C library that start programs.
const STARTS: [&str; 12] = [
    "_Fork",
    "execl",
    "execle",
    "execlp",
    "execv",
    "execve",
    "execvp",
    "fork",
    "popen",
    "posix_spawn",
    "posix_spawnp",
    "system",
];

impl ExecutedSample {
    /// Whether it started programs, whose work is not counted.
    pub(crate) fn starts_programs(&self) -> bool {
        self.starts_programs
    }

    /// Reads callgrind's file. The error is a message for people.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let bytes =
            fs::read(path).map_err(|error| format!("cannot read callgrind's file: {error}"))?;
        let text = String::from_utf8_lossy(&bytes);
        let executed = callgrind::parse(&text).map_err(|error| error.to_string())?;
        Ok(Self { executed, starts_programs: text.lines().any(starts_a_program) })
    }
}

/// Executed instructions in files: distances between their addresses and executions, alternately.
mod executions {
    use executed_code::Executed;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use std::collections::BTreeMap;

    pub(super) fn serialize<S: Serializer>(
        executed: &Executed,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let of_object = |(object, addresses): (_, &BTreeMap<u64, u64>)| {
            let mut before = 0;
            let pairs = addresses.iter().flat_map(|(address, executions)| {
                [address - std::mem::replace(&mut before, *address), *executions]
            });
            (object, pairs.collect::<Vec<u64>>())
        };
        executed.objects().map(of_object).collect::<BTreeMap<&str, _>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Executed, D::Error> {
        let objects = BTreeMap::<String, Vec<u64>>::deserialize(deserializer)?;
        let mut executed = Executed::default();
        for (object, numbers) in &objects {
            let mut address = 0_u64;
            for pair in numbers.as_chunks::<2>().0 {
                address = address.saturating_add(pair[0]);
                executed.add(object, address, pair[1]);
            }
        }
        Ok(executed)
    }
}

/// Whether the line names a function that starts a program: `fn=(12) posix_spawn@@GLIBC_2.15`.
fn starts_a_program(line: &str) -> bool {
    let name = line.strip_prefix("fn=").or_else(|| line.strip_prefix("cfn="));
    let name = name.and_then(|name| name.split_once(") ")).map(|(_, name)| name);
    let name = name.and_then(|name| name.split(['@', '\'']).next());
    name.is_some_and(|name| STARTS.contains(&name))
}

/// The fingerprints of samples in their order, or why there are none. Each executable is read once.
///
/// Fails if an executable cannot be read.
pub(crate) fn fingerprints(samples: &[SampleOf<'_>]) -> Result<Vec<Result<Fingerprint, String>>> {
    let mut by_executable: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
    for (index, sample) in samples.iter().enumerate() {
        by_executable.entry(sample.executable).or_default().push(index);
    }
    let libraries = library_digests(samples);
    let jobs: Vec<(&Path, Vec<usize>)> = by_executable.into_iter().collect();
    let identify = |(): &(), (path, indexes): &(&Path, Vec<usize>)| {
        let of_one =
            of_executable(path, indexes.iter().map(|index| samples[*index].sample), &libraries);
        Ok(indexes.iter().copied().zip(of_one?).collect::<Vec<_>>())
    };
    let (found, _) = on_all_processors(&jobs, || Ok(()), identify)?;
    let mut found: Vec<_> = found.into_iter().flatten().collect();
    found.sort_by_key(|(index, _)| *index);
    Ok(found.into_iter().map(|(_, fingerprint)| fingerprint).collect())
}

fn of_executable<'a>(
    path: &Path,
    samples: impl Iterator<Item = &'a ExecutedSample>,
    libraries: &BTreeMap<String, String>,
) -> Result<Vec<Result<Fingerprint, String>>> {
    let bytes = fs::read(path)?;
    let executable = Executable::parse(&bytes);
    // Callgrind names files as the system maps them.
    let name = fs::canonicalize(path)?.to_string_lossy().into_owned();
    let files = Files { executable: &name, libraries };
    let of = |sample: &ExecutedSample| {
        let executable = executable.as_ref().map_err(ToString::to_string)?;
        if sample.starts_programs {
            return Err("it starts programs, whose code is not compared".to_owned());
        }
        Fingerprint::of(executable, files, &sample.executed).map_err(|error| error.to_string())
    };
    Ok(samples.map(of).collect())
}

/// The digests of all files with executed code that can be read.
fn library_digests(samples: &[SampleOf<'_>]) -> BTreeMap<String, String> {
    let objects = samples.iter().flat_map(|sample| sample.sample.executed.objects());
    let mut digests = BTreeMap::new();
    for (path, _) in objects {
        if !digests.contains_key(path)
            && let Ok(bytes) = fs::read(PathBuf::from(path))
        {
            digests.insert(path.to_owned(), executed_code::digest(&bytes));
        }
    }
    digests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_start_programs_are_found_by_name() {
        let starts =
            ["fn=(12) posix_spawn@@GLIBC_2.15", "cfn=(7) fork", "fn=(1) execve", "cfn=(3) _Fork'2"];
        assert!(starts.into_iter().all(starts_a_program));
        let others =
            ["fn=(12)", "fn=(3) forked", "calls=1 0x12", "ob=(1) /bin/fork", "fn=(4) a::fork"];
        assert!(!others.into_iter().any(starts_a_program));
    }
}
