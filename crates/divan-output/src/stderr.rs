//! What Divan prints on standard error.

use super::cell::time_cell;

const PRECISION: &str = "Timer precision: ";

/// The smallest time that Divan's clock can measure, in picoseconds.
pub fn timer_precision(stderr: &str) -> Option<u64> {
    let value = stderr.lines().find_map(|line| line.strip_prefix(PRECISION))?;
    Some((time_cell(value)?.value * 1e3).round() as u64)
}

/// Whether Divan prints this line in every process.
pub fn is_divans(line: &str) -> bool {
    line.strip_prefix(PRECISION).is_some_and(|value| time_cell(value).is_some())
}

/// The benchmarks that ran without measuring anything, as their functions never called `bench`.
/// The names are the last parts of their paths.
pub fn unregistered(stderr: &str) -> Vec<&str> {
    let warning = "warning: No benchmark function registered for '";
    let lines = stderr.lines().filter_map(|line| line.strip_prefix(warning));
    lines.filter_map(|rest| rest.strip_suffix('\'')).collect()
}

#[cfg(test)]
mod tests {
    use super::{timer_precision, unregistered};

    #[test]
    fn captured_output_is_read() {
        let stderr = include_str!("../../../fixtures/divan/shapes.err");
        assert_eq!(timer_precision(stderr), Some(29_000));
        assert_eq!(unregistered(stderr), ["never_benches"]);
    }

    #[test]
    fn precision_is_read_in_any_unit() {
        assert_eq!(timer_precision("note\nTimer precision: 20 ns\n"), Some(20_000));
        assert_eq!(timer_precision("Timer precision: 10.01 ns"), Some(10_010));
        assert_eq!(timer_precision("Timer precision: 1.5 µs"), Some(1_500_000));
        assert_eq!(timer_precision("Timer precision: soon"), None);
        assert_eq!(timer_precision(""), None);
    }

    #[test]
    fn functions_that_never_bench_are_named() {
        let stderr = "warning: No benchmark function registered for 'it's'\nwarning: other\n";
        assert_eq!(unregistered(stderr), ["it's"]);
    }
}
