//! Generated inputs in files that all processes share.
//!
//! A bench process that generates 100,000 tracks spends a second before its first sample, and each
//! launch is a process. Each version of the generator has a folder for its files, among those for
//! temporary files. The folder's name is a hash of the sources, so a file is never stale. Without a
//! place for the file the input is generated in memory.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTimeError};
use std::{env, fs, io, process};

use cuepoint_core::catalogue::{Catalogue, Entry, read_csv};

use crate::catalogue::{CatalogueSpec, catalogue, catalogue_csv};
use crate::library::{LibrarySpec, LineEnd, library};

/// How long the files of other versions of the generator are kept.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The XML file of [`library`].
pub fn stored_library(spec: LibrarySpec) -> String {
    let name = format!("library-{}.xml", library_name(spec));
    let bytes = stored(&folder(), &name, || library(spec).into_bytes());
    String::from_utf8(bytes).unwrap_or_else(|_| library(spec))
}

/// The rows of [`catalogue`].
///
/// # Panics
///
/// If there is not enough memory.
pub fn stored_rows(spec: CatalogueSpec) -> Vec<Entry> {
    let name = format!("rows-{}-{}.csv", library_name(spec.library), spec.entries);
    let generate = || catalogue_csv(&catalogue(spec).rows).expect("memory takes all");
    let text = stored(&folder(), &name, generate);
    read_csv(&text).unwrap_or_else(|_| catalogue(spec).rows)
}

/// The bytes of the catalogue file of [`catalogue`].
///
/// # Panics
///
/// If there is not enough memory.
pub fn stored_catalogue(spec: CatalogueSpec) -> Vec<u8> {
    let name = format!("catalogue-{}-{}.bin", library_name(spec.library), spec.entries);
    stored(&folder(), &name, || {
        let built = Catalogue::build(&stored_rows(spec)).expect("distinct identifiers");
        built.encode().expect("memory takes all")
    })
}

fn library_name(LibrarySpec { tracks, seed, line_end }: LibrarySpec) -> String {
    let line_end = match line_end {
        LineEnd::Lf => "lf",
        LineEnd::CrLf => "crlf",
    };
    format!("{tracks}-{seed}-{line_end}")
}

/// The folder of this version of the generator.
fn folder() -> PathBuf {
    env::temp_dir().join("cuepoint-fixtures").join(env!("CUEPOINT_GENERATOR"))
}

/// The content of the file, which is generated if it does not exist.
fn stored(folder: &Path, name: &str, generate: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = folder.join(name);
    fs::read(&path).unwrap_or_else(|_| {
        let bytes = generate();
        // The next process generates it again.
        let _ = store(folder, &path, &bytes);
        bytes
    })
}

/// Writes the file completely or not at all: other processes read it.
fn store(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    if !folder.exists() {
        fs::create_dir_all(folder)?;
        remove_old(folder)?;
    }
    let unfinished = path.with_extension(format!("{}-unfinished", process::id()));
    fs::write(&unfinished, bytes)?;
    fs::rename(&unfinished, path)
}

/// Removes the folders of other versions that were created long ago.
fn remove_old(folder: &Path) -> io::Result<()> {
    let Some(all) = folder.parent() else { return Ok(()) };
    for other in fs::read_dir(all)?.filter_map(Result::ok) {
        let age = other.metadata()?.modified()?.elapsed();
        if other.path() != folder && is_old(age) {
            fs::remove_dir_all(other.path())?;
        }
    }
    Ok(())
}

fn is_old(age: Result<Duration, SystemTimeError>) -> bool {
    age.is_ok_and(|age| age > KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    const SPEC: CatalogueSpec = CatalogueSpec {
        library: LibrarySpec { tracks: 40, seed: 7, line_end: LineEnd::Lf },
        entries: 90,
    };

    #[test]
    fn what_is_stored_is_what_is_generated() {
        let generated = catalogue(SPEC).rows;
        for _ in 0..2 {
            assert_eq!(stored_library(SPEC.library), library(SPEC.library));
            assert_eq!(stored_rows(SPEC), generated);
            let built = Catalogue::build(&generated).unwrap();
            assert_eq!(stored_catalogue(SPEC), built.encode().unwrap());
        }
    }

    #[test]
    fn a_file_is_generated_once_and_old_folders_are_removed() {
        let all = env::temp_dir().join(format!("cuepoint-fixtures-test-{}", process::id()));
        let (own, other) = (all.join("own"), all.join("other"));
        fs::create_dir_all(&other).unwrap();
        assert_eq!(stored(&own, "a", || b"first".to_vec()), b"first");
        assert_eq!(stored(&own, "a", || b"second".to_vec()), b"first");
        assert!(other.exists(), "it is new");
        let is_old_after = |age| is_old(SystemTime::now().duration_since(SystemTime::now() - age));
        assert!(is_old_after(KEPT * 2) && !is_old_after(KEPT / 2));
        let no_folder = stored(Path::new("/dev/null/none"), "a", || b"third".to_vec());
        assert_eq!(no_folder, b"third");
        fs::remove_dir_all(&all).unwrap();
    }
}
