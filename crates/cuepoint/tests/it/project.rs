//! A folder with a library and a catalogue.

use std::fs;

use tempfile::TempDir;

use crate::{cuepoint, failed};

pub(crate) const LIBRARY: &str = "<DJ_PLAYLISTS><COLLECTION>\
    <TRACK TrackID='1' Name='Glue (Original Mix)' Artist='Bicep' TotalTime='269' Year='2017' \
        Location='file://localhost/Users/dj/Glue.mp3'/>\
    <TRACK TrackID='2' Name='Röyksopp - Eple' Artist='' TotalTime='216'/>\
    <TRACK TrackID='3' Name='=Nothing Like It' Artist='Nobody Known'/>\
    <TRACK TrackID='4' Name='Opal (Four Tet Remix)' Artist='Bicep' TotalTime='450'/>\
    </COLLECTION><PLAYLISTS><NODE Type='0' Name='ROOT'>\
    <NODE Type='0' Name='A'><NODE Type='1' Name='B' KeyType='0' Entries='2'>\
        <TRACK Key='4'/><TRACK Key='1'/></NODE></NODE>\
    <NODE Type='1' Name='Twin' KeyType='0' Entries='0'/>\
    <NODE Type='1' Name='Twin' KeyType='0' Entries='0'/>\
    </NODE></PLAYLISTS></DJ_PLAYLISTS>";

pub(crate) const TRACKS: &str = "\
id,title,mix,artists,remixers,duration,year,bpm,key,label,genre,url
11,Glue,Original Mix,Bicep,,4:29,2017,129.5,8A,Ninja Tune,House,https://catalogue.example/11
12,Glue,Extended Mix,Bicep,,7:01,2017,129.5,8A,Ninja Tune,House,https://catalogue.example/12
13,Eple,Original Mix,Royksopp,,3:36,2001,,Am,,Downtempo,
14,Opal,Original Mix,Bicep,,5:02,2017,,,,House,
15,Somebody Else,Original Mix,Nobody Known,,3:00,,,,,,
";

pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// A folder with a library, and a catalogue built by the program.
    pub(crate) fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a folder") };
        project.write("library.xml", LIBRARY);
        project.write("tracks.csv", TRACKS);
        let said = project.built("tracks.csv", "my.catalog");
        assert!(said.contains("my.catalog: 5 tracks, "), "{said}");
        project
    }

    /// Builds a catalogue of `tracks`; its summary.
    pub(crate) fn built(&self, tracks: &str, catalog: &str) -> String {
        let (tracks, catalog) = (self.path(tracks), self.path(catalog));
        let output = cuepoint(&["catalogue", "build", &tracks, "-o", &catalog]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("a UTF-8 path").to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("a file for the test");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file was written")
    }

    /// Runs `match` with `more` arguments; its summary.
    pub(crate) fn matched(&self, more: &[&str]) -> String {
        let (library, catalog) = (self.path("library.xml"), self.path("my.catalog"));
        let base = ["match", &library, "--catalog", &catalog];
        let output = cuepoint(&[&base, more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    }

    /// Runs `match` with `more` arguments, which fails with status 1.
    pub(crate) fn refused(&self, more: &[&str]) -> String {
        let (library, catalog) = (self.path("library.xml"), self.path("my.catalog"));
        failed(&[&["match", &library, "--catalog", &catalog], more].concat(), 1)
    }
}

/// One column of a table.
pub(crate) fn column(table: &str, name: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(table.as_bytes());
    let at = reader
        .headers()
        .expect("a header")
        .iter()
        .position(|column| column == name)
        .expect("the column");
    reader.records().map(|record| record.expect("a whole row")[at].to_owned()).collect()
}
