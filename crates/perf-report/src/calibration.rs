//! The measured error rates of comparisons on one machine.

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
/// The target rate of detection: more than this share of slowdowns of [`SLOWDOWN`] percent.
const DETECTION: f64 = 0.90;
/// The target rate of false alarms: less than this share of unchanged benchmarks.
const FALSE_ALARMS: f64 = 0.05;
/// The slowdown of the detection target, in percent.
const SLOWDOWN: u32 = 10;

/// A machine's measured error rates: an immutable file of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Calibration {
    /// The format's version.
    pub schema: u32,
    /// The kind of file, as a history has several.
    pub kind: CalibrationKind,
    /// When measuring began.
    pub started: DateTime<Utc>,
    /// The duration in seconds.
    pub seconds: u64,
    /// The seed of the launch order.
    pub seed: u32,
    /// Where it was measured.
    pub machine: Machine,
    /// The threads that were kept busy with other work.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub load: u16,
    /// The number of benchmarks that were compared with themselves.
    pub benchmarks: usize,
    /// Comparisons of identical code, with the head's times unscaled or scaled by a slowdown.
    pub scaled: Vec<ErrorCounts>,
    /// Benchmarks of known cost whose head runs more instructions.
    pub real: Vec<ErrorCounts>,
}

/// The kind of the file.
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
    /// The sample is too small to decide.
    Open,
}

impl Calibration {
    /// Reads a calibration's file.
    ///
    /// # Errors
    /// If it is not one, or has a later schema.
    pub fn from_json(text: &str) -> Result<Self, FileError> {
        let read: Self = serde_json::from_str(text)?;
        if read.schema > SCHEMA {
            return Err(FileError::Newer { found: read.schema, known: SCHEMA });
        }
        Ok(Self { schema: SCHEMA, ..read })
    }

    /// A calibration of this version's format.
    pub fn new(started: DateTime<Utc>, seed: u32, machine: Machine, benchmarks: usize) -> Self {
        let (schema, kind) = (SCHEMA, CalibrationKind::Calibration);
        let (scaled, real) = (Vec::new(), Vec::new());
        let (seconds, load) = (0, 0);
        Self { schema, kind, started, seconds, seed, machine, load, benchmarks, scaled, real }
    }

