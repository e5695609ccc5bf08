//! A run's file. Since schema 2 it stores numbers by column; schema 3 has clearer keys.

use super::columns::Columns;
use super::{Accepted, Commit, Machine, Run, RunError, RunKind, SCHEMA, Unfinished};
use crate::json::read_object;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A run as schema 3 writes it; the aliases are the keys of schema 2.
#[derive(Serialize, Deserialize)]
struct RunFile<'a> {
    schema: u32,
    kind: RunKind,
    id: Cow<'a, str>,
    started: DateTime<Utc>,
    seed: u32,
    commit: Cow<'a, Option<Commit>>,
    partial: bool,
    machine: Cow<'a, Machine>,
    benchmarks: Columns<'a>,
    unfinished: Cow<'a, [Unfinished]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Cow<'a, str>>,
    #[serde(default, alias = "parted", skip_serializing_if = "is_false")]
    partitioned: bool,
    #[serde(default, skip_serializing_if = "is_empty")]
    accepted: Cow<'a, [Accepted]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    workspace: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backfilled: Option<DateTime<Utc>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

fn is_empty(list: &[Accepted]) -> bool {
    list.is_empty()
}

#[derive(Deserialize)]
struct RunSchema {
    schema: u32,
}

impl<'a> RunFile<'a> {
    fn of(run: &'a Run) -> Self {
        Self {
            schema: SCHEMA,
            kind: run.kind,
            id: Cow::Borrowed(&run.id),
            started: run.started,
            seed: run.seed,
            commit: Cow::Borrowed(&run.commit),
            partial: run.partial,
            machine: Cow::Borrowed(&run.machine),
            benchmarks: Columns::of(&run.benchmarks),
            unfinished: Cow::Borrowed(&run.unfinished),
            origin: run.origin.as_deref().map(Cow::Borrowed),
            partitioned: run.partitioned,
            accepted: Cow::Borrowed(&run.accepted),
            workspace: run.workspace.as_deref().map(Cow::Borrowed),
            backfilled: run.backfilled,
        }
    }

    fn into_run(self) -> Result<Run, RunError> {
        Ok(Run {
            schema: SCHEMA,
            kind: self.kind,
            id: self.id.into_owned(),
            started: self.started,
            seed: self.seed,
            commit: self.commit.into_owned(),
            partial: self.partial,
            machine: self.machine.into_owned(),
            benchmarks: self.benchmarks.into_rows()?,
            unfinished: self.unfinished.into_owned(),
            origin: self.origin.map(Cow::into_owned),
            partitioned: self.partitioned,
            accepted: self.accepted.into_owned(),
            workspace: self.workspace.map(Cow::into_owned),
            backfilled: self.backfilled,
        })
    }
}

impl Run {
    /// Reads a run's file.
    ///
    /// # Errors
    /// [`RunError::Newer`] for a later schema, and another [`RunError`] for a text that is not a run.
    pub fn from_json(text: &str) -> Result<Self, RunError> {
        // Every run that this version writes begins so, and is then parsed once instead of twice.
        if text.starts_with(&format!("{{\"schema\":{SCHEMA},")) {
            return read_object::<RunFile<'_>>(text)?.into_run();
        }
        let RunSchema { schema } = read_object(text)?;
        match schema {
            0 | 1 => Ok(Self { schema: SCHEMA, ..read_object(text)? }),
            2 | SCHEMA => read_object::<RunFile<'_>>(text)?.into_run(),
            found => Err(RunError::Newer { found }),
        }
    }

    /// The run's file: one line of JSON, the same bytes for the same run.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(&RunFile::of(self)).unwrap_or_else(|_| {
            unreachable!("a run has string keys and finite numbers, which JSON can hold")
        });
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{measured, run};
    use super::super::{Alloc, Measured, Source};
    use super::*;
    use std::collections::BTreeMap;

    fn full() -> Measured {
        Measured {
            source: Some(Source { file: "benches/a.rs".to_owned(), line: 3 }),
            cpu_ns: Some(1e9),
            peak_rss_bytes: Some(4096.0),
            throughput: BTreeMap::from([("B/s".to_owned(), 2.5e9)]),
            alloc: Some(Alloc { count: 1.5, bytes: 12.0, peak_bytes: None }),
            ..measured("a/b::full", 0.125)
        }
    }

    #[test]
    fn rows_come_back_from_columns() {
        for rows in [vec![], vec![full()], vec![measured("a/b::bare", 7.0), full()]] {
            let run = run(3, rows);
            assert_eq!(Run::from_json(&run.to_json()).unwrap(), run);
        }
    }

    #[test]
    fn a_column_that_is_too_short_is_named() {
        let json = run(3, vec![full()]).to_json();
        for (whole, short, column) in [
            ("\"sample_size\":[1]", "\"sample_size\":[]", "sample_size"),
            ("\"p95\":[0.125]", "\"p95\":[]", "time_ns.p95"),
            ("\"B/s\":[2500000000]", "\"B/s\":[]", "throughput"),
        ] {
            assert!(json.contains(whole), "{json}");
            let error = Run::from_json(&json.replace(whole, short)).unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "it is not a run: the column `{column}` has 0 elements for 1 benchmark: restore the file"
                )
            );
        }
    }

    #[test]
    fn a_launch_without_one_of_its_numbers_is_an_error() {
        let json = run(3, vec![full()]).to_json();
        let (whole, short) = ("\"median\":[[0.125,", "\"median\":[[");
        assert!(json.contains(whole), "{json}");
        let error = Run::from_json(&json.replace(whole, short)).unwrap_err().to_string();
        assert_eq!(
            error,
            "it is not a run: a launch of `a/b::full` has no median or no minimum: restore the file"
        );
    }

    /// A file of every schema that was ever written, kept as it was: readers must go on reading it.
    const KEPT: [&str; 3] = [
        include_str!("../../../../fixtures/history/run-schema-1.json"),
        include_str!("../../../../fixtures/history/run-schema-2.json"),
        include_str!("../../../../fixtures/history/run-schema-3.json"),
    ];

    #[test]
    fn every_schema_gives_the_same_run() {
        assert_eq!(KEPT.len(), SCHEMA as usize, "keep a file of the new schema");
        let [first, second, third] = KEPT.map(|text| Run::from_json(text).unwrap());
        assert_eq!((&first, &second), (&third, &third));
        assert_eq!((first.benchmarks.len(), first.unfinished.len()), (3, 1));
        assert_eq!(third.to_json(), KEPT[2]);
    }

    #[test]
    fn keys_of_later_versions_are_ignored() {
        let later = KEPT[2].replacen('{', "{\"weather\":[1],", 1);
        let later = later.replacen("\"name\":[", "\"colour\":[],\"name\":[", 1);
        assert_eq!(Run::from_json(&later).unwrap(), Run::from_json(KEPT[2]).unwrap());
    }
}
