//! Adds an accepted regression to the text of perf-budgets.json, and changes nothing else.

use super::accepted::Acceptance;
use super::error::BudgetError;
use super::file::BudgetFile;
use super::json_place::{self, PathPart::Key};

/// The text with `entry` instead of the entry of its benchmark, or after all others.
///
/// # Errors
/// If the text is not a perf-budgets.json, or the entry is invalid.
pub fn accept(text: &str, entry: &Acceptance) -> Result<String, BudgetError> {
    let (file, _) = BudgetFile::parse(text)?;
    let mut accepted = file.accepted;
    accepted.retain(|known| known.benchmark != entry.benchmark);
    accepted.push(entry.clone());
    let written = written(&accepted);
    let new = match json_place::range(text, &[Key("accepted")]) {
        Some(list) => format!("{}{written}{}", &text[..list.start], &text[list.end..]),
        None => with_key(text, &written),
    };
    BudgetFile::parse(&new).map(|_| new)
}

/// One line per entry, so that a review shows each change.
fn written(accepted: &[Acceptance]) -> String {
    let entry = |entry: &Acceptance| {
        let json = serde_json::to_string(entry)
            .unwrap_or_else(|_| unreachable!("an acceptance has finite numbers and plain keys"));
        format!("    {json}")
    };
    format!("[\n{}\n  ]", accepted.iter().map(entry).collect::<Vec<_>>().join(",\n"))
}

/// The object with a further key at its beginning.
fn with_key(text: &str, written: &str) -> String {
    let brace = text.find('{').map_or(0, |at| at + 1);
    let (before, after) = text.split_at(brace);
    format!("{before}\n  \"accepted\": {written},{after}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn entry() -> Acceptance {
        Acceptance {
            benchmark: "a/b::c".into(),
            commit: "1a2b3c4d5e6f".to_owned(),
            max_change_percent: 24.0,
            reason: "checks every \"cell\"".to_owned(),
            expires: NaiveDate::from_ymd_opt(2027, 3, 1),
        }
    }

    #[test]
    fn an_entry_is_written_without_touching_the_rest() {
        let budgets = "\n  \"budgets\": {\"x\":   {\"benchmark\": \"c\", \"target_ms\": 1}}\n}\n";
        let none = format!("{{\n  \"schema\": 1,{budgets}");
        let empty = format!("{{\n  \"schema\": 1,\n  \"accepted\": [],{budgets}");
        for text in [none, empty] {
            let new = accept(&text, &entry()).unwrap();
            assert!(new.ends_with(budgets), "{new}");
            assert_eq!(BudgetFile::parse(&new).unwrap().0.accepted, [entry()]);
            let higher = Acceptance { max_change_percent: 30.0, ..entry() };
            let other = Acceptance { benchmark: "a/b::d".into(), ..entry() };
            let newer = accept(&accept(&new, &other).unwrap(), &higher).unwrap();
            assert_eq!(BudgetFile::parse(&newer).unwrap().0.accepted, [other, higher]);
            assert!(newer.ends_with(budgets), "{newer}");
        }
        assert!(accept("{", &entry()).is_err());
    }
}
