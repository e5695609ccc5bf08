//! Reading a library.

use cuepoint_core::rekordbox::{Library, read};
use cuepoint_fixtures::{LibrarySpec, library};
use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher, black_box};
use quick_xml::Reader;
use quick_xml::events::Event;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn parse(bencher: Bencher<'_, '_>, tracks: usize) {
    let xml = library(LibrarySpec::of(tracks));
    bencher
        .counter(BytesCount::of_str(&xml))
        .counter(ItemsCount::new(tracks))
        .bench(|| parsed(black_box(&xml)));
}

fn parsed(xml: &str) -> Library {
    read(xml.as_bytes()).unwrap_or_else(|error| panic!("a generated library is sound: {error}"))
}

#[divan::bench]
fn parse_empty_library(bencher: Bencher<'_, '_>) {
    parse(bencher, 0);
}

#[divan::bench]
fn parse_minimal_xml(bencher: Bencher<'_, '_>) {
    parse(bencher, 1);
}

#[divan::bench]
fn parse_large_xml(bencher: Bencher<'_, '_>) {
    parse(bencher, 500);
}

#[divan::bench(sample_count = 5)]
fn parse_50k_tracks(bencher: Bencher<'_, '_>) {
    parse(bencher, 50_000);
}

/// The least that reading the same file can cost: every event and attribute, and nothing kept.
#[divan::bench(sample_count = 5)]
fn quick_xml_loop_50k(bencher: Bencher<'_, '_>) {
    let xml = library(LibrarySpec::of(50_000));
    bencher.counter(BytesCount::of_str(&xml)).bench(|| visit(black_box(&xml)));
}

fn visit(xml: &str) -> usize {
    let mut reader = Reader::from_str(xml);
    let mut bytes = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                for attribute in element.attributes().with_checks(false).flatten() {
                    bytes += black_box(&attribute.value).len();
                }
            }
            Ok(Event::Eof) | Err(_) => return bytes,
            Ok(_) => {}
        }
    }
}
