//! The site in a real browser: hostile names stay text, pages fit, links lead somewhere.
#![expect(clippy::disallowed_methods, reason = "a test may start a browser and write its pages")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use perf_core::baseline::Selection;
use perf_core::budget::Gate;
use perf_core::history::History;
use perf_core::report::{Against, Findings, Report, site};
use perf_core::run::{Commit, Kind, Machine, Measured, Reading, Run, SCHEMA, Source};
use perf_core::verdict::{Against as Compared, Case, Effort, Judge, Step};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const WIDTHS: [u32; 3] = [1280, 390, 360];

/// Names that would run a script, leave their element or reorder the page if they were not text.
const NAMES: [&str; 6] = [
    "core/parse::plain",
    "core/parse::<script>top.ran = 1</script>",
    "core/parse::</title></svg></table><img src=x onerror='top.ran = 1'>",
    "core/parse::\"' onmouseover=top.ran=1 x=\"│`a`\u{202e}\u{0}\r\nb",
    "core/parse::{{ 7 * 7 }}{% block main %}",
    "core/parse::javascript:top.ran=1//日本語のとても長い名前-é-🎚",
];

fn run(day: u32) -> Run {
    let long = format!("<b>{}</b>", "wide".repeat(1024));
    let names = NAMES.into_iter().chain([long.as_str()]);
    let branch = match day {
        4 => format!("x\"><script>top.ran = 1</script>{long}"),
        _ => "main".to_owned(),
    };
    Run {
        schema: SCHEMA,
        kind: Kind::Run,
        id: String::new(),
        started: format!("2026-11-{day:02}T02:45:00Z").parse().unwrap(),
        seed: 7,
        commit: Some(Commit {
            hash: format!("<i>{day:037x}"),
            branch: Some(branch),
            subject: format!("</td><script>top.ran = 1</script>\u{202e}{long}"),
            author_date: "2026-11-01T12:00:00+01:00".to_owned(),
            dirty: day == 5,
        }),
        partial: false,
        machine: Machine { cpu: long.clone(), cores: 2, ..Machine::default() }.keyed(),
        benchmarks: names.map(|name| measured(name, 1e3 + f64::from(day % 3))).collect(),
        unfinished: Vec::new(),
        origin: None,
    }
    .seal()
}

fn measured(name: &str, ns: f64) -> Measured {
    let reading = Reading {
        fastest_ns: ns,
        slowest_ns: ns,
        median_ns: ns,
        mean_ns: ns,
        n: 1,
        s: 70,
        samples_ns: Some(vec![ns; 70]),
        throughput: [("<u>/s".to_owned(), 1e6)].into(),
        ..Reading::default()
    };
    let source = Source { file: "benches/<script>top.ran = 1</script>.rs".to_owned(), line: 1 };
    Measured::of(name.into(), Some(source), &vec![reading; 5]).unwrap()
}

fn pages() -> Vec<site::Page> {
    let history: History = (1..=12).map(run).collect();
    let run = history.runs().last().unwrap().clone();
    let names = run.benchmarks.iter().map(|measured| measured.name.clone());
    let cases = names.map(|name| Case { name, against: Compared::Runs(Selection::New) }).collect();
    let mut judge =
        Judge::new(cases, vec![], Effort { launches: 5, second_look: None, comparison: false });
    let Step::Measure { benchmarks, .. } = judge.step() else { panic!("nothing to measure") };
    for name in benchmarks {
        judge.feed(&name, run.benchmark(&name).unwrap().launches.clone());
    }
    let Step::Done(verdicts) = judge.step() else { panic!("no verdict") };
    let report = Report::new(Findings {
        run: &run,
        verdicts,
        budgets: vec![],
        against: Against { branch: "main".to_owned(), history_runs: history.len(), base: None },
        gate: Gate::default(),
        notes: vec![format!("<script>top.ran = 1</script>{}", "w".repeat(4096))],
    });
    site::render(&templates(), &history, &report).unwrap()
}

fn templates() -> BTreeMap<String, String> {
    let templates = [
        ("layout.html", include_str!("../../../site-templates/layout.html")),
        ("parts.html", include_str!("../../../site-templates/parts.html")),
        ("overview.html", include_str!("../../../site-templates/overview.html")),
        ("benchmark.html", include_str!("../../../site-templates/benchmark.html")),
        ("feed.xml", include_str!("../../../site-templates/feed.xml")),
        ("style.css", include_str!("../../../site-templates/style.css")),
    ];
    templates.into_iter().map(|(name, source)| (name.to_owned(), source.to_owned())).collect()
}

