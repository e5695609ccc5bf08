//! Slowdowns that a team said are worth it, in perf-budgets.json.

use super::error::{BudgetError, at};
use crate::ident::BenchmarkId;
use crate::run::Accepted;
use crate::unit::LogRatio;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One accepted slowdown, reviewed with the code that causes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The benchmark's whole name.
    pub benchmark: BenchmarkId,
    /// The commit that was measured when it was accepted; the beginning of its hash is enough.
    pub commit: String,
    /// The largest change that is accepted, in percent.
    pub ceiling_percent: f64,
    /// Why it is worth it, for people.
    pub reason: String,
    /// The last day on which it excuses anything; for ever, without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<NaiveDate>,
}

impl Acceptance {
    /// The largest change that is accepted.
    pub fn ceiling(&self) -> LogRatio {
        LogRatio::from_percent(self.ceiling_percent)
    }

    /// Whether it excuses nothing any more.
    pub fn is_over(&self, today: NaiveDate) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// What a run carries of it.
    pub fn carried(&self) -> Accepted {
        Accepted { benchmark: self.benchmark.clone(), commit: self.commit.clone() }
    }

    /// What is wrong with it, if anything.
    fn fault(&self) -> Option<&'static str> {
        let hash = self.commit.as_bytes();
        let is_hash = (7..=64).contains(&hash.len()) && hash.iter().all(u8::is_ascii_hexdigit);
        let is_limit = self.ceiling_percent.is_finite() && self.ceiling_percent > 0.0;
        match () {
            () if !is_hash => Some("`commit` takes 7 to 64 digits of a commit's hash"),
            () if !is_limit => Some("`ceiling_percent` must be above 0"),
            () if self.reason.trim().is_empty() => Some("`reason` must say why it is worth it"),
            () => None,
        }
    }
}

/// Checks what one entry, or two of them, can have wrong.
pub(super) fn check(text: &str, accepted: &[Acceptance]) -> Result<(), BudgetError> {
    for (index, entry) in accepted.iter().enumerate() {
        let is_double = accepted[..index].iter().any(|other| other.benchmark == entry.benchmark);
        let double = is_double.then_some("the benchmark has an entry already: one is enough");
        if let Some(fault) = entry.fault().or(double) {
            return Err(at_entry(
                text,
                index,
                format!("acceptance of `{}`: {fault}", entry.benchmark),
            ));
        }
    }
    Ok(())
}

/// Checks that every acceptance names a benchmark that there is.
///
/// # Errors
/// With the place of the first entry that does not.
pub fn check_accepted(
    text: &str,
    accepted: &[Acceptance],
    known: &[BenchmarkId],
) -> Result<(), BudgetError> {
    let unknown = |(_, entry): &(usize, &Acceptance)| !known.contains(&entry.benchmark);
    let Some((index, entry)) = accepted.iter().enumerate().find(unknown) else { return Ok(()) };
    let name = &entry.benchmark;
    let near = known.iter().find(|id| id.is_named(name.as_str()));
    let hint = near.map_or_else(String::new, |id| format!("; write the whole name, `{id}`"));
    Err(at_entry(text, index, format!("acceptance: no benchmark is called `{name}`{hint}")))
}

#[derive(Deserialize)]
struct LocatedAcceptances<'a> {
    #[serde(borrow)]
    accepted: Vec<&'a RawValue>,
}

fn at_entry(text: &str, index: usize, message: String) -> BudgetError {
    let located: Option<LocatedAcceptances<'_>> = serde_json::from_str(text).ok();
    let entry = located.as_ref().and_then(|located| located.accepted.get(index));
    let begin = entry.and_then(|raw| raw.get().as_ptr().addr().checked_sub(text.as_ptr().addr()));
    at(text, begin.unwrap_or_default(), message)
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
            ceiling_percent: 24.0,
            reason: "checks every \"cell\"".to_owned(),
            expires: NaiveDate::from_ymd_opt(2027, 3, 1),
        }
    }

    #[test]
    fn what_is_wrong_with_an_entry_is_told_with_its_place() {
        let commit = r#""benchmark": "a/b::c", "commit": "1a2b3c4""#;
        let cases = [
            (
                r#""benchmark": "a/b::c", "commit": "main", "ceiling_percent": 1, "reason": "x""#
                    .to_owned(),
                "3:5: acceptance of `a/b::c`: `commit`",
            ),
            (
                format!(r#"{commit}, "ceiling_percent": 0, "reason": "x""#),
                "3:5: acceptance of `a/b::c`: `ceiling",
            ),
            (
                format!(r#"{commit}, "ceiling_percent": 1, "reason": " ""#),
                "3:5: acceptance of `a/b::c`: `reason`",
            ),
            (format!(r#"{commit}, "ceiling_percent": 1, "reason": "x", "expires": "soon""#), "3:"),
            (
                format!(r#"{commit}, "ceiling_percent": 1, "reason": "x", "until": 1"#),
                "unknown field `until`",
            ),
            (
                format!(
                    r#"{commit}, "ceiling_percent": 1, "reason": "x"}}, {{{commit}, "ceiling_percent": 2, "reason": "y""#
                ),
                "has an entry already",
            ),
        ];
        for (body, said) in cases {
            let error = BudgetFile::parse(&entry(&body)).unwrap_err().to_string();
            assert!(error.contains(said), "{body}: {error}");
        }
    }

    #[test]
    fn an_entry_names_a_whole_benchmark() {
        let text = entry(
            r#""benchmark": "b::c", "commit": "1a2b3c4", "ceiling_percent": 1, "reason": "x""#,
        );
        let (file, _) = BudgetFile::parse(&text).unwrap();
        let error = check_accepted(&text, &file.accepted, &["a/b::c".into()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "3:5: acceptance: no benchmark is called `b::c`; write the whole name, `a/b::c`"
        );
        assert!(check_accepted(&text, &file.accepted, &["b::c".into()]).is_ok());
    }

    #[test]
    fn the_last_day_still_counts() {
        let day = |day| NaiveDate::from_ymd_opt(2027, 3, day).unwrap();
        assert!(!good().is_over(day(1)) && good().is_over(day(2)));
        assert!(!Acceptance { expires: None, ..good() }.is_over(day(2)));
    }
}
