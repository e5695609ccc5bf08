//! What a page does is seen, and what is asked of it happens, in a real browser.
#![expect(clippy::print_stdout, reason = "a test that cannot run says so")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use browser::{Browser, Origin, Page, audit, file_url};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// One browser for the tests that run at the same time: to start it takes longer than to test.
static SHARED: Mutex<Weak<Browser>> = Mutex::new(Weak::new());

/// A page of a browser, and a folder of files for it.
struct Fixture {
    page: Page,
    browser: Arc<Browser>,
    folder: TempDir,
}

impl Fixture {
    fn new() -> Option<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let fixture = match shared.upgrade() {
            Some(browser) => Self::of(browser),
            None => Self::alone()?,
        };
        *shared = Arc::downgrade(&fixture.browser);
        Some(fixture)
    }

    /// The page of a browser that no other test has a page of.
    fn alone() -> Option<Self> {
        if Browser::installed().is_none() {
            assert!(std::env::var_os("CI").is_none(), "install Chromium, or name it in CHROMIUM");
            println!("NOT TESTED: no Chromium on PATH or in CHROMIUM, so no page was opened");
            return None;
        }
        Some(Self::of(Arc::new(Browser::start().unwrap())))
    }

    fn of(browser: Arc<Browser>) -> Self {
        Self { page: browser.page().unwrap(), browser, folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, contents).unwrap();
        path
    }

    fn open(&mut self, html: &str) {
        let page = format!("<!doctype html><html lang=en><title>A page</title>{html}");
        let path = self.write("page.html", &page);
        self.page.open(&path).unwrap();
    }

    fn value(&mut self, js: &str) -> serde_json::Value {
        self.page.evaluate(js).unwrap()
    }
}

