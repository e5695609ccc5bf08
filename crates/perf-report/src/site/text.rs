//! Text of the pages: safe text from a repository, dates, states and findings.

use crate::visible;
use chrono::{DateTime, Utc};
use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::run::Statistic;
use perf_judge::unit::{self, LogRatio};
use perf_judge::verdict::{Method, State, Verdict};
use serde::Serialize;

/// The most characters of a name.
pub(super) const NAME: usize = 240;
/// The most characters of a subject, a reason or a note.
const LINE: usize = 120;
/// The most characters of a branch or a key.
const WORD: usize = 40;
/// The most characters of a name in a table: three lines of a phone's name column.
const CELL: usize = 48;

/// The mark of a missing value.
pub(super) const NOTHING: &str = "–";

/// The state of a benchmark that the reported run did not select.
pub(super) const UNMEASURED: &str = "not in the latest run";

/// At most `limit` characters of a text from a repository, with visible escapes in the place of
/// characters that would reorder or break it. The templates escape it for HTML.
pub(super) fn clipped(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", visible(&text[..end])),
        None => visible(text),
    }
}

/// A benchmark's name as a page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Name {
    /// The parts between which a line may break.
    parts: Vec<String>,
    /// The full name, if the parts are shortened; otherwise empty.
    title: String,
}

impl Name {
    /// The name, at most [`NAME`] characters of it: for headings.
    pub(super) fn full(name: &str) -> Self {
        Self { parts: parts(&clipped(name, NAME)), title: String::new() }
    }

    /// The name as plain text.
    pub(super) fn text(&self) -> String {
        self.parts.concat()
    }

    /// The name for a table's cell: a long one loses its middle.
    pub(super) fn cell(name: &str) -> Self {
        let full = clipped(name, NAME);
        match without_middle(&full) {
            Some(short) => Self { parts: parts(&short), title: full },
            None => Self { parts: parts(&full), title: String::new() },
        }
    }
}

/// The beginning and the end of a text of more than [`CELL`] characters.
fn without_middle(text: &str) -> Option<String> {
    let count = text.chars().count();
    (count > CELL).then(|| {
        let kept = CELL / 2;
        let begin: String = text.chars().take(kept).collect();
        let end: String = text.chars().skip(count - kept).collect();
        format!("{begin}…{end}")
    })
}

fn parts(name: &str) -> Vec<String> {
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

/// The cells of a row with the bounds of a change; empty ones do not apply to its state.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Bounds {
    /// The confidence interval, except in unchanged rows.
    pub(super) interval: String,
    /// The minimum detectable change, except in changed rows.
    pub(super) min_detectable: String,
}

impl Bounds {
    pub(super) fn of_verdict(verdict: &Verdict) -> Self {
        let ends = verdict.low.zip(verdict.high);
        Self::new(verdict.state, ends, verdict.min_detectable_change)
    }

    /// `ends`: those of the confidence interval.
    pub(super) fn new(
        state: State,
        ends: Option<(LogRatio, LogRatio)>,
        min_detectable: Option<LogRatio>,
    ) -> Self {
        let is_changed = matches!(state, State::Regression | State::Improvement);
        let ends = ends.filter(|_| state != State::Unchanged);
        let min_detectable = min_detectable.filter(|_| !is_changed);
        Self {
            interval: ends.map_or_else(String::new, |(low, high)| unit::interval(low, high)),
            min_detectable: min_detectable.map_or_else(String::new, unit::percent),
        }
    }
}

/// The name of a statistic.
pub(super) fn statistic(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Median => "median",
        Statistic::Min => "minimum",
    }
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

/// The label of a drawing's vertical axis.
pub(super) fn axis(of: &str) -> String {
    if of == "ns" { "time per iteration".to_owned() } else { word(of) }
}

pub(super) fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

