//! Exported tables and files.

use std::fs;
use std::io;
use std::path::PathBuf;

use cuepoint_core::export::{Delimiter, write_csv, write_file};
use cuepoint_core::rekordbox::parse;
use cuepoint_core::results::{FilterSpec, Table};

const LIBRARY: &str = "<DJ_PLAYLISTS><COLLECTION>\
    <TRACK TrackID='7' Name='Say &quot;Hi&quot;, now' Artist='=cmd()' Album='A;B|C' Year='2019' \
        AverageBpm='128.00' TotalTime='300' Rating='255' Tonality='Am' DateAdded='2024-01-31' \
        Location='file://localhost/Users/dj/a%20%231.mp3'/>\
    <TRACK TrackID='8' Name='Two&#10;lines&#7;' Artist='Größe'/>\
    </COLLECTION></DJ_PLAYLISTS>";

fn exported(delimiter: Delimiter) -> String {
    let library = parse(LIBRARY.as_bytes()).expect("a well-formed library");
    let table = Table::of_collection(&library.collection);
    let mut out = Vec::new();
    write_csv(&mut out, table.filter(&FilterSpec::default()).rows(), delimiter)
        .expect("memory takes all");
    String::from_utf8(out).expect("exports are UTF-8")
}

#[test]
fn a_table_has_a_header_a_line_for_each_row_and_crlf_throughout() {
    let expected = "index,track_id,title,artist,album,genre,label,remixer,mix,year,bpm,key,seconds,\
        rating,date_added,file_path\r\n\
        1,7,\"Say \"\"Hi\"\", now\",'=cmd(),A;B|C,,,,,2019,128.00,Am,300,5,2024-01-31,\
        /Users/dj/a #1.mp3\r\n\
        2,8,Two lines,Größe,,,,,,,,,,,,\r\n";
    assert_eq!(exported(Delimiter::Comma), expected);
}

#[test]
fn delimiters_are_quoted_where_they_occur() {
    assert!(exported(Delimiter::Semicolon).contains(";\"A;B|C\";"));
    assert!(exported(Delimiter::Pipe).contains("|\"A;B|C\"|"));
    assert!(exported(Delimiter::Tab).contains("\tA;B|C\t"));
}

/// A fresh folder of this test, in the place that cargo keeps for it.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

fn names(folder: &PathBuf) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the test's folder");
    entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect()
}

#[test]
fn a_file_is_put_in_place_whole() {
    let folder = folder("whole");
    let path = folder.join("out.csv");
    write_file(&path, |out| out.write_all(b"first")).unwrap();
    write_file(&path, |out| out.write_all(b"second")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "second");
    assert_eq!(names(&folder), ["out.csv"]);
}

#[test]
fn a_failure_half_way_leaves_what_was_there() {
    let folder = folder("half-way");
    let path = folder.join("out.csv");
    write_file(&path, |out| out.write_all(b"before")).unwrap();
    let failed = write_file(&path, |out| {
        out.write_all(b"half")?;
        Err(io::ErrorKind::Other.into())
    });
    assert!(failed.is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(names(&folder), ["out.csv"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let folder = folder("link");
    fs::write(folder.join("real.csv"), "before").unwrap();
    std::os::unix::fs::symlink("real.csv", folder.join("link.csv")).unwrap();
    write_file(&folder.join("link.csv"), |out| out.write_all(b"after")).unwrap();
    assert_eq!(fs::read_to_string(folder.join("real.csv")).unwrap(), "after");
    assert!(folder.join("link.csv").is_symlink());
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_not_replaced() {
    write_file("/dev/null".as_ref(), |out| out.write_all(b"gone")).unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
