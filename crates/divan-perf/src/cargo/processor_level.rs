//! Compiler flags for a lower level of the processor than the flags of a workspace choose.

use super::config::ConfigFiles;
use super::config_value::text;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use toml::Value;

/// The level whose instructions valgrind supports. Only x86-64 has such levels.
pub(crate) const KNOWN_LEVEL: &str = "x86-64-v3";

/// The level that a build is for; `None` for the flags of the workspace.
pub(crate) type Level = Option<&'static str>;

/// Additions to a build by cargo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BuildAdditions {
    /// Further arguments.
    pub(crate) args: Vec<String>,
    /// Further variables of the environment.
    pub(crate) variables: Vec<(String, OsString)>,
}

impl BuildAdditions {
    /// Adds `others` as the last ones.
    pub(crate) fn extend(&mut self, others: Self) {
        self.args.extend(others.args);
        self.variables.extend(others.variables);
    }
}

/// What separates flags in `CARGO_ENCODED_RUSTFLAGS`.
const ENCODED_SEPARATOR: &str = "\u{1f}";

impl ConfigFiles {
    /// Whether flags of the configuration or the environment choose instructions of the processor.
    pub(crate) fn chooses_instructions(&self) -> bool {
        let of_files = self.flag_lists().map(|(_, flags)| text(flags));
        let of_environment = flag_variables(env::vars_os()).map(|(_, flags)| flags);
        of_files
            .chain(of_environment)
            .any(|flags| flags.contains("target-cpu") || flags.contains("target-feature"))
    }

    /// Additions that build for [`KNOWN_LEVEL`] with otherwise the same flags.
    pub(crate) fn for_known_level(&self) -> BuildAdditions {
        BuildAdditions { args: self.level_args(), variables: level_variables(env::vars_os()) }
    }

    /// Cargo uses one of several lists of flags. The level is appended to each that exists, because
    /// rustc uses the last `target-cpu`. A list that does not exist could replace the used one.
    fn level_args(&self) -> Vec<String> {
        let mut lists: BTreeMap<Vec<&str>, Option<&Value>> =
            BTreeMap::from([(vec!["build"], None)]);
        for (path, flags) in self.flag_lists() {
            lists.entry(path).or_default().get_or_insert(flags);
        }
        lists.into_iter().map(|(path, flags)| level_arg(&path, flags)).collect()
    }
}

/// Cargo appends a list to the list of the file, and replaces a text.
fn level_arg(path: &[&str], flags: Option<&Value>) -> String {
    let path: Vec<String> = path.iter().map(|name| quoted(name)).collect();
    let level = format!("target-cpu={KNOWN_LEVEL}");
    let flags = match flags {
        Some(Value::String(flags)) => quoted(&format!("{flags} -C {level}")),
        _ => format!("[\"-C\", \"{level}\"]"),
    };
    format!("--config={}.rustflags={flags}", path.join("."))
}

/// A TOML string. TOML has the escapes of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The variables with flags among `all`.
fn flag_variables(
    all: impl Iterator<Item = (OsString, OsString)>,
) -> impl Iterator<Item = (String, String)> {
    all.filter_map(|(name, flags)| {
        let name = name.into_string().ok()?;
        let is_of_target = name.starts_with("CARGO_TARGET_") && name.ends_with("_RUSTFLAGS");
        let is_flags = is_of_target
            || ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"]
                .contains(&name.as_str());
        is_flags.then_some((name, flags.into_string().ok()?))
    })
}

/// The variables with flags among `all`, with the level as last flag.
fn level_variables(all: impl Iterator<Item = (OsString, OsString)>) -> Vec<(String, OsString)> {
    let with_level = |(name, flags): (String, String)| {
        let separator = if name.contains("ENCODED") { ENCODED_SEPARATOR } else { " " };
        let own = Some(flags.as_str()).filter(|flags| !flags.is_empty());
        let level = format!("target-cpu={KNOWN_LEVEL}");
        let flags: Vec<&str> = own.into_iter().chain(["-C", &level]).collect();
        (name, flags.join(separator).into())
    };
    flag_variables(all).map(with_level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn level_args_of(config: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".cargo")).unwrap();
        fs::write(folder.path().join(".cargo/config.toml"), config).unwrap();
        let files = ConfigFiles::of(folder.path(), |_| true).unwrap();
        assert_eq!(files.is_native(), config.contains("native"), "{config}");
        files.level_args()
    }

    #[test]
    fn the_level_is_the_last_flag_of_each_list() {
        let level = r#"["-C", "target-cpu=x86-64-v3"]"#;
        let build = format!("--config=\"build\".rustflags={level}");
        for config in ["", "build.rustflags = ['-Ctarget-cpu=native']"] {
            assert_eq!(level_args_of(config).join(" "), build);
        }
        assert_eq!(
            level_args_of("build.rustflags = '-Ctarget-cpu=native'"),
            [r#"--config="build".rustflags="-Ctarget-cpu=native -C target-cpu=x86-64-v3""#]
        );
        assert_eq!(
            level_args_of("target.x.rustflags = []\ntarget.'cfg(a = \"b\")'.rustflags = ['-g']"),
            [
                build,
                format!(r#"--config="target"."cfg(a = \"b\")".rustflags={level}"#),
                format!(r#"--config="target"."x".rustflags={level}"#),
            ]
        );
    }

    #[test]
    fn the_level_is_the_last_flag_of_each_variable() {
        let cases = [
            ("RUSTFLAGS", "-C target-cpu=native", "-C target-cpu=native -C target-cpu=x86-64-v3"),
            ("RUSTFLAGS", "", "-C target-cpu=x86-64-v3"),
            ("CARGO_ENCODED_RUSTFLAGS", "-g", "-g\u{1f}-C\u{1f}target-cpu=x86-64-v3"),
            ("CARGO_TARGET_X86_64_A_RUSTFLAGS", "-g", "-g -C target-cpu=x86-64-v3"),
            ("CARGO_BUILD_RUSTFLAGS", "-g", "-g -C target-cpu=x86-64-v3"),
        ];
        for (name, flags, expected) in cases {
            let all = [(OsString::from(name), OsString::from(flags))];
            let others = [(OsString::from("RUSTC"), OsString::from("-g"))];
            let found = level_variables(all.into_iter().chain(others));
            assert_eq!(found, [(name.to_owned(), OsString::from(expected))]);
        }
    }
}
