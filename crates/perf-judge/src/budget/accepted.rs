//! Accepted regressions in perf-budgets.json.

use super::error::{BudgetError, at_value};
use super::json_place::PathPart::{Index, Key};
use crate::ident::BenchmarkId;
use crate::run::Accepted;
use crate::unit::LogRatio;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// An accepted regression, reviewed with the code that causes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The benchmark's whole name.
    pub benchmark: BenchmarkId,
    /// The commit that was measured before the acceptance, or the beginning of its hash.
    pub commit: String,
    /// The maximum accepted change in percent.
    #[serde(alias = "ceiling_percent")]
    pub max_change_percent: f64,
    /// The reason for accepting it.
    pub reason: String,
    /// The last day of the acceptance; without one it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<NaiveDate>,
}

impl Acceptance {
    /// The maximum accepted change.
    pub fn max_change(&self) -> LogRatio {
        LogRatio::from_percent(self.max_change_percent)
    }

    /// Whether it has expired before `today`.
    pub fn is_over(&self, today: NaiveDate) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// The entry that a run records.
    pub fn carried(&self) -> Accepted {
        Accepted { benchmark: self.benchmark.clone(), commit: self.commit.clone() }
    }

    /// Checks the values of one entry.
    ///
    /// # Errors
    /// The first invalid value.
    pub fn check(&self) -> Result<(), AcceptanceError> {
        if self.benchmark.as_str().trim().is_empty() {
            return Err(AcceptanceError::Benchmark);
        }
        Self::check_commit(&self.commit)?;
        Self::check_max_change(self.max_change_percent)?;
        if self.reason.trim().is_empty() {
            return Err(AcceptanceError::Reason);
        }
        Ok(())
    }

    /// Checks that `commit` is a commit's hash, or the beginning of one.
    ///
    /// # Errors
    /// If it is another text.
    pub fn check_commit(commit: &str) -> Result<(), AcceptanceError> {
        let has_length = (7..=64).contains(&commit.len());
        let is_hash = has_length && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then_some(()).ok_or(AcceptanceError::Commit)
    }

    /// Checks that `percent` can be a maximum accepted change.
    ///
    /// # Errors
    /// If it is not a number, or out of range.
    pub fn check_max_change(percent: f64) -> Result<(), AcceptanceError> {
        MAX_CHANGES.contains(&percent).then_some(()).ok_or(AcceptanceError::MaxChange)
    }
}

/// The range of a maximum accepted change in percent.
///
/// Its lower end is below any change that can be measured. Its upper end is a program that takes a
/// hundred thousand times as long.
const MAX_CHANGES: RangeInclusive<f64> = 0.01..=1e7;

/// A value that an accepted regression cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptanceError {
    /// The benchmark has no name.
    #[error("it is empty: write the benchmark's full name")]
    Benchmark,
    /// It is not a commit's hash.
    #[error("it is not a commit's hash: write 7 to 64 hexadecimal digits")]
    Commit,
    /// It is out of range.
    #[error(
        "it is out of range: write the maximum accepted change in percent, from 0.01 to 10000000"
    )]
    MaxChange,
    /// The reason is empty.
    #[error("it is empty: write the reason for accepting the regression")]
    Reason,
}

impl AcceptanceError {
    /// The key in the file.
    fn key(self) -> &'static str {
        match self {
            Self::Benchmark => "benchmark",
            Self::Commit => "commit",
            Self::MaxChange => "max_change_percent",
            Self::Reason => "reason",
        }
    }
}

/// Checks the values of all entries, and that each benchmark has one entry.
pub(super) fn check(text: &str, accepted: &[Acceptance]) -> Result<(), BudgetError> {
    let mut seen = BTreeSet::new();
    for (index, entry) in accepted.iter().enumerate() {
        entry.check().map_err(|error| {
            let key = error.key();
            at_entry(
                text,
                index,
                key,
                &format!("accepted regression of `{}`: `{key}`: {error}", entry.benchmark),
            )
        })?;
        if !seen.insert(&entry.benchmark) {
            let message = "the benchmark has two entries: remove one of them";
            let message = format!("accepted regression of `{}`: {message}", entry.benchmark);
            return Err(at_entry(text, index, "benchmark", &message));
        }
    }
    Ok(())
}

/// Checks that each acceptance names an existing benchmark.
pub(super) fn check_names(
    text: &str,
    accepted: &[Acceptance],
    known: &[BenchmarkId],
) -> Result<(), BudgetError> {
    let unknown = |(_, entry): &(usize, &Acceptance)| !known.contains(&entry.benchmark);
    let Some((index, entry)) = accepted.iter().enumerate().find(unknown) else { return Ok(()) };
    let name = &entry.benchmark;
    let near = known.iter().find(|id| id.is_named(name.as_str()));
    let hint = near.map_or_else(
        || ": correct the name, or remove the entry".to_owned(),
        |id| format!("; write the full name, `{id}`"),
    );
    let message = format!("accepted regression: no benchmark has the name `{name}`{hint}");
    Err(at_entry(text, index, "benchmark", &message))
}

