//! The commits between two commits.

use super::git::git;
use super::{Repository, answer, text};
use anyhow::{Context as _, Result, bail};
use perf_judge::run::Commit;
use std::collections::BTreeMap;

/// The commits that a bad commit contains and a good one does not.
#[derive(Clone, Debug)]
pub(crate) struct CommitRange {
    pub(crate) good: Commit,
    /// Parents come before their children, so the bad commit is the last.
    pub(crate) commits: Vec<RangeCommit>,
}

/// A commit of a range.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RangeCommit {
    pub(crate) commit: Commit,
    /// The hash of its first parent; `None` for a root of the history.
    pub(crate) first_parent: Option<String>,
    /// The indexes of its parents in the range.
    pub(crate) parents: Vec<usize>,
}

impl CommitRange {
    /// The last commit.
    pub(crate) fn bad(&self) -> &Commit {
        self.commits.last().map_or(&self.good, |last| &last.commit)
    }
}

/// The fields of a commit in git's output.
const FIELDS: usize = 4;

impl Repository {
    /// The commits from `good`, without it, to `bad`. With `first_parent` a merge is one commit, without
    /// the commits of the merged branch.
    ///
    /// Fails if `good` is no ancestor of `bad`.
    pub(crate) fn commit_range(
        &self,
        good: &Commit,
        bad: &Commit,
        first_parent: bool,
    ) -> Result<CommitRange> {
        self.check_ancestor(good, bad)?;
        let sh = &self.sh;
        let range = format!("{}..{}", good.hash, bad.hash);
        let log = git!(sh, "git log -z --topo-order --reverse --no-show-signature")
            .arg("--format=%H%x00%P%x00%aI%x00%s")
            .args(first_parent.then_some("--first-parent"))
            .args([&range, "--"]);
        let listed = log.quiet().output().with_context(|| format!("cannot list {range}"))?;
        let listed = text(listed.stdout);
        let fields: Vec<&str> = listed.split('\0').collect();
        let mut indexes = BTreeMap::new();
        let mut commits = Vec::new();
        for fields in fields.as_chunks::<FIELDS>().0 {
            let [hash, parents, author_date, subject] = fields.map(str::to_owned);
            let parents: Vec<&str> = parents.split(' ').filter(|hash| !hash.is_empty()).collect();
            let used = if first_parent { &parents[..parents.len().min(1)] } else { &parents };
            let known = used.iter().filter_map(|parent| indexes.get(*parent).copied()).collect();
            indexes.insert(hash.clone(), commits.len());
            commits.push(RangeCommit {
                first_parent: parents.first().map(|hash| (*hash).to_owned()),
                parents: known,
                commit: Commit { hash, branch: None, subject, author_date, dirty: false },
            });
        }
        Ok(CommitRange { good: good.clone(), commits })
    }

    fn check_ancestor(&self, good: &Commit, bad: &Commit) -> Result<()> {
        let (short, bad_short) = (good.short(), bad.short());
        if good.hash == bad.hash {
            bail!("good and bad are the same commit, {short}: name an older commit by --good");
        }
        let (sh, hash, bad_hash) = (&self.sh, &good.hash, &bad.hash);
        let base = answer(git!(sh, "git merge-base {hash} {bad_hash}"))?;
        match base {
            Some(base) if base == *hash => Ok(()),
            Some(base) => bail!(
                "{short} is not an ancestor of {bad_short}, so no commit between them is known. To search from where they diverged, use --good {base}"
            ),
            None if self.is_shallow()? => bail!(
                "{short} is not among the ancestors of {bad_short} in this shallow clone: run `git fetch --unshallow`"
            ),
            None => bail!(
                "{short} and {bad_short} have no common ancestor: name a commit of the same history by --good"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::HistoryRef;
    use super::super::base_commit::tests::{commit, forked, git};
    use super::*;

    #[test]
    fn a_range_has_the_commits_of_merged_branches_unless_first_parents_are_asked_for() {
        let (dir, [first, second, own]) = forked();
        let at = dir.path();
        git(at, &["checkout", "--quiet", "main"]);
        git(at, &["merge", "--quiet", "--no-ff", "--message=merge", &own]);
        let merge = git(at, &["rev-parse", "HEAD"]);
        let last = commit(at, "last");
        let repository = Repository::open(at, &HistoryRef::default()).unwrap();
        let describe = |hash: &str| repository.describe(hash, "").unwrap().commit;
        let range = |good: &str, bad: &str, first_parent| {
            repository.commit_range(&describe(good), &describe(bad), first_parent)
        };
        let all = range(&first, &last, false).unwrap();
        let by_hash = |hash: &str| {
            let at = all.commits.iter().position(|commit| commit.commit.hash == hash);
            (at.unwrap(), &all.commits[at.unwrap()])
        };
        assert_eq!(all.commits.len(), 4);
        let (merged_at, merged) = by_hash(&merge);
        assert_eq!(merged.parents, [by_hash(&second).0, by_hash(&own).0]);
        assert_eq!(merged.first_parent.as_deref(), Some(second.as_str()));
        assert_eq!(by_hash(&last), (3, &all.commits[3]));
        assert_eq!((all.commits[3].parents.as_slice(), merged_at), (&[2][..], 2));
        assert_eq!(all.commits[3].commit.subject, "last");
        let main = range(&first, &last, true).unwrap();
        let hashes: Vec<&str> = main.commits.iter().map(|each| each.commit.hash.as_str()).collect();
        assert_eq!(hashes, [&second, &merge, &last]);

        let error = |good: &str, bad: &str| range(good, bad, false).unwrap_err().to_string();
        assert!(error(&own, &second).contains(&format!("use --good {first}")));
        assert!(error(&own, &own).contains("are the same commit"));
        git(at, &["checkout", "--quiet", "--orphan", "other"]);
        let other = commit(at, "other");
        assert!(error(&other, &own).contains("no common ancestor"));
    }
}
