//! How a Divan process is started.

use std::time::Duration;

/// Environment variables that change what Divan 0.1.21 measures or prints, to be cleared in the
/// child. `NEXTEST` is one of them: it changes the meaning of the arguments.
pub const CLEARED_VARIABLES: [&str; 15] = [
    "DIVAN_BYTES_COUNT",
    "DIVAN_BYTES_FORMAT",
    "DIVAN_CHARS_COUNT",
    "DIVAN_CYCLES_COUNT",
    "DIVAN_ITEMS_COUNT",
    "DIVAN_MAX_TIME",
    "DIVAN_MIN_TIME",
    "DIVAN_SAMPLE_COUNT",
    "DIVAN_SAMPLE_SIZE",
    "DIVAN_SKIP_EXT_TIME",
    "DIVAN_SORT",
    "DIVAN_SORTR",
    "DIVAN_THREADS",
    "DIVAN_TIMER",
    "NEXTEST",
];

/// Arguments that print the listing which [`parse_listing`](super::parse_listing) reads.
pub const LISTING_ARGUMENTS: [&str; 3] = ["--list", "--format", "terse"];

/// The variable without which Divan refuses [`LISTING_ARGUMENTS`], and its value.
pub const LISTING_VARIABLE: (&str, &str) = ("NEXTEST", "1");

/// Arguments that print the tree which [`parse_tree`](super::parse_tree) reads. Every Divan has it,
/// without [`LISTING_VARIABLE`].
pub const TREE_ARGUMENTS: [&str; 2] = ["--list", "--include-ignored"];

/// The exit status of a Divan that does not have the given arguments.
pub const USAGE_STATUS: i32 = 2;

/// Arguments of a process that runs each benchmark once, except those in `skipped`. Its table shows
/// the arguments that the tree lacks.
pub fn discovery_arguments<'a>(skipped: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let once = ["--sample-size", "1", "--sample-count", "1"];
    let fixed = FIXED_ARGUMENTS.into_iter().chain(once).map(String::from);
    fixed.chain(skipped.into_iter().map(|name| format!("--skip={name}"))).collect()
}

/// Arguments of a process that measures each of these benchmarks for `max_time`. Without
/// `sample_size` Divan chooses it.
pub fn probe_arguments<'a>(
    names: impl IntoIterator<Item = &'a String>,
    sample_size: Option<u32>,
    max_time: Duration,
) -> Vec<String> {
    let size = sample_size.map(|size| ["--sample-size".to_owned(), size.to_string()]);
    let limit = ["--max-time".to_owned(), seconds(max_time), "--".to_owned()];
    let fixed = FIXED_ARGUMENTS.into_iter().map(String::from);
    let fixed = fixed.chain(size.into_iter().flatten()).chain(limit);
    fixed.chain(names.into_iter().cloned()).collect()
}

/// The variable by which the set-up of samples counts towards the time limit, and its value.
pub const EXTERNAL_TIME_VARIABLE: (&str, &str) = ("DIVAN_SKIP_EXT_TIME", "false");

/// A duration as Divan reads it.
fn seconds(time: Duration) -> String {
    time.as_secs_f64().to_string()
}

/// Arguments of every process that measures.
const FIXED_ARGUMENTS: [&str; 6] = ["--bench", "--exact", "--color", "never", "--timer", "os"];

/// One process that measures one benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch<'a> {
    /// The benchmark's path, as the listing has it.
    pub name: &'a str,
    /// N, the iterations of a sample, at least 1. Without it Divan tunes N by itself: for probes.
    pub sample_size: Option<u32>,
    /// S, the number of samples, at least 1. Without it the author's count holds, or Divan's 100.
    pub sample_count: Option<u32>,
    /// The time after which no further sample begins. Without it the author's limit holds, if there
    /// is one.
    pub max_time: Option<Duration>,
}

impl Launch<'_> {
    /// The arguments of the process.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = FIXED_ARGUMENTS.map(String::from).to_vec();
        let mut push = |flag: &str, value: Option<String>| {
            arguments.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        };
        push("--sample-size", self.sample_size.map(|size| size.to_string()));
        push("--sample-count", self.sample_count.map(|count| count.to_string()));
        push("--max-time", self.max_time.map(seconds));
        // A name may begin with a dash.
        arguments.extend(["--".to_owned(), self.name.to_owned()]);
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::{Launch, discovery_arguments, probe_arguments};
    use std::time::Duration;

    const UNBOUND: Launch<'_> =
        Launch { name: "", sample_size: None, sample_count: None, max_time: None };

    #[test]
    fn a_probe_leaves_size_and_count_to_divan() {
        let launch = Launch { name: "--a::b", ..UNBOUND };
        let arguments = "--bench --exact --color never --timer os -- --a::b";
        assert_eq!(launch.arguments().join(" "), arguments);
    }

    #[test]
    fn size_and_count_come_before_the_name() {
        let launch =
            Launch { name: "a b", sample_size: Some(64), sample_count: Some(100), ..UNBOUND };
        let arguments = launch.arguments();
        assert_eq!(arguments[6..10], ["--sample-size", "64", "--sample-count", "100"]);
        assert_eq!(arguments[10..], ["--", "a b"]);
    }

    #[test]
    fn a_probe_of_several_benchmarks_has_a_time_limit() {
        let names = ["--a", "b"].map(String::from);
        let arguments = |size| probe_arguments(&names, size, Duration::from_millis(5));
        assert_eq!(arguments(None)[6..], ["--max-time", "0.005", "--", "--a", "b"]);
        assert_eq!(arguments(Some(8))[6..9], ["--sample-size", "8", "--max-time"]);
        let launch = Launch { max_time: Some(Duration::from_secs(3)), ..UNBOUND };
        assert_eq!(launch.arguments()[6..8], ["--max-time", "3"]);
    }

    #[test]
    fn a_discovery_skips_names_that_begin_with_a_dash() {
        let arguments = discovery_arguments(&["--a b".to_owned()]);
        assert_eq!(arguments[6..], ["--sample-size", "1", "--sample-count", "1", "--skip=--a b"]);
    }
}
