//! Every row that is shown agrees with itself: the printed head is the printed base times one plus
//! the printed change.

use perf_judge::unit;
use perf_report::{Page, Report, to_markdown, to_terminal};

const REPORT: &str = include_str!("../../../fixtures/reports/regression.json");
const SHOWN: [&str; 4] = [
    include_str!("../../../README.md"),
    include_str!("../../../docs/usage.md"),
    include_str!("../../../docs/examples/comment.md"),
    include_str!("../../../docs/examples/summary.md"),
];

/// A time in ns.
fn time(cell: &str) -> Option<f64> {
    let (digits, unit) = cell.split_once(' ')?;
    let factor = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some(digits.parse::<f64>().ok()? * factor)
}

/// Head divided by base.
fn change(cell: &str) -> Option<f64> {
    let (digits, unit) = cell.split_once(' ')?;
    let number = digits.parse::<f64>().ok()?;
    match unit {
        "%" => Some(1.0 + number / 100.0),
        "×" => Some(number),
        _ => None,
    }
}

/// The rows of a text that have a base, a head and a change next to each other.
fn rows(text: &str) -> Vec<(String, [String; 3])> {
    let cells = |line: &str| -> Vec<String> {
        let separator = if line.starts_with('|') { "|" } else { "  " };
        let cells = line.split(separator).map(|cell| cell.trim().to_owned());
        cells.filter(|cell| !cell.is_empty()).collect()
    };
    let figures = |line: &str| {
        let cells = cells(line);
        let found = cells.windows(3).find(|three| {
            time(&three[0]).is_some() && time(&three[1]).is_some() && change(&three[2]).is_some()
        })?;
        Some((line.to_owned(), [found[0].clone(), found[1].clone(), found[2].clone()]))
    };
    text.lines().filter_map(figures).collect()
}

#[test]
fn every_row_of_the_report_and_of_the_documents_agrees_with_itself() {
    let report = Report::from_json(REPORT).unwrap();
    let rendered = [to_terminal(&report, None), to_markdown(&report, Page::SUMMARY)];
    let texts = rendered.iter().map(String::as_str).chain(SHOWN);
    for text in texts {
        let rows = rows(text);
        assert!(rows.len() > 3, "{text}");
        for (line, [base, head, ratio]) in rows {
            let expected = time(&base).unwrap() * change(&ratio).unwrap();
            assert_eq!(unit::time(expected), head, "{line}");
        }
    }
}
