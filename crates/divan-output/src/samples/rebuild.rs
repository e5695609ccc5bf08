//! From a recording and a table to proved samples.

use thiserror::Error;

use crate::{Figures, Row};

use super::layout::{Layout, Place};
use super::overhead::{CALIBRATION_READS, Overhead, Subtracted};
use super::proof::Proof;
use super::reads::{self, RowReads};
use super::recording::{Event, Marks, Recording};

/// Samples that give what Divan printed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Samples {
    /// N, the iterations of a sample.
    pub sample_size: u64,
    /// Threads that took samples at once.
    pub threads: usize,
    /// Time of each sample (not of an iteration) in ps, less Divan's overhead. In the order taken,
    /// with the cold first one; of `threads` threads, their first samples come first.
    pub picos: Vec<u64>,
    /// By how much a sample may be off, in ps; 0 without `AllocProfiler`. The tallies of single
    /// samples are not printed, so what Divan subtracted for them is known for its columns only.
    pub bound_ps: u64,
    /// The reads that begin the first and end the last sample; none if several threads took samples.
    pub all: Option<Marks>,
    /// The reads of the last sample; none if several threads took samples.
    pub last_sample: Option<Marks>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebuilt {
    /// The samples give the printed times.
    Proved(Samples),
    /// None were found that do; the row keeps what is printed.
    Refused(Refusal),
}

/// Why a row has no samples.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Divan printed no numbers for it.
    #[error("not measured")]
    NotMeasured,
    /// The recording does not show when it began and ended.
    #[error("row not found in the recording")]
    NotFound,
    /// There are fewer clock reads than ends of samples.
    #[error("fewer clock reads than samples need")]
    TooFewReads,
    /// The process's first row, in which Divan calibrates, could not be rebuilt.
    #[error("no calibration found")]
    NoCalibration,
    /// No choice of clock reads gives the printed times.
    #[error("clock reads do not give the printed times")]
    NoMatch,
    /// Choices that differ by more than the printed precision give the same times.
    #[error("clock reads give the printed times in more than one way")]
    Ambiguous,
}

impl Refusal {
    /// Whether it shows that Divan did not print the row: the process read the clock less often than
    /// the row's samples need. `stdout_len` is the length of its whole output in bytes. If a part of
    /// it was written in another way than by the recorded functions, the row's reads are unknown.
    pub fn is_contradiction(self, recording: &Recording, stdout_len: usize) -> bool {
        let is_end =
            |event: &Event| matches!(event, Event::Stdout { bytes } if *bytes == stdout_len as u64);
        let is_read = |event: &Event| matches!(event, Event::Clock { .. });
        let events = &recording.events;
        self == Self::TooFewReads && events.iter().any(is_read) && events.iter().any(is_end)
    }
}

/// Rebuilds the samples of all rows of one process's table.
///
/// `precision_ps` is Divan's timer precision, in ps. It matters only where Divan tuned N itself.
pub fn rebuild(recording: &Recording, rows: &[Row], precision_ps: u64) -> Vec<Rebuilt> {
    let mut calibration = Calibration::Pending;
    let mut outcomes = vec![];
    for row in rows {
        outcomes.push(match rebuild_row(recording, row, precision_ps, &mut calibration) {
            Ok(samples) => Rebuilt::Proved(samples),
            Err(refusal) => Rebuilt::Refused(refusal),
        });
    }
    outcomes
}

/// What is known of the overheads that Divan measures once a process, in its first row.
#[derive(Clone, Copy)]
enum Calibration {
    Pending,
    Known(Overhead),
    Missed,
}

fn rebuild_row(
    recording: &Recording,
    row: &Row,
    precision_ps: u64,
    calibration: &mut Calibration,
) -> Result<Samples, Refusal> {
    let figures = row.figures().ok_or(Refusal::NotMeasured)?;
    let overhead = match *calibration {
        Calibration::Pending => None,
        Calibration::Known(overhead) => Some(overhead),
        Calibration::Missed => return Err(Refusal::NoCalibration),
    };
    *calibration = overhead.map_or(Calibration::Missed, Calibration::Known);
    let reads = reads::of_row(recording, &row.span).ok_or(Refusal::NotFound)?;
    let search = Search::new(figures, &reads, overhead, precision_ps)?;
    let found = match search.run() {
        Err(Refusal::NoMatch) if overhead.is_none() => search.run_calibrated_before(recording)?,
        found => found?,
    };
    *calibration = Calibration::Known(found.overhead);
    Ok(found.samples)
}

