//! A report's row: its figures, and the notes that explain them.

use call_profile::CallDifference;
use perf_judge::cause::CauseKind;
use perf_judge::detect::counts::{CountChange, CountPair, Counts};
use perf_judge::run::{Measured, Quantity, Statistic};
use perf_judge::unit::{self, Figures, LogRatio};
use perf_judge::verdict::{Method, State, Verdict};
use serde::{Deserialize, Serialize};

/// A benchmark's verdict and its measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// The verdict.
    pub verdict: Verdict,
    /// The measurement; absent where no launch finished.
    pub measured: Option<Measured>,
    /// The call trees of base and head; absent unless both were counted for a flame graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<CallDifference>,
}

/// The cells of a row in every table; a cell that does not apply is empty.
#[derive(Clone, Debug)]
pub(crate) struct RowCells {
    /// The time per iteration of the base.
    pub(crate) base: String,
    /// The time per iteration of the head.
    pub(crate) head: String,
    /// Head ÷ base − 1.
    pub(crate) change: String,
    /// The confidence interval of the change, unless the benchmark is unchanged.
    pub(crate) interval: String,
    /// The minimum detectable change, where no change was found.
    pub(crate) min_detectable: String,
    /// The change of the instruction count.
    pub(crate) instructions: String,
}

/// The titles of the columns after state and benchmark, in the order of [`RowCells::list`].
pub(crate) const TITLES: [&str; 6] =
    ["base", "head", "change", "89 % CI", "min. detectable", "instructions"];

/// The titles of [`Row::measured_cells`].
pub(crate) const MEASURED_TITLES: [&str; 3] = ["time", "throughput", "allocations"];

impl RowCells {
    /// The cells in the order of [`TITLES`].
    pub(crate) fn list(self) -> [String; 6] {
        let Self { base, head, change, interval, min_detectable, instructions } = self;
        [base, head, change, interval, min_detectable, instructions]
    }
}

/// A minimum detectable change. One that prints as zero would claim too much.
fn detectable(change: LogRatio) -> String {
    let text = unit::percent(change);
    if text == "0.0 %" { "<0.1 %".to_owned() } else { text }
}

impl Row {
    /// The figures that every table shows.
    pub(crate) fn cells(&self) -> RowCells {
        let verdict = &self.verdict;
        let Figures { base, head, change } = verdict.figures();
        let is_unchanged = verdict.state == State::Unchanged;
        let found_none = is_unchanged || verdict.state == State::Inconclusive;
        let interval = verdict.low.zip(verdict.high).filter(|_| !is_unchanged);
        let min_detectable = verdict.min_detectable_change.filter(|_| found_none);
        let counts = verdict.counts.as_ref();
        let instructions = counts.and_then(|counts| counts.get(Quantity::Instructions));
        RowCells {
            base: base.unwrap_or_default(),
            head: head.unwrap_or_default(),
            change: change.unwrap_or_default(),
            interval: interval.map_or_else(String::new, |(low, high)| unit::interval(low, high)),
            min_detectable: min_detectable.map_or_else(String::new, detectable),
            instructions: instructions.map_or_else(String::new, CountPair::change_label),
        }
    }

    /// What was measured, where nothing can be compared yet; the state where nothing was measured.
    pub(crate) fn measured_cells(&self) -> [String; 3] {
        let Some(measured) = &self.measured else {
            return [self.verdict.label(), String::new(), String::new()];
        };
        let median = unit::time(measured.time_ns.median);
        let rates = self.throughput().map(|(unit, rate)| unit::rate(rate, unit));
        let allocations = measured.alloc.map(|alloc| unit::count(alloc.count));
        [
            // The time that is the head once there is a baseline.
            self.verdict.figures().head.unwrap_or(median),
            rates.collect::<Vec<String>>().join(", "),
            allocations.unwrap_or_default(),
        ]
    }

    /// The throughput per second at the printed time, by its unit.
    ///
    /// A run records it at the median of all samples. The printed time has less noise.
    pub(crate) fn throughput(&self) -> impl Iterator<Item = (&str, f64)> {
        let ratio = |measured: &Measured| {
            let printed = self.verdict.head_ns.filter(|ns| *ns > 0.0)?;
            Some(measured.time_ns.median / printed).filter(|ratio| ratio.is_finite())
        };
        self.measured.iter().flat_map(move |measured| {
            let ratio = ratio(measured).unwrap_or(1.0);
            measured.throughput.iter().map(move |(unit, rate)| (unit.as_str(), rate * ratio))
        })
    }

    /// What explains the row beside its figures; `None` where they need no explanation.
    pub(crate) fn note(&self) -> Option<String> {
        let verdict = &self.verdict;
        let accepted = verdict.accepted.as_ref().map(|waiver| {
            format!("accepted up to {}: {}", unit::change(waiver.max_change()), waiver.reason)
        });
        let reason = verdict.reason.clone().or_else(|| self.rerun());
        let why = if verdict.causes.is_some() {
            vec![self.cause()]
        } else {
            vec![self.simulated(), self.system_calls()]
        };
        let parts = [accepted, reason, self.statistic(), self.counts()].into_iter().chain(why);
        let text = parts.flatten().collect::<Vec<String>>().join("; ");
        (!text.is_empty()).then_some(text)
    }

