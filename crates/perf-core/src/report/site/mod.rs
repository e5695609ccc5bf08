//! A report and its history as static pages: plain HTML that loads nothing from elsewhere and runs
//! nothing.
//!
//! The templates lay out; every number and every text from a repository comes to them ready to be
//! read. They are arguments, so that a project can bring its own.

mod badge;
mod benchmark;
mod budget;
mod marks;
mod overview;
mod shown;
mod spark;
mod text;
mod trend;
mod watch;

use crate::history::History;
use crate::report::Report;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use shown::Shown;
use std::collections::BTreeMap;
use std::error::Error;

/// A file of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its path below the site's root, with `/` between its parts.
    pub path: String,
    /// What it holds.
    pub contents: String,
}

/// Why there is no site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// A file that the site is made of was not given.
    #[error("the template {0} is missing")]
    Missing(&'static str),
    /// A template cannot be read, or asks for something that it is not given.
    #[error("{template}:{line}: {message}")]
    Template {
        /// The template's name.
        template: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

const OVERVIEW: &str = "overview.html";
const BENCHMARK: &str = "benchmark.html";
const FEED: &str = "feed.xml";
const STYLE: &str = "style.css";

/// Renders the overview, a page for each benchmark, a feed of changes, a badge and the style sheet
/// from the templates by name.
///
/// The reported run is shown as the last one if the history does not hold it.
///
/// # Errors
/// [`SiteError`] if a template is missing or wrong.
pub fn render(
    templates: &BTreeMap<String, String>,
    history: &History,
    report: &Report,
) -> Result<Vec<Page>, SiteError> {
    let style = templates.get(STYLE).ok_or(SiteError::Missing(STYLE))?;
    let environment = environment(templates)?;
    let shown = Shown::new(history, report);
    let steps = watch::steps_of(&shown);
    let feed = watch::FeedView::of(&steps, report.run.started);
    let mut pages = vec![
        Page { path: STYLE.to_owned(), contents: style.clone() },
        Page {
            path: "index.html".to_owned(),
            contents: fill(&environment, OVERVIEW, &overview::view(&shown, report, steps))?,
        },
        Page { path: FEED.to_owned(), contents: fill(&environment, FEED, &feed)? },
        Page { path: "badge.json".to_owned(), contents: badge::of(report) },
    ];
    for name in shown.names() {
        let contents = fill(&environment, BENCHMARK, &benchmark::view(name, &shown, report))?;
        pages.push(Page { path: format!("benchmark/{}.html", name.file_stem()), contents });
    }
    Ok(pages)
}

fn environment(templates: &BTreeMap<String, String>) -> Result<Environment<'_>, SiteError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(without_block_lines());
    for (name, source) in templates.iter().filter(|(name, _)| *name != STYLE) {
        environment.add_template(name, source).map_err(|error| located(&error, name))?;
    }
    Ok(environment)
}

/// A line that holds a block alone leaves no empty line behind.
fn without_block_lines() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    syntax.build().unwrap_or_default()
}

fn fill(
    environment: &Environment<'_>,
    name: &'static str,
    view: &impl Serialize,
) -> Result<String, SiteError> {
    let template = environment.get_template(name).map_err(|_| SiteError::Missing(name))?;
    template.render(Serde(view)).map_err(|error| located(&error, name))
}

/// The innermost place that the error names: an outer one only says which template it came through.
fn located(error: &minijinja::Error, template: &str) -> SiteError {
    let mut innermost = error;
    while let Some(inner) = innermost.source().and_then(|source| source.downcast_ref()) {
        innermost = inner;
    }
    let detail = innermost.detail().map_or_else(String::new, |detail| format!(": {detail}"));
    SiteError::Template {
        template: innermost.name().unwrap_or(template).to_owned(),
        line: innermost.line().unwrap_or(1),
        message: format!("{}{detail}", innermost.kind()),
    }
}

#[cfg(test)]
mod tests;
