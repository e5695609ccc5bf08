//! A run: one recorded measurement of a commit on a machine, and its file format.

mod file;
mod measured;
mod reading;
mod round;

pub use file::Number;
pub(crate) use measured::coarse;
pub use measured::{
    Alloc, Foreign, LaunchTimes, Measured, P95_SAMPLES, P99_SAMPLES, Source, Statistic, TailSource,
    Times,
};
pub use reading::Reading;
pub use round::{Round, Side};

use crate::ident::{BenchmarkId, digest};
use crate::unit;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The newest run format that this version reads, and the one it writes.
pub const SCHEMA: u32 = 2;

/// One measurement of a commit on a machine: an immutable file of the history.
///
/// As derived, it reads schema 1, where a benchmark was an object; `file` has what came after.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Run {
    /// The format's version: [`SCHEMA`], whatever its file had.
    pub schema: u32,
    /// Tells a run from the other files of a history.
    pub kind: Kind,
    /// `<UTC time>-<commit>-<digest of the contents>`; see [`Run::seal`].
    pub id: String,
    /// When measuring began.
    pub started: DateTime<Utc>,
    /// What decided the random order of the launches.
    pub seed: u32,
    /// What was measured; `None` outside a repository.
    pub commit: Option<Commit>,
    /// Whether only some benchmarks, or too few launches, were measured.
    pub partial: bool,
    /// Where it was measured.
    pub machine: Machine,
    /// One entry a benchmark that finished, by name.
    pub benchmarks: Vec<Measured>,
    /// Benchmarks that were listed and gave no number.
    pub unfinished: Vec<Unfinished>,
    /// Which tool's numbers these are; `None` for a run that was measured by this one.
    #[serde(default)]
    pub origin: Option<String>,
    /// Whether machines of other kinds measured its other benchmarks.
    #[serde(default)]
    pub parted: bool,
    /// The slowdowns that its commit's perf-budgets.json accepts. Commits of a pull request vanish
    /// when it is merged as one, so that only the run itself can say which it comes after.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
}

/// A slowdown that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The benchmark.
    pub benchmark: BenchmarkId,
    /// The commit that was measured when it was accepted, or the beginning of its hash.
    pub commit: String,
}

/// What a file of the history holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A [`Run`].
    Run,
}

/// The commit that was checked out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The full hash, in hexadecimal.
    pub hash: String,
    /// The branch; `None` when HEAD is detached.
    pub branch: Option<String>,
    /// The first line of the message. Anybody may have written it: escape it.
    pub subject: String,
    /// When it was written, with its author's offset.
    pub author_date: String,
    /// Whether tracked files differed from the commit.
    pub dirty: bool,
}

impl Commit {
    /// The first 12 digits of the hash.
    pub fn short(&self) -> &str {
        self.hash.get(..12).unwrap_or(&self.hash)
    }
}

/// The machine and the tools, as far as they decide which times can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// A digest of the fields below but `image`: equal keys mean comparable times.
    pub key: String,
    /// The processor's model.
    pub cpu: String,
    /// Logical processors.
    pub cores: u32,
    /// The target architecture.
    pub arch: String,
    /// The operating system.
    pub os: String,
    /// The compiler's version and commit.
    pub rustc: String,
    /// The profile that the benches were built with.
    pub profile: String,
    /// Flags that the environment adds.
    pub flags: String,
    /// Divan's version.
    pub divan: String,
    /// The system's or runner's image, which changes too often to be part of the key.
    pub image: String,
}

impl Machine {
    /// The machine with its key computed.
    pub fn keyed(mut self) -> Self {
        let facts: Vec<String> =
            self.fields().map(|(name, value)| format!("{name}={value}")).into();
        self.key = format!("{:016x}", digest(facts.join("\n").as_bytes()));
        self
    }

    /// The fields that the key is made of, by name.
    pub fn fields(&self) -> [(&'static str, String); 8] {
        [
            ("cpu", self.cpu.clone()),
            ("cores", self.cores.to_string()),
            ("arch", self.arch.clone()),
            ("os", self.os.clone()),
            ("rustc", self.rustc.clone()),
            ("profile", self.profile.clone()),
            ("flags", self.flags.clone()),
            ("divan", self.divan.clone()),
        ]
    }

    /// Names of the fields in which the two machines differ.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = self.fields().into_iter().zip(other.fields());
        pairs.filter(|(mine, theirs)| mine.1 != theirs.1).map(|(mine, _)| mine.0).collect()
    }
}

