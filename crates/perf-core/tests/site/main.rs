//! The site in a real browser: hostile names stay text, pages fit, links lead somewhere, and the
//! scripts do what they promise.
#![expect(clippy::disallowed_methods, reason = "a test may start a browser and write its pages")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::print_stdout, reason = "what is not tested is said")]

mod made;
mod outlook;
mod scripts;

use browser::{Browser, Page as Tab};
use perf_core::ident::BenchmarkId;
use perf_core::report::site::Page;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The site, made once for all tests.
static SITE: LazyLock<Made> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let pages = made::pages();
    made::write(&folder.path().join("below/a/path"), &pages);
    Made { folder, pages }
});

struct Made {
    folder: tempfile::TempDir,
    pages: Vec<Page>,
}

impl Made {
    fn path(&self, page: &str) -> PathBuf {
        self.folder.path().join("below/a/path").join(page)
    }

    /// One page of each kind: overview, another machine's, benchmarks, run, comparison, compare.
    fn kinds(&self) -> Vec<&Page> {
        let html = self.pages.iter().filter(|page| page.path.ends_with(".html"));
        let mut kinds: Vec<&Page> = Vec::new();
        for page in html {
            let folder = |path: &str| path.split('/').next().map(str::to_owned);
            let is_known = kinds.iter().any(|known| folder(&known.path) == folder(&page.path));
            if !is_known || page.path.starts_with("benchmark/") {
                kinds.push(page);
            }
        }
        kinds
    }
}

/// A browser, or `None` with a word on it where none is installed and that is no failure.
fn browser() -> Option<Browser> {
    if Browser::installed().is_none() {
        assert!(std::env::var_os("CI").is_none(), "install Chromium, or name it in CHROMIUM");
        println!("NOT TESTED: no Chromium on PATH or in CHROMIUM, so no page was opened");
        return None;
    }
    Some(Browser::start().unwrap())
}

/// A tab with a page of the site.
fn tab(browser: &Browser, page: &str) -> Tab {
    let mut tab = browser.page().unwrap();
    tab.open(&SITE.path(page)).unwrap();
    tab
}

/// The page of the first benchmark, whose name is plain.
fn plain_benchmark() -> String {
    format!("benchmark/{}.html", BenchmarkId::from(made::NAMES[0]).file_stem())
}

/// Whatever a page complained of, and what it asked for from elsewhere.
fn complaints(tab: &mut Tab) -> Vec<String> {
    let messages = tab.take_messages().unwrap().into_iter().map(|message| message.to_string());
    let own = browser::file_url(&SITE.path("")).unwrap();
    let is_foreign = |url: &String| !url.starts_with(own.trim_end_matches('/')) && url != "data:,";
    let requests = tab.take_requests().unwrap().into_iter().filter(is_foreign);
    messages.chain(requests.map(|url| format!("asked for {url}"))).collect()
}

/// A file of a tool that `cargo xtask ci --setup` installs.
fn tool(path: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools").join(path);
    if !file.exists() {
        println!("NOT TESTED: {path} is not installed: `cargo xtask ci --setup` does that");
    }
    file.exists().then_some(file)
}
