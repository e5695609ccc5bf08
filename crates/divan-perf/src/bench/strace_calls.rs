//! The system calls of a sample in the output of strace.

use std::collections::BTreeMap;

/// Reads the output of `strace -f -e raw=all -o FILE` line by line.
///
/// The clock recorder calls `getrusage` for its own process at both marks of a sample. A benchmark that
/// makes such calls itself is refused.
#[derive(Debug, Default)]
pub(super) struct StraceCalls {
    /// The process of the first line.
    main: Option<u32>,
    /// The number of marks so far.
    marks: u32,
    calls: BTreeMap<String, u64>,
    /// The last call of the main thread since the first mark.
    last: LastCall,
}

/// Why the system calls of a sample are not known.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(super) enum UnknownCalls {
    /// The sample did not end, or its marks do not occur.
    #[error("the sample has no end in the output of strace")]
    NoSample,
    /// The benchmark makes the call that marks a sample.
    #[error(
        "the benchmark calls getrusage, which marks the ends of a sample in the output of strace"
    )]
    OwnMarks,
}

/// A call next to a mark.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum LastCall {
    #[default]
    Mark,
    Clock,
    Other,
}

/// The call that the clock recorder makes at a mark, for its own process.
const MARK: &str = "getrusage(0,";
/// A read of the clock, where the kernel offers none without a system call.
const CLOCK: &str = "clock_gettime";
/// The same with the number of the clock that Divan reads.
const DIVANS_CLOCK: &str = "clock_gettime(0x1,";

impl StraceCalls {
    /// Adds a line.
    pub(super) fn push(&mut self, line: &str) {
        let Some((process, call)) = line.split_once(' ') else { return };
        let (Ok(process), call) = (process.parse::<u32>(), call.trim_start()) else { return };
        // The end of a call that another thread interrupted begins with `<...`.
        let Some(name) = call.split_once('(').map(|(name, _)| name).filter(|name| is_name(name))
        else {
            return;
        };
        let is_main = *self.main.get_or_insert(process) == process;
        if is_main && call.starts_with(MARK) {
            self.mark();
        } else if self.marks == 1 {
            self.count(name, is_main, call.starts_with(DIVANS_CLOCK));
        }
    }

    /// The calls of the sample by name, of all threads and of programs that it started.
    pub(super) fn finish(self) -> Result<BTreeMap<String, u64>, UnknownCalls> {
        match self.marks {
            0 | 1 => Err(UnknownCalls::NoSample),
            2 => Ok(self.calls),
            _ => Err(UnknownCalls::OwnMarks),
        }
    }

    fn mark(&mut self) {
        // Divan reads the clock right before the mark at the end of a sample.
        if self.marks == 1 && self.last == LastCall::Clock {
            self.remove_clock_read();
        }
        self.marks += 1;
    }

    fn count(&mut self, name: &str, is_main: bool, is_clock: bool) {
        let is_first = is_main && self.last == LastCall::Mark;
        if is_main {
            self.last = LastCall::Other;
        }
        // Divan reads the clock right after the mark at the start of a sample.
        if is_first && is_clock {
            return;
        }
        if is_main && is_clock {
            self.last = LastCall::Clock;
        }
        *self.calls.entry(name.to_owned()).or_default() += 1;
    }