pub(super) fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// A state or status: a symbol, a word and a class of the style sheet.
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
            State::CountsGrew => ("▲", "warn"),
            State::Invalid => ("!", "warn"),
            State::Improvement => ("▼", "faster"),
            State::CountsShrank => ("▼", "faster"),
            State::Inconclusive => ("?", "warn"),
            State::New => ("+", "note"),
            State::Removed => ("−", "note"),
            State::Empty => ("∘", "warn"),
            State::Incomparable => ("≠", "neutral"),
            State::InsufficientHistory => ("…", "neutral"),
            State::Unchanged => ("=", "neutral"),
        };
        Self { symbol, word, class }
    }

    pub(super) fn of_verdict(verdict: &Verdict) -> Self {
        Self::of_state(verdict.state, verdict.label())
    }

    /// For a benchmark that the reported run did not select.
    pub(super) fn not_measured() -> Self {
        Self { symbol: "○", word: UNMEASURED.to_owned(), class: "neutral" }
    }

    pub(super) fn of_budget(budget: &BudgetResult) -> Self {
        let (symbol, class) = match budget.status {
            BudgetStatus::Ok => ("✓", "faster"),
            BudgetStatus::Unmeasured => ("○", "neutral"),
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

/// A verdict as a sentence that follows its state; empty if the state is enough.
pub(super) fn finding(verdict: &Verdict) -> String {
    let reason = verdict.reason.as_deref().map(line);
    let (Some(change), Some(head)) = (verdict.change, verdict.figures().head) else {
        return reason.unwrap_or_default();
    };
    let reference = reference(verdict);
    let sentence = match verdict.state {
        State::Regression | State::Improvement => {
            let verb = if change.0 < 0.0 { "fell" } else { "rose" };
            let by = unit::percent(change);
            let what = statistic(verdict.statistic);
            format!("{what} {verb} {by} to {head}, compared with {reference}")
        }
        _ => format!("{head}, {} compared with {reference}", unit::change(change)),
    };
    let cause = verdict.cause_headline().map(|headline| line(&headline));
    reason.into_iter().chain(cause).fold(sentence, |sentence, more| format!("{sentence}; {more}"))
}

/// `the baseline of 10 runs`, `1a2b3c4d5e6f`
fn reference(verdict: &Verdict) -> String {
    match (verdict.method, verdict.base.as_deref()) {
        (Method::Paired, Some(base)) => clipped(base.get(..12).unwrap_or(base), 12),
        _ => {
            let runs = unit::counted(verdict.baseline_runs, "run", "runs");
            format!("the baseline of {runs}")
        }
    }
}

/// The state and the finding, as the text of a drawing.
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
    fn text_is_clipped_by_characters_and_its_marks_are_visible() {
        assert_eq!(clipped("añb│c", 3), "añb…");
        assert_eq!(clipped("abc", 3), "abc");
        assert_eq!(clipped("a\u{202e}\n\u{61c}", 9), "a\\u{202e}\\u{a}\\u{61c}");
        assert_eq!(line(&"x".repeat(4096)).chars().count(), LINE + 1);
    }

    #[test]
    fn long_names_lose_their_middle_in_tables() {
        let short = Name::cell("core/parse::xml");
        assert_eq!((short.parts.concat().as_str(), short.title.as_str()), ("core/parse::xml", ""));
        let full = format!("core/parse::é{}::large", "x".repeat(99));
        let long = Name::cell(&full);
        assert_eq!(long.title, full);
        let shown = long.parts.concat();
        assert!(shown.starts_with("core/parse::éxx") && shown.ends_with("xx::large"), "{shown}");
        assert_eq!(shown.chars().count(), CELL + 1);
        assert_eq!(Name::full(&full).parts.concat(), full);
    }

    #[test]
    fn rows_have_an_interval_or_a_minimum_detectable_change() {
        let ratio = |percent| Some(LogRatio::from_percent(percent));
        let mut verdict = report().rows[1].verdict.clone();
        (verdict.low, verdict.high) = (ratio(90.0), ratio(110.0));
        verdict.min_detectable_change = ratio(5.0);
        let cells = |state| {
            let mut verdict = verdict.clone();
            verdict.state = state;
            let Bounds { interval, min_detectable } = Bounds::of_verdict(&verdict);
            (interval, min_detectable)
        };
        let (interval, detectable) = ("+90.0 % to +110.0 %".to_owned(), "5.0 %".to_owned());
        assert_eq!(cells(State::Regression), (interval.clone(), String::new()));
        assert_eq!(cells(State::Unchanged), (String::new(), detectable.clone()));
        assert_eq!(cells(State::Inconclusive), (interval, detectable));
    }

    #[test]
    fn findings_are_sentences() {
        let rows = report().rows;
        let described: Vec<String> = rows.iter().map(|row| described(&row.verdict)).collect();
        assert_eq!(
            described[..4],
            [
                "missing: it panicked: exit status 101",
                "regression (critical): median rose 100.0 % to 1.900 ms, compared with the baseline of 10 runs",
                "improvement (major): median fell 20.8 % to 95.04 ns, compared with the baseline of 10 runs",
                "new",
            ]
        );
        assert_eq!(
            finding(&rows[7].verdict),
            "2.500 ns, +0.0 % compared with the baseline of 10 runs"
        );
        let mut explained = rows[1].verdict.clone();
        explained.causes = Some(Vec::new());
        assert!(finding(&explained).ends_with("of 10 runs; no count explains it"));
        let mut noisy = rows[1].verdict.clone();
        noisy.statistic = Statistic::Min;
        assert!(finding(&noisy).starts_with("minimum rose 100.0 %"));
    }
}
