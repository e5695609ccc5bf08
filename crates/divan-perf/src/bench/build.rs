//! Building the bench executables.

use super::bench_environment::{BenchEnvironment, library_folders, package_variables};
use super::cargo_messages::{Artifact, BuildScript, Message, executable, program};
use super::dep_info;
use super::members::BenchTarget;
use super::workspace::{DivanVersions, Workspace};
use crate::cargo::BuildAdditions;
use crate::store::{SourceState, clear_git_variables};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use divan_output::Harness;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

/// The result of a build.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// The Divan benches.
    pub(crate) executables: Vec<Executable>,
    /// Every executable that was built, benches and programs, by package.
    pub(crate) files: BTreeMap<String, BTreeSet<PathBuf>>,
    /// The profile, for example `opt-level 3, debug assertions`.
    pub(crate) profile: String,
    /// The enabled features by library. Those of several versions are joined.
    pub(crate) features: BTreeMap<String, BTreeSet<String>>,
    /// Notes on benches that are not measured.
    pub(crate) notes: Vec<String>,
    /// The files of the work tree that it was built from; `None` if they are unknown.
    pub(super) sources: Option<SourceState>,
    /// Its target folder, if only this program builds there.
    pub(super) folder: Option<PathBuf>,
    /// Libraries that executables load at run time, by cargo's id of their package.
    libraries: BTreeMap<String, BTreeSet<PathBuf>>,
    /// All artefacts by cargo's id of their package.
    artefacts: BTreeMap<String, BTreeSet<PathBuf>>,
    /// The lock of the build folder, held as long as the executables are launched.
    claim: Option<File>,
}

/// A built Divan bench.
#[derive(Clone, Debug)]
pub(crate) struct Executable {
    pub(crate) target: BenchTarget,
    pub(crate) path: PathBuf,
    /// The versions of Divan in its workspace.
    pub(crate) divan: DivanVersions,
    /// The environment of its processes.
    pub(crate) environment: BenchEnvironment,
}

/// What a build printed about its packages.
#[derive(Default)]
struct BuildOutput {
    /// The executables of the binary targets by name, by cargo's package ids.
    programs: BTreeMap<String, BTreeMap<String, PathBuf>>,
    scripts: Vec<BuildScript>,
}

/// Builds the workspace's bench targets, and finds the Divan benches among them.
pub(super) fn build(workspace: &Workspace, additions: &BuildAdditions) -> Result<Built> {
    if workspace.targets.is_empty() {
        return Ok(Built::default());
    }
    let mut messages = String::new();
    for packages in builds(workspace) {
        let Some(selection) = selection(workspace, &packages) else { continue };
        let mut settings = workspace.options.clone();
        // Cargo refuses a feature that none of the packages has.
        let is_known = |name: &String| workspace.members.have_feature(packages.keys(), name);
        settings.features.names.retain(is_known);
        let mut command = workspace.toolchain.cargo();
        clear_git_variables(&mut command)
            .args(["bench", "--no-run", "--message-format=json-render-diagnostics"])
            .args(settings.build_args())
            .args(&additions.args)
            .envs(additions.variables.iter().map(|(name, value)| (name, value)))
            .args(selection);
        let output = run_cargo(&mut command).context("cannot start cargo")?;
        if !output.status.success() {
            bail!("cannot build the benches: fix the errors that cargo printed above");
        }
        messages += &String::from_utf8_lossy(&output.stdout);
    }
    classify(workspace, &messages)
}

/// Runs cargo, whose messages go to standard error.
fn run_cargo(command: &mut Command) -> io::Result<Output> {
    if io::stderr().is_terminal() {
        // Cargo shows its progress only on a terminal.
        return command.stderr(Stdio::inherit()).output();
    }
    // Cargo would end if standard error was closed.
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let messages = child.stderr.take();
    let passing = thread::spawn(move || messages.map(ui::pass_on));
    let output = child.wait_with_output();
    let _ = passing.join();
    output
}

/// The names of the targets by package, per build.
type Packages<'w> = BTreeMap<&'w str, BTreeSet<&'w str>>;

/// The targets of each build.
///
/// Mostly one build is enough. Cargo refuses it if a selected name also exists in a selected package
/// where the target needs more features. Such a package is built alone.
fn builds(workspace: &Workspace) -> Vec<Packages<'_>> {
    let mut names = Packages::new();
    for target in &workspace.targets {
        names.entry(&target.package).or_default().insert(&target.name);
    }
    let all: BTreeSet<&str> = names.values().flatten().copied().collect();
    let not_built = workspace.not_built.keys().filter_map(|key| key.split_once('/'));
    let refused = not_built.filter(|(_, name)| all.contains(name));
    let alone: BTreeSet<&str> = refused.map(|(package, _)| package).collect();
    let (alone, together): (Packages<'_>, Packages<'_>) =
        names.into_iter().partition(|(package, _)| alone.contains(package));
    let alone = alone.into_iter().map(|package| Packages::from([package]));
    [together].into_iter().chain(alone).filter(|packages| !packages.is_empty()).collect()
}

