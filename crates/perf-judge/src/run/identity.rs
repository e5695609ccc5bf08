//! The identity of a run, which follows from its contents, and its verification.

use super::{Commit, Measured, Run, RunError, Unfinished};
use crate::ident::digest;
use serde_json::Value;

impl Run {
    /// The run with the identity of its contents. Different runs have different identities.
    ///
    /// A benchmark with a number that is not finite becomes an unfinished one, e.g. after an
    /// overflow. JSON cannot hold such a number, and the file could not be read.
    #[must_use]
    pub fn with_id(self) -> Self {
        self.with_id_of(Self::to_json)
    }

    /// The same for a run of another tool. Its identity follows from schema 2 in every version, so
    /// importing a file again adds no runs.
    #[must_use]
    pub(crate) fn with_imported_id(self) -> Self {
        self.with_id_of(Self::in_second_schema)
    }

    fn with_id_of(mut self, form: impl Fn(&Self) -> String) -> Self {
        let (finite, other) = self.benchmarks.into_iter().partition(Measured::is_finite);
        let unfinished = |row: Measured| Unfinished {
            name: row.name,
            reason: "one of its numbers is not finite".to_owned(),
        };
        self.benchmarks = finite;
        self.unfinished.extend(Vec::into_iter(other).map(unfinished));
        self.id = String::new();
        self.id = self.identity(&form(&self));
        self
    }

    /// Reads a run's file like [`Run::from_json`], and checks that its identity follows from its
    /// contents. This finds damage and careless edits. It does not protect against a forged
    /// identity.
    ///
    /// # Errors
    /// Those of [`Run::from_json`], and [`RunError::Edited`].
    pub fn verified(text: &str) -> Result<Self, RunError> {
        let run = Self::from_json(text)?;
        if run.is_identity_of(&run.without_id(text)) || run.is_written_again_in(text) {
            Ok(run)
        } else {
            Err(RunError::Edited)
        }
    }

    /// Whether the identity follows from `anonymous`, the run's file without an identity.
    fn is_identity_of(&self, anonymous: &str) -> bool {
        self.identity(anonymous) == self.id
    }

    /// The identity of `anonymous`, the run's file without an identity.
    fn identity(&self, anonymous: &str) -> String {
        let contents = digest(anonymous.as_bytes()) >> 32;
        let hash = self.commit.as_ref().map_or("", Commit::short);
        // The hash becomes part of a path, and an imported one can contain any character.
        let plain: String = hash.chars().filter(char::is_ascii_alphanumeric).collect();
        let commit = if plain.is_empty() { "nocommit" } else { &plain };
        format!("{}-{commit}-{contents:08x}", self.started.format("%Y%m%dT%H%M%SZ"))
    }

    /// The text of the file before it had an identity. A later version may have written keys that
    /// this one ignores, so the text is not written again.
    fn without_id(&self, text: &str) -> String {
        text.replacen(&format!("\"id\":\"{}\"", self.id), "\"id\":\"\"", 1)
    }

    /// Whether the file has the same contents in another layout or a later schema.
    fn is_written_again_in(&self, text: &str) -> bool {
        let anonymous = Self { id: String::new(), ..self.clone() };
        let mut written = anonymous.in_former_schemas().chain([anonymous.to_json()]);
        let is_own = written.any(|anonymous| self.is_identity_of(&anonymous));
        let value = |text: &str| serde_json::from_str::<Value>(text).ok();
        let mut same = self.in_former_schemas().chain([self.to_json()]);
        is_own && same.any(|same| value(&same) == value(text))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{measured, run};
    use super::super::{Accepted, Alloc, Foreign};
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    const FIRST: &str = include_str!("../../../../fixtures/history/run-schema-1.json");
    const SECOND: &str = include_str!("../../../../fixtures/history/run-schema-2.json");
    const THIRD: &str = include_str!("../../../../fixtures/history/run-schema-3.json");

    /// A run with all that later versions added.
    fn full() -> Run {
        let mut benchmark = measured("a/b::c", 0.1 + 0.2);
        let metrics = vec!["median".to_owned()];
        benchmark.foreign =
            Some(Foreign { metrics, unit: "ns".to_owned(), bigger_is_better: true });
        let accepted = Accepted { benchmark: "a/b::c".into(), commit: "1a2b3c4".to_owned() };
        let origin = Some("customSmallerIsBetter".to_owned());
        let full = run(3, vec![benchmark]);
        Run { origin, partitioned: true, accepted: vec![accepted], ..full }.with_id()
    }

    #[test]
    fn a_run_with_an_identity_can_be_read_for_all_numbers() {
        type NumberDamage = fn(&mut Measured, f64);
        let damages: [NumberDamage; 8] = [
            |row, value| row.time_ns.min = value,
            |row, value| row.time_ns.total = value,
            |row, value| row.time_ns.p99 = Some(value),
            |row, value| row.launches[0].median = value,
            |row, value| row.cpu_ns = Some(value),
            |row, value| row.throughput = BTreeMap::from([("B/s".to_owned(), value)]),
            |row, value| row.alloc = Some(Alloc { count: 1.0, bytes: value, peak_bytes: None }),
            |row, value| row.peak_rss_bytes = Some(value),
        ];
        for damage in damages {
            for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
                let mut damaged = measured("a/b::odd", 1.0);
                damage(&mut damaged, value);
                let run = run(3, vec![damaged, measured("a/b::sound", 1e100)]).with_id();
                assert_eq!(Run::verified(&run.to_json()).unwrap(), run);
                assert_eq!((run.benchmarks.len(), run.unfinished.len()), (1, 1));
                assert_eq!(run.unfinished[0].reason, "one of its numbers is not finite");
            }
        }
    }

