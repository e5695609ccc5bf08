//! Real Divan processes under the tap: the recording gives back what the table prints.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as the tests do")]

mod support;
mod survival;

use divan_output::samples::{Rebuilt, Recording, Refusal, Sizing, rebuild};
use divan_output::{Row, parse_table, timer_precision};
use support::{Tap, bench_executable};

/// Rows whose benchmark reads the clock a changing number of times, so that no guess can hold.
const BEYOND: &str = "beyond";

/// One process, taken apart.
struct Outcome {
    rows: Vec<Row>,
    rebuilt: Vec<Rebuilt>,
    recording: Recording,
}

fn measure(tap: &Tap, arguments: &[&str]) -> Outcome {
    let executable = bench_executable("divan-shapes", "shapes");
    let fixed = ["--bench", "--color", "never", "--timer", "os"];
    let run =
        tap.run(&executable, &[&fixed, arguments].concat(), Sizing::of_launch(1024, 100, 100));
    assert!(run.status.success(), "{}", run.stderr);
    let table = parse_table(&run.stdout, "");
    assert_eq!(table.problems, []);
    let recording = Recording::parse(&run.recording).unwrap();
    let precision = timer_precision(&run.stderr).unwrap();
    let rebuilt = rebuild(&recording, &table.rows, precision);
    Outcome { rows: table.rows, rebuilt, recording }
}

/// Rows with numbers, and those of them that were not proved.
fn score(outcome: &Outcome) -> (usize, Vec<(String, Refusal)>) {
    let pairs = outcome.rows.iter().zip(&outcome.rebuilt);
    let done = pairs.filter(|(row, _)| row.figures().is_some() && row.path[1] != BEYOND);
    let refused: Vec<(String, Refusal)> = done
        .clone()
        .filter_map(|(row, rebuilt)| match rebuilt {
            Rebuilt::Refused(refusal) => Some((row.path.join("::"), *refusal)),
            Rebuilt::Proved(_) => None,
        })
        .collect();
    (done.count(), refused)
}

#[test]
fn nearly_every_row_of_every_shape_is_proved() {
    let tap = Tap::build();
    let (mut all, mut refused) = (0, vec![]);
    for _ in 0..launches() {
        // As a whole with N tuned by Divan, and with N and S from outside.
        for arguments in [&[][..], &["--sample-size", "3", "--sample-count", "48"]] {
            let (done, not_proved) = score(&measure(&tap, arguments));
            assert!(done >= 50, "{done} rows");
            all += done;
            refused.extend(not_proved);
        }
    }
    println!("{} of {all} rows proved, not {refused:?}", all - refused.len());
    assert!(refused.len() * 100 <= all, "{} of {all}: {refused:?}", refused.len());
}

/// More with `PROOF_LAUNCHES=10`, for a figure rather than a check.
fn launches() -> usize {
    std::env::var("PROOF_LAUNCHES").ok().and_then(|count| count.parse().ok()).unwrap_or(2)
}

#[test]
fn allocations_that_change_with_the_input_do_not_hide_samples() {
    let tap = Tap::build();
    for path in ["about_10_us", "about_26_us", "about_250_us", "about_1_ms", "on_threads"] {
        let path = format!("shapes::rotating::{path}");
        let outcome = measure(&tap, &["--exact", "--sample-size", "1", "--", &path]);
        assert_eq!(outcome.rows.len(), 1);
        let Rebuilt::Proved(samples) = &outcome.rebuilt[0] else {
            panic!("{path}: {:?}", outcome.rebuilt[0]);
        };
        assert_eq!((samples.sample_size, samples.picos.len()), (1, 100));
        assert!(samples.bound_ps > 0 && samples.bound_ps * 20 < samples.picos[50], "{samples:?}");
    }
}

#[test]
fn a_changing_number_of_own_reads_is_refused() {
    let tap = Tap::build();
    let arguments = ["--exact", "--sample-size", "8", "--", "shapes::beyond::clock_now_and_then"];
    let outcome = measure(&tap, &arguments);
    assert!(matches!(outcome.rebuilt[..], [Rebuilt::Refused(_)]), "{:?}", outcome.rebuilt);
}

#[test]
fn a_process_that_ends_well_leaves_its_totals() {
    let outcome = measure(&Tap::build(), &["--exact", "--", "shapes::plain"]);
    // Divan's calibration alone takes milliseconds; the executable alone takes kilobytes.
    let cpu_ns = outcome.recording.cpu_ns.unwrap();
    assert!((1_000_000..100_000_000_000).contains(&cpu_ns), "{cpu_ns}");
    let bytes = outcome.recording.peak_rss_bytes.unwrap();
    assert!((100_000..1_000_000_000).contains(&bytes), "{bytes}");
}
