//! Building, opening and searching a catalogue.

use cuepoint_core::catalogue::{CatalogSource, Catalogue, Entry, Field, Query, Term, read_csv};
use cuepoint_fixtures::{CatalogueSpec, LibrarySpec, catalogue_csv, stored_catalogue, stored_rows};
use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn spec(tracks: usize) -> CatalogueSpec {
    CatalogueSpec { library: LibrarySpec::of(1_000), entries: tracks }
}

fn rows(tracks: usize) -> Vec<Entry> {
    let mut rows = stored_rows(spec(tracks));
    rows.truncate(tracks);
    rows
}

fn bench_build(bencher: Bencher<'_, '_>, tracks: usize) {
    let entries = rows(tracks);
    bencher.counter(ItemsCount::new(tracks)).bench_local(|| Catalogue::build(black_box(&entries)));
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn catalogue_build_10k(bencher: Bencher<'_, '_>) {
    bench_build(bencher, 10_000);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn catalogue_build_50k(bencher: Bencher<'_, '_>) {
    bench_build(bencher, 50_000);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn catalogue_read_csv_10k(bencher: Bencher<'_, '_>) {
    let text = catalogue_csv(&rows(10_000)).expect("memory takes all");
    bencher
        .counter(BytesCount::of_slice(&text))
        .bench_local(|| read_csv(black_box(&text)).map(|entries| entries.len()));
}

fn bench_open(bencher: Bencher<'_, '_>, tracks: usize) {
    let bytes = stored_catalogue(spec(tracks));
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .counter(ItemsCount::new(tracks))
        .bench_local(|| Catalogue::decode(black_box(&bytes)));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn catalogue_open_20k(bencher: Bencher<'_, '_>) {
    bench_open(bencher, 20_000);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn catalogue_open_100k(bencher: Bencher<'_, '_>) {
    bench_open(bencher, 100_000);
}

/// Queries over which the searches rotate.
const ROTATION: u32 = 64;

/// The title and first artist of tracks from all over the catalogue, as words.
fn queries(rows: &[Entry]) -> Vec<Query> {
    let terms = |text: &str, field| {
        cuepoint_core::name::words(text).into_iter().map(move |word| Term { word, field })
    };
    let query = |row: &Entry| {
        let artist = row.artists.first().map_or("", String::as_str);
        Query {
            terms: terms(&row.title, Field::Title).chain(terms(artist, Field::Artist)).collect(),
        }
    };
    rows.iter().step_by(rows.len() / ROTATION as usize).take(ROTATION as usize).map(query).collect()
}

fn bench_search(bencher: Bencher<'_, '_>, tracks: usize) {
    let rows = rows(tracks);
    let bytes = stored_catalogue(spec(tracks));
    let catalogue = Catalogue::decode(&bytes).expect("the file of this version");
    let queries = queries(&rows);
    let mut next = queries.iter().cycle();
    bencher
        .with_inputs(|| next.next())
        .bench_local_values(|query| Some(catalogue.search(query?, 32)));
}

#[divan::bench(sample_count = ROTATION, sample_size = 1)]
fn search_20k(bencher: Bencher<'_, '_>) {
    bench_search(bencher, 20_000);
}

#[divan::bench(sample_count = ROTATION, sample_size = 1)]
fn search_100k(bencher: Bencher<'_, '_>) {
    bench_search(bencher, 100_000);
}
