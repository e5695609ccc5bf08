//! A new acceptance in the text of perf-budgets.json, of which nothing else changes.

use super::accepted::Acceptance;
use super::error::BudgetError;
use super::file::BudgetFile;
use super::json_place::{self, PathPart::Key};

/// The text with `entry` in place of the one for its benchmark, or after all others.
///
/// # Errors
/// If the text is not one of perf-budgets.json, or the entry cannot stand in it.
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

/// A line an entry: that is what a review shows.
fn written(accepted: &[Acceptance]) -> String {
    let entry = |entry: &Acceptance| {
        let json = serde_json::to_string(entry)
            .unwrap_or_else(|_| unreachable!("an acceptance has finite numbers and plain keys"));
        format!("    {json}")
    };
    format!("[\n{}\n  ]", accepted.iter().map(entry).collect::<Vec<_>>().join(",\n"))
}

/// The object with one more key, before all others but the first brace.
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
