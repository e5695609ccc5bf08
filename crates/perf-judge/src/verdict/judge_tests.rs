use super::super::Reference;
use super::*;
use crate::baseline::{Baseline, RunValue, Selection};
use crate::detect::Severity;
use crate::run::{Pair, Side};

const CONFIG: JudgeConfig = JudgeConfig::of_launches(5).with_reruns(Some(10));

fn launches(ns: f64, count: usize) -> Vec<LaunchTimes> {
    vec![LaunchTimes { min: ns, median: ns }; count]
}

fn ready(ns: f64) -> Selection {
    let values = vec![RunValue::of(&launches(ns, 5)); 10];
    Selection::Ready(Baseline::new(values, vec!["c0ffee".to_owned()]))
}

fn case(name: &str, reference: Selection) -> Comparison {
    Comparison::new(name, Reference::Runs(reference))
}

/// Runs a judge of one benchmark, whose initial launches take `initial` ns and all others `rerun`.
fn judge(
    reference: Selection,
    judge_config: JudgeConfig,
    initial: f64,
    rerun: f64,
) -> (Verdict, Vec<Stage>) {
    judge_stages(reference, judge_config, [initial, rerun, rerun])
}

fn judge_stages(
    reference: Selection,
    judge_config: JudgeConfig,
    times: [f64; 3],
) -> (Verdict, Vec<Stage>) {
    let mut judge = Judge::new(vec![case("a/b::c", reference)], vec![], judge_config);
    let mut stages = Vec::new();
    loop {
        match judge.step() {
            Step::Measure { stage, benchmarks, launches: count } => {
                let ns = times[stages.len()];
                stages.push(stage);
                benchmarks.iter().for_each(|name| judge.feed(name, launches(ns, count)));
            }
            Step::Compare { .. } => panic!("nothing is compared"),
            Step::Done(verdicts) => return (verdicts.verdicts[0].clone(), stages),
        }
    }
}

#[test]
fn a_change_that_the_reruns_measure_is_confirmed() {
    let (verdict, stages) = judge(ready(100.0), CONFIG, 200.0, 160.0);
    assert_eq!(stages, [Stage::Initial, Stage::Rerun, Stage::Confirmation]);
    assert_eq!((verdict.state, verdict.severity), (State::Regression, Some(Severity::Critical)));
    assert!(verdict.confirmed);
    assert_eq!(verdict.launches, 20);
    assert!((verdict.change.unwrap().percent() - 60.0).abs() < 1e-6);
    assert!((verdict.head_ns.unwrap() - 160.0).abs() < 1e-6);
}

#[test]
fn a_rerun_removes_a_short_load_peak() {
    let (verdict, stages) = judge(ready(100.0), CONFIG, 200.0, 101.0);
    assert_eq!(stages, [Stage::Initial, Stage::Rerun]);
    assert_eq!(verdict.state, State::Unchanged);
}

#[test]
fn the_confirmation_removes_a_load_peak_that_outlasts_the_rerun() {
    let (verdict, stages) = judge_stages(ready(100.0), CONFIG, [200.0, 180.0, 101.0]);
    assert_eq!(stages, [Stage::Initial, Stage::Rerun, Stage::Confirmation]);
    assert_eq!((verdict.state, verdict.launches), (State::Unchanged, 20));
}

#[test]
fn a_notice_or_an_improvement_needs_no_confirmation() {
    for ns in [106.0, 50.0] {
        let (verdict, stages) = judge(ready(100.0), CONFIG, ns, ns);
        assert_eq!(stages, [Stage::Initial, Stage::Rerun]);
        assert_eq!((verdict.confirmed, verdict.launches), (true, 10));
    }
}

#[test]
fn an_unchanged_benchmark_is_not_launched_again() {
    let (verdict, stages) = judge(ready(100.0), CONFIG, 103.0, f64::NAN);
    assert_eq!(stages, [Stage::Initial]);
    assert_eq!((verdict.state, verdict.confirmed), (State::Unchanged, false));
}

#[test]
fn without_a_rerun_a_regression_is_unconfirmed() {
    let judge_config = CONFIG.with_reruns(None);
    let (verdict, stages) = judge(ready(100.0), judge_config, 200.0, 0.0);
    assert_eq!(stages, [Stage::Initial]);
    assert_eq!((verdict.state, verdict.confirmed), (State::Regression, false));
}