    /// The file: one line of JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self)
            .unwrap_or_else(|_| unreachable!("a calibration has string keys, which JSON can hold"));
        text.push('\n');
        text
    }

    /// Its identity: its start and a digest.
    pub fn id(&self) -> String {
        let contents = digest(self.to_json().as_bytes()) >> 32;
        format!("{}-{contents:08x}", self.started.format("%Y%m%dT%H%M%SZ"))
    }

    /// The path on the history branch: a folder per machine, newest last.
    pub fn path(&self) -> String {
        format!("{}/{}/{}.json", Self::FOLDERS[0], self.machine.key, self.id())
    }

    /// The folders of calibrations on the history branch: the current one, and that of schema 1.
    pub const FOLDERS: [&str; 2] = ["data/calibrations", "data/qualifications"];

    /// `calibration of 2026-11-23: 0 of 306 false alarms, 306 of 306 slowdowns of 10 % detected`
    pub fn sentence(&self) -> String {
        let unchanged = self.counts(0);
        let slower = self.counts(SLOWDOWN);
        format!(
            "calibration of this machine on {}: {} false alarms in {} comparisons of unchanged code; {} of {} slowdowns of {SLOWDOWN} % detected",
            self.started.format("%Y-%m-%d"),
            unchanged.caught,
            unchanged.of,
            slower.caught,
            slower.of,
        )
    }

    /// Whether this machine misses a target rate.
    pub fn misses_target(&self) -> bool {
        self.detection() == TargetMet::No || self.false_alarms() == TargetMet::No
    }

    fn counts(&self, percent: u32) -> ErrorCounts {
        let own = self.scaled.iter().find(|counts| counts.percent == percent);
        own.copied().unwrap_or_default()
    }

    fn detection(&self) -> TargetMet {
        let counts = self.counts(SLOWDOWN);
        match stats::wilson(counts.caught, counts.of) {
            (low, _) if low > DETECTION => TargetMet::Yes,
            (_, high) if high < DETECTION => TargetMet::No,
            _ => TargetMet::Open,
        }
    }

    fn false_alarms(&self) -> TargetMet {
        let counts = self.counts(0);
        match stats::wilson(counts.caught, counts.of) {
            (_, high) if high < FALSE_ALARMS => TargetMet::Yes,
            (low, _) if low > FALSE_ALARMS => TargetMet::No,
            _ => TargetMet::Open,
        }
    }

    /// The rates as a table, the target rates, and the limits of the calibration.
    pub fn to_text(&self) -> String {
        let machine = &self.machine;
        let runs = unit::counted(self.counts(0).runs as usize, "run", "runs");
        let count = unit::counted(self.benchmarks, "benchmark", "benchmarks");
        let load = match self.load {
            0 => String::new(),
            load => {
                format!(" beside {}", unit::counted(load.into(), "busy thread", "busy threads"))
            }
        };
        let mut text = format!(
            "{} with {} cores{load}: {runs} of {count}, each compared with itself, {}\n\n",
            visible(&machine.cpu),
            machine.cores,
            unit::span(self.seconds as f64),
        );
        text += &aligned(&self.lines());
        text += "\nscaled: unchanged code, with the head's times multiplied; executed: benchmarks of known cost that run more instructions\n";
        text + &self.targets() + &self.limits()
    }

    fn lines(&self) -> String {
        let unchanged = self.counts(0);
        let mut lines = "head\tresult\tcount\t95 % CI\tpairs\n".to_owned();
        let mut push = |head: &str, result: &str, hits: u32, of: u32, pairs: String| {
            let (low, high) = stats::wilson(hits, of);
            let between = format!("{:.1} to {:.1} %", low * 100.0, high * 100.0);
            lines += &format!("{head}\t{result}\t{hits} of {of}\t{between}\t{pairs}\n");
        };
        push("unchanged", "regression", unchanged.caught, unchanged.of, mean_pairs(unchanged));
        push("", "regression of 10 % or more", unchanged.caught_minor, unchanged.of, String::new());
        push("", "improvement", unchanged.improved, unchanged.of, String::new());
        push("", "inconclusive", unchanged.undecided, unchanged.of, String::new());
        push("", "run with a regression", unchanged.runs_caught, unchanged.runs, String::new());
        for (all, kind) in [(&self.scaled, "scaled"), (&self.real, "executed")] {
            for counts in all.iter().filter(|counts| counts.percent > 0) {
                let head = format!("{} % slower, {kind}", counts.percent);
                push(&head, "regression", counts.caught, counts.of, mean_pairs(*counts));
            }
        }
        lines
    }

    fn targets(&self) -> String {
        let word = |met| match met {
            TargetMet::Yes => "met",
            TargetMet::No => "MISSED",
            TargetMet::Open => "undecided: measure longer with `--time-limit`",
        };
        format!(
            "\ntarget: more than {:.0} % of slowdowns of {SLOWDOWN} % detected: {}\ntarget: false alarms below {:.0} % of unchanged benchmarks: {}\n",
            DETECTION * 100.0,
            word(self.detection()),
            FALSE_ALARMS * 100.0,
            word(self.false_alarms()),
        )
    }

    fn limits(&self) -> String {
        let unchanged = self.counts(0);
        let (_, high) = stats::wilson(unchanged.caught, unchanged.of);
        format!(
            "note: {} comparisons cannot distinguish a false-alarm rate below {:.1} % from zero\nnote: the benchmarks of a run share its noise, so the intervals are slightly too narrow\n",
            unchanged.of,
            high * 100.0,
        )
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(load: &u16) -> bool {
    *load == 0
}

fn mean_pairs(counts: ErrorCounts) -> String {
    match counts.of {
        0 => String::new(),
        of => format!("{:.1}", f64::from(counts.pairs) / f64::from(of)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(percent: u32, of: u32, caught: u32) -> ErrorCounts {
        ErrorCounts { percent, of, caught, pairs: of * 12, runs: 6, ..ErrorCounts::default() }
    }

    fn calibration(of: u32, caught: u32) -> Calibration {
        let machine = Machine { cpu: "Model 1".to_owned(), cores: 2, ..Machine::default() };
        let started = "2026-11-23T02:45:00Z".parse().unwrap();
        let mut calibration = Calibration::new(started, 7, machine.with_machine_key(), 51);
        calibration.seconds = 840;
        calibration.scaled = vec![counts(0, of, 0), counts(5, of, caught), counts(10, of, caught)];
        calibration.real = vec![counts(10, 14, 14)];
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
    fn rates_have_intervals_and_limits() {
        insta::assert_snapshot!(calibration(306, 306).to_text());
    }

    #[test]
    fn a_target_is_met_missed_or_undecided() {
        assert_eq!(calibration(306, 306).detection(), TargetMet::Yes);
        assert_eq!(calibration(10, 10).detection(), TargetMet::Open);
        assert!(calibration(306, 200).misses_target());
        assert_eq!(calibration(10, 10).false_alarms(), TargetMet::Open);
    }

    #[test]
    fn a_calibration_survives_its_file() {
        let written = calibration(306, 300);
        let read: Calibration = serde_json::from_str(&written.to_json()).unwrap();
        assert_eq!(read, written);
        assert!(written.path().starts_with("data/calibrations/"), "{}", written.path());
    }
}
