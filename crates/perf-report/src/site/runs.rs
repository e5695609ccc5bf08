//! Runs as rows of a table, and the paths of their pages.

use super::run_comparability::{self, Flag};
use super::run_view::RunView;
use super::text;
use serde::Serialize;

/// A run as a row of a table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RunRow {
    pub(super) started: String,
    /// The run's page, below the site's root.
    pub(super) page: Option<String>,
    pub(super) commit: String,
    pub(super) commit_page: Option<String>,
    pub(super) branch: String,
    pub(super) subject: String,
    pub(super) machine: String,
    pub(super) flags: Vec<&'static str>,
    /// The release of its commit.
    release: String,
}

impl RunRow {
    pub(super) fn of(run: &RunView<'_>) -> Self {
        Self {
            started: run.text.minute.clone(),
            page: page(run),
            commit: run.text.commit.clone(),
            commit_page: run.commit_page.clone(),
            branch: run.branch_label(),
            subject: run.text.subject.clone(),
            machine: text::word(&run.machine.key),
            flags: run_comparability::names(&run.flags),
            release: run.release.clone().unwrap_or_default(),
        }
    }
}

/// The page of a run that is recorded.
pub(super) fn page(run: &RunView<'_>) -> Option<String> {
    (!run.has(Flag::Unrecorded)).then(|| page_of(run.id))
}

/// The page of the run with this identity, below the site's root.
pub(super) fn page_of(id: &str) -> String {
    format!("run/{}.html", file_name(id))
}

/// A file name made from an identity; other characters than letters, digits and `-` become `_`.
pub(super) fn file_name(id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    id.chars().take(80).map(plain).collect()
}
