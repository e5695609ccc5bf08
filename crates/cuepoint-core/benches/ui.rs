//! What a user waits for after touching a key: all that a window needs before it can draw.

use cuepoint_core::browse::{Browser, KeyPress, Screen};
use cuepoint_core::catalogue::Catalogue;
use cuepoint_core::export::{Delimiter, RunNote, write_matches_csv};
use cuepoint_core::matching::{Progress, TrackMatch, Workers, match_all};
use cuepoint_core::rekordbox::{Library, Track, parse};
use cuepoint_core::results::{Direction, FilterSpec, Matched, SavedTable, SortKey, Table};
use cuepoint_fixtures::{CatalogueSpec, LibrarySpec, stored_catalogue, stored_library};
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Rows of the table, matched and not.
const ROWS: usize = 10_000;

/// Rows that fit on a screen.
const PAGE: usize = 50;

/// What is typed before a key is pressed, and the key.
const KEYSTROKES: [(&str, KeyPress); 8] = [
    ("", KeyPress::Letter('l')),
    ("l", KeyPress::Letter('o')),
    ("lo", KeyPress::Letter('v')),
    ("lov", KeyPress::Letter('e')),
    ("love", KeyPress::Backspace),
    ("lov", KeyPress::Backspace),
    ("r", KeyPress::Letter('e')),
    ("re", KeyPress::Letter('m')),
];

/// Rows that are matched. Matching all of them takes a second, and is not what is measured.
const MATCHED: usize = 1_000;

/// A match for each track: those of the first tracks, repeated.
fn matched(library: &Library, catalogue: &Catalogue) -> Vec<Option<TrackMatch>> {
    let tracks: Vec<Track<'_>> = library.collection.tracks().take(MATCHED).collect();
    let found = match_all(&tracks, catalogue, Workers::Pool, &Progress::default());
    found.iter().cycle().take(ROWS).cloned().collect()
}

/// The table as `cuepoint match` writes it and `cuepoint browse` reads it.
fn saved() -> SavedTable {
    let spec = CatalogueSpec { library: LibrarySpec::of(ROWS), entries: 0 };
    let library = parse(stored_library(spec.library).as_bytes()).expect("well-formed");
    let catalogue = Catalogue::decode(&stored_catalogue(spec)).expect("the file of this version");
    let found = matched(&library, &catalogue);
    let tracks: Vec<Track<'_>> = library.collection.tracks().collect();
    let table = Table::of(Matched::rows(&tracks, &found, &catalogue));
    let run = RunNote { id: String::new(), complete: true };
    let mut text = Vec::new();
    write_matches_csv(&mut text, &run, table.all().rows(), Delimiter::Comma).expect("memory");
    SavedTable::read(&text).expect("the table was just written")
}

/// A key in the table of `cuepoint browse` (filter, sort, the first page as texts), and then Enter
/// (all cells of the first row as texts).
#[divan::bench(sample_count = 64, sample_size = 1)]
fn ui_response(bencher: Bencher<'_, '_>) {
    let SavedTable { head, rows } = saved();
    let table = Table::of(rows);
    let before = KEYSTROKES.map(|(text, key)| {
        let spec = FilterSpec { text: text.to_owned(), ..FilterSpec::default() };
        let mut browser = Browser::new(&head, &table, spec);
        browser.sort(SortKey::Title, Direction::Ascending);
        browser.resize(PAGE);
        (browser, key)
    });
    let mut keystrokes = before.iter().cycle().cloned();
    bencher.with_inputs(|| keystrokes.next()).bench_local_values(|keystroke| {
        let (mut browser, key) = keystroke?;
        Some([press(&mut browser, key), press(&mut browser, KeyPress::Open)])
    });
}

fn press(browser: &mut Browser<'_>, key: KeyPress) -> Screen {
    let _quits = browser.press(key);
    browser.screen()
}
