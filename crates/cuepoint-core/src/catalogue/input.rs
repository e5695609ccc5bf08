//! Reads the CSV or JSON Lines file that a catalogue is built from.

use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;

use super::entry::Entry;
use crate::rekordbox::Bpm;

/// A line that is no track.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InputError {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub message: String,
}

/// A track as users write it: every value as text or number, every column optional but the title.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawEntry {
    id: Value,
    #[serde(alias = "name")]
    title: Value,
    mix: Value,
    #[serde(alias = "artist")]
    artists: Value,
    #[serde(alias = "remixer")]
    remixers: Value,
    bpm: Value,
    key: Value,
    year: Value,
    #[serde(alias = "seconds", alias = "length")]
    duration: Value,
    label: Value,
    genre: Value,
    isrc: Value,
    release: Value,
    release_date: Value,
    url: Value,
}

/// A value of JSON; CSV has texts only.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Value {
    #[default]
    Nothing,
    Text(String),
    Number(serde_json::Number),
    List(Vec<String>),
}

/// The names of the columns that are understood.
const COLUMNS: [&str; 20] = [
    "id",
    "title",
    "name",
    "mix",
    "artists",
    "artist",
    "remixers",
    "remixer",
    "bpm",
    "key",
    "year",
    "duration",
    "seconds",
    "length",
    "label",
    "genre",
    "isrc",
    "release",
    "release_date",
    "url",
];

/// Reads a CSV file with a header.
///
/// Its columns may be in any order, and only `title` is required. Semicolons separate the items of
/// lists. A `duration` is "m:ss" or seconds. Without an `id` column tracks are numbered from 1. The
/// columns are:
///
/// * of the name: `title`, `artists`, `mix`, `remixers`
/// * of the sound: `duration`, `bpm`, `key`, `genre`
/// * of the publication: `year`, `label`, `isrc`, `release`, `release_date`, `url`, `id`
///
/// # Errors
///
/// With its line, if the header has no title, a row has other columns than it, or a value cannot
/// be read.
pub fn read_csv(bytes: &[u8]) -> Result<Vec<Entry>, InputError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(bytes)).from_reader(bytes);
    let headers = reader.headers().map_err(|error| csv_error(&error))?;
    let headers: Vec<String> = headers.iter().map(|name| name.trim().to_lowercase()).collect();
    check_headers(&headers)?;
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut raw = RawEntry::default();
        for (name, value) in headers.iter().zip(&record) {
            raw.set(name, value);
        }
        entries.push(raw.entry(entries.len()).map_err(|message| InputError { line, message })?);
    }
    Ok(entries)
}

/// Reads one JSON object per line, whose keys are the columns of [`read_csv`]. Lists may be arrays.
///
/// # Errors
///
/// With its line, if one is no such object or a value cannot be read.
pub fn read_json_lines(bytes: &[u8]) -> Result<Vec<Entry>, InputError> {
    let mut entries = Vec::new();
    for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let error = |message: String| InputError { line: number as u64 + 1, message };
        let raw: RawEntry =
            serde_json::from_slice(line).map_err(|cause| error(cause.to_string()))?;
        entries.push(raw.entry(entries.len()).map_err(error)?);
    }
    Ok(entries)
}

/// The sign that parts the columns, as the first line uses it.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |sign: u8| header.iter().filter(|&&byte| byte == sign).count();
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|&sign| count(sign)).unwrap_or(b',')
}

fn check_headers(headers: &[String]) -> Result<(), InputError> {
    let error = |message: String| Err(InputError { line: 1, message });
    if !headers.iter().any(|name| name == "title" || name == "name") {
        let known = COLUMNS.join(", ");
        return error(format!("the header has no column \"title\"; known columns are {known}"));
    }
    Ok(())
}

fn csv_error(error: &csv::Error) -> InputError {
    let line = error.position().map_or(1, csv::Position::line);
    let message = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the line is not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the line has {len} columns and the header {expected_len}")
        }
        _ => error.to_string(),
    };
    InputError { line, message }
}

impl RawEntry {
    fn set(&mut self, name: &str, value: &str) {
        let field = match name {
            "id" => &mut self.id,
            "title" | "name" => &mut self.title,
            "mix" => &mut self.mix,
            "artists" | "artist" => &mut self.artists,
            "remixers" | "remixer" => &mut self.remixers,
            "bpm" => &mut self.bpm,
            "key" => &mut self.key,
            "year" => &mut self.year,
            "duration" | "seconds" | "length" => &mut self.duration,
            "label" => &mut self.label,
            "genre" => &mut self.genre,
            "isrc" => &mut self.isrc,
            "release" => &mut self.release,
            "release_date" => &mut self.release_date,
            "url" => &mut self.url,
            _ => return,
        };
        *field = Value::Text(value.trim().to_owned());
    }

    /// The entry, numbered by those `before` it if it has no identifier.
    fn entry(self, before: usize) -> Result<Entry, String> {
        let title = self.title.text();
        if title.is_empty() {
            return Err("the track has no title".to_owned());
        }
        Ok(Entry {
            id: self.id.number("id")?.unwrap_or(before as u64 + 1),
            title,
            mix: self.mix.text(),
            artists: self.artists.list(),
            remixers: self.remixers.list(),
            bpm: self.bpm.number::<Bpm>("bpm")?.filter(|bpm| bpm.hundredths() > 0),
            key: self.key.text(),
            year: self.year.number("year")?.filter(|&year| year > 0),
            seconds: self.duration.seconds()?,
            label: self.label.text(),
            genre: self.genre.text(),
            isrc: self.isrc.text(),
            release: self.release.text(),
            release_date: self.release_date.text(),
            url: self.url.text(),
        })
    }
}

impl Value {
    fn text(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::List(list) => list.join("; "),
        }
    }

    fn list(self) -> Vec<String> {
        let list = match self {
            Self::List(list) => list,
            other => other.text().split(';').map(str::to_owned).collect(),
        };
        let trimmed = list.iter().map(|item| item.trim().to_owned());
        trimmed.filter(|item| !item.is_empty()).collect()
    }

    fn number<T: FromStr>(self, name: &str) -> Result<Option<T>, String>
    where
        T::Err: Display,
    {
        match self.text().trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|error| format!("{name} \"{text}\": {error}")),
        }
    }

    /// A duration as "m:ss", "h:mm:ss" or seconds.
    fn seconds(self) -> Result<Option<u32>, String> {
        let text = self.text();
        let error = || format!("duration \"{text}\": expected minutes:seconds or seconds");
        if text.trim().is_empty() {
            return Ok(None);
        }
        let mut seconds = 0_u32;
        for part in text.trim().split(':') {
            let part: u32 = part.parse().map_err(|_| error())?;
            seconds =
                seconds.checked_mul(60).and_then(|sum| sum.checked_add(part)).ok_or_else(error)?;
        }
        Ok((seconds > 0).then_some(seconds))
    }
}
