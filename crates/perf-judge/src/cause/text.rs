//! Causes as texts.

use super::{Cause, CauseKind, CauseNumber, FunctionCount, NumberUnit};
use crate::detect::counts::CountPair;
use crate::unit;
use std::fmt;

/// The most numbers and settings of a headline.
const SHOWN: usize = 3;
/// The longest name, in characters.
const LONGEST: usize = 80;
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
    let shown = items.iter().take(SHOWN).map(|item| shortened(&item.to_string()));
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

impl FunctionCount {
    /// The name for people.
    pub fn label(&self) -> &str {
        if self.has_benchmark() { "the benchmark's own code" } else { &self.name }
    }
}

/// A text whose middle is left out if it is long. Names of functions have no limit.
fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= LONGEST {
        return text.to_owned();
    }
    let start = text.chars().take(LONGEST / 2);
    let end = text.chars().skip(count + 1 - LONGEST.div_ceil(2));
    start.chain(['…']).chain(end).collect()
}

/// `parser::skip 10 → 250`, with a word where only one build executes the function.
impl fmt::Display for FunctionCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [base, head] = [self.base, self.head].map(|count| unit::count(count.round()));
        write!(f, "{} {base} → {head}", shortened(self.label()))?;
        match &self.former_name {
            Some(former) => write!(f, " (formerly {})", shortened(former)),
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

    fn of(kind: CauseKind, subjects: &[&str], numbers: Vec<CauseNumber>) -> Cause {
        let subjects = subjects.iter().map(|text| (*text).to_owned()).collect();
        Cause { subjects, ..Cause::new(kind, numbers) }
    }

    fn number(quantity: Quantity, base: f64, head: f64) -> CauseNumber {
        CauseNumber::of(quantity, CountPair::new(base, head))
    }

    #[test]
    fn a_cause_is_described_in_one_line() {
        let call = |name, base, head| CauseNumber::of_call(name, CountPair::new(base, head));
        let reads = vec![
            call("read", 0.0, 9.0),
            call("write", 1.0, 4.0),
            call("close", 1.0, 2.0),
            call("brk", 1.0, 2.0),
        ];
        let waits = vec![
            CauseNumber::of_time("idle time", [1000.0, 55_000.0]),
            number(Quantity::VoluntarySwitches, 0.0, 1.0),
        ];
        let wrong = vec![number(Quantity::BranchMispredictions, 3.0, 500.0)];
        let instructions = vec![number(Quantity::Instructions, 1000.0, 1120.0)];
        let settings = ["build.rustflags", "profile.bench.lto"];
        let cases = [
            (
                of(CauseKind::Build, &settings, vec![]),
                "built differently: build.rustflags, profile.bench.lto",
            ),
            (
                of(CauseKind::Dependency, &["toml 1.0.0 → 1.0.1"], instructions),
                "dependency toml 1.0.0 → 1.0.1: instructions +12.0 % in its functions",
            ),
            (
                of(CauseKind::Waiting, &[], waits),
                "waiting: idle time 1.000 µs → 55.00 µs, voluntary context switches 0 → 1",
            ),
            (
                of(CauseKind::SystemCalls, &[], reads),
                "system calls: read 0 → 9, write 1 → 4, close 1 → 2, 1 more",
            ),
            (of(CauseKind::Branches, &[], wrong), "simulated branch mispredictions 3 → 500"),
        ];
        for (cause, expected) in cases {
            assert_eq!(cause.headline(), expected);
        }
    }

    #[test]
    fn the_function_with_most_of_the_instructions_is_named() {
        let less = function("a::less", 200.0, 50.0);
        let more = function("a::more", 0.0, 250.2);
        let small = function("a::small", 10.0, 20.0);
        let own = function("divan::thread_pool::TaskShared<F>::new::call", 100.0, 200.0);
        let cases = [
            (vec![], "instructions +12.0 %"),
            (vec![small.clone()], "instructions +12.0 %"),
            (
                vec![less, more, small],
                "instructions +12.0 %, mostly in a::more 0 → 250 (new, or no longer inlined)",
            ),
            (vec![own], "instructions +12.0 %, mostly in the benchmark's own code 100 → 200"),
        ];
        for (functions, expected) in cases {
            let numbers = vec![number(Quantity::Instructions, 1000.0, 1120.0)];
            let cause = Cause { functions, ..of(CauseKind::Instructions, &[], numbers) };
            assert_eq!(cause.headline(), expected);
        }
    }

    #[test]
    fn long_names_lose_their_middle() {
        let long = format!("<a::{} as b::C>::end", "é".repeat(200));
        let shown = function(&long, 1.0, 2.0).to_string();
        assert!(
            shown.starts_with("<a::éé") && shown.ends_with("éé as b::C>::end 1 → 2"),
            "{shown}"
        );
        assert_eq!(shortened(&long).chars().count(), LONGEST);
        assert_eq!(shortened("a::f"), "a::f");
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
