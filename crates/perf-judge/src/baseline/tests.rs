use super::*;
use crate::history::History;
use crate::run::tests::{measured, run};
use chrono::Datelike as _;

const NAME: &str = "a/b::c";

struct RecordedRuns {
    history: History,
    machine: Machine,
    renamed: BTreeMap<BenchmarkId, BenchmarkId>,
    accepted: Vec<Accepted>,
}

impl RecordedRuns {
    fn of(runs: Vec<Run>) -> Self {
        let machine = run(1, vec![]).machine;
        Self {
            history: runs.into_iter().collect(),
            machine,
            renamed: BTreeMap::new(),
            accepted: vec![],
        }
    }

    fn selector(&self) -> Selector<'_> {
        Selector {
            history: (&self.history).into(),
            branch: "main",
            machine: &self.machine,
            renamed: Some(&self.renamed),
            accepted: &self.accepted,
        }
    }

    fn select(&self, name: &str) -> Selection {
        self.selector().select(&BenchmarkId::from(name), 1, 21)
    }
}

fn runs(days: std::ops::RangeInclusive<u32>) -> Vec<Run> {
    days.map(|day| run(day, vec![measured(NAME, 100.0 + f64::from(day))])).collect()
}

fn found(selection: &Selection) -> usize {
    match selection {
        Selection::Ready(baseline) => baseline.values.len(),
        Selection::TooFew { found, .. } => *found,
        _ => 0,
    }
}

#[test]
fn the_last_ten_make_the_baseline() {
    let Selection::Ready(baseline) = RecordedRuns::of(runs(1..=14)).select(NAME) else { panic!() };
    assert_eq!(baseline.values.len(), LENGTH);
    assert!((baseline.time_ns(Statistic::Median).unwrap() - 109.5).abs() < 0.1);
    assert_eq!(baseline.base_candidates[0], format!("{:040x}", 14));
}

#[test]
fn dirty_partial_and_other_branches_do_not_count() {
    let mut all = runs(1..=6);
    all[0].partial = true;
    all[1].commit.as_mut().unwrap().dirty = true;
    all[2].commit.as_mut().unwrap().branch = Some("feature".to_owned());
    all[3].commit.as_mut().unwrap().branch = None;
    assert_eq!(
        RecordedRuns::of(all).select(NAME),
        Selection::TooFew { found: 2, series_was_cut: false, was_empty: false }
    );
}

#[test]
fn two_runs_are_too_few() {
    assert_eq!(found(&RecordedRuns::of(runs(1..=2)).select(NAME)), 2);
    assert!(matches!(RecordedRuns::of(runs(1..=3)).select(NAME), Selection::Ready(_)));
}

#[test]
fn runs_without_executed_code_are_no_baseline() {
    let mut all = runs(1..=5);
    for run in &mut all {
        let launch = LaunchTimes { min: 0.002, median: 0.004 };
        run.benchmarks[0].launches = vec![launch; 5];
    }
    let empty = Selection::TooFew { found: 0, series_was_cut: false, was_empty: true };
    assert_eq!(RecordedRuns::of(all).select(NAME), empty);
}

#[test]
fn other_batches_cut_the_series() {
    let mut all = runs(1..=5);
    all[..3].iter_mut().for_each(|run| run.benchmarks[0].sample_size = 64);
    assert_eq!(
        RecordedRuns::of(all).select(NAME),
        Selection::TooFew { found: 2, series_was_cut: true, was_empty: false }
    );
}

#[test]
fn another_machine_is_described_by_its_fields() {
    let mut case = RecordedRuns::of(runs(1..=5));
    case.machine = Machine { cpu: "Model 2".to_owned(), ..case.machine }.with_machine_key();
    assert_eq!(case.select(NAME), Selection::OtherMachine { differs: vec!["cpu"] });
}

#[test]
fn nothing_recorded_is_not_new_but_an_unknown_name_is() {
    assert_eq!(found(&RecordedRuns::of(vec![]).select(NAME)), 0);
    assert!(matches!(RecordedRuns::of(vec![]).select(NAME), Selection::TooFew { .. }));
    assert_eq!(RecordedRuns::of(runs(1..=1)).select("a/b::other"), Selection::New);
}

#[test]
fn a_renamed_benchmark_keeps_its_history() {
    let mut case = RecordedRuns::of(runs(1..=5));
    case.renamed.insert(NAME.into(), "a/b::renamed".into());
    assert_eq!(found(&case.select("a/b::renamed")), 5);
    assert_eq!(case.select(NAME), Selection::New);
}

#[test]
fn a_baseline_starts_at_an_accepted_regression() {
    let hash = |day: u32| format!("{day:040x}");
    let accept = |commit: String| Accepted { benchmark: NAME.into(), commit };
    // Squashed: no run is of the accepted commit, those after it carry the acceptance.
    let squashed = |carrying: std::ops::RangeFrom<u32>| {
        let mut all = runs(1..=9);
        let own = accept("c0ffee1".to_owned());
        let after = |run: &&mut Run| carrying.contains(&run.started.day());
        all.iter_mut().filter(after).for_each(|run| run.accepted = vec![own.clone()]);
        (all, own)
    };
    let cases = [
        (squashed(7..), Some(3), 3),
        (squashed(8..), Some(2), 9),
        (squashed(10..), Some(0), 9),
        // Accepted on the branch itself: the runs from that commit on.
        ((runs(1..=9), accept("00000000000000000000000000000000000000d".to_owned())), Some(0), 9),
        ((runs(1..=9), accept(hash(5))), Some(5), 5),
        ((runs(1..=9), Accepted { benchmark: "a/b::other".into(), ..accept(hash(5)) }), None, 9),
    ];
    for ((runs, accepted), since, length) in cases {
        let case = RecordedRuns { accepted: vec![accepted], ..RecordedRuns::of(runs) };
        assert_eq!(case.selector().since_accepted(&NAME.into(), 1, 21), since);
        assert_eq!(found(&case.select(NAME)), length);
    }
}

#[test]
fn unusable_values_are_passed_over() {
    let mut all = runs(1..=5);
    let dead = LaunchTimes { min: 0.0, median: f64::NAN };
    all[2].benchmarks[0].launches = vec![dead; 5];
    assert_eq!(found(&RecordedRuns::of(all).select(NAME)), 4);
}

#[test]
fn a_run_is_worth_the_lowest_third_of_its_launches() {
    let launches = [3.0, 9.0, 1.0, 9.0, 9.0].map(|ns| LaunchTimes { min: ns, median: 2.0 * ns });
    let value = RunValue::of(&launches);
    assert!((value.min.unwrap() - 3.0_f64.ln() / 2.0).abs() < 1e-12);
    assert!((value.median.unwrap() - 12.0_f64.ln() / 2.0).abs() < 1e-12);
    assert!(RunValue::of(&[]).is_empty());
}
