//! Change points in a series of recorded runs: where its level changed, and by how much.
//!
//! A verdict compares the newest run with its baseline. Change points also use the later runs, so
//! they show smaller changes, a few runs later. They inform and never fail a check.
//!
//! The series is cut into levels by optimal partitioning (Jackson et al., 2005), exact in O(n²).
//! It minimizes the squared distances to the levels, in units of the noise, plus a price per cut.
//! The price is PRICE × ln n, a multiple of the Bayesian information criterion. Outliers are moved
//! closer to their neighbours first, so that a single slow run is no level.

use crate::stats;
use crate::unit::LogRatio;

/// The smallest number of runs of a level.
pub const SHORTEST: usize = 3;
/// The price of a cut, in ln n.
const PRICE: f64 = 4.5;
/// The largest distance of a run from the median of its neighbours, in units of the noise.
const REACH: f64 = 2.5;
/// The number of neighbours on either side.
const NEIGHBOURS: usize = 2;

/// What a change point must exceed, in natural logarithms.
#[derive(Clone, Copy, Debug)]
struct Least {
    /// The smallest noise of a run.
    noise: f64,
    /// The smallest change point that is reported.
    step: f64,
}

/// For times: a noise of 0.3 %, and ln 1.03.
const TIMES: Least = Least { noise: 0.003, step: 0.029_558_802_241_544_4 };
/// The smallest noise of a count that repeats. It is far below its smallest change point.
const COUNT_NOISE: f64 = 0.001;
/// The smallest change of a count that repeats, as a share.
const COUNT_STEP: f64 = 0.01;
/// The smallest change of a count, in multiples of its repeat spread.
const SPREADS: f64 = 3.0;
/// A count of 0 takes the place of this share of the smallest other one, as 0 has no logarithm.
const ZERO: f64 = 1e-3;

/// A change point: where the level of a series changed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChangePoint {
    /// The first run on the new level, by its place in the series.
    pub at: usize,
    /// The new level's median over the old one's.
    pub change: LogRatio,
    /// The old level, in the unit of the series.
    pub before: f64,
    /// The new level, in the unit of the series.
    pub after: f64,
}

/// The change points of a series of times in ns, the oldest first. Every level has at least
/// [`SHORTEST`] runs.
///
/// All times must be finite and above 0, because others have no logarithm.
pub fn steps(times_ns: &[f64]) -> Vec<ChangePoint> {
    steps_beyond(times_ns, TIMES)
}

/// The change points of a series of counts, the oldest first. They are finite and may be 0.
///
/// `spread`: by how much repeated counts of one build differ, as a share; `None` for counts that do
/// not repeat. A count that repeats changes from 1 % on, or from three times its spread.
pub fn count_steps(counts: &[f64], spread: Option<f64>) -> Vec<ChangePoint> {
    let repeating = |spread: f64| Least {
        noise: COUNT_NOISE.max(spread),
        step: COUNT_STEP.max(SPREADS * spread).ln_1p(),
    };
    let least_count = counts.iter().copied().filter(|count| *count > 0.0).reduce(f64::min);
    let Some(zero) = least_count.map(|least| least * ZERO) else { return Vec::new() };
    let positive: Vec<f64> = counts.iter().map(|count| count.max(zero)).collect();
    let mut points = steps_beyond(&positive, spread.map_or(TIMES, repeating));
    // The logarithm of a level and back may differ from it in the last digit.
    let level = |level: f64| if level < zero * 2.0 { 0.0 } else { level };
    for point in &mut points {
        (point.before, point.after) = (level(point.before), level(point.after));
    }
    points
}

fn steps_beyond(values: &[f64], least: Least) -> Vec<ChangePoint> {
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    // No two levels differ by more than the whole series does. Most counts never change.
    if range(&logs) < least.step {
        return Vec::new();
    }
    let Some(noise) = noise(&logs, least.noise) else { return Vec::new() };
    let smoothed = without_outliers(&logs, noise);
    let mut bounds = partition(&smoothed, noise);
    drop_small(&smoothed, &mut bounds, least.step);
    bounds.windows(3).map(|bounds| step(&smoothed, [bounds[0], bounds[1], bounds[2]])).collect()
}

/// The difference of the largest and the smallest value.
fn range(logs: &[f64]) -> f64 {
    let least = logs.iter().copied().fold(f64::INFINITY, f64::min);
    logs.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least
}

