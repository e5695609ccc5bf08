//! The trend site as files.

use crate::files::Output;
use anyhow::{Context as _, Result};
use perf_core::history::History;
use perf_core::report::{Report, site};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The templates that the xtask carries, so that it renders the same site in any workspace.
const TEMPLATES: [(&str, &str); 6] = [
    ("layout.html", include_str!("../../site-templates/layout.html")),
    ("parts.html", include_str!("../../site-templates/parts.html")),
    ("overview.html", include_str!("../../site-templates/overview.html")),
    ("benchmark.html", include_str!("../../site-templates/benchmark.html")),
    ("feed.xml", include_str!("../../site-templates/feed.xml")),
    ("style.css", include_str!("../../site-templates/style.css")),
];

/// Renders the site into `site` below `output` and returns that folder.
pub(crate) fn write(output: &Output, history: &History, report: &Report) -> Result<PathBuf> {
    let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    let templates: BTreeMap<String, String> = TEMPLATES.into_iter().map(own).collect();
    let pages = site::render(&templates, history, report).context("cannot render the site")?;
    let files = pages.iter().map(|page| (page.path.as_str(), page.contents.as_str()));
    output.replace_folder("site", files)
}