/// A benchmark that was listed but never finished a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// Its name, as far as a listing tells it.
    pub name: BenchmarkId,
    /// What happened, for people.
    pub reason: String,
}

/// Why a file is no run that this version can read.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A later version wrote it: reading it with less understanding could mislead.
    #[error("it has schema {found}, and this version reads up to {SCHEMA}: update this tool")]
    Newer {
        /// The schema that the file names.
        found: u32,
    },
    /// It is not what a run looks like.
    #[error("it is not a run: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Its columns have not one element a benchmark.
    #[error("it is not a run: the column `{column}` has {} for {}", unit::counted(*.found, "element", "elements"), unit::counted(*.wanted, "benchmark", "benchmarks"))]
    Uneven {
        /// The column's key.
        column: &'static str,
        /// Its length.
        found: usize,
        /// How many benchmarks the run names.
        wanted: usize,
    },
}

#[derive(Deserialize)]
struct Versioned {
    schema: u32,
}

impl Run {
    /// Reads a run's file.
    ///
    /// # Errors
    /// [`RunError::Newer`] for a later schema, [`RunError::Malformed`] for anything else that is
    /// not a run.
    pub fn from_json(text: &str) -> Result<Self, RunError> {
        let Versioned { schema } = serde_json::from_str(text)?;
        match schema {
            0 | 1 => Ok(Self { schema: SCHEMA, ..serde_json::from_str(text)? }),
            SCHEMA => serde_json::from_str::<file::File<'_>>(text)?.into_run(),
            found => Err(RunError::Newer { found }),
        }
    }

