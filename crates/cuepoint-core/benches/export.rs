//! Writing tracks as CSV.

use cuepoint_core::export::{CsvOptions, write_csv, write_whole};
use cuepoint_core::rekordbox::read;
use cuepoint_core::results::Table;
use cuepoint_fixtures::{LibrarySpec, library};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Calls `measure` with a table of so many tracks.
fn with_table(count: usize, measure: impl FnOnce(&Table<'_>)) {
    let xml = library(LibrarySpec::of(count));
    let library = read(xml.as_bytes());
    let library = library.unwrap_or_else(|error| panic!("a generated library is sound: {error}"));
    measure(&Table::new(&library));
}

fn into_memory(bencher: Bencher<'_, '_>, count: usize) {
    with_table(count, |table| {
        let rows = table.rows();
        bencher.counter(ItemsCount::new(count)).bench(|| {
            let mut bytes = Vec::new();
            let written = write_csv(black_box(table), &rows, CsvOptions::default(), &mut bytes);
            written.map(|()| bytes)
        });
    });
}

#[divan::bench]
fn export_csv_100_tracks(bencher: Bencher<'_, '_>) {
    into_memory(bencher, 100);
}

#[divan::bench]
fn export_csv_1000_tracks(bencher: Bencher<'_, '_>) {
    into_memory(bencher, 1000);
}

/// By way of a temporary file, which is flushed to the disk and renamed.
#[divan::bench]
fn export_csv_file_1000_tracks(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let path = folder.path().join("tracks.csv");
    with_table(1000, |table| {
        let rows = table.rows();
        bencher.counter(ItemsCount::new(1000_usize)).bench(|| {
            write_whole(&path, |out| write_csv(table, &rows, CsvOptions::default(), out))
        });
    });
}