/// Reads what the browser made of each page, in frames of each width, into a list.
const HARNESS: &str = r#"<!doctype html><meta charset="utf-8"><ol id="told"></ol><script>
addEventListener("load", () => {
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, root = page.documentElement;
    const all = (selector) => [...page.querySelectorAll(selector)];
    const levels = all("h1, h2, h3, h4").map((heading) => +heading.tagName[1]);
    const stray = "script, img, iframe, object, form, style, [style]";
    const bare = "th:not([scope]), table:not(:has(> caption)), table:not(.scroll[tabindex] > table)";
    const line = [
      root.scrollWidth <= frame.clientWidth ? "fits" : "scrolls " + root.scrollWidth,
      getComputedStyle(page.body).maxWidth === "1200px" ? "styled" : "bare",
      all(stray).length ? "injected" : "inert",
      all("*").some((element) => [...element.attributes].some((a) => /^on/.test(a.name)))
        ? "handlers" : "quiet",
      levels.every((level, i) => (i ? level > 1 && level <= levels[i - 1] + 1 : level === 1))
        ? "ordered" : "headings " + levels,
      all("svg[role=img]").every((svg) => svg.getAttribute("aria-label")) ? "told" : "mute",
      all(bare).length ? "tables" : "named",
    ].join(" ");
    const links = all("a, link").map((a) => a.getAttribute("href"));
    const item = document.createElement("li");
    item.textContent = [frame.dataset.of, line, ...links].join("\t");
    document.getElementById("told").append(item);
  }
  document.title = "ran" in window ? "script ran" : "no script ran";
});
</script>"#;

fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut places = std::env::split_paths(&folders).flat_map(|at| names.map(|name| at.join(name)));
    places.find(|place| place.is_file())
}

fn dump(browser: &Path, folder: &Path, page: &Path) -> String {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--allow-file-access-from-files", "--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} failed: {errors}", browser.display());
    String::from_utf8(output.stdout).unwrap()
}

/// Writes the site below a path of several parts, and beside it the page that reads it.
fn write(folder: &Path, pages: &[site::Page]) -> PathBuf {
    let mut harness = HARNESS.to_owned();
    for site::Page { path, contents } in pages {
        let file = folder.join("below/a/path").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, contents).unwrap();
        for width in WIDTHS.into_iter().filter(|_| path.ends_with(".html")) {
            harness += &format!(
                "<iframe data-of='{path}' src='below/a/path/{path}' width={width} height=800></iframe>"
            );
        }
    }
    let file = folder.join("harness.html");
    fs::write(&file, harness).unwrap();
    file
}

/// A relative link leads to a file of the site.
fn assert_leads_somewhere(link: &str, from: &str, pages: &[site::Page]) {
    let mut at: Vec<&str> = from.split('/').collect();
    at.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(at.pop().expect("a link leaves the site")),
            _ => at.push(part),
        }
    }
    let path = at.join("/");
    assert!(pages.iter().any(|page| page.path == path), "{from} links to {link}");
}

#[test]
fn the_pages_stand_in_a_browser() {
    let Some(browser) = browser() else {
        assert!(std::env::var_os("CI").is_none(), "install Chromium, or name it in CHROMIUM");
        println!("NOT TESTED: no Chromium on PATH or in CHROMIUM, so no page was opened");
        return;
    };
    let pages = pages();
    let folder = tempfile::tempdir().unwrap();
    let dom = dump(&browser, folder.path(), &write(folder.path(), &pages));
    assert!(dom.contains("<title>no script ran</title>"), "{dom}");
    let items = dom.split("<li>").skip(1).filter_map(|item| item.split("</li>").next());
    let told: Vec<&str> = items.collect();
    let shown = pages.iter().filter(|page| page.path.ends_with(".html")).count();
    assert_eq!(told.len(), shown * WIDTHS.len());
    for line in told {
        let mut parts = line.split('\t');
        let (from, state) = (parts.next().unwrap(), parts.next().unwrap());
        assert_eq!(state, "fits styled inert quiet ordered told named", "{from}");
        for link in parts.filter(|link| *link != "data:,") {
            assert_leads_somewhere(link, from, &pages);
        }
    }
}
