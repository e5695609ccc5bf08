//! Checks that an output folder only has files of this program.

use super::site_state::{SITE, STATE, SiteState};
use super::{REPORT, VERSUS};
use crate::files::{names_below, write_atomically};
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

/// The file that marks an output folder. Files that users add to a marked folder are accepted.
const MARK: &str = ".perf-output";
const MARK_TEXT: &str =
    "`cargo xtask perf` keeps results here: it replaces and removes files in this folder.\n";
/// Folders with measurements.
const MEASUREMENTS: [&str; 2] = ["pending", "unrecorded"];
/// Files that are replaced.
const FILES: [&str; 14] = [
    MARK,
    STATE,
    REPORT,
    "report.md",
    "samples.jsonl",
    "pairs.json",
    "run-counts.json",
    "bisect.json",
    "bisect-plan.json",
    "calibration.json",
    "qualification.json",
    VERSUS,
    "backfill-plan.json",
    "backfill-launches.jsonl",
];
/// The prefix of temporary files, which a killed process leaves.
const UNFINISHED: &str = ".tmp";
/// The file by which older versions checked that the folder is writable.
const WRITE_CHECK: &str = ".writable";

#[derive(Deserialize)]
struct FileKind {
    kind: String,
}

/// Creates the folder and its mark. Fails if the folder is not writable.
pub(super) fn mark(dir: &Path) -> Result<()> {
    write_atomically(&dir.join(MARK), MARK_TEXT.as_bytes())
}

/// Fails if the folder holds a file that this program did not write.
pub(super) fn check(dir: &Path) -> Result<()> {
    let foreign = match foreign_in_site(dir)? {
        None if !is_marked(dir) => foreign(dir)?,
        found => found,
    };
    let Some(foreign) = foreign else { return Ok(()) };
    bail!(
        "cannot use the output folder {}: it contains {}, which `cargo xtask perf` did not write. Move the file, or give --output another folder",
        dir.display(),
        foreign.strip_prefix(dir).unwrap_or(&foreign).display()
    )
}

/// Fails if a file has the path of a folder that is needed, or the other way round.
pub(super) fn check_kinds(dir: &Path) -> Result<()> {
    let existing = dir.ancestors().find(|path| path.exists());
    if let Some(file) = existing.filter(|path| !path.is_dir()) {
        bail!(
            "cannot use the output folder {}: {} is not a folder. Move it, or give --output a folder",
            dir.display(),
            file.display()
        );
    }
    let mut folders = MEASUREMENTS.iter().chain([&SITE]).map(|name| dir.join(name));
    if let Some(file) = folders.find(|path| path.exists() && !path.is_dir()) {
        bail!(
            "cannot write results below {}: it is not a folder. Move it, or give --output another folder",
            file.display()
        );
    }
    let mut files = FILES.iter().map(|name| dir.join(name));
    let Some(folder) = files.find(|path| path.is_dir()) else { return Ok(()) };
    bail!(
        "cannot write the file {}: it is a folder. Move it, or give --output another folder",
        folder.display()
    )
}

/// Fails if a folder below `dir` in which files are removed is a link, or contains one.
pub(super) fn check_links(dir: &Path) -> Result<()> {
    let changed = MEASUREMENTS.iter().chain([&SITE]).map(|name| dir.join(name));
    let Some(link) = changed.into_iter().find_map(|folder| link_at(&folder)) else { return Ok(()) };
    bail!(
        "cannot replace files below {}: it is a link. Remove it, or give --output the folder that it points to",
        link.display()
    )
}

fn link_at(path: &Path) -> Option<PathBuf> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    if kind.is_symlink() {
        return Some(path.to_owned());
    }
    let entries = fs::read_dir(path).ok().filter(|_| kind.is_dir())?;
    entries.flatten().find_map(|entry| {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file { None } else { link_at(&entry.path()) }
    })
}

/// A file of the site's folder that is not part of the last site. An unfinished site has no list of
/// files, so all files count as part of it.
fn foreign_in_site(dir: &Path) -> Result<Option<PathBuf>> {
    let site = dir.join(SITE);
    let state = SiteState::read(&dir.join(STATE))?;
    if !site.exists() || state.as_ref().is_some_and(|state| state.unfinished) {
        return Ok(None);
    }
    if !site.is_dir() {
        return Ok(Some(site));
    }
    let is_ours = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_part = state.as_ref().is_some_and(|state| state.files.contains_key(path));
        is_part || name.starts_with(UNFINISHED)
    };
    let foreign = names_below(&site)?.into_iter().find(|path| !is_ours(path));
    Ok(foreign.map(|path| site.join(path)))
}