/// The width and the height in the head of a PNG.
fn png_size(path: &Path) -> (u32, u32) {
    let bytes = fs::read(path).unwrap();
    assert_eq!(bytes[..8], *b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn a_page_is_opened_and_asked() {
    let Some(mut at) = Fixture::new() else { return };
    let path = at.write("a b#é.html", "<title>One</title><p id=one>First");
    let loaded = at.page.open(&path).unwrap();
    assert!((0.1..30_000.0).contains(&loaded), "{loaded}");
    assert_eq!(at.value("document.title"), "One");
    assert_eq!(at.value("[1, {a: null}]"), json!([1, { "a": null }]));
    assert_eq!(at.value("undefined"), json!(null));
    assert_eq!(at.value("new Promise((done) => setTimeout(() => done(7), 20))"), 7);
    at.page.open(&(file_url(&path).unwrap() + "#one")).unwrap();
    assert_eq!(at.value("location.hash"), "#one");
    at.page.open("about:blank").unwrap();
    assert_eq!(at.value("document.title"), "");
}

#[test]
fn what_goes_wrong_is_told() {
    let Some(mut at) = Fixture::new() else { return };
    let told = |error: anyhow::Error| format!("{error:#}");
    let error = told(at.page.evaluate("(() => { throw new Error('no') })()").unwrap_err());
    assert_eq!(error, "in `(() => { throw new Error('no') })()`: Error: no");
    let error = told(at.page.evaluate("Promise.reject('never')").unwrap_err());
    assert_eq!(error, "in `Promise.reject('never')`: never");
    let error = told(at.page.evaluate("1 +").unwrap_err());
    assert!(error.contains("SyntaxError: Unexpected end of input"), "{error}");
    let missing = at.path("missing.html");
    let error = told(at.page.open(&missing).unwrap_err());
    assert!(error.starts_with(&format!("cannot find {}: ", missing.display())), "{error}");
    let error = told(at.page.open("http://127.0.0.1:1/").unwrap_err());
    assert!(error.starts_with("cannot open http://127.0.0.1:1/: net::ERR_"), "{error}");
}

#[test]
fn nothing_hangs() {
    let Some(mut at) = Fixture::new() else { return };
    at.open("<p>Still here");
    let begun = Instant::now();
    at.page.timeout(Duration::from_millis(300));
    for endless in ["new Promise(() => {})", "(() => { for (;;); })()"] {
        let error = at.page.evaluate(endless).unwrap_err().to_string();
        assert_eq!(error, format!("`{endless}` did not end within 0.3 s"));
    }
    let error = at.page.wait_for("document.title === 'Never'").unwrap_err();
    assert_eq!(error.to_string(), "`document.title === 'Never'` was not true within 0.3 s");
    let error = at.page.wait_for("absent.value").unwrap_err();
    assert!(format!("{error:#}").contains("ReferenceError: absent is not defined"), "{error:#}");
    at.page.timeout(Duration::from_secs(20));
    assert_eq!(at.value("document.querySelector('p').textContent"), "Still here");
    at.page.timeout(Duration::from_secs(2));
    let endless = at.write("endless.html", "<script>for (;;);</script>");
    let error = at.page.open(&endless).unwrap_err();
    assert!(format!("{error:#}").contains("did not answer within 2.0 s"), "{error:#}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn a_crash_and_a_closed_page_are_told_at_once() {
    let Some(mut at) = Fixture::alone() else { return };
    let begun = Instant::now();
    at.page.open("chrome://crash").unwrap_err();
    let error = at.page.evaluate("1").unwrap_err();
    assert!(format!("{error:#}").contains("the page crashed"), "{error:#}");
    let error = at.page.wait_for("true").unwrap_err();
    assert_eq!(error.to_string(), "the page crashed");
    let mut other = at.browser.page().unwrap();
    drop(at.browser);
    let error = format!("{:#}", other.evaluate("1").unwrap_err());
    assert!(error.contains("the page closed") || error.contains("connection"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn waits_until_something_is_true() {
    let Some(mut at) = Fixture::new() else { return };
    at.open("<script>setTimeout(() => document.title = 'Later', 100)</script>");
    at.page.wait_for("document.title === 'Later'").unwrap();
    at.page.wait_for("document.fonts.ready // a promise").unwrap();
}

#[test]
fn the_console_exceptions_and_dialogs_are_heard() {
    let Some(mut at) = Fixture::new() else { return };
    at.open(
        "<script>\nconsole.log('one', 2, null);\nconsole.error('bad');\nalert('look');\n</script>\
         <script>\nsetTimeout(() => { throw new TypeError('late') });</script>",
    );
    at.page.wait_for("document.readyState === 'complete'").unwrap();
    let messages = at.page.take_messages().unwrap();
    let url = file_url(&at.path("page.html")).unwrap();
    let told: Vec<String> = messages.iter().map(ToString::to_string).collect();
    let expected = [
        format!("console log: one 2 null ({url}:2)"),
        format!("console error: bad ({url}:3)"),
        format!("dialog alert: look ({url})"),
        format!("exception error: TypeError: late ({url}:6)"),
    ];
    assert_eq!(told, expected);
    assert_eq!(at.page.take_messages().unwrap(), []);
}

#[test]
fn a_violated_policy_is_heard() {
    let Some(mut at) = Fixture::new() else { return };
    at.open(
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">\
         <script>document.title = 'ran'</script><img src=x.png><p style='color: red'>",
    );
    assert_eq!(at.value("document.title"), "A page");
    let messages = at.page.take_messages().unwrap();
    assert_eq!(messages.len(), 3, "{messages:#?}");
    for message in messages {
        assert_eq!((message.origin, message.level.as_str()), (Origin::Log, "error"));
        assert!(message.text.contains("Content Security Policy"), "{message}");
    }
}

#[test]
fn requests_are_heard() {
    let Some(mut at) = Fixture::new() else { return };
    at.write("style.css", "body { background: url(missing.png) }");
    at.open("<link rel=stylesheet href=style.css><iframe src='http://127.0.0.1:1/frame'></iframe>");
    let url = |name| file_url(at.folder.path()).unwrap() + "/" + name;
    let mut expected = vec![
        url("page.html"),
        url("style.css"),
        url("missing.png"),
        "http://127.0.0.1:1/frame".into(),
    ];
    let mut requests = at.page.take_requests().unwrap();
    requests.sort();
    expected.sort();
    assert_eq!(requests, expected);
    assert_eq!(at.page.take_requests().unwrap(), [""; 0]);
    let messages = at.page.take_messages().unwrap();
    assert!(messages.iter().any(|message| message.text.contains("ERR_FILE_NOT_FOUND")));
    at.value("void fetch('http://127.0.0.1:1/data').catch(() => {})");
    assert_eq!(at.page.take_requests().unwrap(), ["http://127.0.0.1:1/data"]);
}

#[test]
fn keys_reach_the_page() {
    let Some(mut at) = Fixture::new() else { return };
    at.open(
        "<input><a href='#next'>Next</a><script>keys = [];\
         addEventListener('keydown', (e) => keys.push(e.key + ' ' + e.code + ' ' + e.shiftKey));\
         </script>",
    );
    for key in ["ArrowLeft", "Home", "Escape", "/", "Shift+ArrowRight"] {
        at.page.press(key).unwrap();
    }
    let expected = [
        "ArrowLeft ArrowLeft false",
        "Home Home false",
        "Escape Escape false",
        "/ Slash false",
        "ArrowRight ArrowRight true",
    ];
    assert_eq!(at.value("keys"), json!(expected));
    at.page.press("Tab").unwrap();
    at.page.type_text("Aé /?🎚 b").unwrap();
    assert_eq!(at.value("document.querySelector('input').value"), "Aé /?🎚 b");
    at.page.press("Backspace").unwrap();
    at.page.press("Home").unwrap();
    at.page.press("Delete").unwrap();
    assert_eq!(at.value("document.querySelector('input').value"), "é /?🎚 ");
    at.page.press("Tab").unwrap();
    at.page.press("Enter").unwrap();
    at.page.wait_for("location.hash === '#next'").unwrap();
    at.page.press("Shift+Tab").unwrap();
    assert_eq!(at.value("document.activeElement.localName"), "input");
}

#[test]
fn clicks_reach_what_is_seen() {
    let Some(mut at) = Fixture::new() else { return };
    at.open(
        "<style>html { scroll-behavior: smooth }</style><div style='height: 3000px'></div>\
         <button id=low onclick='document.title = \"clicked\"'>Low</button>\
         <button id=hidden hidden>Hidden</button>\
         <div style='position: relative'><button id=under>Under</button>\
         <div class=cover style='position: absolute; inset: 0'></div></div>",
    );
    at.page.click("#low").unwrap();
    assert_eq!(at.value("document.title"), "clicked");
    let mut error = |css| at.page.click(css).unwrap_err().to_string();
    assert_eq!(error("#none"), "cannot click `#none`: nothing in the page matches it");
    assert_eq!(error("#hidden"), "cannot click `#hidden`: it is not shown");
    assert!(error("#under").starts_with("cannot click `#under`: it is covered by <div class="));
}

#[test]
fn the_mouse_moves_and_drags() {
    let Some(mut at) = Fixture::new() else { return };
    at.open(
        "<style>body { margin: 0 } p:hover { color: red }</style><p style='height: 50px'>Here</p>\
         <script>seen = []; for (const type of ['pointerdown', 'pointermove', 'pointerup'])\
         addEventListener(type, (e) => seen.push([type, e.clientX, e.clientY, e.buttons]))</script>",
    );
    at.page.move_to(20.0, 30.0).unwrap();
    assert_eq!(at.value("document.querySelector('p').matches(':hover')"), true);
    at.page.drag((100.0, 200.0), (300.0, 100.0)).unwrap();
    let seen = at.value("seen");
    let seen = seen.as_array().unwrap();
    assert_eq!(seen[0], json!(["pointermove", 20, 30, 0]));
    assert_eq!(seen[1], json!(["pointermove", 100, 200, 0]));
    assert_eq!(seen[2], json!(["pointerdown", 100, 200, 1]));
    assert_eq!(seen[seen.len() - 2], json!(["pointermove", 300, 100, 1]));
    assert_eq!(seen[seen.len() - 1], json!(["pointerup", 300, 100, 0]));
}

#[test]
fn the_window_has_the_size_asked_for() {
    let Some(mut at) = Fixture::new() else { return };
    at.open("<body style='margin: 0'><div style='height: 2000px'></div>");
    for (width, height) in [(1280, 800), (390, 844), (360, 640)] {
        at.page.size(width, height).unwrap();
        let inside = at.value("[innerWidth, innerHeight, devicePixelRatio]");
        assert_eq!(inside, json!([width, height, 1]));
        let picture = at.path("picture.png");
        at.page.screenshot(&picture, false).unwrap();
        assert_eq!(png_size(&picture), (width, height));
        at.page.screenshot(&picture, true).unwrap();
        assert_eq!(png_size(&picture), (width, 2000));
        assert!(
            at.value("innerWidth - document.documentElement.clientWidth").as_u64().unwrap() > 0
        );
    }
    let error = at.page.screenshot(at.path("no/folder.png"), false).unwrap_err();
    assert!(error.to_string().starts_with("cannot write "), "{error}");
}

#[test]
fn a_page_is_dark_on_demand() {
    let Some(mut at) = Fixture::new() else { return };
    at.open("<p>Light");
    let dark = "matchMedia('(prefers-color-scheme: dark)').matches";
    assert_eq!(at.value(dark), false);
    at.page.dark(true).unwrap();
    assert_eq!(at.value(dark), true);
    at.open("<p>Still dark");
    assert_eq!(at.value(dark), true);
    at.page.dark(false).unwrap();
    assert_eq!(at.value(dark), false);
}

#[test]
fn a_page_without_scripts_is_asked_like_any_other() {
    let Some(mut at) = Fixture::new() else { return };
    let html = "<noscript><p id=told>No script</p></noscript><script>document.title = 'ran'</script>\
                <a href='#next'>Next</a><div style='width: 3000px'>Wide</div>";
    at.page.scripts(false).unwrap();
    at.open(html);
    assert_eq!(at.value("document.title"), "A page");
    at.page.wait_for("document.querySelector('#told').offsetHeight > 0").unwrap();
    at.page.click("a").unwrap();
    at.page.wait_for("location.hash === '#next'").unwrap();
    assert!(audit::overflow(&mut at.page).unwrap().is_some());
    assert_eq!(at.page.take_messages().unwrap(), []);
    at.page.scripts(true).unwrap();
    at.open(html);
    assert_eq!(at.value("document.title"), "ran");
}

#[test]
fn the_heap_grows_with_what_is_held() {
    let Some(mut at) = Fixture::new() else { return };
    at.open("");
    let before = at.page.heap_bytes().unwrap();
    at.value("void (held = Array.from({ length: 1e5 }, (_, i) => ({ i })))");
    let held = at.page.heap_bytes().unwrap();
    at.value("void (held = null)");
    let after = at.page.heap_bytes().unwrap();
    assert!(before > 0 && held > before + 1_000_000, "{before} {held}");
    assert!(after < held - 1_000_000, "{held} {after}");
}

#[test]
fn what_sticks_out_is_named() {
    let Some(mut at) = Fixture::new() else { return };
    at.page.size(360, 640).unwrap();
    at.open(
        "<style>.scroll { overflow-x: auto } body { margin: 0 }</style><p>Fits</p>\
         <div class=scroll><div style='width: 900px'>Scrolls by itself</div></div>",
    );
    assert_eq!(audit::overflow(&mut at.page).unwrap(), None);
    at.open(&format!(
        "<style>body {{ margin: 0 }}</style><main><div><pre class='code wide' style='width: 500px'>\
         </pre></div><p id=long style='font: 16px monospace'>{}</p></main>",
        "w".repeat(60)
    ));
    let told = audit::overflow(&mut at.page).unwrap().unwrap();
    assert!(told.contains(" px wide in a window of 360 px: pre.code.wide to 500 px, p#long to "));
}

#[test]
fn the_violations_that_axe_finds_are_told() {
    let Some(mut at) = Fixture::new() else { return };
    at.open("<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><img>");
    // Stands in for axe-core: what matters here is that it runs, and what becomes of its result.
    let axe = r#"!function () { window.axe = { run: async (root, options) => ({ violations: [{
        id: "image-alt", impact: "critical", help: "Images have a text", nodes: [{
          target: [['#host', 'img']], impact: "serious",
          failureSummary: options.resultTypes + ":\n  " + root.images.length }] }] }) } }()"#;
    let lines = audit::axe(&mut at.page, axe).unwrap();
    assert_eq!(lines, ["image-alt (serious) at #host img: violations: 1"]);
    at.open("");
    let error = audit::axe(&mut at.page, "0").unwrap_err().to_string();
    assert_eq!(error, "the script given is not axe-core: it defines no axe.run");
}

#[test]
fn pages_share_nothing() {
    let Some(mut at) = Fixture::new() else { return };
    at.open("<script>localStorage.theme = 'dark'</script>");
    let mut other = at.browser.page().unwrap();
    other.open(&at.path("page.html")).unwrap();
    assert_eq!(other.evaluate("localStorage.theme").unwrap(), "dark");
    other.open(&at.write("other.html", "<p>Other")).unwrap();
    let mut third = at.browser.page().unwrap();
    third.open(&at.path("other.html")).unwrap();
    assert_eq!(third.evaluate("localStorage.theme ?? null").unwrap(), json!(null));
    // Each has the keyboard, and neither is slowed down.
    assert_eq!(other.evaluate("document.hasFocus()").unwrap(), true);
    assert_eq!(third.evaluate("document.hasFocus()").unwrap(), true);
    other.evaluate("new Promise(requestAnimationFrame)").unwrap();
    third.evaluate("new Promise(requestAnimationFrame)").unwrap();
}
