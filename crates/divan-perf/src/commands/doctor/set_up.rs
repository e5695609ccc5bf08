//! Advice on benchmarks that spend their launches on making inputs.

use super::finding::Finding;
use crate::pipeline::SlowSetUp;
use perf_judge::detect::paired;
use perf_judge::unit;
use std::time::Duration;

/// The most benchmarks that are named.
const SHOWN: usize = 5;
const FIX: &str = "make its input once and read it from a file, or measure a smaller case: each launch is a process that makes its inputs again";

/// The finding on benchmarks with slow set-up; none without one.
pub(super) fn check(slow: &[SlowSetUp]) -> Option<Finding> {
    if slow.is_empty() {
        return None;
    }
    let outside: Duration = slow.iter().map(|slow| slow.outside).sum();
    let launches = u32::try_from(paired::FIRST_ANALYSIS * 2).unwrap_or(u32::MAX);
    let named: Vec<String> = slow.iter().take(SHOWN).map(description).collect();
    let more = match slow.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let what = format!(
        "{} most of a launch outside the samples, {} in {} pairs of each: {}{more}",
        unit::counted(slow.len(), "benchmark spends", "benchmarks spend"),
        unit::span((outside * launches).as_secs_f64()),
        paired::FIRST_ANALYSIS,
        named.join(", "),
    );
    Some(Finding::note(what, FIX))
}

fn description(slow: &SlowSetUp) -> String {
    let time = |duration: Duration| unit::time(duration.as_secs_f64() * 1e9);
    format!("{} ({} of {})", slow.name, time(slow.outside), time(slow.launch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::to_text;

    #[test]
    fn slow_set_ups_are_named_with_their_time_per_comparison() {
        assert!(check(&[]).is_none());
        let slow = |name: &str, outside, launch| SlowSetUp {
            name: name.into(),
            outside: Duration::from_millis(outside),
            launch: Duration::from_millis(launch),
        };
        let mut all = vec![slow("p/b::search", 1350, 1380)];
        let one = to_text(&[check(&all).unwrap()]);
        assert!(one.contains("1 benchmark spends most of a launch outside the samples, 27 s in 10 pairs of each: p/b::search (1.350 s of 1.380 s)"), "{one}");
        all.extend((0..6).map(|at| slow(&format!("p/b::x{at}"), 100, 150)));
        let many = to_text(&[check(&all).unwrap()]);
        assert!(
            many.contains("7 benchmarks spend")
                && many.contains("p/b::x3 (100.0 ms of 150.0 ms) and 2 more"),
            "{many}"
        );
    }
}