#[test]
fn every_absence_has_its_state() {
    let other = Selection::OtherMachine { differs: vec!["cpu", "rustc"] };
    let few = Selection::TooFew { found: 2, series_was_cut: false, was_empty: false };
    let was_empty = Selection::TooFew { found: 0, series_was_cut: false, was_empty: true };
    let cut = Selection::TooFew { found: 0, series_was_cut: true, was_empty: false };
    let cases = [
        (Selection::New, 1.0, State::New, None),
        (few, 1.0, State::InsufficientHistory, Some("2 of 3 comparable runs")),
        (cut, 1.0, State::InsufficientHistory, Some("older runs have another sample size")),
        (other, 1.0, State::Incomparable, Some("another cpu, rustc")),
        (was_empty, 1.0, State::InsufficientHistory, Some("had removed its code")),
        (ready(12.3), 0.002, State::Empty, Some("`black_box`. Before, it took 12.30 ns")),
        (Selection::New, 0.0, State::Empty, Some("removed its code")),
        (ready(1.0), f64::NAN, State::Invalid, Some("resolution")),
    ];
    for (reference, ns, state, reason) in cases {
        let (verdict, stages) = judge(reference, CONFIG, ns, ns);
        assert_eq!((verdict.state, stages.len()), (state, 1));
        let text = verdict.reason.unwrap_or_default();
        assert!(text.contains(reason.unwrap_or_default()), "{text}");
    }
}

#[test]
fn removed_code_is_no_change_in_percent() {
    let cases = [
        (0.002, 0.004, State::Empty, "the compiler removed its code: pass its inputs"),
        (12.5, 0.004, State::Empty, "Before, it took 12.50 ns"),
        (0.002, 12.5, State::Incomparable, "in the base; now it takes 12.50 ns"),
    ];
    for (base, head, state, reason) in cases {
        let comparison = Comparison::new("a/b::c", Reference::Build("c0ffee".to_owned()));
        let mut judge = Judge::new(vec![comparison], vec![], CONFIG.with_comparison(true));
        let times = |ns| LaunchTimes { min: ns, median: ns };
        let pair = Pair { first: Side::Base, base: times(base), head: times(head) };
        let mut pairs = 0;
        let verdict = loop {
            match judge.step() {
                Step::Compare { pairs: count, .. } => {
                    pairs += count;
                    judge.feed_pairs(&"a/b::c".into(), vec![pair; count]);
                }
                Step::Done(verdicts) => break verdicts.verdicts[0].clone(),
                Step::Measure { .. } => panic!("the head alone is not launched"),
            }
        };
        assert_eq!((verdict.state, verdict.change), (state, None), "{verdict:?}");
        assert!(verdict.reason.unwrap().contains(reason));
        assert!(pairs <= 10, "{pairs}");
    }
}

