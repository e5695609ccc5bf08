//! Cargo's configuration files of a workspace.
//!
//! A file that git tracks belongs to the commit: its settings are a part of what is measured, like
//! those of Cargo.toml. Every other file belongs to the machine.

use super::config_value::{Setting, UsedBy, settings, text, variables};
use crate::files::{TEXT_BYTES, read_text, real};
use anyhow::{Context as _, Result};
use perf_judge::run::NATIVE;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The variables that replace all flags of the configuration.
const FLAG_VARIABLES: [&str; 2] = ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"];

/// Cargo's configuration files of a workspace, the one with the highest precedence first.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfigFiles(Vec<ConfigFile>);

/// A configuration file.
#[derive(Clone, Debug)]
pub(crate) struct ConfigFile {
    pub(crate) path: PathBuf,
    /// Whether it is part of the commit.
    pub(crate) is_of_commit: bool,
    /// Whether it is in cargo's home, so that it applies in every folder.
    is_in_home: bool,
    table: Table,
}

impl ConfigFiles {
    /// The files of `folder` and the folders above it, and the one in cargo's home.
    pub(crate) fn of(folder: &Path, is_tracked: impl Fn(&Path) -> bool) -> Result<Self> {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
        let mut folders: Vec<PathBuf> =
            folder.ancestors().map(|folder| folder.join(".cargo")).collect();
        if let Some(home) = home.as_ref().filter(|home| !folders.contains(home)) {
            folders.push(home.clone());
        }
        let mut files = Vec::new();
        for folder in &folders {
            let Some((path, table)) = read(folder)? else { continue };
            let is_of_commit = is_tracked(&path);
            files.push(ConfigFile {
                path,
                table,
                is_of_commit,
                is_in_home: Some(folder) == home.as_ref(),
            });
        }
        Ok(Self(files))
    }

    /// The files of another commit of the workspace, in the work tree `tree`.
    ///
    /// The machine's files above the head's checkout are passed to cargo as arguments, so they have
    /// the highest precedence.
    pub(crate) fn of_other_commit(&self, folder: &Path, tree: &Path) -> Result<Self> {
        let tree = real(tree);
        let own = Self::of(folder, |path| real(path).starts_with(&tree))?;
        let (home, passed): (Vec<_>, Vec<_>) =
            self.0.iter().filter(|file| !file.is_of_commit).cloned().partition(|f| f.is_in_home);
        let of_commit = own.0.into_iter().filter(|file| file.is_of_commit);
        Ok(Self(passed.into_iter().chain(of_commit).chain(home).collect()))
    }

    /// The machine's files as arguments for cargo in another folder. The one in cargo's home
    /// applies there without them.
    pub(crate) fn args_elsewhere(&self) -> Vec<String> {
        let passed = self.0.iter().filter(|file| !file.is_of_commit && !file.is_in_home);
        passed.map(|file| format!("--config={}", file.path.display())).collect()
    }

    /// `build.rustc`.
    pub(super) fn rustc(&self) -> Option<OsString> {
        let (file, value) = self.value(&["build", "rustc"])?;
        let program = Path::new(value.as_str()?);
        // A name alone is searched in PATH.
        let is_path = program.components().count() > 1;
        Some(if is_path { file.base().join(program).into() } else { program.into() })
    }

    /// The target triple that the benches are built for, if it is set.
    pub(crate) fn target(&self) -> Option<String> {
        let set = env::var("CARGO_BUILD_TARGET").ok();
        set.or_else(|| self.value(&["build", "target"]).map(|(_, value)| text(value)))
    }

    /// The variables of `[env]` for processes that cargo starts.
    pub(crate) fn variables(&self) -> BTreeMap<String, OsString> {
        let mut variables = BTreeMap::new();
        for file in self.0.iter().rev() {
            let table = file.table.get("env").and_then(Value::as_table);
            for (name, value) in table.into_iter().flatten() {
                let variable = Variable::of(value, file.base());
                variables.extend(variable.map(|variable| (name.clone(), variable)));
            }
        }
        let is_set = |name: &str| env::var_os(name).is_some();
        let applies = |(name, variable): &(String, Variable)| variable.force || !is_set(name);
        let applied = variables.into_iter().filter(applies);
        applied.map(|(name, variable)| (name, variable.value)).collect()
    }

