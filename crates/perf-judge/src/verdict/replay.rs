//! Judges a recorded run again, from earlier runs and recorded pairs.

use super::{Comparison, Judge, JudgeConfig, Reference, Step, Verdicts};
use crate::baseline::Selector;
use crate::ident::BenchmarkId;
use crate::run::{Pair, Run};
use std::collections::{BTreeMap, BTreeSet};

/// Recorded pairs by base commit and benchmark.
pub type RecordedPairs<'a> = BTreeMap<(&'a str, &'a BenchmarkId), &'a [Pair]>;

/// What comparisons of a run with builds of earlier commits recorded.
#[derive(Clone, Debug, Default)]
pub struct RecordedComparisons<'a> {
    /// The pairs of the compared benchmarks.
    pub pairs: RecordedPairs<'a>,
    /// The benchmarks that execute the same code in the build of a base commit.
    pub same_code: BTreeSet<(&'a str, &'a BenchmarkId)>,
}

impl<'a> RecordedComparisons<'a> {
    /// The commits whose builds were compared.
    fn bases(&self) -> BTreeSet<&'a str> {
        let compared = self.pairs.keys().map(|(base, _)| *base);
        compared.chain(self.same_code.iter().map(|(base, _)| *base)).collect()
    }
}

/// The verdicts on `run` without further launches.
///
/// Its launches are compared with the baselines that `selector` finds. `comparisons` decide the
/// benchmarks that were compared with the build of an earlier commit.
pub fn replay(
    run: &Run,
    selector: &Selector<'_>,
    mut comparisons: RecordedComparisons<'_>,
) -> Verdicts {
    let built = comparisons.bases();
    let judge_config = JudgeConfig::of_launches(1).with_comparison(!built.is_empty());
    let mut judge = Judge::new(cases(run, selector), removed(run, selector), judge_config);
    for unfinished in &run.unfinished {
        judge.fail(&unfinished.name, unfinished.reason.clone());
    }
    loop {
        match judge.step() {
            Step::Measure { benchmarks, .. } => feed_launches(&mut judge, run, &benchmarks),
            Step::Compare { base, .. } if !built.contains(base.as_str()) => {
                judge.cannot_build(&base);
            }
            Step::Compare { base, benchmarks, .. } => {
                for name in &benchmarks {
                    if comparisons.same_code.contains(&(base.as_str(), name)) {
                        judge.is_same_build(name);
                    } else {
                        feed_pairs(&mut judge, &base, name, &mut comparisons.pairs);
                    }
                }
            }
            Step::Done(verdicts) => return verdicts,
        }
    }
}

fn cases(run: &Run, selector: &Selector<'_>) -> Vec<Comparison> {
    let measured = run.benchmarks.iter().map(|m| (&m.name, m.sample_size, m.sample_count));
    let unfinished = run.unfinished.iter().map(|unfinished| (&unfinished.name, 0, 0));
    let case = |(name, sample_size, sample_count): (&BenchmarkId, u32, u32)| {
        Comparison::new(
            name.clone(),
            Reference::Runs(selector.select(name, sample_size, sample_count)),
        )
    };
    measured.chain(unfinished).map(case).collect()
}

/// Benchmarks of the newest comparable run that a complete run does not have.
fn removed(run: &Run, selector: &Selector<'_>) -> Vec<BenchmarkId> {
    if run.partial || run.partitioned {
        return Vec::new();
    }
    let measured = run.benchmarks.iter().map(|measured| &measured.name);
    let known: BTreeSet<&BenchmarkId> =
        measured.chain(run.unfinished.iter().map(|unfinished| &unfinished.name)).collect();
    let mut removed = selector.newest_names();
    removed.retain(|name| !known.contains(name));
    removed
}

fn feed_launches(judge: &mut Judge, run: &Run, benchmarks: &[BenchmarkId]) {
    let requested: BTreeSet<&BenchmarkId> = benchmarks.iter().collect();
    for measured in run.benchmarks.iter().filter(|measured| requested.contains(&measured.name)) {
        judge.feed(&measured.name, measured.launches.iter().copied());
    }
}

