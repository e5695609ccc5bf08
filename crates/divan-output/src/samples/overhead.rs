//! What Divan 0.1.21 subtracts from a sample (`time/timer.rs`).

use crate::{Alloc, AllocKind, Cell, Figures};

/// Pairs of reads for each of the four overheads.
const PAIRS: usize = 100;

/// Clock reads of the calibration.
pub(super) const CALIBRATION_READS: usize = 4 * 2 * PAIRS;

/// Iterations of a timing of the empty loop.
const LOOP_SIZE: u64 = 10_000;

/// Operations of a timing of a tally.
const TALLY_SIZE: u64 = 50_000;

/// The overheads that Divan measures once a process, in ps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overhead {
    /// Of an iteration.
    pub(super) sample_loop: u64,
    /// Of noting an allocation.
    pub(super) alloc: u64,
    /// Of noting a deallocation.
    pub(super) dealloc: u64,
    /// Of noting a reallocation.
    pub(super) realloc: u64,
}

impl Overhead {
    /// Repeats Divan's calibration from the [`CALIBRATION_READS`] that it made.
    pub(super) fn calibrate(reads: &[u64]) -> Option<Self> {
        if reads.len() != CALIBRATION_READS || !loops_outlast_gaps(reads) {
            return None;
        }
        // The recording is the bench process's own: its clock may say anything.
        let picos = |pair: &[u64]| pair[1].saturating_sub(pair[0]).saturating_mul(1000);
        let picos: Vec<u64> = reads.chunks_exact(2).map(picos).collect();
        if !picos.chunks(PAIRS).all(steady) {
            return None;
        }
        let (loops, tallies) = picos.split_at(PAIRS);
        let sample_loop = least(loops.iter().map(|picos| picos / LOOP_SIZE))?;
        let tally = |index: usize| {
            let timings = tallies[index * PAIRS..].iter().take(PAIRS);
            let picos = timings.map(|picos| (picos / TALLY_SIZE).saturating_sub(sample_loop));
            least(picos).unwrap_or(0)
        };
        Some(Self { sample_loop, alloc: tally(0), dealloc: tally(1), realloc: tally(2) })
    }

    /// Repeats the calibration of Divan 0.1.14 and older from the last clock reads before its
    /// table. They subtract only the loop.
    pub(super) fn calibrate_loop(reads: &[u64]) -> Option<Self> {
        /// The least time of a timing, in ns: 10,000 iterations need more. A timing of nothing,
        /// which finds the timer's precision, needs less.
        const LEAST_TIMING: u64 = 1_000;
        let reads = reads.get(reads.len().checked_sub(2 * PAIRS)?..)?;
        let times = reads.chunks_exact(2).map(|pair| pair[1].saturating_sub(pair[0]));
        let is_long = times.clone().all(|ns| ns >= LEAST_TIMING);
        if !is_long || !loops_outlast_gaps(reads) {
            return None;
        }
        let picos: Vec<u64> = times.map(|ns| ns.saturating_mul(1000)).collect();
        let sample_loop = least(picos.iter().map(|picos| picos / LOOP_SIZE))?;
        steady(&picos).then_some(Self { sample_loop, alloc: 0, dealloc: 0, realloc: 0 })
    }

    /// Of noting one operation, in ps. A peak is not noted by itself.
    fn of_tally(&self, kind: AllocKind) -> u64 {
        match kind {
            AllocKind::Peak => 0,
            AllocKind::Alloc => self.alloc,
            AllocKind::Dealloc => self.dealloc,
            AllocKind::Grow | AllocKind::Shrink => self.realloc,
        }
    }
}

/// Whether the pairs are rightly paired: ten thousand turns of a loop take longer than the few
/// instructions to the next pair.
fn loops_outlast_gaps(reads: &[u64]) -> bool {
    let sum = |from: usize| -> u64 {
        let pairs = reads[from..].chunks_exact(2);
        pairs.map(|pair| pair[1].saturating_sub(pair[0])).fold(0, u64::saturating_add)
    };
    sum(1) < sum(0)
}

/// Whether timings of the same thing are alike. Reads before or after the calibration are not: a
/// setup's own reads, or a first sample of one iteration, follow each other far sooner.
fn steady(picos: &[u64]) -> bool {
    /// Interruptions only ever make a timing longer, so the middle is no multiple of the least.
    const MOST: u64 = 4;
    /// Below a microsecond, the steps of the clock are a large part.
    const SHORT: u64 = 1_000_000;
    let mut sorted = picos.to_vec();
    sorted.sort_unstable();
    let middle = sorted[sorted.len() / 2];
    middle < SHORT || middle <= sorted[0].saturating_mul(MOST)
}

/// The least that is not zero (`FineDuration::clamp_to_min`).
fn least(picos: impl Iterator<Item = u64>) -> Option<u64> {
    picos.filter(|picos| *picos > 0).min()
}

/// What was subtracted from a row's samples, in ps a sample.
///
/// The tallies of single samples are not printed. Those of the samples in the four columns are,
/// to four digits; a column's `offset` is by how much its sample's overhead differs from `base`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Subtracted {
    /// Taken from every sample.
    pub(super) base: u64,
    /// The least and the most by which the columns' overheads exceed `base`: fastest, slowest,
    /// median, mean.
    pub(super) offsets: [(i128, i128); 4],
    /// By how much a sample's overhead may differ from `base`.
    pub(super) bound: u64,
}

