//! A catalogue as a CSV file.

use cuepoint_core::catalogue::Entry;

const HEADER: [&str; 15] = [
    "id",
    "title",
    "mix",
    "artists",
    "remixers",
    "bpm",
    "key",
    "year",
    "duration",
    "label",
    "genre",
    "isrc",
    "release",
    "release_date",
    "url",
];

/// Writes `rows` as a CSV file with a header. Lists are joined by `; ` and durations are seconds.
///
/// # Errors
///
/// If there is not enough memory.
pub fn catalogue_csv(rows: &[Entry]) -> csv::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(256 * (rows.len() + 1));
    let mut writer = csv::Writer::from_writer(&mut out);
    writer.write_record(HEADER)?;
    for row in rows {
        writer.write_record(cells(row))?;
    }
    writer.flush()?;
    drop(writer);
    Ok(out)
}

fn cells(row: &Entry) -> [String; 15] {
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    [
        row.id.to_string(),
        row.title.clone(),
        row.mix.clone(),
        row.artists.join("; "),
        row.remixers.join("; "),
        row.bpm.map(|bpm| bpm.to_string()).unwrap_or_default(),
        row.key.clone(),
        number(row.year),
        number(row.seconds),
        row.label.clone(),
        row.genre.clone(),
        row.isrc.clone(),
        row.release.clone(),
        row.release_date.clone(),
        row.url.clone(),
    ]
}
