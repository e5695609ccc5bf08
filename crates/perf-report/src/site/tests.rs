//! Properties of whole pages.

use super::*;
use crate::report::tests::report;
use perf_fixtures::{measured, run};
use perf_judge::budget::Gate;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Measured, Quantity, Run};

const NAME: &str = "core/parse::parse_large_xml";

fn templates() -> BTreeMap<String, String> {
    let files = perf_site_templates::FILES.into_iter();
    // The browser tests cover the scripts.
    let pages = files.filter(|(name, _)| !name.ends_with(".js") && !name.starts_with("uplot/"));
    pages.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

/// Every page of a site.
fn render(
    templates: &BTreeMap<String, String>,
    history: &History,
    report: &Report,
) -> Result<Vec<SiteFile>, SiteError> {
    let (renamed, budgets) = (BTreeMap::new(), Vec::new());
    let rules = Rules {
        branch: "main",
        budgets: &budgets,
        gate: Gate::default(),
        renamed: &renamed,
        accepted: &[],
    };
    let comparisons = Comparison::all_of(report);
    let contents = Contents {
        history,
        report,
        comparisons: &comparisons,
        versus: &[],
        rules,
        commits_at: Some(COMMITS),
        project: Project { name: "app", ..Project::default() },
    };
    let site = Site::new(templates, contents)?;
    let mut pages = site.overview()?;
    for name in site.benchmarks() {
        pages.extend(site.benchmark(name, Archive::default())?);
    }
    for cached in site.runs() {
        pages.extend(site.run(&cached.id)?);
    }
    for cached in site.comparisons() {
        pages.extend(site.comparison(&cached.id)?);
    }
    Ok(pages)
}

const COMMITS: &str = "https://example.org/team/app/commit/";

fn history() -> History {
    let times = [0.94e6, 0.95e6, 3.1e6, 0.96e6];
    let day = |(day, ns): (u32, f64)| {
        let counts = [(Quantity::Instructions, ns * 4.0), (Quantity::MinorFaults, 0.25)].into();
        let counted = Measured { counts, ..measured(NAME, ns) };
        run(day, vec![counted, measured("core/filter::unchanged", 2.5)])
    };
    let mut runs: Vec<Run> = (17..).zip(times).map(day).collect();
    runs[2].machine.cpu = "Model <b>2</b>".to_owned();
    runs[2].machine = runs[2].machine.clone().with_machine_key();
    runs[3].commit.as_mut().unwrap().subject = "</td><script>alert(2)</script>\u{202e}".to_owned();
    runs.into_iter().collect()
}

fn is_table(path: &str) -> bool {
    path.ends_with(".csv") || path.starts_with("benchmark/") && path.ends_with(".json")
}

fn page(path: &str) -> String {
    let pages = render(&templates(), &history(), &report()).unwrap();
    let page = pages.into_iter().find(|page| page.path.starts_with(path) && !is_table(&page.path));
    page.unwrap().contents
}

/// Renders with `from` replaced by `to` in one template.
fn error(template: &str, from: &str, to: &str) -> String {
    let mut templates = templates();
    let source = templates.get_mut(template).unwrap();
    assert!(source.contains(from));
    *source = source.replacen(from, to, 1);
    render(&templates, &history(), &report()).unwrap_err().to_string()
}

#[test]
fn the_overview_shows_what_changed_first() {
    insta::assert_snapshot!(page("index"));
}

#[test]
fn a_first_run_shows_its_times_and_the_ways_to_a_verdict() {
    let mut own = run(3, vec![measured(NAME, 1e6), measured("core/filter::unchanged", 2.5)]);
    own.benchmarks[0].throughput.insert("B/s".to_owned(), 4.2e8);
    let history: History = [own.clone()].into_iter().collect();
    let renamed = BTreeMap::new();
    let rules = Rules {
        branch: "main",
        budgets: &[],
        gate: Gate::default(),
        renamed: &renamed,
        accepted: &[],
    };
    let report = Report::of_recorded(&own, Past::before(&own, &history, 10), &[], rules);
    let pages = render(&templates(), &history, &report).unwrap();
    let page =
        |path: &str| &pages.iter().find(|page| page.path.starts_with(path)).unwrap().contents;
    let overview = page("index");
    for text in [
        "2 benchmarks measured, 2.500 ns to 1.000 ms per iteration; no baseline yet</bdi></h1>",
        "No baseline yet: 1 of 3 comparable runs of <bdi>main</bdi>",
        "cargo xtask perf --compare HEAD~1",
        "Record 2 more comparable runs",
        " data-k=\"median\">1.000 ms</td>",
        ">420.0 MB&#x2f;s</td>",
    ] {
        assert!(overview.contains(text), "{text}: {overview}");
    }
    for text in ["too little history</span>", "<h2>Changes", ">Base</th>"] {
        assert!(!overview.contains(text), "{text}: {overview}");
    }
    assert!(page("run/").contains("No verdicts: 2 benchmarks without a baseline."));
    assert!(page("badge").contains("\"message\":\"no baseline\""));
}

#[test]
fn a_benchmark_shows_its_trend_and_its_runs() {
    insta::assert_snapshot!(page("benchmark/core-parse--parse_large_xml"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let once = render(&templates(), &history(), &report()).unwrap();
    assert_eq!(once, render(&templates(), &history(), &report()).unwrap());
    let count = |folder: &str| once.iter().filter(|page| page.path.starts_with(folder)).count();
    // Two overviews, a page to compare, the feed, the badge and the style beside a page and two tables
    // for each benchmark and a page for each recorded run.
    assert_eq!(count("benchmark/"), 3 * report().rows.len());
    assert_eq!((count("run/"), count("machine/")), (history().len(), 1));
    assert_eq!(once.len(), count("benchmark/") + count("run/") + count("comparison/") + 6);
}

#[test]
fn names_and_subjects_stay_text() {
    for page in render(&templates(), &history(), &report()).unwrap() {
        assert!(!page.contents.contains("<script>"), "{}", page.path);
        assert!(!page.contents.contains(['\u{202e}', '\u{1b}']), "{}", page.path);
    }
    assert!(page("index").contains("&lt;script&gt;alert(2)&lt;&#x2f;script&gt;\\u{202e}"));
}

#[test]
fn every_page_allows_the_scripts_of_the_site_alone() {
    let pages = render(&templates(), &history(), &report()).unwrap();
    for page in pages.iter().filter(|page| page.path.ends_with(".html")) {
        let policy =
            page.contents.split("http-equiv=\"Content-Security-Policy\" content=\"").nth(1);
        let policy = policy.and_then(|rest| rest.split('"').next()).unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{}", page.path);
        assert!(!policy.contains("unsafe"), "{}", page.path);
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for page in render(&templates(), &history(), &report()).unwrap() {
        let contents = page.contents.replace("xmlns=\"http://www.w3.org/2005/Atom\"", "");
        let contents = contents.replace("<a href=\"https://example.org/team/app", "");
        for mark in ["://", "src=\"//", "@import", "url(", " style=", " onclick"] {
            assert!(!contents.contains(mark), "{mark} in {}", page.path);
        }
    }
}

#[test]
fn a_run_has_a_table_of_counts() {
    let counts = |instructions, faults| {
        let counts = [(Quantity::Instructions, instructions), (Quantity::MinorFaults, faults)];
        Measured { counts: counts.into(), ..measured("a/b::<counted>", 1e6) }
    };
    let without = measured("a/b::without", 1e6);
    let own = run(3, vec![without, counts(1.5e6, 2.5)]);
    let history: History = [own.clone()].into_iter().collect();
    let pages = render(&templates(), &history, &report()).unwrap();
    let page = pages.iter().find(|page| page.path.starts_with("run/")).unwrap();
    let table = page.contents.split("<h2>Counts").nth(1).unwrap();
    assert!(table.contains(r#"<th class="n" scope="col">Instructions</th><th class="n" scope="col">Page faults</th></tr>"#));
    assert!(table.contains(
        r#"data-k="Instructions">1.500 M</td><td class="n" data-k="Page faults">2.500</td></tr>"#
    ));
    assert!(table.contains("&lt;counted&gt;") && !table.contains("without"), "{table}");
    let without = run(4, vec![measured(NAME, 1e6)]);
    let history: History = [without].into_iter().collect();
    let pages = render(&templates(), &history, &report()).unwrap();
    assert!(pages.iter().all(|page| !page.contents.contains("<h2>Counts")));
}

/// Twelve runs of which the last four took a fifth longer, by commits of hostile names.
fn with_change_points() -> History {
    let time = |day: u32| if day < 9 { 1e6 } else { 1.2e6 };
    let run = |day: u32| {
        let mut run =
            run(day, vec![measured(NAME, time(day)), measured("a/b::<&>\u{202e}", time(day))]);
        run.commit.as_mut().unwrap().hash = format!("<{day}&>0123456789");
        run
    };
    (1..=12).map(run).collect()
}

#[test]
fn change_points_are_drawn_listed_and_fed() {
    let pages = render(&templates(), &with_change_points(), &report()).unwrap();
    let page = |path: &str| {
        &pages
            .iter()
            .find(|page| page.path.starts_with(path) && !is_table(&page.path))
            .unwrap()
            .contents
    };
    assert!(page("index").contains("2 slower") && page("index").contains("+20.0 %"));
    let stem = BenchmarkId::from(NAME).file_stem();
    let benchmark = page(&format!("benchmark/{stem}"));
    assert!(benchmark.contains("class=\"change-point\""));
    assert!(
        benchmark
            .contains("median rose 20.0 % to 1.200 ms at &lt;9&amp;&gt;01234567 on 2026-11-09")
    );
    insta::assert_snapshot!(page("feed"));
    for page in pages.iter().filter(|page| !is_table(&page.path)) {
        assert!(
            !page.contents.contains("<9&>") && !page.contents.contains('\u{202e}'),
            "{}",
            page.path
        );
    }
}

#[test]
fn a_removed_benchmark_is_no_open_regression_and_no_alternative() {
    let (removed, kept) = ("core/filter::way::gone", "core/filter::way::kept");
    let time = |day: u32| if day < 5 { 1e6 } else { 1.2e6 };
    let both = |day| run(day, vec![measured(removed, time(day)), measured(kept, 2.5)]);
    let without = |day| run(day, vec![measured(kept, 2.5)]);
    let all: Vec<Run> = (1..=10).map(both).chain((11..=12).map(without)).collect();
    let newest = |is_partial: bool| {
        let mut all = all.clone();
        if is_partial {
            // The newest complete run has both.
            all.truncate(10);
            all.push(Run { partial: true, ..without(11) });
        }
        let (own, history) = (all[all.len() - 1].clone(), all.into_iter().collect::<History>());
        let renamed = BTreeMap::new();
        let rules = Rules {
            branch: "main",
            budgets: &[],
            gate: Gate::default(),
            renamed: &renamed,
            accepted: &[],
        };
        let report = Report::of_recorded(&own, Past::before(&own, &history, 10), &[], rules);
        let pages = render(&templates(), &history, &report).unwrap();
        let page = |path: &str| pages.iter().find(|page| page.path == path).unwrap();
        [page("index.html"), page("alternatives.html")].map(|page| page.contents.clone())
    };
    let [overview, alternatives] = newest(false);
    assert!(!overview.contains("open regression"), "{overview}");
    assert!(overview.contains("not in the latest run"), "{overview}");
    assert!(!alternatives.contains("is the fastest"), "{alternatives}");
    let [overview, alternatives] = newest(true);
    assert!(overview.contains("1 open regression"), "{overview}");
    assert!(alternatives.contains("kept is the fastest"), "{alternatives}");
}

#[test]
fn many_benchmarks_of_another_machine_are_on_the_page_of_its_run() {
    let many = |day| run(day, (0..301).map(|i| measured(&format!("a/b::m{i}"), 1e3)).collect());
    let mut other = many(3);
    other.machine.cpu = "Model 2".to_owned();
    other.machine = other.machine.with_machine_key();
    let history: History = [many(4), other].into_iter().collect();
    let pages = render(&templates(), &history, &report()).unwrap();
    let page = pages.iter().find(|page| page.path.starts_with("machine/")).unwrap();
    let section = page.contents.split("<h2>Benchmarks</h2>").nth(1).unwrap();
    let expected = "<p>301 benchmarks are too many for the page of another machine. <a href=\"..&#x2f;run&#x2f;";
    assert!(section.trim_start().starts_with(expected), "{section}");
}

#[test]
fn change_points_of_counts_are_listed_where_no_time_changed() {
    let count = |day: u32| if day < 9 { 1e6 } else { 1.02e6 };
    let allocations = |day: u32| if day < 9 { 0.0 } else { 12.0 };
    let counted = |day| {
        let counts =
            [(Quantity::Instructions, count(day)), (Quantity::AllocCount, allocations(day))];
        run(day, vec![Measured { counts: counts.into(), ..measured(NAME, 1e6) }])
    };
    let history: History = (1..=12).map(counted).collect();
    let pages = render(&templates(), &history, &report()).unwrap();
    let page = |path: &str| &pages.iter().find(|page| page.path == path).unwrap().contents;
    let overview = page("index.html");
    for text in [
        "<strong>▲ +2.0 %</strong>",
        "</a> <small>instructions</small></th>",
        "<strong>▲ from 0</strong>",
        r#"<td class="n" data-k="base">0</td><td class="n" data-k="head">12</td>"#,
    ] {
        assert!(overview.contains(text), "{text}: {overview}");
    }
    let feed = page("feed.xml");
    assert!(feed.contains(":instructions</id>\n<title>+2.0 % instructions of core"), "{feed}");
    assert!(feed.contains("<summary>instructions rose 2.0 % to 1.020 M at "), "{feed}");
    assert!(feed.contains("<summary>allocations rose from 0 to 12 at "), "{feed}");
}

#[test]
fn a_history_without_change_points_has_an_empty_feed() {
    assert!(!page("index").contains("change-b"));
    assert!(!page("feed").contains("<entry>"));
}

#[test]
fn the_badge_counts_regressions() {
    assert_eq!(
        page("badge"),
        "{\"color\":\"red\",\"label\":\"performance\",\"message\":\"1 regression\",\"schemaVersion\":1}\n"
    );
}

#[test]
fn a_report_without_history_has_its_pages() {
    let pages = render(&templates(), &History::default(), &report()).unwrap();
    assert_eq!(pages.len(), 5 + 3 * report().rows.len());
}

#[test]
fn template_errors_name_file_and_line() {
    let misspelt = error(OVERVIEW, "{{ headline.latest }}</bdi>", "{{ headline.lastest }}</bdi>");
    assert!(misspelt.starts_with("overview.html:13: undefined value"), "{misspelt}");
    let in_layout = error("layout.html", "{{ title }}", "{{ titel }}");
    assert!(in_layout.starts_with("layout.html:8: undefined value"), "{in_layout}");
    let in_macro = error("parts.html", "{{ of.word }}", "{{ of.wrod }}");
    assert!(in_macro.starts_with("parts.html:2: undefined value"), "{in_macro}");
    let syntax = error(BENCHMARK, "{% endblock %}", "{% endblok %}");
    assert!(syntax.starts_with("benchmark.html:"), "{syntax}");
}

#[test]
fn a_missing_template_is_named() {
    for name in [OVERVIEW, GROUP, ALTERNATIVES, BENCHMARK, RUN, COMPARISON, COMPARE] {
        let mut templates = templates();
        templates.remove(name);
        let error = render(&templates, &history(), &report()).unwrap_err();
        assert_eq!(error, SiteError::Missing(name));
    }
}

#[test]
fn an_accepted_regression_is_marked_where_it_begins() {
    use crate::{AcceptanceResult, AcceptanceStatus};
    use perf_judge::budget::Acceptance;
    let entry = Acceptance {
        benchmark: NAME.into(),
        commit: "c0ffee1".to_owned(),
        max_change_percent: 24.0,
        reason: "checks <b>every</b> cell".to_owned(),
        expires: None,
    };
    let mut runs: Vec<Run> = history().runs().cloned().collect();
    runs[1..].iter_mut().for_each(|run| run.accepted = vec![entry.carried()]);
    let history: History = runs.into_iter().collect();
    let mut report = report();
    let page = |report: &Report| {
        let pages = render(&templates(), &history, report).unwrap();
        let page = pages.into_iter().find(|p| p.path.starts_with("benchmark/core-parse--parse"));
        page.unwrap().contents
    };
    assert!(page(&report).contains("2026-11-18: regression accepted from c0ffee1 on"));
    report.accepted = vec![AcceptanceResult { entry, status: AcceptanceStatus::Settled }];
    let page = page(&report);
    let accepted =
        "regression of at most +24.0 % accepted from c0ffee1 on: checks &lt;b&gt;every&lt;";
    assert!(page.contains(accepted), "{page}");
    assert!(page.contains(r#"<path class="accepted" d=""#) && !page.contains("<b>every"));
}
