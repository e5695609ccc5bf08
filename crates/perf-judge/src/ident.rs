//! Benchmark names, and file names made from them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a benchmark: `package/target::path`.
///
/// The path is the one that Divan prints, arguments included, without a crate root that equals the
/// bench target. A name comes from source code and arguments, so it can contain any character.
/// Renderers escape it, and file names come from [`BenchmarkId::file_stem`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BenchmarkId(String);

impl BenchmarkId {
    /// Joins the parts: `path` is a row's path as Divan prints it, the crate root first.
    pub fn new(package: &str, target: &str, path: &[String]) -> Self {
        let root_is_target = path.first().is_some_and(|root| *root == target.replace('-', "_"));
        let shown = if root_is_target { &path[1..] } else { path };
        Self(format!("{package}/{target}::{}", shown.join("::")))
    }

    /// The name of the listed benchmark `root::module::function::argument`.
    pub fn of_listed(package: &str, target: &str, listed: &str) -> Self {
        let parts: Vec<String> = listed.split("::").map(str::to_owned).collect();
        Self::new(package, target, &parts)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of its package.
    pub fn package(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// Whether `name` means this benchmark: the whole name, or its last parts.
    ///
    /// `parse_large_xml` and `parse::parse_large_xml` both name
    /// `cuepoint-core/parse::parse_large_xml`.
    pub fn is_named(&self, name: &str) -> bool {
        let Some(head) = self.0.strip_suffix(name) else { return false };
        !name.is_empty() && (head.is_empty() || head.ends_with("::") || head.ends_with('/'))
    }

    /// Whether this benchmark is below `name`: a target, a module, or a benchmark with arguments.
    pub fn is_below(&self, name: &str) -> bool {
        self.0.match_indices("::").any(|(at, _)| Self(self.0[..at].to_owned()).is_named(name))
    }

    /// A file name without extension: readable where the name allows, unique always.
    ///
    /// It depends on the name alone, so a link to a benchmark's page never changes.
    pub fn file_stem(&self) -> String {
        let readable: String = self.0.chars().map(file_char).take(80).collect();
        format!("{}-{:08x}", readable.trim_matches('-'), digest(self.0.as_bytes()) >> 32)
    }
}

impl fmt::Display for BenchmarkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for BenchmarkId {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

fn file_char(c: char) -> char {
    if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' }
}

/// The 64-bit FNV-1a digest: short, stable names for things, never a protection.
pub fn digest(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(parts: &[&str]) -> Vec<String> {
        parts.iter().map(|part| (*part).to_owned()).collect()
    }

    #[test]
    fn the_root_is_dropped_only_where_it_is_the_target() {
        let own = BenchmarkId::new("core", "large-parse", &path(&["large_parse", "xml", "500"]));
        assert_eq!(own.as_str(), "core/large-parse::xml::500");
        let linked = BenchmarkId::new("core", "parse", &path(&["helpers", "xml"]));
        assert_eq!(linked.as_str(), "core/parse::helpers::xml");
    }

    #[test]
    fn a_name_means_whole_parts_only() {
        let id = BenchmarkId::from("core/parse::xml::large");
        for name in ["core/parse::xml::large", "parse::xml::large", "xml::large", "large"] {
            assert!(id.is_named(name), "{name}");
        }
        for name in ["arge", "l::large", "xml", "", "core"] {
            assert!(!id.is_named(name), "{name}");
        }
    }

    #[test]
    fn below_is_one_part_or_more_further_down() {
        let id = BenchmarkId::from("core/filter::filter_100::rare::t=4");
        assert!(id.is_below("filter_100"));
        assert!(id.is_below("filter::filter_100"));
        assert!(id.is_below("filter_100::rare"));
        assert!(id.is_below("core/filter"));
        assert!(!id.is_below("rare::t=4"));
        assert!(!id.is_below("filter_1"));
    }

    #[test]
    fn file_stems_are_safe_and_distinct() {
        let hostile = BenchmarkId::from("a/b::../../<script>│\u{202e}\0");
        assert!(hostile.file_stem().chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)));
        assert_ne!(
            BenchmarkId::from("a/b::x y").file_stem(),
            BenchmarkId::from("a/b::x-y").file_stem()
        );
        assert_eq!(BenchmarkId::from("core/parse::xml").file_stem(), "core-parse--xml-798aa0fd");
    }

    #[test]
    fn the_digest_is_fnv_1a() {
        // Published test vectors of the 64-bit variant.
        assert_eq!(digest(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(digest(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(digest(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
