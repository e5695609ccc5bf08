//! How pages look to people, to machines and to those who see neither colours nor drawings.

use super::{SITE, browser, complaints, tool};
use browser::audit;
use std::fs;
use std::process::Command;

const WIDTHS: [u32; 3] = [1280, 390, 360];

/// What is wrong with the page as it stands, in words.
const PROBLEMS: &str = r"(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const levels = all('h1, h2, h3, h4').filter((h) => h.offsetParent).map((h) => +h.tagName[1]);
  const problems = [];
  const check = (holds, problem) => holds || problems.push(problem);
  check(!('ran' in window), 'a script ran');
  check(getComputedStyle(document.body).maxWidth === '1200px', 'no style');
  check(all('img, iframe, object, style, script:not([src]):not([type=\'application/json\'])').length === 0, 'injected');
  check(!all('*').some((e) => [...e.attributes].some((a) => /^on/.test(a.name))), 'handlers');
  check(levels.every((level, i) => (i ? level > 1 && level <= levels[i - 1] + 1 : level === 1)), `headings ${levels}`);
  check(all('svg[role=img]').every((svg) => svg.getAttribute('aria-label')), 'a drawing without words');
  check(all('th:not([scope]), table:not(.scroll[tabindex] > table)').length === 0, 'a bare table');
  check(all('main, header, nav').length >= 3, 'no landmarks');
  return problems;
})()";

#[test]
fn pages_fit_and_stay_text_in_light_and_dark() {
    let Some(browser) = browser() else { return };
    let axe =
        tool("node_modules/axe-core/axe.min.js").map(|path| fs::read_to_string(path).unwrap());
    let mut tab = browser.page().unwrap();
    for page in SITE.kinds() {
        for (width, dark) in WIDTHS.into_iter().zip([false, true, false]) {
            let at = format!("{} at {width} px, dark {dark}", page.path);
            tab.size(width, 900).unwrap();
            tab.dark(dark).unwrap();
            tab.open(&SITE.path(&page.path)).unwrap();
            assert_eq!(tab.evaluate(PROBLEMS).unwrap(), serde_json::json!([]), "{at}");
            assert_eq!(audit::overflow(&mut tab).unwrap(), None, "{at}");
            assert_eq!(complaints(&mut tab), Vec::<String>::new(), "{at}");
        }
        for dark in [false, true] {
            let Some(axe) = &axe else { continue };
            tab.size(1280, 900).unwrap();
            tab.dark(dark).unwrap();
            tab.open(&SITE.path(&page.path)).unwrap();
            let found = audit::axe(&mut tab, axe).unwrap();
            assert_eq!(found, Vec::<String>::new(), "{} dark {dark}", page.path);
        }
    }
}

#[test]
fn everything_is_there_without_scripts() {
    let Some(browser) = browser() else { return };
    let mut tab = browser.page().unwrap();
    tab.scripts(false).unwrap();
    for page in SITE.kinds() {
        tab.open(&SITE.path(&page.path)).unwrap();
        assert_eq!(tab.evaluate(PROBLEMS).unwrap(), serde_json::json!([]), "{}", page.path);
        let shown = "[...document.querySelectorAll('figure > svg.trend')].filter((svg) => svg.checkVisibility()).length";
        let drawings = i32::from(page.path.starts_with("benchmark/"));
        assert_eq!(tab.evaluate(shown).unwrap(), drawings, "{}", page.path);
        assert_eq!(complaints(&mut tab), Vec::<String>::new(), "{}", page.path);
    }
    tab.open(&SITE.path("index.html")).unwrap();
    let rows = tab.evaluate("document.querySelectorAll('#all tr[data-name]').length").unwrap();
    assert_eq!(rows, 7);
}

#[test]
fn links_lead_to_pages_of_the_site() {
    let Some(browser) = browser() else { return };
    let mut tab = browser.page().unwrap();
    let links = "[...document.querySelectorAll('a, link, script[src]')].map((a) => a.getAttribute('href') ?? a.getAttribute('src'))";
    // Of the runs only some have been rendered here.
    let is_run = |link: &str| link.contains("run/");
    for page in SITE.kinds() {
        tab.open(&SITE.path(&page.path)).unwrap();
        let links: Vec<String> = serde_json::from_value(tab.evaluate(links).unwrap()).unwrap();
        for link in links.iter().filter(|link| *link != "data:," && !is_run(link)) {
            assert_leads_somewhere(link, &page.path);
        }
    }
}

/// A link leads to a commit's page, to a place in the page or to a file of the site.
fn assert_leads_somewhere(link: &str, from: &str) {
    if link.starts_with("https://example.org/team/app/commit/") || link.starts_with('#') {
        return;
    }
    let mut at: Vec<&str> = from.split('/').collect();
    at.pop();
    for part in link.split('?').next().unwrap().split('/') {
        match part {
            ".." => drop(at.pop().expect("a link leaves the site")),
            _ => at.push(part),
        }
    }
    let path = at.join("/");
    assert!(SITE.pages.iter().any(|page| page.path == path), "{from} links to {link}");
}

#[test]
fn a_checker_finds_no_error_in_the_html() {
    let Some(jar) = tool("node_modules/vnu-jar/build/dist/vnu.jar") else { return };
    let pages = SITE.kinds();
    let paths = pages.iter().map(|page| SITE.path(&page.path));
    let output = Command::new("java")
        .arg("-jar")
        .arg(jar)
        .args(["--errors-only", "--format", "text"])
        .args(paths)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
