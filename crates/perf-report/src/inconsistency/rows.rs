//! Contradictions within a row: a verdict that its numbers do not support.

use super::Inconsistency;
use crate::row::Row;
use perf_judge::detect::counts::{CountDirection, Counts};
use perf_judge::detect::history;
use perf_judge::unit::LogRatio;
use perf_judge::verdict::{Method, State, Verdict};

/// The largest possible change, in ln: from a picosecond to a century.
const LARGEST_CHANGE: f64 = 50.0;
/// Room for rounding, in ln.
const ROUNDING: f64 = 1e-9;
/// The largest estimate of an unchanged benchmark by either rule, in ln.
const UNCHANGED: f64 = history::THRESHOLD + ROUNDING;
/// The largest end of an unchanged benchmark's interval by the history rule, in ln.
const UNCHANGED_END: f64 = history::THRESHOLD + history::UNDERPOWERED + ROUNDING;

/// The first contradiction of a row, if any.
pub(super) fn inconsistency(row: &Row) -> Option<Inconsistency> {
    other_numbers(row)
        .or_else(|| unmeasured(row))
        .or_else(|| impossible(&row.verdict))
        .or_else(|| other_change(&row.verdict))
        .or_else(|| other_counts(&row.verdict))
}

/// The numbers of another benchmark.
fn other_numbers(row: &Row) -> Option<Inconsistency> {
    let (name, measured) = (&row.verdict.name, &row.measured.as_ref()?.name);
    let (name, measured) = (name.clone(), measured.clone());
    (name != measured).then_some(Inconsistency::OtherNumbers { name, measured })
}

/// A verdict without launches.
fn unmeasured(row: &Row) -> Option<Inconsistency> {
    let verdict = &row.verdict;
    let is_launched = row.measured.as_ref().is_some_and(|measured| !measured.launches.is_empty());
    let is_sound = match verdict.state {
        // Its state follows from the counts.
        _ if verdict.method == Method::Counts => true,
        State::Missing | State::Removed => true,
        // A comparison does not launch identical builds.
        State::Unchanged if row.is_idle() => verdict.base.is_some(),
        // A candidate regression without a possible comparison has no pairs.
        State::Inconclusive => is_launched,
        _ => is_launched && verdict.launches > 0,
    };
    let (name, state) = (verdict.name.clone(), verdict.state);
    (!is_sound).then_some(Inconsistency::Unmeasured { name, state })
}

/// An impossible time or change.
fn impossible(verdict: &Verdict) -> Option<Inconsistency> {
    let times = [verdict.base_ns, verdict.head_ns];
    let is_time = |ns: f64| ns.is_finite() && ns > 0.0;
    let is_change = |change: LogRatio| change.0.abs() <= LARGEST_CHANGE;
    let is_sound = times.into_iter().flatten().all(is_time) && changes(verdict).all(is_change);
    (!is_sound).then(|| Inconsistency::Impossible(verdict.name.clone()))
}

/// A state that contradicts the change.
fn other_change(verdict: &Verdict) -> Option<Inconsistency> {
    let by = |is_so: fn(f64) -> bool| verdict.change.is_some_and(|change| is_so(change.0));
    let is_sound = match verdict.state {
        State::Regression => by(|change| change > 0.0),
        State::Improvement => by(|change| change < 0.0),
        State::Unchanged => is_unchanged(verdict),
        _ => true,
    };
    let (name, state) = (verdict.name.clone(), verdict.state);
    (!is_sound).then_some(Inconsistency::OtherChange { name, state })
}

/// All numbers of the likely causes.
fn caused_counts(verdict: &Verdict) -> impl Iterator<Item = f64> + '_ {
    verdict.causes.iter().flatten().flat_map(|cause| {
        let numbers = cause.numbers.iter().map(|number| [number.base, number.head]);
        let functions = cause.functions.iter().map(|function| [function.base, function.head]);
        numbers.chain(functions).flatten()
    })
}

/// Counts that are no numbers from 0, or a state that contradicts them.
fn other_counts(verdict: &Verdict) -> Option<Inconsistency> {
    let is_count = |count: f64| count.is_finite() && count >= 0.0;
    let mut pairs = verdict.counts.iter().flat_map(Counts::iter).map(|(_, pair)| pair);
    let mut calls = verdict
        .system_calls
        .iter()
        .flat_map(|calls| calls.base.values().chain(calls.head.values()));
    let are_counts = pairs.all(|pair| [pair.base, pair.head].into_iter().all(is_count))
        && calls.all(|calls| is_count(*calls))
        && caused_counts(verdict).all(is_count);
    if !are_counts {
        return Some(Inconsistency::Impossible(verdict.name.clone()));
    }
    let found = verdict.count_direction();
    let (is_of_counts, has_counts) = (verdict.method == Method::Counts, verdict.counts.is_some());
    let is_sound = match verdict.state {
        State::CountsGrew => is_of_counts && found == Some(CountDirection::Grew),
        State::CountsShrank => is_of_counts && found == Some(CountDirection::Shrank),
        State::Unchanged if is_of_counts => has_counts && found.is_none(),
        State::Missing | State::New | State::Removed | State::InsufficientHistory => true,
        _ => !is_of_counts,
    };
    let (name, state) = (verdict.name.clone(), verdict.state);
    (!is_sound).then_some(Inconsistency::OtherCounts { name, state })
}

