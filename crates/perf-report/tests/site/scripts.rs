//! What the scripts add: search, zoom, reading out and comparing.

use super::{SITE, browser, complaints, made, plain_benchmark, tab};
use browser::Page as Tab;
use serde_json::{Value, json};

fn text(tab: &mut Tab, selector: &str) -> String {
    let script = format!("document.querySelector('{selector}').textContent");
    tab.evaluate(&script).unwrap().as_str().unwrap().to_owned()
}

/// The names of the rows that are seen, in order.
const SEEN: &str = "[...document.querySelectorAll('#all tr[data-name]')].filter((r) => r.checkVisibility()).map((r) => r.dataset.name)";

fn seen(tab: &mut Tab) -> Vec<String> {
    serde_json::from_value(tab.evaluate(SEEN).unwrap()).unwrap()
}

#[test]
fn benchmarks_are_found_and_sorted() {
    let Some(browser) = browser() else { return };
    let mut tab = tab(&browser, "index.html");
    assert_eq!(text(&mut tab, "#found"), "7 of 7 benchmarks");
    tab.press("/").unwrap();
    tab.type_text("FILTER core").unwrap();
    assert_eq!(text(&mut tab, "#found"), "2 of 7 benchmarks");
    assert!(seen(&mut tab).iter().all(|name| name.starts_with("core/filter")));
    tab.press("Escape").unwrap();
    assert_eq!(seen(&mut tab).len(), 7);
    tab.click("#only-changed").unwrap();
    assert_eq!(seen(&mut tab), [made::NAMES[made::CHANGED]]);
    tab.click("#only-changed").unwrap();
    tab.evaluate("document.getElementById('sort').value = 'time'; document.getElementById('sort').dispatchEvent(new Event('input'))").unwrap();
    assert_eq!(seen(&mut tab)[0], made::NAMES[0]);
    assert_eq!(tab.evaluate("location.search").unwrap(), "?sort=time");
    assert_eq!(complaints(&mut tab), Vec::<String>::new());
}

#[test]
fn a_search_can_be_linked_to() {
    let Some(browser) = browser() else { return };
    let mut tab = browser.page().unwrap();
    let url = browser::file_url(&SITE.path("index.html")).unwrap();
    tab.open(&format!("{url}?q=javascript&changed=")).unwrap();
    assert_eq!(seen(&mut tab), [made::NAMES[made::CHANGED]]);
}

#[test]
fn a_trend_is_read_out_by_keys() {
    let Some(browser) = browser() else { return };
    let mut tab = tab(&browser, &plain_benchmark());
    assert_eq!(tab.evaluate("document.querySelectorAll('.uplot canvas').length").unwrap(), 1);
    tab.evaluate("document.querySelector('.plot').focus()").unwrap();
    tab.press("End").unwrap();
    let last = text(&mut tab, ".readout");
    assert!(last.starts_with("2026-11-14 20:45 UTC") && last.contains("median 1.3"), "{last}");
    tab.press("ArrowLeft").unwrap();
    let before = text(&mut tab, ".readout");
    assert!(before.starts_with("2026-11-14 14:45 UTC"), "{before}");
    tab.press("Enter").unwrap();
    tab.wait_for("document.querySelector('h1') && location.pathname.includes('/run/')").unwrap();
}

#[test]
fn a_step_is_said_where_it_is() {
    let Some(browser) = browser() else { return };
    let mut tab = tab(&browser, &plain_benchmark());
    tab.evaluate("document.querySelector('.plot').focus()").unwrap();
    tab.press("End").unwrap();
    for _ in made::STEP..299 {
        tab.press("ArrowLeft").unwrap();
    }
    let step = text(&mut tab, ".readout");
    assert!(step.contains("median rose 33"), "{step}");
    let caption = text(&mut tab, "figcaption");
    let commit = &made::hash(made::STEP)[..12];
    assert!(caption.contains(&format!("at {commit} on 2026-11-10")), "{caption}");
}

/// How many runs the chart spans.
fn span(tab: &mut Tab) -> f64 {
    let dates = "(() => { const reset = [...document.querySelectorAll('.tools button')].at(-1); return reset.disabled ? 0 : 1; })()";
    tab.evaluate(dates).unwrap().as_f64().unwrap()
}

