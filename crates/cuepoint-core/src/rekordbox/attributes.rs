//! The attributes of one element.

use super::report::{WarningKind, Warnings};
use super::text::{Span, Texts};
use quick_xml::escape::unescape;
use quick_xml::events::BytesStart;
use std::borrow::Cow;
use std::str::FromStr;

/// Where the values of an element go, and what is odd about them.
pub(super) struct Sink<'a> {
    pub(super) texts: &'a mut Texts,
    pub(super) warnings: &'a mut Warnings,
    /// Bytes before the element.
    pub(super) offset: usize,
}

impl Sink<'_> {
    pub(super) fn warn(&mut self, kind: WarningKind, detail: &str) {
        self.warnings.add(kind, self.offset, detail);
    }

    pub(super) fn text(&mut self, value: &str) -> Span {
        self.texts.add(value)
    }

    /// A number. Empty means unknown; anything else that is none costs a warning.
    pub(super) fn number<T: FromStr>(&mut self, key: &str, value: &str) -> Option<T> {
        let value = value.trim();
        if value.is_empty() {
            return None;
        }
        let number = value.parse().ok();
        if number.is_none() {
            self.bad_number(key, value);
        }
        number
    }

    /// A finite number that is not negative.
    pub(super) fn quantity(&mut self, key: &str, value: &str) -> Option<f64> {
        let number = self.number::<f64>(key, value)?;
        let quantity = Some(number).filter(|number| number.is_finite() && *number >= 0.0);
        if quantity.is_none() {
            self.bad_number(key, value);
        }
        quantity
    }

    pub(super) fn bad_number(&mut self, key: &str, value: &str) {
        self.warn(WarningKind::BadNumber, &format!("{key}=\"{value}\""));
    }
}

/// Calls `field` with each attribute and its decoded value.
///
/// `field` says which field it was, below 64, so that one that stands twice is seen: the XML
/// library would compare each key with all before it.
pub(super) fn each(
    element: &BytesStart<'_>,
    sink: &mut Sink<'_>,
    mut field: impl FnMut(&mut Sink<'_>, &str, &str, &mut Seen),
) {
    let mut seen = Seen::default();
    for attribute in element.attributes().with_checks(false) {
        let Ok(attribute) = attribute else {
            let name = element.name();
            sink.warn(WarningKind::MalformedAttribute, name.as_ref());
            continue;
        };
        let value = decode(&attribute.value, sink);
        field(sink, attribute.key.as_ref(), &value, &mut seen);
    }
}

/// Which fields stood in the element already.
#[derive(Default)]
pub(super) struct Seen {
    fields: u64,
    next: usize,
}

impl Seen {
    /// The place of `key` among `fields`, which stand in the order in which they are likely to
    /// come: the search begins behind the last one found.
    pub(super) fn place(&mut self, fields: &[&str], key: &str) -> Option<usize> {
        let (before, rest) = fields.split_at(self.next.min(fields.len()));
        let place = match rest.iter().position(|field| *field == key) {
            Some(at) => at + before.len(),
            None => before.iter().position(|field| *field == key)?,
        };
        self.next = place + 1;
        Some(place)
    }

    /// Whether this is the first attribute for the field.
    pub(super) fn first(&mut self, field: u32, key: &str, sink: &mut Sink<'_>) -> bool {
        let bit = 1_u64 << (field % u64::BITS);
        let first = self.fields & bit == 0;
        self.fields |= bit;
        if !first {
            sink.warn(WarningKind::DuplicateAttribute, key);
        }
        first
    }
}

/// The value as XML means it: line ends and tabs are blanks, references are what they refer to.
fn decode<'a>(raw: &'a str, sink: &mut Sink<'_>) -> Cow<'a, str> {
    if !raw.bytes().any(|byte| matches!(byte, b'&' | b'\n' | b'\r' | b'\t')) {
        return Cow::Borrowed(raw);
    }
    let blank = raw.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
    match unescape(&blank) {
        Ok(value) => Cow::Owned(value.into_owned()),
        Err(_) => {
            sink.warn(WarningKind::UnknownReference, &blank);
            Cow::Owned(blank)
        }
    }
}
