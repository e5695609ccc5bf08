//! What happens between a keystroke in the search box and the rows on the screen.

use cuepoint_core::rekordbox::{Bpm, Library, parse};
use cuepoint_core::results::{Bounds, Direction, FilterSpec, SortKey, Table};
use cuepoint_fixtures::{LibrarySpec, stored_library};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// What users filter by, from everything to nothing.
const SPECS: [&str; 8] =
    ["one_char", "frequent", "rare", "no_hit", "accented", "year", "bpm", "all"];

fn spec(name: &str) -> FilterSpec {
    let text = |text: &str| FilterSpec { text: text.to_owned(), ..FilterSpec::default() };
    match name {
        "one_char" => text("e"),
        "frequent" => text("mix"),
        "rare" => text("mashup"),
        "no_hit" => text("qqqq"),
        "accented" => text("Lövé"),
        "year" => FilterSpec { year: Bounds::between(2010, 2015), ..FilterSpec::default() },
        "bpm" => {
            let bpm = Bounds::between(Bpm::from_hundredths(12_000), Bpm::from_hundredths(12_800));
            FilterSpec { bpm, ..FilterSpec::default() }
        }
        _ => FilterSpec::default(),
    }
}

fn read(tracks: usize) -> Library {
    let text = stored_library(LibrarySpec::of(tracks));
    parse(text.as_bytes()).expect("generated libraries are well-formed")
}

fn bench_filter(bencher: Bencher<'_, '_>, tracks: usize, name: &str) {
    let library = read(tracks);
    let table = Table::of_collection(&library.collection);
    let spec = spec(name);
    bencher.counter(ItemsCount::new(tracks)).bench_local(|| table.filter(black_box(&spec)).len());
}

#[divan::bench(args = SPECS)]
fn filter_100_tracks(bencher: Bencher<'_, '_>, name: &str) {
    bench_filter(bencher, 100, name);
}

#[divan::bench(args = SPECS)]
fn filter_1000_tracks(bencher: Bencher<'_, '_>, name: &str) {
    bench_filter(bencher, 1_000, name);
}

/// A keystroke that matches nearly every row of a large library.
#[divan::bench]
fn filter_10k_tracks(bencher: Bencher<'_, '_>) {
    bench_filter(bencher, 10_000, "one_char");
}

#[divan::bench]
fn filter_50k_tracks(bencher: Bencher<'_, '_>) {
    bench_filter(bencher, 50_000, "one_char");
}

#[divan::bench]
fn filter_100k_tracks(bencher: Bencher<'_, '_>) {
    bench_filter(bencher, 100_000, "one_char");
}

#[divan::bench]
fn table_1000_tracks(bencher: Bencher<'_, '_>) {
    let library = read(1_000);
    bencher
        .counter(ItemsCount::new(1_000_usize))
        .bench_local(|| Table::of_collection(black_box(&library.collection)));
}

fn bench_sort(bencher: Bencher<'_, '_>, key: SortKey) {
    let library = read(1_000);
    let table = Table::of_collection(&library.collection);
    let view = table.filter(&FilterSpec::default());
    bencher
        .counter(ItemsCount::new(1_000_usize))
        .with_inputs(|| view.clone())
        .bench_local_refs(|view| view.sort(black_box(key), Direction::Ascending));
}

#[divan::bench]
fn sort_title_1000_tracks(bencher: Bencher<'_, '_>) {
    bench_sort(bencher, SortKey::Title);
}

#[divan::bench]
fn sort_bpm_1000_tracks(bencher: Bencher<'_, '_>) {
    bench_sort(bencher, SortKey::Bpm);
}

/// The fifty rows that a screen shows, from the middle, each looked at as it would be drawn.
#[divan::bench]
fn page_1000_tracks(bencher: Bencher<'_, '_>) {
    let library = read(1_000);
    let table = Table::of_collection(&library.collection);
    let view = table.filter(&FilterSpec::default());
    bencher.counter(ItemsCount::new(50_usize)).bench_local(|| {
        for row in view.page(black_box(475), 50) {
            black_box((row.item.title(), row.item.artist(), row.item.bpm(), row.item.key()));
        }
    });
}
