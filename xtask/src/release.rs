//! `cargo xtask release`: the steps of the workflow that releases a version.

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use std::env;
use std::env::consts::{ARCH, EXE_SUFFIX, OS};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// The version of every package of this workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The released program.
const PROGRAM: &str = "cargo-divan-perf";

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum ReleaseTask {
    /// Check that the tag, Cargo.toml and CHANGELOG.md name one version.
    Check,
    /// Copy the built program to target/release-files, under a name with version and system.
    Pack,
    /// Print the section of CHANGELOG.md on this version.
    Notes,
}

/// Runs a step in the workspace's root.
pub(crate) fn run(task: ReleaseTask) -> Result<ExitCode> {
    match task {
        ReleaseTask::Check => check(),
        ReleaseTask::Pack => pack(),
        ReleaseTask::Notes => print_notes(),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn check() -> Result<()> {
    let tag = env::var("GITHUB_REF_NAME").ok().filter(|_| is_tag());
    check_tag(tag.as_deref(), VERSION)?;
    if tag.is_some() {
        notes_of(&changelog()?, VERSION)?;
    }
    Ok(())
}

fn is_tag() -> bool {
    env::var("GITHUB_REF_TYPE").is_ok_and(|kind| kind == "tag")
}

fn check_tag(tag: Option<&str>, version: &str) -> Result<()> {
    match tag {
        Some(tag) if tag != format!("v{version}") => {
            bail!("the tag is {tag}, and Cargo.toml has version {version}: push the tag v{version}")
        }
        _ => Ok(()),
    }
}

fn pack() -> Result<()> {
    let built = Path::new("target/release").join(format!("{PROGRAM}{EXE_SUFFIX}"));
    let folder = Path::new("target/release-files");
    let file = folder.join(format!("{PROGRAM}-{VERSION}-{OS}-{ARCH}{EXE_SUFFIX}"));
    fs::create_dir_all(folder).context("cannot create target/release-files")?;
    fs::copy(&built, &file).with_context(|| {
        format!(
            "cannot copy {}: build it by `cargo build --release --bin {PROGRAM}`",
            built.display()
        )
    })?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the workflow reads it")]
fn print_notes() -> Result<()> {
    println!("{}", notes_of(&changelog()?, VERSION)?);
    Ok(())
}

fn changelog() -> Result<String> {
    fs::read_to_string("CHANGELOG.md")
        .context("cannot read CHANGELOG.md: start in the workspace's root")
}

/// The lines below the heading of a version, up to the next version.
fn notes_of<'a>(changelog: &'a str, version: &str) -> Result<&'a str> {
    let is_heading = |line: &str| {
        let heading = line.strip_prefix("## ");
        heading.and_then(|text| text.split_whitespace().next()) == Some(version)
    };
    let mut sections = changelog.split_inclusive('\n').scan(0, |end, line| {
        *end += line.len();
        Some((*end, line))
    });
    let Some((start, _)) = sections.find(|(_, line)| is_heading(line)) else {
        bail!("CHANGELOG.md has no section `## {version}`: rename `## Unreleased`");
    };
    let rest = &changelog[start..];
    let end = rest.find("\n## ").unwrap_or(rest.len());
    Ok(rest[..end].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_those_of_one_version() {
        let changelog = "# Changelog\n\n## 0.2.0 (2027-01-01)\n\n- New.\n\n### Part\n\n- More.\n\n## 0.1.0\n\nFirst.\n";
        assert_eq!(notes_of(changelog, "0.2.0").unwrap(), "- New.\n\n### Part\n\n- More.");
        assert_eq!(notes_of(changelog, "0.1.0").unwrap(), "First.");
        let error = notes_of(changelog, "0.2").unwrap_err().to_string();
        assert!(error.contains("no section `## 0.2`"), "{error}");
    }

    #[test]
    fn a_tag_names_the_version() {
        assert!(check_tag(None, "0.1.0").is_ok() && check_tag(Some("v0.1.0"), "0.1.0").is_ok());
        assert!(check_tag(Some("v0.1.1"), "0.1.0").is_err());
    }
}
