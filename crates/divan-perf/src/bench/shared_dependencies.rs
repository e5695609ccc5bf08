//! Dependencies that two checkouts share, compiled once.

use super::dep_info;
use anyhow::{Context as _, Result};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The folders of a profile.
const FINGERPRINTS: &str = ".fingerprint";
const DEPENDENCIES: &str = "deps";
const BUILD_SCRIPTS: &str = "build";
/// Folders of cargo with sources that never change.
const IMMUTABLE: [[&str; 2]; 2] = [["registry", "src"], ["git", "checkouts"]];

/// Copies compiled dependencies from the target folder `from` to `to`, which is empty.
///
/// Only packages of registries and git repositories are copied. Cargo still decides whether it uses them:
/// their names have a hash of the version, the features, the profile and the compiler. Packages of the
/// checkout are not copied, because cargo does not distinguish those of two checkouts.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    profiles(from).iter().try_for_each(|profile| {
        copy_profile(profile, &to.join(profile.strip_prefix(from).unwrap_or(profile)))
    })
}

/// The same for the folder of one profile.
///
/// Cargo may build in `from` at the same time. It writes a fingerprint after the artefact, so they are
/// copied in the other order.
pub(super) fn copy_profile(from: &Path, to: &Path) -> Result<()> {
    let packages = Immutable::of(from);
    for (folder, is_wanted) in packages.folders() {
        for entry in entries(&from.join(folder)) {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if is_wanted(&packages, &name) {
                copy_all(&entry, &to.join(folder).join(&name))?;
            }
        }
    }
    Ok(())
}

