use super::*;
use crate::rekordbox::{Library, read};

fn library() -> Library {
    let tracks = [
        r#"Name="Rök" Artist="Zed" Year="2001" AverageBpm="120.00" Tonality="8A" Rating="255" TotalTime="60""#,
        r#"Name="Other" Artist="äther" Album="Rok the Boat" Year="1999" AverageBpm="128.00" Tonality="Am""#,
        r#"Name="Straße" Artist="Ærø" AverageBpm="0.00" Rating="102" TotalTime="30""#,
        r#"Name="ok" Artist="er" Year="2010" AverageBpm="140.00" Label="Kro" Rating="51""#,
    ];
    let tracks: String =
        (0..).zip(tracks).map(|(id, t)| format!("<TRACK TrackID=\"{id}\" {t}/>")).collect();
    let xml = format!("<DJ_PLAYLISTS><COLLECTION>{tracks}</COLLECTION></DJ_PLAYLISTS>");
    read(xml.as_bytes()).unwrap()
}

fn rows(filter: &Filter) -> Vec<Row> {
    let library = library();
    Table::new(&library).filter(filter)
}

fn text(text: &str) -> Vec<Row> {
    rows(&Filter { text: text.to_owned(), ..Filter::default() })
}

#[test]
fn text_is_found_without_regard_to_case_and_accents() {
    assert_eq!(text("  rok "), [0, 1]);
    assert_eq!(text("RÖK"), [0, 1]);
    assert_eq!(text("strasse"), [2]);
    assert_eq!(text("aero"), [2]);
    assert_eq!(text("ather"), [1]);
    assert_eq!(text("kro"), [3]);
    assert_eq!(text(""), [0, 1, 2, 3]);
    assert_eq!(text("none of them"), Vec::<Row>::new());
}

#[test]
fn text_does_not_reach_from_one_field_into_the_next() {
    assert_eq!(text("oker"), Vec::<Row>::new());
    assert_eq!(text("krozed"), Vec::<Row>::new());
}

#[test]
fn bounds_are_part_of_a_range_and_unknown_lies_outside() {
    let year = |from, to| rows(&Filter { year: Range { from, to }, ..Filter::default() });
    assert_eq!(year(Some(1999), Some(2001)), [0, 1]);
    assert_eq!(year(None, Some(2001)), [0, 1]);
    assert_eq!(year(Some(2002), None), [3]);
    let bpm = Range { from: Some(120.0), to: Some(128.0) };
    assert_eq!(rows(&Filter { bpm, ..Filter::default() }), [0, 1]);
}

#[test]
fn conditions_must_all_be_met() {
    let stars = Filter { min_rating: Some(2), ..Filter::default() };
    assert_eq!(rows(&stars.clone()), [0, 2]);
    assert_eq!(rows(&Filter { text: "ro".to_owned(), ..stars }), [0, 2]);
    let key = Filter { key: Some(" 8a ".to_owned()), ..Filter::default() };
    assert_eq!(rows(&key), [0]);
}

#[test]
fn sorting_is_stable_and_puts_unknown_last() {
    let library = library();
    let table = Table::new(&library);
    let sorted = |key, descending| {
        let mut rows = table.rows();
        table.sort(&mut rows, key, descending);
        rows
    };
    assert_eq!(sorted(SortKey::Title, false), [3, 1, 0, 2]);
    assert_eq!(sorted(SortKey::Artist, false), [2, 1, 3, 0]);
    assert_eq!(sorted(SortKey::Year, false), [1, 0, 3, 2]);
    assert_eq!(sorted(SortKey::Year, true), [3, 0, 1, 2]);
    assert_eq!(sorted(SortKey::Bpm, true), [3, 1, 0, 2]);
    assert_eq!(sorted(SortKey::Rating, true), [0, 2, 3, 1]);
    assert_eq!(sorted(SortKey::DateAdded, true), [0, 1, 2, 3]);
    assert_eq!(sorted(SortKey::Index, true), [3, 2, 1, 0]);
}

#[test]
fn pages_end_where_the_rows_end() {
    let library = library();
    let table = Table::new(&library);
    let rows = table.rows();
    assert_eq!(table.page(&rows, 1, 2), [1, 2]);
    assert_eq!(table.page(&rows, 3, 50), [3]);
    assert_eq!(table.page(&rows, 9, 50), Vec::<Row>::new());
}

#[test]
fn statistics_count_what_is_known() {
    let library = library();
    let table = Table::new(&library);
    let statistics = table.statistics(&table.rows());
    assert_eq!((statistics.rows, statistics.duration_s, statistics.rated), (4, 90, 3));
    assert!((statistics.mean_bpm.unwrap() - 388.0 / 3.0).abs() < 1e-9);
    assert_eq!(table.statistics(&[]), Statistics::default());
}

#[test]
fn a_table_may_hold_some_tracks_in_another_order() {
    let library = library();
    let table = Table::of(&library, [3, 0, 99]);
    assert_eq!((table.len(), table.is_empty()), (2, false));
    assert_eq!(table.filter(&Filter { text: "rok".to_owned(), ..Filter::default() }), [1]);
    assert_eq!(table.track(1).unwrap().name(), "Rök");
}
