//! The command that repeats the measurement of a page.

use super::run_comparability::Comparability;
use super::trend_point::{TrendPoint, since};
use crate::visible;
use perf_judge::ident::BenchmarkId;
use perf_judge::verdict::{State, Verdict};

/// `cargo xtask perf --compare 1a2b3c4d5e6f --tip --filter core/parse::xml` for a change, compared
/// with the last commit before it; otherwise a plain measurement.
pub(super) fn command(
    id: &BenchmarkId,
    points: &[TrendPoint<'_>],
    verdict: Option<&Verdict>,
) -> String {
    let filter = quoted(id.as_str());
    match verdict.and_then(|verdict| before(points, verdict)) {
        Some(commit) => format!("cargo xtask perf --compare {commit} --tip --filter {filter}"),
        None => format!("cargo xtask perf --filter {filter}"),
    }
}

/// The commit of the last counted run before a change.
fn before<'a>(points: &[TrendPoint<'a>], verdict: &Verdict) -> Option<&'a str> {
    let changed = matches!(verdict.state, State::Regression | State::Improvement);
    let first = since(points, verdict).filter(|_| changed)?;
    let older = points.iter().take_while(|point| point.run.id != first.id);
    let counted = older.filter(|point| point.comparability() == Comparability::Counted).last()?;
    let hash = &counted.run.commit?.hash;
    let is_hash = hash.len() >= 12 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    hash.get(..12).filter(|_| is_hash)
}

/// One word of a shell command, quoted unless it is plain.
fn quoted(word: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/:_-.,=+@".contains(&b);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    // Characters that end or reorder the line are dropped from a command that is pasted.
    let is_visible = |c: &char| visible(c.encode_utf8(&mut [0; 4])).chars().eq([*c]);
    let printable: String = word.chars().filter(is_visible).collect();
    format!("'{}'", printable.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_word_of_the_command() {
        let cases = [
            ("core/parse::xml", "core/parse::xml"),
            ("core/a b", "'core/a b'"),
            ("x'; rm -rf ~ #", r"'x'\''; rm -rf ~ #'"),
            ("$(reboot)\n`reboot`\u{202e}", "'$(reboot)`reboot`'"),
            ("", "''"),
        ];
        for (name, word) in cases {
            assert_eq!(quoted(name), word);
        }
    }
}