#[test]
fn a_trend_is_zoomed_and_told_in_logarithms() {
    let Some(browser) = browser() else { return };
    let mut tab = tab(&browser, &plain_benchmark());
    assert!(span(&mut tab) < 0.5);
    let over = "(() => { const r = document.querySelector('.u-over').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()";
    let place: Vec<f64> = serde_json::from_value(tab.evaluate(over).unwrap()).unwrap();
    let [left, top, width, height] = place[..] else { panic!("{place:?}") };
    let y = top + height / 2.0;
    tab.drag((left + width * 0.4, y), (left + width * 0.6, y)).unwrap();
    tab.wait_for("![...document.querySelectorAll('.tools button')].at(-1).disabled").unwrap();
    tab.evaluate("[...document.querySelectorAll('.tools button')].at(-1).click()").unwrap();
    tab.wait_for("[...document.querySelectorAll('.tools button')].at(-1).disabled").unwrap();
    let press = |name: &str| {
        format!(
            "[...document.querySelectorAll('.tools button')].find((b) => b.textContent === '{name}').click()"
        )
    };
    tab.evaluate(&press("Logarithmic")).unwrap();
    let pressed =
        "[...document.querySelectorAll('.tools [aria-pressed=true]')].map((b) => b.textContent)";
    tab.wait_for(&format!("{pressed}.join() === 'Last 200,Logarithmic'")).unwrap();
    tab.evaluate(&press("Last 50")).unwrap();
    tab.wait_for(&format!("{pressed}.join() === 'Last 50,Logarithmic'")).unwrap();
    assert_eq!(complaints(&mut tab), Vec::<String>::new());
}

#[test]
fn older_runs_are_loaded_when_asked_for() {
    let Some(browser) = browser() else { return };
    let mut tab = tab(&browser, &plain_benchmark());
    assert!(!tab.take_requests().unwrap().iter().any(|url| url.contains("/data/")));
    tab.evaluate("[...document.querySelectorAll('.tools button')].find((b) => b.textContent === 'All').click()").unwrap();
    tab.wait_for("document.querySelector('.readout').textContent === '300 runs.'").unwrap();
    tab.evaluate("document.querySelector('.plot').focus()").unwrap();
    tab.press("Home").unwrap();
    let oldest = text(&mut tab, ".readout");
    assert!(oldest.starts_with("2026-09-01 02:45 UTC"), "{oldest}");
    assert_eq!(complaints(&mut tab), Vec::<String>::new());
}

/// The result of comparing what the address names: what is said, and the rows.
fn compared(tab: &mut Tab, a: &str, b: &str) -> (String, Vec<String>) {
    let url = browser::file_url(&SITE.path("compare.html")).unwrap();
    tab.open(&format!("{url}?a={a}&b={b}")).unwrap();
    let done = "document.getElementById('said').textContent !== '' && !document.getElementById('said').textContent.startsWith('Reading')";
    tab.wait_for(done).unwrap();
    let rows = "[...document.querySelectorAll('#compared tr')].map((r) => [...r.children].slice(0, 4).map((c) => c.textContent).join('|'))";
    let rows: Vec<String> = serde_json::from_value(tab.evaluate(rows).unwrap()).unwrap();
    (text(tab, "#said"), rows)
}

#[test]
fn any_two_runs_are_compared_by_their_address() {
    let Some(browser) = browser() else { return };
    let mut tab = browser.page().unwrap();
    let (before, after) = (made::hash(20), made::hash(290));
    let (said, rows) = compared(&mut tab, &before[..8], &after);
    assert!(said.contains(&before[..12]) && said.contains(&after[..12]), "{said}");
    assert_eq!(rows.len(), 7);
    assert!(rows[0].starts_with("▲ +33"), "{rows:?}");
    assert!(rows[0].contains(made::NAMES[0]), "{rows:?}");
    let [one, other] = made::last_two();
    let (said, rows) = compared(&mut tab, &one, &other);
    assert!(said.contains("2026-11-14 14:45 UTC") && rows.len() == 7, "{said}");
    assert_eq!(tab.evaluate("'ran' in window").unwrap(), Value::Bool(false));
    assert_eq!(complaints(&mut tab), Vec::<String>::new());
}

#[test]
fn what_cannot_be_compared_is_said() {
    let Some(browser) = browser() else { return };
    let mut tab = browser.page().unwrap();
    let (known, [_, id]) = (made::hash(20), made::last_two());
    let hostile = "%3Cimg%20src%3Dx%20onerror%3D%22top.ran%3D1%22%3E";
    for (a, b, reason) in [
        (hostile, known.as_str(), "is neither a run nor at least four digits of a commit"),
        ("ffffffffffff", known.as_str(), "no recorded run is of a commit ffffffffffff"),
        ("20260101T000000Z-000000000000-00000000", id.as_str(), "no run 20260101T000000Z"),
        (id.as_str(), id.as_str(), "these are the same run"),
        ("", id.as_str(), "Name two runs"),
    ] {
        let (said, rows) = compared(&mut tab, a, b);
        assert!(said.contains(reason) && rows.is_empty(), "{a} and {b}: {said}");
    }
    assert_eq!(tab.evaluate("'ran' in window").unwrap(), json!(false));
}
