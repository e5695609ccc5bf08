//! Every oddity of real and damaged files, each with a file that has it and nothing else.

use std::path::Path;

use cuepoint_core::rekordbox::{
    Bpm, Date, FindError, HotCue, Library, MarkKind, Media, NodeKind, ParseError, ParseErrorKind,
    Position, WarningKind, parse,
};

fn bytes(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rekordbox");
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[track_caller]
fn read(name: &str) -> Library {
    parse(&bytes(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[track_caller]
fn refused(name: &str) -> ParseError {
    match parse(&bytes(name)) {
        Ok(library) => panic!("{name} was read: {:?}", library.report),
        Err(error) => error,
    }
}

fn titles(library: &Library) -> Vec<&str> {
    library.collection.tracks().map(|track| track.title()).collect()
}

/// The kinds of warnings of a file with their counts.
fn warnings(library: &Library) -> Vec<(WarningKind, u64)> {
    library.report.warnings.iter().map(|warning| (warning.kind, warning.count)).collect()
}

fn entries(library: &Library, path: &str) -> Vec<Option<usize>> {
    let playlist = library.playlists.find(path).expect("the path of one playlist");
    playlist.entries().map(|entry| entry.track).collect()
}

#[test]
fn full_model() {
    let library = read("full_model.xml");
    assert_eq!(library.product.name, "rekordbox");
    assert_eq!(library.product.version, "6.7.3");
    assert_eq!(library.product.company, "AlphaTheta");
    assert_eq!((library.report.declared, library.report.read), (Some(2), 2));
    assert_eq!(warnings(&library), []);
    let track = library.collection.by_id(268_146_255).unwrap();
    let texts = [
        (track.title(), "Sunrise (Original Mix)"),
        (track.artist(), "Nadir & Vela"),
        (track.composer(), "N. Composer"),
        (track.album(), "Horizons"),
        (track.grouping(), "Blue"),
        (track.genre(), "House"),
        (track.kind(), "MP3 File "),
        (track.comments(), "8A - Energy 7"),
        (track.location(), "file://localhost/Users/dj/Music/Sunrise%20#1.mp3"),
        (track.remixer(), "Vela"),
        (track.key(), "Am"),
        (track.label(), "Meridian"),
        (track.mix(), "Original"),
    ];
    for (read, written) in texts {
        assert_eq!(read, written);
    }
    let numbers = [
        (track.seconds(), 364),
        (track.disc_number(), 1),
        (track.track_number(), 3),
        (track.year(), 2019),
        (track.bit_rate(), 320),
        (track.sample_rate(), 44_100),
        (track.play_count(), 12),
        (track.colour(), 0x00ff_007f),
    ];
    for (read, written) in numbers {
        assert_eq!(read, Some(written));
    }
    assert_eq!(track.size(), Some(14_560_000));
    assert_eq!(track.bpm(), Some(Bpm::from_hundredths(12_798)));
    assert_eq!(track.stars(), Some(4));
    assert_eq!(track.date_modified(), Some(Date { year: 2024, month: 2, day: 1 }));
    assert_eq!(track.date_added(), Some(Date { year: 2023, month: 11, day: 30 }));
    assert_eq!(track.last_played(), Some(Date { year: 2024, month: 3, day: 4 }));
}

#[test]
fn full_model_tempos_and_marks() {
    let library = read("full_model.xml");
    let track = library.collection.get(0).unwrap();
    let [first, second] = track.tempos() else { panic!("{:?}", track.tempos()) };
    assert_eq!((first.start.to_bits(), first.beat), (0.025_f64.to_bits(), Some(1)));
    assert_eq!((second.bpm, second.metre), (Some(Bpm::from_hundredths(12_800)), Some((3, 4))));
    let marks: Vec<_> = track.marks().collect();
    assert_eq!((marks[0].kind, marks[0].hot_cue), (Some(MarkKind::Cue), None));
    assert_eq!((marks[1].name, marks[1].kind), ("Drop", Some(MarkKind::Loop)));
    assert_eq!(marks[1].end.map(f64::to_bits), Some(68.75_f64.to_bits()));
    assert_eq!(marks[1].hot_cue, Some(HotCue { number: 2, colour: Some([40, 226, 20]) }));
    let bare = library.collection.get(1).unwrap();
    assert!(bare.tempos().is_empty());
    assert_eq!(bare.marks().len(), 0);
    assert_eq!((bare.year(), bare.stars(), bare.album()), (None, None, ""));
}

#[test]
fn playlists_are_known_by_their_path() {
    let library = read("full_model.xml");
    let nodes: Vec<_> = library.playlists.nodes().map(|node| (node.path(), node.depth())).collect();
    let expected = [("Sets", 0), ("Sets/Friday", 1), ("Sets/Empty", 1)];
    assert_eq!(nodes, expected.map(|(path, depth)| (path.to_owned(), depth)));
    assert_eq!(entries(&library, "Sets/Friday"), [Some(0), Some(1), Some(1)]);
    assert_eq!(entries(&library, "Sets/Empty"), []);
    assert_eq!(library.playlists.find("Friday").unwrap_err(), FindError::NotFound);
    assert_eq!(library.playlists.find("Sets").unwrap_err(), FindError::NotFound);
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    assert_eq!(titles(&read("crlf.xml")), ["Sunrise", "Dusk"]);
    assert_eq!(titles(&read("utf8_bom.xml")), ["Sunrise"]);
    assert_eq!(titles(&read("utf16_le_bom.xml")), ["Größe 夜"]);
    assert_eq!(titles(&read("utf16_be_bom.xml")), ["Größe 夜"]);
}

#[test]
fn utf16_that_cannot_be_read_is_an_error() {
    assert_eq!(titles(&read("utf16_without_bom.xml")), ["Größe 夜"]);
    assert_eq!(parse(b" \0<\0").unwrap_err().kind, ParseErrorKind::Utf16WithoutMark);
    let error = refused("utf16_lone_surrogate.xml");
    assert_eq!(error.kind, ParseErrorKind::InvalidUtf16);
    assert_eq!((error.position.line, error.position.column), (6, 36));
    // Two bytes a character and two of the mark.
    let before = bytes("utf16_le_bom.xml").windows(2).position(|pair| pair == [0x1c, 0x59]);
    assert_eq!(error.position.offset, before.unwrap() as u64);
}

#[test]
fn cut_files_are_errors_with_their_place() {
    for name in ["cut_inside_tag.xml", "cut_inside_value.xml"] {
        let error = refused(name);
        assert!(matches!(error.kind, ParseErrorKind::Malformed(_)), "{name}: {error}");
        let place = error.position;
        assert_eq!((place.line, place.column, place.offset), (7, 5, 224), "{name}");
    }
    let error = refused("cut_between_tags.xml");
    assert_eq!(error.kind, ParseErrorKind::Truncated("COLLECTION".to_owned()));
    assert_eq!(error.position, Position { offset: 220, line: 7, column: 1 });
    let error = refused("cut_before_root_end.xml");
    assert_eq!(error.kind, ParseErrorKind::Truncated("DJ_PLAYLISTS".to_owned()));
}

#[test]
fn what_is_no_library_is_an_error() {
    for name in ["empty.xml", "not_xml.xml", "other_root.xml"] {
        assert_eq!(refused(name).kind, ParseErrorKind::NotALibrary, "{name}");
    }
    assert_eq!(refused("second_root.xml").kind, ParseErrorKind::AfterEnd);
    assert!(matches!(refused("mismatched_end.xml").kind, ParseErrorKind::Malformed(_)));
}

#[test]
fn a_latin1_byte_is_an_error_at_that_byte() {
    let error = refused("latin1_byte.xml");
    assert_eq!(error.kind, ParseErrorKind::InvalidUtf8);
    let at = bytes("latin1_byte.xml").iter().position(|&byte| byte == 0xe9).unwrap();
    assert_eq!(error.position, Position { offset: at as u64, line: 6, column: 33 });
}

#[test]
fn document_types_are_refused() {
    assert_eq!(refused("entity_bomb.xml").kind, ParseErrorKind::DocumentType);
}

#[test]
fn control_characters_are_kept() {
    let library = read("control_characters.xml");
    assert_eq!(titles(&library), ["Sun\u{7}rise"]);
    assert_eq!(library.collection.get(0).unwrap().artist(), "Na\u{b}dir");
}

#[test]
fn white_space_in_a_value_becomes_spaces() {
    assert_eq!(titles(&read("white_space_in_value.xml")), ["Sun rise now\nlater"]);
}

#[test]
fn unknown_references_cost_nothing_but_a_warning() {
    let library = read("unknown_entity.xml");
    assert_eq!(titles(&library), ["Sun &foo; rise"]);
    assert_eq!(warnings(&library), [(WarningKind::BadReference, 1)]);
    let library = read("bare_ampersand.xml");
    assert_eq!(titles(&library), ["Drum & Bass & more"]);
    assert_eq!(warnings(&library), [(WarningKind::BadReference, 1)]);
}

#[test]
fn damaged_attributes_cost_themselves_only() {
    let library = read("duplicate_attribute.xml");
    assert_eq!(titles(&library), ["Sunrise"]);
    assert_eq!(warnings(&library), [(WarningKind::DuplicateAttribute, 1)]);
    let example = &library.report.warnings[0].examples[0];
    assert_eq!(example.detail, "Name");
    assert_eq!(example.position.map(|place| (place.line, place.column)), Some((6, 5)));
    let library = read("unquoted_attribute.xml");
    assert_eq!(library.collection.get(0).unwrap().artist(), "Nadir");
    assert_eq!(warnings(&library), [(WarningKind::BadAttribute, 1)]);
}

#[test]
fn tracks_without_an_identifier_keep_their_place() {
    let library = read("missing_track_id.xml");
    assert_eq!(titles(&library), ["Lost", "Odd", "Dusk"]);
    assert_eq!(library.collection.get(0).unwrap().tempos().len(), 1);
    let ids: Vec<_> = library.collection.tracks().map(|track| track.id()).collect();
    assert_eq!(ids, [None, None, Some(2)]);
    assert_eq!((library.report.read, library.report.skipped), (3, 0));
    assert_eq!(
        warnings(&library),
        [(WarningKind::NoTrackId, 1), (WarningKind::UnresolvedEntry, 1)]
    );
    assert_eq!(entries(&library, "By text and place"), [Some(1), Some(0), Some(2), None]);
}

#[test]
fn titles_come_from_file_names_where_there_are_none() {
    let library = read("file_names.xml");
    let names: Vec<_> =
        library.collection.tracks().map(|track| (track.artist(), track.title())).collect();
    let expected = [
        ("Singer, Other Singer", "Song (Somebody Edit)"),
        ("Vela", "Dusk (Nadir Remix)"),
        ("Vela", "Größe 100% - Nacht"),
        ("Vela", "Dusk"),
        ("Nadir", "Sunrise"),
        ("", "Café"),
    ];
    assert_eq!(names, expected);
    assert!(library.collection.tracks().all(|track| track.has_derived_title()));
    assert_eq!((library.report.read, library.report.derived, library.report.skipped), (6, 6, 2));
    assert_eq!(warnings(&library), [(WarningKind::NoName, 2), (WarningKind::NoTrackId, 1)]);
    assert_eq!(entries(&library, "By place"), [Some(0), Some(5)]);
}

#[test]
fn a_track_without_its_identifier_loses_nothing_else() {
    let library = read("only_no_track_id.xml");
    let track = library.collection.get(0).unwrap();
    assert_eq!((track.title(), track.artist(), track.seconds()), ("Dusk", "Vela", Some(212)));
    assert_eq!(track.bpm(), Some(Bpm::from_hundredths(12_497)));
    assert_eq!((track.marks().len(), track.tempos().len()), (1, 1));
    assert!(!track.has_derived_title());
}

#[test]
fn samples_and_videos_keep_their_kind() {
    let library = read("media.xml");
    let media: Vec<_> = library.collection.tracks().map(|track| track.media()).collect();
    assert_eq!(media, [Media::Music, Media::Sample, Media::Video, Media::Sample]);
}

#[test]
fn attributes_of_other_programs_are_understood() {
    let library = read("other_programs.xml");
    let track = library.collection.get(0).unwrap();
    assert_eq!((track.title(), track.artist(), track.key()), ("Dusk", "Vela", "Am"));
    assert_eq!((track.seconds(), track.stars(), track.bit_rate()), (Some(364), Some(4), Some(320)));
    assert_eq!(track.bpm(), Some(Bpm::from_hundredths(12_450)));
    assert_eq!(track.date_modified(), Some(Date { year: 2024, month: 1, day: 2 }));
    assert_eq!((track.comments(), track.tempos()[0].start.to_bits()), ("8A", 0.5_f64.to_bits()));
    let second = library.collection.get(1).unwrap();
    assert_eq!((second.title(), second.seconds()), ("Name before Title", Some(364)));
    assert_eq!(second.tempos()[0].start.to_bits(), 1.5_f64.to_bits());
    assert_eq!(entries(&library, "Set"), [Some(0), Some(1)]);
    assert_eq!(entries(&library, "Paths"), [Some(1), Some(0)]);
    assert_eq!(warnings(&library), []);
}

#[test]
fn numeric_junk_counts_as_unknown() {
    let library = read("numeric_junk.xml");
    let track = library.collection.get(0).unwrap();
    assert_eq!(
        (track.year(), track.stars(), track.bpm(), track.seconds()),
        (None, None, None, None)
    );
    assert_eq!((track.date_added(), track.colour()), (None, None));
    assert_eq!(track.tempos().len(), 1);
    assert_eq!(track.marks().len(), 1);
    // Year, Rating, AverageBpm, DateAdded, Colour, Inizio, Metro, Type; not the empty TotalTime.
    assert_eq!(warnings(&library), [(WarningKind::BadValue, 8)]);
    let examples = &library.report.warnings[0].examples;
    assert_eq!(examples.len(), 3, "examples are bounded");
    assert_eq!(examples[0].detail, "Year=\"x\"");
}

#[test]
fn duplicate_identifiers_keep_both_tracks_and_mean_the_first() {
    let library = read("duplicate_track_id.xml");
    assert_eq!(titles(&library), ["Sunrise", "Sunrise again", "Dusk"]);
    assert_eq!(library.collection.by_id(1).unwrap().title(), "Sunrise");
    assert_eq!(entries(&library, "Set"), [Some(0), Some(2)]);
    assert_eq!(warnings(&library), [(WarningKind::DuplicateTrackId, 1)]);
}

#[test]
fn playlists_of_the_same_name_are_kept_apart() {
    let library = read("duplicate_playlist_names.xml");
    assert_eq!(entries(&library, "2023/Warmup"), [Some(0)]);
    assert_eq!(entries(&library, "2024/Warmup"), [Some(1)]);
    assert_eq!(library.playlists.find("Twin").unwrap_err(), FindError::Ambiguous(2));
}

#[test]
fn keys_that_are_locations_are_compared_by_canonical_form() {
    let library = read("key_type_location.xml");
    // Windows ignores case, macOS paths do not.
    assert_eq!(entries(&library, "By place"), [Some(0), Some(1), None]);
    assert_eq!(warnings(&library), [(WarningKind::UnresolvedEntry, 1)]);
}

#[test]
fn entries_without_a_track_stay_in_their_place() {
    let library = read("dangling_key.xml");
    assert_eq!(entries(&library, "Set"), [Some(0), None, Some(1)]);
    let playlist = library.playlists.find("Set").unwrap();
    assert_eq!(playlist.entries().nth(1).unwrap().key, "77");
    assert_eq!(warnings(&library), [(WarningKind::UnresolvedEntry, 1)]);
}

#[test]
fn declared_numbers_are_compared_with_what_was_read() {
    let library = read("declared_differs.xml");
    assert_eq!((library.report.declared, library.report.read), (Some(5), 2));
    let expected = [(WarningKind::DeclaredTracks, 1), (WarningKind::DeclaredEntries, 1)];
    assert_eq!(warnings(&library), expected);
}

#[test]
fn a_node_that_does_not_say_what_it_is_counts_by_what_it_holds() {
    let library = read("node_without_type.xml");
    let kinds: Vec<_> = library.playlists.nodes().map(|node| (node.name(), node.kind())).collect();
    let expected =
        [("Bare", NodeKind::Playlist), ("Shelf", NodeKind::Folder), ("Inner", NodeKind::Playlist)];
    assert_eq!(kinds, expected);
    assert_eq!(entries(&library, "Bare"), [Some(0), Some(1)]);
    assert_eq!(entries(&library, "Shelf/Inner"), []);
}

#[test]
fn a_file_without_a_collection_is_read_with_a_warning() {
    let library = read("no_collection.xml");
    assert!(library.collection.is_empty());
    assert_eq!(warnings(&library), [(WarningKind::NoCollection, 1)]);
}

#[test]
fn elements_of_a_later_version_are_passed_over() {
    let library = read("unknown_elements.xml");
    assert_eq!(titles(&library), ["Sunrise", "Dusk"]);
    assert!(library.collection.get(0).unwrap().tempos().is_empty());
}

#[test]
fn every_error_says_where_and_what_to_do() {
    let error = refused("cut_between_tags.xml");
    let text = error.to_string();
    assert_eq!(
        text,
        "line 7, column 1 (byte 220): the file ends inside <COLLECTION>: it was cut off"
    );
    assert_eq!(error.kind.advice(), "export the collection from rekordbox again");
}
