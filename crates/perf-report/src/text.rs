//! Text from elsewhere, made safe to show.

use std::collections::BTreeSet;

/// Text from a repository, unable to move the cursor, break a line or reorder what is shown.
pub fn visible(text: &str) -> String {
    let is_harmful = |c: char| c.is_control() || is_reordering(c);
    if !text.contains(is_harmful) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmful(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// The marks that make a reader see text in another order than it is stored.
pub(crate) fn is_reordering(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether one of the texts begins with `beginning`, in logarithmic time.
pub(crate) fn begins(texts: &BTreeSet<&str>, beginning: &str) -> bool {
    texts.range(beginning..).next().is_some_and(|text| text.starts_with(beginning))
}

/// The longest argument of a command that is proposed, in bytes.
const ARGUMENT: usize = 200;

/// The name as an argument that is safe to paste into any shell; `None` where it is not.
pub(crate) fn argument(name: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_:/=.-".contains(c);
    let is_short = (1..=ARGUMENT).contains(&name.len());
    (is_short && name.chars().all(is_plain) && !name.starts_with('-')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_stand_in_commands() {
        let cases = ["core/parse::xml_500", "a/b::t=4", "'; rm -rf ~ #", "$(x)", "-x", "", "a b"];
        let plain = cases.map(|name| argument(name).is_some());
        assert_eq!(plain, [true, true, false, false, false, false, false]);
    }
}
