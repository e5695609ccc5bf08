//! RunText on the pages: text from a repository made safe, dates, states and findings.

use crate::visible;
use chrono::{DateTime, Utc};
use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::run::Statistic;
use perf_judge::unit::{self, LogRatio};
use perf_judge::verdict::{State, Verdict};
use serde::Serialize;

/// The most characters of a name, and of a text in a few words.
pub(super) const NAME: usize = 240;
const LINE: usize = 120;
const WORD: usize = 40;

/// What stands where there is no value.
pub(super) const NOTHING: &str = "–";

/// What is said of a benchmark that the reported run was not asked to measure.
pub(super) const UNMEASURED: &str = "not in the latest run";

/// Text from a repository, at most `limit` characters of it, with every mark seen that would
/// reorder or break it. The templates escape it.
pub(super) fn clipped(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", visible(&text[..end])),
        None => visible(text),
    }
}

/// A benchmark's name in the parts between which a line may break.
pub(super) fn parts(name: &str) -> Vec<String> {
    let name = clipped(name, NAME);
    let parts = name.split_inclusive('/').flat_map(|part| part.split_inclusive("::"));
    parts.map(str::to_owned).collect()
}

/// A subject, a reason or a note.
pub(super) fn line(text: &str) -> String {
    clipped(text, LINE)
}

/// A branch, a key or a budget's name.
pub(super) fn word(text: &str) -> String {
    clipped(text, WORD)
}

pub(super) fn or_nothing(value: Option<String>) -> String {
    value.unwrap_or_else(|| NOTHING.to_owned())
}

pub(super) fn time(ns: Option<f64>) -> String {
    or_nothing(ns.map(unit::time))
}

/// The interval of a change, where both ends are known.
pub(super) fn interval(low: Option<LogRatio>, high: Option<LogRatio>) -> String {
    low.zip(high).map_or_else(String::new, |(low, high)| unit::interval(low, high))
}

/// A number in its own unit: a time where that is `ns`.
pub(super) fn value(value: f64, of: &str) -> String {
    match of {
        "ns" => unit::time(value),
        "bytes" => unit::bytes(value),
        "" => unit::count(value),
        other => format!("{} {}", unit::count(value), word(other)),
    }
}

/// What the upright axis of a drawing measures.
pub(super) fn axis(of: &str) -> String {
    if of == "ns" { "time an iteration".to_owned() } else { word(of) }
}

pub(super) fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

pub(super) fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// A state or status: a symbol and a word, and the style's class that colours them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Badge {
    pub(super) symbol: &'static str,
    pub(super) word: String,
    pub(super) class: &'static str,
}

impl Badge {
    pub(super) fn of_state(state: State, word: String) -> Self {
        let (symbol, class) = match state {
            State::Missing => ("∅", "slower"),
            State::Regression => ("▲", "slower"),
            State::Invalid => ("!", "warn"),
            State::Improvement => ("▼", "faster"),
            State::Inconclusive => ("?", "warn"),
            State::New => ("+", "note"),
            State::Removed => ("−", "note"),
            State::Incomparable => ("≠", "quiet"),
            State::InsufficientHistory => ("…", "quiet"),
            State::Unchanged => ("=", "quiet"),
        };
        Self { symbol, word, class }
    }

    pub(super) fn of_verdict(verdict: &Verdict) -> Self {
        Self::of_state(verdict.state, verdict.label())
    }

    /// For a benchmark that the reported run was not asked to measure.
    pub(super) fn not_measured() -> Self {
        Self { symbol: "○", word: UNMEASURED.to_owned(), class: "quiet" }
    }

    pub(super) fn of_budget(budget: &BudgetResult) -> Self {
        let (symbol, class) = match budget.status {
            BudgetStatus::Ok => ("✓", "faster"),
            BudgetStatus::Unmeasured => ("○", "quiet"),
            BudgetStatus::Slow => ("▲", "warn"),
            BudgetStatus::Warning => ("▲", "warn"),
            BudgetStatus::Critical => ("✕", "slower"),
        };
        Self { symbol, word: budget.status.name().to_owned(), class }
    }

    pub(super) fn of_status(status: u8) -> Self {
        let (symbol, word, class) = match status {
            0 => ("✓", "Passed", "faster"),
            1 => ("✕", "Failed", "slower"),
            _ => ("!", "Incomplete", "warn"),
        };
        Self { symbol, word: word.to_owned(), class }
    }
}

/// What became of a benchmark, as a sentence that follows its state; empty where that says it all.
pub(super) fn finding(verdict: &Verdict) -> String {
    let reason = verdict.reason.as_deref().map(line);
    let (Some(change), Some(now)) = (verdict.change, verdict.figures().head) else {
        return reason.unwrap_or_default();
    };
    let against = unit::counted(verdict.baseline_runs, "run", "runs");
    let sentence = match verdict.state {
        State::Regression | State::Improvement => {
            let moved = if change.0 < 0.0 { "fell" } else { "rose" };
            let by = unit::percent(change);
            let what = match verdict.statistic {
                Statistic::Median => "median",
                Statistic::Min => "fastest sample",
            };
            format!("{what} {moved} {by} against the baseline of {against} to {now}")
        }
        _ => format!("{} against the baseline of {against}, now {now}", unit::change(change)),
    };
    reason.into_iter().fold(sentence, |sentence, reason| format!("{sentence}; {reason}"))
}

/// The state and the finding, for those who see neither colours nor drawings.
pub(super) fn described(verdict: &Verdict) -> String {
    match finding(verdict) {
        finding if finding.is_empty() => verdict.label(),
        finding => format!("{}: {finding}", verdict.label()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn text_is_clipped_by_characters_and_its_marks_are_seen() {
        assert_eq!(clipped("añb│c", 3), "añb…");
        assert_eq!(clipped("abc", 3), "abc");
        assert_eq!(clipped("a\u{202e}\n\u{61c}", 9), "a\\u{202e}\\u{a}\\u{61c}");
        assert_eq!(line(&"x".repeat(4096)).chars().count(), LINE + 1);
    }

    #[test]
    fn findings_are_sentences() {
        let rows = report().rows;
        let described: Vec<String> = rows.iter().map(|row| described(&row.verdict)).collect();
        assert_eq!(
            described[..4],
            [
                "missing: it panicked: exit status 101",
                "regression (critical): median rose 100.0 % against the baseline of 10 runs to 1.900 ms",
                "improvement (major): median fell 20.8 % against the baseline of 10 runs to 95.04 ns",
                "new",
            ]
        );
        assert_eq!(
            finding(&rows[7].verdict),
            "+0.0 % against the baseline of 10 runs, now 2.500 ns"
        );
        let mut noisy = rows[1].verdict.clone();
        noisy.statistic = Statistic::Min;
        assert!(finding(&noisy).starts_with("fastest sample rose 100.0 %"));
    }
}
