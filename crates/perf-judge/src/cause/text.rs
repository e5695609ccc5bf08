//! Causes as texts.

use super::{Cause, CauseKind, CauseNumber, FunctionCount, NumberUnit};
use crate::detect::counts::CountPair;
use crate::unit;
use std::fmt;

/// The most numbers and settings of a headline.
const SHOWN: usize = 3;
/// The least part of the changed instructions that makes a function worth naming.
const LARGE: f64 = 0.25;

impl Cause {
    /// The cause in one line: `page faults 9.500 → 16.60, kernel time 25.00 µs → 36.00 µs`.
    pub fn headline(&self) -> String {
        let numbers = || listed(&self.numbers);
        match self.kind {
            CauseKind::Build => format!("built differently: {}", listed(&self.subjects)),
            CauseKind::Dependency => self.of_crate("dependency"),
            CauseKind::Features => self.of_crate("features of"),
            CauseKind::Waiting => format!("waiting: {}", numbers()),
            CauseKind::SystemCalls => format!("system calls: {}", numbers()),
            CauseKind::Branches | CauseKind::Caches => format!("simulated {}", numbers()),
            CauseKind::Instructions => self.instructions() + &self.largest_function(),
            CauseKind::PageFaults | CauseKind::KernelTime | CauseKind::Allocations => numbers(),
        }
    }

    fn of_crate(&self, what: &str) -> String {
        let subject = listed(&self.subjects);
        format!("{what} {subject}: {} in its functions", self.instructions())
    }

    /// `instructions +12.0 %`.
    fn instructions(&self) -> String {
        let change = self.numbers.first().map(|number| number.pair().change_label());
        format!("instructions {}", change.unwrap_or_default())
    }

    /// The function with the largest difference in the direction of the change.
    fn largest_function(&self) -> String {
        let Some(all) = self.numbers.first().map(|number| number.head - number.base) else {
            return String::new();
        };
        let has_direction = |function: &&FunctionCount| function.difference() / all >= LARGE;
        let largest = self.functions.iter().find(has_direction);
        largest.map_or_else(String::new, |function| format!(", mostly in {function}"))
    }
}

fn listed(items: &[impl fmt::Display]) -> String {
    let more = items.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("{more} more"));
    let shown = items.iter().take(SHOWN).map(ToString::to_string);
    shown.chain(more).collect::<Vec<String>>().join(", ")
}

impl CauseNumber {
    pub(super) fn pair(&self) -> CountPair {
        CountPair::new(self.base, self.head)
    }
}

/// `read 4 → 8`.
impl fmt::Display for CauseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: f64| match self.unit {
            NumberUnit::Count => unit::count(value),
            NumberUnit::Bytes => unit::bytes(value),
            NumberUnit::Ns => unit::time(value),
        };
        write!(f, "{} {} → {}", self.name, show(self.base), show(self.head))
    }
}

/// `parser::skip 10 → 250`, with a word where only one build executes the function.
impl fmt::Display for FunctionCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [base, head] = [self.base, self.head].map(|count| unit::count(count.round()));
        write!(f, "{} {base} → {head}", self.name)?;
        match &self.former_name {
            Some(former) => write!(f, " (formerly {former})"),
            None if self.base == 0.0 => f.write_str(" (new, or no longer inlined)"),
            None if self.head == 0.0 => f.write_str(" (removed, or inlined)"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Quantity;

    fn function(name: &str, base: f64, head: f64) -> FunctionCount {
        FunctionCount { name: name.to_owned(), former_name: None, base, head }
    }

    #[test]
    fn a_cause_is_told_in_one_line() {
        let of = |kind, subjects: &[&str], numbers: Vec<CauseNumber>| Cause {
            subjects: subjects.iter().map(|text| (*text).to_owned()).collect(),
            ..Cause::new(kind, numbers)
        };
        let number = |quantity, base, head| CauseNumber::of(quantity, CountPair::new(base, head));
        let instructions = || vec![number(Quantity::Instructions, 1000.0, 1120.0)];
        let call = |name, base, head| CauseNumber::of_call(name, CountPair::new(base, head));
        let cases = [
            (
                of(CauseKind::Build, &["build.rustflags", "profile.bench.lto"], vec![]),
                "built differently: build.rustflags, profile.bench.lto",
            ),
            (
                of(CauseKind::Dependency, &["toml 1.0.0 → 1.0.1"], instructions()),
                "dependency toml 1.0.0 → 1.0.1: instructions +12.0 % in its functions",
            ),
            (
                of(
                    CauseKind::Waiting,
                    &[],
                    vec![
                        CauseNumber::of_time("idle time", [0.0, 55_000.0]),
                        number(Quantity::VoluntarySwitches, 0.0, 1.0),
                    ],
                ),
                "waiting: idle time 0.000 ns → 55.00 µs, voluntary context switches 0 → 1",
            ),
            (
                of(
                    CauseKind::SystemCalls,
                    &[],
                    vec![
                        call("read", 0.0, 9.0),
                        call("write", 1.0, 4.0),
                        call("close", 1.0, 2.0),
                        call("brk", 1.0, 2.0),
                    ],
                ),
                "system calls: read 0 → 9, write 1 → 4, close 1 → 2, 1 more",
            ),
            (
                of(
                    CauseKind::Branches,
                    &[],
                    vec![number(Quantity::BranchMispredictions, 3.0, 500.0)],
                ),
                "simulated branch mispredictions 3 → 500",
            ),
            (of(CauseKind::Instructions, &[], instructions()), "instructions +12.0 %"),
            (
                Cause {
                    functions: vec![
                        function("a::less", 200.0, 50.0),
                        function("a::more", 0.0, 250.2),
                        function("a::small", 0.0, 20.0),
                    ],
                    ..of(CauseKind::Instructions, &[], instructions())
                },
                "instructions +12.0 %, mostly in a::more 0 → 250 (new, or no longer inlined)",
            ),
            (
                Cause {
                    functions: vec![function("a::small", 10.0, 20.0)],
                    ..of(CauseKind::Instructions, &[], instructions())
                },
                "instructions +12.0 %",
            ),
        ];
        for (cause, expected) in cases {
            assert_eq!(cause.headline(), expected);
        }
    }

    #[test]
    fn a_renamed_function_shows_both_names() {
        let renamed = FunctionCount {
            former_name: Some("old::f".to_owned()),
            ..function("new::f", 5.0, 9.0)
        };
        assert_eq!(renamed.to_string(), "new::f 5 → 9 (formerly old::f)");
        assert_eq!(function("f", 5.0, 0.0).to_string(), "f 5 → 0 (removed, or inlined)");
    }
}
