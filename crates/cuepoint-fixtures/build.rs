//! Passes on a hash of the sources that decide what is generated: `CUEPOINT_GENERATOR`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let own = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut hasher = DefaultHasher::new();
    // Catalogue files are encoded by the core.
    for folder in [own.join("src"), own.join("../cuepoint-core/src")] {
        println!("cargo::rerun-if-changed={}", folder.display());
        hash_files(&folder, &mut hasher)?;
    }
    println!("cargo::rustc-env=CUEPOINT_GENERATOR={:016x}", hasher.finish());
    Ok(())
}

fn hash_files(folder: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            hash_files(&path, hasher)?;
        } else {
            path.file_name().hash(hasher);
            fs::read(&path)?.hash(hasher);
        }
    }
    Ok(())
}
