//! Instructions of a benchmark, counted by callgrind. The counts do not depend on the machine's
//! load, its clock or the placement of code.

use super::callgrind_events::CallgrindEvents;
use super::counted_sample::{CountedSample, TRIES};
use super::executed_sample::ExecutedSample;
use super::launch::LaunchOutcome;
use super::recording_file::Marked;
use super::sample_config::SampleConfig;
use super::subtraction::{CountRefused, ProcessCount, count_iteration, refuse};
use super::{Launcher, ListedBenchmark, process};
use crate::interrupt::Interrupt;
use anyhow::{Context as _, Result};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Counts instructions by callgrind, if valgrind is installed.
///
/// All threads of the process are counted together. Programs that a benchmark starts are not
/// counted, nor is the kernel.
///
/// One process counts one sample: the clock recorder turns callgrind on and off at its two clock
/// reads, so inputs and drops are not counted. Where the sample cannot be proved, the difference of
/// two processes is taken, inputs and drops included.
#[derive(Debug)]
pub(crate) struct InstructionCounter {
    /// The command before `valgrind` that gives every process the same addresses; may be empty.
    fixed_addresses: &'static [&'static str],
    /// The folder for the messages of valgrind.
    folder: tempfile::TempDir,
}

/// The instructions of one iteration, or why they cannot be counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum InstructionCount {
    Counted(CountedProcess),
    Refused(CountRefused),
}

/// What a process counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CountedProcess {
    /// Instructions of one iteration.
    pub(super) instructions: f64,
    /// The executed code, if it was asked for and the sample was proved; or why it was not read.
    pub(super) executed: Option<Result<ExecutedSample, String>>,
}

