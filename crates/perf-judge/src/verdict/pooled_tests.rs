//! Benchmarks whose single runs are too noisy: the judge requests a rerun, and compares several runs
//! together.

use super::*;
use crate::baseline::{Baseline, RunValue, Selection, ln_minima};
use crate::detect::Severity;

const NAME: &str = "a/b::c";
const CONFIG: JudgeConfig = JudgeConfig::of_launches(5).with_reruns(Some(10));

/// Launches at `fast` ns of which `slow` of five take 1.7 times as long under load.
fn launches(fast: f64, slow: usize, count: usize) -> Vec<LaunchTimes> {
    let time = |at: usize| if at % 5 < slow { 1.7 * fast } else { fast };
    (0..count).map(time).map(|ns| LaunchTimes { min: ns, median: ns }).collect()
}

/// Runs at 100 ns. Every third is under load as a whole.
fn noisy(runs: usize, commits: &[&str]) -> Reference {
    let slow = |at: usize| [5, 1, 1][at % 3];
    let runs: Vec<Vec<LaunchTimes>> = (0..runs).map(|at| launches(100.0, slow(at), 5)).collect();
    let values = runs.iter().map(|run| RunValue::of(run)).collect();
    let commits = commits.iter().map(|commit| (*commit).to_owned()).collect();
    let minima = runs.iter().map(|run| ln_minima(run)).collect();
    Reference::Runs(Selection::Ready(Baseline::new(values, commits).with_minima(minima)))
}

/// The verdict after initial launches and reruns at this many ns, and the requested stages.
fn judged(reference: Reference, ns: f64, slow: usize) -> (Verdict, Vec<Stage>) {
    let mut judge = Judge::new(vec![Comparison::new(NAME, reference)], vec![], CONFIG);
    let mut stages = Vec::new();
    loop {
        match judge.step() {
            Step::Measure { stage, launches: count, .. } => {
                stages.push(stage);
                judge.feed(&NAME.into(), launches(ns, slow, count));
            }
            Step::Compare { .. } => panic!("nothing is compared"),
            Step::Done(verdicts) => return (verdicts.verdicts[0].clone(), stages),
        }
    }
}

#[test]
fn a_benchmark_is_launched_again_until_several_runs_decide() {
    let (verdict, stages) = judged(noisy(10, &[]), 100.0, 1);
    assert_eq!((verdict.state, stages), (State::Unchanged, vec![Stage::Initial, Stage::Rerun]));
    assert_eq!((verdict.launches, verdict.confirmed), (15, true));
    assert!(verdict.reason.unwrap().contains("those of 3 runs together"));
    assert_eq!(verdict.trace.pooled.len(), 2);
}

#[test]
fn a_change_is_found_whatever_its_size_and_is_a_notice() {
    for ns in [112.0, 130.0] {
        let (verdict, _) = judged(noisy(10, &[]), ns, 1);
        assert_eq!((verdict.state, verdict.severity), (State::Regression, Some(Severity::Notice)));
        assert!((verdict.base_ns.unwrap() - 100.0).abs() < 1e-6, "{verdict:?}");
        assert!((verdict.head_ns.unwrap() - ns).abs() < 0.01 * ns, "{verdict:?}");
    }
}

#[test]
fn few_runs_stay_inconclusive_without_a_rerun() {
    let (verdict, stages) = judged(noisy(6, &[]), 100.0, 1);
    assert_eq!((verdict.state, stages), (State::Inconclusive, vec![Stage::Initial]));
    assert!(verdict.trace.pooled.is_empty());
}

#[test]
fn a_time_limit_that_ends_such_a_rerun_leaves_an_inconclusive_verdict() {
    let mut judge = Judge::new(vec![Comparison::new(NAME, noisy(10, &[]))], vec![], CONFIG);
    let _ = judge.step();
    judge.feed(&NAME.into(), launches(100.0, 1, 5));
    assert!(matches!(judge.step(), Step::Measure { stage: Stage::Rerun, .. }));
    judge.out_of_time(&NAME.into());
    let Step::Done(verdicts) = judge.step() else { panic!("the time is over") };
    let verdict = &verdicts.verdicts[0];
    assert_eq!((verdict.state, verdict.cut_short), (State::Inconclusive, false));
}

#[test]
fn a_benchmark_that_can_be_compared_in_pairs_is() {
    let config = CONFIG.with_comparison(true);
    let case = Comparison::new(NAME, noisy(10, &["c0ffee"]));
    let mut judge = Judge::new(vec![case], vec![], config);
    let _ = judge.step();
    judge.feed(&NAME.into(), launches(100.0, 1, 5));
    assert!(matches!(judge.step(), Step::Compare { .. }));
}

/// A change beyond the large threshold of single runs keeps its severity if several runs confirm it.
#[test]
fn a_change_by_both_comparisons_keeps_its_severity() {
    let (verdict, stages) = judged(noisy(10, &[]), 900.0, 1);
    assert_eq!((verdict.state, verdict.severity), (State::Regression, Some(Severity::Critical)));
    assert_eq!(stages, [Stage::Initial, Stage::Rerun, Stage::Confirmation]);
}

/// The verdict where minima are steady and medians are too noisy, after these initial minima in ns. In
/// reruns all minima are the last one.
fn with_noisy_medians(initial: [f64; 5]) -> Verdict {
    let launch = |min: f64, median: f64| LaunchTimes { min, median };
    let runs: Vec<Vec<LaunchTimes>> =
        (0..10).map(|at| vec![launch(100.0, [300.0, 150.0, 150.0][at % 3]); 5]).collect();
    let values = runs.iter().map(|run| RunValue::of(run)).collect();
    let minima = runs.iter().map(|run| ln_minima(run)).collect();
    let baseline = Baseline::new(values, vec![]).with_minima(minima);
    let case = Comparison::new(NAME, Reference::Runs(Selection::Ready(baseline)));
    let mut judge = Judge::new(vec![case], vec![], CONFIG);
    let mut minima = initial.into_iter();
    loop {
        match judge.step() {
            Step::Measure { launches: count, .. } => {
                let times = (0..count).map(|_| minima.next().unwrap_or(initial[4]));
                judge.feed(&NAME.into(), times.map(|ns| launch(ns, 150.0)));
            }
            Step::Compare { .. } => panic!("nothing is compared"),
            Step::Done(verdicts) => return verdicts.verdicts[0].clone(),
        }
    }
}

#[test]
fn a_change_of_one_statistic_alone_is_confirmed_by_several_runs() {
    let confirmed = with_noisy_medians([120.0; 5]);
    assert_eq!((confirmed.state, confirmed.severity), (State::Regression, Some(Severity::Major)));
    // One of the initial launches was as fast as before.
    let refuted = with_noisy_medians([100.0, 120.0, 120.0, 120.0, 120.0]);
    assert_eq!((refuted.state, refuted.severity), (State::Inconclusive, None), "{refuted:?}");
    assert!(refuted.reason.unwrap().contains("do not confirm the change"));
}
