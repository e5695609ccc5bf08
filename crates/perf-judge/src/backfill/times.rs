//! The times under which runs of old commits are recorded.

use chrono::{DateTime, TimeDelta, Utc};

/// The dates of commits, each at least a second after the one before.
///
/// Histories are in the order of time. The dates of rebased commits can be equal, and clocks differ, so
/// a parent can be younger than its child.
pub fn increasing(dates: &[DateTime<Utc>]) -> Vec<DateTime<Utc>> {
    let mut last = DateTime::<Utc>::MIN_UTC;
    let next = |date: &DateTime<Utc>| {
        last = (*date).max(last + TimeDelta::seconds(1));
        last
    };
    dates.iter().map(next).collect()
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
        let dates = [5, 9, 9, 7, 20].map(at);
        assert_eq!(increasing(&dates), [5, 9, 10, 11, 20].map(at));
    }

    proptest! {
        #[test]
        fn no_time_is_before_its_date_or_its_parent(dates in prop::collection::vec(0..50_i64, 0..20)) {
            let dates: Vec<DateTime<Utc>> = dates.into_iter().map(at).collect();
            let times = increasing(&dates);
            prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(times.iter().zip(&dates).all(|(time, date)| time >= date));
        }
    }
}
