//! `catalogue build`, `match` and `filter`.

use std::fs;
use std::path::Path;

use crate::project::{LIBRARY, Project, column};
use crate::{cuepoint, failed, succeeded};

#[test]
fn a_library_is_matched_and_every_table_written() {
    let project = Project::new();
    let [out, review, candidates, queries, json] =
        ["out.csv", "review.csv", "candidates.csv", "queries.csv", "out.json"]
            .map(|name| project.path(name));
    let said = project.matched(&[
        "-o",
        &out,
        "--review",
        &review,
        "--candidates",
        &candidates,
        "--queries",
        &queries,
        "--json",
        &json,
    ]);
    assert!(said.starts_with("matched 3 of 4 tracks (75.0 %): 2 high, 0 medium, 1 low"), "{said}");
    let table = project.read("out.csv");
    assert!(table.starts_with("# schema_version=2\r\n# run_id="), "{table}");
    assert!(
        table.contains("\r\n# run_status=complete\r\nplaylist_index,original_title,"),
        "{table}"
    );
    assert_eq!(column(&table, "beatport_track_id"), ["11", "13", "", "14"]);
    assert_eq!(column(&table, "beatport_title")[0], "Glue (Original Mix)");
    assert_eq!(column(&table, "beatport_key_camelot")[..2], ["8A", "8A"]);
    assert_eq!(column(&table, "original_title")[2], "'=Nothing Like It");
    assert_eq!(column(&table, "file_path")[0], "/Users/dj/Glue.mp3");
    assert_eq!(column(&table, "review_reasons")[2..3], ["no_match"]);
    let doubtful = project.read("review.csv");
    assert_eq!(column(&doubtful, "playlist_index"), ["3", "4"]);
    assert!(!doubtful.contains("file_path"));
    let table = project.read("candidates.csv");
    let refused = column(&table, "reject_reason");
    let at = refused.iter().position(|reason| reason == "other_title").expect("one by its title");
    assert_eq!(column(&table, "artist_sim")[at], "", "what was not compared has no similarity");
    assert!(column(&project.read("queries.csv"), "query")[0].contains("title: glue artist: bicep"));
    let document: serde_json::Value = serde_json::from_str(&project.read("out.json")).unwrap();
    assert_eq!(document["matched_tracks"], 3);
    assert_eq!(document["tracks"][0]["match"]["bpm"], 129.5);
    assert_eq!(document["tracks"][0]["candidates"][0]["beatport_track_id"], 11);
}

#[test]
fn one_thread_and_many_write_the_same_bytes() {
    let project = Project::new();
    let [one, many] = ["one.csv", "many.csv"].map(|name| project.path(name));
    project.matched(&["-o", &one, "--threads", "1"]);
    project.matched(&["-o", &many, "--threads", "3"]);
    assert_eq!(project.read("one.csv"), project.read("many.csv"));
}

#[test]
fn a_playlist_is_matched_in_its_order() {
    let project = Project::new();
    let out = project.path("out.csv");
    project.matched(&["--playlist", "A/B", "-o", &out]);
    assert_eq!(column(&project.read("out.csv"), "beatport_track_id"), ["14", "11"]);
    let message = project.refused(&["--playlist", "A/C"]);
    assert!(message.contains("did you mean \"A/B\""), "{message}");
    assert!(project.refused(&["--playlist", "Twin"]).contains("ambiguous"));
}

