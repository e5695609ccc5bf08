//! The places of a sample's two clock reads among all reads of a thread.

/// The most reads of the benchmark's own that are tried for one iteration and place.
const MOST_OWN: usize = 3;

/// The most reads after the last sample that are tried.
const MOST_AFTER: usize = 4;

/// How often the benchmark itself and the profiler's hooks read the clock. For one sample, Divan 0.1.21 makes N inputs,
/// reads the clock, runs N iterations, reads the clock, and drops N inputs and outputs
/// (`benchmark/mod.rs`, `sample_recorder`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Reads for an input made.
    generator: usize,
    /// Reads for an iteration.
    body: usize,
    /// Reads for a drop.
    drop: usize,
    /// Reads on the main thread after the last sample.
    after: usize,
    /// Reads of a hook right before the first read of a sample, and as many right after the other.
    /// codspeed-divan-compat 4 and 5 have one.
    hooks: usize,
}

/// The places of the samples in one thread's reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The first read that belongs to sample 0.
    pub(super) start: usize,
    /// From the start of one sample to that of the next.
    stride: usize,
    /// Reads of a sample before its first own one.
    lead: usize,
    /// From its first own read to the other.
    span: usize,
}

impl Layout {
    /// The benchmark never reads the clock.
    pub(super) const PLAIN: Self = Self { generator: 0, body: 0, drop: 0, after: 0, hooks: 0 };

    /// Only Divan and the hooks read the clock.
    pub(super) const HOOKED: Self = Self { hooks: 1, ..Self::PLAIN };

    /// All layouts that are tried, the simplest first.
    pub(super) fn all() -> Vec<Self> {
        let range = || 0..=MOST_OWN;
        let mut all: Vec<Self> = range()
            .flat_map(|generator| range().map(move |body| (generator, body)))
            .flat_map(|(generator, body)| range().map(move |drop| (generator, body, drop)))
            .flat_map(|(generator, body, drop)| {
                (0..=MOST_AFTER).map(move |after| Self { generator, body, drop, after, hooks: 0 })
            })
            .flat_map(|layout| [layout, Self { hooks: 1, ..layout }])
            .collect();
        all.sort_by_key(|layout| (layout.hooks, layout.own(), layout.after));
        all
    }

    fn own(self) -> usize {
        self.generator + self.body + self.drop
    }

    /// The reads of a sample that do not depend on its size.
    pub(super) fn fixed(self) -> usize {
        2 + 2 * self.hooks
    }

    /// The reads of one sample of `size` iterations.
    fn stride(self, size: usize) -> Option<usize> {
        self.own().checked_mul(size)?.checked_add(self.fixed())
    }

    /// The places of the last `count` samples of `size` iterations, if there are enough reads.
    pub(super) fn place(
        self,
        reads: usize,
        size: usize,
        count: usize,
        main: bool,
    ) -> Option<Place> {
        let stride = self.stride(size)?;
        let after = if main { self.after } else { 0 };
        let start = reads.checked_sub(stride.checked_mul(count)?.checked_add(after)?)?;
        let lead = self.generator * size + self.hooks;
        Some(Place { start, stride, lead, span: self.body * size + 1 })
    }

    /// The reads of the samples that Divan discards while it tunes N from 1 up to `size`, a power
    /// of two. The last sample, of N iterations, is kept.
    pub(super) fn tuning_reads(self, size: usize) -> Option<usize> {
        let discarded = usize::try_from(size.ilog2()).ok()?;
        discarded.checked_mul(self.fixed())?.checked_add(self.own().checked_mul(size - 1)?)
    }
}

impl Place {
    /// The reads that begin and end a sample.
    pub(super) fn ends(&self, sample: usize) -> (usize, usize) {
        let first = self.start + sample * self.stride + self.lead;
        (first, first + self.span)
    }

    /// The time of a sample in ns, by the clock. None if the clock went backwards.
    pub(super) fn nanoseconds(&self, reads: &[u64], sample: usize) -> Option<u64> {
        let (first, last) = self.ends(sample);
        reads.get(last)?.checked_sub(*reads.get(first)?)
    }
}

#[cfg(test)]
mod tests {
    use super::Layout;

    #[test]
    fn the_plain_layout_comes_first() {
        let all = Layout::all();
        assert_eq!(all[0], Layout::PLAIN);
        assert_eq!(all.len(), 4 * 4 * 4 * 5 * 2);
    }

    #[test]
    fn samples_are_counted_from_the_end() {
        // Two reads before, then two samples of two iterations: input, start, end, drop, drop.
        let layout = Layout { generator: 1, drop: 1, after: 1, ..Layout::PLAIN };
        let reads = [1, 2, 0, 0, 10, 15, 0, 0, 0, 0, 30, 37, 0, 0, 99];
        let place = layout.place(reads.len(), 2, 2, true).unwrap();
        assert_eq!(place.start, 2);
        assert_eq!(place.nanoseconds(&reads, 0), Some(5));
        assert_eq!(place.nanoseconds(&reads, 1), Some(7));
        assert_eq!((place.ends(0), place.ends(1)), ((4, 5), (10, 11)));
        assert!(layout.place(12, 2, 2, true).is_none());
        assert!(layout.place(12, 2, 2, false).is_some());
    }

    #[test]
    fn tuning_doubles_the_size() {
        let layout = Layout { body: 1, ..Layout::PLAIN };
        // Sizes 1, 2 and 4: two reads and one for each iteration.
        assert_eq!(layout.tuning_reads(8), Some(3 * 2 + 7));
        assert_eq!(layout.tuning_reads(1), Some(0));
    }

    #[test]
    fn hooks_enclose_a_sample() {
        // Two samples: hook, start, end, hook.
        let reads = [1, 9, 10, 15, 20, 29, 30, 37, 40];
        let place = Layout::HOOKED.place(reads.len(), 8, 2, true).unwrap();
        assert_eq!(place.start, 1);
        assert_eq!(place.nanoseconds(&reads, 0), Some(5));
        assert_eq!(place.nanoseconds(&reads, 1), Some(7));
        assert_eq!(Layout::HOOKED.tuning_reads(8), Some(3 * 4));
    }
}
