//! Everything that is printed: the report to standard output, the rest to standard error.

use crate::command_name::named;
use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, Result};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use perf_judge::unit;
use perf_report::visible;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// When standard output is colored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On terminals only.
    Auto,
    /// Also in files and pipes.
    Always,
    /// Never.
    Never,
}

/// Prints an error with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    say(&format!("error: {error:#}"));
}

/// Prints a line to standard error, without control characters.
///
/// A closed standard error, e.g. by `2>&1 | head`, does not stop the measurement.
pub(crate) fn say(line: &str) {
    let escape = |c: char| match c {
        '\n' | '\t' => c.to_string(),
        _ => visible(&c.to_string()),
    };
    let line = named(line);
    let _ = writeln!(io::stderr(), "{}", line.chars().map(escape).collect::<String>());
}

/// Copies the output of another program to standard error, to its end.
pub(crate) fn pass_on(mut stream: impl Read) {
    let mut buffer = [0; 4096];
    while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
        let _ = io::stderr().write_all(&buffer[..bytes]);
    }
}

/// The width of the terminal that standard output is, in columns; `None` where it is none.
pub(crate) fn width() -> Option<usize> {
    let terminal = console::Term::stdout();
    let (_, columns) = terminal.size_checked().filter(|_| terminal.is_term())?;
    Some(columns.into())
}

/// Prints the report. A closed pipe is no error.
pub(crate) fn report(text: &str, color: Color) -> io::Result<()> {
    let choice = match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let mut stream = AutoStream::new(io::stdout(), choice).lock();
    let text = named(text);
    ignore_closed_pipe(stream.write_all(text.as_bytes()).and_then(|()| stream.flush()))
}

/// Prints text unchanged, for other programs. A closed pipe is no error.
pub(crate) fn verbatim(text: &str) -> io::Result<()> {
    let mut stream = io::stdout().lock();
    ignore_closed_pipe(stream.write_all(text.as_bytes()).and_then(|()| stream.flush()))
}

fn ignore_closed_pipe(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// A stream whose reader may close it before the end.
#[derive(Debug)]
pub(crate) struct ClosableStream<W> {
    stream: W,
    is_closed: bool,
}

impl<W> ClosableStream<W> {
    pub(crate) fn new(stream: W) -> Self {
        Self { stream, is_closed: false }
    }

    /// Whether the reader closed the stream.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn note_closed<T>(&mut self, written: io::Result<T>) -> io::Result<T> {
        let is_closed = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        self.is_closed |= written.as_ref().err().is_some_and(is_closed);
        written
    }
}

impl<W: io::Write> io::Write for ClosableStream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stream.write(bytes);
        self.note_closed(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.stream.flush();
        self.note_closed(flushed)
    }
}

/// The progress of a measurement: a bar on a terminal, else a line now and then.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    title: String,
    lines: LineSchedule,
}

/// A moment of a measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProgressState<'a> {
    /// The steps done, e.g. launches, of all.
    pub(crate) done: usize,
    pub(crate) of: usize,
    /// The benchmarks that are done, of all, if a step is no benchmark.
    pub(crate) benchmarks: Option<(usize, usize)>,
    /// The estimated time left.
    pub(crate) left: Duration,
    /// The benchmark of this step.
    pub(crate) current: &'a str,
    /// The benchmark with the longest launches, and their duration.
    pub(crate) slowest: Option<(&'a str, Duration)>,
}

/// When a log gets its next line: after some time and some progress, so that the number of lines is
/// bounded.
#[derive(Debug)]
struct LineSchedule {
    last: Instant,
    last_done: usize,
}

/// The least time between two lines in a log.
const LINE_INTERVAL: Duration = Duration::from_secs(15);
/// The most lines per measurement.
const MAX_LINES: usize = 20;

impl Progress {
    /// Progress through `count` steps; prints the title unless there are none.
    pub(crate) fn start(title: &str, one: &str, many: &str, count: usize) -> Self {
        let progress = Self::go_on(title, count);
        if progress.bar.is_none() && count > 0 {
            say(&format!("{title}: {}", unit::counted(count, one, many)));
        }
        progress
    }

