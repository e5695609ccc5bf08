//! Catalogues: what is read, searched, saved and refused.

use cuepoint_core::catalogue::{
    CatalogSource, Catalogue, Entry, FORMAT, Field, Hit, OpenError, Query, Term, read_csv,
    read_json_lines,
};
use cuepoint_core::rekordbox::Bpm;
use proptest::prelude::*;

fn entry(id: u64, title: &str, artist: &str) -> Entry {
    let artists = vec![artist.to_owned()];
    Entry { id, title: title.to_owned(), artists, ..Entry::default() }
}

fn query(words: &[(&str, Field)]) -> Query {
    let term = |&(word, field): &(&str, Field)| Term { word: word.to_owned(), field };
    Query { terms: words.iter().map(term).collect() }
}

fn ids(hits: &[Hit]) -> Vec<u64> {
    hits.iter().map(|hit| hit.id).collect()
}

#[test]
fn the_most_telling_words_decide() {
    let entries =
        vec![entry(1, "Love", "Vega"), entry(2, "Love Story", "Juno"), entry(3, "Love", "Juno")];
    let catalogue = Catalogue::build(&entries).unwrap();
    let hits = catalogue.search(&query(&[("love", Field::Title), ("juno", Field::Artist)]), 10);
    assert_eq!(ids(&hits), [3, 2, 1]);
    assert!(catalogue.search(&query(&[("juno", Field::Title)]), 10).is_empty());
    assert!(catalogue.search(&Query::default(), 10).is_empty());
    assert!(catalogue.search(&query(&[("love", Field::Title)]), 0).is_empty());
}

#[test]
fn names_in_other_alphabets_are_found_in_latin_letters() {
    let catalogue = Catalogue::build(&[entry(7, "Ночь", "Кино")]).unwrap();
    assert_eq!(ids(&catalogue.search(&query(&[("noch", Field::Title)]), 1)), [7]);
    assert_eq!(ids(&catalogue.search(&query(&[("kino", Field::Artist)]), 1)), [7]);
}

#[test]
fn identifiers_are_unique() {
    let error = Catalogue::build(&[entry(7, "A", ""), entry(7, "B", "")]).unwrap_err();
    assert!(error.to_string().contains("two tracks have the id 7"));
}

#[test]
fn a_build_reports_each_entry() {
    let entries = [entry(3, "A", ""), entry(1, "B", ""), entry(2, "C", "")];
    let mut reported = Vec::new();
    let catalogue = Catalogue::build_with(&entries, |added| reported.push(added)).unwrap();
    assert_eq!((reported, catalogue.len()), (vec![1, 2, 3], 3));
}

#[test]
fn csv_is_read_with_whatever_columns_it_has() {
    let csv = "\u{feff}Title;Artists;Duration;BPM;Year;Mood\r\n\
               Glue;Bicep;4:29;129.5;2017;dark\r\n\
               \"Say \"\"Hi\"\"\";Vega; 125 ;;0;\r\n";
    let entries = read_csv(csv.as_bytes()).unwrap();
    assert_eq!(entries[0].title, "Glue");
    assert_eq!((entries[0].id, entries[0].seconds, entries[0].year), (1, Some(269), Some(2017)));
    assert_eq!(entries[0].bpm, Some(Bpm::from_hundredths(12_950)));
    assert_eq!((entries[1].title.as_str(), entries[1].seconds), ("Say \"Hi\"", Some(125)));
    assert_eq!((entries[1].bpm, entries[1].year), (None, None));
    let lists = read_csv(b"title,artists\nGlue,Bicep; Hammer\n").unwrap();
    assert_eq!(lists[0].artists, ["Bicep", "Hammer"]);
}

#[test]
fn json_lines_are_read_with_numbers_and_arrays() {
    let lines = "{\"id\": 9, \"title\": \"Glue\", \"artists\": [\"Bicep\"], \"duration\": 269}\n\n\
                 {\"name\": \"Opal\", \"artist\": \"Bicep; Four Tet\", \"bpm\": 128}\n";
    let entries = read_json_lines(lines.as_bytes()).unwrap();
    assert_eq!((entries[0].id, entries[0].seconds), (9, Some(269)));
    assert_eq!(entries[1].artists, ["Bicep", "Four Tet"]);
    assert_eq!(entries[1].bpm, Some(Bpm::from_hundredths(12_800)));
}

#[test]
fn mistakes_in_a_file_come_with_their_line() {
    let csv = |text: &str| {
        let error = read_csv(text.as_bytes()).unwrap_err();
        format!("{}: {}", error.line, error.message)
    };
    assert!(csv("artist\nBicep\n").starts_with("1: the header has no column \"title\""));
    assert!(csv("title,year\nGlue,2017\nOpal,soon\n").starts_with("3: year \"soon\""));
    assert!(csv("title,year\nGlue\n").starts_with("2: the line has 1 columns"));
    assert!(csv("title,duration\nGlue,4m\n").starts_with("2: duration \"4m\": expected"));
    assert_eq!(csv("title,artist\n ,Bicep\n"), "2: the track has no title");
    let error = read_json_lines(b"{\"title\": \"Glue\"}\n{\"title\": }\n").unwrap_err();
    assert_eq!(error.line, 2);
}