/// The arguments for packages and the names of their targets; `None` if none of them is wanted.
fn selection(workspace: &Workspace, packages: &Packages<'_>) -> Option<Vec<String>> {
    let targets = packages.iter().flat_map(|(package, names)| {
        names.iter().filter(|name| workspace.is_wanted(package, name)).copied()
    });
    let names: BTreeSet<&str> = targets.collect();
    if names.is_empty() {
        return None;
    }
    let packages =
        packages.keys().map(|package| format!("--package={}", specification(workspace, package)));
    Some(packages.chain(names.into_iter().map(|name| format!("--bench={name}"))).collect())
}

/// The package for cargo. A dependency can have the name of a member, even in the same version, so the
/// identifier is preferred. Those of cargo before 1.77 cannot be arguments.
fn specification<'w>(workspace: &'w Workspace, package: &'w str) -> &'w str {
    let mut own = workspace.targets.iter().filter(|target| target.package == package);
    let id = own.next().map(|target| target.package_id.as_str());
    id.filter(|id| id.starts_with("path+")).unwrap_or(package)
}

fn classify(workspace: &Workspace, messages: &str) -> Result<Built> {
    let mut built = Built::default();
    let divan = workspace.divan()?;
    let mut output = BuildOutput::default();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Message =
            serde_json::from_str(line).context("cannot parse cargo's messages")?;
        let artifact = match message {
            Message::CompilerArtifact(artifact) => artifact,
            Message::BuildScriptExecuted(script) => {
                output.scripts.push(script);
                continue;
            }
            Message::Other => continue,
        };
        built.note(workspace, &artifact);
        if let Some((name, path)) = program(&artifact) {
            output.programs.entry(artifact.package_id.clone()).or_default().insert(name, path);
        }
        let Some((target, path)) = executable(workspace, &artifact) else { continue };
        built.profile = artifact.profile.describe();
        let harness = harness(&path)?;
        if harness == Harness::Divan {
            let environment = BenchEnvironment::default();
            built.executables.push(Executable { target, path, divan: divan.clone(), environment });
        } else {
            let (package, name) = (&target.package, &target.name);
            built.notes.push(format!(
                "{package}/{name} is not measured: it is no Divan bench, but {harness}"
            ));
        }
    }
    output.set_environments(workspace, &mut built.executables);
    built.executables.sort_by(|one, other| one.key().cmp(&other.key()));
    Ok(built)
}

impl BuildOutput {
    fn set_environments(&self, workspace: &Workspace, executables: &mut [Executable]) {
        let configured = workspace.config.variables();
        let target = workspace.config.target();
        let of_compiler = workspace.toolchain.library_folder(target.as_deref());
        let cargo = workspace.toolchain.cargo_path();
        for executable in executables {
            let id = &executable.target.package_id;
            let package = workspace.members.package(id);
            let mut of_cargo = package.map(package_variables).unwrap_or_default();
            of_cargo.insert("CARGO".to_owned(), cargo.clone());
            let programs = self.programs.get(id).into_iter().flatten();
            of_cargo.extend(
                programs.map(|(name, path)| (format!("CARGO_BIN_EXE_{name}"), path.into())),
            );
            let linked = self.scripts.iter().flat_map(|script| &script.linked_paths);
            let linked = linked.map(String::as_str);
            executable.environment = BenchEnvironment {
                libraries: library_folders(&executable.path, linked, of_compiler.as_deref()),
                configured: configured.clone(),
                of_build_script: self.script_variables(id),
                of_cargo,
            };
        }
    }

    fn script_variables(&self, package_id: &str) -> BTreeMap<String, OsString> {
        let own = self.scripts.iter().filter(|script| script.package_id == package_id);
        let variables = own.flat_map(|script| {
            let out_dir = ("OUT_DIR".to_owned(), OsString::from(&script.out_dir));
            let own = script.env.iter().map(|(name, value)| (name.clone(), value.into()));
            own.chain([out_dir])
        });
        variables.collect()
    }
}

fn harness(path: &Path) -> Result<Harness> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Harness::of(&bytes))
}

impl Built {
    /// Leaves out the benches that `workspace` does not want. They were built before it was known.
    pub(crate) fn leave_out_unwanted(&mut self, workspace: &Workspace) {
        let is_wanted = |target: &BenchTarget| workspace.is_wanted(&target.package, &target.name);
        let (wanted, others): (Vec<Executable>, Vec<Executable>) =
            std::mem::take(&mut self.executables)
                .into_iter()
                .partition(|one| is_wanted(&one.target));
        for other in others {
            if let Some(files) = self.files.get_mut(&other.target.package) {
                files.remove(&other.path);
            }
        }
        let has_wanted = |package: &str| wanted.iter().any(|one| one.target.package == package);
        self.files.retain(|package, _| has_wanted(package));
        self.executables = wanted;
    }

