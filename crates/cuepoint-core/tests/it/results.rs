//! Filtering, sorting and paging, on a handful of tracks of which every answer is known.

use cuepoint_core::rekordbox::{Bpm, Library, Track, parse};
use cuepoint_core::results::{Bounds, Direction, FilterSpec, SortKey, Statistics, Table, View};

const TRACKS: &str = "\
    <TRACK TrackID='1' Name='Rök' Artist='Ámon' Year='2019' AverageBpm='128.00' TotalTime='300' \
        Rating='255' Tonality='Am'/>\
    <TRACK TrackID='2' Name='  alpha' Artist='' Year='0' AverageBpm='0.00' TotalTime='0' \
        Rating='0' Tonality=''/>\
    <TRACK TrackID='3' Name='Rokoko' Artist='Zed' Year='2021' AverageBpm='127.99' TotalTime='200' \
        Rating='102' Tonality='8A'/>\
    <TRACK TrackID='4' Name='Omega' Artist='rok the house' Year='2019' AverageBpm='140.00' \
        TotalTime='100' Rating='153' Tonality='Db'/>\
    <TRACK TrackID='5' Name='Beta' Artist='Zed' Year='2024' AverageBpm='75.50' TotalTime='50' \
        Rating='204' Tonality='C#'/>";

fn library() -> Library {
    let text = format!(
        "<DJ_PLAYLISTS><COLLECTION>{TRACKS}</COLLECTION><PLAYLISTS>\
         <NODE Name='Set' Type='1' KeyType='0'><TRACK Key='5'/><TRACK Key='9'/><TRACK Key='1'/>\
         </NODE></PLAYLISTS></DJ_PLAYLISTS>"
    );
    parse(text.as_bytes()).expect("a well-formed library")
}

fn ids(view: &View<'_, Track<'_>>) -> Vec<u64> {
    view.rows().map(|row| row.item.id().expect("a TrackID")).collect()
}

#[track_caller]
fn check(spec: &FilterSpec, expected: &[u64]) {
    let library = library();
    assert_eq!(ids(&Table::of_collection(&library.collection).filter(spec)), expected, "{spec:?}");
}

#[track_caller]
fn check_text(text: &str, expected: &[u64]) {
    check(&FilterSpec { text: text.to_owned(), ..FilterSpec::default() }, expected);
}

#[test]
fn text_is_found_in_title_and_artist_however_it_is_written() {
    check_text("", &[1, 2, 3, 4, 5]);
    check_text("  ", &[1, 2, 3, 4, 5]);
    check_text("rok", &[1, 3, 4]);
    check_text(" RÖK ", &[1, 3, 4]);
    check_text("rokoko", &[3]);
    check_text("amon", &[1]);
    check_text("zed", &[3, 5]);
    check_text("nothing", &[]);
}

#[test]
fn text_does_not_reach_from_one_value_into_the_next() {
    check_text("rokoko zed", &[]);
    check_text("rokamon", &[]);
    check_text("rokoko\nzed", &[]);
}

#[test]
fn bounds_are_inclusive_and_leave_out_what_is_not_known() {
    let year = |min, max| FilterSpec { year: Bounds { min, max }, ..FilterSpec::default() };
    check(&year(Some(2019), Some(2021)), &[1, 3, 4]);
    check(&year(None, Some(2019)), &[1, 4]);
    check(&year(Some(2022), None), &[5]);
    check(&year(Some(0), None), &[1, 3, 4, 5]);
    let bpm = |min, max| {
        let bpm = Bounds::between(Bpm::from_hundredths(min), Bpm::from_hundredths(max));
        FilterSpec { bpm, ..FilterSpec::default() }
    };
    check(&bpm(12_800, 14_000), &[1, 4]);
    check(&bpm(12_799, 12_799), &[3]);
    check(&FilterSpec { stars: Bounds::between(3, 4), ..FilterSpec::default() }, &[4, 5]);
}

