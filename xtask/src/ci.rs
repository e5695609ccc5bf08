//! `cargo xtask ci`: everything a contribution must pass, on a laptop as on a runner.

use crate::cli::CiArgs;
use crate::facts;
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_core::unit;
use std::env;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// A tool that a part of the checks needs.
struct Tool {
    name: &'static str,
    /// What is skipped without it.
    part: &'static str,
    /// Any of these tells that it is there.
    probes: &'static [&'static [&'static str]],
    /// What installs it, for the systems where that is one command.
    install: fn() -> Vec<Vec<String>>,
}

const TOOLS: [Tool; 7] = [
    Tool {
        name: "rustfmt",
        part: "the check of the formatting",
        probes: &[&["cargo", "fmt", "--version"]],
        install: || vec![words("rustup component add rustfmt")],
    },
    Tool {
        name: "clippy",
        part: "the lints",
        probes: &[&["cargo", "clippy", "--version"]],
        install: || vec![words("rustup component add clippy")],
    },
    Tool {
        name: "valgrind",
        part: "the tests that count instructions",
        probes: &[&["valgrind", "--version"]],
        install: || {
            vec![
                as_root("apt-get update"),
                as_root("apt-get install --yes --no-install-recommends valgrind"),
            ]
        },
    },
    Tool {
        name: "Chromium",
        part: "the tests of the site in a browser",
        probes: &[
            &["chromium", "--version"],
            &["chromium-browser", "--version"],
            &["google-chrome", "--version"],
        ],
        install: || {
            vec![
                as_root("apt-get update"),
                as_root("apt-get install --yes --no-install-recommends chromium"),
            ]
        },
    },
    Tool {
        name: "npm",
        part: "what needs axe-core and the Nu HTML checker",
        probes: &[&["npm", "--version"], &["npm.cmd", "--version"]],
        install: || {
            vec![
                as_root("apt-get update"),
                as_root("apt-get install --yes --no-install-recommends npm"),
            ]
        },
    },
    Tool {
        name: "Java",
        part: "the check of the site's HTML",
        probes: &[&["java", "-version"]],
        install: || {
            vec![
                as_root("apt-get update"),
                as_root("apt-get install --yes --no-install-recommends default-jre-headless"),
            ]
        },
    },
    Tool {
        name: "axe-core and the Nu HTML checker",
        part: "the checks of the site's accessibility and HTML",
        probes: &[&["npm", "ls", "--prefix", "target/tools", "axe-core", "vnu-jar"]],
        install: || {
            let install = "npm install --prefix target/tools --no-audit --no-fund --ignore-scripts";
            vec![words(&format!("{install} axe-core@4.14.1 vnu-jar@26.9.27"))]
        },
    },
];

/// The workspaces: the project's own, and the benches that its tests measure.
const MANIFESTS: [&str; 4] = [
    "Cargo.toml",
    "fixtures/known-cost/Cargo.toml",
    "fixtures/odd-benches/Cargo.toml",
    "fixtures/divan-shapes/Cargo.toml",
];

/// Runs every check and says which failed.
pub(crate) fn run(args: &CiArgs) -> Result<ExitCode> {
    if args.setup {
        set_up()?;
    }
    let mut failed = Vec::new();
    for tool in TOOLS.iter().filter(|tool| !tool.is_there()) {
        let (name, part) = (tool.name, tool.part);
        ui::say(&format!(
            "SKIPPED: {part}, because {name} is missing: `cargo xtask ci --setup` installs it"
        ));
        if env::var_os("CI").is_some() {
            failed.push(format!("{name} is missing"));
        }
    }
    for check in checks() {
        if !check.run()? {
            failed.push(check.title);
        }
    }
    if failed.is_empty() {
        ui::say("all checks passed");
        return Ok(ExitCode::SUCCESS);
    }
    bail!("these checks failed: {}", failed.join(", "))
}

struct Check {
    title: String,
    args: Vec<String>,
    env: Option<(&'static str, &'static str)>,
    needs: Option<&'static str>,
}

fn checks() -> Vec<Check> {
    let check = |title: &str, args: &str| Check {
        title: title.to_owned(),
        args: words(args),
        env: None,
        needs: None,
    };
    let mut checks = Vec::new();
    for manifest in MANIFESTS {
        checks.push(Check {
            needs: Some("rustfmt"),
            ..check(
                &format!("formatting of {manifest}"),
                &format!("fmt --all --check --manifest-path {manifest}"),
            )
        });
    }
    for manifest in MANIFESTS {
        let target = if manifest == "Cargo.toml" { "" } else { "--target-dir target/fixtures" };
        checks.push(Check {
            needs: Some("clippy"),
            ..check(
                &format!("lints of {manifest}"),
                &format!("clippy --locked --workspace --all-targets --manifest-path {manifest} {target} -- -D warnings"),
            )
        });
    }
    checks.push(Check {
        env: Some(("RUSTDOCFLAGS", "-D warnings")),
        ..check("documentation", "doc --locked --workspace --no-deps --document-private-items")
    });
    checks.push(check("tests", "test --locked --workspace"));
    checks.push(check("stress of a history", "xtask stress --short"));
    checks
}

impl Check {
    /// Runs it, unless its tool is missing; says whether it passed.
    fn run(&self) -> Result<bool> {
        if TOOLS.iter().any(|tool| Some(tool.name) == self.needs && !tool.is_there()) {
            return Ok(true);
        }
        ui::say(&format!("== {}: cargo {}", self.title, self.args.join(" ")));
        let started = Instant::now();
        let status = Command::new(facts::cargo())
            .args(&self.args)
            .envs(self.env)
            .status()
            .context("cannot start cargo")?;
        let word = if status.success() { "passed" } else { "FAILED" };
        ui::say(&format!(
            "== {}: {word} in {}",
            self.title,
            unit::span(started.elapsed().as_secs_f64())
        ));
        Ok(status.success())
    }
}

fn set_up() -> Result<()> {
    for tool in TOOLS.iter().filter(|tool| !tool.is_there()) {
        for command in (tool.install)() {
            ui::say(&format!("setup: {}", command.join(" ")));
            let status =
                Command::new(&command[0]).args(&command[1..]).stdin(Stdio::null()).status();
            if !status.is_ok_and(|status| status.success()) {
                bail!("`{}` failed: install {} by hand", command.join(" "), tool.name);
            }
        }
    }
    Ok(())
}

impl Tool {
    fn is_there(&self) -> bool {
        self.probes.iter().any(|probe| {
            let mut command = Command::new(probe[0]);
            command
                .args(&probe[1..])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        })
    }
}

/// The command, by way of sudo unless this user may install packages anyway.
fn as_root(command: &str) -> Vec<String> {
    let is_root = env::var("USER").is_ok_and(|user| user == "root")
        || env::var("HOME").is_ok_and(|home| home == "/root");
    let has_sudo = Command::new("sudo").arg("-V").stdout(Stdio::null()).status().is_ok();
    if is_root || !has_sudo { words(command) } else { words(&format!("sudo {command}")) }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
