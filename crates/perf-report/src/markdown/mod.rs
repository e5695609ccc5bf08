//! The report for a pull request or a job's summary.

mod grid;
mod next_steps;
mod page;
mod size_limited_page;
mod text;
mod versus;

pub use page::Page;

use super::{Report, Row};
use crate::counts::{COUNT_TITLES, count_cells};
use crate::row::{MEASURED_TITLES, Notes, TITLES};
use crate::stage_time::stage_line;
use crate::table::shortened;
use grid::Grid;
use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::cause::Cause;
use perf_judge::unit;
use size_limited_page::{Section, SizeLimitedPage};
use text::{code, escaped, sentence};

/// Reasons that are listed at the top.
const REASONS: usize = 10;
/// The longest name in a table, in columns.
const NAME: usize = 80;
const BENCHMARKS: [&str; 2] = ["benchmark", "benchmarks"];
const BUDGETS: [&str; 2] = ["budget", "budgets"];

/// The report as GitHub's Markdown, what changed first. Every string from a repository is escaped.
pub fn to_markdown(report: &Report, page: Page<'_>) -> String {
    let beginning = headline(report) + &reasons(report) + &next_steps::steps(report);
    let mut text = SizeLimitedPage::new(page, beginning, footer(report));
    let table = if report.is_of_counts() { counts } else { verdicts };
    if report.is_first() {
        let mut notes = Notes::default();
        text.add(&plain(measurements(report, &mut notes), BENCHMARKS));
        text.add(&below(&notes));
    }
    let (unchanged, loud): (Vec<&Row>, Vec<&Row>) =
        report.rows.iter().partition(|row| row.verdict.is_unchanged());
    if !report.is_first() {
        let mut notes = Notes::default();
        text.add(&plain(table(&loud, &mut notes), BENCHMARKS));
        text.add(&below(&notes));
    }
    text.add(&causes(report));
    let (kept, over): (Vec<&BudgetResult>, Vec<&BudgetResult>) =
        report.budgets.iter().partition(|budget| budget.status == BudgetStatus::Ok);
    text.add(&plain(budgets(&over), BUDGETS));
    text.add(&list(report.notes.iter().map(|note| format!("- {}\n", escaped(note))).collect()));
    let mut notes = Notes::default();
    let title = unit::counted(unchanged.len(), "unchanged benchmark", "unchanged benchmarks");
    text.add(&folded(&title, table(&unchanged, &mut notes), BENCHMARKS));
    text.add(&below(&notes));
    let title =
        unit::counted(kept.len(), "budget within its limits", "budgets within their limits");
    text.add(&folded(&title, budgets(&kept), BUDGETS));
    text.finish()
}

/// All likely causes of the changes, with their functions.
fn causes(report: &Report) -> Section<'static> {
    let known = report.rows.iter().filter_map(|row| Some((row, row.verdict.causes.as_ref()?)));
    let lines: Vec<String> = known.map(|(row, causes)| causes_of(row, causes)).collect();
    let title = unit::counted(lines.len(), "change", "changes");
    let before = format!("\n<details><summary>Likely causes of {title}</summary>\n\n");
    Section { before, lines, after: "\n</details>\n", called: ["cause", "causes"] }
}

fn causes_of(row: &Row, causes: &[Cause]) -> String {
    let mut text = format!("- {}: ", name(row.verdict.name.as_str()));
    if causes.is_empty() {
        return text + "no count explains the change\n";
    }
    let headlines: Vec<String> = causes.iter().map(|cause| escaped(&cause.headline())).collect();
    text += &format!("{}\n", headlines.join("; "));
    let functions = causes.iter().find(|cause| !cause.functions.is_empty());
    let functions = functions.map_or(&[][..], |cause| &cause.functions);
    for function in functions {
        text += &format!("  - {}\n", escaped(&format!("{function} instructions")));
    }
    text
}

fn headline(report: &Report) -> String {
    let word = match report.status {
        0 => "passed",
        1 => "failed",
        _ => "is incomplete",
    };
    format!("## Performance check {word}\n\n{}.\n", report.summary)
}

fn reasons(report: &Report) -> String {
    let all = || report.outcome.gate.iter().chain(&report.outcome.incomplete);
    let names = || report.rows.iter().map(|row| row.verdict.name.as_str());
    let lines = all().take(REASONS).map(|reason| format!("- {}\n", sentence(reason, names())));
    let more = all().count().saturating_sub(REASONS);
    let more = (more > 0).then(|| format!("- and {}\n", unit::counted(more, "more", "more")));
    lines.chain(more).collect()
}

/// The verdicts on `rows`, with marks of their notes.
fn verdicts(rows: &[&Row], notes: &mut Notes) -> Grid {
    let row = |row: &&Row| {
        let mark = escaped(&notes.mark(row.note()));
        let own = [row.verdict.label(), name(row.verdict.name.as_str()) + &mark];
        own.into_iter().chain(row.cells().list()).collect()
    };
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    Grid::new(&[&["state", "benchmark"], &TITLES[..]].concat(), 2..8, &rows)
}

