//! The branch whose runs form the baselines: configured, or the default branch of the repository.

use super::git::git;
use super::{NewestRuns, Repository, answer, text};
use crate::files::{DATA_BYTES, read_if_there};
use anyhow::{Context as _, Result, bail};
use perf_judge::history::History;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

/// The base branch of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BaseBranch {
    pub(crate) name: String,
    /// Why it is this one, e.g. `the default branch of origin`.
    pub(crate) reason: String,
    /// Former names: entries of `base_branches` that are branches no longer.
    pub(crate) former_names: Vec<String>,
    /// Whether this clone has all branches, and the base branch is none of them.
    pub(crate) is_missing: bool,
}

/// The usual names of default branches.
const USUAL_NAMES: [&str; 3] = ["main", "master", "trunk"];

/// A branch, and why it was chosen.
type FoundBranch = (String, String);

impl Repository {
    /// The base branch of a run on `checked_out`, whose history is `history`.
    ///
    /// It is the checked-out branch if `base_branches` lists it, else the first listed branch that
    /// exists. Without that setting it is the default branch.
    pub(crate) fn base_branch(
        &self,
        checked_out: Option<&str>,
        history: &History,
    ) -> Result<BaseBranch> {
        let configured = self.base_branches.as_deref();
        let branches = self.branches()?;
        let exists = |name: &str| branches.contains(name);
        let (name, reason) = match configured {
            Some(listed) => chosen(listed, checked_out, exists),
            None => self.default_branch(&branches, history)?,
        };
        let former_names = self.former_names(&name, &branches);
        let is_missing = !exists(&name) && !branches.is_empty() && self.has_all_branches()?;
        Ok(BaseBranch { name, reason, former_names, is_missing })
    }

    /// The former names of a base branch.
    pub(crate) fn former_base_branches(&self, branch: &str) -> Result<Vec<String>> {
        Ok(self.former_names(branch, &self.branches()?))
    }

    /// The listed branches that do not exist, if `branch` is the first that does.
    fn former_names(&self, branch: &str, branches: &BTreeSet<String>) -> Vec<String> {
        let listed = || self.base_branches.iter().flatten();
        if listed().find(|name| branches.contains(*name)).is_some_and(|first| first != branch) {
            return Vec::new();
        }
        listed().filter(|name| !branches.contains(*name) && *name != branch).cloned().collect()
    }

    /// Fails if the history's branch is the base branch.
    pub(super) fn check_is_no_base_branch(&self) -> Result<()> {
        let checked_out = self.checked_out_branch()?;
        let base = self.base_branch(checked_out.as_deref(), &History::default())?;
        if base.name == self.branch {
            bail!("{}", history_on_base_branch(&base.name));
        }
        Ok(())
    }

    /// The default branch; `main` if there is no sign of another.
    fn default_branch(
        &self,
        branches: &BTreeSet<String>,
        history: &History,
    ) -> Result<FoundBranch> {
        let exists = |name: &String| branches.contains(name);
        let origin = format!("the default branch of {}", self.remote);
        if let Some(name) = self.remote_head()?.filter(exists) {
            return Ok((name, origin));
        }
        // A workflow's clone often has no other branch than the measured one.
        let event = self.event_default_branch();
        if let Some(name) =
            event.filter(|name| exists(name) || !self.has_all_branches().is_ok_and(|all| all))
        {
            return Ok((name, "the default branch on GitHub".to_owned()));
        }
        let sh = &self.sh;
        let initial = answer(git!(sh, "git config --get init.defaultBranch"))?;
        if let Some(name) = initial.filter(exists) {
            return Ok((name, "`init.defaultBranch` of git".to_owned()));
        }
        let usual = || USUAL_NAMES.into_iter().map(str::to_owned);
        if let Some(name) = usual().find(exists) {
            return Ok((name, "the usual name of a default branch".to_owned()));
        }
        let is_recorded =
            |name: &String| history.runs().any(|run| run.branch() == Some(name.as_str()));
        if let Some(name) = usual().find(is_recorded) {
            return Ok((name, "it has recorded runs".to_owned()));
        }
        let mut others = branches.iter().filter(|name| **name != self.branch);
        match (others.next(), others.next()) {
            (Some(only), None) if self.has_all_branches()? => {
                Ok((only.clone(), "the only branch".to_owned()))
            }
            _ => Ok(match most_recorded(branches, history) {
                Some(name) => (name, "it has the most recorded runs".to_owned()),
                None => ("main".to_owned(), "no default branch was found".to_owned()),
            }),
        }
    }

