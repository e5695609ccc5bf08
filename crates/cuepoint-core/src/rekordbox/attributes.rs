//! The attributes of a tag.

use memchr::memchr;
use quick_xml::events::BytesStart;
use quick_xml::events::attributes::Attributes;

use super::report::{WarningKind, Warnings};

/// Calls `visit` with every attribute of `tag` that is well-formed.
///
/// Attributes as every program writes them are taken apart here, in a third of the time that a
/// reader of any XML takes. From the first other one on quick-xml reads the tag.
pub(super) fn each_attribute<'a>(
    tag: &'a BytesStart<'_>,
    warnings: &mut Warnings,
    mut visit: impl FnMut(&'a str, &str, &mut Warnings),
) {
    let mut rest = tag.attributes_raw();
    while let Some((key, value, after)) = plain_attribute(rest) {
        visit(key, value, warnings);
        rest = after;
    }
    if !rest.bytes().all(is_blank) {
        visit_others(rest, warnings, &mut visit);
    }
}

/// The attribute that `text` starts with, written as blanks and `key="value"`, and what follows.
fn plain_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.bytes().position(|byte| !is_blank(byte)).filter(|&start| start > 0)?;
    let text = &text[start..];
    let end = text.bytes().position(|byte| !byte.is_ascii_alphabetic()).filter(|&end| end > 0)?;
    let value = text[end..].strip_prefix("=\"")?;
    let length = memchr(b'"', value.as_bytes())?;
    Some((&text[..end], &value[..length], &value[length + 1..]))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

#[cold]
fn visit_others<'a>(
    text: &'a str,
    warnings: &mut Warnings,
    visit: &mut impl FnMut(&'a str, &str, &mut Warnings),
) {
    // quick-xml's own check for duplicates compares each name with all before it; where they
    // matter, a bit for each known name does the same.
    for attribute in Attributes::new(text, 0).with_checks(false) {
        match attribute {
            Ok(attribute) => visit(attribute.key.into_inner(), &attribute.value, warnings),
            Err(error) => warnings.note(WarningKind::BadAttribute, format_args!("{error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All attributes and errors as lines.
    fn read(tag: &BytesStart<'_>) -> Vec<String> {
        let mut warnings = Warnings::default();
        let mut lines = Vec::new();
        each_attribute(tag, &mut warnings, |key, value, _| lines.push(format!("{key}={value}")));
        lines.push(format!("{} errors", warnings.total()));
        lines
    }

    /// The same by quick-xml alone.
    fn by_quick_xml(tag: &BytesStart<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut errors = 0;
        for attribute in tag.attributes().with_checks(false) {
            match attribute {
                Ok(attribute) => {
                    lines.push(format!("{}={}", attribute.key.into_inner(), attribute.value));
                }
                Err(_) => errors += 1,
            }
        }
        lines.push(format!("{errors} errors"));
        lines
    }

    proptest! {
        #[test]
        fn attributes_are_those_of_quick_xml(
            parts in prop::collection::vec(
                prop_oneof![
                    4 => "[ \n\r\t]{1,2}[A-Za-z]{1,4}=\"[^\"<]{0,4}\"",
                    1 => "[ ]?[A-Za-z:é0-9]{0,3}[ ]?=?[ ]?[\"']?[a-z ]{0,3}[\"']?",
                ],
                0..6,
            ),
        ) {
            let text = format!("TRACK{}", parts.concat());
            let tag = BytesStart::from_content(text.as_str(), 5);
            prop_assert_eq!(read(&tag), by_quick_xml(&tag));
        }
    }
}
