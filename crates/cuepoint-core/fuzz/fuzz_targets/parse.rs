//! The Rekordbox reader on any bytes: it does not panic, its memory is bounded by the size of the
//! file, and what it returns holds together. libFuzzer's `-timeout` sees to it that it ends.

#![no_main]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use cuepoint_core::rekordbox::{Library, ParseError, Track, parse};
use libfuzzer_sys::fuzz_target;

/// Bytes of memory that a byte of the file may cost at the peak.
const BYTES_PER_BYTE: usize = 64;

/// Bytes of memory that any file may cost.
const FIXED_BYTES: usize = 1 << 20;

#[global_allocator]
static MEMORY: Counted = Counted { live: AtomicUsize::new(0), peak: AtomicUsize::new(0) };

fuzz_target!(|data: &[u8]| {
    let before = MEMORY.restart();
    let result = parse(data);
    let peak = MEMORY.peak.load(Relaxed) - before;
    let allowed = BYTES_PER_BYTE * data.len() + FIXED_BYTES;
    assert!(peak <= allowed, "{peak} bytes of memory for a file of {} bytes", data.len());
    match result {
        Ok(library) => check_library(&library, data.len()),
        Err(error) => check_error(&error, data.len()),
    }
});

fn check_error(error: &ParseError, len: usize) {
    assert!(error.position.offset <= len as u64, "the place is beyond the end: {error}");
    black_box(error.to_string());
}

fn check_library(library: &Library, len: usize) {
    let collection = &library.collection;
    assert_eq!(library.report.read, collection.len() as u64);
    for track in collection.tracks() {
        check_track(track);
        let Some(id) = track.id() else { continue };
        let first = collection.by_id(id).expect("its identifier is known");
        assert!(first.index() <= track.index(), "an identifier means the first of its tracks");
    }
    check_playlists(library);
    let examples = library.report.warnings.iter().flat_map(|warning| &warning.examples);
    for position in examples.filter_map(|example| example.position) {
        assert!(position.offset <= len as u64, "the place is beyond the end: {position:?}");
    }
}

fn check_track(track: Track<'_>) {
    assert!(!track.title().trim().is_empty(), "the title of track {} is blank", track.index());
    // A text that lies outside the buffer panics when it is asked for.
    black_box([
        track.artist(),
        track.composer(),
        track.album(),
        track.grouping(),
        track.genre(),
        track.kind(),
        track.comments(),
        track.location(),
        track.remixer(),
        track.key(),
        track.label(),
        track.mix(),
    ]);
    for tempo in track.tempos() {
        assert!(tempo.start.is_finite(), "{tempo:?}");
    }
    for mark in track.marks() {
        assert!(mark.start.is_finite() && mark.end.is_none_or(f64::is_finite), "{mark:?}");
    }
}

fn check_playlists(library: &Library) {
    let tracks = library.collection.len();
    for node in library.playlists.nodes() {
        black_box((node.name(), node.kind()));
        for entry in node.entries() {
            black_box(entry.key);
            assert!(entry.track.is_none_or(|track| track < tracks), "{entry:?} of {tracks} tracks");
        }
    }
    // Of one node only: the paths of all are quadratic in the depth of the folders.
    if let Some(last) = library.playlists.nodes().last() {
        black_box((last.path(), last.depth()));
    }
}

/// The system's allocator, counting bytes.
///
/// Growth is counted as a move, with the old block and the new one alive at once: what `realloc`
/// costs at worst, and the same on every machine.
struct Counted {
    live: AtomicUsize,
    peak: AtomicUsize,
}

impl Counted {
    /// Forgets the peak; returns the bytes that are alive.
    fn restart(&self) -> usize {
        let live = self.live.load(Relaxed);
        self.peak.store(live, Relaxed);
        live
    }
}

// SAFETY: blocks come from the system's allocator and go back to it, with the layout unchanged.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = self.live.fetch_add(layout.size(), Relaxed) + layout.size();
        self.peak.fetch_max(live, Relaxed);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.live.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above; `block` is from `alloc`.
        unsafe { System.dealloc(block, layout) }
    }
}
