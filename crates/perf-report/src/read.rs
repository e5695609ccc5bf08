//! A saved report, read again. It may come from anybody: a pull request's own code wrote it.

use crate::inconsistency::Inconsistency;
use crate::report::{Report, SCHEMA, summary};
use serde::Deserialize;

/// The largest report that is read, in bytes: some hundred times what a large workspace's has.
pub const REPORT_BYTES: u64 = 64 << 20;

/// Why a file is no report that this version can use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Another version wrote it.
    #[error(
        "it has schema {0}, and this version reads 1 to {SCHEMA}: use the version that wrote it"
    )]
    Schema(u32),
    /// It is not what a report looks like.
    #[error("it is not a report: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It has a report's shape, and says what no report says.
    #[error("it is not a report that can be believed: {0}")]
    Unbelievable(Inconsistency),
}

#[derive(Deserialize)]
struct Versioned {
    schema: u32,
}

impl Report {
    /// Reads a report's file. Keys that it does not know are passed over; the summary is told
    /// anew, so that it is what the rows say.
    ///
    /// # Errors
    /// For another schema, for what is not a report, and for one that contradicts itself or holds
    /// more than any workspace has.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        let Versioned { schema } = serde_json::from_str(text)?;
        if !(1..=SCHEMA).contains(&schema) {
            return Err(ReportError::Schema(schema));
        }
        let report: Self = serde_json::from_str(text)?;
        let mut report = Self { schema: SCHEMA, ..report };
        match report.inconsistency() {
            Some(inconsistency) => Err(ReportError::Unbelievable(inconsistency)),
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
    use perf_judge::verdict::Method;
    use serde_json::{Value, json};

    #[test]
    fn a_report_survives_its_file() {
        let report = report();
        assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
    }

    #[test]
    fn keys_that_a_later_version_adds_are_passed_over_and_the_summary_is_told_anew() {
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
        assert!(row.counts.is_some_and(|counts| counts.instructions.is_some()));
        assert_eq!(row.method, Method::Paired);
    }

    #[test]
    fn what_no_report_says_is_refused() {
        let long = "x".repeat(TEXT_BYTES + 1);
        let cases = [
            ("/schema", json!(3), "it has schema 3"),
            ("/kind", json!("run"), "unknown variant `run`"),
            ("/status", json!(0), "its status is 0, and its reasons make it 1"),
            ("/rows/1/verdict/name", json!("core/parse::panics"), "stands in it twice"),
            ("/rows/1/verdict/name", json!(long), "a text in it has"),
            ("/rows/1/verdict/reason", json!(long), "a text in it has"),
            ("/rows/1/verdict/change", json!("much"), "invalid type"),
            ("/rows/1/verdict/state", json!("fine"), "unknown variant"),
            ("/notes", json!(vec!["x"; ROWS + 1]), "more than 20000 rows"),
            ("/run/commit/hash", json!("--force"), "no hash"),
        ];
        for (place, value, said) in cases {
            let mut json: Value = serde_json::from_str(&report().to_json()).unwrap();
            *json.pointer_mut(place).unwrap() = value;
            let error = Report::from_json(&json.to_string()).unwrap_err().to_string();
            assert!(error.contains(said), "{place}: {error}");
        }
        for text in ["", "[]", "{}", "{\"schema\": 1}", "\u{0}"] {
            assert!(Report::from_json(text).is_err(), "{text}");
        }
    }
}
