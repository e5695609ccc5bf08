use super::super::sign_test::Votes;
use super::*;
use crate::run::{LaunchTimes, Side};
use proptest::prelude::*;
use std::cmp::Ordering;

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
        (100.9, Some(Finding::Unchanged), 10),
        (101.1, Some(Finding::Regression(Severity::Notice)), 20),
        (98.5, Some(Finding::Improvement(Severity::Notice)), 20),
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
    for (pairs, needed) in [(20, 20), (25, 24), (30, 27), (40, 33), (60, 46), (85, 57)] {
        let decides = |agreeing: usize| {
            let vote = |at| if at < agreeing { Ordering::Greater } else { Ordering::Less };
            let votes = Votes::of((0..pairs).map(|at| (vote(at), 16)));
            votes.p() <= level(pairs, pairs, Schedule::Sequential)
        };
        assert!(decides(needed) && !decides(needed - 1), "{needed} of {pairs}");
    }
}

/// The union bound of the method page and of the reports.
#[test]
fn the_levels_of_all_analyses_add_up_to_the_published_rate() {
    let analyses = Schedule::Sequential.analyses_after(MAX_PAIRS);
    let sum: f64 = analyses.iter().map(|pairs| level(*pairs, *pairs, Schedule::Sequential)).sum();
    assert_eq!(analyses.len(), 16);
    assert!((0.002..0.0021).contains(&sum), "{sum}");
}

#[test]
fn a_certain_change_within_the_margin_is_not_reported() {
    // Every pair is slower, 42 of 85 by less than 1 %.
    let pairs = [vec![pair(100.0, 100.8); 42], vec![pair(100.0, 101.4); 43]].concat();
    let judged = judge(&pairs, Schedule::Once);
    let judged = judged.unwrap();
    assert_eq!(judged.finding, Some(Finding::Inconclusive));
    assert!(judged.low.unwrap().0 < MARGIN && judged.high.unwrap().0 > MARGIN);
    let Test::Change { p, level, margin_p, .. } = judged.analyses.last().unwrap().test else {
        panic!("an estimate above 1 % is tested for a change");
    };
    assert!(p <= level && margin_p.unwrap() > BOUND_LEVEL);
}

#[test]
fn pairs_with_a_large_difference_or_high_noise_weigh_less() {
    let slower = pair(100.0, 103.0);
    let cases = [
        ("equal weights", pair(100.0, 97.0), None),
        ("a large difference", pair(100.0, 60.0), Some(20)),
        ("high noise", pair(200.0, 194.0), Some(20)),
    ];
    for (name, against, decided) in cases {
        let mut pairs = vec![slower; 20];
        (pairs[3], pairs[12]) = (against, against);
        let judged = judge(&pairs, Schedule::Sequential).unwrap();
        let expected = decided.map(|_| Finding::Regression(Severity::Notice));
        assert_eq!((judged.finding, judged.pairs()), (expected, 20), "{name}");
    }
}

#[test]
fn analyses_of_older_reports_are_read() {
    let older = r#"{"looks": [{"rounds": 20, "counted": 20, "estimate": 0.1,
        "medians": [["min", 0.1], ["median", 0.1]],
        "test": {"change": {"bar": 0.02, "weight_for": 76, "weight_against": 1, "p": 1e-6, "level": 3e-5}},
        "finding": {"regression": "minor"}}],
        "low": 0.09, "high": 0.11, "finding": {"regression": "minor"}}"#;
    let read: PairedAnalysis = serde_json::from_str(older).unwrap();
    let Test::Change { bar, margin_p, .. } = read.analyses[0].test else { panic!("{read:?}") };
    assert_eq!((bar, margin_p, read.pairs()), (LogRatio(0.02), None, 20));
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

/// The p-values of all orders of `pairs`: in each pair either side may have been the head. The head
/// is slower by the factor `slower`.
fn p_of_all_orders(pairs: &[Pair], slower: f64, p: fn(&Differences) -> f64) -> Vec<f64> {
    let order = |mask: usize| -> Vec<Pair> {
        let swapped = |(at, r): (usize, &Pair)| match mask >> at & 1 {
            0 => *r,
            _ => Pair { base: r.head, head: r.base, ..*r },
        };
        pairs.iter().enumerate().map(swapped).collect()
    };
    let slowed = |r: &Pair| Pair { head: scaled(&[*r], slower)[0].head, ..*r };
    let p = |mask| p(&Differences::of(&order(mask).iter().map(slowed).collect::<Vec<Pair>>()));
    (0..1 << pairs.len()).map(p).collect()
}

/// A p-value is valid if at most the share α of all orders has a p-value of at most α.
fn is_valid(mut ps: Vec<f64>) -> bool {
    ps.sort_by(f64::total_cmp);
    let count = ps.len() as f64;
    ps.iter().enumerate().all(|(at, p)| (at + 1) as f64 / count <= p + 1e-12)
}

fn few_pairs() -> impl Strategy<Value = Vec<Pair>> {
    let pair = (times(), times()).prop_map(|(base, head)| Pair { first: Side::Base, base, head });
    prop::collection::vec(pair, MINIMUM..8)
}

proptest! {
    /// Whatever the noise: only the random order of equal code is used.
    #[test]
    fn the_test_for_a_change_is_exact_for_equal_code(pairs in few_pairs()) {
        prop_assert!(is_valid(p_of_all_orders(&pairs, 1.0, |d| d.votes_for_slower().p())));
    }

    #[test]
    fn the_tests_of_the_interval_are_exact_at_the_true_change(pairs in few_pairs()) {
        let margin = MARGIN.exp();
        prop_assert!(is_valid(p_of_all_orders(&pairs, margin, |d| d.p_above(MARGIN))));
        prop_assert!(is_valid(p_of_all_orders(&pairs, margin, |d| d.p_below(MARGIN))));
    }

    #[test]
    fn a_change_is_reported_exactly_beyond_the_interval_and_the_level(pairs in pairs()) {
        let judged = judge(&pairs, Schedule::Once).unwrap();
        let reported =
            matches!(judged.finding, Some(Finding::Regression(_) | Finding::Improvement(_)));
        let is_beyond = judged.low.is_some_and(|low| low.0 > MARGIN)
            || judged.high.is_some_and(|high| high.0 < -MARGIN);
        let is_certain = match judged.analyses[0].test {
            Test::Change { p, level, .. } => p <= level,
            Test::Nothing { .. } => false,
        };
        prop_assert_eq!(reported, is_beyond && is_certain);
    }

    #[test]
    fn the_interval_moves_with_the_change(pairs in pairs(), power in 0..3_i32) {
        let by = 2.0_f64.powi(power);
        let slowed: Vec<Pair> =
            pairs.iter().map(|r| Pair { head: scaled(&[*r], by)[0].head, ..*r }).collect();
        let ends = |pairs: &[Pair]| judge(pairs, Schedule::Once).map(|s| (s.low, s.high)).unwrap();
        let ((low, high), (slow_low, slow_high)) = (ends(&pairs), ends(&slowed));
        for (end, slow_end) in [(low, slow_low), (high, slow_high)] {
            prop_assert_eq!(end.is_some(), slow_end.is_some());
            let moved = end.zip(slow_end).map_or(by.ln(), |(end, slow_end)| slow_end.0 - end.0);
            prop_assert!((moved - by.ln()).abs() < 1e-9);
        }
    }

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
