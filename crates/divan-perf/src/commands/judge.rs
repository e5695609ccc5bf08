//! `cargo xtask perf judge`: verdicts on launches measured elsewhere.

use anyhow::{Context as _, Result};
use perf_judge::verdict::exchange;
use std::io::{self, BufRead as _, Write as _};
use std::process::ExitCode;

/// Answers each line of standard input with one on standard output, at once.
pub(crate) fn run() -> Result<ExitCode> {
    let mut answers = io::stdout().lock();
    for (at, line) in io::stdin().lock().lines().enumerate() {
        let place = || format!("standard input, line {}", at + 1);
        let line = line.with_context(place)?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = exchange::answer(&line).with_context(place)?;
        match writeln!(answers, "{answer}").and_then(|()| answers.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written.context("cannot write to standard output")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}