impl Subtracted {
    pub(super) fn of(figures: &Figures, overhead: &Overhead) -> Self {
        let mut total = Self {
            base: overhead.sample_loop.saturating_mul(figures.sample_size()),
            offsets: [(0, 0); 4],
            bound: 0,
        };
        for alloc in &figures.allocs {
            total.add(&Tally::of(alloc, figures), overhead.of_tally(alloc.kind));
        }
        total
    }

    fn add(&mut self, tally: &Tally, cost: u64) {
        let cost = cost as f64;
        self.base = self.base.saturating_add((tally.base * cost).round() as u64);
        for (offset, (low, high)) in self.offsets.iter_mut().zip(tally.offsets) {
            offset.0 = offset.0.saturating_add((low * cost).floor() as i128);
            offset.1 = offset.1.saturating_add((high * cost).ceil() as i128);
        }
        self.bound = self.bound.saturating_add((tally.bound * cost).ceil() as u64);
    }
}

/// How often one operation happened in a sample.
struct Tally {
    base: f64,
    offsets: [(f64, f64); 4],
    bound: f64,
}

impl Tally {
    fn of(alloc: &Alloc, figures: &Figures) -> Self {
        let size = figures.sample_size() as f64;
        // A sample's count is whole, the median can be the mean of two, the mean is that of all.
        let steps = [1.0, 1.0, 0.5, 1.0 / figures.samples as f64];
        let cells = alloc.count.cells();
        let windows: Vec<(f64, f64)> =
            cells.iter().zip(steps).map(|(cell, step)| window(*cell, size, step)).collect();
        let (low, high) = windows[3];
        // Where all samples count the same, that is exact though the mean's digits are cut off.
        let base = windows[0].0.clamp(low, high);
        let mut offsets = [(0.0, 0.0); 4];
        for (offset, (low, high)) in offsets.iter_mut().zip(&windows) {
            *offset = (low - base, high - base);
        }
        let farthest = offsets.iter().fold(0.0_f64, |far, (low, high)| far.max(-low).max(*high));
        // Samples outside of the columns may be farther off than those in them.
        let alike = windows[1..3].iter().all(|other| *other == windows[0]);
        Self { base, offsets, bound: if alike { farthest } else { 2.0 * farthest } }
    }
}

/// The least and the most that a printed count per iteration can mean for a sample of `size`
/// iterations, where counts are multiples of `step`.
fn window(cell: Cell, size: f64, step: f64) -> (f64, f64) {
    // Far below a step, far above the rounding of the product.
    let epsilon = 1e-6;
    let low = (cell.value * size / step - epsilon).ceil() * step;
    let next = ((cell.value + cell.ulp) * size / step - epsilon).ceil() * step;
    (low, (next - step).max(low))
}

#[cfg(test)]
mod tests {
    use super::{CALIBRATION_READS, Cell, Overhead, window};

    fn calibration(lengths: [u64; 4]) -> Vec<u64> {
        let mut now = 0;
        let mut reads = vec![];
        for pair in 0..CALIBRATION_READS / 2 {
            now += 25;
            reads.push(now);
            // One pair in four is disturbed, the least counts.
            now += lengths[pair / 100] + if pair % 4 == 0 { 5_000 } else { 0 };
            reads.push(now);
        }
        reads
    }

    #[test]
    fn calibration_takes_the_least_of_each_hundred() {
        let reads = calibration([2_400, 37_000, 38_000, 62_000]);
        let expected = Overhead { sample_loop: 240, alloc: 500, dealloc: 520, realloc: 1_000 };
        assert_eq!(Overhead::calibrate(&reads), Some(expected));
    }

    #[test]
    fn a_clock_that_jumps_is_no_reason_to_panic() {
        let jumping: Vec<u64> = [0, u64::MAX].into_iter().cycle().take(CALIBRATION_READS).collect();
        let longest = u64::MAX / super::LOOP_SIZE;
        assert_eq!(Overhead::calibrate(&jumping).map(|found| found.sample_loop), Some(longest));
    }

    #[test]
    fn wrongly_paired_reads_are_no_calibration() {
        let mut reads = calibration([2_400, 37_000, 38_000, 62_000]);
        reads.remove(0);
        reads.push(reads[reads.len() - 1] + 25);
        assert_eq!(Overhead::calibrate(&reads), None);
        assert_eq!(Overhead::calibrate(&reads[..10]), None);
    }

    #[test]
    fn reads_of_something_else_are_no_calibration() {
        let reads = calibration([2_400, 37_000, 38_000, 62_000]);
        let last = reads[reads.len() - 1];
        let late = [&reads[2..], &[last + 25, last + 600]].concat();
        assert_eq!(Overhead::calibrate(&late), None);
        let early = [&[1, 24], &reads[..CALIBRATION_READS - 2]].concat();
        assert_eq!(Overhead::calibrate(&early), None);
    }

    #[test]
    fn a_count_is_a_multiple_of_its_step() {
        let near = |window: (f64, f64), low: f64, high: f64| {
            (window.0 - low).abs() < 1e-9 && (window.1 - high).abs() < 1e-9
        };
        assert!(near(window(Cell { value: 1233.0, ulp: 1.0 }, 1.0, 1.0), 1233.0, 1233.0));
        // 37 of 256 iterations print as 0.144.
        assert!(near(window(Cell { value: 0.144, ulp: 0.001 }, 256.0, 1.0), 37.0, 37.0));
        assert!(near(window(Cell { value: 199.0, ulp: 0.1 }, 1.0, 0.01), 199.0, 199.09));
    }
}