    /// Local branches and those of the remote as last fetched.
    fn branches(&self) -> Result<BTreeSet<String>> {
        let (sh, tracked) = (&self.sh, format!("refs/remotes/{}/", self.remote));
        let listed =
            git!(sh, "git for-each-ref --format=%(refname) refs/heads {tracked}").quiet().output();
        let listed = text(listed.context("cannot list the branches")?.stdout);
        let names = listed.lines().filter_map(|reference| {
            reference.strip_prefix("refs/heads/").or_else(|| reference.strip_prefix(&tracked))
        });
        Ok(names.filter(|name| *name != "HEAD").map(str::to_owned).collect())
    }

    /// The default branch of the remote, as git recorded it when the remote was cloned.
    fn remote_head(&self) -> Result<Option<String>> {
        let (sh, tracked) = (&self.sh, format!("refs/remotes/{}/", self.remote));
        let head = answer(git!(sh, "git symbolic-ref --quiet {tracked}HEAD"))?;
        Ok(head.and_then(|head| head.strip_prefix(&tracked).map(str::to_owned)))
    }

    /// Whether this clone fetches all branches of the remote: neither shallow nor of one branch.
    fn has_all_branches(&self) -> Result<bool> {
        let (sh, key) = (&self.sh, format!("remote.{}.fetch", self.remote));
        let fetched = answer(git!(sh, "git config --get-all {key}"))?;
        let is_all = |fetched: String| fetched.lines().any(|line| line.contains("refs/heads/*:"));
        Ok(fetched.is_none_or(is_all) && !self.is_shallow()?)
    }

    /// The default branch in the event that started a GitHub workflow in this repository.
    fn event_default_branch(&self) -> Option<String> {
        let [checkout, event] = ["GITHUB_WORKSPACE", "GITHUB_EVENT_PATH"].map(env::var_os);
        self.default_branch_in(Path::new(&event?), Path::new(&checkout?))
    }

    /// The default branch in the event of a workflow that runs in `checkout`; `None` if this is
    /// another repository.
    fn default_branch_in(&self, event: &Path, checkout: &Path) -> Option<String> {
        #[derive(Deserialize)]
        struct StartingEvent {
            repository: EventDefaults,
        }
        #[derive(Deserialize)]
        struct EventDefaults {
            default_branch: String,
        }
        let real = |path: &Path| fs::canonicalize(path).ok();
        let checkout = real(checkout)?;
        if !real(&self.root())?.starts_with(checkout) {
            return None;
        }
        let event = read_if_there(event, DATA_BYTES);
        let event: StartingEvent = serde_json::from_str(&event.ok()??).ok()?;
        let name = event.repository.default_branch;
        perf_judge::budget::check_branch(&name).is_ok().then_some(name)
    }
}

/// The branch with the most runs that can be part of its baseline.
fn most_recorded(branches: &BTreeSet<String>, history: &History) -> Option<String> {
    let count = |name: &str| history.runs().filter(|run| run.is_baseline_for(name)).count();
    let counted = branches.iter().map(|name| (count(name), name));
    let most = counted.max_by_key(|(runs, _)| *runs).filter(|(runs, _)| *runs > 0);
    most.map(|(_, name)| name.clone())
}

impl NewestRuns {
    /// The base branch of a run on `checked_out`. Runs of its former names get its name.
    pub(crate) fn of_base_branch(
        &mut self,
        repository: &Repository,
        checked_out: Option<&str>,
    ) -> Result<BaseBranch> {
        let base = repository.base_branch(checked_out, &self.history)?;
        let history = std::mem::take(&mut self.history);
        self.history = history.with_branch_renamed(&base.name, &base.former_names);
        Ok(base)
    }
}

/// The error that the history is on a base branch.
pub(crate) fn history_on_base_branch(branch: &str) -> String {
    format!(
        "--branch: `{branch}` is a base branch, and each recorded run would add a commit to it: use a separate branch, e.g. `--branch perf-history`"
    )
}

