//! A generated catalogue has the stated shares, and its truth holds.

use std::collections::{HashMap, HashSet};

use cuepoint_core::catalogue::Entry;
use cuepoint_fixtures::{
    Catalogue, CatalogueSpec, Kind, LibrarySpec, catalogue, catalogue_csv, library,
};

fn spec(tracks: usize, entries: usize) -> CatalogueSpec {
    CatalogueSpec { library: LibrarySpec::of(tracks), entries }
}

/// The values of one attribute of the tracks, as they stand in the library.
fn values(text: &str, key: &str) -> Vec<String> {
    let key = format!(" {key}=\"");
    let tags = text.split("<TRACK TrackID=").skip(1);
    tags.filter_map(|tag| Some(tag.split_once(&key)?.1.split_once('"')?.0.to_owned())).collect()
}

fn by_id(catalogue: &Catalogue) -> HashMap<u64, &Entry> {
    catalogue.rows.iter().map(|row| (row.id, row)).collect()
}

/// The tracks that are the first to point at their row, each with that row.
fn firsts(catalogue: &Catalogue) -> Vec<(usize, &Entry)> {
    let rows = by_id(catalogue);
    let mut seen = HashSet::new();
    let rights = catalogue.truth.iter().enumerate();
    let rights = rights.filter_map(|(track, truth)| Some((track, truth.right?)));
    rights.filter(|(_, id)| seen.insert(*id)).map(|(track, id)| (track, rows[&id])).collect()
}

/// The rows that are not of any track's work; without noise, these are the near misses.
fn strangers(catalogue: &Catalogue) -> Vec<&Entry> {
    let known: HashSet<u64> =
        catalogue.truth.iter().flat_map(|truth| truth.same_work.iter().copied()).collect();
    catalogue.rows.iter().filter(|row| !known.contains(&row.id)).collect()
}

#[track_caller]
fn near(what: &str, part: usize, whole: usize, stated: f64, tolerance: f64) {
    let measured = 100.0 * part as f64 / whole as f64;
    assert!((measured - stated).abs() <= tolerance, "{what}: {measured:.1} % of {stated} %");
}

#[test]
fn every_kind_comes_in_its_share() {
    let made = catalogue(spec(2_000, 0));
    assert_eq!(made.truth.len(), 2_000);
    let of = |kind| made.truth.iter().filter(|truth| truth.kind == kind).count();
    near("absent", of(Kind::Absent), 2_000, 6.0, 1.5);
    near("no artist", of(Kind::NoArtist), 2_000, 6.6, 1.5);
    near("artist in title", of(Kind::ArtistInTitle), 2_000, 31.0, 3.0);
    for kind in Kind::ALL {
        assert!(of(kind) > 0, "no track is {}", kind.name());
    }
}

#[test]
fn near_misses_come_in_their_share_and_belong_to_no_track() {
    let made = catalogue(spec(2_000, 0));
    let strangers = strangers(&made);
    near("near misses", strangers.len(), 2_000, 30.0, 2.5);
    let parts = strangers.iter().filter(|row| row.title.contains(" Pt. 2")).count();
    near("second parts", parts, 2_000, 5.7, 1.5);
}

#[test]
fn only_an_absent_work_has_no_row() {
    let made = catalogue(spec(2_000, 10_000));
    let rows = by_id(&made);
    for truth in &made.truth {
        assert_eq!(truth.right.is_none(), truth.kind == Kind::Absent);
        assert_eq!(truth.right.is_none(), truth.same_work.is_empty());
        assert!(truth.right.is_none_or(|right| truth.same_work.contains(&right)));
        assert!(truth.same_work.iter().all(|id| rows.contains_key(id)));
    }
}

