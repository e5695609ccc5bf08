use super::*;
use crate::run::LaunchTimes;
use proptest::prelude::*;

fn pair(base: f64, head: f64) -> Pair {
    let times = |ns| LaunchTimes { min: ns, median: ns };
    Pair { first: Side::Base, base: times(base), head: times(head) }
}

fn found(pairs: &[Pair]) -> Option<Finding> {
    judge(pairs, Schedule::Sequential)?.finding
}

#[test]
fn constant_times_are_decided_by_the_first_possible_analysis() {
    let cases = [
        (100.0, Some(Finding::Unchanged), 10),
        (104.0, Some(Finding::Regression(Severity::Notice)), 20),
        (110.0, Some(Finding::Regression(Severity::Minor)), 20),
        (120.0, Some(Finding::Regression(Severity::Major)), 20),
        (150.0, Some(Finding::Regression(Severity::Critical)), 20),
        (80.0, Some(Finding::Improvement(Severity::Major)), 20),
    ];
    for (head, finding, pairs) in cases {
        let judged = judge(&vec![pair(100.0, head); 85], Schedule::Sequential).unwrap();
        assert_eq!((judged.finding, judged.pairs()), (finding, pairs), "{head}");
        let size = (head / 100.0_f64).ln();
        assert!((judged.estimate().0 - size).abs() < 1e-12);
        let bounds = [judged.low.unwrap().0, judged.high.unwrap().0];
        assert!(bounds.iter().all(|bound| (bound - size).abs() < 1e-12));
    }
}

#[test]
fn pairs_for_and_against_are_the_published_ones() {
    // (pairs, how many of them must agree before a change is believed, all of one weight)
    for (pairs, needed) in [(20, 19), (25, 23), (30, 26), (40, 32), (60, 44), (85, 59)] {
        let decides = |agreeing: usize| {
            let level = FINAL_LEVEL * (pairs as f64 / MAX_PAIRS as f64).powi(2);
            let net = 2 * agreeing as i64 - pairs as i64;
            p_sign_sum_at_least(&vec![4; pairs], 4 * net) <= level
        };
        assert!(decides(needed) && !decides(needed - 1), "{needed} of {pairs}");
    }
}

#[test]
fn tail_probabilities_are_the_published_ones() {
    // scipy.stats.binom.sf(k - 1, n, 0.5)
    let cases = [(17, 20, 0.001_288_414_001_464_84), (8, 10, 0.0546875), (0, 5, 1.0), (1, 0, 0.0)];
    for (heads, coins, p) in cases {
        assert!((p_at_least(heads, coins) - p).abs() < 1e-12, "{heads} of {coins}");
        let weights = vec![1; coins as usize];
        let net = 2 * heads as i64 - coins as i64;
        assert!((p_sign_sum_at_least(&weights, net) - p).abs() < 1e-12, "{heads} of {coins}");
    }
    // Two of weight 4, one of 1: of eight signs +4+4+1, +4+4-1 and no other reach 7.
    assert!((p_sign_sum_at_least(&[4, 4, 1], 7) - 0.25).abs() < 1e-15);
}

#[test]
fn unusable_times_are_left_out() {
    let good = vec![pair(100.0, 100.0); 8];
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mixed = [good.clone(), vec![pair(bad, 100.0); 2]].concat();
        assert_eq!(found(&mixed), Some(Finding::Unchanged), "{bad}");
        assert_eq!(judge(&vec![pair(bad, 100.0); 85], Schedule::Sequential), None, "{bad}");
    }
    assert_eq!(judge(&[], Schedule::Sequential), None);
    assert_eq!(judge(&good[..2], Schedule::Once), None);
}

#[test]
fn one_statistic_alone_decides() {
    let times = |ns| LaunchTimes { min: f64::NAN, median: ns };
    let pairs = vec![Pair { first: Side::Head, base: times(1.0), head: times(1.3) }; 20];
    assert_eq!(found(&pairs), Some(Finding::Regression(Severity::Major)));
}

#[test]
fn statistics_that_disagree_stay_undecided() {
    let base = LaunchTimes { min: 100.0, median: 100.0 };
    let head = LaunchTimes { min: 100.0, median: 130.0 };
    let judged = judge(&vec![Pair { first: Side::Base, base, head }; 85], Schedule::Sequential);
    assert_eq!(judged.unwrap().finding, Some(Finding::Inconclusive));
}

