//! `cuepoint browse`

mod draw;
mod keys;

use std::io::{IsTerminal, stdout};
use std::ops::ControlFlow;

use anyhow::{Context, bail};
use cuepoint_core::browse::Browser;
use cuepoint_core::results::Table;
use ratatui::crossterm::event;
use ratatui::layout::Size;
use ratatui::{DefaultTerminal, try_init, try_restore};

use crate::cli::BrowseArgs;
use crate::input::read_saved;

/// Shows the table that `args` names until the user quits.
pub(crate) fn run(args: &BrowseArgs) -> anyhow::Result<()> {
    let saved = read_saved(&args.table)?;
    if !stdout().is_terminal() {
        bail!(
            "standard output is not a terminal\n  help: `cuepoint filter {}` writes the rows",
            args.table.display()
        );
    }
    let table = Table::of(saved.rows);
    let mut browser = Browser::new(&saved.head, &table, args.conditions.spec());
    if let Some((key, direction)) = args.sort.order() {
        browser.sort(key, direction);
    }
    let terminal = try_init().context("cannot set up the terminal")?;
    let shown = show(terminal, &mut browser);
    // The first error is the one to report.
    let restored = try_restore().context("cannot reset the terminal\n  help: type `reset`");
    shown.and(restored)
}

/// Draws and waits for a key, in turn.
fn show(mut terminal: DefaultTerminal, browser: &mut Browser<'_>) -> anyhow::Result<()> {
    loop {
        let Size { height, .. } =
            terminal.size().context("cannot ask the terminal for its size")?;
        browser.resize(draw::rows_in(height));
        let screen = browser.screen();
        terminal
            .draw(|frame| draw::draw(frame, &screen))
            .context("cannot write to the terminal")?;
        let event = event::read().context("cannot read keys from the terminal")?;
        match keys::meaning(&event) {
            Some(keys::Meaning::Quit) => return Ok(()),
            Some(keys::Meaning::Press(key)) if browser.press(key) == ControlFlow::Break(()) => {
                return Ok(());
            }
            // The screen may have another size.
            Some(keys::Meaning::Press(_)) | None => {}
        }
    }
}

#[cfg(test)]
mod tests;