    /// Progress through `count` steps whose title is already printed.
    pub(crate) fn go_on(title: &str, count: usize) -> Self {
        let bar = io::stderr().is_terminal().then(|| bar(count));
        let lines = LineSchedule { last: Instant::now(), last_done: 0 };
        Self { bar, title: title.to_owned(), lines }
    }

    /// Shows the state.
    pub(crate) fn at(&mut self, state: &ProgressState<'_>) {
        if let Some(bar) = &self.bar {
            bar.set_length(state.of as u64);
            bar.set_position(state.done as u64);
            let text = format!("{}: {}: {}", self.title, state.summary(), state.current);
            bar.set_message(printable(&text));
        } else if self.lines.is_due(state, Instant::now()) {
            let (done, of) = (state.done, state.of);
            let steps = if state.benchmarks.is_some() { "launches" } else { "benchmarks" };
            say(&format!("{}: {done} of {of} {steps}, {}", self.title, state.summary()));
        }
    }
}

impl ProgressState<'_> {
    /// The benchmarks done, the time left and the slowest benchmark.
    fn summary(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.benchmarks.map(|(done, of)| format!("{done} of {of} benchmarks done")));
        parts.push(format!("about {} left", unit::span(self.left.as_secs_f64())));
        parts.extend(self.slowest.map(|(name, time)| {
            format!("slowest {name} ({} per launch)", unit::time(time.as_secs_f64() * 1e9))
        }));
        parts.join(", ")
    }
}

impl LineSchedule {
    fn is_due(&mut self, state: &ProgressState<'_>, now: Instant) -> bool {
        let progress = state.done.saturating_sub(self.last_done) * MAX_LINES;
        let is_due = now.duration_since(self.last) >= LINE_INTERVAL && progress >= state.of.max(1);
        if is_due {
            *self = Self { last: now, last_done: state.done };
        }
        is_due
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(count: usize) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(8);
    let style = ProgressStyle::with_template("[{bar:24}] {pos}/{len} {wide_msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
    ProgressBar::with_draw_target(Some(count as u64), target).with_style(style)
}

fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Opens a page in the default browser.
pub(crate) fn open_in_browser(page: &Path) -> Result<()> {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let started = Command::new(program).arg(page).spawn();
    started
        .map(drop)
        .with_context(|| format!("cannot start {program}: open {} in a browser", page.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: ProgressState<'_> = ProgressState {
        done: 120,
        of: 400,
        benchmarks: Some((3, 80)),
        left: Duration::from_secs(80),
        current: "p/b::a",
        slowest: Some(("p/b::x", Duration::from_millis(2100))),
    };

    #[test]
    fn the_summary_has_benchmarks_time_and_the_slowest() {
        assert_eq!(
            STATE.summary(),
            "3 of 80 benchmarks done, about 1 min 20 s left, slowest p/b::x (2.100 s per launch)"
        );
        let probing = ProgressState { benchmarks: None, slowest: None, ..STATE };
        assert_eq!(probing.summary(), "about 1 min 20 s left");
    }

    #[test]
    fn a_log_has_a_bounded_number_of_lines() {
        let start = Instant::now();
        let lines = |seconds: u64, steps: usize| {
            let mut schedule = LineSchedule { last: start, last_done: 0 };
            let due = |done: &usize| {
                let at = start + Duration::from_secs(seconds) * *done as u32 / steps as u32;
                schedule.is_due(&ProgressState { done: *done, of: steps, ..STATE }, at)
            };
            (0..=steps).filter(due).count()
        };
        for (seconds, steps, expected) in
            [(14, 1000, 0), (60, 1000, 4), (7200, 1000, 20), (7200, 3, 3)]
        {
            assert_eq!(lines(seconds, steps), expected, "{seconds} s");
        }
    }
}
