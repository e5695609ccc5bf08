//! Where a workspace gets this tool from: the registry, a git repository or a folder.

use perf_report::visible;
use std::path::{Path, PathBuf};
use toml_edit::{InlineTable, Value};

/// The name of this package.
pub(super) const PACKAGE: &str = env!("CARGO_PKG_NAME");
/// Its version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where a workspace gets this tool from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The registry, this version.
    Registry,
    /// A git repository, at a commit, tag or its default branch.
    Git { url: String, rev: Option<String> },
    /// This package in a folder.
    Folder(PathBuf),
}

impl Source {
    /// The source that `text` names: `registry`, the address of a git repository with an optional
    /// `#REV`, or a folder.
    pub(super) fn named(text: &str) -> Self {
        if text == "registry" {
            return Self::Registry;
        }
        let (url, rev) = match text.split_once('#') {
            Some((url, rev)) => (url, Some(rev.to_owned())),
            None => (text, None),
        };
        let short = url.strip_prefix("git@").and_then(|rest| rest.split_once(':'));
        match short {
            // Cargo accepts such an address only in full.
            Some((host, path)) => Self::Git { url: format!("ssh://git@{host}/{path}"), rev },
            None if url.contains("://") => Self::Git { url: url.to_owned(), rev },
            None => Self::Folder(PathBuf::from(text)),
        }
    }

    /// The source of this program: a folder if cargo built it from a checkout that still exists. `None`
    /// if cargo fetched it from a git repository, whose address is not known here.
    pub(super) fn of_this_program() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let below_cargo = |part: &str| folder.to_string_lossy().replace('\\', "/").contains(part);
        if below_cargo("/git/checkouts/") {
            return None;
        }
        let is_fetched = below_cargo("/registry/src/") || !folder.join("Cargo.toml").is_file();
        Some(if is_fetched { Self::Registry } else { Self::Folder(folder.to_owned()) })
    }

    /// The source in the dependency of an existing manifest. The registry's version is replaced by this
    /// one.
    pub(super) fn of_dependency(dependency: &toml::Value) -> Self {
        let text = |key: &str| Some(dependency.get(key)?.as_str()?.to_owned());
        match (text("git"), text("path")) {
            (Some(url), _) => Self::Git {
                url,
                rev: text("rev").or_else(|| text("tag")).or_else(|| text("branch")),
            },
            (None, Some(path)) => Self::Folder(PathBuf::from(path)),
            (None, None) => Self::Registry,
        }
    }

    /// The value of the dependency in a manifest.
    pub(super) fn dependency(&self) -> Value {
        let mut table = InlineTable::new();
        match self {
            Self::Registry => return Value::from(VERSION),
            Self::Git { url, rev } => {
                table.insert("git", url.as_str().into());
                if let Some(rev) = rev {
                    table.insert("rev", rev.as_str().into());
                }
            }
            Self::Folder(path) => {
                table.insert("path", path.to_string_lossy().replace('\\', "/").into());
            }
        }
        Value::InlineTable(table)
    }

    /// The command that installs the program in CI; `None` for a folder, which CI does not have.
    pub(super) fn install(&self) -> Option<String> {
        match self {
            Self::Registry => Some(format!("cargo install --locked {PACKAGE}@{VERSION}")),
            Self::Git { url, rev } => {
                let rev = rev.as_ref().map_or_else(String::new, |rev| format!(" --rev '{rev}'"));
                Some(format!("cargo install --locked --git '{url}'{rev} {PACKAGE}"))
            }
            Self::Folder(_) => None,
        }
    }

    /// Why the source cannot be written to a file; `None` if it can.
    ///
    /// A workflow passes it to a shell in quotes.
    pub(super) fn refusal(&self) -> Option<String> {
        let parts: Vec<&str> = match self {
            Self::Registry | Self::Folder(_) => Vec::new(),
            Self::Git { url, rev } => {
                [Some(url), rev.as_ref()].into_iter().flatten().map(String::as_str).collect()
            }
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+~%=?&".contains(c);
        let odd = parts.into_iter().find(|part| !part.chars().all(is_plain))?;
        Some(format!("`{}` has characters that no address of a repository needs", visible(odd)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_by_text_and_read_from_a_manifest() {
        let git = |rev: Option<&str>| Source::Git {
            url: "https://example.org/perf".to_owned(),
            rev: rev.map(str::to_owned),
        };
        let registry = format!("\"{VERSION}\"");
        let cases = [
            ("registry", Source::Registry, registry.as_str()),
            ("https://example.org/perf", git(None), "{ git = \"https://example.org/perf\" }"),
            (
                "https://example.org/perf#abc",
                git(Some("abc")),
                "{ git = \"https://example.org/perf\", rev = \"abc\" }",
            ),
            ("../perf", Source::Folder("../perf".into()), "{ path = \"../perf\" }"),
        ];
        for (text, source, value) in cases {
            assert_eq!(Source::named(text), source);
            assert_eq!(source.dependency().to_string(), value);
            let manifest = format!("dependency = {value}");
            let manifest: toml::Table = toml::from_str(&manifest).unwrap();
            assert_eq!(Source::of_dependency(&manifest["dependency"]), source, "{text}");
        }
        assert_eq!(
            git(Some("abc")).install().as_deref(),
            Some("cargo install --locked --git 'https://example.org/perf' --rev 'abc' divan-perf")
        );
        assert_eq!(Source::Folder("a".into()).install(), None);
    }

    #[test]
    fn an_address_cannot_leave_its_quotes() {
        assert_eq!(Source::named("https://example.org/a#v1.0").refusal(), None);
        let short = Source::named("git@example.org:a/b.git#v1");
        let (url, rev) = ("ssh://git@example.org/a/b.git".to_owned(), Some("v1".to_owned()));
        assert_eq!((short.refusal(), short), (None, Source::Git { url, rev }));
        for text in
            ["https://a/'; rm -rf ~; '", "https://a/b#x'y", "https://a/$(b)", "https://a/\nb"]
        {
            assert!(Source::named(text).refusal().is_some(), "{text}");
        }
    }
}