/// The file of valgrind's messages.
const MESSAGES_FILE: &str = "messages";
/// The minimum time limit of a bench process under callgrind, which is about fifty times slower.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(120);
/// Addresses influence hashes of pointers and the searches of the allocator.
const FIXED_ADDRESSES: [&str; 2] = ["setarch", "--addr-no-randomize"];
impl InstructionCounter {
    /// Tries callgrind on this machine. The error is a message with the reason and a fix.
    pub(crate) fn find(interrupt: &Interrupt) -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("callgrind is only supported on Linux".to_owned());
        }
        let folder = tempfile::tempdir()
            .map_err(|error| format!("cannot create a temporary folder for callgrind: {error}"))?;
        let mut counter = Self { fixed_addresses: &FIXED_ADDRESSES, folder };
        // Containers often forbid setarch. Counts without it vary only slightly more.
        if counter.check(interrupt).is_err() {
            counter.fixed_addresses = &[];
            counter.check(interrupt)?;
        }
        Ok(counter)
    }

    /// The same counter with a folder of its own, for processes that run at the same time.
    pub(super) fn another(&self) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
        Ok(Self { fixed_addresses: self.fixed_addresses, folder })
    }

    /// Counts the instructions of one iteration of a benchmark whose launches have one row.
    ///
    /// Without `sample`, or if it cannot be proved under callgrind, the difference of two processes
    /// is taken.
    ///
    /// Fails if no process can be started, or after an interrupt.
    pub(super) fn count(
        &self,
        launcher: &Launcher,
        entry: &ListedBenchmark,
        sample: Option<CountedSample>,
        lists_code: bool,
    ) -> Result<InstructionCount> {
        match self.count_by_any_method(launcher, entry, sample, lists_code) {
            Ok(counted) => Ok(InstructionCount::Counted(counted)),
            Err(error) => error.downcast().map(InstructionCount::Refused),
        }
    }

    fn count_by_any_method(
        &self,
        launcher: &Launcher,
        entry: &ListedBenchmark,
        sample: Option<CountedSample>,
        lists_code: bool,
    ) -> Result<CountedProcess> {
        if let Some(sample) = sample {
            // On a busy machine a sample sometimes cannot be proved.
            for _ in 0..TRIES {
                if let Some(counted) = self.count_sample(launcher, entry, sample, lists_code)? {
                    return Ok(counted);
                }
            }
        }
        let instructions =
            count_iteration(|sample_size| self.launch(launcher, entry, sample_size))?;
        Ok(CountedProcess { instructions, executed: None })
    }

    /// The instructions per iteration of a sample. `None` if it cannot be proved in this process too.
    fn count_sample(
        &self,
        launcher: &Launcher,
        entry: &ListedBenchmark,
        CountedSample { config, marks, .. }: CountedSample,
        lists_code: bool,
    ) -> Result<Option<CountedProcess>> {
        let mut command = self.callgrind();
        command.arg("--instr-atstart=no");
        if lists_code {
            command.arg("--dump-instr=yes").arg(self.option("--callgrind-out-file=", "code"));
        }
        let marked = Some(Marked { marks, warm_up: None, allocations: false });
        let launched = launcher.launch_by(command, entry, config, TIME_LIMIT, marked)?;
        self.check_instructions()?;
        if launched.proved.last_sample != Some(marks) {
            return Ok(None);
        }
        let Some(instructions) = self.collected()?.filter(|instructions| *instructions > 0) else {
            return Ok(None);
        };
        let instructions = instructions as f64 / f64::from(config.sample_size);
        let executed = lists_code.then(|| ExecutedSample::read(&self.file("code")));
        Ok(Some(CountedProcess { instructions, executed }))
    }

    /// Counts one process with a single sample.
    fn launch(
        &self,
        launcher: &Launcher,
        entry: &ListedBenchmark,
        sample_size: u32,
    ) -> Result<ProcessCount> {
        let config = SampleConfig { sample_size, sample_count: 1 };
        let launched = launcher.launch_by(self.callgrind(), entry, config, TIME_LIMIT, None)?;
        self.check_instructions()?;
        let rows = match launched.outcome {
            LaunchOutcome::Rows(rows) => rows,
            LaunchOutcome::Failure(reason) => return refuse(format!("under callgrind {reason}")),
        };
        let [(_, row)] = rows.as_slice() else {
            return refuse(
                "it has a row per thread count, and callgrind counts all threads together",
            );
        };
        let Some(instructions) = self.collected()? else {
            return refuse("callgrind printed no total");
        };
        let iterations = u64::from(row.sample_size) * u64::from(row.sample_count);
        Ok(ProcessCount { instructions, samples: row.sample_count, iterations })
    }

    /// Runs callgrind with a program that does nothing.
    fn check(&self, interrupt: &Interrupt) -> Result<(), String> {
        let mut command = self.callgrind();
        command.arg("true");
        let ended = match process::run(command, TIME_LIMIT, interrupt) {
            Ok(ended) => ended,
            Err(error) => return Err(unavailable(&error)),
        };
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        match CallgrindEvents::of(&log).instructions() {
            Some(_) => Ok(()),
            None => {
                let stderr = String::from_utf8_lossy(&ended.stderr);
                let message = stderr.lines().chain(log.lines()).next().unwrap_or("no message");
                Err(format!(
                    "valgrind is installed but fails: {message}. Run `valgrind true` to see the error"
                ))
            }
        }
    }

    /// The command without its last arguments: the counted program and its arguments.
    pub(super) fn callgrind(&self) -> Command {
        let mut words = self.fixed_addresses.iter().chain(&["valgrind"]);
        let mut command = Command::new(words.next().unwrap_or(&"valgrind"));
        command.args(words);
        // The user's settings could count other programs or suppress the total.
        command.args(["--command-line-only=yes", "--tool=callgrind", "--trace-children=no"]);
        // Only the total is needed. It is in the messages, which go to a file, because standard
        // error has the messages of the benchmark. A fork would write its total to the file too.
        command.args(["--callgrind-out-file=/dev/null", "--child-silent-after-fork=yes"]);
        command.arg(self.option("--log-file=", MESSAGES_FILE));
        command
    }

    /// A file of the folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An option whose value is a file of the folder.
    pub(super) fn option(&self, option: &str, file: &str) -> OsString {
        let mut argument = OsString::from(option);
        argument.push(self.file(file));
        argument
    }

    /// Refuses the count of the last process if valgrind did not know one of its instructions. The
    /// process then got SIGILL, which it may have handled.
    fn check_instructions(&self) -> Result<()> {
        if has_unknown_instruction(&self.messages()?) {
            return Err(CountRefused::UnknownInstruction.into());
        }
        Ok(())
    }

    /// The instructions of the last process.
    fn collected(&self) -> Result<Option<u64>> {
        Ok(self.events()?.instructions())
    }

    /// The events of the last process.
    pub(super) fn events(&self) -> Result<CallgrindEvents> {
        Ok(CallgrindEvents::of(&self.messages()?))
    }

    /// The messages of valgrind on the last process.
    fn messages(&self) -> Result<String> {
        fs::read_to_string(self.log()).context("cannot read callgrind's messages")
    }

    fn log(&self) -> PathBuf {
        self.file(MESSAGES_FILE)
    }
}

