//! The `workflow_run` event, which starts the commenting workflow when the measuring one has ended.
//!
//! The author of a pull request controls some of its fields, e.g. the name of the branch.

use crate::files::{DATA_BYTES, read_if_there};
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::path::Path;

/// A finished run of the measuring workflow, with validated fields.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FinishedRun {
    /// `owner/name` of the repository that the workflow belongs to.
    pub(super) repository: String,
    /// The run's id.
    pub(super) run: u64,
    /// `success`, `failure`, `cancelled`, …
    pub(super) conclusion: String,
    /// The commit at the pull request's head.
    pub(super) head: String,
    /// The owner of the head's repository, which can be a fork.
    pub(super) owner: String,
    /// The head's branch. Its name is not trusted.
    pub(super) branch: String,
}

#[derive(Deserialize)]
struct Event {
    repository: EventRepository,
    workflow_run: WorkflowRun,
}

#[derive(Deserialize)]
struct EventRepository {
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

impl FinishedRun {
    /// Reads the file of the event.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let Some(text) = read_if_there(path, DATA_BYTES)? else {
            bail!("there is no {}: give --event the file of a workflow_run event", path.display());
        };
        Self::parse(&text).with_context(|| format!("{} is not a valid event", path.display()))
    }

    /// `head_repository` is `None` if the fork was deleted meanwhile.
    fn parse(text: &str) -> Result<Self> {
        let event: Event = serde_json::from_str(text).context("it is not a workflow_run event")?;
        let run = event.workflow_run;
        let owner = run
            .head_repository
            .context("the head's repository was deleted, so there is nothing to comment on")?
            .owner
            .login;
        let finished = Self {
            repository: event.repository.full_name,
            run: run.id,
            conclusion: run.conclusion.unwrap_or_default(),
            head: run.head_sha,
            owner,
            branch: run.head_branch.unwrap_or_default(),
        };
        if !finished.is_valid() {
            bail!("a name or hash in it has characters that GitHub does not use");
        }
        Ok(finished)
    }

    fn is_valid(&self) -> bool {
        let is_hash = self.head.len() == 40 && self.head.bytes().all(|b| b.is_ascii_hexdigit());
        is_repository(&self.repository) && is_name(&self.owner) && is_hash
    }
}

/// Whether it is `owner/name`, without other characters that have a meaning in a URL.
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
        let finished = FinishedRun::parse(&event().to_string()).unwrap();
        assert_eq!((finished.run, finished.owner.as_str()), (7, "fork-er"));
        assert_eq!(finished.branch, "it's; $(mine)");
    }

    #[test]
    fn invalid_fields_are_refused() {
        let cases = [
            ("/repository/full_name", json!("team/project/../../x")),
            ("/repository/full_name", json!("../x")),
            ("/workflow_run/head_sha", json!("main")),
            ("/workflow_run/head_sha", json!(format!("{}\n", "a".repeat(39)))),
            ("/workflow_run/head_repository/owner/login", json!("a b")),
            ("/workflow_run/head_repository", Value::Null),
            ("/workflow_run/id", json!("7; true")),
        ];
        for (pointer, value) in cases {
            let mut event = event();
            *event.pointer_mut(pointer).unwrap() = value;
            assert!(FinishedRun::parse(&event.to_string()).is_err(), "{pointer}: {event}");
        }
    }
}
