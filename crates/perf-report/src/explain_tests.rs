use super::*;
use perf_judge::baseline::{Baseline, Selection, ln_minima};
use perf_judge::verdict::{Comparison, Judge, JudgeConfig, Reference, Step};

/// Launches that alternate about `ns`, with one in five at high noise.
fn launch(at: usize, ns: f64) -> LaunchTimes {
    let by = if at % 5 == 4 { 1.4 } else { 1.0 + 0.004 * (at % 3) as f64 };
    LaunchTimes { min: ns * by, median: ns * by * 1.02 }
}

/// A regression that only several runs together show: single ones have two speeds.
fn noisy_verdict() -> Verdict {
    let speeds = |ns: f64, slow: usize| {
        let time = move |at: usize| if at % 5 < slow { 1.7 * ns } else { ns };
        move |at: usize| LaunchTimes { min: time(at), median: time(at) }
    };
    let run = |at: usize| (0..5).map(speeds(1e5, [5, 1, 1][at % 3])).collect::<Vec<_>>();
    let runs: Vec<Vec<LaunchTimes>> = (0..10).map(run).collect();
    let values = runs.iter().map(|run| RunValue::of(run)).collect();
    let minima = runs.iter().map(|run| ln_minima(run)).collect();
    let baseline = Baseline::new(values, vec![]).with_minima(minima);
    let reference = Reference::Runs(Selection::Ready(baseline));
    let judge_config = JudgeConfig::of_launches(5).with_reruns(Some(10));
    let case = Comparison::new("core/parse::large", reference);
    let mut judge = Judge::new(vec![case], vec![], judge_config);
    loop {
        match judge.step() {
            Step::Done(verdicts) => return verdicts.verdicts[0].clone(),
            Step::Measure { benchmarks, launches, .. } => {
                judge.feed(&benchmarks[0], (0..launches).map(speeds(1.12e5, 1)));
            }
            Step::Compare { .. } => panic!("nothing is compared"),
        }
    }
}

fn verdict(first: f64, head: f64) -> Verdict {
    let recorded = |at| RunValue::of(&[launch(at, 1e5)]);
    let values = (0..6).map(|run| recorded(run * 5)).collect();
    let near = vec!["1a2b3c4d5e6f7a8b".to_owned()];
    let reference = Reference::Runs(Selection::Ready(Baseline::new(values, near)));
    let judge_config = JudgeConfig::of_launches(5).with_reruns(Some(10)).with_comparison(true);
    let mut judge =
        Judge::new(vec![Comparison::new("core/parse::large", reference)], vec![], judge_config);
    let mut at = 0;
    loop {
        match judge.step() {
            Step::Done(verdicts) => return verdicts.verdicts[0].clone(),
            Step::Measure { benchmarks, launches, .. } => {
                judge.feed(&benchmarks[0], (0..launches).map(|at| launch(at, first)));
            }
            Step::Compare { benchmarks, pairs, .. } => {
                let pair = |at| Pair {
                    first: if at % 3 == 0 { Side::Head } else { Side::Base },
                    base: launch(at, 1e5),
                    head: launch(at + 1, head),
                };
                judge.feed_pairs(&benchmarks[0], (at..at + pairs).map(pair));
                at += pairs;
            }
        }
    }
}

#[test]
fn a_regression_is_explained_from_its_launches_to_its_severity() {
    insta::assert_snapshot!(explain(&verdict(1.12e5, 1.12e5)));
}

#[test]
fn a_candidate_regression_that_was_not_confirmed_is_explained() {
    insta::assert_snapshot!(explain(&verdict(1.12e5, 1e5)));
}

#[test]
fn a_change_of_several_noisy_runs_is_explained() {
    insta::assert_snapshot!(explain(&noisy_verdict()));
}

#[test]
fn an_explanation_survives_the_reports_json() {
    for verdict in [verdict(1.12e5, 1.12e5), noisy_verdict()] {
        let json = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
    }
}
