//! The report for a pull request or a job's summary.

mod next_steps;
mod page;
mod size_limited_page;
mod text;

pub use page::Page;

use super::{Report, Row};
use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::unit::{self, Figures};
use perf_judge::verdict::State;
use size_limited_page::{Section, SizeLimitedPage};
use text::{code, escaped, sentence};

/// Reasons that are told at the top.
const REASONS: usize = 10;

/// The report as GitHub's Markdown, what changed first. Every string from a repository is escaped.
pub fn to_markdown(report: &Report, page: Page<'_>) -> String {
    let (quiet, loud): (Vec<&Row>, Vec<&Row>) =
        report.rows.iter().partition(|row| row.verdict.state == State::Unchanged);
    let (kept, over): (Vec<&BudgetResult>, Vec<&BudgetResult>) =
        report.budgets.iter().partition(|budget| budget.status == BudgetStatus::Ok);
    let beginning = headline(report) + &reasons(report) + &next_steps::steps(report);
    let mut paper = SizeLimitedPage::new(page, beginning, footer(report));
    paper.add(&plain(ROWS, loud.into_iter().map(row).collect(), BENCHMARKS));
    paper.add(&plain(BUDGETS, over.into_iter().map(budget).collect(), LIMITS));
    paper.add(&plain("", report.notes.iter().map(|text| note(text)).collect(), ["note", "notes"]));
    paper.add(&folded(
        &unit::counted(quiet.len(), "unchanged benchmark", "unchanged benchmarks"),
        ROWS,
        quiet.into_iter().map(row).collect(),
        BENCHMARKS,
    ));
    paper.add(&folded(
        &unit::counted(kept.len(), "budget that is kept", "budgets that are kept"),
        BUDGETS,
        kept.into_iter().map(budget).collect(),
        LIMITS,
    ));
    paper.finish()
}

const ROWS: &str = "| state | benchmark | base | head | change | 89 % interval | detectable | |\n\
                    |---|---|--:|--:|--:|--:|--:|---|\n";
const BUDGETS: &str = "| budget | status | metric | value | target | critical | |\n\
                       |---|---|---|--:|--:|--:|---|\n";
const BENCHMARKS: [&str; 2] = ["benchmark", "benchmarks"];
const LIMITS: [&str; 2] = ["budget", "budgets"];

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

fn plain<'a>(head: &str, lines: Vec<String>, called: [&'a str; 2]) -> Section<'a> {
    Section { before: format!("\n{head}"), lines, after: "", called }
}

fn folded<'a>(title: &str, head: &str, lines: Vec<String>, called: [&'a str; 2]) -> Section<'a> {
    let before = format!("\n<details><summary>{title}</summary>\n\n{head}");
    Section { before, lines, after: "\n</details>\n", called }
}

fn row(row: &Row) -> String {
    let verdict = &row.verdict;
    let Figures { base, head, change } = verdict.figures();
    let figures =
        [base, head, change, row.interval(), verdict.min_detectable_change.map(unit::percent)];
    let [base, head, change, interval, limit] = figures.map(Option::unwrap_or_default);
    format!(
        "| {} | {} | {base} | {head} | {change} | {interval} | {limit} | {} |\n",
        verdict.label(),
        code(verdict.name.as_str()),
        escaped(&row.remark()),
    )
}

fn budget(budget: &BudgetResult) -> String {
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        code(&budget.name),
        budget.status.name(),
        escaped(budget.metric.name()),
        budget.value.map_or_else(String::new, |value| budget.metric.show(value)),
        budget.metric.show(budget.target),
        budget.metric.show(budget.critical),
        escaped(budget.reason.as_deref().unwrap_or_default()),
    )
}

fn note(note: &str) -> String {
    format!("- {}\n", escaped(note))
}

fn footer(report: &Report) -> String {
    let (run, machine) = (&report.run, &report.run.machine);
    let image =
        if machine.image.is_empty() { String::new() } else { format!(", {}", machine.image) };
    let with = report.reference.base.as_ref().map_or_else(String::new, |base| {
        format!(" compared with {}, the {}", base.commit.short(), base.label)
    });
    let facts = [
        format!("{}{with}", run.commit_label()),
        run.started.format("%Y-%m-%d %H:%M UTC").to_string(),
        format!("{} with {} cores{image}", machine.cpu, machine.cores),
        format!("rustc {}", machine.rustc),
        format!("seed {}", run.seed),
    ];
    format!("\n<sub>{}</sub>\n", facts.map(|fact| escaped(&fact)).join(" · "))
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
            assert!(tables.all(|line| cells(&line) == 9));
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        }
        let page = Page { bytes: Page::COMMENT_BYTES, more: Some("https://e.example/run") };
        assert!(to_markdown(&hostile(), page).contains("left out here: [see all](https://e.ex"));
    }
}
