//! The environment of bench processes, as `cargo bench` sets it.

use super::cargo_metadata::CargoPackage;
use crate::cargo::with_own_toolchain;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The environment of the processes of one executable.
#[derive(Clone, Debug, Default)]
pub(crate) struct BenchEnvironment {
    /// Variables of `[env]` in cargo's configuration, which replace no other ones.
    pub(super) configured: BTreeMap<String, OsString>,
    /// Variables of the package's build script.
    pub(super) of_build_script: BTreeMap<String, OsString>,
    /// Variables of cargo, the package and its programs.
    pub(super) of_cargo: BTreeMap<String, OsString>,
    /// The folders of shared libraries.
    pub(super) libraries: Vec<PathBuf>,
}

impl BenchEnvironment {
    /// Sets the environment of a process.
    pub(super) fn set(&self, command: &mut Command) {
        // A bench can start cargo or rustc.
        with_own_toolchain(command);
        command.envs(&self.configured).envs(&self.of_build_script).envs(&self.of_cargo);
        let (name, paths) = library_path(&self.libraries);
        command.env(name, paths);
    }
}

/// The variables that name the package, for benches and for the programs that they start.
pub(super) fn package_variables(package: &CargoPackage) -> BTreeMap<String, OsString> {
    let CargoPackage { name, version, manifest_path, .. } = package;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    // Build metadata after `+` can have hyphens as well.
    let released = version.split('+').next().unwrap_or_default();
    let (numbers, pre) = released.split_once('-').unwrap_or((released, ""));
    let mut numbers = numbers.splitn(3, '.').map(str::to_owned);
    let mut number = || numbers.next().unwrap_or_default();
    let variables = [
        ("CARGO_PKG_VERSION_MAJOR", number()),
        ("CARGO_PKG_VERSION_MINOR", number()),
        ("CARGO_PKG_VERSION_PATCH", number()),
        ("CARGO_PKG_VERSION_PRE", pre.to_owned()),
        ("CARGO_PKG_VERSION", version.clone()),
        ("CARGO_PKG_NAME", name.clone()),
        ("CARGO_PKG_AUTHORS", package.authors.join(":")),
        ("CARGO_PKG_DESCRIPTION", text(&package.description)),
        ("CARGO_PKG_HOMEPAGE", text(&package.homepage)),
        ("CARGO_PKG_REPOSITORY", text(&package.repository)),
        ("CARGO_PKG_LICENSE", text(&package.license)),
        ("CARGO_PKG_LICENSE_FILE", text(&package.license_file)),
        ("CARGO_PKG_RUST_VERSION", text(&package.rust_version)),
        ("CARGO_PKG_README", text(&package.readme)),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), OsString::from(value)));
    let paths = [
        ("CARGO_MANIFEST_DIR".to_owned(), package.dir().as_os_str().to_owned()),
        ("CARGO_MANIFEST_PATH".to_owned(), manifest_path.as_os_str().to_owned()),
    ];
    variables.into_iter().chain(paths).collect()
}

/// The folders in which the system searches the shared libraries of an executable.
///
/// These are the ones of build scripts (`linked`) in its target folder, its own folders, and the one
/// of the compiler.
pub(super) fn library_folders<'a>(
    executable: &'a Path,
    linked: impl Iterator<Item = &'a str>,
    of_compiler: Option<&'a Path>,
) -> Vec<PathBuf> {
    let own: Vec<&Path> = executable.ancestors().skip(1).take(2).collect();
    let profile_folder = own.last().copied().unwrap_or(executable);
    let linked = linked.map(search_path).filter(|path| path.starts_with(profile_folder));
    linked.chain(own.iter().copied()).chain(of_compiler).map(Path::to_owned).collect()
}

/// The folder of a search path of a build script, which can have a kind such as `native=`.
fn search_path(path: &str) -> &Path {
    const KINDS: [&str; 5] = ["native", "crate", "dependency", "framework", "all"];
    let with_kind = path.split_once('=').filter(|(kind, _)| KINDS.contains(kind));
    Path::new(with_kind.map_or(path, |(_, path)| path))
}

/// The variable with the folders of shared libraries, and its value as cargo sets it.
fn library_path(folders: &[PathBuf]) -> (&'static str, OsString) {
    let name = match env::consts::OS {
        "macos" => "DYLD_FALLBACK_LIBRARY_PATH",
        "windows" => "PATH",
        _ => "LD_LIBRARY_PATH",
    };
    let set = env::var_os(name).unwrap_or_default();
    let mut paths: Vec<PathBuf> = folders.to_vec();
    paths.extend(env::split_paths(&set).filter(|path| !path.as_os_str().is_empty()));
    if env::consts::OS == "macos" && set.is_empty() {
        // The variable replaces these defaults of the system.
        let home = env::home_dir().map(|home| home.join("lib"));
        paths.extend(home.into_iter().chain(["/usr/local/lib", "/usr/lib"].map(PathBuf::from)));
    }
    // The variable stays unchanged if the name of a folder has the separator.
    (name, env::join_paths(paths).unwrap_or(set))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    fn package(version: &str) -> CargoPackage {
        let json = format!(
            r#"{{"id": "a", "name": "a-b", "version": "{version}", "manifest_path": "/w/ä b/Cargo.toml", "targets": [], "authors": ["A", "B <b@c>"], "license": "MIT", "rust_version": null}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_package_is_described_as_by_cargo() {
        let variables = package_variables(&package("1.20.3-beta.1+build-7"));
        let expected = [
            ("CARGO_PKG_VERSION", "1.20.3-beta.1+build-7"),
            ("CARGO_PKG_VERSION_MAJOR", "1"),
            ("CARGO_PKG_VERSION_MINOR", "20"),
            ("CARGO_PKG_VERSION_PATCH", "3"),
            ("CARGO_PKG_VERSION_PRE", "beta.1"),
            ("CARGO_PKG_NAME", "a-b"),
            ("CARGO_PKG_AUTHORS", "A:B <b@c>"),
            ("CARGO_PKG_LICENSE", "MIT"),
            ("CARGO_PKG_HOMEPAGE", ""),
            ("CARGO_MANIFEST_DIR", "/w/ä b"),
            ("CARGO_MANIFEST_PATH", "/w/ä b/Cargo.toml"),
        ];
        for (name, value) in expected {
            assert_eq!(
                variables.get(name).map(OsString::as_os_str),
                Some(OsStr::new(value)),
                "{name}"
            );
        }
        assert_eq!(package_variables(&package("0.1.0"))["CARGO_PKG_VERSION_PRE"], "");
    }

    #[test]
    fn libraries_are_found_where_cargo_searches_them() {
        let linked = ["native=/t/release/build/a/out", "/usr/lib", "/t/release/b", "all=/opt/lib"];
        let folders = library_folders(
            Path::new("/t/release/deps/bench"),
            linked.into_iter(),
            Some(Path::new("/rust/lib")),
        );
        let expected = [
            "/t/release/build/a/out",
            "/t/release/b",
            "/t/release/deps",
            "/t/release",
            "/rust/lib",
        ];
        assert_eq!(folders, expected.map(PathBuf::from));
    }
}
