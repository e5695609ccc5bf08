//! Sets of commits, and the commits that each commit contains.

/// A set of commits by their indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CommitSet(Vec<u64>);

const BITS: usize = u64::BITS as usize;

impl CommitSet {
    /// The commits with the indexes below `count`.
    pub(super) fn first(count: usize) -> Self {
        let mut set = Self::default();
        (0..count).for_each(|commit| set.insert(commit));
        set
    }

    pub(super) fn insert(&mut self, commit: usize) {
        let word = commit / BITS;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (commit % BITS);
    }

    pub(super) fn contains(&self, commit: usize) -> bool {
        self.0.get(commit / BITS).is_some_and(|word| word >> (commit % BITS) & 1 == 1)
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own |= other);
    }

    pub(super) fn keep(&mut self, other: &Self) {
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        self.0.iter_mut().zip(others).for_each(|(own, other)| *own &= other);
    }

    pub(super) fn remove_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own &= !other);
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The number of commits that both have.
    pub(super) fn common(&self, other: &Self) -> usize {
        let words = self.0.iter().zip(&other.0);
        words.map(|(own, other)| (own & other).count_ones() as usize).sum()
    }

    /// The indexes in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * BITS).filter(|commit| self.contains(*commit))
    }
}

/// Each commit with all commits that it contains, itself included. `parents` has the indexes of each
/// commit's parents, which are smaller than its own.
pub(super) fn contained(parents: &[Vec<usize>]) -> Vec<CommitSet> {
    let mut contained: Vec<CommitSet> = Vec::with_capacity(parents.len());
    for (commit, parents) in parents.iter().enumerate() {
        let mut own = CommitSet::default();
        parents.iter().filter_map(|parent| contained.get(*parent)).for_each(|of| own.add_all(of));
        own.insert(commit);
        contained.push(own);
    }
    contained
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_contains_the_commits_of_both_sides() {
        // 0 - 1 - 3 - 4, with 2 beside 1.
        let parents = [vec![], vec![0], vec![0], vec![1, 2], vec![3]];
        let all: Vec<Vec<usize>> =
            contained(&parents).iter().map(|of| of.iter().collect()).collect();
        let expected = [vec![0], vec![0, 1], vec![0, 2], vec![0, 1, 2, 3], vec![0, 1, 2, 3, 4]];
        assert_eq!(all, expected);
    }

    #[test]
    fn sets_of_different_sizes_can_be_combined() {
        let (small, large) = (CommitSet::first(3), CommitSet::first(200));
        assert_eq!((small.common(&large), large.common(&small), large.len()), (3, 3, 200));
        let mut kept = large.clone();
        kept.keep(&small);
        assert_eq!(kept.iter().collect::<Vec<_>>(), [0, 1, 2]);
        let mut rest = large;
        rest.remove_all(&small);
        assert_eq!((rest.len(), rest.contains(2), rest.contains(199)), (197, false, true));
        let mut both = small;
        both.add_all(&rest);
        assert_eq!(both.len(), 200);
    }
}
