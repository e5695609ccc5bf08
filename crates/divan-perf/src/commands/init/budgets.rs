//! The first perf-budgets.json of a workspace.

use super::source::{PACKAGE, VERSION};
use perf_judge::ident::BenchmarkId;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The most limits of the first file. The benchmarks with the longest iterations get them.
const MOST: usize = 20;
/// A limit is this many times the measured time: far outside the noise of any machine.
const HEADROOM: f64 = 3.0;
const NANOSECONDS_PER_MS: f64 = 1e6;

#[derive(Serialize)]
struct StarterFile<'a> {
    schema: u32,
    written_by: String,
    base_branches: [&'a str; 1],
    budgets: BTreeMap<&'a str, StarterBudget<'a>>,
}

#[derive(Serialize)]
struct StarterBudget<'a> {
    benchmark: &'a str,
    description: &'static str,
    metric: &'static str,
    target_ms: f64,
    gate: bool,
}

/// The text of the file: the base branch, and limits for benchmarks whose iterations took these times in
/// ns. The limits warn, and fail no check.
pub(super) fn starter(base_branch: &str, times_ns: &BTreeMap<BenchmarkId, f64>) -> String {
    let mut slowest: Vec<(&str, f64)> = times_ns
        .iter()
        .map(|(name, time)| (name.as_str(), *time))
        .filter(|(_, time)| time.is_finite() && *time > 0.0)
        .collect();
    slowest.sort_by_key(|(name, time)| (Reverse(time.to_bits()), *name));
    slowest.truncate(MOST);
    let file = StarterFile {
        schema: 2,
        written_by: format!("{PACKAGE} {VERSION}"),
        base_branches: [base_branch],
        budgets: slowest.into_iter().map(|(name, time)| (name, budget(name, time))).collect(),
    };
    // Text, numbers and maps with text as keys always have a form in JSON.
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

fn budget(benchmark: &str, time_ns: f64) -> StarterBudget<'_> {
    StarterBudget {
        benchmark,
        description: "Three times the median of the first measurement",
        metric: "median",
        target_ms: three_digits_up(time_ns * HEADROOM / NANOSECONDS_PER_MS),
        gate: false,
    }
}

/// The next number with three significant digits.
fn three_digits_up(value: f64) -> f64 {
    let exponent = value.log10().floor() as i32 - 2;
    let digits = (value / 10_f64.powi(exponent)).ceil();
    // The parser finds the number that is nearest to the decimal one.
    format!("{digits}e{exponent}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_judge::budget::BudgetFile;

    #[test]
    fn the_first_file_is_valid_and_limits_the_slowest() {
        let times: BTreeMap<BenchmarkId, f64> = (1_u32..=30)
            .map(|n| (BenchmarkId::from(format!("p/b::f::{n}").as_str()), f64::from(n) * 1234.5))
            .chain([("p/b::empty".into(), 0.0)])
            .collect();
        let text = starter("trunk", &times);
        let (file, budgets) = BudgetFile::parse(&text).unwrap();
        assert_eq!(file.base_branches, Some(vec!["trunk".to_owned()]));
        assert_eq!(budgets.len(), MOST);
        let names: Vec<BenchmarkId> = times.keys().cloned().collect();
        file.check_names(&text, &budgets, &names).unwrap();
        assert!(text.contains("\"target_ms\": 0.112,"), "{text}");
        assert!(!text.contains("p/b::f::10\""), "{text}");
    }

    #[test]
    fn limits_have_three_digits() {
        for (value, expected) in
            [(0.000_123_41, 0.000_124), (3.7035, 3.71), (123.4, 124.0), (12_345.0, 12_400.0)]
        {
            let rounded = three_digits_up(value);
            assert!((rounded / expected - 1.0).abs() < 1e-12, "{value}: {rounded}");
            assert!(rounded.to_string().len() <= 8, "{rounded}");
        }
    }
}