    fn remove_clock_read(&mut self) {
        let Some(reads) = self.calls.get_mut(CLOCK) else { return };
        *reads -= 1;
        if *reads == 0 {
            self.calls.remove(CLOCK);
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.chars().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(lines: &str) -> Result<BTreeMap<String, u64>, UnknownCalls> {
        let mut calls = StraceCalls::default();
        lines.lines().for_each(|line| calls.push(line));
        calls.finish()
    }

    fn numbers(numbers: &[(&str, u64)]) -> BTreeMap<String, u64> {
        numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect()
    }

    const START: &str = "17    execve(0x7ffc, 0x7ffd, 0x7ffe) = 0
17    brk(0)                            = 0x55c9b6830000
17    getrusage(0, 0x7ffdabe0c7e0)      = 0
";
    const END: &str = "17    getrusage(0, 0x7ffdabe0c7e0)      = 0
17    write(0x1, 0x55c9b6830000, 0x40)  = 0x40
17    getrusage(0xffffffff, 0x7ffdabe0) = 0
17    exit_group(0)                     = ?
17    +++ exited with 0 +++
";

    #[test]
    fn calls_between_the_marks_are_counted_by_name() {
        let cases = [
            ("", numbers(&[])),
            (
                "17    write(0x3, 0x55c9, 0x1) = 0x1\n17    write(0x3, 0x55c9, 0x1) = 0x1\n17    close(0x3) = 0\n",
                numbers(&[("close", 1), ("write", 2)]),
            ),
            // Two threads: an interrupted call counts once, where it begins.
            (
                "17    futex(0x7f81, 0, 0x2, 0, 0, 0 <unfinished ...>
18    <... read resumed>)               = 0x1
18    futex(0x7f81, 0x1, 0x1, 0, 0, 0)  = 0x1
17    <... futex resumed>)              = 0
18    read(0x3, 0x7f81, 0x1 <unfinished ...>
",
                numbers(&[("futex", 2), ("read", 1)]),
            ),
            // Signals and ends of processes are no calls.
            (
                "19    --- SIGCHLD {si_signo=SIGCHLD} ---\n19    +++ killed by SIGKILL +++\n\n",
                numbers(&[]),
            ),
            // Other processes may call it, and this one for its children.
            (
                "18    getrusage(0, 0x7ffd) = 0\n17    getrusage(0xffffffff, 0x7ffd) = 0\n",
                numbers(&[("getrusage", 2)]),
            ),
            ("17    syscall_0x1d0(0x1, 0x2) = -1 (errno 38)\n", numbers(&[("syscall_0x1d0", 1)])),
        ];
        for (between, expected) in cases {
            assert_eq!(calls(&format!("{START}{between}{END}")), Ok(expected), "{between}");
        }
    }

    #[test]
    fn divans_own_clock_reads_are_left_out() {
        let read = "17    clock_gettime(0x1, 0x7ffd) = 0\n";
        let of_cpu = "17    clock_gettime(0x3, 0x7ffd) = 0\n";
        let write = "17    write(0x3, 0x55c9, 0x1) = 0x1\n";
        let other = "18    futex(0x7f81, 0x1, 0x1, 0, 0, 0)  = 0x1\n";
        let cases = [
            (format!("{read}{read}"), numbers(&[])),
            (format!("{read}{write}{read}"), numbers(&[("write", 1)])),
            (format!("{other}{read}{write}{read}{other}"), numbers(&[("futex", 2), ("write", 1)])),
            (format!("{read}{read}{write}{read}"), numbers(&[("clock_gettime", 1), ("write", 1)])),
            (format!("{write}{read}{write}"), numbers(&[("clock_gettime", 1), ("write", 2)])),
            (format!("{of_cpu}{write}{of_cpu}"), numbers(&[("clock_gettime", 2), ("write", 1)])),
        ];
        for (between, expected) in cases {
            assert_eq!(calls(&format!("{START}{between}{END}")), Ok(expected), "{between}");
        }
    }

    #[test]
    fn a_sample_without_its_two_marks_is_unknown() {
        let mark = "17    getrusage(0, 0x7ffd) = 0\n";
        let cases = [
            (String::new(), UnknownCalls::NoSample),
            (START.to_owned(), UnknownCalls::NoSample),
            (format!("{START}{mark}{END}"), UnknownCalls::OwnMarks),
            (format!("{START}{END}{mark}"), UnknownCalls::OwnMarks),
        ];
        for (trace, expected) in cases {
            assert_eq!(calls(&trace), Err(expected), "{trace}");
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for line in
            ["", " ", "17", "x y(", "17 (", "17 \u{e9}(0x1)", "99999999999 read(", "17 Read("]
        {
            assert_eq!(calls(line), Err(UnknownCalls::NoSample), "{line}");
        }
    }
}
