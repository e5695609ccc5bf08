//! How far a long command is, on standard error if that is a terminal.

use std::borrow::Cow;
use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a second the line is drawn.
const DRAWN: u8 = 5;

/// A bar for so many `tracks`, of which `what` is done to each.
pub(crate) fn bar(what: &'static str, tracks: usize) -> ProgressBar {
    line(Some(tracks as u64), "{msg} {bar:30} {pos}/{len} tracks, {eta} left", what.into())
}

/// A line that only names a step whose end is not known. It is gone when it is cleared.
pub(crate) fn step(what: impl Into<Cow<'static, str>>) -> ProgressBar {
    let line = line(None, "{msg}", what.into());
    line.tick();
    line
}

fn line(len: Option<u64>, template: &str, what: Cow<'static, str>) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let line = ProgressBar::with_draw_target(len, ProgressDrawTarget::stderr_with_hz(DRAWN));
    match ProgressStyle::with_template(template) {
        Ok(style) => line.with_style(style).with_message(what),
        Err(_) => line,
    }
}
