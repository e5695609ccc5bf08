//! GitHub's interface, by way of its own command line, which every runner has.

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use xshell::{Shell, cmd};

/// Pages of a list that are read at most, and the entries of one.
const PAGES: usize = 30;
const PAGE: usize = 100;

/// `gh`, which takes its token from GH_TOKEN.
#[derive(Debug)]
pub(super) struct Gh {
    sh: Shell,
}

impl Gh {
    pub(super) fn find() -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        cmd!(sh, "gh --version").quiet().ignore_stderr().read().context(
            "gh is missing, which talks to GitHub: it is on GitHub's runners, and at cli.github.com",
        )?;
        Ok(Self { sh })
    }

    /// Everything in a list. `fields` are its filters, each `name=value`.
    pub(super) fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: &[String],
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let page = [format!("per_page={PAGE}"), format!("page={page}")];
            let fields = fields.iter().chain(&page).map(|field| format!("--raw-field={field}"));
            let sh = &self.sh;
            let json = cmd!(sh, "gh api --method GET {path} {fields...}").quiet().read();
            let json = json.with_context(|| format!("cannot read {path}"))?;
            let entries: Vec<T> = serde_json::from_str(&json)
                .with_context(|| format!("{path} is not the list that it should be"))?;
            let is_last = entries.len() < PAGE;
            all.extend(entries);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// Sends `body`, which goes by standard input: it may be longer than arguments can be.
    pub(super) fn send(&self, method: &str, path: &str, body: &Value) -> Result<()> {
        let sh = &self.sh;
        let body = body.to_string();
        cmd!(sh, "gh api --method {method} {path} --input - --silent")
            .quiet()
            .stdin(body)
            .run()
            .with_context(|| format!("cannot write {path}: may this job's token do that?"))
    }
}

/// Who wrote a comment or an issue.
#[derive(Debug, serde::Deserialize)]
pub(super) struct User {
    #[serde(rename = "type")]
    kind: String,
}

impl User {
    /// Whether it is a workflow, and not a person who copied its words.
    pub(super) fn is_bot(&self) -> bool {
        self.kind == "Bot"
    }
}