/// Pairs are fed once. A benchmark that needs more gets its verdict from these.
fn feed_pairs(judge: &mut Judge, base: &str, name: &BenchmarkId, pairs: &mut RecordedPairs<'_>) {
    let key = pairs.keys().copied().find(|(commit, id)| *commit == base && *id == name);
    match key.and_then(|key| pairs.remove(&key)) {
        Some(recorded) => judge.feed_pairs(name, recorded.iter().copied()),
        None => judge.stop(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;
    use crate::run::tests::{measured, run};
    use crate::run::{LaunchTimes, Side};
    use crate::verdict::{Method, State};

    const NAME: &str = "core/parse::parse_large_xml";

    /// Ten daily runs; the last one measured `ns`.
    fn days(ns: f64) -> Vec<Run> {
        let time = |day: u32| if day < 10 { 1e6 + f64::from(day % 3) } else { ns };
        (1..=10).map(|day| run(day, vec![measured(NAME, time(day))])).collect()
    }

    fn judged(runs: &[Run], pairs: RecordedPairs<'_>) -> Verdicts {
        judged_with(runs, RecordedComparisons { pairs, ..RecordedComparisons::default() })
    }

    fn judged_with(runs: &[Run], comparisons: RecordedComparisons<'_>) -> Verdicts {
        let (last, before) = runs.split_last().unwrap();
        let history: History = before.iter().cloned().collect();
        let selector = Selector::new(&history, "main", &last.machine).with_accepted(&last.accepted);
        replay(last, &selector, comparisons)
    }

    fn state(runs: &[Run]) -> State {
        judged(runs, RecordedPairs::new()).verdicts[0].state
    }

    #[test]
    fn a_recorded_run_is_judged_by_those_before_it() {
        assert_eq!(state(&days(2e6)), State::Regression);
        assert_eq!(state(&days(1e6)), State::Unchanged);
        assert_eq!(state(&days(1e6)[..3]), State::InsufficientHistory);
    }

    #[test]
    fn recorded_pairs_decide() {
        let runs = days(2e6);
        let base = runs[8].commit.as_ref().unwrap().hash.clone();
        let times = |ns| LaunchTimes { min: ns, median: ns };
        let pair = |i: u32| Pair {
            first: Side::Base,
            base: times(1e6 + f64::from(i)),
            head: times(1e6 + f64::from(i % 7)),
        };
        let (name, same): (BenchmarkId, Vec<Pair>) = (NAME.into(), (0..50).map(pair).collect());
        let verdict = &judged(&runs, [((base.as_str(), &name), &same[..])].into()).verdicts[0];
        assert_eq!((verdict.method, verdict.state), (Method::Paired, State::Unchanged));
        assert_eq!(verdict.base.as_deref(), Some(base.as_str()));
    }

    #[test]
    fn an_unchanged_benchmark_of_a_young_history_is_unchanged_again() {
        let runs = &days(1e6)[..4];
        assert_eq!(state(runs), State::Unchanged);
    }

    #[test]
    fn a_benchmark_with_the_same_code_is_unchanged() {
        let runs = days(1.04e6);
        let base = runs[8].commit.as_ref().unwrap().hash.clone();
        let (name, other): (BenchmarkId, BenchmarkId) = (NAME.into(), "core/parse::other".into());
        let of = |name| RecordedComparisons {
            same_code: [(base.as_str(), name)].into(),
            ..RecordedComparisons::default()
        };
        let verdict = &judged_with(&runs, of(&name)).verdicts[0];
        assert_eq!((verdict.method, verdict.state), (Method::Paired, State::Unchanged));
        assert_eq!(judged_with(&runs, of(&other)).verdicts[0].state, State::Inconclusive);
    }

    #[test]
    fn pairs_with_an_unsuitable_commit_do_not_decide() {
        let (name, none): (BenchmarkId, Vec<Pair>) = (NAME.into(), Vec::new());
        let verdicts = judged(&days(2e6), [(("elsewhere", &name), &none[..])].into());
        assert_eq!(verdicts.verdicts[0].state, State::Inconclusive);
    }

    #[test]
    fn benchmarks_that_a_complete_run_lacks_are_removed() {
        let mut runs = days(1e6);
        let last = runs.last_mut().unwrap();
        last.benchmarks = vec![measured("core/parse::other", 1.0)];
        let states = |runs: &[Run]| {
            let verdicts = judged(runs, RecordedPairs::new()).verdicts;
            verdicts.iter().map(|verdict| verdict.state).collect::<Vec<State>>()
        };
        assert_eq!(states(&runs), [State::New, State::Removed]);
        runs.last_mut().unwrap().partial = true;
        assert_eq!(states(&runs), [State::New]);
    }
}
