//! The location of a benchmark's function.

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

/// The line of `fn name` below an attribute of Divan. The first line is 1.
fn line_of(text: &str, name: &str) -> Option<u32> {
    let lines: Vec<&str> = text.lines().collect();
    let is_function = |line: &str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word == "fn") && words.next() == Some(name)
    };
    let is_bench = |at: usize| {
        lines[at.saturating_sub(MAX_ATTRIBUTE_LINES)..at]
            .iter()
            .rev()
            .take_while(|line| !line.starts_with('}'))
            .any(|line| line.contains("divan::bench") || line.trim_start().starts_with("#[bench"))
    };
    let at = (0..lines.len()).find(|at| is_function(lines[*at]) && is_bench(*at))?;
    u32::try_from(at + 1).ok()
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
    fn other_functions_are_not() {
        for name in ["main", "helper", "pars", "size", ""] {
            assert_eq!(line_of(TEXT, name), None, "{name}");
        }
    }
}
