//! The name by which this program was started. Texts contain the usual one, that of an xtask.

use std::borrow::Cow;
use std::sync::OnceLock;

/// The name in all texts of this package and its libraries.
const USUAL: &str = "cargo xtask perf";

static OTHER: OnceLock<&'static str> = OnceLock::new();

/// Sets another name, once per process.
pub(crate) fn set(name: &'static str) {
    // The second of two names would contradict texts that have the first.
    let _ = OTHER.set(name);
}

/// The text with the name of this program.
pub(crate) fn named(text: &str) -> Cow<'_, str> {
    with_name(text, OTHER.get().copied())
}

fn with_name<'a>(text: &'a str, other: Option<&str>) -> Cow<'a, str> {
    match other {
        Some(name) if text.contains(USUAL) => Cow::Owned(text.replace(USUAL, name)),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_the_command_that_was_typed() {
        let text = "run `cargo xtask perf doctor`, then `cargo xtask perf`";
        assert_eq!(with_name(text, None), text);
        let named = with_name(text, Some("cargo divan-perf"));
        assert_eq!(named, "run `cargo divan-perf doctor`, then `cargo divan-perf`");
    }
}
