use super::*;
use proptest::prelude::*;

macro_rules! fixture {
    ($name:literal) => {
        &include_bytes!(concat!("../../../../fixtures/rekordbox/", $name))[..]
    };
}

fn library(bytes: &[u8]) -> Library {
    read(bytes).unwrap()
}

fn error(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

fn names(library: &Library) -> Vec<&str> {
    library.tracks().map(|track| track.name()).collect()
}

/// The count of a kind of warning, with the line and text of its first example.
fn warning(library: &Library, kind: WarningKind) -> (usize, usize, &str) {
    let warning = library.report.warnings.iter().find(|warning| warning.kind == kind).unwrap();
    (warning.count, warning.examples[0].line, &warning.examples[0].detail)
}

fn keys(library: &Library, path: &str) -> Vec<Option<usize>> {
    let playlist = library.playlists().find(|playlist| playlist.path() == path).unwrap();
    playlist.entries().map(|entry| entry.track).collect()
}

#[test]
fn everything_that_a_track_holds_is_read() {
    let library = library(fixture!("full.xml"));
    assert_eq!(
        library.product(),
        Product { name: "rekordbox", version: "6.7.3", company: "AlphaTheta" }
    );
    let track = library.track(0).unwrap();
    let texts = [
        (track.name(), "Night Train (Extended Mix)"),
        (track.artist(), "Ada Nova & Bo Quill"),
        (track.composer(), "C. Wells"),
        (track.album(), "Platforms"),
        (track.grouping(), "Rose"),
        (track.genre(), "House"),
        (track.kind(), "MP3 File "),
        (track.comments(), "8A - Energy 6"),
        (track.remixer(), "Bo Quill"),
        (track.tonality(), "8A"),
        (track.label(), "Quay"),
        (track.mix(), "Extended"),
        (track.date_modified(), "2024-02-01"),
        (track.date_added(), "2024-03-01"),
        (track.last_played(), "2024-05-09"),
    ];
    for (read, written) in texts {
        assert_eq!(read, written);
    }
    assert_eq!(decode_location(track.location()).unwrap(), "C:/Music/Night Train (Extended).mp3");
    assert_eq!((track.id(), track.size_bytes()), (268_146_255, Some(9_621_503)));
    assert_eq!((track.duration_s(), track.disc_number()), (Some(301), Some(1)));
    assert_eq!((track.track_number(), track.year()), (Some(4), Some(2019)));
    assert_eq!((track.bpm(), track.bit_rate_kbps()), (Some(124.5), Some(320)));
    assert_eq!((track.sample_rate_hz(), track.play_count()), (Some(44_100), Some(12)));
    assert_eq!((track.rating(), track.colour()), (Some(4), Some(0x00FF_007F)));
    assert_eq!(
        library.report,
        ParseReport { declared: Some(1), read: 1, ..ParseReport::default() }
    );
}

#[test]
fn tempos_and_cue_points_are_read() {
    let library = library(fixture!("full.xml"));
    let track = library.track(0).unwrap();
    let second = Tempo { start_s: Some(150.4), bpm: Some(125.0), beats: Some(3), beat: Some(3) };
    assert_eq!((track.tempos().len(), track.tempos()[1]), (2, second));
    let cues: Vec<CuePoint<'_>> = track.cue_points().collect();
    let hot = CuePoint {
        name: "Intro",
        kind: Some(CueKind::Cue),
        start_s: Some(0.025),
        end_s: None,
        hot: Some(0),
        colour: Some(0x0028_E214),
    };
    assert_eq!(cues[0], hot);
    assert_eq!((cues[1].kind, cues[1].end_s, cues[1].hot), (Some(CueKind::Loop), Some(75.5), None));
}

#[test]
fn playlists_have_paths_and_may_repeat_a_track() {
    let library = library(fixture!("full.xml"));
    let paths: Vec<String> = library.playlists().map(|playlist| playlist.path()).collect();
    assert_eq!(paths, ["ROOT", "Sets", "Sets/Friday"]);
    assert_eq!(keys(&library, "Sets/Friday"), [Some(0), Some(0)]);
    let folders: Vec<bool> = library.playlists().map(|p| p.is_playlist()).collect();
    assert_eq!(folders, [false, false, true]);
}

#[test]
fn encodings_are_told_apart() {
    assert_eq!(names(&library(fixture!("bom.xml"))), ["One", "Two"]);
    assert_eq!(names(&library(fixture!("utf-16-le.xml"))), ["Röntgen"]);
    assert_eq!(names(&library(fixture!("utf-16-be.xml"))), ["Röntgen"]);
    assert!(error(fixture!("utf-16-without-mark.xml")).contains("without a byte order mark"));
    let latin = read(fixture!("latin-1.xml")).unwrap_err();
    assert_eq!((latin.kind.clone(), latin.line), (ReadErrorKind::Encoding, 7));
    assert_eq!(fixture!("latin-1.xml")[latin.offset], 0xE9);
}

#[test]
fn what_ends_early_is_an_error() {
    assert!(error(fixture!("cut-in-tag.xml")).contains("damaged"));
    assert!(error(fixture!("cut-in-value.xml")).contains("damaged"));
    let between = read(fixture!("cut-between-tags.xml")).unwrap_err();
    assert_eq!((between.kind, between.line), (ReadErrorKind::EndsEarly, 8));
    assert!(error(fixture!("mismatched-end.xml")).starts_with("8:"));
}

#[test]
fn what_is_no_export_is_an_error() {
    for bytes in [fixture!("empty.xml"), fixture!("not-xml.xml"), fixture!("other-root.xml")] {
        assert!(error(bytes).contains("no DJ_PLAYLISTS element"), "{}", error(bytes));
    }
    assert!(error(fixture!("entity-bomb.xml")).contains("entities of its own"));
}

#[test]
fn line_ends_within_values_are_blanks_and_references_stay() {
    let raw = library(fixture!("raw-newline-in-value.xml"));
    assert_eq!(names(&raw), ["One and Two"]);
    assert_eq!(library(fixture!("crlf.xml")).track(0).unwrap().comments(), "a b");
    let reference = library(fixture!("character-reference.xml"));
    assert_eq!(names(&reference), ["Ring\u{7}ing\non"]);
}

#[test]
fn odd_references_and_attributes_cost_a_warning_and_no_track() {
    let unknown = library(fixture!("unknown-reference.xml"));
    assert_eq!(names(&unknown), ["A &foo; B", "Two"]);
    assert_eq!(warning(&unknown, WarningKind::UnknownReference), (1, 6, "A &foo; B"));
    let bare = library(fixture!("bare-ampersand.xml"));
    assert_eq!(names(&bare), ["Drum & Bass", "Two"]);
    let twice = library(fixture!("duplicate-attribute.xml"));
    assert_eq!(names(&twice), ["One", "Two"]);
    assert_eq!(warning(&twice, WarningKind::DuplicateAttribute), (1, 6, "Name"));
    let malformed = library(fixture!("malformed-attribute.xml"));
    assert_eq!(names(&malformed), ["One", "Two"]);
    assert_eq!(warning(&malformed, WarningKind::MalformedAttribute).0, 1);
    assert_eq!(malformed.track(0).unwrap().year(), Some(2001));
}

#[test]
fn tracks_that_cannot_be_told_apart_are_counted_out() {
    let nameless = library(fixture!("blank-name.xml"));
    assert_eq!((names(&nameless), nameless.report.skipped), (vec!["Two"], 1));
    assert_eq!(warning(&nameless, WarningKind::NoName).1, 6);
    let numberless = library(fixture!("missing-track-id.xml"));
    assert_eq!((names(&numberless), numberless.report.skipped), (vec!["Two"], 1));
    assert_eq!(warning(&numberless, WarningKind::NoTrackId).1, 6);
}

#[test]
fn numbers_that_are_none_leave_their_field_empty() {
    let library = library(fixture!("numeric-junk.xml"));
    let track = library.track(0).unwrap();
    assert_eq!((track.year(), track.rating(), track.bpm()), (None, None, None));
    assert_eq!((track.size_bytes(), track.colour(), track.duration_s()), (None, None, None));
    assert_eq!(warning(&library, WarningKind::BadNumber), (5, 6, "Year=\"soon\""));
}

#[test]
fn of_two_tracks_with_one_number_keys_mean_the_first() {
    let library = library(fixture!("duplicate-track-id.xml"));
    assert_eq!(names(&library), ["First", "Second"]);
    assert_eq!(keys(&library, "Both"), [Some(0)]);
    assert_eq!(warning(&library, WarningKind::DuplicateTrackId).2, "1");
}

#[test]
fn playlists_of_one_name_are_kept_apart_by_their_folders() {
    let library = library(fixture!("duplicate-playlist-names.xml"));
    assert_eq!(keys(&library, "A/Warm"), [Some(0)]);
    assert_eq!(keys(&library, "B/Warm"), [Some(1)]);
}

#[test]
fn keys_may_be_locations_and_may_dangle() {
    let by_place = library(fixture!("location-keys.xml"));
    assert_eq!(keys(&by_place, "By place"), [Some(0), None]);
    let dangling = library(fixture!("dangling-key.xml"));
    assert_eq!(keys(&dangling, "Holes"), [Some(0), None, Some(1)]);
    assert_eq!(warning(&dangling, WarningKind::UnresolvedKey).2, "77");
}

#[test]
fn a_wrong_count_is_reported() {
    let library = library(fixture!("wrong-count.xml"));
    assert_eq!((library.report.declared, library.report.read), (Some(3), 2));
    assert_eq!(warning(&library, WarningKind::CountMismatch).2, "3 declared, 2 found");
}

#[test]
fn nodes_without_a_type_are_what_they_hold() {
    let untyped = library(fixture!("node-without-type.xml"));
    assert_eq!(keys(&untyped, "Implied"), [Some(0)]);
    let kinds: Vec<bool> = untyped.playlists().map(|p| p.is_playlist()).collect();
    assert_eq!(kinds, [false, true, false]);
    let empty = library(fixture!("empty-folders.xml"));
    let kinds: Vec<bool> = empty.playlists().map(|p| p.is_playlist()).collect();
    assert_eq!(kinds, [false, false, true]);
    let mixed = library(fixture!("interleaved-playlists.xml"));
    assert_eq!(keys(&mixed, "Outer"), [Some(0), Some(1)]);
    assert_eq!(keys(&mixed, "Outer/Inner"), [Some(1)]);
    assert_eq!(library(fixture!("no-tracks.xml")).tracks().len(), 0);
}

#[test]
fn folders_may_be_a_thousand_deep() {
    let open = "<NODE Type=\"0\" Name=\"f\">".repeat(1000);
    let close = "</NODE>".repeat(1000);
    let xml = format!("<DJ_PLAYLISTS><PLAYLISTS>{open}{close}</PLAYLISTS></DJ_PLAYLISTS>");
    let library = library(xml.as_bytes());
    let last = library.playlists().last().unwrap();
    assert_eq!(last.path().matches('f').count(), 999);
}

#[test]
fn warnings_do_not_grow_with_the_file() {
    let tracks = "<TRACK Name=\"x\"/>\n".repeat(1000);
    let xml = format!("<DJ_PLAYLISTS><COLLECTION>{tracks}</COLLECTION></DJ_PLAYLISTS>");
    let library = library(xml.as_bytes());
    let warning = &library.report.warnings[0];
    assert_eq!((warning.count, warning.examples.len()), (1000, 5));
    assert_eq!(warning.examples[4].line, 5);
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\r' | '\t' => escaped.push_str(&format!("&#{};", u32::from(c))),
            _ => escaped.push(c),
        }
    }
    escaped
}

