//! The real program on real files.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

struct Ended {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rekordbox").join(name)
}

fn cuepoint(task: &str, library: &Path, args: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cuepoint"));
    let output = command.arg(task).arg(library).args(args).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn inspect_tells_what_a_library_holds() {
    let ended = cuepoint("inspect", &fixture("full.xml"), &[]);
    assert_eq!(
        ended.stdout,
        "rekordbox 6.7.3 by AlphaTheta\n\
         tracks     1 of 1 declared, 0 left out\n\
         music      0.1 hours, 124.5 bpm on average, 1 tracks rated\n\
         playlists  1 in 1 folders, 2 entries\n"
    );
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn inspect_tells_what_is_odd() {
    let ended = cuepoint("inspect", &fixture("numeric-junk.xml"), &[]);
    assert!(ended.stdout.contains("warning    5 × number that is none\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("line 6: Year=\"soon\"\n"), "{}", ended.stdout);
}

#[test]
fn export_writes_the_tracks_of_a_playlist() {
    let ended = cuepoint("export", &fixture("full.xml"), &["--playlist", "Sets/Friday"]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[2].starts_with("2,268146255,Night Train (Extended Mix),Ada Nova & Bo Quill,"));
    let by_name = cuepoint("export", &fixture("full.xml"), &["--playlist", "Friday"]);
    assert_eq!(by_name.stdout, ended.stdout);
}

#[test]
fn export_filters_and_sorts() {
    let args = ["--text", "ada", "--sort", "title", "--descending", "--delimiter", "tab"];
    let ended = cuepoint("export", &fixture("plain.xml"), &args);
    let titles: Vec<&str> =
        ended.stdout.lines().skip(1).map(|line| line.split('\t').nth(2).unwrap()).collect();
    assert_eq!(titles, ["Two", "One"]);
    let none = cuepoint("export", &fixture("plain.xml"), &["--year", "1990..1999"]);
    assert_eq!((none.status, none.stdout.lines().count()), (Some(0), 1));
}

#[test]
fn export_writes_a_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    let ended = cuepoint("export", &fixture("plain.xml"), &["-o", path.to_str().unwrap()]);
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(0), ""));
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn errors_name_the_file_and_the_place() {
    let cases = [
        ("cut-between-tags.xml", "cut-between-tags.xml:8:"),
        ("empty.xml", "empty.xml:1:1: there is no DJ_PLAYLISTS element"),
        ("none.xml", "cannot read"),
    ];
    for (name, expected) in cases {
        let ended = cuepoint("inspect", &fixture(name), &[]);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(1), ""));
    }
}

#[test]
fn playlists_that_are_not_there_are_told_by_their_neighbours() {
    let missing = cuepoint("export", &fixture("full.xml"), &["--playlist", "friday night"]);
    assert_eq!(missing.status, Some(1));
    assert!(missing.stderr.contains("there is \"Sets/Friday\""), "{}", missing.stderr);
    let several = fixture("duplicate-playlist-names.xml");
    let several = cuepoint("export", &several, &["--playlist", "Warm"]);
    assert!(several.stderr.contains("\"A/Warm\", \"B/Warm\""), "{}", several.stderr);
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let ended = cuepoint("export", &fixture("plain.xml"), &["-o", "/nonexistent/out.csv"]);
    assert_eq!(ended.status, Some(1));
    assert!(ended.stderr.contains("cannot write /nonexistent/out.csv"), "{}", ended.stderr);
}

#[test]
fn mistakes_on_the_command_line_are_usage() {
    let ended = cuepoint("export", &fixture("plain.xml"), &["--year", "old"]);
    assert_eq!(ended.status, Some(2));
    assert!(ended.stderr.contains("`old` is no such number"), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.xml");
    let tracks: String =
        (0..20_000).map(|id| format!("<TRACK TrackID=\"{id}\" Name=\"{id}\"/>")).collect();
    let xml = format!("<DJ_PLAYLISTS><COLLECTION>{tracks}</COLLECTION></DJ_PLAYLISTS>");
    fs::write(&path, xml).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cuepoint"));
    command.arg("export").arg(&path).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}
