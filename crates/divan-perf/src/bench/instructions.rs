//! Instructions of a benchmark, counted by callgrind: counts that the machine's load, its clock
//! and the placement of code leave alone.

use super::launch::LaunchOutcome;
use super::sample_config::SampleConfig;
use super::{Launcher, ListedBenchmark, process};
use crate::interrupt::Interrupt;
use anyhow::{Context as _, Result};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Counts instructions by callgrind, where valgrind is installed.
///
/// All threads of the process are counted together. Programs that a benchmark starts are not
/// counted, nor is what the kernel does for it. Making its inputs and dropping its outputs is, as
/// the count knows nothing of what Divan leaves untimed.
#[derive(Debug)]
pub(crate) struct InstructionCounter {
    /// What stands before valgrind: the program that gives every process the same addresses.
    fixed_addresses: &'static [&'static str],
    /// Where valgrind writes what it says.
    folder: tempfile::TempDir,
}

/// Why the instructions of a benchmark cannot be counted.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

/// One counted process.
#[derive(Clone, Copy, Debug)]
struct Counted {
    instructions: u64,
    samples: u32,
    iterations: u64,
}

/// A bench process under callgrind may take this long: it runs some fifty times slower.
const LIMIT: Duration = Duration::from_secs(120);
/// Addresses change hashes of pointers and how far the allocator must look.
const FIXED_ADDRESSES: [&str; 2] = ["setarch", "--addr-no-randomize"];
/// Iterations that a first count is made with, beside the one that is subtracted.
const FEW: u32 = 2;
/// Instructions to count at least: a process differs from the next by some hundreds of the 92
/// million that Divan's start-up takes, which is a thousandth of this.
const ENOUGH: f64 = 1e6;
/// The largest batch: what Divan keeps for each of its iterations must fit in memory.
const MOST: u32 = 1 << 16;

impl InstructionCounter {
    /// Tries callgrind on this machine; `Err` says for people why there is no count and how to get
    /// one.
    pub(crate) fn find(interrupt: &Interrupt) -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("instructions are counted on Linux alone".to_owned());
        }
        let folder = tempfile::tempdir()
            .map_err(|error| format!("there is no folder for callgrind's messages: {error}"))?;
        let mut counter = Self { fixed_addresses: &FIXED_ADDRESSES, folder };
        // Containers often forbid what setarch does; a count without it is nearly as good.
        if counter.try_out(interrupt).is_err() {
            counter.fixed_addresses = &[];
            counter.try_out(interrupt)?;
        }
        Ok(counter)
    }

    /// Instructions of an iteration of the only row that a launch of `entry` gives.
    ///
    /// `Ok(Err(reason))` where they cannot be counted; `Err` where nothing starts any more, or
    /// after an interrupt.
    pub(crate) fn count(
        &self,
        launcher: &Launcher,
        entry: &ListedBenchmark,
    ) -> Result<Result<f64, String>> {
        match an_iteration(|n| self.launch(launcher, entry, n)) {
            Ok(instructions) => Ok(Ok(instructions)),
            Err(error) => error.downcast().map(|Refused(reason)| Err(reason)),
        }
    }

    /// Counts one process with a single sample of `n` iterations.
    fn launch(&self, launcher: &Launcher, entry: &ListedBenchmark, n: u32) -> Result<Counted> {
        let config = SampleConfig { sample_size: n, sample_count: 1 };
        let rows = match launcher.launch_within(self.callgrind(), entry, config, LIMIT)? {
            LaunchOutcome::Rows(rows) => rows,
            LaunchOutcome::Failure(reason) => return refuse(format!("under callgrind {reason}")),
        };
        let [(_, reading)] = rows.as_slice() else {
            return refuse("it has a row for each thread count, and a process gives one count");
        };
        let log = fs::read_to_string(self.log()).context("cannot read callgrind's messages")?;
        let Some(instructions) = collected(&log) else {
            return refuse("callgrind says no total");
        };
        let iterations = u64::from(reading.sample_size) * u64::from(reading.sample_count);
        Ok(Counted { instructions, samples: reading.sample_count, iterations })
    }

    /// Runs a program that does nothing, to see that callgrind works here.
    fn try_out(&self, interrupt: &Interrupt) -> Result<(), String> {
        let mut command = self.callgrind();
        command.arg("true");
        let ended = match process::run(command, LIMIT, interrupt) {
            Ok(ended) => ended,
            Err(error) => return Err(unavailable(&error)),
        };
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        match collected(&log) {
            Some(_) => Ok(()),
            None => {
                let said = String::from_utf8_lossy(&ended.stderr);
                let said = said.lines().chain(log.lines()).next().unwrap_or("it says nothing");
                Err(format!("valgrind is installed and does not work here: {said}"))
            }
        }
    }

    /// The command that counts the program which its last arguments are to name.
    fn callgrind(&self) -> Command {
        let mut words = self.fixed_addresses.iter().chain(&["valgrind"]);
        let mut command = Command::new(words.next().unwrap_or(&"valgrind"));
        command.args(words);
        // Settings of the user's could add programs to the count or hide the total.
        command.args(["--command-line-only=yes", "--tool=callgrind", "--trace-children=no"]);
        // The total alone is wanted. It is in the messages, which go to a file: on standard error
        // they would mix with the benchmark's own. A fork would write its total there as well.
        command.args(["--callgrind-out-file=/dev/null", "--child-silent-after-fork=yes"]);
        let mut log = OsString::from("--log-file=");
        log.push(self.log());
        command.arg(log);
        command
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("messages")
    }
}

