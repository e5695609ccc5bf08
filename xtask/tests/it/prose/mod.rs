//! The vocabulary and the length of sentences in everything that a person reads.
//!
//! Each test below reads one area: Markdown, Rust sources, the site's templates, or configuration
//! files. The checked parts are paragraphs, comments and string literals that look like prose.
//! [`words::BANNED`] lists the words to avoid and what to write instead; no sentence has more than
//! [`LONGEST`] words. Code spans and placeholders such as `{name}` count as one word each.

mod check;
mod source;
mod templates;
mod text;
mod words;

use crate::project::root;
use check::{Finding, check};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use text::Block;

/// Words of the longest accepted sentence.
const LONGEST: usize = 25;

#[test]
#[ignore = "texts are being rewritten"]
fn markdown() {
    let mut files = files(&["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs"], "md");
    files.extend(crates(|_| true).iter().map(|name| root().join(name).join("README.md")));
    files.extend([root().join("site-templates/README.md")]);
    files.retain(|file| file.exists());
    assert_plain(&files, |_, content| text::markdown(content, 1));
}

#[test]
#[ignore = "texts are being rewritten"]
fn divan_perf() {
    assert_plain(&rust(&["crates/divan-perf/src"]), |_, content| source::rust(content));
}

#[test]
fn perf_judge() {
    assert_plain(&rust(&["crates/perf-judge/src"]), |_, content| source::rust(content));
}

#[test]
#[ignore = "texts are being rewritten"]
fn perf_report() {
    assert_plain(&rust(&["crates/perf-report/src"]), |_, content| source::rust(content));
}

#[test]
fn other_crates() {
    let large = ["crates/divan-perf", "crates/perf-judge", "crates/perf-report"];
    let sources = crates(|name| !large.contains(&name));
    let sources: Vec<String> = sources.iter().map(|name| format!("{name}/src")).collect();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    assert_plain(&rust(&sources), |_, content| source::rust(content));
}

#[test]
fn xtask() {
    assert_plain(&rust(&["xtask/src"]), |_, content| source::rust(content));
}

#[test]
#[ignore = "texts are being rewritten"]
fn site_templates() {
    let mut files = files(&["site-templates"], "");
    files.retain(|file| !file.parent().unwrap().ends_with("uplot"));
    assert_plain(&files, |file, content| match extension(file) {
        "rs" => source::rust(content),
        "js" => source::javascript(content),
        "html" | "xml" => templates::html(content),
        "css" => source::css(content),
        _ => Vec::new(),
    });
}

/// Workflows and the workspace's manifests: comments, names and descriptions.
#[test]
fn configuration() {
    let mut checked = files(&[".github"], "yml");
    checked.extend(files(&["Cargo.toml", "clippy.toml", "rustfmt.toml"], "toml"));
    let manifests = crates(|_| true).into_iter().chain(["xtask".into(), "site-templates".into()]);
    checked.extend(manifests.map(|name| root().join(name).join("Cargo.toml")));
    assert_plain(&checked, |_, content| templates::configuration(content));
}

#[track_caller]
fn assert_plain(files: &[PathBuf], blocks: impl Fn(&Path, &str) -> Vec<Block>) {
    assert!(!files.is_empty(), "no files were found");
    let mut report = String::new();
    let mut count = 0;
    for file in files {
        let content = fs::read_to_string(file).unwrap();
        let shown = file.strip_prefix(root()).unwrap();
        for Finding { line, phrase, instead } in check(shown, &blocks(shown, &content)) {
            writeln!(report, "{}:{line}: \"{phrase}\": {instead}", shown.display()).unwrap();
            count += 1;
        }
    }
    assert!(count == 0, "{report}{count} phrases to rewrite");
}

/// The crates whose path below the root is accepted.
fn crates(accepts: impl Fn(&str) -> bool) -> Vec<String> {
    let names = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap());
    let names = names.map(|entry| format!("crates/{}", entry.file_name().to_str().unwrap()));
    let mut names: Vec<String> = names.filter(|name| accepts(name)).collect();
    names.sort();
    names
}

/// Rust files below `folders`, without those that hold only tests.
fn rust(folders: &[&str]) -> Vec<PathBuf> {
    let mut files = files(folders, "rs");
    files.retain(|file| {
        let stem = file.file_stem().unwrap().to_str().unwrap();
        stem != "tests" && !stem.ends_with("_tests")
    });
    files
}

/// The files with `extension` among `paths` or below them; every file if `extension` is empty.
fn files(paths: &[&str], extension: &str) -> Vec<PathBuf> {
    let mut open: Vec<PathBuf> = paths.iter().map(|path| root().join(path)).collect();
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if extension.is_empty() || self::extension(&path) == extension {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}
