//! The site in a real browser: hostile names stay text, pages fit, links lead somewhere, and the
//! scripts do what they promise.
#![expect(clippy::disallowed_methods, reason = "a test may start a browser and write its pages")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::print_stdout, reason = "what is not tested is said")]

mod made;
mod outlook;
mod scripts;

use browser::{Browser, Page as Tab};
use perf_judge::ident::BenchmarkId;
use perf_report::site::Page;
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

    /// One page of each kind, and three benchmarks': a plain one and two of hostile names.
    fn kinds(&self) -> Vec<&Page> {
        let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let mut kinds: Vec<&Page> = Vec::new();
        for page in self.pages.iter().filter(|page| page.path.ends_with(".html")) {
            let alike = kinds.iter().filter(|known| folder(&known.path) == folder(&page.path));
            let wanted = match folder(&page.path).as_str() {
                "" => usize::MAX,
                "benchmark" => 0,
                _ => 1,
            };
            if alike.count() < wanted {
                kinds.push(page);
            }
        }
        let benchmarks = made::NAMES[..3].iter().map(|name| benchmark_page(name));
        kinds.extend(benchmarks.map(|path| self.pages.iter().find(|p| p.path == path).unwrap()));
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
    benchmark_page(made::NAMES[0])
}

fn benchmark_page(name: &str) -> String {
    format!("benchmark/{}.html", BenchmarkId::from(name).file_stem())
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