/// The verdicts on the counts of `rows`, with marks of their notes.
fn counts(rows: &[&Row], notes: &mut Notes) -> Grid {
    let row = |row: &&Row| {
        let mark = escaped(&notes.mark(row.note()));
        let own = [row.verdict.label(), name(row.verdict.name.as_str()) + &mark];
        own.into_iter().chain(count_cells(&row.verdict)).collect()
    };
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    Grid::new(&[&["state", "benchmark"], &COUNT_TITLES[..]].concat(), 2..7, &rows)
}

fn measurements(report: &Report, notes: &mut Notes) -> Grid {
    let mut rows: Vec<&Row> = report.rows.iter().collect();
    rows.sort_by_key(|row| &row.verdict.name);
    let row = |row: &Row| {
        let mark = escaped(&notes.mark(row.note().filter(|_| row.measured.is_none())));
        let figures = row.measured_cells().map(|cell| escaped(&cell));
        [name(row.verdict.name.as_str()) + &mark].into_iter().chain(figures).collect()
    };
    let rows: Vec<Vec<String>> = rows.into_iter().map(row).collect();
    Grid::new(&[&["benchmark"], &MEASURED_TITLES[..]].concat(), 1..4, &rows)
}

fn budgets(budgets: &[&BudgetResult]) -> Grid {
    let row = |budget: &&BudgetResult| {
        let metric = budget.metric;
        vec![
            budget.status.name().to_owned(),
            name(&budget.name),
            escaped(metric.name()),
            budget.value.map_or_else(String::new, |value| metric.show(value)),
            metric.show(budget.target),
            metric.show(budget.critical),
            escaped(budget.reason.as_deref().unwrap_or_default()),
        ]
    };
    let titles = ["status", "budget", "metric", "value", "target", "critical", "note"];
    Grid::new(&titles, 3..6, &budgets.iter().map(row).collect::<Vec<Vec<String>>>())
}

/// The notes below a table.
fn below(notes: &Notes) -> Section<'static> {
    let line = |(mark, note): (String, &str)| format!("{} {}<br>\n", escaped(&mark), escaped(note));
    list(notes.list().map(line).collect())
}

fn list(lines: Vec<String>) -> Section<'static> {
    Section { before: "\n".to_owned(), lines, after: "", called: ["note", "notes"] }
}

fn plain(grid: Grid, called: [&str; 2]) -> Section<'_> {
    Section { before: format!("\n{}", grid.head), lines: grid.lines, after: "", called }
}

fn folded<'a>(title: &str, grid: Grid, called: [&'a str; 2]) -> Section<'a> {
    let before = format!("\n<details><summary>{title}</summary>\n\n{}", grid.head);
    Section { before, lines: grid.lines, after: "\n</details>\n", called }
}

fn name(name: &str) -> String {
    code(&shortened(name, NAME))
}

fn footer(report: &Report) -> String {
    let (run, machine) = (&report.run, &report.run.machine);
    let image =
        if machine.image.is_empty() { String::new() } else { format!(", {}", machine.image) };
    let base = report.reference.base.as_ref().map_or_else(String::new, |base| {
        format!(" compared with {} ({})", base.commit.short(), base.label)
    });
    let facts = [
        format!("{}{base}", run.commit_label()),
        run.started.format("%Y-%m-%d %H:%M UTC").to_string(),
        format!("{} with {} cores{image}", machine.cpu, machine.cores),
        format!("rustc {}", machine.rustc),
        format!("seed {}", run.seed),
    ];
    let certainty = report.certainty().map(|text| format!("Certainty: {text}.<br>"));
    let stages = stage_line(&report.stages).map(|text| format!("Time: {}.<br>", escaped(&text)));
    let [commit, started, machine, rustc, seed] = facts.map(|fact| escaped(&fact));
    format!(
        "\n<sub>{}{}{commit} · {started}.<br>{machine} · {rustc} · {seed}</sub>\n",
        certainty.unwrap_or_default(),
        stages.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn the_comment_shows_what_changed_and_folds_the_rest() {
        insta::assert_snapshot!(to_markdown(&report(), Page::WHOLE));
    }

    /// A report with everything that could make a page too long.
    fn hostile() -> Report {
        let mut report = report();
        let long = "<@|*".repeat(900);
        let row = report.rows[1].clone();
        report.rows = (0..5_000)
            .map(|i| {
                let mut row = row.clone();
                row.verdict.name = format!("a/b::{i}{long}").as_str().into();
                row.verdict.reason = Some(long.clone());
                row
            })
            .collect();
        report.outcome.gate = vec![long.clone(); 500];
        report.notes = vec![long.clone(); 500];
        report.run.machine.cpu = long;
        report
    }

    #[test]
    fn the_largest_report_fits_into_a_comment() {
        for report in [report(), hostile()] {
            let page = Page { bytes: Page::COMMENT_BYTES, more: Some("https://e.example/run") };
            let text = to_markdown(&report, page);
            assert!(text.len() <= Page::COMMENT_BYTES, "{}", text.len());
            assert!(text.ends_with("</sub>\n"));
            let cells = |line: &&str| line.replace("&#124;", "").matches('|').count();
            let mut tables = text.lines().filter(|line| line.starts_with("| regression"));
            assert!(tables.all(|line| cells(&line) == 7), "{text}");
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        }
        let page = Page { bytes: Page::COMMENT_BYTES, more: Some("https://e.example/run") };
        assert!(to_markdown(&hostile(), page).contains("left out here: [see all](https://e.ex"));
    }
}
