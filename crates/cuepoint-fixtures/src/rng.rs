//! A small pseudo-random generator whose stream never changes.

/// SplitMix64: one word of state, the same stream everywhere and for ever.
///
/// A library's generator would be free to change its stream with a release, and with it every
/// generated file and every measurement made on one.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// A generator for one item: streams of different `(seed, item)` pairs are unrelated.
    pub(crate) fn new(seed: u64, item: u64) -> Self {
        let mut mixed = Self(seed);
        let seed = mixed.next();
        let mut rng = Self(seed ^ item);
        Self(rng.next())
    }

    /// The next 64 random bits.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`; 0 if `bound` is 0.
    ///
    /// Taking the high half of a product is biased by less than `bound` in 2^64, which no share
    /// that is checked here can show.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `share` of 10,000 draws.
    pub(crate) fn chance(&mut self, share: u64) -> bool {
        self.below(10_000) < share
    }

    /// One of `items`, each as likely as the others.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    /// The index of one of `weights`, with a probability proportional to its weight.
    pub(crate) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, &weight) in weights.iter().enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// The first of a few draws that is `good`, or the last if none is.
    pub(crate) fn until<T>(
        &mut self,
        mut draw: impl FnMut(&mut Self) -> T,
        good: impl Fn(&T) -> bool,
    ) -> T {
        let mut drawn = draw(self);
        for _ in 1..ATTEMPTS {
            if good(&drawn) {
                break;
            }
            drawn = draw(self);
        }
        drawn
    }

    /// A number around 0 with a standard deviation of 1,000, within ± 6,000.
    ///
    /// The sum of twelve uniform draws is close enough to a normal one. It needs no logarithm,
    /// which may differ in its last bit between platforms.
    pub(crate) fn normal(&mut self) -> i64 {
        (0..12).map(|_| self.below(1_001) as i64).sum::<i64>() - 6_000
    }

    /// A rank in `0..count` that follows Zipf's law with a slope of −0.85.
    ///
    /// Ranks are drawn octave by octave: [1, 2), [2, 4), [4, 8)…. An octave weighs 2^0.15 times
    /// the one before it. Within an octave ranks are equally likely. That needs a table of 24
    /// integers rather than a power for each rank.
    pub(crate) fn zipf(&mut self, count: u64) -> u64 {
        let octaves = (64 - count.max(1).leading_zeros() as usize).min(OCTAVE_WEIGHTS.len());
        loop {
            let octave = self.weighted(&OCTAVE_WEIGHTS[..octaves]);
            let rank = (1 << octave) - 1 + self.below(1 << octave);
            if rank < count.max(1) {
                return rank;
            }
        }
    }
}

/// How often [`Rng::until`] draws before it takes what comes: a wish that cannot be met must end.
const ATTEMPTS: usize = 64;

/// `1000 × 2^(0.15 × octave)`, rounded.
const OCTAVE_WEIGHTS: [u64; 24] = [
    1000, 1110, 1231, 1366, 1516, 1682, 1866, 2071, 2297, 2549, 2828, 3138, 3482, 3864, 4287, 4757,
    5278, 5856, 6498, 7210, 8000, 8877, 9849, 10928,
];

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_stream_is_splitmix64() {
        // First outputs for seed 0, as published with the algorithm.
        let mut rng = Rng(0);
        assert_eq!(rng.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(rng.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn zipf_stays_in_range_and_favours_low_ranks() {
        let mut rng = Rng::new(1, 1);
        let mut first = 0;
        let mut last = 0;
        for _ in 0..20_000 {
            let rank = rng.zipf(1_000);
            assert!(rank < 1_000);
            first += u32::from(rank < 10);
            last += u32::from(rank >= 990);
        }
        assert!(first > 20 * last, "{first} draws of the first ten, {last} of the last ten");
    }

    #[test]
    fn normal_is_centred_with_the_stated_spread() {
        let mut rng = Rng::new(2, 2);
        let draws: Vec<i64> = (0..20_000).map(|_| rng.normal()).collect();
        let mean = draws.iter().sum::<i64>() / 20_000;
        let within = draws.iter().filter(|draw| draw.abs() <= 1_000).count();
        assert!(mean.abs() < 40, "mean {mean}");
        assert!((13_200..14_100).contains(&within), "{within} within one deviation");
    }
}
