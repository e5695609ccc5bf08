//! What holds for every library: no text is lost, no cut goes unnoticed, no depth is too deep.

use cuepoint_core::rekordbox::{FindError, WarningKind, parse};
use cuepoint_fixtures::{LibrarySpec, LineEnd, SIZES, escape_attribute, library};
use proptest::prelude::*;

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    escape_attribute(&mut quoted, text);
    quoted + "\""
}

fn library_with(title: &str, comment: &str, playlist: &str) -> String {
    format!(
        "<DJ_PLAYLISTS><COLLECTION Entries='1'><TRACK TrackID='1' Name={} Comments={}/></COLLECTION>\
         <PLAYLISTS><NODE Type='0' Name='ROOT'><NODE Type='1' Name={}/></NODE></PLAYLISTS>\
         </DJ_PLAYLISTS>",
        quoted(title),
        quoted(comment),
        quoted(playlist)
    )
}

proptest! {
    #[test]
    fn any_text_survives(title: String, comment: String, playlist: String) {
        prop_assume!(!title.trim().is_empty());
        let library = parse(library_with(&title, &comment, &playlist).as_bytes())?;
        let track = library.collection.get(0).unwrap();
        prop_assert_eq!(track.title(), title);
        prop_assert_eq!(track.comments(), comment);
        prop_assert_eq!(library.playlists.playlists().next().unwrap().name(), playlist);
        prop_assert_eq!(library.report.warnings, []);
    }

    #[test]
    fn any_cut_is_an_error(cut in 0.0..1.0_f64, seed: u64, crlf: bool) {
        let line_end = if crlf { LineEnd::CrLf } else { LineEnd::Lf };
        let text = library(LibrarySpec { tracks: 5, seed, line_end });
        let whole = text.trim_end().len();
        let cut = (whole as f64 * cut) as usize;
        prop_assert!(parse(&text.as_bytes()[..cut]).is_err(), "cut at {} of {}", cut, whole);
    }

    #[test]
    fn any_cut_of_utf16_is_an_error(cut in 0.0..1.0_f64) {
        let text = library(LibrarySpec::of(2));
        let units = text.trim_end().encode_utf16().flat_map(u16::to_le_bytes);
        let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(units).collect();
        let cut = (bytes.len() as f64 * cut) as usize;
        prop_assert!(parse(&bytes[..cut]).is_err(), "cut at {} of {}", cut, bytes.len());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, markup in "[<>/&;\"=?!A-Z \\[\\]-]{0,60}") {
        let _ = parse(&bytes);
        let _ = parse(markup.as_bytes());
        let _ = parse(format!("<DJ_PLAYLISTS>{markup}</DJ_PLAYLISTS>").as_bytes());
    }
}

#[test]
fn every_cut_of_a_small_file_is_an_error() {
    let text = library(LibrarySpec::of(1));
    for cut in 0..text.trim_end().len() {
        assert!(parse(&text.as_bytes()[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn generated_libraries_are_read_whole() {
    for tracks in SIZES.into_iter().filter(|&tracks| tracks <= 10_000) {
        let library = parse(library(LibrarySpec::of(tracks)).as_bytes()).unwrap();
        assert_eq!(library.report.declared, Some(tracks as u64));
        assert_eq!(library.report.read, tracks as u64);
        assert_eq!(library.report.warnings, []);
        assert_eq!(library.playlists.playlists().count(), tracks / 60 + 1);
    }
}

#[test]
fn folders_a_thousand_deep_are_read() {
    let open: String = (0..1_000).map(|depth| format!("<NODE Type='0' Name='{depth}'>")).collect();
    let text = format!(
        "<DJ_PLAYLISTS><COLLECTION/><PLAYLISTS>{open}<NODE Type='1' Name='leaf'/>{}</PLAYLISTS>\
         </DJ_PLAYLISTS>",
        "</NODE>".repeat(1_000)
    );
    let library = parse(text.as_bytes()).unwrap();
    let leaf = library.playlists.playlists().next().unwrap();
    assert_eq!(leaf.depth(), 1_000);
    assert!(leaf.path().ends_with("/998/999/leaf"));
    assert_eq!(library.playlists.find(&leaf.path()).unwrap().name(), "leaf");
}

#[test]
fn a_false_number_of_entries_reserves_no_memory() {
    let text = "<DJ_PLAYLISTS><COLLECTION Entries='18446744073709551615'/></DJ_PLAYLISTS>";
    assert_eq!(parse(text.as_bytes()).unwrap().report.count(WarningKind::DeclaredTracks), 1);
}

#[test]
fn warnings_are_bounded_however_damaged_the_file_is() {
    let track = "<TRACK TrackID='1' Name='a' Year='x'/>";
    let text =
        format!("<DJ_PLAYLISTS><COLLECTION>{}</COLLECTION></DJ_PLAYLISTS>", track.repeat(5_000));
    let report = parse(text.as_bytes()).unwrap().report;
    assert_eq!(report.count(WarningKind::BadValue), 5_000);
    assert_eq!(report.count(WarningKind::DuplicateTrackId), 4_999);
    assert!(report.warnings.iter().all(|warning| warning.examples.len() <= 3));
}

/// A tree of nodes: the name, whether it is a playlist, and whether a folder closes after it.
fn tree(nodes: &[(String, bool, bool)]) -> String {
    let mut text = String::from("<DJ_PLAYLISTS><PLAYLISTS><NODE Type='0' Name='ROOT'>");
    let mut open = 0;
    for (name, playlist, close) in nodes {
        let name = quoted(name);
        if *playlist {
            text += &format!("<NODE Type='1' Name={name}/>");
        } else {
            text += &format!("<NODE Type='0' Name={name}>");
            open += 1;
        }
        if *close && open > 0 {
            text += "</NODE>";
            open -= 1;
        }
    }
    text + &"</NODE>".repeat(open + 1) + "</PLAYLISTS></DJ_PLAYLISTS>"
}

proptest! {
    #[test]
    fn a_playlist_is_found_by_its_path_and_by_no_other(
        nodes in prop::collection::vec(("[ab/]{0,3}", any::<bool>(), any::<bool>()), 0..12),
        other in "[ab/]{0,6}",
    ) {
        let library = parse(tree(&nodes).as_bytes()).unwrap();
        let paths: Vec<String> = library.playlists.playlists().map(|node| node.path()).collect();
        for path in paths.iter().chain([&other]) {
            let expected = paths.iter().filter(|known| *known == path).count();
            let found = match library.playlists.find(path) {
                Ok(_) => 1,
                Err(FindError::NotFound) => 0,
                Err(FindError::Ambiguous(several)) => several,
            };
            prop_assert_eq!(found, expected, "{}", path);
        }
        for node in library.playlists.nodes() {
            prop_assert_eq!(node.is_deeper_than(2), node.depth() > 2);
        }
    }
}