    /// The settings of the machine's files and of the environment, for its key.
    pub(crate) fn machine_flags(&self, target: &str, profile: &str) -> String {
        let used = UsedBy { target, profile };
        // Cargo ignores these settings then.
        let are_replaced = FLAG_VARIABLES.iter().any(|name| env::var_os(name).is_some());
        let is_used = |(key, _): &Setting| !(are_replaced && key.ends_with(".rustflags"));
        let flags = self.settings(used, false).into_iter().filter(is_used);
        let flags = flags.chain(variables(env::vars_os(), used)).map(|(key, value)| {
            if key == "build.rustflags" { value } else { format!("{key}={value}") }
        });
        flags.collect::<Vec<_>>().join(" ")
    }

    /// Whether the commit's flags choose the processor of the machine that compiles.
    pub(crate) fn is_native(&self) -> bool {
        let of_commit = self.0.iter().filter(|file| file.is_of_commit);
        of_commit.flat_map(ConfigFile::flag_lists).any(|(_, flags)| text(flags).contains(NATIVE))
    }

    /// The lists of compiler flags by the path of their key, those with the highest precedence first.
    pub(super) fn flag_lists(&self) -> impl Iterator<Item = (Vec<&str>, &Value)> {
        self.0.iter().flat_map(ConfigFile::flag_lists)
    }

    /// The keys whose settings differ from those of another commit.
    pub(crate) fn differences(&self, other: &Self, target: &str, profile: &str) -> Vec<String> {
        let used = UsedBy { target, profile };
        let (own, others) = (self.settings(used, true), other.settings(used, true));
        let only = |some: &[Setting], others: &[Setting]| -> BTreeSet<String> {
            let differing = some.iter().filter(|setting| !others.contains(setting));
            differing.map(|(key, _)| key.clone()).collect()
        };
        (&only(&own, &others) | &only(&others, &own)).into_iter().collect()
    }

    /// The keys of profiles that differ between two manifests of workspaces.
    pub(crate) fn profile_differences(own: &Table, other: &Table, profile: &str) -> Vec<String> {
        let used = UsedBy { target: "", profile };
        let [own, other] = [own, other].map(|manifest| {
            let all = settings(manifest, used).into_iter();
            all.filter(|(key, _)| key.starts_with("profile.")).collect::<BTreeSet<Setting>>()
        });
        let keys = own.symmetric_difference(&other).map(|(key, _)| key.clone());
        keys.collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// A note if a program is configured that cargo would start the benches with.
    pub(crate) fn runner_note(&self, target: &str) -> Option<String> {
        let targets = self.0.iter().filter_map(|file| file.table.get("target")?.as_table());
        let has_runner = |(name, value): &(&String, &Value)| {
            let is_used = *name == target || name.starts_with("cfg(");
            is_used && value.get("runner").is_some()
        };
        let (name, _) = targets.flatten().find(has_runner)?;
        Some(format!(
            "`target.{name}.runner` of cargo's configuration is not used: the benches are started directly"
        ))
    }

    fn settings(&self, used: UsedBy<'_>, is_of_commit: bool) -> Vec<Setting> {
        let files = self.0.iter().filter(|file| file.is_of_commit == is_of_commit);
        files.flat_map(|file| settings(&file.table, used)).collect()
    }

    fn value(&self, path: &[&str]) -> Option<(&ConfigFile, &Value)> {
        self.0.iter().find_map(|file| Some((file, file.value(path)?)))
    }
}

impl ConfigFile {
    fn value(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.table.get(*first)?, |value, key| value.get(key))
    }

    /// `build.rustflags`, and the same of each target.
    fn flag_lists(&self) -> impl Iterator<Item = (Vec<&str>, &Value)> {
        let of_build = self.value(&["build", "rustflags"]).map(|flags| (vec!["build"], flags));
        let targets = self.table.get("target").and_then(Value::as_table).into_iter().flatten();
        let of_targets = targets.filter_map(|(name, target)| {
            Some((vec!["target", name.as_str()], target.get("rustflags")?))
        });
        of_build.into_iter().chain(of_targets)
    }

    /// The folder that paths in it are relative to.
    fn base(&self) -> &Path {
        self.path.parent().and_then(Path::parent).unwrap_or(Path::new("."))
    }
}

struct Variable {
    value: OsString,
    force: bool,
}

