//! The time, random seeds, and the machine with its tools.

use anyhow::Result;
use chrono::{DateTime, Timelike as _, Utc};
use perf_judge::run::Machine;
use std::env;
use std::fs;
use std::process::Command;

/// The current time, in whole seconds.
pub(crate) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    now.with_nanosecond(0).unwrap_or(now)
}

/// A random seed.
pub(crate) fn seed() -> u32 {
    fastrand::u32(..)
}

/// The compiler of this program, for its own library. Benches are built by that of their workspace.
pub(crate) fn rustc() -> String {
    env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}

/// The properties of a build that decide which runs are comparable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BuildSettings {
    /// What `rustc -vV` prints.
    pub(crate) rustc: String,
    /// The settings of the profile, e.g. `opt-level 3`.
    pub(crate) profile: String,
    /// Settings of cargo that are not part of the commit, without `RUSTFLAGS`. Flags in a manifest
    /// belong to the commit.
    pub(crate) flags: String,
    /// Divan's version.
    pub(crate) divan: String,
    /// The features that options enable; empty without options.
    pub(crate) features: String,
    /// The name of the profile; empty without the option.
    pub(crate) cargo_profile: String,
    /// Whether flags of the commit choose the processor of this machine.
    pub(crate) is_native: bool,
}

/// This machine and its tools.
pub(crate) fn machine(build: BuildSettings) -> Machine {
    let host = rustc_field(&build.rustc, "host");
    let flags = [environment_flags(), build.flags].join(" ").trim().to_owned();
    let machine = Machine {
        key: String::new(),
        cpu: cpu(),
        cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32),
        arch: env::consts::ARCH.to_owned(),
        os: host.split_once('-').map_or(env::consts::OS, |(_, os)| os).to_owned(),
        rustc: rustc_name(&build.rustc),
        profile: build.profile,
        flags,
        divan: build.divan,
        features: build.features,
        cargo_profile: build.cargo_profile,
        libc: libc(),
        counted_for: if build.is_native { "native".to_owned() } else { String::new() },
        image: image(),
    };
    machine.with_machine_key()
}

/// A field of the output of `rustc -vV`; empty if it has none.
pub(crate) fn rustc_field<'t>(verbose: &'t str, name: &str) -> &'t str {
    let value = |line: &'t str| line.strip_prefix(name)?.strip_prefix(": ");
    verbose.lines().find_map(value).unwrap_or_default()
}

/// The short name of a compiler, from the output of `rustc -vV`.
pub(crate) fn rustc_name(verbose: &str) -> String {
    let commit = Some(rustc_field(verbose, "commit-hash")).filter(|hash| !hash.is_empty());
    version(rustc_field(verbose, "release"), commit)
}

/// E.g. `1.95.0 (59807616e)`: nightlies of one version differ by their commit.
fn version(release: &str, commit: Option<&str>) -> String {
    match commit.and_then(|hash| hash.get(..9)) {
        Some(commit) => format!("{release} ({commit})"),
        None => release.to_owned(),
    }
}

fn cpu() -> String {
    let model = match env::consts::OS {
        "linux" => linux_cpu(),
        "macos" => output("sysctl", &["-n", "machdep.cpu.brand_string"]).ok(),
        _ => env::var("PROCESSOR_IDENTIFIER").ok(),
    };
    let model = model.map(|model| model.split_whitespace().collect::<Vec<_>>().join(" "));
    model.filter(|model| !model.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

fn linux_cpu() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    // On ARM there is no model name, only numbers of the implementer and the part.
    let value = |key: &str| {
        let line = info.lines().find(|line| line.starts_with(key))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    value("model name")
        .or_else(|| Some(format!("{} {}", value("CPU implementer")?, value("CPU part")?)))
}

/// Compiler flags from the environment.
fn environment_flags() -> String {
    let names = ["RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"];
    let set = names.iter().filter_map(|name| env::var(name).ok());
    let flags: Vec<String> = set.map(|flags| flags.replace('\u{1f}', " ")).collect();
    flags.join(" ").trim().to_owned()
}

/// The C library, which has the functions that copy, compare and allocate memory, with its settings;
/// empty if it is unknown.
fn libc() -> String {
    let version = output("getconf", &["GNU_LIBC_VERSION"]).unwrap_or_default();
    let settings = env::var("GLIBC_TUNABLES").ok().filter(|settings| !settings.is_empty());
    let settings = settings.filter(|_| !version.is_empty());
    settings.map_or_else(|| version.clone(), |settings| format!("{version} {settings}"))
}

/// The image of GitHub's runner, else the name of the operating system.
fn image() -> String {
    let runner = env::var("ImageOS").ok().zip(env::var("ImageVersion").ok());
    let runner = runner.map(|(os, version)| format!("{os} {version}"));
    runner.or_else(system_name).unwrap_or_default()
}

fn system_name() -> Option<String> {
    let release = fs::read_to_string("/etc/os-release").ok()?;
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

fn output(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program).args(args).output()?;
    anyhow::ensure!(output.status.success(), "`{program}` failed: {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_named_by_release_and_commit() {
        let verbose = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\ncommit-hash: 59807616e58d7f2c\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";
        assert_eq!(rustc_name(verbose), "1.95.0 (59807616e)");
        assert_eq!(rustc_field(verbose, "host"), "x86_64-unknown-linux-gnu");
        assert_eq!(rustc_name("release: 1.95.0-dev\ncommit-hash: unknown"), "1.95.0-dev");
    }
}
