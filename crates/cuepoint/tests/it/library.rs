//! `inspect` and `export`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{cuepoint, failed, fixture, succeeded};

/// The titles of an exported table.
fn titles(csv: &str) -> Vec<&str> {
    csv.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect()
}

#[test]
fn inspect_summarises_a_library() {
    let expected = "\
Product    rekordbox 6.7.3 (AlphaTheta)
Tracks     2 declared, 2 read, 0 skipped
Duration   0 h 06 min
Years      2019 to 2019
Tempo      127.98 to 127.98 BPM
Keys       known of 1 tracks
Playlists  2 in 1 folder
  Sets/
    Friday: 3 tracks
    Empty: 0 tracks
Warnings   none
";
    assert_eq!(succeeded(&["inspect", &fixture("full_model.xml")]), expected);
}

#[test]
fn inspect_shows_warnings_with_examples() {
    let text = succeeded(&["inspect", &fixture("missing_track_id.xml")]);
    assert!(text.contains("Tracks     3 declared, 3 read, 0 skipped\n"), "{text}");
    assert!(text.contains("  1 × no TrackID: playlists find the track by"), "{text}");
    assert!(text.contains("      line 6: Lost\n"), "{text}");
    let text = succeeded(&["inspect", &fixture("dangling_key.xml")]);
    assert!(text.contains("  Set: 3 tracks, 1 not in the collection\n"), "{text}");
}

#[test]
fn tracks_without_a_name_and_other_media_are_counted_and_exported() {
    let text = succeeded(&["inspect", &fixture("file_names.xml")]);
    assert!(
        text.contains("8 declared, 6 read, 2 skipped\nTitles     6 from file names\n"),
        "{text}"
    );
    let media = fixture("media.xml");
    let text = succeeded(&["inspect", &media]);
    assert!(text.contains("Media      2 samples, 1 video\n"), "{text}");
    let csv = succeeded(&["export", &media, "--media", "music,video"]);
    assert_eq!(titles(&csv), ["Dusk", "Dusk (Clean)"]);
}

#[test]
fn export_writes_csv_to_standard_output() {
    let csv = succeeded(&["export", &fixture("full_model.xml")]);
    assert!(csv.starts_with("index,track_id,title,artist,"), "{csv}");
    assert_eq!(titles(&csv), ["Sunrise (Original Mix)", "Dusk"]);
    assert_eq!(csv.matches("\r\n").count(), 3);
}

#[test]
fn export_takes_a_playlist_by_its_path() {
    let library = fixture("full_model.xml");
    let csv = succeeded(&["export", &library, "--playlist", "Sets/Friday"]);
    assert_eq!(titles(&csv), ["Sunrise (Original Mix)", "Dusk", "Dusk"]);
}

#[test]
fn export_takes_folders_and_several_playlists() {
    let library = fixture("full_model.xml");
    let csv = succeeded(&["export", &library, "--playlist", "Sets"]);
    assert_eq!(titles(&csv), ["Sunrise (Original Mix)", "Dusk"]);
    let library = fixture("duplicate_playlist_names.xml");
    let args = ["export", &library, "--playlist", "2024/Warmup", "--playlist", "2023"];
    assert_eq!(titles(&succeeded(&args)), ["Dusk", "Sunrise"]);
}

#[test]
fn what_export_leaves_out_is_told() {
    let told = |args: &[&str]| {
        let output = cuepoint(args);
        assert_eq!(output.status.code(), Some(3), "{args:?}");
        let csv = String::from_utf8(output.stdout).unwrap();
        let rows = csv.lines().count() - 1;
        (rows, String::from_utf8(output.stderr).unwrap())
    };
    let (rows, message) = told(&["export", &fixture("file_names.xml")]);
    assert_eq!(rows, 6);
    assert!(message.starts_with("warning: left out: 2 tracks with neither a name"), "{message}");
    let library = fixture("dangling_key.xml");
    let (rows, message) = told(&["export", &library, "--playlist", "Set"]);
    assert_eq!(rows, 2);
    assert!(message.starts_with("warning: left out: 1 playlist entries whose"), "{message}");
    succeeded(&["export", &library]);
}

#[test]
fn paths_are_exported_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.xml");
    let text = "<DJ_PLAYLISTS><COLLECTION><TRACK Name='a&#7;' \
                Location='file://localhost/M/a%07%22b%0a.mp3'/></COLLECTION></DJ_PLAYLISTS>";
    fs::write(&path, text).unwrap();
    let csv = succeeded(&["export", path.to_str().unwrap()]);
    assert!(csv.ends_with(",\"/M/a\u{7}\"\"b\n.mp3\"\r\n"), "{csv:?}");
    assert_eq!(titles(&csv)[0], "a");
}

