//! What a keystroke costs: filtering, sorting and paging the table of tracks.

use cuepoint_core::rekordbox::{Library, read};
use cuepoint_core::results::{Filter, Range, SortKey, Table};
use cuepoint_fixtures::{LibrarySpec, library};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const FILTERS: [&str; 8] =
    ["one_char", "frequent", "rare", "no_hit", "accented", "year", "bpm", "all"];

fn filter_of(name: &str) -> Filter {
    let text = |text: &str| Filter { text: text.to_owned(), ..Filter::default() };
    match name {
        "one_char" => text("e"),
        "frequent" => text("mix"),
        "rare" => text("rework"),
        "no_hit" => text("zzyzx road"),
        "accented" => text("É"),
        "year" => Filter { year: Range { from: Some(2005), to: Some(2015) }, ..Filter::default() },
        "bpm" => Filter { bpm: Range { from: Some(120.0), to: Some(130.0) }, ..Filter::default() },
        _ => Filter::default(),
    }
}

fn tracks(count: usize) -> Library {
    let xml = library(LibrarySpec::of(count));
    read(xml.as_bytes()).unwrap_or_else(|error| panic!("a generated library is sound: {error}"))
}

fn filter(bencher: Bencher<'_, '_>, count: usize, name: &str) {
    let library = tracks(count);
    let (table, filter) = (Table::new(&library), filter_of(name));
    bencher.counter(ItemsCount::new(count)).bench(|| table.filter(black_box(&filter)));
}

#[divan::bench(args = FILTERS)]
fn filter_100_tracks(bencher: Bencher<'_, '_>, name: &str) {
    filter(bencher, 100, name);
}

#[divan::bench(args = FILTERS)]
fn filter_1000_tracks(bencher: Bencher<'_, '_>, name: &str) {
    filter(bencher, 1000, name);
}

#[divan::bench(args = ["one_char", "year"])]
fn filter_10000_tracks(bencher: Bencher<'_, '_>, name: &str) {
    filter(bencher, 10_000, name);
}

#[divan::bench]
fn sort_1000_tracks(bencher: Bencher<'_, '_>) {
    let library = tracks(1000);
    let table = Table::new(&library);
    bencher.counter(ItemsCount::new(1000_usize)).with_inputs(|| table.rows()).bench_refs(|rows| {
        table.sort(black_box(rows), SortKey::Title, false);
    });
}

#[divan::bench]
fn table_of_1000_tracks(bencher: Bencher<'_, '_>) {
    let library = tracks(1000);
    bencher.counter(ItemsCount::new(1000_usize)).bench(|| Table::new(black_box(&library)));
}