/// Pairs call a benchmark unchanged if both ends of its interval are within the threshold. The history
/// rule demands this of the estimate. The ends differ from it by less than a used statistic's
/// threshold, and that is 10 % at most.
fn is_unchanged(verdict: &Verdict) -> bool {
    let largest_end = match verdict.method {
        Method::Paired | Method::Counts => UNCHANGED,
        Method::History => UNCHANGED_END,
    };
    let is_within = |change: LogRatio, largest: f64| change.0.abs() <= largest;
    let ends = [verdict.low, verdict.high];
    verdict.change.is_none_or(|change| is_within(change, UNCHANGED))
        && ends.into_iter().flatten().all(|end| is_within(end, largest_end))
}

/// The change and the ends of its interval, as far as they are known.
fn changes(verdict: &Verdict) -> impl Iterator<Item = LogRatio> {
    [verdict.change, verdict.low, verdict.high].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use crate::inconsistency::Inconsistency;
    use crate::report::Report;
    use crate::report::tests::report;
    use crate::row::Row;
    use perf_judge::unit::LogRatio;
    use perf_judge::verdict::Method;
    use perf_judge::verdict::State::{
        self, Improvement, Incomparable, Inconclusive, InsufficientHistory, Invalid, New,
        Regression, Unchanged,
    };

    /// The inconsistency of a report whose row in this state was edited.
    fn inconsistency(state: State, edit: impl FnOnce(&mut Row)) -> Option<Inconsistency> {
        let mut report = report();
        let named = |row: &&mut Row| row.verdict.state == state;
        edit(report.rows.iter_mut().find(named).unwrap());
        report.inconsistency()
    }

    /// The inconsistency of a report with an unchanged row in another state.
    fn with_state(state: State, edit: impl FnOnce(&mut Row)) -> Option<Inconsistency> {
        inconsistency(Unchanged, |row| {
            row.verdict.state = state;
            row.verdict.change = None;
            edit(row);
        })
    }

    fn message(inconsistency: Option<Inconsistency>) -> String {
        inconsistency.map_or_else(String::new, |inconsistency| inconsistency.to_string())
    }

    #[test]
    fn the_numbers_of_another_benchmark_are_refused() {
        let found =
            inconsistency(Unchanged, |row| row.measured.as_mut().unwrap().name = "a/b::c".into());
        assert!(message(found).ends_with("has the numbers of `a/b::c`"));
    }

    #[test]
    fn a_verdict_needs_launches() {
        let states = [Unchanged, Inconclusive, New, InsufficientHistory, Incomparable, Invalid];
        let nothing = |row: &mut Row| row.measured = None;
        let no_launch = |row: &mut Row| row.measured.as_mut().unwrap().launches.clear();
        for state in states {
            assert_eq!(with_state(state, |_| {}), None, "{state:?}");
            for edit in [nothing, no_launch] {
                assert!(message(with_state(state, edit)).contains("but was not measured"));
            }
            let count = with_state(state, |row| row.verdict.launches = 0);
            assert_eq!(count.is_none(), state == Inconclusive, "{state:?}: {count:?}");
        }
        for state in [Regression, Improvement] {
            assert!(message(inconsistency(state, nothing)).contains("but was not measured"));
            assert!(message(inconsistency(state, no_launch)).contains("but was not measured"));
        }
    }

    #[test]
    fn times_and_changes_have_a_range() {
        let impossible = |edit: fn(&mut Row)| message(inconsistency(Unchanged, edit));
        let edits: [fn(&mut Row); 6] = [
            |row| row.verdict.head_ns = Some(0.0),
            |row| row.verdict.head_ns = Some(-5.0),
            |row| row.verdict.base_ns = Some(f64::INFINITY),
            |row| row.verdict.change = Some(LogRatio(51.0)),
            |row| row.verdict.low = Some(LogRatio(-1e300)),
            |row| row.verdict.high = Some(LogRatio(f64::NAN)),
        ];
        for edit in edits {
            assert!(impossible(edit).contains("has an impossible time or change"));
        }
    }

    #[test]
    fn a_state_follows_from_its_change() {
        let with = |state, change: Option<f64>| {
            message(inconsistency(state, |row| row.verdict.change = change.map(LogRatio)))
        };
        for (state, change) in [
            (Regression, Some(-0.2)),
            (Regression, Some(0.0)),
            (Regression, None),
            (Improvement, Some(0.2)),
            (Improvement, None),
            (Unchanged, Some(0.4)),
            (Unchanged, Some(-0.4)),
        ] {
            let found = with(state, change);
            assert!(found.contains("its change contradicts that"), "{state:?} {change:?}: {found}");
        }
        for (state, change) in [(Regression, 0.2), (Improvement, -0.2), (Unchanged, -0.048)] {
            assert_eq!(with(state, Some(change)), "", "{state:?} {change}");
        }
    }

    #[test]
    fn the_interval_of_an_unchanged_benchmark_has_a_range() {
        let with = |method, low: f64, high: f64| {
            message(inconsistency(Unchanged, |row| {
                row.verdict.method = method;
                (row.verdict.low, row.verdict.high) = (Some(LogRatio(low)), Some(LogRatio(high)));
            }))
        };
        for (method, inside, outside) in
            [(Method::Paired, 0.048, 0.049), (Method::History, 0.144, 0.145)]
        {
            assert_eq!(with(method, -inside, inside), "");
            for (low, high) in [(-outside, inside), (-inside, outside)] {
                assert!(with(method, low, high).contains("contradicts"), "{low} {high}");
            }
        }
    }

    #[test]
    fn an_edited_file_is_refused_with_the_benchmark() {
        let text = report().to_json();
        let edited = text.replace("\"head_ns\": 2.5", "\"head_ns\": 0.0");
        assert_ne!(text, edited);
        let error = Report::from_json(&edited).unwrap_err().to_string();
        assert!(error.contains("`core/filter::unchanged` has an impossible time"), "{error}");
    }
}