fn at_entry(text: &str, index: usize, key: &str, message: &str) -> BudgetError {
    at_value(text, &[Key("accepted"), Index(index), Key(key)], message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::BudgetFile;
    use super::*;

    fn entry(body: &str) -> String {
        format!("{{\"schema\": 1,\n  \"accepted\": [\n    {{{body}}}\n  ]}}")
    }

    fn good() -> Acceptance {
        Acceptance {
            benchmark: "a/b::c".into(),
            commit: "1a2b3c4d5e6f".to_owned(),
            max_change_percent: 24.0,
            reason: "checks every \"cell\"".to_owned(),
            expires: NaiveDate::from_ymd_opt(2027, 3, 1),
        }
    }

    #[test]
    fn an_invalid_entry_is_an_error_with_its_place() {
        let body = |commit: &str, rest: &str| {
            format!(r#""benchmark": "a/b::c", "commit": "{commit}", {rest}"#)
        };
        let good = |rest: &str| body("1a2b3c4", rest);
        let cases = [
            (
                body("main", r#""max_change_percent": 1, "reason": "x""#),
                "3:39: accepted regression of `a/b::c`: `commit`: ",
            ),
            (
                good(r#""max_change_percent": 0, "reason": "x""#),
                "3:72: accepted regression of `a/b::c`: `max_change_percent`: ",
            ),
            (
                good(r#""max_change_percent": 1e308, "reason": "x""#),
                "3:72: accepted regression of `a/b::c`: `max_change_percent`: ",
            ),
            (
                good(r#""max_change_percent": 1e-320, "reason": "x""#),
                "3:72: accepted regression of `a/b::c`: `max_change_percent`: ",
            ),
            (good(r#""max_change_percent": 1e999, "reason": "x""#), "3:72: number out of range"),
            (
                good(r#""max_change_percent": "1", "reason": "x""#),
                "3:72: expected a number, found the text \"1\"",
            ),
            (
                good(r#""max_change_percent": 1, "reason": " ""#),
                "3:85: accepted regression of `a/b::c`: `reason`: ",
            ),
            (good(r#""max_change_percent": 1, "reason": "x", "expires": "soon""#), "3:101: "),
            (
                good(r#""max_change_percent": 1, "reason": "x", "until": 1"#),
                "3:90: unknown key `until`",
            ),
            (
                good(&format!(
                    r#""max_change_percent": 1, "reason": "x"}}, {{{}"#,
                    good(r#""max_change_percent": 2, "reason": "y""#)
                )),
                "3:105: accepted regression of `a/b::c`: the benchmark has two entries",
            ),
            (
                r#""benchmark": "", "commit": "1a2b3c4", "max_change_percent": 1, "reason": "x""#
                    .to_owned(),
                "3:19: accepted regression of ``: `benchmark`: it is empty",
            ),
        ];
        for (body, expected) in cases {
            let error = BudgetFile::parse(&entry(&body)).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{body}: {error}");
        }
        let list = "{\"schema\": 1, \"accepted\": [[\"a/b::c\", \"1a2b3c4\", 1, \"x\"]]}";
        let error = BudgetFile::parse(list).unwrap_err().to_string();
        assert_eq!(error, "1:28: expected an object `{…}`, found a list");
    }

    #[test]
    fn a_maximum_change_is_a_number_that_can_be_measured() {
        for fine in [0.01, 24.0, 1e7] {
            assert_eq!(Acceptance::check_max_change(fine), Ok(()), "{fine}");
        }
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-320, 1e8, 1e308] {
            assert!(Acceptance::check_max_change(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_entry_needs_a_full_name() {
        let text = entry(
            r#""benchmark": "b::c", "commit": "1a2b3c4", "max_change_percent": 1, "reason": "x""#,
        );
        let (file, _) = BudgetFile::parse(&text).unwrap();
        let error = check_names(&text, &file.accepted, &["a/b::c".into()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "3:19: accepted regression: no benchmark has the name `b::c`; write the full name, `a/b::c`"
        );
        assert!(check_names(&text, &file.accepted, &["b::c".into()]).is_ok());
    }

    #[test]
    fn the_last_day_still_counts() {
        let day = |day| NaiveDate::from_ymd_opt(2027, 3, day).unwrap();
        assert!(!good().is_over(day(1)) && good().is_over(day(2)));
        assert!(!Acceptance { expires: None, ..good() }.is_over(day(2)));
    }
}