#[test]
fn export_filters_and_sorts() {
    let library = fixture("full_model.xml");
    let export = |args: &[&str]| {
        let csv = succeeded(&[&["export", library.as_str()], args].concat());
        titles(&csv).join("|")
    };
    assert_eq!(export(&["--filter", "SÜNRISE"]), "Sunrise (Original Mix)");
    assert_eq!(export(&["--year", "-2019"]), "Sunrise (Original Mix)");
    assert_eq!(export(&["--year", "2020-"]), "");
    assert_eq!(export(&["--bpm", "127.98"]), "Sunrise (Original Mix)");
    assert_eq!(export(&["--rating", "4-5", "--key", "8A"]), "Sunrise (Original Mix)");
    assert_eq!(export(&["--sort", "title"]), "Dusk|Sunrise (Original Mix)");
    assert_eq!(export(&["--sort", "title", "--descending"]), "Sunrise (Original Mix)|Dusk");
}

#[test]
fn export_writes_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    let output = path.to_str().unwrap();
    let library = fixture("full_model.xml");
    let text = succeeded(&["export", &library, "-o", output, "--delimiter", "semicolon"]);
    assert_eq!(text, "");
    assert!(fs::read_to_string(&path).unwrap().starts_with("index;track_id;title;"));
    let message = failed(&["export", &library, "-o", "/no/such/folder/out.csv"], 1);
    assert!(message.starts_with("error: cannot write /no/such/folder/out.csv: "), "{message}");
}

#[test]
fn a_damaged_file_is_named_with_line_and_column_and_what_to_do() {
    let path = fixture("cut_between_tags.xml");
    for command in ["inspect", "export"] {
        let expected = format!(
            "error: {path}:7:1: the file ends inside <COLLECTION>: it was cut off\n  \
             help: export the collection from rekordbox again\n"
        );
        assert_eq!(failed(&[command, &path], 1), expected);
    }
}

#[test]
fn a_missing_file_is_named() {
    let message = failed(&["inspect", "no-such.xml"], 1);
    assert!(message.starts_with("error: cannot read no-such.xml: "), "{message}");
}

#[test]
fn an_unknown_playlist_comes_with_near_names() {
    let library = fixture("full_model.xml");
    let unknown = |path: &str| failed(&["export", &library, "--playlist", path], 1);
    for path in ["sets/fridy", "Friday"] {
        let message = unknown(path);
        assert!(message.contains("there is no such playlist or folder"), "{message}");
        assert!(message.contains("did you mean \"Sets/Friday\""), "{message}");
    }
    assert!(unknown("xyz").contains("`cuepoint inspect` lists the playlists"));
}

#[test]
fn an_ambiguous_playlist_says_so() {
    let library = fixture("duplicate_playlist_names.xml");
    let message = failed(&["export", &library, "--playlist", "Twin"], 1);
    assert!(message.contains("ambiguous: 2 playlists or folders have this path"), "{message}");
    let csv = succeeded(&["export", &library, "--playlist", "2024/Warmup"]);
    assert_eq!(titles(&csv), ["Dusk"]);
}

#[test]
fn names_from_a_file_cannot_control_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.xml");
    let text = "<DJ_PLAYLISTS><COLLECTION/><PLAYLISTS><NODE Type='1' Name='Fri\u{1b}]0;x&#7;day'/>\
                </PLAYLISTS></DJ_PLAYLISTS>";
    fs::write(&path, text).unwrap();
    let library = path.to_str().unwrap();
    assert!(succeeded(&["inspect", library]).contains("  Fri]0;xday: 0 tracks\n"));
    let message = failed(&["export", library, "--playlist", "Fri]0;xdax"], 1);
    assert!(message.contains("did you mean \"Fri]0;xday\"?"), "{message}");
}

#[test]
fn mistakes_in_the_arguments_end_with_status_2() {
    let library = fixture("full_model.xml");
    failed(&[], 2);
    failed(&["export"], 2);
    assert!(failed(&["export", &library, "--year", "2021-2019"], 2).contains("ends before"));
    assert!(failed(&["export", &library, "--bpm", "fast"], 2).contains("not a tempo"));
    assert!(failed(&["export", &library, "--rating", "-"], 2).contains("10-20"));
    assert!(failed(&["export", &library, "--sort", "mood"], 2).contains("possible values"));
}

#[test]
fn whoever_stops_reading_gets_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cuepoint"))
        .arg("export")
        .arg(large_library(folder.path()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

/// A library whose table is larger than a pipe holds.
fn large_library(folder: &Path) -> PathBuf {
    let track = |id: usize| format!("<TRACK TrackID='{id}' Name='{}'/>", "long ".repeat(20));
    let tracks: String = (0..2_000).map(track).collect();
    let text = format!("<DJ_PLAYLISTS><COLLECTION>{tracks}</COLLECTION></DJ_PLAYLISTS>");
    let path = folder.join("large.xml");
    fs::write(&path, text).expect("a file for the test");
    path
}
