//! Reading library files from memory.

use std::sync::OnceLock;

use cuepoint_core::rekordbox::parse;
use cuepoint_fixtures::{LibrarySpec, library, stored_library};
use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher, black_box};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Large enough that what grows faster than the file shows.
const MANY: usize = 50_000;

/// Shared by the two benches that need it, and generated for these only.
fn many_tracks() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| stored_library(LibrarySpec::of(MANY)))
}

fn bench_parse(bencher: Bencher<'_, '_>, text: &str, tracks: usize) {
    bencher
        .counter(BytesCount::of_str(text))
        .counter(ItemsCount::new(tracks))
        .bench_local(|| parse(black_box(text.as_bytes())));
}

#[divan::bench]
fn parse_empty_library(bencher: Bencher<'_, '_>) {
    bench_parse(bencher, &library(LibrarySpec::of(0)), 0);
}

#[divan::bench]
fn parse_minimal_xml(bencher: Bencher<'_, '_>) {
    bench_parse(bencher, &library(LibrarySpec::of(1)), 1);
}

#[divan::bench]
fn parse_large_xml(bencher: Bencher<'_, '_>) {
    bench_parse(bencher, &library(LibrarySpec::of(500)), 500);
}

/// A fifth of the next one: the two show whether time grows faster than the file.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn parse_10k_tracks(bencher: Bencher<'_, '_>) {
    bench_parse(bencher, &stored_library(LibrarySpec::of(10_000)), 10_000);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn parse_50k_tracks(bencher: Bencher<'_, '_>) {
    bench_parse(bencher, many_tracks(), MANY);
}

/// What `parse_50k_tracks` cannot be faster than: every event and attribute visited, none read.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn quick_xml_loop_50k(bencher: Bencher<'_, '_>) {
    let text = many_tracks();
    bencher
        .counter(BytesCount::of_str(text))
        .counter(ItemsCount::new(MANY))
        .bench_local(|| visit_all(black_box(text.as_bytes())));
}

fn visit_all(text: &[u8]) -> usize {
    let mut reader = Reader::from_reader(text);
    let mut attributes = 0;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) | Event::Empty(tag) => attributes += visit_attributes(&tag),
            Event::Eof => break,
            _ => {}
        }
    }
    attributes
}

fn visit_attributes(tag: &BytesStart<'_>) -> usize {
    tag.attributes().with_checks(false).filter(|attribute| black_box(attribute).is_ok()).count()
}