/// How N came to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Given from outside. Divan then leaves samples of no time as they are.
    Pinned,
    /// Doubled until a sample was long enough. Divan then takes the precision for no time.
    Tuned,
}

const MODES: [Mode; 2] = [Mode::Pinned, Mode::Tuned];

/// A search for the samples of one row, over a bounded number of guesses.
struct Search<'a> {
    figures: &'a Figures,
    reads: &'a RowReads,
    overhead: Option<Overhead>,
    precision_ps: u64,
    size: usize,
    samples: usize,
}

/// Samples that were proved, and the overhead that was subtracted for it.
struct Found {
    samples: Samples,
    overhead: Overhead,
    resolution: u64,
}

impl<'a> Search<'a> {
    fn new(
        figures: &'a Figures,
        reads: &'a RowReads,
        overhead: Option<Overhead>,
        precision_ps: u64,
    ) -> Result<Self, Refusal> {
        let total: usize = reads.reads.iter().map(Vec::len).sum();
        let number = |number: u64| usize::try_from(number).map_err(|_| Refusal::TooFewReads);
        let (size, samples) = (number(figures.sample_size())?, number(figures.samples)?);
        if size == 0 || samples == 0 || samples > total / 2 {
            return Err(Refusal::TooFewReads);
        }
        Ok(Self { figures, reads, overhead, precision_ps, size, samples })
    }

    /// Tries all guesses. One that holds and accounts for every read is the answer; of others that
    /// hold, a second must give the same samples.
    fn run(&self) -> Result<Found, Refusal> {
        if let Some(found) = self.plain_guesses() {
            return Ok(found);
        }
        let mut best: Option<Found> = None;
        for threads in self.thread_counts() {
            for layout in Layout::all() {
                for mode in MODES {
                    let found = self.guess(threads, layout, mode);
                    best = either(best, found)?;
                }
            }
        }
        best.ok_or(Refusal::NoMatch)
    }

    /// The same with the calibration before the table.
    fn run_calibrated_before(&self, recording: &Recording) -> Result<Found, Refusal> {
        let before = reads::before_output(recording);
        let overhead = Overhead::calibrate_loop(&before).ok_or(Refusal::NoMatch)?;
        Search { overhead: Some(overhead), ..*self }.run()
    }

    /// The guesses by which Divan alone has made all reads.
    fn plain_guesses(&self) -> Option<Found> {
        let threads = self.reads.reads.len();
        if !self.samples.is_multiple_of(threads) {
            return None;
        }
        let layouts = [Layout::PLAIN, Layout::HOOKED];
        let guesses = layouts.into_iter().flat_map(|layout| MODES.map(|mode| (layout, mode)));
        let mut complete =
            guesses.filter(|(layout, mode)| self.accounts_for_all(threads, *layout, *mode));
        complete.find_map(|(layout, mode)| self.guess(threads, layout, mode))
    }

    /// Whether there are no other reads than those of Divan, and of the layout's hooks.
    fn accounts_for_all(&self, threads: usize, layout: Layout, mode: Mode) -> bool {
        let tuning = match mode {
            Mode::Pinned => Some(0),
            Mode::Tuned => layout.tuning_reads(self.size),
        };
        let calibration = if self.overhead.is_none() { CALIBRATION_READS } else { 0 };
        let sampling =
            tuning.and_then(|tuning| (self.samples / threads * layout.fixed()).checked_add(tuning));
        let Some(sampling) = sampling else { return false };
        let [main, others @ ..] = self.reads.reads.as_slice() else { return false };
        // One read begins the benchmark's time, unless that leaves out what is not timed.
        let starts = main.len().checked_sub(sampling + calibration);
        matches!(starts, Some(0 | 1)) && others.iter().all(|reads| reads.len() == sampling)
    }

