//! Which commits are measured next: first some over the whole range, then those between.

/// What is known of a commit of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackfillState {
    /// It is not measured yet.
    Open,
    /// It is measured.
    Measured,
    /// It cannot be measured.
    Failed,
}

/// A stretch of commits between two measured ones, or before the first or after the last.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// The indexes of its first commit, and of the commit after its last one.
    start: usize,
    end: usize,
    differs: bool,
}

/// The indexes of the commits to measure together, `count` at most. `states` are in the order of the
/// commits.
///
/// Without a measured commit they are spread over the range, with both ends. Later they are in the
/// middle of gaps: first where the measured commits around it differ, then in the longest ones.
pub fn next_commits(
    states: &[BackfillState],
    count: usize,
    differ: impl Fn(usize, usize) -> bool,
) -> Vec<usize> {
    let is_open = |at: &usize| states[*at] == BackfillState::Open;
    let open: Vec<usize> = (0..states.len()).filter(is_open).collect();
    let mut next = if states.contains(&BackfillState::Measured) {
        in_gaps(gaps(states, differ), &open, count)
    } else {
        spread(&open, count)
    };
    next.sort_unstable();
    next
}

/// `count` of the commits at equal distances, with both ends.
fn spread(open: &[usize], count: usize) -> Vec<usize> {
    if open.len() <= count {
        return open.to_vec();
    }
    match count {
        0 => Vec::new(),
        1 => open.last().copied().into_iter().collect(),
        _ => (0..count).map(|at| open[at * (open.len() - 1) / (count - 1)]).collect(),
    }
}

fn gaps(states: &[BackfillState], differ: impl Fn(usize, usize) -> bool) -> Vec<Gap> {
    let is_measured = |at: &usize| states[*at] == BackfillState::Measured;
    let measured: Vec<usize> = (0..states.len()).filter(is_measured).collect();
    let between = measured.windows(2).map(|ends| Gap {
        start: ends[0] + 1,
        end: ends[1],
        differs: differ(ends[0], ends[1]),
    });
    let first = measured.first().map(|first| Gap { start: 0, end: *first, differs: false });
    let last =
        measured.last().map(|last| Gap { start: last + 1, end: states.len(), differs: false });
    first.into_iter().chain(between).chain(last).collect()
}

/// The middle of the most important gap, which divides it, repeatedly.
fn in_gaps(mut gaps: Vec<Gap>, open: &[usize], count: usize) -> Vec<usize> {
    let within = |gap: &Gap| {
        let start = open.partition_point(|at| *at < gap.start);
        let end = open.partition_point(|at| *at < gap.end);
        &open[start..end]
    };
    let mut next = Vec::new();
    while next.len() < count {
        let rank = |at: &usize| (gaps[*at].differs, within(&gaps[*at]).len());
        let has_open = |at: &usize| !within(&gaps[*at]).is_empty();
        let Some(best) = (0..gaps.len()).filter(has_open).max_by_key(rank) else { break };
        let Gap { start, end, differs } = gaps.swap_remove(best);
        let commits = within(&Gap { start, end, differs });
        let middle = commits[commits.len() / 2];
        next.push(middle);
        gaps.push(Gap { start, end: middle, differs });
        gaps.push(Gap { start: middle + 1, end, differs });
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The states in one character each: `.` open, `m` measured, `x` failed.
    fn states(text: &str) -> Vec<BackfillState> {
        let state = |c| match c {
            'm' => BackfillState::Measured,
            'x' => BackfillState::Failed,
            _ => BackfillState::Open,
        };
        text.chars().map(state).collect()
    }

    fn next(text: &str, count: usize, changed_at: Option<usize>) -> Vec<usize> {
        let differ = |one, other| changed_at.is_some_and(|at| one < at && at <= other);
        next_commits(&states(text), count, differ)
    }

    #[test]
    fn the_first_commits_are_spread_and_the_next_divide_gaps() {
        for (text, count, changed_at, expected) in [
            ("..........", 4, None, &[0, 3, 6, 9][..]),
            ("x........x", 3, None, &[1, 4, 8]),
            ("...", 5, None, &[0, 1, 2]),
            ("", 3, None, &[]),
            ("....", 1, None, &[3]),
            ("m...m...m", 1, Some(2), &[2]),
            ("m...m...m", 1, Some(7), &[6]),
            ("m...m.......m", 2, None, &[8, 10]),
            ("m..xm", 2, Some(3), &[1, 2]),
            ("..m", 1, None, &[1]),
            ("mmx", 3, None, &[]),
        ] {
            assert_eq!(next(text, count, changed_at), expected, "{text}");
        }
    }

    #[test]
    fn a_change_is_found_after_few_commits() {
        let mut all = states(&".".repeat(100));
        let differ = |one, other| one < 37 && 37 <= other;
        let mut measured = 0;
        while all[36] != BackfillState::Measured || all[37] != BackfillState::Measured {
            for at in next_commits(&all, 4, differ) {
                all[at] = BackfillState::Measured;
                measured += 1;
            }
        }
        assert!(measured <= 28, "{measured}");
    }

    proptest! {
        #[test]
        fn every_commit_comes_once(
            text in "[.x]{0,40}",
            count in 1..6_usize,
            changed_at in prop::option::of(0..40_usize),
        ) {
            let mut all = states(&text);
            let open = all.iter().filter(|state| **state == BackfillState::Open).count();
            let mut measured = 0;
            loop {
                let differ = |one, other| changed_at.is_some_and(|at| one < at && at <= other);
                let group = next_commits(&all, count, differ);
                if group.is_empty() {
                    break;
                }
                prop_assert!(group.len() <= count);
                for at in group {
                    prop_assert_eq!(all[at], BackfillState::Open);
                    all[at] = BackfillState::Measured;
                    measured += 1;
                }
            }
            prop_assert_eq!(measured, open);
        }
    }
}
