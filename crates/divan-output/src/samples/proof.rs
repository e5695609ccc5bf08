//! Whether samples give the four times that Divan 0.1.21 printed (`benchmark/mod.rs`,
//! `compute_stats`).

use crate::{Cell, Figures};

use super::overhead::Subtracted;

/// What samples must be like, in ps a sample after the base overhead was subtracted.
pub(super) struct Proof {
    size: i128,
    fastest: Window,
    slowest: Window,
    median: Window,
    mean: Window,
    /// How far a column's sample can be from its place by clock time alone. Its own overhead and
    /// that of the sample in whose place it is may both differ.
    reach: i128,
}

/// An inclusive range of ps a sample.
#[derive(Clone, Copy)]
struct Window {
    low: i128,
    high: i128,
}

impl Window {
    /// The samples that print as `cell`, where Divan divides by N and drops the rest.
    fn of(cell: Cell, size: i128, offset: (i128, i128)) -> Self {
        let picos = |ns: f64| (ns * 1e3).round() as i128;
        let low = picos(cell.value).saturating_mul(size).saturating_add(offset.0);
        let next = picos(cell.value + cell.ulp).saturating_mul(size);
        Self { low, high: next.saturating_add(offset.1).saturating_sub(1) }
    }

    fn holds(&self, picos: i128) -> bool {
        self.low <= picos && picos <= self.high
    }
}

impl Proof {
    pub(super) fn new(figures: &Figures, subtracted: &Subtracted) -> Self {
        let size = i128::from(figures.sample_size());
        let [fastest, slowest, median, mean] = figures.time_ns.cells();
        let [for_fastest, for_slowest, for_median, for_mean] = subtracted.offsets;
        Self {
            size,
            fastest: Window::of(fastest, size, for_fastest),
            slowest: Window::of(slowest, size, for_slowest),
            median: Window::of(median, size, for_median),
            mean: Window::of(mean, size, for_mean),
            reach: 2 * i128::from(subtracted.bound),
        }
    }

    /// Whether one sample alone rules out its row: it is faster than the fastest, or slower than
    /// the slowest. Ends most wrong guesses after a few samples.
    pub(super) fn excludes(&self, picos: u64) -> bool {
        let picos = i128::from(picos);
        let slowest = self.slowest.high.saturating_add(self.reach);
        picos + self.reach < self.fastest.low || slowest < picos
    }

    /// Whether the samples give the printed columns, all four.
    pub(super) fn holds(&self, samples: &[u64]) -> bool {
        let total: i128 = samples.iter().map(|picos| i128::from(*picos)).sum();
        if samples.is_empty() || !self.holds_mean(total, samples.len()) {
            return false;
        }
        let mut sorted: Vec<i128> = samples.iter().map(|picos| i128::from(*picos)).collect();
        sorted.sort_unstable();
        self.holds_end(&sorted, 0, self.fastest)
            && self.holds_end(&sorted, sorted.len() - 1, self.slowest)
            && self.holds_median(&sorted)
    }

    /// The sum is divided by all iterations at once, and the rest dropped once.
    fn holds_mean(&self, total: i128, count: usize) -> bool {
        let count = count as i128;
        // The window's upper end is one below a multiple of N; of N times the count here.
        let high = self.mean.high.saturating_add(1).saturating_mul(count).saturating_sub(1);
        self.mean.low.saturating_mul(count) <= total && total <= high
    }

    /// Whether a sample that can have `rank` is in the window.
    fn holds_end(&self, sorted: &[i128], rank: usize, window: Window) -> bool {
        let near = self.near(sorted, rank);
        let first = near.partition_point(|picos| *picos < window.low);
        near.get(first).is_some_and(|picos| window.holds(*picos))
    }

    /// The samples that can have `rank` in Divan's order.
    fn near<'a>(&self, sorted: &'a [i128], rank: usize) -> &'a [i128] {
        let (low, high) = (sorted[rank] - self.reach, sorted[rank] + self.reach);
        let from = sorted.partition_point(|picos| *picos < low);
        let to = sorted.partition_point(|picos| *picos <= high);
        &sorted[from..to]
    }

    /// The middle sample, or the mean of the two in the middle with its rest dropped.
    fn holds_median(&self, sorted: &[i128]) -> bool {
        let (lower, upper) = ((sorted.len() - 1) / 2, sorted.len() / 2);
        if lower == upper {
            return self.holds_end(sorted, lower, self.median);
        }
        let others = self.near(sorted, upper);
        self.near(sorted, lower).iter().any(|picos| {
            let low = self.median.low.saturating_mul(2).saturating_sub(*picos);
            let other = others.get(others.partition_point(|other| *other < low));
            other.is_some_and(|other| self.median.holds((picos + other).div_euclid(2)))
        })
    }

    /// What the printed digits of the median leave open, in ps a sample.
    pub(super) fn resolution(&self, figures: &Figures) -> u64 {
        let picos = (figures.time_ns.median.ulp * 1e3).round() as i128;
        u64::try_from(picos.saturating_mul(self.size)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples::overhead::Overhead;
    use crate::{Alloc, AllocKind, Columns};

    /// A printed value of any size; the parser takes any number of digits.
    fn cell() -> impl Strategy<Value = Cell> {
        let value = prop::sample::select(vec![0.0, 0.001, 1e3, 1e18, 1e30, 1e300, f64::INFINITY]);
        (value, 0.0..1e17).prop_map(|(value, ulp)| Cell { value, ulp })
    }

    fn columns() -> impl Strategy<Value = Columns> {
        let cells = (cell(), cell(), cell(), cell());
        cells.prop_map(|(fastest, slowest, median, mean)| Columns {
            fastest,
            slowest,
            median,
            mean,
        })
    }

    fn picos() -> impl Strategy<Value = u64> {
        prop_oneof![0..9_u64, any::<u64>(), Just(u64::MAX)]
    }

    proptest! {
        #[test]
        fn no_number_is_too_large_to_be_proved(
            (time_ns, count) in (columns(), columns()),
            (samples, size) in (1..9_u64, prop::sample::select(vec![1, 1 << 40, u64::MAX >> 4])),
            costs in prop::array::uniform4(picos()),
            picos in prop::collection::vec(picos(), 1..9),
        ) {
            let alloc = |kind| Alloc { kind, count, bytes: count };
            let allocs = vec![alloc(AllocKind::Alloc), alloc(AllocKind::Dealloc)];
            let figures =
                Figures { time_ns, samples, iters: samples * size, rates: vec![], allocs };
            let [sample_loop, alloc, dealloc, realloc] = costs;
            let overhead = Overhead { sample_loop, alloc, dealloc, realloc };
            let proof = Proof::new(&figures, &Subtracted::of(&figures, &overhead));
            proof.holds(&picos);
            proof.resolution(&figures);
            for picos in picos {
                proof.excludes(picos);
            }
        }
    }
}