#[test]
fn a_failed_benchmark_is_missing_and_the_others_are_judged() {
    let cases = vec![case("a/b::dies", ready(100.0)), case("a/b::lives", ready(100.0))];
    let mut judge = Judge::new(cases, vec!["a/b::gone".into()], CONFIG);
    let _ = judge.step();
    judge.fail(&"a/b::dies".into(), "it panicked".to_owned());
    judge.feed(&"a/b::lives".into(), launches(100.0, 5));
    let Step::Done(verdicts) = judge.step() else { panic!("there is no candidate") };
    let states: Vec<_> = verdicts.verdicts.iter().map(|v| (v.name.as_str(), v.state)).collect();
    assert_eq!(
        states,
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
    let mut judge = Judge::new(vec![case("a/b::c", ready(1.0))], vec![], CONFIG);
    let _ = judge.step();
    let Step::Done(verdicts) = judge.step() else { panic!("nothing was fed") };
    assert_eq!(verdicts.verdicts[0].state, State::Missing);
}

#[test]
fn the_largest_regression_comes_first() {
    let names = ["a/b::slower", "a/b::same", "a/b::slowest", "a/b::faster"];
    let cases = names.map(|name| case(name, ready(100.0))).into();
    let mut judge = Judge::new(cases, vec![], CONFIG.with_reruns(None));
    let _ = judge.step();
    for (name, ns) in names.into_iter().zip([130.0, 100.0, 140.0, 50.0]) {
        judge.feed(&name.into(), launches(ns, 5));
    }
    let Step::Done(verdicts) = judge.step() else { panic!("there is no rerun") };
    let order: Vec<&str> = verdicts.verdicts.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(order, ["a/b::slowest", "a/b::slower", "a/b::faster", "a/b::same"]);
}

const COMPARING: JudgeConfig = CONFIG.with_comparison(true);

/// A baseline of 100 ns, with base candidates.
fn with_bases(commits: &[&str]) -> Selection {
    let values = vec![RunValue::of(&launches(100.0, 5)); 10];
    let bases = commits.iter().map(|commit| (*commit).to_owned()).collect();
    Selection::Ready(Baseline::new(values, bases))
}

fn pairs(base: f64, head: f64, count: usize) -> Vec<Pair> {
    let times = |ns| LaunchTimes { min: ns, median: ns };
    vec![Pair { first: crate::run::Side::Head, base: times(base), head: times(head) }; count]
}

/// Feeds the initial launches, and returns the next request.
fn after_initial(judge: &mut Judge, ns: &[(&str, f64)]) -> Step {
    let _ = judge.step();
    ns.iter().for_each(|(name, ns)| judge.feed(&(*name).into(), launches(*ns, 5)));
    judge.step()
}

fn verdicts(step: Step) -> Vec<Verdict> {
    let Step::Done(verdicts) = step else { panic!("{step:?}") };
    verdicts.verdicts
}

#[test]
fn a_candidate_is_compared_in_pairs_and_the_result_is_final() {
    for (head, state) in [(100.0, State::Unchanged), (112.0, State::Regression)] {
        let mut judge =
            Judge::new(vec![case("a/b::c", with_bases(&["c0ffee"]))], vec![], COMPARING);
        let mut step = after_initial(&mut judge, &[("a/b::c", 104.0)]);
        let mut requested = Vec::new();
        while let Step::Compare { base, benchmarks, pairs: count } = step {
            assert_eq!(base, "c0ffee");
            judge.feed_pairs(&benchmarks[0], pairs(100.0, head, count));
            requested.push(count);
            step = judge.step();
        }
        let verdict = &verdicts(step)[0];
        assert_eq!((verdict.state, verdict.method), (state, crate::verdict::Method::Paired));
        assert_eq!((verdict.base.as_deref(), verdict.confirmed), (Some("c0ffee"), true));
        assert_eq!(requested.iter().sum::<usize>(), verdict.launches);
    }
}

#[test]
fn a_deviation_below_the_paired_threshold_is_not_compared() {
    let mut judge = Judge::new(vec![case("a/b::c", with_bases(&["c0ffee"]))], vec![], COMPARING);
    let verdict = &verdicts(after_initial(&mut judge, &[("a/b::c", 102.0)]))[0];
    assert_eq!(verdict.state, State::Unchanged);
}

#[test]
fn the_commit_that_suits_most_candidates_is_built_first() {
    let cases = vec![
        case("a/b::one", with_bases(&["newest", "shared"])),
        case("a/b::two", with_bases(&["shared"])),
        case("a/b::three", with_bases(&["shared", "old"])),
        case("a/b::four", with_bases(&["other"])),
    ];
    let mut judge = Judge::new(cases, vec![], COMPARING);
    let all = ["a/b::one", "a/b::two", "a/b::three", "a/b::four"].map(|name| (name, 150.0));
    let step = after_initial(&mut judge, &all);
    let Step::Compare { base, benchmarks, .. } = step else { panic!("{step:?}") };
    assert_eq!((base.as_str(), benchmarks.len()), ("shared", 3));
    for name in &benchmarks {
        judge.feed_pairs(name, pairs(100.0, 150.0, 20));
    }
    let step = judge.step();
    let Step::Compare { base, benchmarks, .. } = step else { panic!("{step:?}") };
    assert_eq!((base.as_str(), benchmarks.len()), ("other", 1));
}

#[test]
fn of_equal_commits_the_newest_is_built() {
    let mut judge =
        Judge::new(vec![case("a/b::c", with_bases(&["newest", "old"]))], vec![], COMPARING);
    let step = after_initial(&mut judge, &[("a/b::c", 150.0)]);
    assert!(matches!(step, Step::Compare { base, .. } if base == "newest"));
}

#[test]
fn reruns_decide_if_no_commit_can_be_built() {
    let mut judge =
        Judge::new(vec![case("a/b::c", with_bases(&["one", "two"]))], vec![], COMPARING);
    let step = after_initial(&mut judge, &[("a/b::c", 150.0)]);
    assert!(matches!(step, Step::Compare { base, .. } if base == "one"));
    judge.cannot_build("one");
    assert!(matches!(judge.step(), Step::Compare { base, .. } if base == "two"));
    judge.cannot_build("two");
    let step = judge.step();
    assert!(matches!(step, Step::Measure { stage: Stage::Rerun, .. }), "{step:?}");
    judge.feed(&"a/b::c".into(), launches(150.0, 10));
    let step = judge.step();
    assert!(matches!(step, Step::Measure { stage: Stage::Confirmation, .. }), "{step:?}");
    judge.feed(&"a/b::c".into(), launches(150.0, 10));
    let verdict = &verdicts(judge.step())[0];
    assert_eq!((verdict.state, verdict.confirmed), (State::Regression, true));
}

#[test]
fn an_identical_build_is_unchanged() {
    let mut judge = Judge::new(vec![case("a/b::c", with_bases(&["c0ffee"]))], vec![], COMPARING);
    let _ = after_initial(&mut judge, &[("a/b::c", 150.0)]);
    judge.is_same_build(&"a/b::c".into());
    let verdict = &verdicts(judge.step())[0];
    assert_eq!(verdict.state, State::Unchanged);
    assert!(
        verdict
            .reason
            .as_ref()
            .unwrap()
            .contains("identical executables; the difference is machine noise")
    );
}

#[test]
fn a_candidate_without_further_launches_is_inconclusive() {
    let mut judge = Judge::new(vec![case("a/b::c", with_bases(&["c0ffee"]))], vec![], COMPARING);
    let _ = after_initial(&mut judge, &[("a/b::c", 150.0)]);
    judge.stop(&"a/b::c".into());
    let verdict = &verdicts(judge.step())[0];
    assert_eq!((verdict.state, verdict.confirmed), (State::Inconclusive, false));
}

#[test]
fn a_comparison_needs_no_history() {
    let cases = vec![
        Comparison::new("a/b::slower", Reference::Build("c0ffee".to_owned())),
        Comparison::new("a/b::same", Reference::SameBuild("c0ffee".to_owned())),
        Comparison::new("a/b::same_with_budget", Reference::SameBuild("c0ffee".to_owned()))
            .launched(),
        Comparison::new("a/b::new", Reference::Nothing(None)),
        Comparison::new("a/b::new_and_dead", Reference::Nothing(None)),
        Comparison::new("a/b::absent", Reference::Build("c0ffee".to_owned())),
        Comparison::new("a/b::broken", Reference::Build("c0ffee".to_owned())),
    ];
    let mut judge = Judge::new(cases, vec!["a/b::gone".into()], COMPARING);
    let mut launched = Vec::new();
    let step = loop {
        match judge.step() {
            Step::Compare { benchmarks, pairs: count, .. } => {
                for name in benchmarks {
                    match name.as_str() {
                        "a/b::slower" => judge.feed_pairs(&name, pairs(100.0, 130.0, count)),
                        "a/b::absent" => judge.cannot_compare(&name, "the base does not have it"),
                        _ => judge.base_failed(&name, "the base panicked"),
                    }
                }
            }
            Step::Measure { stage, benchmarks, launches: count } => {
                assert_eq!((stage, count), (Stage::Initial, 5));
                for name in &benchmarks {
                    match name.as_str() {
                        "a/b::new_and_dead" => judge.fail(name, "it panicked".to_owned()),
                        _ => judge.feed(name, launches(100.0, count)),
                    }
                }
                launched.push(benchmarks);
            }
            step @ Step::Done(_) => break step,
        }
    };
    let initial = ["a/b::same_with_budget", "a/b::new", "a/b::new_and_dead"];
    assert_eq!(launched, [initial.map(BenchmarkId::from).to_vec(), vec!["a/b::absent".into()]]);
    let verdicts = verdicts(step);
    let states: Vec<_> = verdicts.iter().map(|v| (v.name.as_str(), v.state, v.launches)).collect();
    assert_eq!(
        states,
        [
            ("a/b::broken", State::Missing, 0),
            ("a/b::new_and_dead", State::Missing, 0),
            ("a/b::slower", State::Regression, 20),
            ("a/b::absent", State::New, 5),
            ("a/b::new", State::New, 5),
            ("a/b::gone", State::Removed, 0),
            ("a/b::same", State::Unchanged, 0),
            ("a/b::same_with_budget", State::Unchanged, 5),
        ]
    );
    assert_eq!(verdicts[0].reason.as_deref(), Some("the base panicked"));
    assert_eq!(verdicts[3].reason.as_deref(), Some("the base does not have it"));
    // Only where the base failed the row names it.
    let bases = [0, 1].map(|i| verdicts[i].base.as_deref());
    assert_eq!(bases, [Some("c0ffee"), None]);
}

#[test]
fn a_new_benchmark_without_a_launch_is_missing() {
    let mut judge =
        Judge::new(vec![Comparison::new("a/b::new", Reference::Nothing(None))], vec![], CONFIG);
    assert!(matches!(judge.step(), Step::Measure { .. }));
    assert_eq!(verdicts(judge.step())[0].state, State::Missing);
}

#[test]
fn pairs_before_the_time_limit_decide_or_are_cut_short() {
    let cases = [
        (0, 300.0, State::Missing, true),
        (2, 300.0, State::Inconclusive, true),
        (9, 101.0, State::Inconclusive, true),
        (12, 300.0, State::Inconclusive, true),
        (12, 101.0, State::Unchanged, false),
        (18, 300.0, State::Regression, false),
        (18, 101.0, State::Unchanged, false),
        (18, 33.0, State::Improvement, false),
    ];
    for (count, head, state, cut_short) in cases {
        let mut judge = Judge::of_builds(["a/b::c"], "c0ffee");
        assert!(matches!(judge.step(), Step::Compare { .. }));
        judge.feed_pairs(&"a/b::c".into(), pairs(100.0, head, count));
        judge.out_of_time(&"a/b::c".into());
        let verdict = &verdicts(judge.step())[0];
        assert_eq!((verdict.state, verdict.cut_short), (state, cut_short), "{count} of {head}");
        let reason = verdict.reason.as_deref().unwrap_or_default();
        assert_eq!(reason.contains("the measurement"), cut_short, "{reason}");
    }
}

#[test]
fn a_candidate_at_the_time_limit_is_cut_short() {
    for judge_config in [CONFIG, COMPARING] {
        let name = BenchmarkId::from("a/b::c");
        let mut judge =
            Judge::new(vec![case("a/b::c", with_bases(&["c0ffee"]))], vec![], judge_config);
        let _ = judge.step();
        judge.feed(&name, launches(150.0, 2));
        judge.out_of_time(&name);
        let verdict = &verdicts(judge.step())[0];
        assert_eq!(
            (verdict.state, verdict.cut_short),
            (State::Inconclusive, true),
            "{judge_config:?}"
        );
    }
}

#[test]
fn an_incomplete_rerun_decides_nothing() {
    for rerun in [100.0, 150.0] {
        let name = BenchmarkId::from("a/b::c");
        let mut judge = Judge::new(vec![case("a/b::c", ready(100.0))], vec![], CONFIG);
        let _ = after_initial(&mut judge, &[("a/b::c", 150.0)]);
        judge.feed(&name, launches(rerun, 3));
        judge.out_of_time(&name);
        let verdict = &verdicts(judge.step())[0];
        assert_eq!((verdict.state, verdict.cut_short), (State::Inconclusive, true), "{rerun}");
    }
}

#[test]
fn an_unchanged_benchmark_is_decided_at_the_time_limit() {
    let mut judge = Judge::new(vec![case("a/b::c", ready(100.0))], vec![], CONFIG);
    let _ = judge.step();
    judge.feed(&"a/b::c".into(), launches(101.0, 2));
    judge.out_of_time(&"a/b::c".into());
    let verdict = &verdicts(judge.step())[0];
    assert_eq!((verdict.state, verdict.cut_short), (State::Unchanged, false));
}