#[test]
fn without_further_pairs_one_analysis_decides() {
    let few = vec![pair(100.0, 120.0); 9];
    assert_eq!(judge(&few, Schedule::Once).unwrap().finding, Some(Finding::Inconclusive));
    assert_eq!(judge(&few, Schedule::Sequential).unwrap().finding, None);
    let ten = judge(&vec![pair(100.0, 120.0); 10], Schedule::Once).unwrap();
    assert_eq!(ten.finding, Some(Finding::Regression(Severity::Major)));
}

fn times() -> impl Strategy<Value = LaunchTimes> {
    (90.0..130.0_f64, 0.0..20.0_f64).prop_map(|(min, more)| LaunchTimes { min, median: min + more })
}

fn pairs() -> impl Strategy<Value = Vec<Pair>> {
    let pair = (times(), times()).prop_map(|(base, head)| Pair { first: Side::Base, base, head });
    prop::collection::vec(pair, 10..86)
}

fn scaled(pairs: &[Pair], by: f64) -> Vec<Pair> {
    let scale = |t: LaunchTimes| LaunchTimes { min: t.min * by, median: t.median * by };
    let each = |r: &Pair| Pair { base: scale(r.base), head: scale(r.head), ..*r };
    pairs.iter().map(each).collect()
}

fn mirrored(finding: Finding) -> Finding {
    match finding {
        Finding::Regression(severity) => Finding::Improvement(severity),
        Finding::Improvement(severity) => Finding::Regression(severity),
        same => same,
    }
}

proptest! {
    /// By powers of two, so that rounding does not tip a tie.
    #[test]
    fn the_unit_of_time_does_not_matter(pairs in pairs(), power in -8..8_i32) {
        let other = judge(&scaled(&pairs, 2.0_f64.powi(power)), Schedule::Sequential).unwrap();
        let one = judge(&pairs, Schedule::Sequential).unwrap();
        prop_assert_eq!(one.finding, other.finding);
        prop_assert!((one.estimate().0 - other.estimate().0).abs() < 1e-9);
    }

    #[test]
    fn swapping_the_sides_mirrors_the_verdict(pairs in pairs()) {
        let swapped: Vec<Pair> =
            pairs.iter().map(|r| Pair { base: r.head, head: r.base, ..*r }).collect();
        let one = judge(&pairs, Schedule::Sequential).unwrap();
        let other = judge(&swapped, Schedule::Sequential).unwrap();
        prop_assert_eq!(one.finding.map(mirrored), other.finding);
        prop_assert!((one.estimate().0 + other.estimate().0).abs() < 1e-12);
        prop_assert_eq!(one.low.map(|low| -low.0), other.high.map(|high| high.0));
        prop_assert_eq!(one.pairs(), other.pairs());
    }

    #[test]
    fn the_order_of_the_pairs_of_an_analysis_does_not_matter(pairs in pairs(), turn in 0..10_usize) {
        let mut turned = pairs.clone();
        turned[..FIRST_ANALYSIS].rotate_left(turn);
        for step in turned[FIRST_ANALYSIS..].chunks_mut(PAIRS_PER_STEP) {
            step.reverse();
        }
        // The pairs after the last analysis belong to none yet.
        let analyzed = pairs.len() - (pairs.len() - FIRST_ANALYSIS) % PAIRS_PER_STEP;
        let judged = |pairs: &[Pair]| {
            judge(&pairs[..analyzed], Schedule::Sequential).map(|s| (s.finding, s.pairs()))
        };
        prop_assert_eq!(judged(&pairs), judged(&turned));
    }

    #[test]
    fn no_number_makes_it_panic(values in prop::collection::vec(any::<[f64; 4]>(), 0..100)) {
        let times = |min, median| LaunchTimes { min, median };
        let pairs: Vec<Pair> = values
            .iter()
            .map(|v| Pair { first: Side::Head, base: times(v[0], v[1]), head: times(v[2], v[3]) })
            .collect();
        for schedule in [Schedule::Sequential, Schedule::Once] {
            if let Some(judged) = judge(&pairs, schedule) {
                prop_assert!(!judged.estimate().0.is_nan());
            }
        }
    }

    #[test]
    fn the_bounds_hold_the_estimate(pairs in pairs()) {
        let judged = judge(&pairs, Schedule::Once).unwrap();
        if let (Some(low), Some(high)) = (judged.low, judged.high) {
            prop_assert!(low <= judged.estimate() && judged.estimate() <= high);
        }
    }
}
