//! Everything that is printed: the report to standard output, the rest to standard error.

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use perf_judge::unit;
use perf_report::visible;
use std::io::{self, IsTerminal as _, Read, Write as _};
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
    let _ = writeln!(io::stderr(), "{}", line.chars().map(escape).collect::<String>());
}

/// Copies the output of another program to standard error, to its end.
pub(crate) fn pass_on(mut stream: impl Read) {
    let mut buffer = [0; 4096];
    while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
        let _ = io::stderr().write_all(&buffer[..bytes]);
    }
}

/// Prints the report. A closed pipe is no error.
pub(crate) fn report(text: &str, color: Color) -> io::Result<()> {
    let choice = match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let mut stream = AutoStream::new(io::stdout(), choice).lock();
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

/// The progress of a measurement: a bar on a terminal, else a line per [`LINE_INTERVAL`].
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    title: String,
    last_line: Instant,
}

/// The time between two lines in a log.
const LINE_INTERVAL: Duration = Duration::from_secs(15);

impl Progress {
    /// Progress through `launches`; prints the title.
    pub(crate) fn start(title: &str, launches: usize) -> Self {
        let progress = Self::go_on(title, launches);
        if progress.bar.is_none() {
            say(&format!("{title}: {}", unit::counted(launches, "launch", "launches")));
        }
        progress
    }

    /// Progress through `launches` whose title is already printed.
    pub(crate) fn go_on(title: &str, launches: usize) -> Self {
        let bar = io::stderr().is_terminal().then(|| bar(launches));
        Self { bar, title: title.to_owned(), last_line: Instant::now() }
    }

    /// Shows the launched benchmark, the launches done of all, and the estimated time left.
    pub(crate) fn at(&mut self, done: usize, of: usize, benchmark: &str, left: Duration) {
        let left = unit::span(left.as_secs_f64());
        if let Some(bar) = &self.bar {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
            bar.set_message(format!("{}, {left} left: {}", self.title, printable(benchmark)));
        } else if self.last_line.elapsed() >= LINE_INTERVAL {
            self.last_line = Instant::now();
            say(&format!("{}: {done} of {of} launches, about {left} left", self.title));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(launches: usize) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(8);
    let style = ProgressStyle::with_template("[{bar:24}] {pos}/{len} {wide_msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
    ProgressBar::with_draw_target(Some(launches as u64), target).with_style(style)
}

fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
