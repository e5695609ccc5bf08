//! Writing tables as CSV.

use std::env::temp_dir;
use std::path::{Path, PathBuf};
use std::{fs, io, process};

use cuepoint_core::export::{Delimiter, write_csv, write_file};
use cuepoint_core::rekordbox::{Library, Track, parse};
use cuepoint_core::results::{FilterSpec, Table, View};
use cuepoint_fixtures::{LibrarySpec, library};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn read(tracks: usize) -> Library {
    parse(library(LibrarySpec::of(tracks)).as_bytes()).expect("generated libraries are well-formed")
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