/// The standard deviation of one run, from the differences of neighbours, which hardly depend on a
/// few change points. `None` if the series is too short to have one.
fn noise(logs: &[f64], least: f64) -> Option<f64> {
    if logs.len() < 2 * SHORTEST {
        return None;
    }
    let differences: Vec<f64> = logs.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let usual = stats::median(&differences)?;
    // 1.4826 makes a median deviation a standard deviation; a difference has two runs' noise.
    Some((1.4826 * usual / std::f64::consts::SQRT_2).max(least))
}

fn without_outliers(logs: &[f64], noise: f64) -> Vec<f64> {
    let window = 2 * NEIGHBOURS + 1;
    let around = |i: usize| {
        // At an end all neighbours are on one side, because two odd runs there are no level yet.
        let begin = i.saturating_sub(NEIGHBOURS).min(logs.len().saturating_sub(window));
        let neighbours = &logs[begin..logs.len().min(begin + window)];
        stats::median(neighbours).unwrap_or(logs[i])
    };
    let reach = REACH * noise;
    (0..logs.len()).map(|i| logs[i].clamp(around(i) - reach, around(i) + reach)).collect()
}

/// Where the levels begin, and the end of the series.
fn partition(logs: &[f64], noise: f64) -> Vec<usize> {
    let sums = PrefixSums::of(logs);
    let price = PRICE * (logs.len() as f64).ln() * noise * noise;
    let mut least = vec![f64::INFINITY; logs.len() + 1];
    let mut begins = vec![0; logs.len() + 1];
    least[0] = -price;
    for end in SHORTEST..=logs.len() {
        // What cannot be reached costs infinitely much, and stays so.
        let (mut cost, mut best) = (f64::INFINITY, 0);
        // A plain loop: in a debug build, iterators take four times as long.
        for (begin, least) in least[..=end - SHORTEST].iter().enumerate() {
            let candidate = least + sums.spread(begin, end);
            if candidate < cost {
                (cost, best) = (candidate, begin);
            }
        }
        (least[end], begins[end]) = (cost + price, best);
    }
    let mut bounds = vec![logs.len()];
    while let Some(last) = bounds.last().copied().filter(|last| *last > 0) {
        bounds.push(begins[last]);
    }
    bounds.reverse();
    bounds
}

/// Running sums, so that the spread of any stretch takes no time.
struct PrefixSums {
    values: Vec<f64>,
    squares: Vec<f64>,
}

impl PrefixSums {
    fn of(logs: &[f64]) -> Self {
        // Nearer to zero the squares lose fewer digits.
        let median = stats::median(logs).unwrap_or_default();
        let running = |of: fn(f64) -> f64| {
            let sums = logs.iter().scan(0.0, |sum, log| {
                *sum += of(log - median);
                Some(*sum)
            });
            std::iter::once(0.0).chain(sums).collect()
        };
        Self { values: running(|value| value), squares: running(|value| value * value) }
    }

    /// The squared deviations of a stretch to its mean, together.
    fn spread(&self, begin: usize, end: usize) -> f64 {
        let sum = self.values[end] - self.values[begin];
        self.squares[end] - self.squares[begin] - sum * sum / (end - begin) as f64
    }
}

/// Joins adjacent levels that differ by less than `least`, the most similar first.
fn drop_small(logs: &[f64], bounds: &mut Vec<usize>, least: f64) {
    loop {
        let height =
            |i: usize| step(logs, [bounds[i - 1], bounds[i], bounds[i + 1]]).change.0.abs();
        let inner = 1..bounds.len().saturating_sub(1);
        let lowest = inner.map(|i| (height(i), i)).min_by(|one, other| one.0.total_cmp(&other.0));
        match lowest {
            Some((height, i)) if height < least => drop(bounds.remove(i)),
            _ => return,
        }
    }
}

