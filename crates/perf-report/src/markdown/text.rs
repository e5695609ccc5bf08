//! Text from a repository, escaped for Markdown.

use crate::table::shortened;
use crate::text::is_reordering;

/// The most columns that one text takes.
const LENGTH: usize = 200;

/// Text that Markdown and HTML show as it is, on one line, shortened in the middle where it is
/// too long.
///
/// Every character with a meaning in either is escaped. GitHub finds mentions and references in
/// escaped text as well, so an invisible space splits them.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in shortened(text, LENGTH).chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '@' => safe += "@&#8203;",
            '#' => safe += "#&#8203;",
            '|' => safe += "&#124;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '!' => safe.extend(['\\', c]),
            _ if c.is_control() || is_reordering(c) => safe += " ",
            _ => safe.push(c),
        }
    }
    let safe = safe.replace("://", "&#58;//").replace("www.", "www&#46;");
    safe.replace("GH-", "GH&#8203;-")
}

/// A name as code, where GitHub finds no mentions, references or emoji.
pub(super) fn code(name: &str) -> String {
    format!("<code>{}</code>", escaped(name).replace("&#8203;", ""))
}

/// A sentence that may begin with a name of `names`.
pub(super) fn sentence<'a>(text: &str, mut names: impl Iterator<Item = &'a str>) -> String {
    let rest = |name: &str| text.strip_prefix(name).filter(|rest| rest.starts_with([' ', ':']));
    match names.find_map(|name| Some((name, rest(name)?))) {
        Some((name, rest)) => format!("{}{}", code(name), escaped(rest)),
        None => escaped(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_names_stay_text() {
        let hostile = "<img src=x>|`a`\n# [x](https://e.example) @team **b** www.e GH-1";
        let safe = escaped(hostile);
        for mark in ["<", ">", "|", "\n", "# ", "://", "@t", "www.", "GH-1"] {
            assert!(!safe.contains(mark), "{mark} in {safe}");
        }
        assert!(!code(hostile).contains("://") && !code(hostile).contains("www."));
        assert!(safe.contains(r"\`a\`") && safe.contains(r"\[x\]") && safe.contains(r"\*\*b\*\*"));
        assert_eq!(code("core::moon::@a"), "<code>core::moon::@a</code>");
    }

    #[test]
    fn a_name_at_the_beginning_of_a_sentence_is_code() {
        let names = || ["a/b::c", "a/b::c_d"].into_iter();
        assert_eq!(sentence("a/b::c_d got slower", names()), r"<code>a/b::c\_d</code> got slower");
        assert_eq!(sentence("a/b::cd: #1", names()), "a/b::cd: #&#8203;1");
    }

    proptest! {
        #[test]
        fn no_name_can_end_its_cell(name in any::<String>()) {
            for safe in [escaped(&name), code(&name).replace("<code>", "").replace("</code>", "")] {
                prop_assert!(!safe.contains(['|', '<', '>', '\n', '\r']));
                prop_assert!(safe.len() <= 8 * (LENGTH + 1));
            }
            prop_assert!(!escaped(&name).replace("@&#8203;", "").contains('@'));
        }
    }
}
