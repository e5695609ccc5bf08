use super::super::Against;
use super::*;
use crate::baseline::{Baseline, RunValue, Selection};
use crate::detect::Severity;

const EFFORT: Effort = Effort { launches: 5, second_look: Some(10), comparison: false };

fn launches(ns: f64, count: usize) -> Vec<LaunchTimes> {
    vec![LaunchTimes { fastest: ns, median: ns }; count]
}

fn ready(ns: f64) -> Selection {
    let values = vec![RunValue::of(&launches(ns, 5)); 10];
    Selection::Ready(Baseline { values, near: vec!["c0ffee".to_owned()] })
}

fn case(name: &str, against: Selection) -> Case {
    Case { name: BenchmarkId::from(name), against: Against::Runs(against) }
}

/// Drives a judge of one benchmark: `first` and `fresh` are what the first look and those after
/// it read.
fn judge(against: Selection, effort: Effort, first: f64, fresh: f64) -> (Verdict, Vec<Look>) {
    judge_looks(against, effort, [first, fresh, fresh])
}

fn judge_looks(against: Selection, effort: Effort, reads: [f64; 3]) -> (Verdict, Vec<Look>) {
    let mut judge = Judge::new(vec![case("a/b::c", against)], vec![], effort);
    let mut looks = Vec::new();
    loop {
        match judge.step() {
            Step::Measure { look, benchmarks, launches: count } => {
                let ns = reads[looks.len()];
                looks.push(look);
                benchmarks.iter().for_each(|name| judge.feed(name, launches(ns, count)));
            }
            Step::Compare { .. } => panic!("nothing is compared"),
            Step::Done(verdicts) => return (verdicts.verdicts[0].clone(), looks),
        }
    }
}

#[test]
fn a_change_that_stays_is_confirmed_by_fresh_launches() {
    let (verdict, looks) = judge(ready(100.0), EFFORT, 200.0, 160.0);
    assert_eq!(looks, [Look::First, Look::Second, Look::Third]);
    assert_eq!((verdict.state, verdict.severity), (State::Regression, Some(Severity::Critical)));
    assert!(verdict.confirmed);
    assert_eq!(verdict.launches, 20);
    assert!((verdict.change.unwrap().percent() - 60.0).abs() < 1e-6);
    assert!((verdict.now_ns.unwrap() - 160.0).abs() < 1e-6);
}

#[test]
fn a_burst_of_noise_is_taken_back() {
    let (verdict, looks) = judge(ready(100.0), EFFORT, 200.0, 101.0);
    assert_eq!(looks, [Look::First, Look::Second]);
    assert_eq!(verdict.state, State::Unchanged);
}

#[test]
fn a_burst_that_outlasts_the_second_look_is_taken_back_by_the_third() {
    let (verdict, looks) = judge_looks(ready(100.0), EFFORT, [200.0, 180.0, 101.0]);
    assert_eq!(looks, [Look::First, Look::Second, Look::Third]);
    assert_eq!((verdict.state, verdict.launches), (State::Unchanged, 20));
}

#[test]
fn a_notice_or_an_improvement_takes_no_third_look() {
    for fresh in [106.0, 50.0] {
        let (verdict, looks) = judge(ready(100.0), EFFORT, fresh, fresh);
        assert_eq!(looks, [Look::First, Look::Second]);
        assert_eq!((verdict.confirmed, verdict.launches), (true, 10));
    }
}

#[test]
fn what_did_not_move_is_not_measured_again() {
    let (verdict, looks) = judge(ready(100.0), EFFORT, 103.0, f64::NAN);
    assert_eq!(looks, [Look::First]);
    assert_eq!((verdict.state, verdict.confirmed), (State::Unchanged, false));
}

#[test]
fn without_a_second_look_a_finding_stays_unconfirmed() {
    let effort = Effort { second_look: None, ..EFFORT };
    let (verdict, looks) = judge(ready(100.0), effort, 200.0, 0.0);
    assert_eq!(looks, [Look::First]);
    assert_eq!((verdict.state, verdict.confirmed), (State::Regression, false));
}

#[test]
fn every_absence_has_its_state() {
    let other = Selection::OtherMachine { differs: vec!["cpu", "rustc"] };
    let few = Selection::TooFew { found: 2, series_was_cut: false };
    let cut = Selection::TooFew { found: 0, series_was_cut: true };
    let cases = [
        (Selection::New, 1.0, State::New, None),
        (few, 1.0, State::InsufficientHistory, Some("2 of 3 comparable runs")),
        (cut, 1.0, State::InsufficientHistory, Some("batches of another size")),
        (other, 1.0, State::Incomparable, Some("another cpu, rustc")),
        (ready(1.0), 0.0, State::Invalid, Some("resolution")),
        (ready(1.0), f64::NAN, State::Invalid, Some("resolution")),
    ];
    for (against, ns, state, reason) in cases {
        let (verdict, looks) = judge(against, EFFORT, ns, ns);
        assert_eq!((verdict.state, looks.len()), (state, 1));
        let said = verdict.reason.unwrap_or_default();
        assert!(said.contains(reason.unwrap_or_default()), "{said}");
    }
}

#[test]
fn a_failed_benchmark_is_missing_and_hides_no_other() {
    let cases = vec![case("a/b::dies", ready(100.0)), case("a/b::lives", ready(100.0))];
    let mut judge = Judge::new(cases, vec!["a/b::gone".into()], EFFORT);
    let _ = judge.step();
    judge.fail(&"a/b::dies".into(), "it panicked".to_owned());
    judge.feed(&"a/b::lives".into(), launches(100.0, 5));
    let Step::Done(verdicts) = judge.step() else { panic!("nothing is suspect") };
    let said: Vec<_> = verdicts.verdicts.iter().map(|v| (v.name.as_str(), v.state)).collect();
    assert_eq!(
        said,
        [
            ("a/b::dies", State::Missing),
            ("a/b::gone", State::Removed),
            ("a/b::lives", State::Unchanged)
        ]
    );
    assert_eq!(verdicts.verdicts[0].reason.as_deref(), Some("it panicked"));
}

#[test]
fn unmeasured_is_missing_never_unchanged() {
    let mut judge = Judge::new(vec![case("a/b::c", ready(1.0))], vec![], EFFORT);
    let _ = judge.step();
    let Step::Done(verdicts) = judge.step() else { panic!("nothing was fed") };
    assert_eq!(verdicts.verdicts[0].state, State::Missing);
}

#[test]
fn the_largest_regression_comes_first() {
    let names = ["a/b::slower", "a/b::same", "a/b::slowest", "a/b::faster"];
    let cases = names.map(|name| case(name, ready(100.0))).into();
    let mut judge = Judge::new(cases, vec![], Effort { second_look: None, ..EFFORT });
    let _ = judge.step();
    for (name, ns) in names.into_iter().zip([130.0, 100.0, 140.0, 50.0]) {
        judge.feed(&name.into(), launches(ns, 5));
    }
    let Step::Done(verdicts) = judge.step() else { panic!("there is no second look") };
    let order: Vec<&str> = verdicts.verdicts.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(order, ["a/b::slowest", "a/b::slower", "a/b::faster", "a/b::same"]);
}
