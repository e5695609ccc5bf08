//! The end of the workflow that measured, as GitHub tells it to the one that comments.
//!
//! Whoever opens a pull request chooses some of it, the branch's name first of all.

use crate::files::{DATA_BYTES, read_if_there};
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::path::Path;

/// A finished run of the measuring workflow, checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finished {
    /// `owner/name` of the repository that the workflow belongs to.
    pub(super) repository: String,
    /// The run's number.
    pub(super) run: u64,
    /// `success`, `failure`, `cancelled`, …
    pub(super) conclusion: String,
    /// The commit at the pull request's head.
    pub(super) head: String,
    /// Who owns the repository that the head lies in: a fork's, or this one's.
    pub(super) owner: String,
    /// The head's branch. Anybody may have named it.
    pub(super) branch: String,
}

#[derive(Deserialize)]
struct Event {
    repository: Repository,
    workflow_run: WorkflowRun,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct WorkflowRun {
    id: u64,
    conclusion: Option<String>,
    head_sha: String,
    head_branch: Option<String>,
    head_repository: Option<HeadRepository>,
}

#[derive(Deserialize)]
struct HeadRepository {
    owner: Owner,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

impl Finished {
    /// Reads the event's file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let Some(text) = read_if_there(path, DATA_BYTES)? else {
            bail!("there is no {}: --event takes the file of a workflow_run event", path.display());
        };
        Self::parse(&text).with_context(|| format!("{} cannot be used", path.display()))
    }

    /// `None` in `head_repository`: the fork was deleted meanwhile, and nobody waits for an answer.
    fn parse(text: &str) -> Result<Self> {
        let event: Event = serde_json::from_str(text).context("it is not a workflow_run event")?;
        let run = event.workflow_run;
        let owner = run.head_repository.context("the head's repository is gone")?.owner.login;
        let finished = Self {
            repository: event.repository.full_name,
            run: run.id,
            conclusion: run.conclusion.unwrap_or_default(),
            head: run.head_sha,
            owner,
            branch: run.head_branch.unwrap_or_default(),
        };
        match finished.is_sound() {
            true => Ok(finished),
            false => bail!("its names are not ones that GitHub gives"),
        }
    }

    fn is_sound(&self) -> bool {
        let is_hash = self.head.len() == 40 && self.head.bytes().all(|b| b.is_ascii_hexdigit());
        is_repository(&self.repository) && is_name(&self.owner) && is_hash
    }
}

/// Whether it is `owner/name`, and nothing that means more in an address.
pub(super) fn is_repository(text: &str) -> bool {
    text.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !text.is_empty() && !text.starts_with('.') && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event() -> Value {
        json!({
            "repository": {"full_name": "team/project"},
            "workflow_run": {
                "id": 7, "conclusion": "failure", "head_sha": "a".repeat(40),
                "head_branch": "it's; $(mine)", "head_repository": {"owner": {"login": "fork-er"}},
            },
        })
    }

    #[test]
    fn a_run_of_a_fork_is_read() {
        let finished = Finished::parse(&event().to_string()).unwrap();
        assert_eq!((finished.run, finished.owner.as_str()), (7, "fork-er"));
        assert_eq!(finished.branch, "it's; $(mine)");
    }

    #[test]
    fn what_github_never_says_is_refused() {
        let cases = [
            ("/repository/full_name", json!("team/project/../../x")),
            ("/repository/full_name", json!("../x")),
            ("/workflow_run/head_sha", json!("main")),
            ("/workflow_run/head_sha", json!(format!("{}\n", "a".repeat(39)))),
            ("/workflow_run/head_repository/owner/login", json!("a b")),
            ("/workflow_run/head_repository", Value::Null),
            ("/workflow_run/id", json!("7; true")),
        ];
        for (place, value) in cases {
            let mut event = event();
            *event.pointer_mut(place).unwrap() = value;
            assert!(Finished::parse(&event.to_string()).is_err(), "{place}: {event}");
        }
    }
}
