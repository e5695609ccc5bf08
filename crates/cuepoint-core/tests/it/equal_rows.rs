//! A catalogue of a library's own tracks matches every track with an artist and a title: in the
//! first place and with high confidence, whatever shape its title has.

use cuepoint_core::catalogue::{Catalogue, Entry};
use cuepoint_core::matching::{Confidence, Progress, Workers, match_all};
use cuepoint_core::rekordbox::{Library, Track, parse};
use cuepoint_fixtures::{LibrarySpec, escape_attribute, library};
use proptest::prelude::*;

/// The catalogue's row of a track.
fn row(track: Track<'_>) -> Entry {
    Entry {
        id: track.index() as u64,
        title: track.title().trim().to_owned(),
        artists: vec![track.artist().trim().to_owned()],
        mix: track.mix().to_owned(),
        remixers: Some(track.remixer().to_owned())
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect(),
        seconds: track.seconds(),
        bpm: track.bpm(),
        year: track.year(),
        key: track.key().to_owned(),
        ..Entry::default()
    }
}

/// What identifies a row: rows that are equal in all of it are one track.
fn content(entry: &Entry) -> Entry {
    Entry { id: 0, ..entry.clone() }
}

/// A line for each track that is not matched with its own row.
fn misses(library: &Library) -> Vec<String> {
    let tracks: Vec<Track<'_>> = library.collection.tracks().collect();
    let rows: Vec<Entry> = tracks.iter().map(|track| row(*track)).collect();
    let catalogue = Catalogue::build(&rows).expect("every row has its own id");
    let found = match_all(&tracks, &catalogue, Workers::One, &Progress::default());
    let mut misses = Vec::new();
    for (track, found) in tracks.iter().zip(found.iter().flatten()) {
        if track.artist().trim().is_empty() {
            continue;
        }
        let own = &rows[track.index()];
        let first = found.best().map(|best| &rows[best.id as usize]);
        let right = first.is_some_and(|first| content(first) == content(own));
        if !right || found.confidence() != Some(Confidence::High) {
            let best = found.candidates.first().map(|it| it.score);
            misses.push(format!("{own:?}\n  first {first:?}\n  {best:?} {:?}", found.reasons));
        }
    }
    misses
}

fn attribute(name: &str, value: &str) -> String {
    let mut text = format!(" {name}=\"");
    escape_attribute(&mut text, value);
    text + "\""
}

/// Titles of every shape: dashes, numbers, brackets, versions, featured artists, signs.
fn title() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[A-Za-z]{1,9}( [a-z]{1,9}){0,3}",
        1 => "[А-я]{2,8}|[Ά-ώ]{2,8}|[가-힣]{1,4}|[ÀÉÖßøæł]{1,4}[a-z]{0,4}",
        1 => "[!?.*+#&'-]{1,4}",
        1 => "(0[1-9]|[1-9][0-9]{0,3})[.)]?",
        1 => "[A-D][1-9]\\.",
    ];
    let ending = prop_oneof![
        Just(String::new()),
        "\\((Original|Extended|Club|Radio) Mix\\)",
        "\\([A-Z][a-z]{1,8} (Remix|Edit|Dub|VIP|Rework|Bootleg|Mix)\\)",
        "\\[[A-Za-z0-9 ]{0,10}\\]",
        "\\([A-Za-z0-9 ]{0,12}\\)?",
        "(feat\\.|ft|featuring) [A-Z][a-z]{1,8}( & [A-Z][a-z]{1,5})?",
        "- (Bicep Remix|Original Mix|Radio Edit|Live|2011 Remaster)",
        "(Remix|VIP|Extended Mix|Live|Instrumental)",
    ];
    let sign =
        prop_oneof![Just(" "), Just(" - "), Just(" – "), Just(" ("), Just(": "), Just(" & ")];
    let parts = prop::collection::vec((part, sign), 1..4);
    (parts, prop::collection::vec(ending, 0..3)).prop_map(|(parts, endings)| {
        let name: String = parts.into_iter().map(|(part, sign)| part + sign).collect();
        format!("{name}{}", endings.join(" "))
    })
}

fn artist() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        5 => "[A-Z][a-z]{1,8}( [A-Z]?[a-z]{1,8}){0,2}",
        1 => "[0-9]{1,3} [A-Z][a-z]{1,8}|X|The The|[А-я]{2,8}|!!!",
    ];
    let sign = prop_oneof![
        Just(", "),
        Just(" & "),
        Just(" feat. "),
        Just(" x "),
        Just(" vs. "),
        Just(" and "),
        Just(" - "),
        Just("/")
    ];
    (prop::collection::vec((name.clone(), sign), 0..3), name).prop_map(|(before, last)| {
        let before: String = before.into_iter().map(|(name, sign)| name + sign).collect();
        before + &last
    })
}

/// The attributes of a track; its title may repeat the artist.
fn track() -> impl Strategy<Value = String> {
    let mix = prop_oneof![4 => Just(String::new()), 1 => Just("Original".to_owned()), 1 => "[A-Z][a-z]{2,6} (Remix|Mix)"];
    let remixer =
        prop_oneof![4 => Just(String::new()), 1 => "[A-Z][a-z]{2,6}( & [A-Z][a-z]{2,6})?"];
    (title(), artist(), 0_u8..3, mix, remixer, 100_u32..400).prop_map(
        |(title, artist, repeats, mix, remixer, seconds)| {
            let title = if repeats == 0 { format!("{artist} - {title}") } else { title };
            [("Name", title), ("Artist", artist), ("Mix", mix), ("Remixer", remixer)]
                .iter()
                .map(|(name, value)| attribute(name, value))
                .chain([format!(" TotalTime='{seconds}'")])
                .collect()
        },
    )
}

fn library_of(tracks: &[String]) -> Library {
    let tracks: String = tracks.iter().map(|track| format!("<TRACK{track}/>")).collect();
    let text = format!("<DJ_PLAYLISTS><COLLECTION>{tracks}</COLLECTION></DJ_PLAYLISTS>");
    parse(text.as_bytes()).expect("a library")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn titles_of_every_shape_match_themselves(tracks in prop::collection::vec(track(), 1..24)) {
        let misses = misses(&library_of(&tracks));
        prop_assert!(misses.is_empty(), "{}", misses.join("\n"));
    }
}

#[test]
fn a_generated_library_matches_itself() {
    let text = library(LibrarySpec { seed: 4_711, ..LibrarySpec::of(800) });
    let misses = misses(&parse(text.as_bytes()).unwrap());
    assert!(
        misses.is_empty(),
        "{} misses\n{}",
        misses.len(),
        misses[..misses.len().min(5)].join("\n")
    );
}
