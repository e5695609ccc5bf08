//! Any bytes are read without a panic, in memory that their number bounds.

#![no_main]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use cuepoint_core::rekordbox::{Library, Location, parse};
use libfuzzer_sys::fuzz_target;

/// The memory that reading may take for each byte of the input.
const BYTES_PER_BYTE: usize = 64;

/// What it may take for none: buffers and examples of warnings.
const BASE_BYTES: usize = 1 << 20;

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all memory comes from the system's allocator; only sums are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(live, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|bytes: &[u8]| {
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let parsed = parse(bytes);
    let taken = PEAK.load(Relaxed) - before;
    assert!(
        taken <= BASE_BYTES + BYTES_PER_BYTE * bytes.len(),
        "{taken} bytes of memory for {} bytes",
        bytes.len()
    );
    if let Ok(library) = parsed {
        walk(&library);
    }
});

/// Looks at everything that was read.
fn walk(library: &Library) {
    for track in library.collection.tracks() {
        assert!(!track.title().trim().is_empty());
        let texts = [track.artist(), track.album(), track.genre(), track.comments(), track.key()];
        assert!(texts.iter().all(|text| text.len() < usize::MAX));
        assert!(Location::decode(track.location()).as_str().len() <= 3 * track.location().len());
        assert!(track.tempos().len() + track.marks().len() < usize::MAX);
    }
    for node in library.playlists.nodes() {
        assert!(node.path().len() >= node.name().len() || node.name() == "ROOT");
        for entry in node.entries() {
            let found = entry.track.map(|track| library.collection.get(track).is_some());
            assert_ne!(found, Some(false));
        }
    }
}
