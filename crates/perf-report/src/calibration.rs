//! How often a comparison errs on one machine, as it is recorded and told.

use super::table::aligned;
use super::visible;
use crate::file_error::FileError;
use chrono::{DateTime, Utc};
use perf_judge::ident::digest;
use perf_judge::run::Machine;
use perf_judge::stats;
use perf_judge::unit;
use perf_judge::verdict::calibrate::ErrorCounts;
use serde::{Deserialize, Serialize};

/// The newest format that this version reads, and the one it writes.
const SCHEMA: u32 = 2;
/// What is promised: more than this share of slowdowns of 10 % is caught...
const CAUGHT: f64 = 0.90;
/// ...and fewer than this share of unchanged benchmarks is called slower.
const FALSE: f64 = 0.05;
/// The slowdown of the promise, in percent.
const PROMISED: u32 = 10;

/// A machine's measured error rates: an immutable file of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Calibration {
    /// The format's version.
    pub schema: u32,
    /// Tells it from the other files of a history.
    pub kind: CalibrationKind,
    /// When measuring began.
    pub started: DateTime<Utc>,
    /// How long it took.
    pub seconds: u64,
    /// What decided the order of the launches.
    pub seed: u32,
    /// Where it was measured.
    pub machine: Machine,
    /// How many benchmarks were compared with themselves.
    pub benchmarks: usize,
    /// The same code on both sides, as it is and with slowdowns put on the head's times.
    pub scaled: Vec<ErrorCounts>,
    /// Benchmarks of known cost whose head really does more work.
    pub real: Vec<ErrorCounts>,
}

/// What a file of the history holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CalibrationKind {
    /// A [`Calibration`].
    #[serde(alias = "qualification")]
    Calibration,
}

/// Whether a target rate is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TargetMet {
    Yes,
    No,
    /// Too little was measured to tell.
    Open,
}

impl Calibration {
    /// Reads a calibration's file.
    ///
    /// # Errors
    /// If it is not one, or has a later schema.
    pub fn from_json(text: &str) -> Result<Self, FileError> {
        let read: Self = serde_json::from_str(text)?;
        match read.schema > SCHEMA {
            true => Err(FileError::Newer { found: read.schema, known: SCHEMA }),
            false => Ok(Self { schema: SCHEMA, ..read }),
        }
    }

    /// A calibration of this version's format.
    pub fn new(started: DateTime<Utc>, seed: u32, machine: Machine, benchmarks: usize) -> Self {
        let (schema, kind) = (SCHEMA, CalibrationKind::Calibration);
        let (scaled, real) = (Vec::new(), Vec::new());
        Self { schema, kind, started, seconds: 0, seed, machine, benchmarks, scaled, real }
    }

