//! Tags of releases, named by a version.

use super::git::git;
use super::{Repository, text};
use anyhow::Result;
use perf_report::visible;

/// The most tags that an error lists.
const LISTED: usize = 3;

impl Repository {
    /// The tag of a version: `v1.2` for `1.2`, and `1.2` for `v1.2`. `None` if the reference is no version,
    /// or if there is no such tag.
    pub(super) fn tag_of_version(&self, reference: &str) -> Result<Option<String>> {
        let Some(version) = version(reference) else { return Ok(None) };
        let other = if version == reference { format!("v{version}") } else { version.to_owned() };
        let exists = self.commit_at(&format!("refs/tags/{other}"))?.is_some();
        Ok(exists.then_some(other))
    }

    /// A sentence with the tags that are most similar to a version that has none; `None` if the reference is
    /// no version.
    pub(super) fn similar_tags(&self, reference: &str) -> Result<Option<String>> {
        let Some(version) = version(reference) else { return Ok(None) };
        let sh = &self.sh;
        let tags = git!(sh, "git for-each-ref --sort=-version:refname --format=%(refname:strip=2)");
        let tags = text(tags.arg("refs/tags").quiet().output()?.stdout);
        let near = nearest(version, tags.lines());
        Ok(Some(if near.is_empty() {
            format!(
                "this clone has no tag for this version: run `git fetch --tags {}`",
                self.remote
            )
        } else {
            let near: Vec<String> = near.into_iter().map(visible).collect();
            format!("the tags nearest to this version are {}", near.join(", "))
        }))
    }
}

/// The version that a reference is: digits and dots, possibly after `v`.
fn version(reference: &str) -> Option<&str> {
    let version = reference.strip_prefix('v').unwrap_or(reference);
    let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    (is_version && version.chars().all(is_plain)).then_some(version)
}

/// The tags with the most equal numbers from the start, the newest first. Tags can have a prefix such as
/// `core-v`.
fn nearest<'t>(wanted: &str, tags: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let wanted = numbers(wanted);
    let equal = |tag: &str| {
        let numbers = numbers(tag);
        numbers.iter().zip(&wanted).take_while(|(one, other)| one == other).count()
    };
    let mut tags: Vec<(usize, &str)> = tags
        .filter(|tag| tag.contains(|c: char| c.is_ascii_digit()))
        .map(|tag| (equal(tag), tag))
        .collect();
    tags.sort_by_key(|(equal, _)| std::cmp::Reverse(*equal));
    tags.into_iter().map(|(_, tag)| tag).take(LISTED).collect()
}

/// The numbers of a version.
fn numbers(version: &str) -> Vec<&str> {
    version.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::HistoryRef;
    use super::super::base_commit::tests::{forked, git};
    use super::*;

    #[test]
    fn a_version_is_found_by_its_tag_with_or_without_v() {
        let (dir, [first, second, _]) = forked();
        let at = dir.path();
        let error = |reference: &str| {
            let repository = Repository::open(at, &HistoryRef::default()).unwrap();
            repository.base(reference, true).unwrap_err().to_string()
        };
        assert!(error("1.2").contains("run `git fetch --tags origin`"), "{}", error("1.2"));
        git(at, &["tag", "v1.2", &first]);
        git(at, &["tag", "--annotate", "--message=second", "1.3.0", &second]);
        git(at, &["tag", "core-v1.1", &first]);
        git(at, &["tag", "latest", &first]);
        let repository = Repository::open(at, &HistoryRef::default()).unwrap();
        for (reference, expected, tag) in [
            ("1.2", &first, "v1.2"),
            ("v1.2", &first, "v1.2"),
            ("1.3.0", &second, "1.3.0"),
            ("v1.3.0", &second, "1.3.0"),
        ] {
            let found = repository.base(reference, true).unwrap();
            assert_eq!((&found.commit.hash, found.label), (expected, format!("tip of {tag}")));
        }
        let near = error("1.2.5");
        assert!(near.contains("nearest to this version are v1.2, core-v1.1, 1.3.0"), "{near}");
        assert!(!error("nowhere").contains("version"), "{}", error("nowhere"));
    }

    #[test]
    fn versions_begin_with_a_number_and_have_a_dot() {
        for (reference, expected) in [
            ("1.2", Some("1.2")),
            ("v1.2.0-rc.1", Some("1.2.0-rc.1")),
            ("vector.1", None),
            ("12", None),
            ("1a2b3c4", None),
            ("1.2^{/fix}", None),
        ] {
            assert_eq!(version(reference), expected, "{reference}");
        }
    }
}
