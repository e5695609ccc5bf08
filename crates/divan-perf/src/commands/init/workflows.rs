//! The files that run this tool in CI, rendered from the templates of this package.

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, context};

/// The command of the installed program.
const CARGO_COMMAND: &str = "cargo divan-perf";

/// What runs the checks of pull requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Ci {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Nothing.
    None,
}

/// What the files depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CiSettings {
    /// The base branches; the first is the default branch.
    pub(super) branches: Vec<String>,
    /// The workspace's folder in the repository, with `/`; empty for the root.
    pub(super) folder: String,
    /// The command that installs the program; `None` if an xtask of the workspace embeds it.
    pub(super) install: Option<String>,
}

/// A file of the CI: its path in the repository, and its template.
struct CiFile {
    path: &'static str,
    template: &'static str,
}

const GITHUB: [CiFile; 3] = [
    CiFile {
        path: ".github/workflows/perf.yml",
        template: include_str!("../../../templates/perf.yml"),
    },
    CiFile {
        path: ".github/workflows/perf-record.yml",
        template: include_str!("../../../templates/perf-record.yml"),
    },
    CiFile {
        path: ".github/workflows/perf-comment.yml",
        template: include_str!("../../../templates/perf-comment.yml"),
    },
];

const GITLAB: [CiFile; 1] =
    [CiFile { path: ".gitlab/perf.yml", template: include_str!("../../../templates/gitlab.yml") }];

/// The path in the repository and the text, without its first line, of every file of the CI.
pub(super) fn files(ci: Ci, settings: &CiSettings) -> Result<Vec<(&'static str, String)>> {
    let files: &[CiFile] = match ci {
        Ci::Github => &GITHUB,
        Ci::Gitlab => &GITLAB,
        Ci::None => &[],
    };
    files.iter().map(|file| Ok((file.path, rendered(file, settings)?))).collect()
}

/// The syntax differs from that of expressions in a workflow.
fn syntax() -> Result<SyntaxConfig> {
    let syntax = SyntaxConfig::builder()
        .block_delimiters("<%", "%>")
        .variable_delimiters("<<", ">>")
        .comment_delimiters("<#", "#>")
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    syntax.context("the syntax of the templates is wrong")
}

fn rendered(file: &CiFile, settings: &CiSettings) -> Result<String> {
    let CiSettings { branches, folder, install } = settings;
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let branches: Vec<String> = branches.iter().map(|branch| scalar(branch)).collect();
    let command = if install.is_some() { CARGO_COMMAND } else { "cargo xtask perf" };
    let values = context! {
        branches => branches.join(", "),
        folder => scalar_if_any(folder),
        prefix => prefix,
        install => install,
        command => command,
        is_reusable => false,
    };
    render(file.template, values).with_context(|| format!("the template of {} is wrong", file.path))
}

fn render(template: &str, values: minijinja::Value) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(syntax()?);
    Ok(environment.render_str(template, values)?)
}

fn scalar_if_any(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| scalar(text))
}

/// Text as a scalar of YAML in a list: in quotes, where it is not plain.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let begins_plain = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_word = !["true", "false", "null", "yes", "no", "on", "off"]
        .contains(&text.to_lowercase().as_str());
    if begins_plain && is_word && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::super::stamp;
    use super::*;
    use saphyr::{LoadableYamlNode as _, Yaml};
    use std::fs;
    use std::path::Path;

    fn settings(branches: &[&str], folder: &str, install: Option<&str>) -> CiSettings {
        CiSettings {
            branches: branches.iter().map(|branch| (*branch).to_owned()).collect(),
            folder: folder.to_owned(),
            install: install.map(str::to_owned),
        }
    }

    /// This repository uses what `init` writes.
    #[test]
    fn the_workflows_of_this_repository_are_the_rendered_ones() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        if !root.join(".github").is_dir() {
            return;
        }
        for (path, text) in files(Ci::Github, &settings(&["main", "develop"], "", None)).unwrap() {
            let own = fs::read_to_string(root.join(path)).unwrap().replace("\r\n", "\n");
            assert_eq!(stamp::body(&own), text, "{path}: run `cargo xtask perf init`");
        }
    }

    /// The workflow that other repositories call takes its folder and version as inputs.
    #[test]
    fn the_reusable_workflow_is_the_rendered_one() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let Ok(own) = fs::read_to_string(root.join(".github/workflows/perf-check.yml")) else {
            return;
        };
        let values = context! {
            branches => "",
            folder => "${{ inputs.folder }}",
            prefix => "${{ inputs.folder }}/",
            install => "cargo install --locked \"divan-perf@$PERF_VERSION\"",
            command => CARGO_COMMAND,
            version => super::super::source::VERSION,
            is_reusable => true,
        };
        let text = render(GITHUB[0].template, values).unwrap();
        if std::env::var_os("UPDATE_WORKFLOWS").is_some() {
            fs::write(root.join(".github/workflows/perf-check.yml"), &text).unwrap();
            return;
        }
        assert_eq!(own.replace("\r\n", "\n"), text, "repeat the test with UPDATE_WORKFLOWS=1");
    }

    #[test]
    fn every_form_is_yaml_without_the_marks_of_a_template() {
        let install = Some("cargo install --locked divan-perf@0.1.0");
        for ci in [Ci::Github, Ci::Gitlab] {
            for folder in ["", "sub/perf", "with space's"] {
                for install in [None, install] {
                    for (path, text) in
                        files(ci, &settings(&["it's#1", "null"], folder, install)).unwrap()
                    {
                        let parsed = Yaml::load_from_str(&text);
                        assert!(parsed.is_ok(), "{path}: {parsed:?}\n{text}");
                        assert!(!text.contains("<<") && !text.contains("<%"), "{text}");
                        assert_eq!(
                            text.contains("cargo xtask perf"),
                            install.is_none(),
                            "{path}\n{text}"
                        );
                        assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn scalars_keep_their_text() {
        for text in ["main", "release/1.0", "it's", "#1", "null", "1.0", "a, b", "{a}", "-x"] {
            let yaml = Yaml::load_from_str(&format!("[{}]", scalar(text))).unwrap();
            assert_eq!(yaml[0].as_sequence().unwrap()[0].as_str(), Some(text));
        }
        assert_eq!(scalar("release/1.0"), "release/1.0");
    }
}