    /// The same with the lock of its build folder.
    pub(super) fn with_claim(mut self, claim: Option<File>) -> Self {
        self.claim = claim;
        self
    }

    /// Whether the work tree of `workspace` is the one that it was built from.
    pub(crate) fn is_current(&self, workspace: &Workspace) -> Result<bool> {
        Ok(SourceState::around(&workspace.root, &workspace.target_dir)? == self.sources)
    }

    /// The same with its target folder.
    pub(super) fn with_folder(mut self, folder: PathBuf) -> Self {
        self.folder = Some(folder);
        self
    }

    /// Its target folder, if only this program builds there.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The same with the files of the work tree that it was built from.
    pub(super) fn with_sources(mut self, sources: SourceState) -> Self {
        self.sources = Some(sources);
        self
    }

    /// The files below `root` that the executables of a package were compiled from, as paths with
    /// `/` relative to `root`.
    pub(crate) fn sources(
        &self,
        workspace: &Workspace,
        package: &str,
        root: &Path,
    ) -> BTreeSet<String> {
        let packages = used_packages(workspace, package);
        let artefacts = packages.iter().filter_map(|id| self.artefacts.get(*id)).flatten();
        let sources = artefacts.flat_map(|artefact| dep_info::sources(artefact));
        let below = |path: PathBuf| {
            let path = fs::canonicalize(workspace.root.join(path)).ok()?;
            let parts = path.strip_prefix(root).ok()?.components();
            let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
            Some(parts.join("/"))
        };
        sources.filter_map(below).collect()
    }

    /// The files that processes of a package's benches run: their executables, the package's programs, and
    /// libraries of the packages that they use.
    pub(crate) fn run_files(&self, workspace: &Workspace, package: &str) -> BTreeSet<PathBuf> {
        let packages = used_packages(workspace, package);
        let libraries = packages.iter().filter_map(|id| self.libraries.get(*id)).flatten();
        self.files.get(package).into_iter().flatten().chain(libraries).cloned().collect()
    }

    fn note(&mut self, workspace: &Workspace, artifact: &Artifact) {
        if artifact.target.is_loaded_at_run_time() {
            let libraries = self.libraries.entry(artifact.package_id.clone()).or_default();
            libraries.extend(artifact.filenames.iter().cloned());
        }
        let artefacts = self.artefacts.entry(artifact.package_id.clone()).or_default();
        artefacts.extend(artifact.filenames.iter().chain(&artifact.executable).cloned());
        if artifact.target.kind.iter().any(|kind| kind.ends_with("lib")) {
            let features = self.features.entry(artifact.target.name.clone()).or_default();
            features.extend(artifact.features.iter().cloned());
        }
        let own = |target: &&BenchTarget| target.package_id == artifact.package_id;
        let package = workspace.targets.iter().find(own).map(|target| target.package.clone());
        if let Some((package, path)) = package.zip(artifact.executable.clone()) {
            self.files.entry(package).or_default().insert(path);
        }
    }
}

/// Cargo's ids of a package and of those that it uses.
fn used_packages<'a>(workspace: &'a Workspace, package: &str) -> BTreeSet<&'a str> {
    let own = workspace.targets.iter().filter(|target| target.package == package);
    own.flat_map(|target| workspace.used_by(&target.package_id)).collect()
}

impl Executable {
    /// Its package and target.
    pub(super) fn key(&self) -> (&str, &str) {
        (&self.target.package, &self.target.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_built_alone_if_a_selected_name_needs_features_in_it() {
        let id = |package: &str| match package {
            "c" => "path+file:///w/c#1.0.0".to_owned(),
            _ => format!("{package} 1.0.0 (path+file:///w/{package})"),
        };
        let target = |(package, name): (&str, &str)| BenchTarget {
            package_id: id(package),
            package: package.to_owned(),
            dir: PathBuf::new(),
            name: name.to_owned(),
            source: PathBuf::new(),
        };
        let targets = [("a", "x"), ("b", "bench"), ("b", "y"), ("c", "bench"), ("d", "z")];
        let not_built = ["a/bench", "d/other"].map(|key| (key.to_owned(), String::new()));
        let mut workspace = Workspace {
            targets: targets.map(target).into(),
            not_built: not_built.into(),
            ..Workspace::default()
        };
        let selections = |workspace: &Workspace| -> Vec<String> {
            let builds = builds(workspace).into_iter();
            let wanted = builds.filter_map(|packages| selection(workspace, &packages));
            wanted.map(|arguments| arguments.join(" ")).collect()
        };
        let expected = [
            "--package=b --package=path+file:///w/c#1.0.0 --package=d --bench=bench --bench=y --bench=z",
            "--package=a --bench=x",
        ];
        assert_eq!(selections(&workspace), expected);
        // The features of the other packages stay enabled.
        workspace.wanted = Some(["b/y".to_owned()].into());
        let expected = ["--package=b --package=path+file:///w/c#1.0.0 --package=d --bench=y"];
        assert_eq!(selections(&workspace), expected);
    }
}