/// The base branch among the `listed` ones.
fn chosen(
    listed: &[String],
    checked_out: Option<&str>,
    exists: impl Fn(&str) -> bool,
) -> FoundBranch {
    let own = listed.iter().find(|listed| Some(listed.as_str()) == checked_out);
    let name = own.or_else(|| listed.iter().find(|listed| exists(listed))).or(listed.first());
    (name.cloned().unwrap_or_default(), "`base_branches` in perf-budgets.json".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::HistoryRef;
    use super::super::base_commit::tests::{commit, git as run};
    use super::*;
    use tempfile::TempDir;

    fn repository(branch: &str, others: &[&str]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        run(dir.path(), &["init", "--quiet", &format!("--initial-branch={branch}")]);
        commit(dir.path(), "first");
        others.iter().for_each(|other| drop(run(dir.path(), &["branch", other])));
        dir
    }

    fn clone(of: &Path, args: &[&str]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("file://{}", of.display());
        let args = [&["clone", "--quiet"], args, &[&url, "."]].concat();
        run(dir.path(), &args);
        dir
    }

    fn base(dir: &Path, configured: Option<&[&str]>, on: Option<&str>) -> BaseBranch {
        let listed = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let base_branches = configured.map(listed);
        let history = HistoryRef { base_branches, ..HistoryRef::default() };
        let repository = Repository::open(dir, &history).unwrap();
        repository.base_branch(on, &History::default()).unwrap()
    }

    #[test]
    fn the_default_branch_is_found() {
        let cases: [(&str, &[&str], &str); 6] = [
            ("trunk", &["feature"], "trunk"),
            ("master", &["trunk", "a"], "master"),
            ("feature", &["main", "master"], "main"),
            ("develop", &[], "develop"),
            ("develop", &["gh-pages"], "develop"),
            ("one", &["two"], "main"),
        ];
        for (first, others, expected) in cases {
            let dir = repository(first, others);
            run(dir.path(), &["config", "init.defaultBranch", "absent"]);
            assert_eq!(base(dir.path(), None, Some(first)).name, expected, "{first} {others:?}");
        }
        let dir = repository("a", &["b", "main"]);
        run(dir.path(), &["config", "init.defaultBranch", "b"]);
        assert_eq!(base(dir.path(), None, None).name, "b");
    }

    #[test]
    fn the_remotes_default_branch_has_precedence() {
        let remote = repository("develop", &["main"]);
        let copy = clone(remote.path(), &[]);
        run(copy.path(), &["checkout", "--quiet", "main"]);
        let found = base(copy.path(), None, Some("main"));
        assert_eq!((found.name.as_str(), found.is_missing), ("develop", false));
        assert_eq!(found.reason, "the default branch of origin");
        // A name that the remote no longer has.
        run(copy.path(), &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/old"]);
        assert_eq!(base(copy.path(), None, None).name, "main");
    }

    #[test]
    fn a_clone_of_one_branch_does_not_make_it_the_base() {
        let remote = repository("main", &["feature"]);
        let copy = clone(remote.path(), &["--single-branch", "--branch=feature"]);
        let found = base(copy.path(), None, Some("feature"));
        assert_eq!((found.name.as_str(), found.is_missing), ("main", false));
    }

    #[test]
    fn the_event_of_a_workflow_names_the_default_branch_of_its_own_repository() {
        let (dir, elsewhere) = (repository("feature", &[]), tempfile::tempdir().unwrap());
        let repository = Repository::open(dir.path(), &HistoryRef::default()).unwrap();
        let event = elsewhere.path().join("event.json");
        let cases = [
            (r#"{"repository": {"default_branch": "develop"}}"#, Some("develop")),
            (r#"{"repository": {"default_branch": "--upload-pack=x"}}"#, None),
            (r#"{"repository": {"default_branch": null}}"#, None),
            (r#"{"repository": {}}"#, None),
            ("[]", None),
            ("", None),
        ];
        for (text, expected) in cases {
            fs::write(&event, text).unwrap();
            let found = |checkout: &Path| repository.default_branch_in(&event, checkout);
            assert_eq!(found(dir.path()).as_deref(), expected, "{text}");
            assert_eq!(found(elsewhere.path()), None, "{text}");
        }
        let absent = repository.default_branch_in(&dir.path().join("absent"), dir.path());
        assert_eq!(absent, None);
    }

    #[test]
    fn configured_branches_have_precedence_over_the_default() {
        let dir = repository("main", &["develop"]);
        let named = |configured: &[&str], on| base(dir.path(), Some(configured), on).name;
        assert_eq!(named(&["develop", "main"], Some("main")), "main");
        assert_eq!(named(&["develop", "main"], Some("feature")), "develop");
        assert_eq!(named(&["master", "main"], Some("feature")), "main");
        let found = base(dir.path(), Some(&["absent"]), Some("main"));
        assert_eq!((found.name.as_str(), found.is_missing), ("absent", true));
    }

    #[test]
    fn listed_branches_that_are_gone_are_former_names_of_the_first() {
        let dir = repository("main", &["develop"]);
        let listed = Some(&["main", "master", "develop"][..]);
        assert_eq!(base(dir.path(), listed, Some("main")).former_names, ["master"]);
        assert_eq!(base(dir.path(), listed, None).former_names, ["master"]);
        assert!(base(dir.path(), listed, Some("develop")).former_names.is_empty());
    }
}
