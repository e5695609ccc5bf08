//! The commands for GitHub workflows: gate, comment and issue.
//!
//! Workflows contain no logic, so that each step can be run and tested locally.

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