/// A file in the folder that this program does not write there.
fn foreign(dir: &Path) -> Result<Option<PathBuf>> {
    let mut entries = match entries(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        entries => entries.with_context(|| format!("cannot read {}", dir.display()))?,
    };
    entries.sort();
    Ok(entries.into_iter().find(|path| !is_ours(path)))
}

fn entries(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect()
}

fn is_ours(path: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else { return false };
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    if metadata.is_dir() {
        return match name {
            SITE => true,
            name if MEASUREMENTS.contains(&name) => has_only_measurements(path),
            _ => has_only_outputs(path),
        };
    }
    metadata.is_file()
        && match name {
            REPORT => is_kind(path, &["report"]),
            "report.md" => is_kind(&path.with_file_name(REPORT), &["report"]),
            "samples.jsonl" => is_samples(path),
            VERSUS => is_kind(path, &["versus"]),
            STATE => SiteState::read(path).is_ok_and(|state| state.is_some()),
            WRITE_CHECK => metadata.len() == 0,
            name => name.starts_with(UNFINISHED) || is_measurement(path),
        }
}

/// The kinds of JSON files in the folder. Users can move those of runs, comparisons and calibrations for
/// `perf history add`.
const KINDS: [&str; 9] = [
    "run",
    "comparison",
    "calibration",
    "qualification",
    "versus",
    "pairs",
    "run-counts",
    "bisection",
    "plan",
];

