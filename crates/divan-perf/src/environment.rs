//! The time, random seeds, and the machine with its tools.

use anyhow::{Context as _, Result};
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

/// The cargo that started this process, else the one in `PATH`.
pub(crate) fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The compiler that cargo uses.
pub(crate) fn rustc() -> String {
    env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}

/// The properties of a build that decide which runs are comparable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BuildSettings {
    /// The settings of the profile, e.g. `opt-level 3`.
    pub(crate) profile: String,
    /// Divan's version.
    pub(crate) divan: String,
}

/// This machine and its tools. It fails if rustc cannot be started.
pub(crate) fn machine(build: BuildSettings) -> Result<Machine> {
    let verbose = output(&rustc(), &["-vV"])
        .context("cannot run `rustc -vV`; install Rust or set RUSTC to its path")?;
    let field = |name: &str| verbose.lines().find_map(|line| line.strip_prefix(name));
    let host = field("host: ").unwrap_or_default();
    let machine = Machine {
        key: String::new(),
        cpu: cpu(),
        cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32),
        arch: env::consts::ARCH.to_owned(),
        os: host.split_once('-').map_or(env::consts::OS, |(_, os)| os).to_owned(),
        rustc: version(field("release: ").unwrap_or_default(), field("commit-hash: ")),
        profile: build.profile,
        flags: flags(),
        divan: build.divan,
        image: image(),
    };
    Ok(machine.with_machine_key())
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

/// Compiler flags from the environment. Flags in a manifest belong to the commit.
fn flags() -> String {
    let names = ["RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"];
    let set = names.iter().filter_map(|name| env::var(name).ok());
    let flags: Vec<String> = set.map(|flags| flags.replace('\u{1f}', " ")).collect();
    flags.join(" ").trim().to_owned()
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
