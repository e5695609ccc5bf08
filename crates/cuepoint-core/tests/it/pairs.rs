//! Pairs of tracks written and judged by hand: whether the matcher sees what a DJ sees.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cuepoint_core::catalogue::{Catalogue, Entry};
use cuepoint_core::matching::{ReviewReason, TrackMatch, Wanted, match_track};

/// The share of pairs, of 100, that the matcher has to judge as the hand does.
const FLOOR: usize = 98;

struct Pair {
    line: usize,
    cells: BTreeMap<String, String>,
}

impl Pair {
    fn get(&self, name: &str) -> &str {
        self.cells.get(name).map_or("", String::as_str)
    }

    fn list(&self, name: &str) -> Vec<String> {
        let items = self.get(name).split(';').map(|item| item.trim().to_owned());
        items.filter(|item| !item.is_empty()).collect()
    }

    fn matched(&self) -> TrackMatch {
        let entry = Entry {
            id: 1,
            title: self.get("catalogue_title").to_owned(),
            mix: self.get("catalogue_mix").to_owned(),
            artists: self.list("catalogue_artists"),
            remixers: self.list("catalogue_remixers"),
            seconds: self.get("catalogue_seconds").parse().ok(),
            ..Entry::default()
        };
        let catalogue = Catalogue::build(&[entry]).expect("one entry has one id");
        let mut wanted = Wanted::of_text(self.get("title"), self.get("artist"));
        wanted.seconds = self.get("seconds").parse().ok();
        match_track(&wanted, &catalogue)
    }

    /// What the matcher says, in the words of the file.
    fn verdict(&self) -> &'static str {
        let found = self.matched();
        match found.best() {
            None => "different",
            Some(_) if found.reasons.contains(&ReviewReason::OtherVersion) => "version",
            Some(_) => "same",
        }
    }
}

fn pairs() -> Vec<Pair> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/matching/pairs.csv");
    let text = fs::read_to_string(path).expect("the pairs are there");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.deserialize().enumerate();
    rows.map(|(at, cells)| Pair { line: at + 2, cells: cells.expect("a whole row") }).collect()
}

#[test]
fn the_matcher_judges_pairs_as_a_dj_does() {
    let pairs = pairs();
    assert!(pairs.len() >= 150, "{} pairs", pairs.len());
    let mut wrong = Vec::new();
    for pair in &pairs {
        let (expected, verdict) = (pair.get("expect"), pair.verdict());
        if verdict != expected {
            let (title, artist) = (pair.get("title"), pair.get("artist"));
            wrong.push(format!("{}: {artist} | {title}: {verdict}, not {expected}", pair.line));
        }
    }
    let right = pairs.len() - wrong.len();
    assert!(
        100 * right >= FLOOR * pairs.len(),
        "{right} of {}:\n{}",
        pairs.len(),
        wrong.join("\n")
    );
}

#[test]
fn no_other_work_is_ever_taken_for_the_track() {
    for pair in pairs().iter().filter(|pair| pair.get("expect") == "different") {
        assert_eq!(pair.verdict(), "different", "line {}: {}", pair.line, pair.get("title"));
    }
}
