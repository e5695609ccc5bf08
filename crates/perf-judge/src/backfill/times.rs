//! The times under which runs of old commits are recorded.

use chrono::{DateTime, TimeDelta, Utc};

/// The times of commits in a line: their dates where possible, each at least a second after the one before.
///
/// Histories are in the order of time. The dates of rebased commits can be equal, and clocks differ, so
/// a parent can be younger than its child. A date after `now` counts as `now`. The most dates that are in
/// order are kept, and every other commit is a second after the one before. So one wrong date moves other
/// commits by seconds at most.
pub fn increasing(dates: &[DateTime<Utc>], now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let dates: Vec<DateTime<Utc>> = dates.iter().map(|date| (*date).min(now)).collect();
    let kept = longest_in_order(&dates);
    let Some(first) = kept.first() else { return Vec::new() };
    // Commits before the first kept one are before its date.
    let mut last = (0..=*first).fold(dates[*first], |date, _| date - SECOND);
    let mut kept = kept.into_iter().peekable();
    let next = |at: usize| {
        let own = kept.next_if_eq(&at).map(|at| dates[at]);
        last = own.map_or(last + SECOND, |own| own.max(last + SECOND));
        last
    };
    (0..dates.len()).map(next).collect()
}

const SECOND: TimeDelta = TimeDelta::seconds(1);

/// The indexes of the most dates of which none is before an earlier one.
fn longest_in_order(dates: &[DateTime<Utc>]) -> Vec<usize> {
    // The last index of the best sequence of each length, and the index before each.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::new();
    for (at, date) in dates.iter().enumerate() {
        let length = ends.partition_point(|end| dates[*end] <= *date);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut kept: Vec<usize> =
        std::iter::successors(ends.last().copied(), |at| before[*at]).collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn dates_are_kept_where_they_increase() {
        for (dates, times) in [
            ([5, 9, 9, 11, 20], [5, 9, 10, 11, 20]),
            // The clock of one commit was wrong.
            ([5, 9, 9, 7, 20], [5, 9, 10, 11, 20]),
            ([5, 9, 0, 15, 20], [5, 9, 10, 15, 20]),
            ([5, 9, 12, 15, 0], [5, 9, 12, 15, 16]),
            ([99, 9, 12, 15, 20], [8, 9, 12, 15, 20]),
            ([5, 99, 12, 15, 20], [5, 6, 12, 15, 20]),
            ([5, 9, 12, 15, 99], [5, 9, 12, 15, 50]),
            ([99, 99, 99, 99, 99], [50, 51, 52, 53, 54]),
        ] {
            assert_eq!(increasing(&dates.map(at), at(50)), times.map(at), "{dates:?}");
        }
    }

    proptest! {
        #[test]
        fn times_increase_and_right_dates_are_kept(dates in prop::collection::vec(0..50_i64, 0..20)) {
            let dates: Vec<DateTime<Utc>> = dates.into_iter().map(at).collect();
            let times = increasing(&dates, at(40));
            prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
            let is_right = dates.windows(2).all(|pair| pair[0] < pair[1])
                && dates.iter().all(|date| *date <= at(40));
            prop_assert!(!is_right || times == dates);
            let latest = at(40) + TimeDelta::seconds(20);
            prop_assert!(times.iter().all(|time| (at(-20)..=latest).contains(time)));
        }
    }
}
