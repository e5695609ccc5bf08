//! The commits of a range whose runs are recorded later.

use super::git::git;
use super::{Repository, text};
use crate::environment;
use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use perf_judge::backfill::increasing;
use perf_judge::run::Commit;
use std::collections::{BTreeMap, BTreeSet};

/// Which commits of a range are selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeSelection {
    /// All, which must be in a line.
    Linear,
    /// The first parents: a merge is one commit.
    FirstParents,
    /// Those with a tag.
    Tags,
}

/// A commit, and the time under which its run is recorded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BackfillCommit {
    pub(crate) commit: Commit,
    pub(crate) time: DateTime<Utc>,
}

impl Repository {
    /// The commits from `from`, without it, to `to`: parents before their children, with increasing times.
    ///
    /// Fails if there is none, if `from` is no ancestor of `to`, or if they are not in a line.
    pub(crate) fn backfill_range(
        &self,
        from: &str,
        to: &str,
        selection: RangeSelection,
    ) -> Result<Vec<BackfillCommit>> {
        let [first, last] = [self.tip(from)?, self.tip(to)?];
        if first.hash == last.hash {
            bail!("the range {from}..{to} has no commit: write an older commit before `..`");
        }
        if !self.contains(&last.hash, &first.hash)? {
            bail!(
                "{from} is no ancestor of {to}: write an older commit of the same branch before `..`"
            );
        }
        let is_by_first_parent = selection == RangeSelection::FirstParents;
        let range = self.commit_range(&first, &last, is_by_first_parent)?;
        let is_in_line = range.commits.iter().enumerate().all(|(at, commit)| {
            let expected: &[usize] = if at == 0 { &[] } else { &[at - 1] };
            commit.parents == expected
        });
        if selection == RangeSelection::Linear && !is_in_line {
            bail!(
                "the range {from}..{to} has merges, so its commits have no single order: add --first-parent, which measures a merge as one commit, or --tags"
            );
        }
        let mut commits: Vec<Commit> =
            range.commits.into_iter().map(|commit| commit.commit).collect();
        if selection == RangeSelection::Tags {
            let tagged = self.tagged()?;
            commits.retain(|commit| tagged.contains(&commit.hash));
            if commits.is_empty() {
                bail!(
                    "no commit of {from}..{to} has a tag in this clone: run `git fetch --tags`, or omit --tags"
                );
            }
        }
        let times = self.times(&commits)?;
        let commits = commits.into_iter().zip(times);
        Ok(commits.map(|(commit, time)| BackfillCommit { commit, time }).collect())
    }

    /// Whether a commit is on a branch of this clone, or on the remote's branch as last fetched.
    pub(crate) fn is_on_branch(&self, commit: &str, branch: &str) -> Result<bool> {
        let names =
            [format!("refs/heads/{branch}"), format!("refs/remotes/{}/{branch}", self.remote)];
        for name in names {
            if let Some(tip) = self.commit_at(&name)?
                && self.contains(&tip, commit)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The times of the commits, in ascending order.
    fn times(&self, commits: &[Commit]) -> Result<Vec<DateTime<Utc>>> {
        let sh = &self.sh;
        let hashes: String = commits.iter().map(|commit| format!("{}\n", commit.hash)).collect();
        let log = git!(sh, "git log --no-walk=unsorted --stdin --format=%H%x20%ct");
        let log = log.stdin(hashes).quiet().output().context("cannot read the dates of commits")?;
        let log = text(log.stdout);
        let by_hash: BTreeMap<&str, i64> = log
            .lines()
            .filter_map(|line| {
                let (hash, seconds) = line.split_once(' ')?;
                Some((hash, seconds.parse().ok()?))
            })
            .collect();
        let date = |commit: &Commit| {
            let seconds = by_hash.get(commit.hash.as_str())?;
            DateTime::from_timestamp(*seconds, 0)
        };
        let dates = commits.iter().map(|commit| {
            date(commit).with_context(|| format!("the commit {} has no date", commit.short()))
        });
        Ok(increasing(&dates.collect::<Result<Vec<_>>>()?, environment::now()))
    }

    /// The commits with a tag.
    fn tagged(&self) -> Result<BTreeSet<String>> {
        let sh = &self.sh;
        let refs = git!(sh, "git for-each-ref");
        let refs = refs.args(["--format=%(objectname) %(*objectname)", "refs/tags"]);
        let refs = refs.quiet().output().context("cannot list the tags")?;
        // An annotated tag has two names: its own and that of its commit.
        Ok(text(refs.stdout).split_whitespace().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::HistoryRef;
    use super::super::base_commit::tests::{commit, forked, git};
    use super::*;

    #[test]
    fn ranges_are_lines_first_parents_or_tags() {
        let (dir, [first, second, own]) = forked();
        let at = dir.path();
        git(at, &["checkout", "--quiet", "main"]);
        git(at, &["merge", "--quiet", "--no-ff", "--message=merge", &own]);
        let merge = git(at, &["rev-parse", "HEAD"]);
        let last = commit(at, "last");
        git(at, &["tag", "light", &own]);
        git(at, &["tag", "--annotate", "--message=second", "heavy", &second]);
        let repository = Repository::open(at, &HistoryRef::default()).unwrap();
        let range = |from: &str, to: &str, selection| {
            let commits = repository.backfill_range(from, to, selection)?;
            assert!(commits.windows(2).all(|pair| pair[0].time < pair[1].time), "{commits:?}");
            Ok::<_, anyhow::Error>(
                commits.into_iter().map(|commit| commit.commit.hash).collect::<Vec<_>>(),
            )
        };
        let by_parent = range(&first, &last, RangeSelection::FirstParents).unwrap();
        assert_eq!(by_parent, [second.clone(), merge.clone(), last.clone()]);
        let mut tagged = range(&first, "main", RangeSelection::Tags).unwrap();
        tagged.sort();
        let mut expected = [second.clone(), own.clone()];
        expected.sort();
        assert_eq!(tagged, expected);
        let one = range(&merge, &last, RangeSelection::Linear).unwrap();
        assert_eq!(one, std::slice::from_ref(&last));
        for (from, to, selection, expected) in [
            (&first, &last, RangeSelection::Linear, "add --first-parent"),
            (&last, &last, RangeSelection::Linear, "has no commit"),
            (&own, &second, RangeSelection::Linear, "is no ancestor of"),
            (&merge, &last, RangeSelection::Tags, "has a tag"),
        ] {
            let error = range(from, to, selection).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(repository.is_on_branch(&merge, "main").unwrap());
        assert!(!repository.is_on_branch(&merge, "nowhere").unwrap());
    }
}