fn is_measurement(path: &Path) -> bool {
    is_json(path) && is_kind(path, &KINDS)
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

fn is_kind(path: &Path, kinds: &[&str]) -> bool {
    let text = fs::read(path).unwrap_or_default();
    serde_json::from_slice(&text).is_ok_and(|FileKind { kind }| kinds.contains(&kind.as_str()))
}

/// Whether the first line is of a launch. Without launches, the file is empty.
fn is_samples(path: &Path) -> bool {
    let mut line = String::new();
    let read = fs::File::open(path).and_then(|file| BufReader::new(file).read_line(&mut line));
    let is_launch = || serde_json::from_str(&line).is_ok_and(|FileKind { kind }| kind == "launch");
    read.is_ok_and(|bytes| bytes == 0 || is_launch())
}

fn has_only_measurements(folder: &Path) -> bool {
    let Ok(entries) = entries(folder) else { return false };
    entries.iter().all(
        |path| {
            if path.is_dir() { has_only_measurements(path) } else { is_json(path) }
        },
    )
}

/// Whether the folder only has output folders, for example those of partitions.
fn has_only_outputs(folder: &Path) -> bool {
    let Ok(entries) = entries(folder) else { return false };
    let is_output = |path: &PathBuf| {
        let is_folder = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
        is_folder && has_only_outputs(path)
    };
    is_marked(folder) || (!entries.is_empty() && entries.iter().all(is_output))
}

fn is_marked(dir: &Path) -> bool {
    let mark = dir.join(MARK);
    let is_file = fs::symlink_metadata(&mark).is_ok_and(|metadata| metadata.is_file());
    is_file && fs::read_to_string(mark).is_ok_and(|text| text == MARK_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN_REPORT: (&str, &str) = ("report.json", r#"{"schema": 1, "kind": "report"}"#);
    const STATE_OF_INDEX: (&str, &str) =
        (STATE, r#"{"schema": 1, "key": 1, "files": {"index.html": 1}, "parts": {}}"#);
    const UNFINISHED_SITE: (&str, &str) =
        (STATE, r#"{"schema": 1, "key": 1, "files": {}, "parts": {}, "unfinished": true}"#);
    const MARKED: (&str, &str) = (MARK, MARK_TEXT);

    /// The files of a folder, and the one that is refused.
    type ContentsCase = (&'static [(&'static str, &'static str)], Option<&'static str>);

    const CASES: [ContentsCase; 28] = [
        (&[], None),
        (&[MARKED, ("notes.txt", "")], None),
        (&[(MARK, "a mark of another tool"), ("notes.txt", "")], Some(MARK)),
        (&[("notes.txt", "")], Some("notes.txt")),
        (&[("folder/notes.txt", "")], Some("folder")),
        (&[OWN_REPORT, ("report.md", "")], None),
        (&[("report.md", "")], Some("report.md")),
        (&[("report.json", r#"{"tests": 3}"#), ("report.md", "")], Some("report.json")),
        (&[("report.json", "[]")], Some("report.json")),
        (&[("samples.jsonl", "")], None),
        (&[("samples.jsonl", "{\"v\": 1, \"kind\": \"launch\"}\n{}")], None),
        (&[("samples.jsonl", "{\"x\": 1}\n")], Some("samples.jsonl")),
        (&[("qualification.json", r#"{"kind": "qualification"}"#)], None),
        (&[("qualification.json", "{}")], Some("qualification.json")),
        (&[("run-counts.json", r#"{"kind": "run-counts"}"#)], None),
        (&[("20261123T024500Z-1-2.json", r#"{"kind": "run"}"#)], None),
        (&[("pending/gh-pages/1.json", "{"), ("unrecorded/1.json", "")], None),
        (&[("pending/gh-pages/orders.csv", "")], Some("pending")),
        (&[(".tmpAb3xYz", "half"), (".writable", "")], None),
        (&[("site/index.html", "")], Some("site/index.html")),
        (&[MARKED, ("site/index.html", "")], Some("site/index.html")),
        (&[MARKED, ("site", "a file")], Some("site")),
        (&[STATE_OF_INDEX, ("site/index.html", "")], None),
        (&[STATE_OF_INDEX, ("site/index.html", ""), ("site/own.html", "")], Some("site/own.html")),
        (&[UNFINISHED_SITE, ("site/run/1.html", "")], None),
        (&[(STATE, "{}")], Some(STATE)),
        (&[("parts/1/.perf-output", MARK_TEXT), ("parts/1/report.json", "")], None),
        (&[("parts/1/.perf-output", MARK_TEXT), ("parts/notes.txt", "")], Some("parts")),
    ];

    #[test]
    fn a_file_that_this_program_did_not_write_is_named() {
        for (files, expected) in CASES {
            let dir = tempfile::tempdir().unwrap();
            for (path, text) in files {
                write_atomically(&dir.path().join(path), text.as_bytes()).unwrap();
            }
            let found = check(dir.path()).map_err(|error| error.to_string()).err();
            let named = expected.map(|path| format!("contains {path}, which"));
            let is_named = named.as_ref().zip(found.as_ref()).is_some_and(|(n, f)| f.contains(n));
            assert!(expected.is_none() == found.is_none(), "{files:?}: {found:?}");
            assert!(expected.is_none() || is_named, "{files:?}: {found:?}");
        }
        check(Path::new("/nowhere/at/all")).unwrap();
    }

    #[test]
    fn a_list_with_files_outside_the_folder_is_not_accepted() {
        for path in ["../index.html", "/index.html", "a/../../index.html", ""] {
            let dir = tempfile::tempdir().unwrap();
            let state =
                format!(r#"{{"schema": 1, "key": 1, "files": {{"{path}": 1}}, "parts": {{}}}}"#);
            write_atomically(&dir.path().join(STATE), state.as_bytes()).unwrap();
            assert!(check(dir.path()).unwrap_err().to_string().contains(STATE), "{path}");
        }
    }

    #[test]
    fn a_file_where_a_folder_is_needed_is_named_and_the_other_way_round() {
        let refusal = |make: &dyn Fn(&Path)| {
            let dir = tempfile::tempdir().unwrap();
            make(dir.path());
            let at = |below: &str| check_kinds(&dir.path().join(below));
            let found = at("").and_then(|()| at("new")).and_then(|()| at("file/new"));
            found.map_or_else(|error| error.to_string(), |()| String::new())
        };
        assert_eq!(refusal(&|_| {}), "");
        for name in FILES {
            let error = refusal(&|dir| fs::create_dir(dir.join(name)).unwrap());
            assert!(error.contains(&format!("{name}: it is a folder")), "{error}");
        }
        for name in ["pending", "unrecorded", "site"] {
            let error = refusal(&|dir| fs::write(dir.join(name), "").unwrap());
            assert!(error.contains(&format!("{name}: it is not a folder")), "{error}");
        }
        let error = refusal(&|dir| fs::write(dir.join("file"), "").unwrap());
        assert!(error.contains("file is not a folder. Move it"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_at_the_path_of_folders_that_change_are_named() {
        for link in ["site", "pending", "unrecorded", "site/run", "pending/gh-pages"] {
            let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let link = dir.path().join(link);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
            mark(dir.path()).unwrap();
            let error = check_links(dir.path()).unwrap_err().to_string();
            assert!(error.contains(&format!("{}: it is a link", link.display())), "{error}");
        }
    }
}