impl Variable {
    fn of(value: &Value, base: &Path) -> Option<Self> {
        let flag = |name: &str| value.get(name).and_then(Value::as_bool).unwrap_or(false);
        let text = value.as_str().or_else(|| value.get("value")?.as_str())?;
        let is_relative = value.is_table() && flag("relative");
        Some(Self {
            value: if is_relative { base.join(text).into() } else { text.into() },
            force: value.is_table() && flag("force"),
        })
    }
}

/// The configuration in a `.cargo` folder. Cargo prefers `config` if both names exist.
fn read(folder: &Path) -> Result<Option<(PathBuf, Table)>> {
    for name in ["config", "config.toml"] {
        let path = folder.join(name);
        // Folders above the workspace may be unreadable. Cargo ignores them as well.
        if !path.is_file() {
            continue;
        }
        let text = read_text(&path, TEXT_BYTES)?;
        let table = toml::from_str(&text).with_context(|| {
            format!("cannot parse cargo's configuration {}: fix it", path.display())
        })?;
        return Ok(Some((path, table)));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A folder `all` with the repository `project`, each with a configuration.
    fn files() -> (tempfile::TempDir, PathBuf) {
        let all = tempfile::tempdir().unwrap();
        let project = all.path().join("pro ject");
        let above = r#"
            build.rustflags = ["-C", "target-cpu=native"]
            env = { PERF_TEST_A = "above", PERF_TEST_B = "above" }
            profile.bench.lto = true
        "#;
        write(&all.path().join(".cargo/config.toml"), above);
        let own = r#"
            build = { rustflags = "-g", rustc = "tools/rustc", target = "t" }
            [env]
            PERF_TEST_A = { value = "data", relative = true }
            PATH = "unused"
            CARGO_MANIFEST_DIR = { value = "forced", force = true }
            [target.'cfg(unix)']
            runner = "sudo"
        "#;
        write(&project.join(".cargo/config.toml"), own);
        (all, project)
    }

    #[test]
    fn files_outside_of_the_commit_belong_to_the_machine() {
        let (all, project) = files();
        let config = ConfigFiles::of(&project, |path| path.starts_with(&project)).unwrap();
        let flags = config.machine_flags("t", "bench");
        assert!(flags.starts_with("-C target-cpu=native env.PERF_TEST_A="), "{flags}");
        assert!(flags.contains(" profile.bench.lto=true") && !flags.contains("-g"), "{flags}");
        let passed = format!("--config={}", all.path().join(".cargo/config.toml").display());
        assert!(config.args_elsewhere().contains(&passed), "{:?}", config.args_elsewhere());
        assert_eq!(config.rustc(), Some(project.join("tools/rustc").into_os_string()));
        assert_eq!(config.target().as_deref(), Some("t"));
        assert!(config.runner_note("t").unwrap().contains("target.cfg(unix).runner"));
    }

    #[test]
    fn variables_are_those_of_cargo() {
        let (_all, project) = files();
        let variables = ConfigFiles::of(&project, |_| true).unwrap().variables();
        let value = |name: &str| variables.get(name).cloned();
        assert_eq!(value("PERF_TEST_A"), Some(project.join("data").into_os_string()));
        assert_eq!(value("PERF_TEST_B"), Some("above".into()));
        assert_eq!(value("CARGO_MANIFEST_DIR"), Some("forced".into()));
        // It is set in this process, and not forced.
        assert_eq!(value("PATH"), None);
    }

    #[test]
    fn settings_of_commits_are_compared() {
        let (all, project) = files();
        let head = ConfigFiles::of(&project, |path| path.starts_with(&project)).unwrap();
        let tree = all.path().join("cache/tree");
        write(&tree.join(".cargo/config.toml"), "build = { rustflags = \"-h\", target = \"t\" }");
        let base = head.of_other_commit(&tree, &tree).unwrap();
        let keys = head.differences(&base, "t", "bench");
        let expected = ["build.rustflags", "env.CARGO_MANIFEST_DIR", "env.PATH", "env.PERF_TEST_A"];
        assert_eq!(keys, expected);
        assert_eq!(base.machine_flags("t", "bench"), head.machine_flags("t", "bench"));
        assert_eq!(base.variables().get("PERF_TEST_A"), Some(&"above".into()));
        let same = ConfigFiles::of(&project, |path| path.starts_with(&project)).unwrap();
        assert!(head.differences(&same, "t", "bench").is_empty());
    }
}
