//! The generated libraries have the shape that real exports have.

use cuepoint_fixtures::{LibrarySpec, LineEnd, library};

/// The values of one attribute of the elements called `element`, as they stand in the file.
fn values<'a>(text: &'a str, element: &str, key: &str) -> Vec<&'a str> {
    let start = format!("<{element}");
    let key = format!(" {key}=\"");
    let tags = text.split(&start).skip(1).filter_map(|rest| rest.split_once('>'));
    tags.filter_map(|(tag, _)| tag.split_once(&key)?.1.split_once('"'))
        .map(|(value, _)| value)
        .collect()
}

/// How many of a hundred values `is` holds for.
fn share(values: &[&str], is: impl Fn(&str) -> bool) -> f64 {
    100.0 * values.iter().filter(|value| is(value)).count() as f64 / values.len() as f64
}

fn quantile(values: &[&str], share: f64, measure: impl Fn(&str) -> usize) -> usize {
    let mut sizes: Vec<usize> = values.iter().map(|value| measure(value)).collect();
    sizes.sort_unstable();
    sizes[(sizes.len() as f64 * share) as usize]
}

fn words(title: &str) -> usize {
    title.split_whitespace().filter(|word| *word != "-").count()
}

fn characters(title: &str) -> usize {
    title.chars().count()
}

#[track_caller]
fn near(what: &str, measured: f64, stated: f64, tolerance: f64) {
    assert!((measured - stated).abs() <= tolerance, "{what}: {measured:.1} % of {stated} %");
}

#[test]
fn tracks_take_800_to_1100_bytes() {
    for tracks in [500, 1_000, 10_000] {
        let bytes = library(LibrarySpec::of(tracks)).len() / tracks;
        assert!((800..=1_100).contains(&bytes), "{bytes} bytes a track of {tracks}");
    }
}

#[test]
fn titles_follow_the_stated_shares() {
    let text = library(LibrarySpec::of(10_000));
    let titles = values(&text, "TRACK", "Name");
    assert_eq!(titles.len(), 10_000);
    near("parenthesis", share(&titles, |title| title.contains('(')), 45.0, 3.0);
    near("bracket", share(&titles, |title| title.contains('[')), 5.0, 1.5);
    near("dash", share(&titles, |title| title.contains(" - ")), 45.0, 6.0);
    near("feat", share(&titles, |title| title.contains("feat.")), 6.0, 2.5);
    near("blanks", share(&titles, |title| title.trim() != title), 8.0, 1.5);
    near("remix", share(&titles, |title| title.contains("Remix")), 14.4, 3.0);
    near("ampersand", share(&titles, |title| title.contains("&amp;")), 10.0, 4.0);
    near("apostrophe", share(&titles, |title| title.contains("&apos;")), 6.0, 4.0);
    near("beyond ASCII", share(&titles, |title| !title.is_ascii()), 4.05, 1.0);
}

#[test]
fn titles_are_as_long_as_real_ones() {
    let text = library(LibrarySpec::of(10_000));
    let titles = values(&text, "TRACK", "Name");
    assert!((3..=5).contains(&quantile(&titles, 0.5, words)));
    assert!((8..=11).contains(&quantile(&titles, 0.95, words)));
    assert!((24..=32).contains(&quantile(&titles, 0.5, characters)));
    assert!((58..=72).contains(&quantile(&titles, 0.95, characters)));
    assert!(quantile(&titles, 0.9999, characters) >= 100);
}

#[test]
fn tracks_follow_the_stated_shares() {
    let text = library(LibrarySpec::of(10_000));
    let artists = values(&text, "TRACK", "Artist");
    near("no artist", share(&artists, str::is_empty), 40.0, 2.0);
    near("no year", share(&values(&text, "TRACK", "Year"), |year| year == "0"), 50.0, 2.0);
    let keys = values(&text, "TRACK", "Tonality");
    near("no key", share(&keys, str::is_empty), 5.0, 1.0);
    near("Camelot", share(&keys, |key| key.starts_with(|c: char| c.is_ascii_digit())), 35.0, 2.0);
    let tracks: Vec<&str> = text.split("<TRACK TrackID=").skip(1).collect();
    let grids = |track: &str| track.matches("<TEMPO ").count();
    near("one beat grid", share(&tracks, |track| grids(track) == 1), 85.0, 1.5);
    near("no cue", share(&tracks, |track| !track.contains("<POSITION_MARK ")), 55.0, 2.0);
}

#[test]
fn identifiers_are_distinct_and_every_playlist_key_has_a_track() {
    let text = library(LibrarySpec::of(10_000));
    let mut ids = values(&text, "TRACK", "TrackID");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 10_000);
    let keys = values(&text, "TRACK", "Key");
    assert!((10_000..25_000).contains(&keys.len()), "{} references", keys.len());
    assert!(keys.iter().all(|key| ids.binary_search(key).is_ok()));
}

#[test]
fn playlists_follow_the_stated_sizes() {
    let text = library(LibrarySpec::of(50_000));
    let lists = values(&text, "NODE", "Entries");
    assert_eq!(lists.len(), 50_000 / 60 + 1);
    let size = |entries: &str| entries.parse().unwrap();
    assert!((34..=46).contains(&quantile(&lists, 0.5, size)));
    assert!((300..=500).contains(&quantile(&lists, 0.95, size)));
}

#[test]
fn line_ends_are_the_only_difference_of_the_windows_variant() {
    let spec = LibrarySpec::of(100);
    let windows = library(LibrarySpec { line_end: LineEnd::CrLf, ..spec });
    assert!(windows.contains("\r\n"));
    assert_eq!(windows.replace("\r\n", "\n"), library(spec));
}
