//! The texts of a profile.

use super::Profile;
use crate::table::{Table, wrapped};
use crate::text::visible;
use anstyle::Style;
use call_profile::{FunctionPair, Pattern, PatternKind};
use perf_judge::unit;

/// The titles of a profile's columns, and of those of a comparison.
const HEADER: [&str; 5] = ["own", "total", "instructions", "", "function"];
const WITH_STD: &str = "with those of the standard libraries for it";
/// The third one is the difference as a share of all instructions of the base.
const COMPARED: [&str; 5] = ["own base", "own head", "of all", "total head", "function"];

impl Profile {
    /// The profile for a terminal.
    pub fn to_text(&self, width: Option<usize>, files: &[String]) -> String {
        let mut table = Table::new(&self.header(), 4);
        for function in &self.functions {
            table.add(Style::new(), self.cells(function).into());
        }
        let mut text = format!("{}\n\n", self.headline());
        text += &table.render(width).or_else(|| table.render(None)).unwrap_or_default();
        let mut section = |title: &str, lines: &[String]| {
            if !lines.is_empty() {
                text += &format!("\n{title}:\n");
                text.extend(
                    lines.iter().map(|line| wrapped(&format!("  {line}"), "    ", width) + "\n"),
                );
            }
        };
        section(self.advice_title(), &self.advice());
        section("allocations", &self.site_lines());
        section("system calls", &self.system_call_line().into_iter().collect::<Vec<_>>());
        section("files", files);
        text
    }

    /// One line: the benchmark, its instructions, and what they are compared with.
    pub(super) fn headline(&self) -> String {
        let name = visible(self.benchmark.as_str());
        let [base, head] = self.instructions.map(unit::count);
        match &self.base {
            Some(label) => format!(
                "{name}: {base} instructions per iteration in {}, {head} in {} ({})",
                visible(label),
                visible(&self.head),
                unit::change(self.change())
            ),
            None => format!("{name}: {head} instructions per iteration in {}", visible(&self.head)),
        }
    }

    pub(super) fn header(&self) -> [&'static str; 5] {
        if self.base.is_some() { COMPARED } else { HEADER }
    }

    /// The cells of a function, in the order of the header.
    pub(super) fn cells(&self, function: &FunctionPair) -> [String; 5] {
        let name = visible(&function.name);
        let FunctionPair { own: [base, head], total, .. } = function;
        if self.base.is_some() {
            let all = self.instructions[0];
            let change = format!("{:+.1} %", (head - base) / all * 100.0);
            return [unit::count(*base), unit::count(*head), change, unit::count(total[1]), name];
        }
        let share = |part: f64| format!("{:.1} %", part / self.instructions[1] * 100.0);
        [share(*head), share(total[1]), unit::count(*head), String::new(), name]
    }

    pub(super) fn advice_title(&self) -> &'static str {
        if self.base.is_some() { "what changed, and what would pay" } else { "what would pay" }
    }

    /// What would make the head faster, by the numbers.
    pub(super) fn advice(&self) -> Vec<String> {
        let owners = self.owners.iter().map(|(name, [base, head])| {
            let name = visible(name);
            match self.base {
                Some(_) => {
                    let (before, now) = (unit::count(*base), unit::count(*head));
                    format!("{name}: {before} → {now} instructions, {WITH_STD}")
                }
                None => {
                    let share = head / self.instructions[1] * 100.0;
                    format!("{name}: {share:.0} % of the instructions, {WITH_STD}")
                }
            }
        });
        owners.chain(self.patterns.iter().map(pattern)).collect()
    }

    /// The call sites that allocate, a line each.
    pub(super) fn site_lines(&self) -> Vec<String> {
        let line = |(stack, blocks): &(Vec<String>, f64)| {
            let stack: Vec<String> = stack.iter().map(|name| visible(name)).collect();
            format!("{} per iteration: {}", unit::count(*blocks), stack.join(" in "))
        };
        self.allocations.iter().map(line).collect()
    }

    /// The system calls, the most frequent first.
    pub(super) fn system_call_line(&self) -> Option<String> {
        let calls = self.system_calls.iter();
        let calls: Vec<String> = calls
            .map(|(name, count)| format!("{} {}", visible(name), unit::count(*count)))
            .collect();
        (!calls.is_empty()).then(|| format!("{} per iteration", calls.join(", ")))
    }
}

/// A known reason with its numbers and the advice.
fn pattern(pattern: &Pattern) -> String {
    let Pattern { kind, share, allocations, callers } = pattern;
    let callers: Vec<String> = callers
        .iter()
        .map(|(name, share)| format!("{} ({:.0} % of it)", visible(name), share * 100.0))
        .collect();
    let blocks = if *kind == PatternKind::Allocations {
        format!(", {} blocks per iteration", unit::count(*allocations))
    } else {
        String::new()
    };
    format!(
        "{}: {:.0} % of the instructions{blocks}, in {}. {}",
        kind.title(),
        share * 100.0,
        callers.join(", "),
        sentence(kind.advice())
    )
}

/// The text with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}
