//! What the site is about: the project and its releases.

use super::run_view::RunView;
use super::text;
use crate::links::{pages_address, repository_page};
use serde::Serialize;
use std::collections::BTreeMap;

/// The path of the picture beside links to the site, below its root.
pub(super) const PREVIEW: &str = "preview.png";

/// The project of a site.
#[derive(Clone, Copy, Debug, Default)]
pub struct Project<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its releases.
    pub releases: &'a [Release],
    /// Groups of benchmarks that are different ways to one result, by name: the patterns of perf-budgets.json.
    pub alternatives: Option<&'a BTreeMap<String, Vec<String>>>,
}

/// A release: a tag and its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The tag.
    pub name: String,
    /// The hash of its commit.
    pub commit: String,
}

/// What every page shows of the project.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ProjectView {
    /// The name, or `Performance` if it is unknown.
    name: String,
    /// The repository as `team/app`.
    repository: String,
    repository_page: Option<String>,
    pub(super) has_alternatives: bool,
    has_releases: bool,
    /// The address of the preview on the web, if that of the site follows from the repository.
    preview: Option<String>,
}

impl ProjectView {
    pub(super) fn of(
        project: Project<'_>,
        commits_at: Option<&str>,
        has_alternatives: bool,
        has_releases: bool,
    ) -> Self {
        let page = commits_at.map(repository_page);
        let path = page.and_then(|page| page.split("://").nth(1)?.split_once('/'));
        Self {
            name: if project.name.is_empty() {
                "Benchmarks".to_owned()
            } else {
                text::word(project.name)
            },
            repository: path.map_or_else(String::new, |(_, path)| text::line(path)),
            repository_page: page.map(str::to_owned),
            has_alternatives,
            has_releases,
            preview: commits_at
                .and_then(pages_address)
                .map(|address| format!("{address}{PREVIEW}")),
        }
    }
}

impl Project<'_> {
    /// The release of a run's commit.
    pub(super) fn release_of(&self, run: &RunView<'_>) -> Option<&Release> {
        let hash = &run.commit.filter(|commit| !commit.dirty)?.hash;
        self.releases.iter().find(|release| release.commit == *hash)
    }
}
