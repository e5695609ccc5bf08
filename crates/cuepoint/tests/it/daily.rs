//! What daily use needs: packed files, other encodings and formats, tables that are continued.

use std::fs::{self, File};
use std::io::Read;

use flate2::read::GzDecoder;

use crate::project::{LIBRARY, Project, TRACKS, column};
use crate::{cuepoint, failed, fixture, succeeded};

#[test]
fn files_are_packed_and_unpacked_by_their_names() {
    let project = Project::new();
    let [out, packed] = ["out.csv", "out.csv.gz"].map(|name| project.path(name));
    project.matched(&["-o", &out]);
    project.matched(&["-o", &packed]);
    let mut unpacked = String::new();
    GzDecoder::new(File::open(&packed).unwrap()).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, project.read("out.csv"));
    assert_eq!(succeeded(&["filter", &packed]), succeeded(&["filter", &out]));
    let library = project.path("library.csv.gz");
    succeeded(&["export", &project.path("library.xml"), "-o", &library]);
    assert!(
        project.built("library.csv.gz", "own.catalog.gz").contains("own.catalog.gz: 4 tracks, ")
    );
    let said = cuepoint(&[
        "match",
        &project.path("library.xml"),
        "--catalog",
        &project.path("own.catalog.gz"),
    ]);
    assert!(String::from_utf8_lossy(&said.stderr).starts_with("matched 4 of 4 tracks"));
    project.write("bad.xml.gz", LIBRARY);
    let message = failed(&["inspect", &project.path("bad.xml.gz")], 1);
    assert!(message.contains("bad.xml.gz: invalid gzip header"), "{message}");
}

#[test]
fn tables_in_utf16_are_read() {
    let project = Project::new();
    let units = TRACKS.encode_utf16().flat_map(u16::to_le_bytes);
    let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(units).collect();
    project.write("utf16.csv", &bytes);
    project.built("utf16.csv", "utf16.catalog");
    let read = |name: &str| fs::read(project.path(name)).unwrap();
    assert_eq!(read("utf16.catalog"), read("my.catalog"));
    project.write("bad.csv", [0xff, 0xfe, 0x00, 0xd8]);
    let args = ["catalogue", "build", &project.path("bad.csv"), "-o", &project.path("x.catalog")];
    assert!(failed(&args, 1).contains("bad.csv: this is not valid UTF-16"));
}

#[test]
fn matched_rows_of_an_earlier_table_are_kept() {
    let project = Project::new();
    let [earlier, later] = ["earlier.csv", "later.csv"].map(|name| project.path(name));
    project.matched(&["-o", &earlier]);
    // Another catalogue, so that a row that was searched again is known.
    project.write("tracks.csv", TRACKS.replace("\n11,", "\n111,").replace("\n13,", "\n113,"));
    project.built("tracks.csv", "my.catalog");
    let changed = LIBRARY.replace("Röyksopp - Eple", "Royksopp - Eple").replace(
        "<TRACK TrackID='1'",
        "<TRACK TrackID='9' Name='Opal' Artist='Bicep'/><TRACK TrackID='1'",
    );
    project.write("library.xml", changed);
    let said = project.matched(&["--incremental", &earlier, "-o", &later]);
    assert!(
        said.starts_with("matched 4 of 5 tracks (80.0 %)") && said.contains("; 2 kept"),
        "{said}"
    );
    let table = project.read("later.csv");
    assert_eq!(column(&table, "beatport_track_id"), ["14", "11", "113", "", "14"]);
    assert_eq!(column(&table, "playlist_index"), ["1", "2", "3", "4", "5"]);
    let kept = |table: &str, row: usize| {
        let line = table.lines().nth(4 + row).unwrap().to_owned();
        line.split_once(',').unwrap().1.to_owned()
    };
    assert_eq!(kept(&table, 1), kept(&project.read("earlier.csv"), 0));
    let again = project.path("again.csv");
    project.matched(&["--incremental", &later, "-o", &again]);
    assert_eq!(project.read("again.csv"), table);
}

#[test]
fn an_earlier_table_of_another_version_is_refused() {
    let project = Project::new();
    let earlier = project.path("earlier.csv");
    project.matched(&["-o", &earlier]);
    let other = project.read("earlier.csv").replace("runner_up_score", "second_score");
    project.write("earlier.csv", other);
    let message = project.refused(&["--incremental", &earlier]);
    assert!(message.contains("no column \"runner_up_score\""), "{message}");
    assert!(message.contains("help: match again without --incremental"), "{message}");
    let message = project.refused(&["--incremental", &earlier, "--format", "json"]);
    assert!(message.contains("--incremental cannot write JSON"), "{message}");
}

#[test]
fn matches_have_other_forms() {
    let project = Project::new();
    let [list, json, rest] = ["list.m3u8", "out.json", "rest.csv"].map(|name| project.path(name));
    let library = project.path("library.xml");
    let catalog = project.path("my.catalog");
    let base = ["match", &library, "--catalog", &catalog, "--format"];
    let output = cuepoint(&[&base[..], &["m3u8", "-o", &list]].concat());
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("left out: 2 tracks without a file that a playlist can name"), "{said}");
    let expected = "#EXTM3U\n#EXTINF:269,Bicep - Glue (Original Mix)\n/Users/dj/Glue.mp3\n";
    assert_eq!(project.read("list.m3u8"), expected);
    project.matched(&["--format", "json", "-o", &json, "--unmatched", &rest]);
    let document: serde_json::Value = serde_json::from_str(&project.read("out.json")).unwrap();
    assert_eq!(document["matched_tracks"], 3);
    assert_eq!(column(&project.read("rest.csv"), "playlist_index"), ["3"]);
    assert_eq!(succeeded(&["filter", &rest]), project.read("rest.csv"));
}

#[test]
fn tracks_have_other_forms() {
    let library = fixture("full_model.xml");
    let text = succeeded(&["export", &library, "--format", "json"]);
    let tracks: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((tracks[0]["bpm"].as_f64(), tracks[1]["year"].as_u64()), (Some(127.98), None));
    assert_eq!(tracks[0]["file_path"], "/Users/dj/Music/Sunrise #1.mp3");
    let folder = fixture("key_type_location.xml");
    let list = succeeded(&["export", &folder, "--format", "m3u8"]);
    assert_eq!(
        list,
        "#EXTM3U\n#EXTINF:-1,Sunrise\nC:/Music/Café #1.mp3\n#EXTINF:-1,Dusk\n/Users/dj/a+b.mp3\n"
    );
}

#[test]
fn shells_complete() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = succeeded(&["completions", shell]);
        assert!(script.contains("incremental") && script.contains("cuepoint"), "{shell}");
    }
}