    /// The file: one line of JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self)
            .unwrap_or_else(|_| unreachable!("a calibration has string keys, which JSON can hold"));
        text.push('\n');
        text
    }

    /// What tells it from others: its time and a digest.
    pub fn id(&self) -> String {
        let contents = digest(self.to_json().as_bytes()) >> 32;
        format!("{}-{contents:08x}", self.started.format("%Y%m%dT%H%M%SZ"))
    }

    /// Where the file stands on the history branch: by machine, the newest last.
    pub fn path(&self) -> String {
        format!("{}/{}/{}.json", Self::FOLDERS[0], self.machine.key, self.id())
    }

    /// Folders of the history branch with a folder per machine: the one that files are added to,
    /// and the one of schema 1.
    pub const FOLDERS: [&str; 2] = ["data/calibrations", "data/qualifications"];

    /// `on this runner: 0 false alarms in 306, 10 % caught in 306 of 306`
    pub fn sentence(&self) -> String {
        let nothing = self.tally(0);
        let promised = self.tally(PROMISED);
        format!(
            "on this runner, measured on {}: {} false alarms in {} comparisons of unchanged code, slowdowns of {PROMISED} % caught in {} of {}",
            self.started.format("%Y-%m-%d"),
            nothing.caught,
            nothing.of,
            promised.caught,
            promised.of,
        )
    }

    /// Whether the promise is known to be broken here.
    pub fn is_broken(&self) -> bool {
        self.detection() == TargetMet::No || self.false_alarms() == TargetMet::No
    }

    fn tally(&self, percent: u32) -> ErrorCounts {
        let own = self.scaled.iter().find(|tally| tally.percent == percent);
        own.copied().unwrap_or_default()
    }

    fn detection(&self) -> TargetMet {
        let tally = self.tally(PROMISED);
        match stats::wilson(tally.caught, tally.of) {
            (low, _) if low > CAUGHT => TargetMet::Yes,
            (_, high) if high < CAUGHT => TargetMet::No,
            _ => TargetMet::Open,
        }
    }

    fn false_alarms(&self) -> TargetMet {
        let tally = self.tally(0);
        match stats::wilson(tally.caught, tally.of) {
            (_, high) if high < FALSE => TargetMet::Yes,
            (low, _) if low > FALSE => TargetMet::No,
            _ => TargetMet::Open,
        }
    }

    /// The rates as a table with what they can and cannot show.
    pub fn to_text(&self) -> String {
        let machine = &self.machine;
        let runs = unit::counted(self.tally(0).runs as usize, "run", "runs");
        let count = unit::counted(self.benchmarks, "benchmark", "benchmarks");
        let mut text = format!(
            "{} with {} cores: {runs} of {count} against themselves, {}\n\n",
            visible(&machine.cpu),
            machine.cores,
            unit::span(self.seconds as f64),
        );
        text += &aligned(&self.lines());
        text += "\nscaled: the head's times of unchanged code multiplied, so every kind of time moves alike; real work: benchmarks of known cost that do more.\n";
        text + &self.promises() + &self.limits()
    }

    fn lines(&self) -> String {
        let nothing = self.tally(0);
        let mut lines = "head\tfound\tcount\t95 % interval\trounds\n".to_owned();
        let mut push = |head: &str, found: &str, hits: u32, of: u32, pairs: String| {
            let (low, high) = stats::wilson(hits, of);
            let between = format!("{:.1} to {:.1} %", low * 100.0, high * 100.0);
            lines += &format!("{head}\t{found}\t{hits} of {of}\t{between}\t{pairs}\n");
        };
        push("unchanged", "regression", nothing.caught, nothing.of, mean_rounds(nothing));
        push("", "regression of 10 % and more", nothing.caught_minor, nothing.of, String::new());
        push("", "improvement", nothing.improved, nothing.of, String::new());
        push("", "undecided", nothing.undecided, nothing.of, String::new());
        push("", "a regression in the run", nothing.runs_caught, nothing.runs, String::new());
        for (tallies, how) in [(&self.scaled, "scaled"), (&self.real, "real work")] {
            for tally in tallies.iter().filter(|tally| tally.percent > 0) {
                let head = format!("{} % slower, {how}", tally.percent);
                push(&head, "regression", tally.caught, tally.of, mean_rounds(*tally));
            }
        }
        lines
    }

    fn promises(&self) -> String {
        let word = |kept| match kept {
            TargetMet::Yes => "kept",
            TargetMet::No => "BROKEN",
            TargetMet::Open => "not shown: too little was measured to tell",
        };
        format!(
            "\nmore than {:.0} % of slowdowns of {PROMISED} % caught: {}\nfewer than {:.0} % of unchanged benchmarks called slower: {}\n",
            CAUGHT * 100.0,
            word(self.detection()),
            FALSE * 100.0,
            word(self.false_alarms()),
        )
    }

    fn limits(&self) -> String {
        let nothing = self.tally(0);
        let (_, high) = stats::wilson(nothing.caught, nothing.of);
        format!(
            "note: {} comparisons cannot tell a rate of false alarms below {:.1} % from none; the benchmarks of one run share its noise, so the intervals are rather too narrow; and this was one hour of one machine\n",
            nothing.of,
            high * 100.0,
        )
    }
}

fn mean_rounds(tally: ErrorCounts) -> String {
    match tally.of {
        0 => String::new(),
        of => format!("{:.1}", f64::from(tally.pairs) / f64::from(of)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(percent: u32, of: u32, caught: u32) -> ErrorCounts {
        ErrorCounts { percent, of, caught, pairs: of * 12, runs: 6, ..ErrorCounts::default() }
    }

    fn calibration(of: u32, caught: u32) -> Calibration {
        let machine = Machine { cpu: "Model 1".to_owned(), cores: 2, ..Machine::default() };
        let started = "2026-11-23T02:45:00Z".parse().unwrap();
        let mut calibration = Calibration::new(started, 7, machine.with_machine_key(), 51);
        calibration.seconds = 840;
        calibration.scaled = vec![tally(0, of, 0), tally(5, of, caught), tally(10, of, caught)];
        calibration.real = vec![tally(10, 14, 14)];
        calibration
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let machine = Machine::default().with_machine_key();
        let written = Calibration::new(DateTime::UNIX_EPOCH, 7, machine, 3).to_json();
        assert_eq!(Calibration::from_json(&written).unwrap().to_json(), written);
        let newer = written.replacen("\"schema\":2", "\"schema\":3", 1);
        let error = Calibration::from_json(&newer).unwrap_err().to_string();
        assert!(error.contains("reads up to 2: update this tool"), "{error}");
    }

    #[test]
    fn rates_stand_with_their_intervals_and_limits() {
        insta::assert_snapshot!(calibration(306, 306).to_text());
    }

    #[test]
    fn a_promise_is_kept_broken_or_not_shown() {
        assert_eq!(calibration(306, 306).detection(), TargetMet::Yes);
        assert_eq!(calibration(10, 10).detection(), TargetMet::Open);
        assert!(calibration(306, 200).is_broken());
        assert_eq!(calibration(10, 10).false_alarms(), TargetMet::Open);
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let written = calibration(306, 300);
        let read: Calibration = serde_json::from_str(&written.to_json()).unwrap();
        assert_eq!(read, written);
        assert!(written.path().starts_with("data/calibrations/"), "{}", written.path());
    }
}