/// Instructions of one iteration: two processes differ by iterations alone, so that subtracting
/// one from the other leaves out the start-up, which is much more than what is looked for.
fn an_iteration(mut count: impl FnMut(u32) -> Result<Counted>) -> Result<f64> {
    let single = count(1)?;
    let rough = single.up_to(count(1 + FEW)?)?;
    let instructions = match more(rough) {
        Some(more) => single.up_to(count(1 + more)?)?,
        None => rough,
    };
    if instructions <= 0.0 {
        return refuse("it takes fewer instructions than a process differs by from the next");
    }
    Ok(instructions)
}

/// How many iterations to count where the first few are too small to be told from chance.
///
/// A power of two, as in a launch: two sides of a comparison mostly get the same, and so the same
/// mix of inputs where a benchmark rotates over them.
fn more(rough: f64) -> Option<u32> {
    let enough = (ENOUGH / rough.max(1.0)).ceil() as u32;
    (enough > FEW).then(|| enough.next_power_of_two().min(MOST))
}

impl Counted {
    /// Instructions of each iteration that `longer` has more.
    fn up_to(self, longer: Self) -> Result<f64> {
        let iterations = longer.iterations.saturating_sub(self.iterations);
        if longer.samples != self.samples || iterations == 0 {
            return refuse("it chooses its batches by the clock: it may have a `min_time`");
        }
        Ok((longer.instructions as f64 - self.instructions as f64) / iterations as f64)
    }
}

/// The total in callgrind's messages.
fn collected(log: &str) -> Option<u64> {
    log.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
}

fn refuse<T>(reason: impl Into<String>) -> Result<T> {
    Err(Refused(reason.into()).into())
}