fn step(logs: &[f64], [begin, at, end]: [usize; 3]) -> ChangePoint {
    let level = |logs: &[f64]| stats::median(logs).unwrap_or_default();
    let (before, after) = (level(&logs[begin..at]), level(&logs[at..end]));
    ChangePoint { at, change: LogRatio(after - before), before: before.exp(), after: after.exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers by chance, the same each time.
    struct Chance(u64);

    impl Chance {
        /// Between 0 and 1; xorshift64* by Vigna.
        fn share(&mut self) -> f64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
        }

        /// A standard normal deviate, by Box and Muller.
        fn normal(&mut self) -> f64 {
            let (u, v) = (1.0 - self.share(), self.share());
            (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
        }

        fn below(&mut self, bound: usize) -> usize {
            (self.share() * bound as f64) as usize
        }
    }

    struct Planted {
        times_ns: Vec<f64>,
        at: Vec<usize>,
    }

    /// A series of 100 runs with up to three steps of 5 to 30 %, at least ten runs apart.
    fn planted(chance: &mut Chance, noise: f64, peaks: f64) -> Planted {
        let mut at: Vec<usize> = (0..chance.below(4)).map(|_| 10 + chance.below(80)).collect();
        at.sort_unstable();
        at.dedup_by(|later, earlier| *later < *earlier + 10);
        let mut level = 0.0;
        let mut time_ns = |i: usize| {
            if at.contains(&i) {
                let size = (0.05 + 0.25 * chance.share()).ln_1p();
                level += if chance.share() < 0.5 { size } else { -size };
            }
            let peak = if chance.share() < peaks { 0.2 * chance.normal().abs() } else { 0.0 };
            1000.0 * f64::exp(level + noise * chance.normal() + peak)
        };
        let times_ns = (0..100).map(&mut time_ns).collect();
        Planted { times_ns, at }
    }

    /// The shares of planted steps that are found within five runs, and of found ones that were
    /// planted.
    fn recall_and_precision(noise: f64, peaks: f64) -> (f64, f64) {
        let mut chance = Chance(7);
        let (mut hits, mut planted_steps, mut found_steps) = (0, 0, 0);
        for _ in 0..300 {
            let planted = planted(&mut chance, noise, peaks);
            let found = steps(&planted.times_ns);
            let near = |at: &&usize| found.iter().any(|step| step.at.abs_diff(**at) <= 5);
            hits += planted.at.iter().filter(near).count();
            planted_steps += planted.at.len();
            found_steps += found.len();
        }
        let share = |of: usize| f64::from(u32::try_from(hits).unwrap()) / of as f64;
        (share(planted_steps), share(found_steps))
    }

    #[test]
    fn planted_steps_are_found_and_little_else() {
        for (noise, peaks, least) in [(0.03, 0.0, 0.97), (0.01, 0.0, 0.99), (0.03, 0.05, 0.95)] {
            let (recall, precision) = recall_and_precision(noise, peaks);
            assert!(recall >= least && precision >= least, "{noise} {peaks}: {recall} {precision}");
        }
    }

    #[test]
    fn a_change_point_has_a_place_and_a_size() {
        let times: Vec<f64> = [vec![100.0; 8], vec![120.0; 4]].concat();
        let [step] = steps(&times)[..] else { panic!("{:?}", steps(&times)) };
        assert_eq!(step.at, 8);
        assert!((step.change.percent() - 20.0).abs() < 1e-9);
        assert!((step.before - 100.0).abs() < 1e-9 && (step.after - 120.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_step() {
        let flat = vec![100.0; 40];
        let mut peak = flat.clone();
        peak[20] = 400.0;
        let too_new = [flat.clone(), vec![200.0; 2]].concat();
        let too_small = [flat.clone(), vec![102.0; 40]].concat();
        for times in [vec![], vec![1.0; 5], flat, peak, too_new, too_small] {
            assert_eq!(steps(&times), [], "{times:?}");
        }
    }
    /// The places of the change points of a series with 20 counts of each level.
    fn count_changes(levels: &[f64], spread: Option<f64>) -> Vec<(usize, f64, f64)> {
        let counts: Vec<f64> = levels.iter().flat_map(|level| vec![*level; 20]).collect();
        let points = count_steps(&counts, spread);
        points.iter().map(|p| (p.at, p.before.round(), p.after.round())).collect()
    }

    #[test]
    fn a_count_changes_from_one_percent_or_three_spreads() {
        let up = vec![(20, 1000.0, 1011.0)];
        assert_eq!(count_changes(&[1000.0, 1011.0], Some(0.0)), up);
        assert_eq!(count_changes(&[1000.0, 1011.0], Some(0.0035)), up);
        assert_eq!(count_changes(&[1000.0, 1011.0], Some(0.004)), []);
        assert_eq!(count_changes(&[1000.0, 1009.0], Some(0.0)), []);
        // Counts that do not repeat change as times do.
        assert_eq!(count_changes(&[1000.0, 1011.0], None), []);
        assert_eq!(count_changes(&[1000.0, 1040.0], None), [(20, 1000.0, 1040.0)]);
    }

    #[test]
    fn a_count_may_begin_or_end_at_zero() {
        let around_zero = count_changes(&[0.0, 12.0, 0.0], Some(0.0));
        assert_eq!(around_zero, [(20, 0.0, 12.0), (40, 12.0, 0.0)]);
        assert_eq!(count_changes(&[0.0, 0.0], Some(0.0)), []);
    }

    #[test]
    fn a_single_odd_count_is_no_change_point() {
        let mut counts = vec![1000.0; 40];
        counts[20] = 1500.0;
        assert_eq!(count_steps(&counts, Some(0.0)), []);
    }
}
