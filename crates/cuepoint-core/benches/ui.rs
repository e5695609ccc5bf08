//! What a user waits for after touching a key: all that a window needs before it can draw.

use std::fmt::Write;

use cuepoint_core::catalogue::{CatalogSource, Catalogue};
use cuepoint_core::matching::{Progress, TrackMatch, Workers, match_all};
use cuepoint_core::rekordbox::{Library, Track, parse};
use cuepoint_core::results::{Direction, FilterSpec, Item, Matched, Row, SortKey, Table, View};
use cuepoint_fixtures::{CatalogueSpec, LibrarySpec, stored_catalogue, stored_library};
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Rows of the table, matched and not.
const ROWS: usize = 10_000;

/// Rows that fit on a screen.
const PAGE: usize = 50;

/// What is typed, letter after letter.
const KEYSTROKES: [&str; 8] = ["l", "lo", "lov", "love", "lov", "lo", "re", "rem"];

/// Rows that are matched. Matching all of them takes a second, and is not what is measured.
const MATCHED: usize = 1_000;

/// A match for each track: those of the first tracks, repeated.
fn matched(library: &Library, catalogue: &Catalogue) -> Vec<Option<TrackMatch>> {
    let tracks: Vec<Track<'_>> = library.collection.tracks().take(MATCHED).collect();
    let found = match_all(&tracks, catalogue, Workers::Pool, &Progress::default());
    found.iter().cycle().take(ROWS).cloned().collect()
}

/// A keystroke in the search box (filter, sort, the first page as texts), then a click on the
/// first row (its candidates as texts) while matching reports its progress.
#[divan::bench(sample_count = 64, sample_size = 1)]
fn ui_response(bencher: Bencher<'_, '_>) {
    let spec = CatalogueSpec { library: LibrarySpec::of(ROWS), entries: 0 };
    let library = parse(stored_library(spec.library).as_bytes()).expect("well-formed");
    let catalogue = Catalogue::decode(&stored_catalogue(spec)).expect("the file of this version");
    let found = matched(&library, &catalogue);
    let tracks: Vec<Track<'_>> = library.collection.tracks().collect();
    let table = Table::of(Matched::rows(&tracks, &found, &catalogue));
    let progress = Progress::default();
    let mut keystrokes = KEYSTROKES.iter().cycle();
    bencher.with_inputs(|| keystrokes.next()).bench_local_values(|keystroke| {
        let view = typed(&table, keystroke.unwrap_or(&""));
        let mut screen = page(&view);
        if let Some(row) = view.rows().next() {
            screen += &candidates(&row, &catalogue);
        }
        (screen, black_box(&progress).done())
    });
}

fn typed<'t, R: Item>(table: &'t Table<R>, text: &str) -> View<'t, R> {
    let spec = FilterSpec { text: text.to_owned(), ..FilterSpec::default() };
    let mut view = table.filter(&spec);
    view.sort(SortKey::Title, Direction::Ascending);
    view
}

fn page(view: &View<'_, Matched<'_>>) -> String {
    let mut screen = String::new();
    for row in view.page(0, PAGE) {
        let (track, best) = (row.item.track, row.item.best);
        let found = best.map_or(("", ""), |best| (best.title(), best.artists()));
        // Writing to a string cannot fail.
        let _ = writeln!(screen, "{} {} {} {found:?}", row.index, track.title(), track.artist());
    }
    screen
}

fn candidates(row: &Row<'_, Matched<'_>>, catalogue: &Catalogue) -> String {
    let mut list = String::new();
    let candidates = row.item.found.map_or(&[][..], |found| &found.candidates);
    for candidate in candidates {
        if let Some(track) = catalogue.get(candidate.id) {
            let _ = writeln!(list, "{} {} {}", candidate.score.total, track.title(), track.mix());
        }
    }
    list
}
