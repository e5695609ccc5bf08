//! Reading a saved report. The code of a pull request may have written it, so it is not trusted.

use crate::inconsistency::Inconsistency;
use crate::report::{Report, SCHEMA};
use crate::summary::summary;
use serde::Deserialize;

/// The size limit of a report, in bytes: about a hundred times that of a large workspace.
pub const REPORT_BYTES: u64 = 64 << 20;

/// The reason why a report cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Another version wrote it.
    #[error(
        "it has schema {0}, and this version reads 1 to {SCHEMA}: use the version that wrote it"
    )]
    Schema(u32),
    /// It is not valid JSON of its schema.
    #[error("it is not a report: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It contradicts itself.
    #[error("the report is inconsistent: {0}")]
    Inconsistent(Inconsistency),
}

#[derive(Deserialize)]
struct Versioned {
    schema: u32,
}

impl Report {
    /// Reads a report's file. Unknown keys are ignored; the summary is computed from the rows.
    ///
    /// # Errors
    /// For an unknown schema, for a file that is not a report, and for a report that contradicts
    /// itself or exceeds the limits.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        let Versioned { schema } = serde_json::from_str(text)?;
        if !(1..=SCHEMA).contains(&schema) {
            return Err(ReportError::Schema(schema));
        }
        let report: Self = serde_json::from_str(text)?;
        let mut report = Self { schema: SCHEMA, ..report };
        match report.inconsistency() {
            Some(inconsistency) => Err(ReportError::Inconsistent(inconsistency)),
            None => {
                let verdicts = report.rows.iter().map(|row| &row.verdict);
                report.summary = summary(verdicts, &report.budgets);
                Ok(report)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inconsistency::{ROWS, TEXT_BYTES};
    use crate::report::tests::report;
    use perf_judge::run::Quantity;
    use perf_judge::verdict::Method;
    use serde_json::{Value, json};

    #[test]
    fn a_report_survives_its_file() {
        let report = report();
        assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
    }

    #[test]
    fn unknown_keys_are_ignored_and_the_summary_is_computed() {
        let report = report();
        let mut json: Value = serde_json::from_str(&report.to_json()).unwrap();
        json["weather"] = json!("fine");
        json["summary"] = json!("nothing changed");
        assert_eq!(Report::from_json(&json.to_string()).unwrap(), report);
    }

    /// A report of every former schema, kept as it was: a workflow may run two versions.
    const FORMER: &str = include_str!("../../../fixtures/reports/report-schema-1.json");

    #[test]
    fn reports_of_former_schemas_are_read() {
        let report = Report::from_json(FORMER).unwrap();
        assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
        let (row, former) = (&report.rows[0].verdict, serde_json::from_str::<Value>(FORMER));
        let former = &former.unwrap()["rows"][0]["verdict"];
        assert_eq!(former["now_ns"].as_f64(), row.head_ns);
        assert_eq!(former["limit"].as_f64(), row.min_detectable_change.map(|change| change.0));
        assert!(
            row.counts.as_ref().is_some_and(|counts| counts.get(Quantity::Instructions).is_some())
        );
        assert_eq!(row.method, Method::Paired);
    }

    #[test]
    fn inconsistent_reports_are_refused() {
        let long = "x".repeat(TEXT_BYTES + 1);
        let cases = [
            ("/schema", json!(3), "it has schema 3"),
            ("/kind", json!("run"), "unknown variant `run`"),
            ("/status", json!(0), "the status is 0, but the reasons require 1"),
            ("/rows/1/verdict/name", json!("core/parse::panics"), "has two rows"),
            ("/rows/1/verdict/name", json!(long), "a text has"),
            ("/rows/1/verdict/reason", json!(long), "a text has"),
            ("/rows/1/verdict/change", json!("much"), "invalid type"),
            ("/rows/1/verdict/state", json!("fine"), "unknown variant"),
            ("/notes", json!(vec!["x"; ROWS + 1]), "more than 20000 entries"),
            ("/run/commit/hash", json!("--force"), "hash of a commit is invalid"),
        ];
        for (pointer, value, message) in cases {
            let mut json: Value = serde_json::from_str(&report().to_json()).unwrap();
            *json.pointer_mut(pointer).unwrap() = value;
            let error = Report::from_json(&json.to_string()).unwrap_err().to_string();
            assert!(error.contains(message), "{pointer}: {error}");
        }
        for text in ["", "[]", "{}", "{\"schema\": 1}", "\u{0}"] {
            assert!(Report::from_json(text).is_err(), "{text}");
        }
    }
}
