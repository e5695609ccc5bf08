//! GitHub's REST API, called by `gh`, which is installed on GitHub's runners.

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use xshell::{Shell, cmd};

/// The most pages that are read of a list.
const MAX_PAGES: usize = 30;
/// Entries per page, the most that GitHub returns.
const PAGE_SIZE: usize = 100;

/// `gh`, with its token in GH_TOKEN.
#[derive(Debug)]
pub(super) struct Gh {
    sh: Shell,
}

impl Gh {
    pub(super) fn find() -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        cmd!(sh, "gh --version")
            .quiet()
            .ignore_stderr()
            .read()
            .context("cannot start `gh`, GitHub's command line: install it from cli.github.com")?;
        Ok(Self { sh })
    }

    /// All entries of a list. `fields` are its filters, each `name=value`.
    pub(super) fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: &[String],
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for page in 1..=MAX_PAGES {
            let page = [format!("per_page={PAGE_SIZE}"), format!("page={page}")];
            let fields = fields.iter().chain(&page).map(|field| format!("--raw-field={field}"));
            let sh = &self.sh;
            let json = cmd!(sh, "gh api --method GET {path} {fields...}").quiet().read();
            let json = json.with_context(|| {
                format!("cannot read {path}: check GH_TOKEN and the permissions of the job")
            })?;
            let entries: Vec<T> = serde_json::from_str(&json)
                .with_context(|| format!("GitHub returned an unexpected answer for {path}"))?;
            let is_last = entries.len() < PAGE_SIZE;
            all.extend(entries);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// Sends `body` by standard input, as it may be longer than an argument can be.
    pub(super) fn send(&self, method: &str, path: &str, body: &Value) -> Result<()> {
        let sh = &self.sh;
        let body = body.to_string();
        cmd!(sh, "gh api --method {method} {path} --input - --silent")
            .quiet()
            .stdin(body)
            .run()
            .with_context(|| {
                format!("cannot write {path}: check GH_TOKEN and the permissions of the job")
            })
    }
}

/// The author of a comment or an issue.
#[derive(Debug, serde::Deserialize)]
pub(super) struct User {
    #[serde(rename = "type")]
    kind: String,
}

impl User {
    /// Whether it is a workflow instead of a person.
    pub(super) fn is_bot(&self) -> bool {
        self.kind == "Bot"
    }
}