    #[test]
    fn honest_runs_of_every_schema_are_accepted() {
        let without_commit = Run { commit: None, ..run(3, vec![]) }.with_id();
        let files =
            [FIRST.to_owned(), SECOND.to_owned(), full().to_json(), without_commit.to_json()];
        for text in files {
            assert_eq!(Run::verified(&text).unwrap(), Run::from_json(&text).unwrap());
        }
    }

    #[test]
    fn a_run_keeps_its_identity_in_another_layout_and_in_a_later_schema() {
        // The third is the others as this version writes them.
        for former in [FIRST, SECOND] {
            assert_eq!(Run::from_json(former).unwrap().to_json(), THIRD);
        }
        assert!(Run::verified(THIRD).is_ok());
        for text in [SECOND, THIRD, &full().to_json()] {
            let value: Value = serde_json::from_str(text).unwrap();
            let layout = serde_json::to_string_pretty(&value).unwrap();
            assert!(Run::verified(&layout.replace('\n', "\r\n")).is_ok());
        }
    }

    #[test]
    fn what_a_later_version_adds_belongs_to_the_identity() {
        let anonymous = Run { id: String::new(), ..full() };
        let later = anonymous.to_json().replacen('{', "{\"weather\":[1],", 1);
        let id = anonymous.identity(&later);
        let later = later.replacen("\"id\":\"\"", &format!("\"id\":\"{id}\""), 1);
        assert_eq!(Run::verified(&later).unwrap().id, id);
    }

    /// The places of everything in a value that is no list or object.
    fn leaves(place: &str, value: &Value) -> Vec<String> {
        let below =
            |key: &str, value| leaves(&format!("{place}/{}", key.replace('/', "~1")), value);
        match value {
            Value::Object(fields) => fields.iter().flat_map(|(k, v)| below(k, v)).collect(),
            Value::Array(items) => {
                items.iter().enumerate().flat_map(|(i, v)| below(&i.to_string(), v)).collect()
            }
            _ => vec![place.to_owned()],
        }
    }

    fn edited(value: &Value) -> Value {
        match value {
            Value::Null => json!(7),
            Value::Bool(flag) => json!(!flag),
            Value::Number(number) => match number.as_u64() {
                Some(whole) => json!(whole + 1),
                None => json!(number.as_f64().unwrap() * 2.0),
            },
            Value::String(text) => match text.strip_suffix('Z') {
                Some(time) => json!(format!("{time}+01:00")),
                None => json!(format!("{text}0")),
            },
            Value::Array(_) | Value::Object(_) => unreachable!(),
        }
    }

    #[test]
    fn every_edited_field_is_found() {
        for text in [FIRST, SECOND, THIRD, &full().to_json()] {
            let whole: Value = serde_json::from_str(text).unwrap();
            let places = leaves("", &whole);
            assert!(places.len() > 40);
            // The kind has one value, and another schema has another form: both are refused before.
            for place in places {
                let mut value = whole.clone();
                let leaf = value.pointer_mut(&place).unwrap();
                *leaf = edited(leaf);
                assert!(Run::verified(&value.to_string()).is_err(), "{place}");
            }
        }
        let other = SECOND.replacen("\"seed\":1316547618", "\"seed\":1316547619", 1);
        let error = Run::verified(&other).unwrap_err().to_string();
        assert_eq!(
            error,
            "its contents do not match its id, because it was edited or damaged: restore the file"
        );
    }

    #[test]
    fn an_identity_without_a_digest_was_never_made() {
        for id in ["", "x", "20261103T024500Z-000000000003", "20261103T024500Z-0-00000000"] {
            let forged = Run { id: id.to_owned(), ..run(3, vec![]) };
            assert!(matches!(Run::verified(&forged.to_json()), Err(RunError::Edited)), "{id}");
        }
    }
}