fn sample() -> Catalogue {
    let entries = (1..60).map(|id| entry(id, &format!("Title {} Ночь", id % 7), "Vega & Juno"));
    Catalogue::build(&entries.collect::<Vec<_>>()).expect("distinct identifiers")
}

#[test]
fn a_file_gives_back_what_was_saved() {
    let catalogue = sample();
    let opened = Catalogue::decode(&catalogue.encode().unwrap()).unwrap();
    let wanted = query(&[("3", Field::Title), ("juno", Field::Artist)]);
    assert_eq!(opened.search(&wanted, 20), catalogue.search(&wanted, 20));
    let track = opened.get(5).unwrap();
    assert_eq!((track.title(), track.artists()), ("Title 5 Ночь", "Vega & Juno"));
    assert!(opened.get(60).is_none());
    let empty = Catalogue::decode(&Catalogue::build(&[]).unwrap().encode().unwrap()).unwrap();
    assert!(empty.is_empty() && empty.search(&wanted, 5).is_empty());
}

#[test]
fn other_files_are_refused() {
    let bytes = sample().encode().unwrap();
    let refused = |bytes: &[u8]| Catalogue::decode(bytes).unwrap_err();
    assert_eq!(refused(b""), OpenError::NotACatalogue);
    assert_eq!(refused(b"<?xml version='1.0'?>"), OpenError::NotACatalogue);
    let mut newer = bytes.clone();
    newer[8] += 1;
    assert_eq!(refused(&newer), OpenError::OtherFormat(FORMAT + 1));
    assert!(refused(&newer).advice().contains("update cuepoint"));
    assert_eq!(refused(&bytes[..bytes.len() / 2]), OpenError::Damaged);
    assert_eq!(refused(&bytes[..10]), OpenError::Damaged);
}

/// A file made by hand with a right check sum may still lie.
fn with_sum(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = crc32fast::hash(&bytes[16..]);
    bytes[12..16].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// What the module's documentation says, without lists and thresholds.
fn by_hand(entries: &[Entry], wanted: &Query, limit: usize) -> Vec<u64> {
    let words = |text: &str| cuepoint_core::name::words(text);
    let has = |entry: &Entry, term: &Term| match term.field {
        Field::Title => words(&entry.title).contains(&term.word),
        Field::Artist => words(&entry.artists[0]).contains(&term.word),
    };
    let weight = |term: &Term| {
        let tracks = entries.iter().filter(|entry| has(entry, term)).count();
        if tracks == 0 {
            0.0
        } else {
            ((entries.len() as f64 / tracks as f64).ln_1p() * 256.0).round()
        }
    };
    let norm = |entry: &Entry| (256 * 8 / (7 + words(&entry.title).len().max(1))) as f64;
    let mut terms = wanted.terms.clone();
    terms.sort();
    terms.dedup();
    let total = |entry: &Entry| -> f64 {
        terms.iter().filter(|term| has(entry, term)).map(weight).sum::<f64>() * norm(entry)
    };
    let mut found: Vec<(f64, u64)> = entries
        .iter()
        .map(|entry| (total(entry), entry.id))
        .filter(|(sum, _)| *sum > 0.0)
        .collect();
    found.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    let top = found.first().map_or(0.0, |best| best.0);
    let equal = found.iter().take_while(|(sum, _)| *sum >= top).count();
    found.into_iter().map(|(_, id)| id).take(limit.max(equal)).collect()
}

proptest! {
    #[test]
    fn early_termination_changes_no_result(
        titles in prop::collection::vec("[a-f]( [a-f]){0,4}", 1..60),
        words in prop::collection::vec(("[a-g]", prop::bool::ANY), 0..6),
        limit in 1_usize..12,
    ) {
        let entries: Vec<Entry> = titles
            .iter()
            .zip(1..)
            .map(|(title, id)| entry(id, title, ["g", "b", "c"][id as usize % 3]))
            .collect();
        let terms = words.into_iter().map(|(word, title)| {
            Term { word, field: if title { Field::Title } else { Field::Artist } }
        });
        let wanted = Query { terms: terms.collect() };
        let catalogue = Catalogue::build(&entries).unwrap();
        let hits = catalogue.search(&wanted, limit);
        prop_assert_eq!(ids(&hits), by_hand(&entries, &wanted, limit));
    }

    #[test]
    fn no_file_makes_it_fail(at in 16_usize..4_000, byte: u8) {
        let mut bytes = sample().encode().unwrap();
        let at = 16 + at % (bytes.len() - 16);
        bytes[at] = byte;
        if let Ok(catalogue) = Catalogue::decode(&with_sum(bytes)) {
            let wanted = query(&[("3", Field::Title), ("juno", Field::Artist)]);
            for hit in catalogue.search(&wanted, 100) {
                let track = catalogue.get(hit.id).unwrap();
                let name = track.name();
                let words = name.title().chain(name.optional()).chain(name.by()).count();
                prop_assert!(words + name.artists().flatten().count() < 10_000);
                prop_assert!(track.release_date().len() < 10_000);
            }
        }
    }
}
