//! A catalogue as a CSV file.

use crate::track::hundredths;

use super::row::CatalogueRow;

const HEADER: &str = "id,title,mix,artists,remixers,bpm,key,year,duration,label,genre,isrc,\
                      release,release_date,url\n";

/// Writes `rows` as a CSV file with a header. Lists are joined by `; `, durations are seconds, and
/// fields are quoted where they must be.
pub fn catalogue_csv(rows: &[CatalogueRow]) -> String {
    let mut out = String::with_capacity(256 * (rows.len() + 1));
    out.push_str(HEADER);
    for row in rows {
        write_row(&mut out, row);
    }
    out
}

fn write_row(out: &mut String, row: &CatalogueRow) {
    let fields = [
        row.id.to_string(),
        row.title.clone(),
        row.mix.clone(),
        row.artists.join("; "),
        row.remixers.join("; "),
        hundredths(u64::from(row.bpm_hundredths)),
        row.key.clone(),
        row.year.to_string(),
        row.seconds.to_string(),
        row.label.clone(),
        row.genre.clone(),
        row.isrc.clone(),
        row.release.clone(),
        row.release_date.clone(),
        row.url.clone(),
    ];
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_field(out, field);
    }
    out.push('\n');
}

fn write_field(out: &mut String, field: &str) {
    if field.contains(['"', ',', '\n', '\r']) {
        out.push('"');
        out.push_str(&field.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(field);
    }
}

#[cfg(test)]
mod tests {
    use super::write_field;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        for (field, written) in [
            ("Night", "Night"),
            ("Night; Day", "Night; Day"),
            ("Night, Day", "\"Night, Day\""),
            ("\"Night\" Day", "\"\"\"Night\"\" Day\""),
        ] {
            let mut out = String::new();
            write_field(&mut out, field);
            assert_eq!(out, written);
        }
    }
}