    /// How many threads may have taken the samples: each took as many, at two reads per sample.
    fn thread_counts(&self) -> impl Iterator<Item = usize> {
        let enough =
            move |threads: usize| self.reads.reads[threads - 1].len() / 2 >= self.samples / threads;
        (1..=self.reads.reads.len())
            .filter(|threads| self.samples.is_multiple_of(*threads))
            .filter(move |threads| enough(*threads))
    }

    fn guess(&self, threads: usize, layout: Layout, mode: Mode) -> Option<Found> {
        if mode == Mode::Tuned && !self.size.is_power_of_two() {
            return None;
        }
        let each = self.samples / threads;
        let places: Option<Vec<Place>> = (0..threads)
            .map(|thread| {
                layout.place(self.reads.reads[thread].len(), self.size, each, thread == 0)
            })
            .collect();
        let places = places?;
        let overhead = match self.overhead {
            Some(overhead) => overhead,
            None => self.calibrate(places.first()?, layout, mode)?,
        };
        self.prove(&places, overhead, mode)
    }

    /// The calibration is right before the first sample, or before those that tuned N.
    fn calibrate(&self, place: &Place, layout: Layout, mode: Mode) -> Option<Overhead> {
        let tuning = match mode {
            Mode::Pinned => 0,
            Mode::Tuned => layout.tuning_reads(self.size)?,
        };
        let end = place.start.checked_sub(tuning)?;
        let start = end.checked_sub(CALIBRATION_READS)?;
        Overhead::calibrate(self.reads.reads.first()?.get(start..end)?)
    }

    fn prove(&self, places: &[Place], overhead: Overhead, mode: Mode) -> Option<Found> {
        let subtracted = Subtracted::of(self.figures, &overhead);
        let proof = Proof::new(self.figures, &subtracted);
        let mut picos = Vec::new();
        for sample in 0..self.samples / places.len() {
            for (place, reads) in places.iter().zip(&self.reads.reads) {
                let raw = place.nanoseconds(reads, sample)?.checked_mul(1000)?;
                let adjusted = self.adjust(raw, subtracted.base, mode);
                if proof.excludes(adjusted) {
                    return None;
                }
                picos.push(adjusted);
            }
        }
        let samples = Samples {
            sample_size: self.figures.sample_size(),
            threads: places.len(),
            bound_ps: subtracted.bound,
            all: self.marks(places, 0),
            last_sample: self.marks(places, self.samples - 1),
            picos,
        };
        let resolution = proof.resolution(self.figures);
        proof.holds(&samples.picos).then_some(Found { samples, overhead, resolution })
    }

    /// The reads from the beginning of sample `from` to the end of the last one.
    fn marks(&self, places: &[Place], from: usize) -> Option<Marks> {
        let [place] = places else { return None };
        let number = |read: usize| u64::try_from(read).ok();
        Some(Marks {
            label_bytes: self.reads.label_bytes,
            first: number(place.ends(from).0)?,
            last: number(place.ends(self.samples - 1).1)?,
        })
    }

    /// A sample's time as Divan takes it (`sample_duration_sub_overhead`).
    fn adjust(&self, raw: u64, overhead: u64, mode: Mode) -> u64 {
        let clamp =
            |picos: u64| if picos == 0 && mode == Mode::Tuned { self.precision_ps } else { picos };
        clamp(clamp(raw).saturating_sub(overhead))
    }
}

/// The first of two guesses that hold, if the other agrees within the printed precision. Their
/// difference is then part of the samples' bound.
fn either(best: Option<Found>, found: Option<Found>) -> Result<Option<Found>, Refusal> {
    let (mut best, found) = match (best, found) {
        (Some(best), Some(found)) => (best, found),
        (best, found) => return Ok(best.or(found)),
    };
    let pairs = best.samples.picos.iter().zip(&found.samples.picos);
    let difference = pairs.map(|(one, other)| one.abs_diff(*other)).max().unwrap_or(0);
    if difference > best.resolution {
        return Err(Refusal::Ambiguous);
    }
    best.samples.bound_ps = best.samples.bound_ps.max(difference);
    Ok(Some(best))
}

#[cfg(test)]
#[path = "rebuild_tests.rs"]
mod tests;