/// The folders of the profiles: `release`, or `x86_64-unknown-linux-gnu/release`.
fn profiles(from: &Path) -> Vec<PathBuf> {
    let below = entries(from).into_iter().flat_map(|entry| [vec![entry.clone()], entries(&entry)]);
    below.flatten().filter(|folder| folder.join(FINGERPRINTS).is_dir()).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The compiled packages of a profile whose sources never change.
#[derive(Default)]
struct Immutable {
    /// The hashes in the names of their artefacts.
    hashes: BTreeSet<String>,
    /// The names of packages with a build script.
    scripts: BTreeSet<String>,
}

type IsWanted = fn(&Immutable, &str) -> bool;

impl Immutable {
    fn of(profile: &Path) -> Self {
        let mut packages = Self::default();
        let mut own = BTreeSet::new();
        let generated = profile.join(BUILD_SCRIPTS);
        for script in entries(&generated) {
            let name = package_and_hash(&script).map(|(package, _)| package);
            for list in entries(&script).into_iter().filter(|file| is_list(file)) {
                let hash = immutable_hash(&list, &generated);
                let names = if hash.is_some() { &mut packages.scripts } else { &mut own };
                names.extend(name.clone());
                packages.hashes.extend(hash);
            }
        }
        packages.scripts.retain(|name| !own.contains(name));
        let lists = entries(&profile.join(DEPENDENCIES)).into_iter().filter(|file| is_list(file));
        packages.hashes.extend(lists.filter_map(|list| immutable_hash(&list, &generated)));
        packages
    }

    fn folders(&self) -> [(&'static str, IsWanted); 3] {
        [
            (FINGERPRINTS, Self::has_package),
            (BUILD_SCRIPTS, Self::has_package),
            (DEPENDENCIES, Self::has_artefact),
        ]
    }

    fn has_artefact(&self, name: &str) -> bool {
        package_and_hash(Path::new(name)).is_some_and(|(_, hash)| self.hashes.contains(&hash))
    }

    /// A build script's run has a hash of its own.
    fn has_package(&self, name: &str) -> bool {
        package_and_hash(Path::new(name)).is_some_and(|(package, hash)| {
            self.hashes.contains(&hash) || self.scripts.contains(&package)
        })
    }
}

/// The parts of names like `serde-a7a0e09e0e86def7` and `libserde-a7a0e09e0e86def7.rlib`.
fn package_and_hash(path: &Path) -> Option<(String, String)> {
    let name = path.file_name()?.to_str()?;
    let name = name.split('.').next()?;
    let (package, hash) = name.rsplit_once('-')?;
    Some((package.to_owned(), hash.to_owned()))
}

/// The hash of the artefact of a dep-info file, if its sources never change. Its build script may have
/// generated some of them into the folder `generated`.
fn immutable_hash(list: &Path, generated: &Path) -> Option<String> {
    let sources = dep_info::sources(list);
    let (_, others): (Vec<&PathBuf>, Vec<&PathBuf>) =
        sources.iter().partition(|path| path.starts_with(generated));
    let is_immutable = !others.is_empty() && others.iter().all(|path| never_changes(path));
    package_and_hash(list).map(|(_, hash)| hash).filter(|_| is_immutable)
}

fn is_list(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "d")
}

fn never_changes(path: &Path) -> bool {
    let parts: Vec<&str> = path.components().filter_map(|part| part.as_os_str().to_str()).collect();
    path.is_absolute() && parts.windows(2).any(|two| IMMUTABLE.iter().any(|folders| two == folders))
}

/// Copies a file or folder with its modification times, by which cargo decides what is up to date.
fn copy_all(from: &Path, to: &Path) -> Result<()> {
    let cannot = || format!("cannot copy {} to {}", from.display(), to.display());
    let metadata = fs::symlink_metadata(from).with_context(cannot)?;
    if metadata.is_dir() {
        fs::create_dir_all(to).with_context(cannot)?;
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_owned();
        return entries(from).iter().try_for_each(|entry| copy_all(entry, &to.join(name(entry))));
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(cannot)?;
    }
    fs::copy(from, to).with_context(cannot)?;
    let file = File::options().write(true).open(to).with_context(cannot)?;
    file.set_modified(metadata.modified().with_context(cannot)?).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn only_packages_that_never_change_are_copied() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let write = |path: &str, text: &str| {
            let path = from.join("release").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            let hour_ago = SystemTime::now() - Duration::from_secs(3600);
            File::options().write(true).open(&path).unwrap().set_modified(hour_ago).unwrap();
        };
        let registry = std::path::absolute("/home/a/.cargo/registry/src/x/serde-1/src/lib.rs");
        let registry = registry.unwrap().display().to_string();
        for path in ["deps/libserde-1.rlib", "deps/libown-3.rlib", "deps/libpath-4.rlib"] {
            write(path, "code");
        }
        let generated = from.join("release/build/serde-5/out/private.rs").display().to_string();
        write("deps/serde-1.d", &format!("x: {registry} {generated}\n"));
        write("deps/own-3.d", "x: src/lib.rs\n");
        write("deps/path-4.d", &format!("x: {registry} /home/a/path/src/lib.rs\n"));
        write("build/serde-2/build_script_build-2.d", &format!("x: {registry}\n"));
        write("build/serde-5/output", "");
        write("build/own-6/build_script_build-6.d", "x: build.rs\n");
        write("build/own-7/output", "");
        for name in ["serde-1", "serde-2", "serde-5", "own-3", "own-6", "own-7", "path-4"] {
            write(&format!(".fingerprint/{name}/lib"), "");
        }
        copy(&from, &to).unwrap();
        let mut copied = Vec::new();
        for parent in ["deps", "build", ".fingerprint"] {
            let names = entries(&to.join("release").join(parent)).into_iter();
            copied.extend(names.map(|path| path.file_name().unwrap().to_owned()));
        }
        copied.sort();
        let expected =
            ["libserde-1.rlib", "serde-1", "serde-1.d", "serde-2", "serde-2", "serde-5", "serde-5"];
        assert_eq!(copied, expected);
        let age =
            fs::metadata(to.join("release/deps/libserde-1.rlib")).unwrap().modified().unwrap();
        assert!(age.elapsed().unwrap() > Duration::from_secs(3000));
    }
}