proptest! {
    #[test]
    fn any_text_survives(name in "\\PC{1,40}", artist in any::<String>()) {
        prop_assume!(!name.trim().is_empty() && !artist.contains('\0'));
        let track = format!("<TRACK TrackID=\"1\" Name=\"{}\" Artist=\"{}\"/>", escaped(&name), escaped(&artist));
        let xml = format!("<DJ_PLAYLISTS><COLLECTION>{track}</COLLECTION></DJ_PLAYLISTS>");
        let library = read(xml.as_bytes()).unwrap();
        let track = library.track(0).unwrap();
        prop_assert_eq!((track.name(), track.artist()), (name.as_str(), artist.as_str()));
    }

    #[test]
    fn a_cut_anywhere_is_an_error(cut in 0.0..1.0f64) {
        let whole = fixture!("full.xml");
        let end = whole.len() - "</DJ_PLAYLISTS>\n".len();
        let cut = (cut * end as f64) as usize;
        prop_assert!(read(&whole[..cut]).is_err());
    }

    #[test]
    fn anything_goes_in_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0..900usize) {
        let _ = read(&bytes);
        let mut mixed = fixture!("full.xml").to_vec();
        let at = at.min(mixed.len());
        mixed.splice(at..(at + bytes.len() / 9).min(mixed.len()), bytes);
        let _ = read(&mixed);
    }
}
