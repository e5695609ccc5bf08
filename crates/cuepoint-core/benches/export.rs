//! Writing tables as CSV.

use std::env::temp_dir;
use std::path::{Path, PathBuf};
use std::{fs, io, process};

use cuepoint_core::export::{Delimiter, write_csv, write_file};
use cuepoint_core::rekordbox::{Library, Track, parse};
use cuepoint_core::results::{FilterSpec, Table, View};
use cuepoint_fixtures::{LibrarySpec, stored_library};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn read(tracks: usize) -> Library {
    let text = stored_library(LibrarySpec::of(tracks));
    parse(text.as_bytes()).expect("generated libraries are well-formed")
}

fn export(view: &View<'_, Track<'_>>, out: impl io::Write) {
    write_csv(out, view.rows(), Delimiter::Comma).expect("the table can be written");
}

fn bench_export(bencher: Bencher<'_, '_>, tracks: usize) {
    let library = read(tracks);
    let table = Table::of_collection(&library.collection);
    let view = table.filter(&FilterSpec::default());
    bencher.counter(ItemsCount::new(tracks)).bench_local(|| {
        let mut out = Vec::new();
        export(&view, &mut out);
        out
    });
}

#[divan::bench]
fn export_csv_100_tracks(bencher: Bencher<'_, '_>) {
    bench_export(bencher, 100);
}

#[divan::bench]
fn export_csv_1000_tracks(bencher: Bencher<'_, '_>) {
    bench_export(bencher, 1_000);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn export_csv_10k_tracks(bencher: Bencher<'_, '_>) {
    bench_export(bencher, 10_000);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn export_csv_50k_tracks(bencher: Bencher<'_, '_>) {
    bench_export(bencher, 50_000);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn export_csv_100k_tracks(bencher: Bencher<'_, '_>) {
    bench_export(bencher, 100_000);
}

/// What `export_csv_100k_tracks` cannot be faster than: the same cells, ready made.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn csv_crate_100k_records(bencher: Bencher<'_, '_>) {
    let library = read(100_000);
    let table = Table::of_collection(&library.collection);
    let mut text = Vec::new();
    export(&table.all(), &mut text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
    let records: Vec<csv::ByteRecord> =
        reader.byte_records().map(|record| record.expect("the table was just written")).collect();
    bencher.counter(ItemsCount::new(100_000_usize)).bench_local(|| {
        let mut out = Vec::new();
        let builder = &mut csv::WriterBuilder::new();
        let mut writer = builder.terminator(csv::Terminator::CRLF).from_writer(&mut out);
        for record in &records {
            writer.write_byte_record(record).expect("memory takes all");
        }
        writer.flush().expect("memory takes all");
        drop(writer);
        out
    });
}

/// To a file in memory where the system has a place for such, with the rename at the end.
#[divan::bench]
fn export_csv_1000_tracks_file(bencher: Bencher<'_, '_>) {
    let library = read(1_000);
    let table = Table::of_collection(&library.collection);
    let view = table.filter(&FilterSpec::default());
    let path = memory_folder().join(format!("cuepoint-bench-{}.csv", process::id()));
    bencher.counter(ItemsCount::new(1_000_usize)).bench_local(|| {
        write_file(&path, |out| {
            export(&view, out);
            Ok(())
        })
    });
    // Only the folder for temporary files is left with it if this fails.
    let _ = fs::remove_file(&path);
}

fn memory_folder() -> PathBuf {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared.to_owned() } else { temp_dir() }
}
