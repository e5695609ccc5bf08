//! The contents of a history as tables.

use super::table::{aligned, shortened};
use super::visible;
use chrono::{DateTime, Utc};
use perf_judge::history::RunRow;
use perf_judge::run::{Machine, Measured, Quantity, Run};
use perf_judge::unit;
use std::fmt::Write as _;

/// A table of runs, in the order given.
pub fn runs_to_text(lines: &[RunRow]) -> String {
    let mut table = "run\tmeasured\tbranch\tmachine\tbenchmarks\t\n".to_owned();
    for line in lines {
        let flags = [
            (line.dirty, "uncommitted changes"),
            (line.partial, "partial"),
            (line.imported, "imported"),
        ];
        let flags: Vec<&str> = flags.iter().filter(|(is, _)| *is).map(|(_, flag)| *flag).collect();
        let _ = writeln!(
            table,
            "{}\t{}\t{}\t{}\t{}\t{}",
            visible(&line.run),
            line.started.format("%Y-%m-%d %H:%M UTC"),
            visible(line.branch.as_deref().unwrap_or("-")),
            visible(&line.machine),
            line.len(),
            flags.join(", "),
        );
    }
    aligned(&table)
}

/// A run as a table.
pub fn run_to_text(run: &Run) -> String {
    let mut facts = format!("run\t{}\n", visible(&run.id));
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(facts, "{name}\t{}", visible(value));
    };
    let time = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    fact("measured", &time(run.backfilled.unwrap_or(run.started)));
    if run.backfilled.is_some() {
        fact("recorded for", &time(run.started));
    }
    if let Some(commit) = &run.commit {
        let changes = if commit.dirty { ", with uncommitted changes" } else { "" };
        fact("commit", &format!("{}{changes}", commit.hash));
        fact("subject", &commit.subject);
        fact("branch", commit.branch.as_deref().unwrap_or("none (detached HEAD)"));
    }
    if let Some(workspace) = run.workspace.as_deref().filter(|path| *path != ".") {
        fact("workspace", workspace);
    }
    if let Some(origin) = &run.origin {
        fact("imported from", origin);
    }
    if run.partial {
        fact("partial", "it lacks benchmarks or launches");
    }
    fact("machine", &run.machine.key);
    for (name, value) in run.machine.fields().into_iter().filter(|(_, value)| !value.is_empty()) {
        fact(&format!("  {name}"), &value);
    }
    format!("{}\n{}", aligned(&facts), aligned(&benchmarks(run)))
}

/// The quantities that have a column of their own where a benchmark has them.
const COUNTS: [Quantity; 5] = [
    Quantity::Instructions,
    Quantity::AllocCount,
    Quantity::AllocBytes,
    Quantity::AllocPeakBytes,
    Quantity::MinorFaults,
];

fn benchmarks(run: &Run) -> String {
    let mut counts = COUNTS.to_vec();
    counts.retain(|count| run.benchmarks.iter().any(|row| row.quantity(*count).is_some()));
    let headings: String = counts.iter().map(|count| format!("{count}\t")).collect();
    let mut table = format!("benchmark\tmedian\tp95\tp99\tminimum\t{headings}\n");
    run.benchmarks.iter().for_each(|measured| table += &benchmark(measured, &counts));
    for unfinished in &run.unfinished {
        let (name, reason) = (unfinished.name.as_str(), unfinished.reason.as_str());
        let empty = "-\t".repeat(4 + counts.len());
        let _ = writeln!(table, "{}\t{empty}{}", shown(name), visible(reason));
    }
    table
}

/// The longest name in a table, in columns.
const NAME: usize = 60;

fn shown(name: &str) -> String {
    shortened(&visible(name), NAME)
}

fn benchmark(measured: &Measured, counts: &[Quantity]) -> String {
    let times = &measured.time_ns;
    let unit = measured.foreign.as_ref().map_or("ns", |foreign| foreign.unit.as_str());
    let value = |value: Option<f64>| match (value, unit) {
        (None, _) => "-".to_owned(),
        (Some(ns), "ns") => unit::time(ns),
        (Some(value), "bytes") => unit::bytes(value),
        (Some(value), _) => visible(&format!("{value} {unit}")),
    };
    let count = |quantity: &Quantity| {
        let value = measured.quantity(*quantity);
        value.map_or_else(|| "-\t".to_owned(), |value| format!("{}\t", quantity.show(value)))
    };
    let counts: String = counts.iter().map(count).collect();
    format!(
        "{}\t{}\t{}\t{}\t{}\t{counts}\n",
        shown(measured.name.as_str()),
        value(Some(times.median)),
        value(times.p95),
        value(times.p99),
        value(Some(times.min)),
    )
}

/// Each machine with the fields of its key, the number of its runs and their dates. The rows of a
/// machine are those of its runs, newest first.
pub fn machines_to_text(machines: &[(Machine, Vec<RunRow>)]) -> String {
    let mut text = String::new();
    for (machine, lines) in machines {
        let day = |line: Option<&RunRow>| {
            line.map_or_else(String::new, |line| line.started.format("%Y-%m-%d").to_string())
        };
        let (first, last) = (day(lines.last()), day(lines.first()));
        let runs = unit::counted(lines.len(), "run", "runs");
        let mut facts = format!("{}\t{runs}, {first} to {last}\n", visible(&machine.key));
        for (name, value) in machine.fields().into_iter().filter(|(_, value)| !value.is_empty()) {
            let _ = writeln!(facts, "  {name}\t{}", visible(&value));
        }
        if !machine.image.is_empty() {
            let _ = writeln!(facts, "  image (not part of the key)\t{}", visible(&machine.image));
        }
        text += &aligned(&facts);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_fixtures::{measured, run};
    use perf_judge::ident::BenchmarkId;
    use perf_judge::run::Unfinished;

    fn odd() -> Run {
        let mut odd = run(3, vec![measured("a/b::c", 1500.0), measured("a/b::b", 3.0)]);
        let counts = [(Quantity::Instructions, 12_345.6), (Quantity::AllocPeakBytes, 4096.0)];
        odd.benchmarks[0].counts = counts.into();
        odd.partial = true;
        odd.commit.as_mut().unwrap().dirty = true;
        odd.commit.as_mut().unwrap().branch = Some("a\u{202e}\n".to_owned());
        let (name, reason) = (BenchmarkId::from("a/b::d"), "it ended with 101".to_owned());
        odd.unfinished.push(Unfinished { name, reason });
        odd.with_id()
    }

    #[test]
    fn runs_are_listed_with_their_flags() {
        let lines = [RunRow::of(&odd()), RunRow::of(&run(2, vec![]))];
        insta::assert_snapshot!(runs_to_text(&lines));
    }

    #[test]
    fn a_run_is_shown_with_the_fields_of_its_machine_key() {
        insta::assert_snapshot!(run_to_text(&odd()));
    }

    #[test]
    fn machines_are_listed_with_the_fields_of_their_keys() {
        let runs = [run(5, vec![]), run(2, vec![])];
        let lines = runs.iter().map(RunRow::of).collect();
        insta::assert_snapshot!(machines_to_text(&[(runs[0].machine.clone(), lines)]));
    }
}
