//! `cargo xtask ci`: everything a contribution must pass, on a laptop as on a runner.

mod tools;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use std::env;
use std::process::{Command, ExitCode};
use std::time::Instant;
use tools::{TOOLS, set_up, words};

/// The workspaces: the project's own, and the benches that its tests measure.
const MANIFESTS: [&str; 6] = [
    "Cargo.toml",
    "fixtures/known-cost/Cargo.toml",
    "fixtures/causes/Cargo.toml",
    "fixtures/odd-benches/Cargo.toml",
    "fixtures/divan-shapes/Cargo.toml",
    "fixtures/scripted-bench/Cargo.toml",
];

/// The arguments of `cargo xtask ci`.
#[derive(Debug, Args)]
pub(crate) struct CiArgs {
    /// Install what the machine lacks first, naming each command.
    #[arg(long)]
    setup: bool,
    /// Run only what takes long: the stress of a history, and tests on the noise of this machine.
    #[arg(long)]
    nightly: bool,
}

/// Runs every check and prints which failed.
pub(crate) fn run(args: &CiArgs) -> Result<ExitCode> {
    if args.setup {
        set_up()?;
    }
    let mut failed = Vec::new();
    for tool in TOOLS.iter().filter(|tool| !tool.is_there()) {
        let (name, part) = (tool.name, tool.part);
        say(&format!(
            "SKIPPED: {part}, because {name} is missing: `cargo xtask ci --setup` installs it"
        ));
        if env::var_os("CI").is_some() && tool.is_for_here() {
            failed.push(format!("{name} is missing"));
        }
    }
    let checks = if args.nightly { nightly() } else { checks() };
    for check in checks {
        if !check.run()? {
            failed.push(check.title);
        }
    }
    if failed.is_empty() {
        say("all checks passed");
        return Ok(ExitCode::SUCCESS);
    }
    bail!("these checks failed: {}", failed.join(", "))
}

struct Check {
    title: String,
    /// cargo, unless something else is named.
    program: Option<&'static str>,
    args: Vec<String>,
    env: Option<(&'static str, &'static str)>,
    needs: Option<&'static str>,
}

fn check(title: &str, args: &str) -> Check {
    Check { title: title.to_owned(), program: None, args: words(args), env: None, needs: None }
}

/// Checks that take too long for every change, or hardly depend on a single one.
fn nightly() -> Vec<Check> {
    vec![
        check("tests on this machine's noise", "test --locked --package xtask -- --ignored"),
        check("stress of a history", "xtask stress"),
    ]
}

fn checks() -> Vec<Check> {
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
        // The scripted benches have the names of real ones, whose artefacts cargo would take.
        let target = match manifest {
            "Cargo.toml" => "",
            "fixtures/scripted-bench/Cargo.toml" => "--target-dir target/fixtures/scripted",
            _ => "--target-dir target/fixtures",
        };
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
    let lint = |title: &str, program, args: &str| Check {
        program: Some(program),
        needs: Some("zizmor and actionlint"),
        ..check(title, args)
    };
    checks.extend([
        lint(
            "security of the workflows",
            "target/tools/python/bin/zizmor",
            "--offline --persona=auditor .github",
        ),
        lint("lints of the workflows", "target/tools/python/bin/actionlint", ""),
    ]);
    // Many tests wait: for a process, for one another's measuring, for a limit of time.
    checks.push(Check {
        env: Some(("RUST_TEST_THREADS", "4")),
        ..check("tests", "test --locked --workspace")
    });
    checks
}

impl Check {
    /// Runs it, unless its tool is missing; returns whether it passed.
    fn run(&self) -> Result<bool> {
        if TOOLS.iter().any(|tool| Some(tool.name) == self.needs && !tool.is_there()) {
            return Ok(true);
        }
        let shown = self.program.unwrap_or("cargo");
        say(&format!("== {}: {shown} {}", self.title, self.args.join(" ")));
        let started = Instant::now();
        let program = self.program.map_or_else(cargo, Into::into);
        let status = Command::new(program)
            .args(&self.args)
            .envs(self.env)
            .status()
            .with_context(|| format!("cannot start {shown}"))?;
        let word = if status.success() { "passed" } else { "FAILED" };
        say(&format!(
            "== {}: {word} in {}",
            self.title,
            format_args!("{:.0} s", started.elapsed().as_secs_f64())
        ));
        Ok(status.success())
    }
}

/// Cargo, as the one that started this process.
pub(crate) fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn say(line: &str) {
    eprintln!("{line}");
}
