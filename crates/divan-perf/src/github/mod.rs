//! What GitHub's workflows call: the check's decision, the comment, and the issue.
//!
//! Workflows hold no logic of their own, so that all of it can be typed and tested.

mod args;
mod comment;
mod event;
mod gate;
mod gh;
mod issue;
mod job_files;

pub(crate) use args::{CommentArgs, GateArgs, IssueArgs};
pub(crate) use comment::run as comment;
pub(crate) use gate::run as gate;
pub(crate) use issue::run as issue;
pub(crate) use job_files::{OUTPUTS, SUMMARY, append};
