//! The function of a benchmark in its source file: its location, and the sample count of its author.

use perf_judge::run::Source;
use std::fs;
use std::path::Path;

/// The maximum number of lines from Divan's attribute to the function.
const MAX_ATTRIBUTE_LINES: usize = 24;

/// The location of a listed benchmark's function in its target's source file. `None` for functions
/// in other files, and for those that macros generate.
pub(super) fn find(root: &Path, path: &Path, listed: &str) -> Option<Source> {
    let text = fs::read_to_string(path).ok()?;
    let line = listed.split("::").skip(1).find_map(|part| line_of(&text, part))?;
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts = below.components().map(|part| part.as_os_str().to_string_lossy());
    Some(Source { file: parts.collect::<Vec<_>>().join("/"), line })
}

/// The sample count that a benchmark's source sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SourceCount {
    /// This number.
    Set(u32),
    /// None: Divan's own applies.
    Default,
    /// The source does not contain it: the function is not found, or the count is no number there.
    Unknown,
}

/// The sample count of a listed benchmark in its target's source file.
///
/// It is unknown if several functions may be the one of the benchmark.
pub(super) fn sample_count(path: &Path, listed: &str) -> SourceCount {
    let text = fs::read_to_string(path).unwrap_or_default();
    count_of(&text, listed.split("::").skip(1))
}

/// The sample count in the attribute of the only function that has one of these names.
fn count_of<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> SourceCount {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = names.flat_map(|name| benches_of(&lines, name));
    let (Some(at), None) = (found.next(), found.next()) else { return SourceCount::Unknown };
    let Some(first) = lines[..at].iter().rposition(|line| is_attribute(line)) else {
        return SourceCount::Unknown;
    };
    let attribute = lines[first..at].join(" ");
    // The attribute of a function on the same line is not that of the next one.
    if attribute.contains("fn ") {
        return SourceCount::Unknown;
    }
    let Some((_, value)) = attribute.split_once(SAMPLE_COUNT) else {
        // A group's count applies to the functions in its module.
        let is_of_group = text.contains("bench_group") && text.contains(SAMPLE_COUNT);
        return if is_of_group { SourceCount::Unknown } else { SourceCount::Default };
    };
    let value = value.trim_start().strip_prefix('=').unwrap_or_default();
    let value = value.split([',', ')']).next().unwrap_or_default().trim().replace('_', "");
    value.parse().map_or(SourceCount::Unknown, SourceCount::Set)
}

/// The name of the option.
const SAMPLE_COUNT: &str = "sample_count";

fn is_attribute(line: &str) -> bool {
    line.contains("divan::bench") || line.trim_start().starts_with("#[bench")
}

/// The line of `fn name` below an attribute of Divan. The first line is 1.
fn line_of(text: &str, name: &str) -> Option<u32> {
    let lines: Vec<&str> = text.lines().collect();
    let at = benches_of(&lines, name).next()?;
    u32::try_from(at + 1).ok()
}

/// The indexes of the lines with `fn name` below an attribute of Divan.
fn benches_of<'a>(lines: &'a [&'a str], name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_function = move |line: &str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word == "fn") && words.next() == Some(name)
    };
    let is_bench = |at: usize| {
        lines[at.saturating_sub(MAX_ATTRIBUTE_LINES)..at]
            .iter()
            .rev()
            .take_while(|line| !line.starts_with('}'))
            .any(|line| is_attribute(line))
    };
    (0..lines.len()).filter(move |at| is_function(lines[*at]) && is_bench(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn main() {}\n\n#[divan::bench(\n    args = [1, 2],\n)]\nfn parse(size: usize) {\n}\n\nfn helper() {}\n\n#[divan::bench]\npub fn parse_all() {}\n";

    #[test]
    fn the_function_below_the_attribute_is_found() {
        assert_eq!(line_of(TEXT, "parse"), Some(6));
        assert_eq!(line_of(TEXT, "parse_all"), Some(12));
    }

    #[test]
    fn the_sample_count_of_the_attribute_is_found() {
        let text =
            |attribute: &str| format!("{TEXT}\n#[divan::bench({attribute})]\nfn own() {{}}\n");
        let cases = [
            ("sample_count = 20, sample_size = 1", SourceCount::Set(20)),
            ("sample_size = 1, sample_count=1_000", SourceCount::Set(1000)),
            ("sample_count = ROTATION", SourceCount::Unknown),
            ("args = [1]", SourceCount::Default),
        ];
        let count = |text: &str, names: &[&str]| count_of(text, names.iter().copied());
        for (attribute, expected) in cases {
            assert_eq!(count(&text(attribute), &["own"]), expected, "{attribute}");
        }
        assert_eq!(count(TEXT, &["parse"]), SourceCount::Default);
        assert_eq!(count(TEXT, &["helper"]), SourceCount::Unknown);
        let group = format!("#[divan::bench_group(sample_count = 5)]\nmod a {{\n{TEXT}}}\n");
        assert_eq!(count(&group, &["parse"]), SourceCount::Unknown);
        // Another function may be the one of the benchmark.
        let own = text("sample_count = 20");
        assert_eq!(count(&own, &["parse", "own"]), SourceCount::Unknown);
        assert_eq!(count(&format!("{own}{own}"), &["own"]), SourceCount::Unknown);
        let one_line = "#[divan::bench(sample_count = 20)] fn a() {}\nfn own() {}\n";
        assert_eq!(count(one_line, &["own"]), SourceCount::Unknown);
    }

    #[test]
    fn other_functions_are_not() {
        for name in ["main", "helper", "pars", "size", ""] {
            assert_eq!(line_of(TEXT, name), None, "{name}");
        }
    }
}
