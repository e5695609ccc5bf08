//! The places of values and keys in a JSON text.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Range;

/// A step from a value to one of its parts.
#[derive(Clone, Copy, Debug)]
pub(super) enum PathPart<'p> {
    /// The value of this key.
    Key(&'p str),
    /// The element at this index.
    Index(usize),
}

/// The depth down to which values are searched. The file's own keys have four levels.
const DEPTH: usize = 8;

/// The place of the value at `path`.
pub(super) fn range(text: &str, path: &[PathPart<'_>]) -> Option<Range<usize>> {
    let value = find(text, path)?;
    let start = start(text, value)?;
    Some(start..start + value.len())
}

/// The first byte of `key` in the object at `path`.
pub(super) fn key(text: &str, path: &[PathPart<'_>], key: &str) -> Option<usize> {
    let members = Members::of(find(text, path)?);
    let (name, _) = members.0.into_iter().find(|member| is_key(member, key))?;
    start(text, name?)
}

/// The first byte of the smallest value or key that contains `byte`.
pub(super) fn token(text: &str, byte: usize) -> Option<usize> {
    let mut smallest: &str = serde_json::from_str::<&RawValue>(text).ok()?.get();
    for _ in 0..DEPTH {
        let parts = Members::of(smallest).0.into_iter();
        let mut parts = parts.flat_map(|(name, value)| name.into_iter().chain([value]));
        let holds = |part: &&str| {
            start(text, part).is_some_and(|start| (start..start + part.len()).contains(&byte))
        };
        let Some(part) = parts.find(holds) else { break };
        smallest = part;
    }
    start(text, smallest)
}

fn find<'t>(text: &'t str, path: &[PathPart<'_>]) -> Option<&'t str> {
    let step = |value: &'t str, part: &PathPart<'_>| {
        let mut members = Members::of(value).0.into_iter();
        let (_, value) = match *part {
            PathPart::Key(key) => members.find(|member| is_key(member, key)),
            PathPart::Index(index) => members.nth(index),
        }?;
        Some(value)
    };
    path.iter().try_fold(text, step)
}

/// The first byte of `part`, a part of `text`, in it.
fn start(text: &str, part: &str) -> Option<usize> {
    part.as_ptr().addr().checked_sub(text.as_ptr().addr())
}

/// The members of an object or a list, as parts of the text. Members of a list have no names.
#[derive(Default)]
struct Members<'t>(Vec<Member<'t>>);

type Member<'t> = (Option<&'t str>, &'t str);

fn is_key((name, _): &Member<'_>, key: &str) -> bool {
    name.and_then(|name| serde_json::from_str::<String>(name).ok()).is_some_and(|name| name == key)
}

impl<'t> Members<'t> {
    /// The members of `value`; none if it is neither.
    fn of(value: &'t str) -> Self {
        if value.trim_start().starts_with(['{', '[']) {
            serde_json::from_str(value).unwrap_or_default()
        } else {
            Self::default()
        }
    }
}

impl<'t> Deserialize<'t> for Members<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'t> Visitor<'t> for Collect {
            type Value = Members<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or a list")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push((Some(name.get()), value.get()));
                }
                Ok(Members(members))
            }

            fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(value) = list.next_element::<&RawValue>()? {
                    members.push((None, value.get()));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_any(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::PathPart::{Index, Key};
    use super::*;

    const TEXT: &str = r#" {"a": "\"b\": 1", "\u0062" : [ 7, {"c":  null} ], "budgets": {"a": 5}}"#;

    #[test]
    fn values_and_keys_are_found_by_their_path() {
        let at = |begin: &str| TEXT.find(begin);
        let cases: [(&[PathPart<'_>], _); 6] = [
            (&[Key("a")], at(r#""\"b"#)),
            (&[Key("b")], at("[ 7")),
            (&[Key("b"), Index(1), Key("c")], at("null")),
            (&[Key("budgets"), Key("a")], at("5")),
            (&[Key("b"), Key("c")], None),
            (&[Key("a"), Index(0)], None),
        ];
        for (path, expected) in cases {
            assert_eq!(range(TEXT, path).map(|range| range.start), expected, "{path:?}");
        }
        assert_eq!(key(TEXT, &[], "b"), at(r#""\u0062"#));
        assert_eq!(key(TEXT, &[Key("budgets")], "a"), at(r#""a": 5"#));
        assert_eq!(range(TEXT, &[Key("budgets"), Key("a")]).map(|range| &TEXT[range]), Some("5"));
        assert_eq!(range("{", &[Key("a")]), None);
    }

    #[test]
    fn a_byte_belongs_to_the_smallest_value_around_it() {
        let at = |text: &str| TEXT.find(text).unwrap();
        let cases = [("7", "7"), ("ull", "null"), ("u0062", "\"\\u0062"), (" [ 7", "{")];
        for (byte, expected) in cases {
            assert_eq!(token(TEXT, at(byte)), Some(at(expected)), "{byte}");
        }
        assert_eq!(token("{\"a\": 1", 3), None);
    }

    #[test]
    fn depth_costs_no_time() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(token(&deep, 100_000), Some(DEPTH));
    }
}
