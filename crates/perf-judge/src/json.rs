//! JSON objects, and the errors of a JSON parser in plain words.

use serde::Deserialize;

/// Why a text is not the JSON that is expected, with the place of the error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
#[non_exhaustive]
pub struct JsonError {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
    /// The error in plain words.
    pub message: String,
}

impl JsonError {
    /// The same error of a text that is one line of a file.
    #[must_use]
    pub fn at_line(self, line: usize) -> Self {
        Self { line, ..self }
    }

    fn at_begin(message: String) -> Self {
        Self { line: 1, column: 1, message }
    }
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line().max(1), error.column().max(1));
        Self { line, column, message: message(&error) }
    }
}

/// Reads a JSON object.
///
/// The parser also reads a struct from a list of its fields, which no file of this tool has.
///
/// # Errors
/// [`JsonError`] for any other text.
pub fn read_object<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, JsonError> {
    let found = match text.trim_start().chars().next() {
        Some('{') => return Ok(serde_json::from_str(text)?),
        None => {
            let message = "the text is empty, expected an object `{…}`";
            return Err(JsonError::at_begin(message.to_owned()));
        }
        Some('[') => "a list",
        Some('"') => "a text",
        Some('-' | '0'..='9') => "a number",
        Some(_) => "another value",
    };
    // A text that is no JSON at all has an error of its own.
    serde_json::from_str::<serde::de::IgnoredAny>(text)?;
    Err(JsonError::at_begin(format!("expected an object `{{…}}`, found {found}")))
}

/// The error without its place, in plain words.
pub(crate) fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    plain(text.strip_suffix(&place).unwrap_or(&text))
}

fn plain(message: &str) -> String {
    let mismatch = ["invalid type: ", "invalid value: ", "invalid length "];
    let mismatch = mismatch.iter().find_map(|begin| message.strip_prefix(begin));
    if let Some((found, expected)) = mismatch.and_then(|rest| rest.split_once(", expected ")) {
        return format!("expected {}, found {}", expected_value(expected), found_value(found));
    }
    if let Some(within) = message.strip_prefix("EOF while parsing ") {
        return format!("the text ends within {}", expected_value(within));
    }
    let quoted = |begin: &str| message.strip_prefix(begin);
    if message == "missing field `schema`" {
        return "the key `schema` is missing: it is the version of the format, e.g. `\"schema\": 2`"
            .to_owned();
    }
    if let Some(field) = quoted("missing field ") {
        return format!("the key {field} is missing");
    }
    if let Some(field) = quoted("unknown field ") {
        return format!("unknown key {field}");
    }
    if let Some(field) = quoted("duplicate field ") {
        return format!("the key {field} occurs twice");
    }
    match message {
        "trailing characters" => "text follows after the end of the value".to_owned(),
        "expected value" => "a value is missing or is not JSON".to_owned(),
        _ => message.to_owned(),
    }
}

fn expected_value(expected: &str) -> &str {
    match expected {
        "f64" => "a number",
        "u8" | "u16" | "u32" | "u64" | "usize" | "i64" => "a whole number",
        "a sequence" | "list" => "a list",
        "a map" | "object" => "an object",
        "string" | "a string" => "a text in quotes",
        "a boolean" => "`true` or `false`",
        "value" => "a value",
        _ if expected.starts_with("struct ") => "an object `{…}`",
        _ => expected,
    }
}

fn found_value(found: &str) -> String {
    let named = |kind: &str| found.strip_prefix(kind).map(str::to_owned);
    let text = found.strip_prefix("string ").map(|text| format!("the text {text}"));
    match found {
        "sequence" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        _ if found.bytes().all(|byte| byte.is_ascii_digit()) => format!("a list of {found}"),
        _ => text
            .or_else(|| named("integer "))
            .or_else(|| named("floating point "))
            .or_else(|| named("boolean "))
            .unwrap_or_else(|| found.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its errors are read")]
    struct Sample {
        number: f64,
        part: Part,
        #[serde(default)]
        names: Vec<String>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors are read")]
    struct Part {
        count: u32,
    }

    #[test]
    fn errors_are_plain_sentences() {
        let cases = [
            ("", "line 1, column 1: the text is empty, expected an object `{…}`"),
            (" \n", "line 1, column 1: the text is empty, expected an object `{…}`"),
            ("[]", "line 1, column 1: expected an object `{…}`, found a list"),
            ("null", "line 1, column 1: expected an object `{…}`, found another value"),
            ("1", "line 1, column 1: expected an object `{…}`, found a number"),
            ("\"\"", "line 1, column 1: expected an object `{…}`, found a text"),
            ("[1", "line 1, column 2: the text ends within a list"),
            ("nonsense", "line 1, column 2: expected ident"),
            ("{}", "line 1, column 2: the key `number` is missing"),
            ("{", "line 1, column 1: the text ends within an object"),
            ("{\"number", "line 1, column 8: the text ends within a text in quotes"),
            ("{\"number\": \"5\"}", "line 1, column 14: expected a number, found the text \"5\""),
            ("{\"number\": [5]}", "line 1, column 11: expected a number, found a list"),
            ("{\"number\": {}}", "line 1, column 11: expected a number, found an object"),
            ("{\"number\": true}", "line 1, column 15: expected a number, found `true`"),
            ("{\"number\": }", "line 1, column 12: a value is missing or is not JSON"),
            ("{\"part\": []}", "line 1, column 11: expected an object `{…}`, found a list of 0"),
            (
                "{\"part\": {\"count\": -1}}",
                "line 1, column 21: expected a whole number, found `-1`",
            ),
            ("{\"names\": [1]}", "line 1, column 12: expected a text in quotes, found `1`"),
            ("{\"number\": 1, \"number\": 1}", "line 1, column 22: the key `number` occurs twice"),
            (
                "{\"a\": 1}",
                "line 1, column 4: unknown key `a`, expected one of `number`, `part`, `names`",
            ),
            (
                "{\"number\": 1, \"part\": {\"count\": 1}} x",
                "line 1, column 37: text follows after the end of the value",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read_object::<Sample>(text).unwrap_err().to_string(), expected, "{text}");
        }
    }
}
