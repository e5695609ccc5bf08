use super::*;
use proptest::prelude::*;

fn line(commits: usize) -> Vec<Vec<usize>> {
    (0..commits).map(|commit| commit.checked_sub(1).into_iter().collect()).collect()
}

/// Answers for the first bad commits `first`, one per benchmark, until the search ends. Returns the number
/// of measured commits.
fn run(search: &mut Search, first: &[usize], is_skipped: impl Fn(usize, usize) -> bool) -> usize {
    let mut steps = 0;
    while let Some(NextCommit { commit, benchmarks }) = search.next() {
        steps += 1;
        assert!(!benchmarks.is_empty() && steps <= 10_000);
        for benchmark in benchmarks {
            let is_bad = search.contained[commit].contains(first[benchmark]);
            let measured = if is_bad { Answer::Bad } else { Answer::Good };
            let is_skipped = is_skipped(benchmark, commit);
            let answer = if is_skipped { Answer::Skipped } else { measured };
            search.answer(benchmark, commit, answer);
        }
    }
    steps
}

#[test]
fn sixty_four_commits_take_six_steps() {
    for first in 0..64 {
        let mut search = Search::new(&line(64), 1);
        assert_eq!((search.candidates_left(), search.steps_left()), (64, 6));
        assert_eq!(run(&mut search, &[first], |_, _| false), 6, "{first}");
        assert_eq!(search.found(0), FirstBad::Commit(first));
        assert_eq!((search.candidates_left(), search.steps_left()), (1, 0));
    }
}

#[test]
fn benchmarks_with_one_cause_share_their_steps() {
    let mut search = Search::new(&line(64), 3);
    assert_eq!(run(&mut search, &[20, 20, 20], |_, _| false), 6);
    let mut search = Search::new(&line(64), 2);
    assert!(run(&mut search, &[20, 50], |_, _| false) <= 11);
    assert_eq!([0, 1].map(|at| search.found(at)), [20, 50].map(FirstBad::Commit));
}

#[test]
fn the_only_commit_needs_no_step() {
    let mut search = Search::new(&line(1), 1);
    assert_eq!((search.next(), search.found(0)), (None, FirstBad::Commit(0)));
    search.answer(0, 0, Answer::Good);
    assert_eq!(search.found(0), FirstBad::Commit(0));
}

#[test]
fn steps_leave_the_neighbourhood_of_a_skipped_commit() {
    let mut search = Search::new(&line(64), 1);
    let is_broken = |commit: usize| (24..40).contains(&commit);
    assert!(run(&mut search, &[50], |_, commit| is_broken(commit)) <= 10);
    assert_eq!(search.found(0), FirstBad::Commit(50));
}

#[test]
fn skipped_commits_before_the_first_bad_one_leave_a_range() {
    let mut search = Search::new(&line(8), 1);
    run(&mut search, &[4], |_, commit| (3..5).contains(&commit));
    assert_eq!(search.found(0), FirstBad::OneOf(vec![3, 4, 5]));
}

/// Parents of a random history: one or two earlier commits each. All commits are contained in the last.
fn history() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let parents = prop::collection::vec((0..100_usize, 0..100_usize, any::<bool>()), 1..60);
    parents.prop_map(|choices| {
        let mut has_child = vec![false; choices.len() + 1];
        let mut history: Vec<Vec<usize>> = Vec::new();
        for (commit, (one, other, is_merge)) in choices.into_iter().enumerate() {
            let near = |choice: usize| commit.checked_sub(1 + choice % 4);
            let mut parents: Vec<usize> = near(one).into_iter().collect();
            parents.extend(near(other).filter(|parent| is_merge && !parents.contains(parent)));
            parents.iter().for_each(|parent| has_child[*parent] = true);
            history.push(parents);
        }
        let heads = (0..history.len()).filter(|commit| !has_child[*commit]).collect();
        history.push(heads);
        history
    })
}

proptest! {
    #[test]
    fn a_search_ends_at_the_first_bad_commit_or_a_range_with_it(
        history in history(),
        first in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        skipped in prop::collection::vec(any::<bool>(), 256),
    ) {
        let count = history.len();
        let first: Vec<usize> = first.iter().map(|first| first.index(count)).collect();
        let is_skipped = |at: usize, commit: usize| skipped[(commit * 4 + at) % 256];
        let mut search = Search::new(&history, first.len());
        run(&mut search, &first, is_skipped);
        for (at, first) in first.iter().enumerate() {
            match search.found(at) {
                FirstBad::Commit(commit) => prop_assert_eq!(commit, *first),
                FirstBad::OneOf(commits) => {
                    prop_assert!(commits.contains(first), "{commits:?} without {first}");
                    let measured = commits.iter().filter(|commit| !is_skipped(at, **commit));
                    prop_assert!(measured.count() <= 1, "{commits:?}");
                }
            }
        }
    }

    #[test]
    fn without_skipped_commits_it_is_always_found(
        history in history(),
        first in any::<prop::sample::Index>(),
    ) {
        let first = first.index(history.len());
        let mut search = Search::new(&history, 1);
        run(&mut search, &[first], |_, _| false);
        prop_assert_eq!(search.found(0), FirstBad::Commit(first));
    }

    #[test]
    fn a_line_takes_the_binary_logarithm(count in 1..500_usize, first in any::<prop::sample::Index>()) {
        let mut search = Search::new(&line(count), 1);
        let most = search.steps_left();
        prop_assert!(run(&mut search, &[first.index(count)], |_, _| false) <= most);
    }
}
