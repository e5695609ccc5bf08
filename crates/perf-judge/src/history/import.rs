//! Imports runs from files of other tools, and from exports of this tool.

use super::data_js;
use super::flat::{COLUMNS, Record};
use super::flat_runs;
use super::imported::{ImportError, Imported, has_place};
use super::other_tools::{self, MeasuredAt, Tool, tool_of};
use serde_json::Value;

/// The origin of runs from an export.
const EXPORT: &str = "an export";

/// Reads a file of any supported format. `branch` is the measured branch if the file has none, and `at`
/// the time and the commit of a file that has neither.
///
/// # Errors
/// [`ImportError`] with the place of the error.
pub fn import(text: &str, branch: &str, at: &MeasuredAt) -> Result<Imported, ImportError> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("window.") {
        return data_js::import(text, branch);
    }
    let records = match text.chars().next() {
        Some('[') if text[1..].trim_start().starts_with(['{', ']']) => flat_runs::from_json(text)?,
        Some('{') => match kind_of(text) {
            ObjectKind::DataJs => return data_js::import(text, branch),
            ObjectKind::Run => return Err(ImportError::Run),
            ObjectKind::Tool(tool) => return other_tools::import(tool, text, at),
            ObjectKind::Record => flat_runs::from_json(text)?,
            ObjectKind::Unknown => return Err(ImportError::Unknown),
        },
        _ if text.starts_with(&COLUMNS.join(",")) => flat_runs::from_csv(text)?,
        _ => return Err(ImportError::Unknown),
    };
    let wrong = records.iter().enumerate().find_map(|(i, record)| Some((i, wrong(record)?)));
    match wrong {
        Some((i, why)) => Err(ImportError::Malformed(format!("record {} {why}", i + 1))),
        None => Ok(Imported { runs: flat_runs::runs_of(&records, EXPORT), notes: Vec::new() }),
    }
}

fn wrong(record: &Record) -> Option<&'static str> {
    if !record.value.is_finite() {
        return Some("has no finite value");
    }
    (!has_place(record.timestamp)).then_some("has a time before 1970 or after 9999")
}

/// The kind of a JSON object at the beginning of a file.
enum ObjectKind {
    DataJs,
    Run,
    Record,
    Tool(Tool),
    Unknown,
}

fn kind_of(text: &str) -> ObjectKind {
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    match first {
        Some(Ok(Value::Object(first))) if first.contains_key("entries") => ObjectKind::DataJs,
        Some(Ok(Value::Object(first))) if first.contains_key("kind") => ObjectKind::Run,
        Some(Ok(Value::Object(first))) if first.contains_key("operation") => ObjectKind::Record,
        Some(Ok(Value::Object(first))) => {
            tool_of(&first).map_or(ObjectKind::Unknown, ObjectKind::Tool)
        }
        // The reader of records reports the error and its place.
        Some(Err(_)) => ObjectKind::Record,
        _ => ObjectKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Place, path_of, place_of};
    use chrono::DateTime;

    fn at() -> MeasuredAt {
        MeasuredAt { started: DateTime::UNIX_EPOCH, commit: None }
    }

    #[test]
    fn a_file_that_cannot_be_imported_is_an_error_with_a_reason() {
        let header = COLUMNS.join(",");
        let cases = [
            ("", "it is none of"),
            ("hello", "it is none of"),
            ("{}", "it is none of"),
            ("\u{feff}{\"kind\":\"run\"}", "history add"),
            ("[{\"operation\":1}]", "line 1, column 15: expected a text in quotes, found `1`"),
            ("{\"operation\":\"a\"}\n", "line 1, column 17: the key `timestamp` is missing"),
            ("{\"operation\"", "line 1, column 12: the text ends within an object"),
            (
                "window.BENCHMARK_DATA = {\"entries\": {\"a\": 1}}",
                "1:43: expected a list, found `1`",
            ),
        ];
        for (text, why) in cases {
            let error = import(text, "main", &at()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        for value in ["NaN", "inf", "soon"] {
            let csv = format!("{header}\n2026-11-23T00:00:00Z,a,median,{value},ns,,\n");
            assert!(import(&csv, "main", &at()).is_err(), "{value}");
        }
    }

    #[test]
    fn a_time_that_no_folder_can_hold_is_an_error() {
        let header = COLUMNS.join(",");
        for year in ["1969", "+10000", "-0001"] {
            let csv = format!("{header}\n{year}-12-31T00:00:00Z,a,median,1,ns,,\n");
            let error = import(&csv, "main", &at()).unwrap_err().to_string();
            assert!(error.contains("record 1 has a time"), "{error}");
        }
    }

    #[test]
    fn a_hostile_commit_makes_no_path() {
        let header = COLUMNS.join(",");
        for hash in ["../../../../x", "a/b", "é.git\u{202e}", "-", "0-0-0-0-0"] {
            let csv = format!("{header}\n2026-11-23T00:00:00Z,a,median,1,ns,{hash},\n");
            let runs = import(&csv, "main", &at()).unwrap().runs;
            let path = path_of(&runs[0]);
            assert_eq!(place_of(&path), Place::Run, "{path}");
            assert_eq!(runs[0].commit.as_ref().unwrap().hash, hash);
        }
    }

    #[test]
    fn an_empty_export_has_no_runs() {
        for text in ["[\n\n]\n".to_owned(), format!("{}\n", COLUMNS.join(","))] {
            assert_eq!(import(&text, "main", &at()).unwrap(), Imported::default());
        }
    }
}
