//! What the project promises of its own text.

use crate::project::root;
use std::fs;
use std::path::{Path, PathBuf};

/// The order of the pipeline: a module uses only those before it.
const ORDER: [&str; 15] = [
    "ident", "json", "unit", "stats", "scaling", "run", "history", "baseline", "detect", "cause",
    "budget", "verdict", "versus", "bisect", "backfill",
];

/// The crates that do no I/O.
const PURE: [&str; 5] =
    ["call-profile", "divan-output", "executed-code", "perf-judge", "perf-report"];

pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_below(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files.sort();
    files
}

/// The sources of a crate by module, without the tests at their ends.
fn sources(name: &str) -> Vec<(String, PathBuf, String)> {
    let src = root().join("crates").join(name).join("src");
    let module = |path: &Path| {
        let below = path.strip_prefix(&src).unwrap();
        let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
        first.trim_end_matches(".rs").to_owned()
    };
    let rust =
        files_below(&src).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    rust.map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let text = text.split("#[cfg(test)]\npub(crate) mod tests").next().unwrap().to_owned();
        (module(&path), path, text)
    })
    .collect()
}

#[test]
fn pure_crates_touch_nothing_outside() {
    let outside = ["std::fs", "std::env", "std::process", "std::net", "std::thread", "::now("];
    for (_, path, text) in PURE.iter().flat_map(|name| sources(name)) {
        for word in outside {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
    }
}

#[test]
fn modules_use_only_those_before_them() {
    let place = |name: &str| ORDER.iter().position(|module| *module == name);
    let mut checked = 0;
    for (module, path, text) in sources("perf-judge").iter().filter(|(module, ..)| module != "lib")
    {
        let own = place(module).unwrap_or_else(|| panic!("{module} is not in the order"));
        for used in text.split("crate::").skip(1) {
            let used: String =
                used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let Some(other) = place(&used) else { continue };
            assert!(other <= own, "{} uses {used}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} uses were found");
}

#[test]
fn the_modules_are_declared_in_the_order_of_the_pipeline() {
    let lib = fs::read_to_string(root().join("crates/perf-judge/src/lib.rs")).unwrap();
    let modules = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    assert_eq!(modules.collect::<Vec<_>>(), ORDER);
}

/// The pages that people read.
fn pages() -> Vec<PathBuf> {
    let names = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let docs = files_below(&root().join("docs")).into_iter();
    let docs = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    names.iter().map(|name| root().join(name)).chain(docs).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut checked = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap();
            if path.is_empty() || link.contains("://") {
                continue;
            }
            let target = page.parent().unwrap().join(path);
            assert!(target.exists(), "{}: {link}", page.display());
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} links were found");
}

#[test]
fn source_files_that_the_architecture_names_exist() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let sources = files_below(&root().join("crates"));
    let named = text.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs"));
    for name in named {
        assert!(sources.iter().any(|path| path.ends_with(name)), "{name}");
    }
}

#[test]
fn templates_load_nothing_from_elsewhere() {
    let files = files_below(&root().join("site-templates"));
    // The vendored library names its home in a comment; a test in a browser sees every request.
    let own = files.iter().filter(|path| !path.parent().unwrap().ends_with("uplot"));
    let own = own.filter(|path| path.extension().is_none_or(|e| e != "md"));
    for path in own {
        let text = fs::read_to_string(path).unwrap();
        // A namespace is a name that looks like an address: nothing fetches it.
        let text = text.replace("xmlns=\"http://www.w3.org/2005/Atom\"", "");
        for word in ["http:", "https:", "//cdn", "@import"] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
    }
}

#[test]
fn the_changelog_knows_this_version() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(changelog.contains(&format!("## {version}")) || changelog.contains("## Unreleased"));
}

#[test]
fn the_architecture_fits_in_two_hundred_lines() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    assert!(text.lines().count() <= 200);
}

#[test]
fn continuous_integration_runs_the_readmes_command() {
    let command = "cargo xtask ci --setup";
    for file in ["README.md", ".ci/run", ".github/workflows/ci.yml"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        assert!(text.contains(command), "{file} does not say `{command}`");
    }
}
