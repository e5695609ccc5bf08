//! The templates of the pages.

use super::file::SiteFile;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use perf_judge::ident::digest;
use serde::Serialize;
use std::collections::BTreeMap;
use std::error::Error;

pub(super) const OVERVIEW: &str = "overview.html";
pub(super) const BENCHMARK: &str = "benchmark.html";
pub(super) const RUN: &str = "run.html";
pub(super) const COMPARISON: &str = "comparison.html";
pub(super) const COMPARE: &str = "compare.html";
pub(super) const ALTERNATIVES: &str = "alternatives.html";
pub(super) const RELEASES: &str = "releases.html";
pub(super) const GROUP: &str = "group.html";
pub(super) const FEED: &str = "feed.xml";
const REQUIRED: [&str; 9] =
    [OVERVIEW, GROUP, ALTERNATIVES, RELEASES, BENCHMARK, RUN, COMPARISON, COMPARE, FEED];

/// Why the site cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// A required template is missing.
    #[error("the template {0} is missing: add it to the templates")]
    Missing(&'static str),
    /// A template has a syntax error or uses an undefined value.
    #[error("{template}:{line}: {message}")]
    Template {
        /// The template's name.
        template: String,
        /// The line, from 1.
        line: usize,
        /// The error of the template engine.
        message: String,
    },
}

/// Parsed templates, and the files that their pages load.
#[derive(Debug)]
pub(super) struct Templates<'a> {
    environment: Environment<'a>,
    sources: &'a BTreeMap<String, String>,
}

impl<'a> Templates<'a> {
    pub(super) fn parse(sources: &'a BTreeMap<String, String>) -> Result<Self, SiteError> {
        let missing = REQUIRED.into_iter().find(|name| !sources.contains_key(*name));
        if let Some(name) = missing {
            return Err(SiteError::Missing(name));
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(without_block_lines());
        for (name, source) in sources.iter().filter(|(name, _)| is_template(name)) {
            environment.add_template(name, source).map_err(|error| located(&error, name))?;
        }
        Ok(Self { environment, sources })
    }

    /// Sets what all pages can use as `site`.
    pub(super) fn set_site(&mut self, site: &impl Serialize) {
        self.environment.add_global("site", minijinja::Value::from(Serde(site)));
    }

    /// The files that pages load, unmodified.
    pub(super) fn assets(&self) -> Vec<SiteFile> {
        let assets = self.sources.iter().filter(|(name, _)| !is_template(name));
        assets
            .map(|(name, source)| SiteFile { path: name.clone(), contents: source.clone() })
            .collect()
    }

    /// A digest of all sources.
    pub(super) fn key(&self) -> u64 {
        let names = self.sources.iter().map(|(name, source)| format!("{name}\n{source}\n"));
        digest(names.collect::<String>().as_bytes())
    }

    pub(super) fn fill(
        &self,
        name: &'static str,
        view: &impl Serialize,
    ) -> Result<String, SiteError> {
        let template = self.environment.get_template(name).map_err(|_| SiteError::Missing(name))?;
        template.render(Serde(view)).map_err(|error| located(&error, name))
    }
}

fn is_template(name: &str) -> bool {
    name.ends_with(".html") || name.ends_with(".xml")
}

/// A line with nothing but a block leaves no empty line.
fn without_block_lines() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    syntax.build().unwrap_or_default()
}

/// The innermost location of the error; the outer ones are templates that include it.
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