/// Why callgrind did not start.
fn unavailable(error: &anyhow::Error) -> String {
    match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => {
            "valgrind is not installed: `apt install valgrind` or `dnf install valgrind` brings it"
                .to_owned()
        }
        _ => format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::build::Executable;
    use crate::bench::workspace::BenchTarget;
    use perf_judge::ident::BenchmarkId;
    use std::path::Path;

    const MESSAGES: &str = "==7== Callgrind, a call-graph generating cache profiler
==7== Command: target/b --bench --exact --sample-size 1 -- b::sort
==7==\x20
==7== Events    : Ir
==7== Collected : 92243879
==7==\x20
==7== I   refs:      92,243,879
";

    #[test]
    fn the_total_is_found_among_callgrinds_messages() {
        assert_eq!(collected(MESSAGES), Some(92_243_879));
        assert_eq!(collected("==7== Command: b\n"), None);
        assert_eq!(collected("==7== Collected : \n"), None);
    }

    /// What is found of a benchmark of so many instructions, and the batches that were counted.
    fn found(instructions: f64, variation: [u64; 3]) -> (Result<f64>, Vec<u32>) {
        let mut asked = vec![];
        let found = an_iteration(|n| {
            let start_up = 92_000_000 + variation[asked.len()];
            asked.push(n);
            let instructions = start_up + (f64::from(n) * instructions) as u64;
            Ok(Counted { instructions, samples: 1, iterations: n.into() })
        });
        (found, asked)
    }

    #[test]
    fn short_iterations_are_counted_in_larger_batches() {
        let cases: [(f64, &[u32]); 5] = [
            (9e6, &[1, 3]),
            (500_000.0, &[1, 3]),
            (499_000.0, &[1, 3, 5]),
            (393.0, &[1, 3, 4097]),
            (1.0, &[1, 3, 65_537]),
        ];
        for (instructions, batches) in cases {
            let (found, asked) = found(instructions, [0; 3]);
            assert_eq!((found.unwrap(), asked.as_slice()), (instructions, batches));
        }
    }

    #[test]
    fn a_start_up_that_varies_hardly_shows() {
        let (found, asked) = found(10.0, [400, 0, 0]);
        assert_eq!(asked, [1, 3, 65_537]);
        assert!((found.unwrap() - 10.0).abs() < 0.01);
    }

    #[test]
    fn a_benchmark_of_nothing_is_refused() {
        let error = found(0.0, [400, 0, 0]).0.unwrap_err();
        assert!(error.downcast_ref::<Refused>().unwrap().0.contains("fewer instructions"));
        assert!(found(0.0, [0; 3]).0.is_err());
    }

    #[test]
    fn samples_by_the_clock_are_refused() {
        let by_clock = |n: u32| {
            let samples = 100 / n;
            Ok(Counted { instructions: 0, samples, iterations: u64::from(n * samples) })
        };
        assert!(an_iteration(by_clock).unwrap_err().to_string().contains("min_time"));
    }

    /// A script that works as a Divan bench with these rows does: some for its start, and `work`
    /// for each iteration. Its numbers have five digits all along, as longer ones cost more.
    fn bench(folder: &Path, work: u32, rows: &str) -> ListedBenchmark {
        let script = format!(
            "#!/bin/sh
while [ $# -gt 0 ]; do [ \"$1\" = --sample-size ] && n=$2; shift; done
i=10000; while [ $i -lt $((10000 + n * {work})) ]; do i=$((i + 1)); done
echo 'b        fastest       │ slowest       │ median        │ mean          │ samples │ iters'
{rows}"
        );
        let path = folder.join("bench");
        fs::write(&path, script).unwrap();
        Command::new("chmod").arg("+x").arg(&path).status().unwrap();
        let target = BenchTarget {
            package_id: "p#1".to_owned(),
            package: "p".to_owned(),
            dir: folder.to_owned(),
            name: "b".to_owned(),
            source: folder.join("b.rs"),
        };
        ListedBenchmark {
            executable: Executable { target, path, programs: std::collections::BTreeMap::new() },
            listed: "b::a".to_owned(),
            id: BenchmarkId::new("p", "b", &["b".to_owned(), "a".to_owned()]),
            variables: <_>::default(),
        }
    }

    #[test]
    fn twice_the_work_counts_twice() {
        let interrupt = Interrupt::default();
        let counter = match InstructionCounter::find(&interrupt) {
            Ok(counter) => counter,
            Err(reason) => return eprintln!("not tested: {reason}"),
        };
        let launcher = Launcher::new(None, None, LIMIT, interrupt);
        let folder = tempfile::tempdir().unwrap();
        let count =
            |work, rows| counter.count(&launcher, &bench(folder.path(), work, rows)).unwrap();
        let row = |label| {
            format!(
                "printf '{label}     1 µs          │ 1 µs          │ 1 µs          │ 1 µs          │ 1       │ %s\\n' $n\n"
            )
        };
        let one = row("╰─ a");
        let (once, twice) = (count(200, &one).unwrap(), count(400, &one).unwrap());
        assert!((1.99..2.01).contains(&(twice / once)), "{once} and {twice}");
        let group = "echo '╰─ a                   │               │               │               │         │'\n";
        let threads = group.to_owned() + &row("   ├─ t=1") + &row("   ╰─ t=2");
        assert!(count(1, &threads).unwrap_err().contains("thread count"));
    }
}