/// Whether valgrind reported an instruction that it does not know, on any architecture.
fn has_unknown_instruction(log: &str) -> bool {
    let is_report = |line: &str| {
        line.contains("valgrind: Unrecognised instruction at address")
            || line.contains("unhandled instruction")
    };
    log.lines().any(is_report)
}

/// The message for a callgrind that did not start.
fn unavailable(error: &anyhow::Error) -> String {
    match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => {
            "valgrind is not installed: run `apt install valgrind` or `dnf install valgrind`"
                .to_owned()
        }
        _ => format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn an_unknown_instruction_is_found_among_valgrinds_messages() {
        let x86 = "vex amd64->IR: unhandled instruction bytes: 0x62 0xF1 0x7C 0x48\n";
        let arm = "disInstr(arm64): unhandled instruction 0xD53B4400\n";
        let any = "==7== valgrind: Unrecognised instruction at address 0x177782.\n";
        assert!([x86, arm, any].into_iter().all(has_unknown_instruction));
        let own = "==7== Process terminating with default action of signal 4 (SIGILL)\n";
        assert!(!has_unknown_instruction(own));
    }

    /// A script with the interface of a Divan bench, `steps` loops per iteration and these rows. All
    /// numbers have five digits, because longer ones take more instructions.
    fn bench(folder: &Path, steps: u32, rows: &str) -> ListedBenchmark {
        let script = format!(
            "#!/bin/sh
while [ $# -gt 0 ]; do [ \"$1\" = --sample-size ] && n=$2; shift; done
i=10000; while [ $i -lt $((10000 + n * {steps})) ]; do i=$((i + 1)); done
echo 'b        fastest       │ slowest       │ median        │ mean          │ samples │ iters'
{rows}"
        );
        let path = folder.join("bench");
        fs::write(&path, script).unwrap();
        Command::new("chmod").arg("+x").arg(&path).status().unwrap();
        ListedBenchmark::at(&path, "p/b::a")
    }

    #[test]
    fn twice_the_instructions_count_twice() {
        let interrupt = Interrupt::default();
        let counter = match InstructionCounter::find(&interrupt) {
            Ok(counter) => counter,
            Err(reason) => return eprintln!("not tested: {reason}"),
        };
        let launcher = Launcher::new(None, TIME_LIMIT, interrupt);
        let folder = tempfile::tempdir().unwrap();
        let count = |steps, rows| {
            counter.count(&launcher, &bench(folder.path(), steps, rows), None, false).unwrap()
        };
        let row = |label| {
            format!(
                "printf '{label}     1 µs          │ 1 µs          │ 1 µs          │ 1 µs          │ 1       │ %s\\n' $n\n"
            )
        };
        let one = row("╰─ a");
        let counted = |steps| match count(steps, &one) {
            InstructionCount::Counted(counted) => counted.instructions,
            other => panic!("{other:?}"),
        };
        let (once, twice) = (counted(200), counted(400));
        assert!((1.99..2.01).contains(&(twice / once)), "{once} and {twice}");
        let group = "echo '╰─ a                   │               │               │               │         │'\n";
        let threads = group.to_owned() + &row("   ├─ t=1") + &row("   ╰─ t=2");
        let refused = count(1, &threads);
        assert!(
            matches!(refused, InstructionCount::Refused(reason) if reason.to_string().contains("thread count"))
        );
    }
}
