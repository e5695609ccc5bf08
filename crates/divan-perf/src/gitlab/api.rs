//! GitLab's REST API, called by curl.

use anyhow::{Context as _, Result, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::Write as _;
use tempfile::NamedTempFile;
use xshell::{Shell, cmd};

/// The most pages that are read of a list.
const MAX_PAGES: usize = 30;
/// Entries per page, the most that GitLab returns.
const PAGE_SIZE: usize = 100;
/// The longest time of a request in seconds.
const TIMEOUT: &str = "60";

/// GitLab at an address, with a token.
pub(super) struct Gitlab {
    sh: Shell,
    /// The address of the API, without a slash at its end.
    address: String,
    token: String,
}

impl Gitlab {
    /// GitLab's API at `address`. Neither it nor the token may have a character that ends a line or a
    /// text of curl's configuration.
    pub(super) fn at(address: &str, token: &str) -> Result<Self> {
        let is_plain =
            |text: &str| text.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\');
        if !is_plain(address) || !is_plain(token) {
            bail!(
                "the address of the API or the token has a space, a quote or a control character: copy it again"
            );
        }
        let sh = Shell::new().context("cannot enter the current folder")?;
        let address = address.trim_end_matches('/').to_owned();
        Ok(Self { sh, address, token: token.to_owned() })
    }

    /// Reads one object.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let json = self.request("GET", path, None)?;
        serde_json::from_str(&json)
            .with_context(|| format!("GitLab returned an unexpected answer for {path}"))
    }

    /// All entries of a list.
    pub(super) fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for page in 1..=MAX_PAGES {
            let entries: Vec<T> = self.get(&format!("{path}?per_page={PAGE_SIZE}&page={page}"))?;
            let is_last = entries.len() < PAGE_SIZE;
            all.extend(entries);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// Sends a body.
    pub(super) fn send(&self, method: &str, path: &str, body: &Value) -> Result<()> {
        self.request(method, path, Some(body)).map(drop)
    }

    /// The token is passed by standard input: other users of the machine see arguments.
    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<String> {
        let Self { sh, address, token } = self;
        let url = format!("{address}/{path}");
        let cannot = || {
            format!(
                "cannot {method} {path}: check PERF_NOTE_TOKEN, which needs the scope `api`, and that curl is installed"
            )
        };
        let mut file = NamedTempFile::new().context("cannot write a temporary file")?;
        let mut data = Vec::new();
        if let Some(body) = body {
            file.write_all(body.to_string().as_bytes()).context("cannot write a temporary file")?;
            data = vec!["--data-binary".to_owned(), format!("@{}", file.path().display())];
        }
        let header = "content-type: application/json";
        cmd!(sh, "curl --config - --silent --show-error --fail --max-time {TIMEOUT} --request {method} --header {header} {data...} {url}")
            .quiet()
            .stdin(format!("header = \"private-token: {token}\"\n"))
            .read()
            .with_context(cannot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_cannot_add_lines_to_the_configuration() {
        assert!(Gitlab::at("https://gitlab.example/api/v4", "glpat-x_1").is_ok());
        for token in ["a\nurl = \"x\"", "a\"b", "a b", "a\\"] {
            assert!(Gitlab::at("https://gitlab.example/api/v4", token).is_err(), "{token}");
        }
    }
}
