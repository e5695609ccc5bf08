//! A generated library never changes: measurements of different commits are made on the same bytes.

use cuepoint_fixtures::{LibrarySpec, SIZES, library};

/// FNV-1a, 64 bits.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whoever changes these starts the history of every benchmark that reads a library anew.
const GOLDEN: [u64; 7] = [
    0xd503_784b_997a_7631,
    0xa096_e39c_bd77_6c7d,
    0x64cd_d9b3_2752_13bc,
    0x88e1_fa1b_af53_bd3f,
    0x3168_9dbb_42e5_daa2,
    0x055c_7bf8_207e_b45e,
    0x5443_bb51_1624_71ee,
];

#[test]
fn every_size_has_its_fingerprint() {
    let hashes = SIZES.map(|tracks| fingerprint(&library(LibrarySpec::of(tracks))));
    assert_eq!(hashes, GOLDEN, "the generated libraries changed: {hashes:#x?}");
}

#[test]
fn another_seed_gives_another_library() {
    let spec = LibrarySpec::of(10);
    assert_ne!(library(spec), library(LibrarySpec { seed: 7, ..spec }));
}

#[test]
fn a_library_without_tracks_is_complete() {
    let text = library(LibrarySpec::of(0));
    assert!(text.contains("<COLLECTION Entries=\"0\">"));
    assert!(text.ends_with("</DJ_PLAYLISTS>\n"));
}