    /// The run's file: one line of JSON, the same bytes for the same run.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(&file::File::of(self)).unwrap_or_else(|_| {
            unreachable!("a run has string keys and finite numbers, which JSON can hold")
        });
        text.push('\n');
        text
    }

    /// The run with the identity that its contents give it, so that two runs never share one.
    #[must_use]
    pub fn seal(mut self) -> Self {
        self.id = String::new();
        let contents = digest(self.to_json().as_bytes()) >> 32;
        let hash = self.commit.as_ref().map_or("", Commit::short);
        // It becomes part of a path, and an imported one may hold anything.
        let plain: String = hash.chars().filter(char::is_ascii_alphanumeric).collect();
        let commit = if plain.is_empty() { "nocommit" } else { &plain };
        self.id = format!("{}-{commit}-{contents:08x}", self.started.format("%Y%m%dT%H%M%SZ"));
        self
    }

    /// Joins runs of one commit that measured different benchmarks: one run a machine, each whole
    /// if all of its parts are.
    pub fn joined(parts: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut by_machine: Vec<Self> = Vec::new();
        for part in parts {
            match by_machine.iter_mut().find(|run| run.machine.key == part.machine.key) {
                Some(run) => run.take(part),
                None => by_machine.push(part),
            }
        }
        let parted = by_machine.len() > 1;
        let joined = by_machine.into_iter().map(|run| Self { parted, ..run });
        joined.map(Self::in_order).map(Self::seal).collect()
    }

    fn take(&mut self, part: Self) {
        self.started = self.started.min(part.started);
        self.partial |= part.partial;
        self.benchmarks.extend(part.benchmarks);
        self.unfinished.extend(part.unfinished);
    }

    fn in_order(mut self) -> Self {
        self.benchmarks.sort_by(|one, other| one.name.cmp(&other.name));
        self.unfinished.sort_by(|one, other| one.name.cmp(&other.name));
        self
    }

    /// Whether a baseline may count this run: a clean commit, measured whole, and here.
    pub fn is_whole_and_clean(&self) -> bool {
        self.origin.is_none()
            && !self.partial
            && self.commit.as_ref().is_some_and(|commit| !commit.dirty)
    }

    /// Whether a baseline of `branch` may count it: a clean commit of it, measured whole.
    pub fn counts_on(&self, branch: &str) -> bool {
        self.branch() == Some(branch) && self.is_whole_and_clean()
    }

    /// The branch that was measured, if any.
    pub fn branch(&self) -> Option<&str> {
        self.commit.as_ref()?.branch.as_deref()
    }

    /// The benchmark called `name`, if this run measured it.
    pub fn benchmark(&self, name: &BenchmarkId) -> Option<&Measured> {
        self.benchmarks.iter().find(|measured| measured.name == *name)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A run of `benchmarks`, `day` days into November 2026, on the branch `main`.
    pub(crate) fn run(day: u32, benchmarks: Vec<Measured>) -> Run {
        let started = format!("2026-11-{day:02}T02:45:00Z");
        Run {
            schema: SCHEMA,
            kind: Kind::Run,
            id: String::new(),
            started: started.parse().unwrap(),
            seed: 7,
            commit: Some(Commit {
                hash: format!("{day:040x}"),
                branch: Some("main".to_owned()),
                subject: "Read faster".to_owned(),
                author_date: "2026-11-01T12:00:00+01:00".to_owned(),
                dirty: false,
            }),
            partial: false,
            machine: Machine { cpu: "Model 1".to_owned(), cores: 2, ..Machine::default() }.keyed(),
            benchmarks,
            unfinished: Vec::new(),
            origin: None,
            parted: false,
            accepted: Vec::new(),
        }
        .seal()
    }

    /// A benchmark with five equal launches of `ns`.
    pub(crate) fn measured(name: &str, ns: f64) -> Measured {
        let launches: Vec<Reading> = (0..5).map(|_| reading(ns)).collect();
        Measured::of(BenchmarkId::from(name), None, &launches).unwrap()
    }

    /// A launch of 21 samples that all took `ns`.
    pub(crate) fn reading(ns: f64) -> Reading {
        Reading {
            fastest_ns: ns,
            slowest_ns: ns,
            median_ns: ns,
            mean_ns: ns,
            n: 1,
            s: 21,
            samples_ns: Some(vec![ns; 21]),
            ..Reading::default()
        }
    }

    #[test]
    fn a_run_survives_its_file() {
        let run = run(3, vec![measured("core/parse::xml", 123.456_789)]);
        assert_eq!(Run::from_json(&run.to_json()).unwrap(), run);
        assert_eq!(run.id.get(..29), Some("20261103T024500Z-000000000000"));
    }

    #[test]
    fn parts_of_one_machine_make_one_run_and_other_machines_their_own() {
        let whole = run(3, vec![measured("a/b::c", 1.0), measured("a/b::d", 2.0)]);
        let one = run(3, vec![measured("a/b::d", 2.0)]);
        let other = run(3, vec![measured("a/b::c", 1.0)]);
        assert_eq!(Run::joined([one.clone(), other.clone()]), std::slice::from_ref(&whole));
        assert_eq!(Run::joined([whole.clone()]), [whole]);
        let machine = Machine { cpu: "B".to_owned(), ..other.machine.clone() }.keyed();
        let elsewhere = Run { machine, partial: true, ..other };
        let joined = Run::joined([one.clone(), elsewhere]);
        assert_eq!(joined.len(), 2);
        assert_eq!(joined[0].benchmarks, one.benchmarks);
        assert_eq!((joined[0].parted, joined[1].parted, joined[1].partial), (true, true, true));
    }

    #[test]
    fn contents_make_the_identity() {
        let one = run(3, vec![measured("core/parse::xml", 100.0)]);
        let other = run(3, vec![measured("core/parse::xml", 101.0)]);
        assert_ne!(one.id, other.id);
        assert_eq!(one.clone().seal(), one);
    }

    #[test]
    fn a_newer_schema_is_refused_before_its_fields_are_read() {
        let error = Run::from_json(r#"{"schema": 3, "anything": []}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it has schema 3, and this version reads up to 2: update this tool"
        );
        for text in ["", "[]", "{}", r#"{"schema": 1}"#, r#"{"schema": 2}"#, r#"{"schema": -1}"#] {
            assert!(matches!(Run::from_json(text), Err(RunError::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn machines_differ_by_name_and_key() {
        let one =
            Machine { cpu: "A".to_owned(), image: "1".to_owned(), ..Machine::default() }.keyed();
        let image = Machine { image: "2".to_owned(), ..one.clone() }.keyed();
        let cpu = Machine { cpu: "B".to_owned(), ..one.clone() }.keyed();
        assert_eq!(one.key, image.key);
        assert_ne!(one.key, cpu.key);
        assert_eq!(one.differences(&cpu), ["cpu"]);
    }
}