#[test]
fn a_right_row_is_what_the_library_says() {
    let spec = spec(2_000, 0);
    let (made, text) = (catalogue(spec), library(spec.library));
    let (lengths, tempos) = (values(&text, "TotalTime"), values(&text, "AverageBpm"));
    let (years, keys) = (values(&text, "Year"), values(&text, "Tonality"));
    let camelot = HashMap::from([("8A", "Am"), ("1A", "Abm"), ("8B", "C"), ("12B", "E")]);
    for (track, row) in firsts(&made) {
        let seconds: u32 = lengths[track].parse().unwrap();
        assert!(row.seconds.unwrap().abs_diff(seconds) <= 2, "track {track}");
        let bpm: u32 = tempos[track].replace('.', "").parse().unwrap();
        assert!(row.bpm.unwrap().hundredths().abs_diff(bpm) <= 2, "track {track}");
        let year: u32 = years[track].parse().unwrap();
        assert!(year == 0 || row.year.unwrap().abs_diff(year) <= 1, "track {track}");
        let key = keys[track].as_str();
        let classic = if key.ends_with(['A', 'B']) && key.len() > 1 {
            camelot.get(key).copied()
        } else {
            Some(key)
        };
        assert!(key.is_empty() || classic.is_none_or(|key| row.key == key), "track {track}");
    }
}

#[test]
fn other_versions_have_other_lengths() {
    let made = catalogue(spec(2_000, 0));
    let rows = by_id(&made);
    let rights: HashSet<u64> = made.truth.iter().filter_map(|truth| truth.right).collect();
    for truth in made.truth.iter().filter(|truth| truth.right.is_some()) {
        let right = rows[&truth.right.unwrap()];
        for id in truth.same_work.iter().filter(|id| !rights.contains(id)) {
            assert!(
                rows[id].seconds.unwrap().abs_diff(right.seconds.unwrap()) >= 20,
                "{right:?} and {id}"
            );
        }
    }
}

#[test]
fn rows_are_complete_and_their_numbers_distinct() {
    let made = catalogue(spec(500, 20_000));
    assert_eq!(made.rows.len(), 20_000);
    assert_eq!(by_id(&made).len(), 20_000);
    let codes: HashSet<&str> = made.rows.iter().map(|row| row.isrc.as_str()).collect();
    assert_eq!(codes.len(), 20_000);
    for row in &made.rows {
        assert_eq!(row.id.to_string().len(), 9);
        assert!(row.isrc.len() == 12 && row.isrc.starts_with("QZ"), "{}", row.isrc);
        assert!(row.url.ends_with(&format!("/track/{}", row.id)));
        let texts = [&row.title, &row.mix, &row.key, &row.label, &row.genre, &row.release];
        assert!(texts.iter().all(|text| !text.is_empty() && text.trim() == *text), "{row:?}");
        assert!(!row.artists.is_empty() && row.artists.iter().all(|artist| !artist.is_empty()));
    }
}

#[test]
fn tracks_of_one_version_share_its_row() {
    let spec = spec(10_000, 0);
    let (made, text) = (catalogue(spec), library(spec.library));
    let names = values(&text, "Name").into_iter().map(|name| name.trim().to_owned());
    let artists = values(&text, "Artist");
    let mut first = HashMap::new();
    let mut repeated = 0;
    for (track, name) in
        names.zip(artists).enumerate().filter(|(_, (_, artist))| !artist.is_empty())
    {
        let earlier: usize = *first.entry(name).or_insert(track);
        assert_eq!(made.truth[track].right, made.truth[earlier].right, "{earlier} and {track}");
        assert_eq!(made.truth[track].same_work, made.truth[earlier].same_work);
        repeated += usize::from(track != earlier);
    }
    assert!(repeated > 0, "no track comes twice");
}

/// FNV-1a, 64 bits.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whoever changes these starts the history of every measurement of a matcher anew.
const GOLDEN_ROWS: u64 = 0x7f36_b29f_376f_bd26;
const GOLDEN_TRUTH: u64 = 0x6978_be9a_a7c8_c5e5;

#[test]
fn the_catalogue_never_changes() {
    let made = catalogue(spec(500, 20_000));
    let rows = fingerprint(&catalogue_csv(&made.rows).unwrap());
    let truth = fingerprint(format!("{:?}", made.truth).as_bytes());
    assert_eq!((rows, truth), (GOLDEN_ROWS, GOLDEN_TRUTH), "now {rows:#x} and {truth:#x}");
}

#[test]
fn another_seed_gives_another_catalogue() {
    let one = spec(10, 100);
    let other = CatalogueSpec { library: LibrarySpec { seed: 7, ..one.library }, ..one };
    assert_ne!(catalogue(one), catalogue(other));
}

#[test]
fn a_library_without_tracks_has_a_catalogue_of_noise() {
    let made = catalogue(spec(0, 50));
    assert_eq!((made.rows.len(), made.truth.len()), (50, 0));
}
