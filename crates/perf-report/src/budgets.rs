//! Budgets beside what was recorded, as a person reads them.

use super::table::aligned;
use super::visible;
use perf_judge::budget::{Advice, Budget, Recent, TargetChange, Worst};
use perf_judge::unit;
use std::fmt::Write as _;

/// A table of the budgets with their newest recorded values and what they leave.
pub fn headroom(budgets: &[Budget], recent: Option<&Recent<'_>>) -> String {
    let mut lines = "budget\tmetric\tnewest\ttarget\theadroom\t\n".to_owned();
    for budget in budgets {
        let worst = recent.and_then(|recent| recent.worst(budget));
        let value = worst.as_ref().and_then(|worst| worst.value.as_ref().ok()).copied();
        let _ = writeln!(
            lines,
            "{}\t{}\t{}\t{}\t{}\t{}",
            visible(&budget.name),
            budget.metric.name(),
            value.map_or_else(|| "-".to_owned(), |value| budget.metric.show(value)),
            budget.metric.show(budget.target),
            value.map_or_else(|| "-".to_owned(), |value| left(budget.target, value)),
            visible(&worst.as_ref().map_or_else(String::new, remark)),
        );
    }
    aligned(&lines)
}

/// How many times slower, or larger, it may get; or how far beyond the target it is.
fn left(target: f64, value: f64) -> String {
    match value {
        value if value > target => format!("{} over", unit::factor(value / target)),
        value if value > 0.0 => unit::factor(target / value),
        _ => "all".to_owned(),
    }
}

fn remark(worst: &Worst) -> String {
    match worst.value {
        Ok(_) => worst.benchmark.to_string(),
        Err(absence) => absence.to_string(),
    }
}

/// A line for each piece of advice: what should change and why, or why nothing should.
pub fn reasons(advice: &[Advice]) -> String {
    let mut lines = String::new();
    for advice in advice {
        let (what, why) = (what(advice), why(advice));
        let _ = writeln!(lines, "{}\t{what}\t{why}", visible(&advice.name));
    }
    aligned(&lines)
}

fn what(advice: &Advice) -> String {
    let from = advice.metric.show(advice.target);
    let to = advice.new_target().map_or_else(String::new, |to| advice.metric.show(to));
    match advice.step {
        TargetChange::Keep => format!("stays at {from}"),
        TargetChange::TooFew(_) => format!("stays at {from} for now"),
        TargetChange::Tighten(_) => format!("tighten {from} to {to}"),
        TargetChange::Loosen(_) => format!("loosen {from} to {to}"),
    }
}

fn why(advice: &Advice) -> String {
    let Some(seen) = advice.seen else {
        return "no recorded run has a value".to_owned();
    };
    let show = |value| advice.metric.show(value);
    let took = format!(
        "{}, median {}, worst {}",
        unit::counted(seen.runs, "run", "runs"),
        show(seen.median),
        show(seen.worst)
    );
    match advice.step {
        TargetChange::TooFew(needed) => format!("{took}: a proposal takes {needed}"),
        _ => took,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_fixtures::{measured, run};
    use perf_judge::budget::{BudgetFile, suggest};
    use perf_judge::history::History;
    use std::collections::BTreeMap;

    const BUDGETS: &str = r#"{"schema": 1, "budgets": {
        "allocations": {"benchmark": "a", "metric": "alloc_count", "target": 5},
        "loose": {"benchmark": "a", "target_ms": 20},
        "tight": {"benchmark": "p/t::*", "metric": "median", "target_ms": 1.5},
        "b\u001b[2J": {"benchmark": "b", "metric": "median", "target_ms": 3}
    }}"#;

    fn shown(days: u32) -> (String, String) {
        let budgets = BudgetFile::parse(BUDGETS).unwrap().1;
        let of_day = |day| run(day, vec![measured("p/t::a", 1e6), measured("p/t::b", 2e6)]);
        let (history, renamed) = ((1..=days).map(of_day).collect::<History>(), BTreeMap::new());
        let recent = Recent::of(&history, "main", &renamed).unwrap();
        (headroom(&budgets, Some(&recent)), reasons(&suggest(&budgets, &recent)))
    }

    #[test]
    fn the_table_shows_what_is_left() {
        insta::assert_snapshot!(shown(1).0, @r"
        budget       metric       newest    target    headroom
        allocations  alloc_count  -         5         -            allocations were not counted: install divan::AllocProfiler in the bench target
        b\u{1b}[2J   median       2.000 ms  3.000 ms  1.50 ×       p/t::b
        loose        p95          1.000 ms  20.00 ms  20.0 ×       p/t::a
        tight        median       2.000 ms  1.500 ms  1.33 × over  p/t::b
        ");
        let budgets = BudgetFile::parse(BUDGETS).unwrap().1;
        let unknown = headroom(&budgets[1..2], None);
        insta::assert_snapshot!(unknown, @r"
        budget      metric  newest  target    headroom
        b\u{1b}[2J  median  -       3.000 ms  -
        ");
    }

    #[test]
    fn reasons_are_a_line_each() {
        insta::assert_snapshot!(shown(5).1, @r"
        allocations  stays at 5 for now            no recorded run has a value
        b\u{1b}[2J   stays at 3.000 ms             5 runs, median 2.000 ms, worst 2.000 ms
        loose        tighten 20.00 ms to 3.000 ms  5 runs, median 1.000 ms, worst 1.000 ms
        tight        loosen 1.500 ms to 6.000 ms   5 runs, median 2.000 ms, worst 2.000 ms
        ");
        insta::assert_snapshot!(shown(1).1, @r"
        allocations  stays at 5 for now         no recorded run has a value
        b\u{1b}[2J   stays at 3.000 ms for now  1 run, median 2.000 ms, worst 2.000 ms: a proposal takes 5
        loose        stays at 20.00 ms for now  1 run, median 1.000 ms, worst 1.000 ms: a proposal takes 5
        tight        stays at 1.500 ms for now  1 run, median 2.000 ms, worst 2.000 ms: a proposal takes 5
        ");
    }
}
