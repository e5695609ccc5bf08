//! The executable of a bench, linked with its functions in random orders.

use super::ListedBenchmark;
use super::build::{self, Executable};
use super::build_folder::BuildFolder;
use super::workspace::Workspace;
use crate::cargo::BuildAdditions;
use crate::files::remove;
use anyhow::{Context as _, Result, ensure};
use perf_judge::verdict::ORDERS;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// A build whose benches are linked again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BuildToLink<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) additions: &'a BuildAdditions,
    /// The target folder of the build.
    pub(crate) folder: &'a Path,
}

/// Executables with their functions in random orders. They are removed when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    /// The measured executables, each beside its orders.
    measured: BTreeSet<PathBuf>,
}

/// Calls rustc with another linker. Cargo does not compile dependencies again because of a wrapper, as it
/// would because of a setting.
const COMPILER: &str = include_str!("compile_in_orders.sh");
/// The linker: links in all orders, then as asked. Only the linkers of LLVM have the option.
const LINKER: &str = include_str!("link_in_orders.sh");
/// The linker that rustc calls where no other is configured.
const USUAL_LINKER: &str = "cc";
const NOT_LINKED: &str = "the benches could not be linked with their functions in other orders, which needs a linker of LLVM. Rustc uses one by default for x86-64 Linux";
/// The suffix of a measured executable while its bench is linked again.
const KEPT: &str = ".measured";

impl Layouts {
    /// Links `executables` of a build in [`ORDERS`] random orders, and adds them. The executables
    /// themselves remain.
    ///
    /// Fails with a message for people if the linker cannot do that.
    pub(crate) fn link(
        &mut self,
        build: BuildToLink<'_>,
        executables: &BTreeSet<PathBuf>,
    ) -> Result<()> {
        ensure!(cfg!(target_os = "linux"), "this is only supported on Linux");
        let scripts = tempfile::tempdir_in(build.folder)
            .with_context(|| format!("cannot create a folder in {}", build.folder.display()))?;
        let [compiler, linker] = [("compiler", COMPILER), ("linker", LINKER)]
            .map(|(name, text)| write_executable(&scripts.path().join(name), text));
        let mut additions = build.additions.clone();
        additions.args.extend(BuildFolder::claimed(build.folder.to_owned()).options());
        additions.variables.extend([
            ("RUSTC_WRAPPER".to_owned(), compiler?.into_os_string()),
            ("DIVAN_PERF_LINK_IN_ORDERS".to_owned(), linker?.into_os_string()),
            ("DIVAN_PERF_LINKER".to_owned(), USUAL_LINKER.into()),
            ("DIVAN_PERF_ORDERS".to_owned(), ORDERS.to_string().into()),
        ]);
        self.measured.extend(executables.iter().cloned());
        let _kept = KeptFiles::keep(executables)?;
        build::build(build.workspace, &additions).context(NOT_LINKED)?;
        let is_linked = |path: &PathBuf| (0..ORDERS).all(|order| path_of(path, order).is_file());
        ensure!(executables.iter().all(is_linked), "cargo did not link all benches again");
        Ok(())
    }

    /// The benchmark with its functions in an order below [`ORDERS`]; `None` if its bench was not linked.
    pub(super) fn entry(&self, entry: &ListedBenchmark, order: usize) -> Option<ListedBenchmark> {
        let measured = self.measured.get(&entry.executable.path)?;
        let path = path_of(measured, order);
        let executable = Executable { path, ..entry.executable.clone() };
        Some(ListedBenchmark { executable, ..entry.clone() })
    }
}

impl Drop for Layouts {
    fn drop(&mut self) {
        // What cannot be removed is overwritten by the next link.
        for measured in &self.measured {
            (0..ORDERS).for_each(|order| drop(remove(&path_of(measured, order))));
        }
    }
}

/// Measured executables under other names, so that cargo links their benches again. They get their names
/// back when this is dropped.
#[derive(Debug, Default)]
struct KeptFiles(Vec<PathBuf>);

impl KeptFiles {
    fn keep(executables: &BTreeSet<PathBuf>) -> Result<Self> {
        let mut kept = Self::default();
        for path in executables {
            fs::rename(path, with_suffix(path, KEPT))
                .with_context(|| format!("cannot rename {}", path.display()))?;
            kept.0.push(path.clone());
        }
        Ok(kept)
    }
}

impl Drop for KeptFiles {
    fn drop(&mut self) {
        // Without its executable, the next build links a bench again.
        self.0.iter().for_each(|path| drop(fs::rename(with_suffix(path, KEPT), path)));
    }
}

fn path_of(measured: &Path, order: usize) -> PathBuf {
    with_suffix(measured, &format!(".order-{}", order + 1))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(suffix);
    path.into()
}

#[cfg(unix)]
fn write_executable(path: &Path, text: &str) -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let written = fs::write(path, text)
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o755)));
    written.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path.to_owned())
}

#[cfg(not(unix))]
fn write_executable(path: &Path, _text: &str) -> Result<PathBuf> {
    Ok(path.to_owned())
}