#[test]
fn tables_are_filtered_and_sorted_as_they_were_written() {
    let project = Project::new();
    let out = project.path("out.csv");
    project.matched(&["-o", &out, "--delimiter", "semicolon"]);
    let filter = |more: &[&str]| {
        let table = succeeded(&[&["filter", out.as_str()], more].concat());
        assert!(table.starts_with("# schema_version=2\r\n"), "{table}");
        let rows = table.lines().skip(4).map(|line| line.split(';').next().unwrap().to_owned());
        rows.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(filter(&[]), "1 2 3 4");
    assert_eq!(filter(&["--filter", "ROKSOP"]), "");
    assert_eq!(filter(&["--filter", "royksopp"]), "2");
    assert_eq!(filter(&["--year", "2017"]), "1 4");
    assert_eq!(filter(&["--key", "Am"]), "1 2");
    assert_eq!(filter(&["--confidence", "high"]), "1 2");
    assert_eq!(filter(&["--status", "unmatched"]), "3");
    assert_eq!(filter(&["--status", "matched", "--score", "90-"]), "1 2");
    assert_eq!(filter(&["--status", "review"]), "3 4");
    assert_eq!(filter(&["--sort", "score", "--descending"]).split(' ').next_back(), Some("3"));
    let message = failed(&["filter", &project.path("tracks.csv")], 1);
    assert!(message.contains("no column \"original_title\""), "{message}");
    assert!(message.contains("help: `cuepoint match"), "{message}");
}

#[test]
fn wrong_catalogues_are_named_with_what_to_do() {
    let project = Project::new();
    let with = |catalog: &str| {
        failed(&["match", &project.path("library.xml"), "--catalog", &project.path(catalog)], 1)
    };
    assert!(
        with("tracks.csv").contains("tracks.csv: this is no catalogue file\n  help: `cuepoint")
    );
    let mut bytes = fs::read(project.path("my.catalog")).unwrap();
    project.write("cut.catalog", &bytes[..bytes.len() - 9]);
    assert!(with("cut.catalog").contains("damaged or was cut off"));
    bytes[8] = 9;
    project.write("newer.catalog", &bytes);
    assert!(with("newer.catalog").contains("format 9, and this version reads format 1"));
    assert!(with("none.catalog").starts_with("error: cannot read "));
}

#[test]
fn mistakes_in_the_tracks_of_a_catalogue_come_with_their_place() {
    let project = Project::new();
    project.write("bad.csv", "title,year\nGlue,2017\nOpal,soon\n");
    project.write("bad.jsonl", "{\"title\": \"Glue\"}\nnonsense\n");
    let build = |name: &str| {
        failed(&["catalogue", "build", &project.path(name), "-o", &project.path("x.catalog")], 1)
    };
    assert!(build("bad.csv").contains("bad.csv:3: year \"soon\""));
    assert!(build("bad.jsonl").contains("bad.jsonl:2: expected"));
    assert!(!Path::new(&project.path("x.catalog")).exists());
}

#[test]
fn an_empty_library_gives_an_empty_table() {
    let project = Project::new();
    project.write("library.xml", "<DJ_PLAYLISTS><COLLECTION Entries='0'/></DJ_PLAYLISTS>");
    let out = project.path("out.csv");
    assert!(project.matched(&["-o", &out]).starts_with("matched 0 of 0 tracks (0.0 %)"));
    assert_eq!(project.read("out.csv").lines().count(), 4);
}

#[test]
fn an_unwritable_output_is_named_and_leaves_nothing() {
    let project = Project::new();
    let out = project.path("no/such/out.csv");
    let output = cuepoint(&[
        "match",
        &project.path("library.xml"),
        "--catalog",
        &project.path("my.catalog"),
        "-o",
        &out,
    ]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with(&format!("error: cannot write {out}: ")), "{said}");
}

#[test]
fn a_title_of_64_kilobytes_is_matched() {
    let project = Project::new();
    let long = "word (mix) - ".repeat(5_000);
    let library = LIBRARY.replace("=Nothing Like It", &long);
    project.write("library.xml", library);
    let out = project.path("out.csv");
    assert!(project.matched(&["-o", &out]).starts_with("matched 3 of 4 tracks"));
}

#[test]
fn other_kinds_of_files_are_left_out_and_the_rest_keeps_its_place() {
    let project = Project::new();
    let out = project.path("out.csv");
    let sample = "<TRACK TrackID='7' Name='NOISE' Location='file:///Music/Samples/NOISE.wav'/>";
    let at = LIBRARY.find("<TRACK TrackID='1'").unwrap();
    project.write("library.xml", format!("{}{sample}{}", &LIBRARY[..at], &LIBRARY[at..]));
    let said = project.matched(&["--media", "music", "-o", &out]);
    assert!(said.starts_with("matched 3 of 4 tracks"), "{said}");
    assert_eq!(column(&project.read("out.csv"), "playlist_index"), ["2", "3", "4", "5"]);
    let said = project.matched(&["--media", "sample", "--incremental", &out, "--unmatched", &out]);
    assert!(said.contains("matched 0 of 1 tracks"), "{said}");
    assert_eq!(column(&project.read("out.csv"), "original_title"), ["NOISE"]);
}

#[test]
fn a_build_reports_its_progress_only_to_a_terminal() {
    let project = Project::new();
    let said = project.built("tracks.csv", "my.catalog");
    assert_eq!(said.lines().count(), 1, "{said:?}");
    assert!(!said.contains(['\r', '\u{1b}']), "{said:?}");
}

#[test]
fn a_table_is_only_browsed_in_a_terminal() {
    let project = Project::new();
    let out = project.path("out.csv");
    project.matched(&["-o", &out]);
    let message = failed(&["browse", &out], 1);
    assert!(message.starts_with("error: standard output is not a terminal\n"), "{message}");
    assert!(message.contains("help: `cuepoint filter "), "{message}");
    let message = failed(&["browse", &project.path("library.xml")], 1);
    assert!(message.contains("help: `cuepoint match"), "{message}");
}