    /// The same as a text, empty without a note.
    pub(crate) fn remark(&self) -> String {
        self.note().unwrap_or_default()
    }

    /// The maximum change that an acceptance of this row should allow, in percent.
    ///
    /// It is the upper end of its interval, or the largest growth of a count if the time is no
    /// regression. It is rounded up, and 3 percentage points are added.
    pub fn max_change_percent(&self) -> f64 {
        let verdict = &self.verdict;
        let highest = match verdict.state {
            State::Regression => verdict.high.or(verdict.change).map_or(0.0, LogRatio::percent),
            _ => self.largest_growth() * 100.0,
        };
        highest.ceil().clamp(0.0, 1e6) + 3.0
    }

    /// The largest growth of a count, as a share. Growth from 0 has none.
    fn largest_growth(&self) -> f64 {
        let changes = self.count_changes();
        let growth = changes.iter().map(|change| change.pair.growth());
        growth.filter(|growth| growth.is_finite()).fold(0.0, f64::max)
    }

    /// Whether nothing was launched for it.
    pub(crate) fn is_idle(&self) -> bool {
        let verdict = &self.verdict;
        self.measured.is_none() && verdict.launches == 0 && verdict.trace.pairs.is_empty()
    }

    fn rerun(&self) -> Option<String> {
        let verdict = &self.verdict;
        let is_confirmed = verdict.confirmed && verdict.state == State::Regression;
        let launches = unit::counted(verdict.launches, "launch", "launches");
        (is_confirmed && verdict.method == Method::History)
            .then(|| format!("confirmed by a rerun of {launches}"))
    }

    fn statistic(&self) -> Option<String> {
        let is_min = self.verdict.statistic == Statistic::Min && self.verdict.change.is_some();
        is_min.then(|| "times are minima, because the medians are too noisy".to_owned())
    }

    /// The counts that changed.
    pub(crate) fn count_changes(&self) -> Vec<CountChange> {
        self.verdict.counts.as_ref().map(Counts::changes).unwrap_or_default()
    }

    /// The first likely cause, and how many there are beside it.
    fn cause(&self) -> Option<String> {
        let verdict = &self.verdict;
        let others = verdict.causes.as_ref()?.len().saturating_sub(1);
        let others = match others {
            0 => String::new(),
            count => format!(" ({})", unit::counted(count, "more cause", "more causes")),
        };
        Some(verdict.cause_headline()? + &others)
    }

    /// Whether the note names the allocations as the first likely cause.
    fn has_allocations_as_cause(&self) -> bool {
        let first = self.verdict.causes.as_ref().and_then(|causes| causes.first());
        first.is_some_and(|cause| cause.kind == CauseKind::Allocations)
    }

    /// The simulated counts that changed noticeably.
    fn simulated(&self) -> Option<String> {
        let changes = self.verdict.counts.as_ref()?.simulated_changes();
        let list: Vec<String> = changes.iter().map(CountChange::to_string).collect();
        (!list.is_empty()).then(|| format!("simulated: {} per iteration", list.join(", ")))
    }

    /// The system calls whose numbers differ.
    fn system_calls(&self) -> Option<String> {
        let label = self.verdict.system_calls.as_ref()?.label()?;
        Some(format!("system calls: {label} per iteration"))
    }

    /// A trade-off, or the counts that changed and have no column.
    fn counts(&self) -> Option<String> {
        let changes = self.count_changes();
        let has_no_column = |change: &&CountChange| {
            self.verdict.method != Method::Counts && change.quantity != Quantity::Instructions
        };
        let texts = changes.iter().filter(has_no_column).map(CountChange::to_string);
        let list = texts.collect::<Vec<String>>().join(", ");
        let is_named = list.is_empty() || self.has_allocations_as_cause();
        let list = (!is_named).then(|| format!("{list} per iteration"));
        self.verdict.trade_off().or(list)
    }
}

/// Notes below a table. Equal notes share a number.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    texts: Vec<String>,
}

impl Notes {
    /// The mark of a row's note, with a space before it: ` [1]`; empty without a note.
    pub(crate) fn mark(&mut self, note: Option<String>) -> String {
        let Some(note) = note else { return String::new() };
        let known = self.texts.iter().position(|text| *text == note);
        let at = known.unwrap_or_else(|| {
            self.texts.push(note);
            self.texts.len() - 1
        });
        format!(" [{}]", at + 1)
    }

    /// The notes with their marks: `[1]`, text.
    pub(crate) fn list(&self) -> impl Iterator<Item = (String, &str)> {
        self.texts.iter().enumerate().map(|(at, text)| (format!("[{}]", at + 1), text.as_str()))
    }
}
