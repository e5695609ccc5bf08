//! The command for GitLab pipelines: one note on a merge request.

mod api;
mod note;

pub(crate) use note::{NoteArgs, run as note};
