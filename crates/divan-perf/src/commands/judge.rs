//! `cargo xtask perf judge`: verdicts on measurements of other tools.

use crate::files::{DATA_BYTES, utf8};
use anyhow::{Context as _, Result, anyhow, bail};
use perf_judge::unit;
use perf_judge::verdict::jsonl;
use std::io::{self, BufRead, Read as _, Write as _};
use std::process::ExitCode;

/// Prints a verdict for each line of standard input, line by line.
pub(crate) fn run() -> Result<ExitCode> {
    let mut verdicts = io::stdout().lock();
    let mut input = io::stdin().lock();
    for number in 1_u64.. {
        let position = || format!("standard input, line {number}");
        let Some(line) = next_line(&mut input, DATA_BYTES).with_context(position)? else { break };
        if line.trim().is_empty() {
            continue;
        }
        let verdict = jsonl::judge_line(&line).with_context(position)?;
        match writeln!(verdicts, "{verdict}").and_then(|()| verdicts.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written.context("cannot write to standard output")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The next line, of at most `limit` bytes: input from a device may have no end.
fn next_line(input: &mut impl BufRead, limit: u64) -> Result<Option<String>> {
    let mut line = Vec::new();
    let read = input.by_ref().take(limit + 1).read_until(b'\n', &mut line)?;
    if read as u64 > limit {
        bail!("it is longer than {}: split it into several lines", unit::bytes(limit as f64));
    }
    let line = (read > 0).then_some(line).map(utf8).transpose();
    line.map_err(|error| anyhow!("column {}: {error}", error.column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_limited_text() {
        let mut input = "ü\n\n12345".as_bytes();
        let mut next = || next_line(&mut input, 5).unwrap();
        assert_eq!(next().as_deref(), Some("ü\n"));
        assert_eq!(next().as_deref(), Some("\n"));
        assert_eq!(next().as_deref(), Some("12345"));
        assert_eq!(next(), None);
        let error = next_line(&mut io::BufReader::new(io::repeat(0)), 5);
        assert!(error.is_err());
    }
}