#[test]
fn keys_meet_across_notations() {
    let key = |key: &str| FilterSpec { key: key.to_owned(), ..FilterSpec::default() };
    check(&key("8A"), &[1, 3]);
    check(&key("A minor"), &[1, 3]);
    check(&key("Db"), &[4, 5]);
    check(&key("unknown"), &[]);
}

#[test]
fn conditions_must_all_hold() {
    let spec = FilterSpec {
        text: "rok".to_owned(),
        year: Bounds::between(2019, 2019),
        key: "Am".to_owned(),
        ..FilterSpec::default()
    };
    check(&spec, &[1]);
}

#[track_caller]
fn check_sort(key: SortKey, ascending: [u64; 5], descending: [u64; 5]) {
    let library = library();
    let table = Table::of_collection(&library.collection);
    let mut view = table.filter(&FilterSpec::default());
    view.sort(key, Direction::Ascending);
    assert_eq!(ids(&view), ascending, "{key:?}");
    view.sort(SortKey::Index, Direction::Ascending);
    view.sort(key, Direction::Descending);
    assert_eq!(ids(&view), descending, "{key:?}, descending");
}

#[test]
fn sorting_is_stable_and_puts_last_what_is_not_known() {
    check_sort(SortKey::Index, [1, 2, 3, 4, 5], [5, 4, 3, 2, 1]);
    check_sort(SortKey::Title, [2, 5, 4, 1, 3], [3, 1, 4, 5, 2]);
    check_sort(SortKey::Artist, [1, 4, 3, 5, 2], [3, 5, 4, 1, 2]);
    check_sort(SortKey::Year, [1, 4, 3, 5, 2], [5, 3, 1, 4, 2]);
    check_sort(SortKey::Bpm, [5, 3, 1, 4, 2], [4, 1, 3, 5, 2]);
    check_sort(SortKey::Rating, [2, 3, 4, 5, 1], [1, 5, 4, 3, 2]);
    check_sort(SortKey::Duration, [5, 4, 3, 1, 2], [1, 3, 4, 5, 2]);
}

#[test]
fn pages_end_where_the_rows_do() {
    let library = library();
    let table = Table::of_collection(&library.collection);
    let view = table.filter(&FilterSpec::default());
    let page =
        |offset, len| -> Vec<usize> { view.page(offset, len).map(|row| row.index).collect() };
    assert_eq!(page(1, 2), [1, 2]);
    assert_eq!(page(4, 10), [4]);
    assert!(page(5, 1).is_empty());
    assert!(page(usize::MAX, usize::MAX).is_empty());
}

#[test]
fn a_playlist_is_a_table_in_its_own_order() {
    let library = library();
    let playlist = library.playlists.find("Set").unwrap();
    let table = Table::of_playlist(&library.collection, playlist);
    let view = table.filter(&FilterSpec::default());
    assert_eq!(ids(&view), [5, 1]);
    assert_eq!(view.rows().map(|row| row.index).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn statistics_are_about_the_rows_of_the_view() {
    let library = library();
    let table = Table::of_collection(&library.collection);
    let view = table.filter(&FilterSpec { text: "rok".to_owned(), ..FilterSpec::default() });
    let statistics = view.statistics();
    let slowest_and_fastest = (Bpm::from_hundredths(12_799), Bpm::from_hundredths(14_000));
    assert_eq!((statistics.rows, statistics.seconds, statistics.with_key), (3, 600, 3));
    assert_eq!(statistics.years, Some((2019, 2021)));
    assert_eq!(statistics.bpm, Some(slowest_and_fastest));
    assert_eq!((statistics.matched(), statistics.mean_score()), (0, None));
    let none = table.filter(&FilterSpec { text: "nothing".to_owned(), ..FilterSpec::default() });
    assert!(none.is_empty());
    assert_eq!(none.statistics(), Statistics::default());
}
