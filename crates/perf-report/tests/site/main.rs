//! The site in a real browser: hostile names stay text, pages fit the window, links have targets, and
//! the scripts work. The pages are made here; `main.mjs` opens them.
#![expect(clippy::disallowed_methods, reason = "a test may start a browser and write its pages")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::print_stdout, reason = "it prints what is not tested")]

mod demo;
mod demo_comparisons;
mod made;
mod templates;

use perf_judge::ident::BenchmarkId;
use perf_report::site::SiteFile;
use serde_json::json;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The site, made once for all tests.
static SITE: LazyLock<Made> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let mut pages = made::pages();
    pages.extend(made::first_run_pages());
    pages.extend(below("demo", demo::pages(45, 0, 2).0));
    pages.extend(below("many", demo::pages(2, 280, 0).0));
    made::write(&folder.path().join("below/a/path"), &pages);
    Made { folder, pages }
});

/// The pages in a folder below the site's root.
fn below(folder: &str, pages: Vec<SiteFile>) -> Vec<SiteFile> {
    let path = |page: SiteFile| SiteFile { path: format!("{folder}/{}", page.path), ..page };
    pages.into_iter().map(path).collect()
}

struct Made {
    folder: tempfile::TempDir,
    pages: Vec<SiteFile>,
}

impl Made {
    fn path(&self, page: &str) -> PathBuf {
        self.folder.path().join("below/a/path").join(page)
    }

    /// One page of each kind and all of a demonstration, and three benchmarks': a plain one and two of hostile names.
    fn kinds(&self) -> Vec<&str> {
        let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let mut kinds: Vec<&str> = Vec::new();
        for SiteFile { path, .. } in self.pages.iter().filter(|page| page.path.ends_with(".html")) {
            let alike = kinds.iter().filter(|known| folder(known) == folder(path));
            let wanted = match folder(path).as_str() {
                "" | "demo" => usize::MAX,
                "benchmark" | "first/benchmark" | "demo/benchmark" | "many/benchmark" => 0,
                _ => 1,
            };
            if alike.count() < wanted {
                kinds.push(path);
            }
        }
        let benchmarks = made::NAMES[..3].iter().map(|name| benchmark_page(name));
        kinds.extend(
            benchmarks.map(|path| &*self.pages.iter().find(|p| p.path == path).unwrap().path),
        );
        kinds
    }

    /// The facts about the site that the scripts need.
    fn facts(&self) -> serde_json::Value {
        let plain = made::NAMES[0];
        json!({
            "folder": self.path(""),
            "pages": self.pages.iter().map(|page| &page.path).collect::<Vec<_>>(),
            "kinds": self.kinds(),
            "plain": { "name": plain, "page": benchmark_page(plain) },
            "changed": made::NAMES[made::CHANGED],
            "runs": made::RUNS,
            "changePoint": { "run": made::CHANGE_POINT, "commit": made::hash(made::CHANGE_POINT) },
            "countChange": made::hash(made::COUNT_CHANGE),
            "commits": [made::hash(20), made::hash(290)],
            "lastRuns": made::last_two(),
        })
    }
}

fn benchmark_page(name: &str) -> String {
    format!("benchmark/{}.html", BenchmarkId::from(name).file_stem())
}

#[test]
fn pages_work_in_a_browser() {
    let facts = SITE.folder.path().join("facts.json");
    fs::write(&facts, SITE.facts().to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/site/main.mjs");
    let node = Command::new("node").arg("--test-reporter=spec").arg(script).arg(facts).output();
    if node.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        assert!(std::env::var_os("CI").is_none(), "install Node");
        println!("NOT TESTED: no page was opened: no node on PATH");
        return;
    }
    let output = node.unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}{errors}");
    println!("{report}");
}

#[test]
fn a_checker_finds_no_error_in_the_html() {
    let Some(jar) = tool("node_modules/vnu-jar/build/dist/vnu.jar") else { return };
    let output = Command::new("java")
        .arg("-jar")
        .arg(jar)
        .args(["--errors-only", "--format", "text"])
        .args(SITE.kinds().into_iter().map(|page| SITE.path(page)))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

/// A file of a tool that `cargo xtask ci --setup` installs.
fn tool(path: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools").join(path);
    if !file.exists() {
        println!("NOT TESTED: {path} is not installed: `cargo xtask ci --setup` does that");
    }
    file.exists().then_some(file)
}
