//! Settings of cargo's configuration that change the measured code.

use perf_judge::ident::digest;
use std::collections::BTreeSet;
use std::ffi::OsString;
use toml::{Table, Value};

/// What a build uses: settings of other targets and profiles have no effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct UsedBy<'a> {
    /// The target triple.
    pub(super) target: &'a str,
    /// The name of the profile.
    pub(super) profile: &'a str,
}

/// A setting by its dotted key.
pub(super) type Setting = (String, String);

/// The settings of a configuration that change the code or the environment of the benches.
pub(super) fn settings(table: &Table, used: UsedBy<'_>) -> Vec<Setting> {
    let mut found = Vec::new();
    collect(table, &mut Vec::new(), used, &mut found);
    found
}

/// The variables among `all` that have the same effect as such settings. `RUSTFLAGS` and its like
/// are not among them.
pub(super) fn variables(
    all: impl Iterator<Item = (OsString, OsString)>,
    used: UsedBy<'_>,
) -> BTreeSet<Setting> {
    let upper = |name: &str| name.to_uppercase().replace(['-', '.'], "_");
    let target = format!("CARGO_TARGET_{}_", upper(used.target));
    let profiles = ["bench", "release", used.profile].map(upper);
    let profiles = profiles.map(|name| format!("CARGO_PROFILE_{name}_"));
    let is_used = |name: &str| {
        let of_target = name.strip_prefix(&target);
        name == "CARGO_BUILD_TARGET"
            || of_target.is_some_and(|name| name == "RUSTFLAGS" || name == "LINKER")
            || profiles.iter().any(|profile| name.starts_with(profile))
    };
    let setting = |(name, value): (OsString, OsString)| {
        let name = name.into_string().ok().filter(|name| is_used(name))?;
        Some((name, value.to_string_lossy().into_owned()))
    };
    all.filter_map(setting).collect()
}

fn collect<'t>(
    table: &'t Table,
    path: &mut Vec<&'t str>,
    used: UsedBy<'_>,
    found: &mut Vec<Setting>,
) {
    for (key, value) in table {
        path.push(key);
        let is_variable = matches!(path[..], ["env", _]);
        match value.as_table().filter(|_| !is_variable) {
            Some(inner) => collect(inner, path, used, found),
            None if is_variable => found.push((path.join("."), digested(value))),
            None if changes_code(path, used) => found.push((path.join("."), text(value))),
            None => {}
        }
        path.pop();
    }
}

fn changes_code(path: &[&str], used: UsedBy<'_>) -> bool {
    match path {
        ["build", "target" | "rustflags"] | ["unstable", ..] => true,
        ["target", target, "rustflags" | "linker"] => {
            *target == used.target || target.starts_with("cfg(")
        }
        // The profile `bench` inherits from `release`.
        ["profile", profile, ..] => ["bench", "release", used.profile].contains(profile),
        _ => false,
    }
}

/// Variables can have secrets, and a recorded run can be public.
fn digested(value: &Value) -> String {
    format!("{:016x}", digest(text(value).as_bytes()))
}

/// A list is joined by spaces, as in `RUSTFLAGS`.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(" "),
        Value::Table(table) => table.values().map(text).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_build_are_found() {
        let config = r#"
            build = { rustflags = ["-C", "target-cpu=native"], jobs = 3, target = "x" }
            alias.xtask = "run"
            env = { A = "1", B = { value = "secret", force = true } }
            [target.x]
            rustflags = "-g"
            linker = "clang"
            runner = "sudo"
            [target.y]
            rustflags = "-h"
            [target.'cfg(unix)']
            rustflags = ["-i"]
            [profile.bench]
            lto = true
            package.image.opt-level = 2
            [profile.dev]
            opt-level = 1
            [profile.own]
            debug = 1
        "#;
        let table: Table = toml::from_str(config).unwrap();
        let found = settings(&table, UsedBy { target: "x", profile: "own" });
        let shown: Vec<String> =
            found.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let shown = shown.join("\n");
        for expected in [
            "build.rustflags=-C target-cpu=native",
            "build.target=x",
            "target.x.rustflags=-g",
            "target.x.linker=clang",
            "target.cfg(unix).rustflags=-i",
            "profile.bench.lto=true",
            "profile.bench.package.image.opt-level=2",
            "profile.own.debug=1",
            "env.A=",
            "env.B=",
        ] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        assert_eq!(found.len(), 10, "{shown}");
        assert!(!shown.contains("secret"));
    }

    #[test]
    fn variables_of_the_target_and_the_profile_are_settings() {
        let names = [
            "CARGO_BUILD_TARGET",
            "CARGO_PROFILE_BENCH_LTO",
            "CARGO_PROFILE_BENCH_LTO_DEBUG",
            "CARGO_TARGET_X86_64_A_LINKER",
            "CARGO_TARGET_DIR",
            "CARGO_TARGET_X86_64_A_RUNNER",
            "CARGO_TARGET_Y_RUSTFLAGS",
            "CARGO_PROFILE_DEV_DEBUG",
            "PROFILE",
        ];
        let all = names.iter().map(|name| (OsString::from(name), OsString::from("1")));
        let found = variables(all, UsedBy { target: "x86_64-a", profile: "bench-lto" });
        let found: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(found, names[..4]);
    }
}
