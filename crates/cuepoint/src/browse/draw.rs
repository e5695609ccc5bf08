//! From the texts of a screen to its cells.

use std::ops::RangeInclusive;

use cuepoint_core::browse::{COLUMNS, Screen};
use cuepoint_core::results::Direction;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState, Wrap};

/// Lines that are not rows: the text that was typed, the header, and the keys.
const OTHER_LINES: u16 = 3;

/// How many rows of the table fit on a screen of `height` lines.
pub(super) fn rows_in(height: u16) -> usize {
    usize::from(height.saturating_sub(OTHER_LINES))
}

/// The width of each of the columns in cells; texts share what the others leave.
const WIDTHS: [Constraint; COLUMNS.len()] = [
    Constraint::Length(6),
    Constraint::Fill(3),
    Constraint::Fill(2),
    Constraint::Fill(3),
    Constraint::Length(6),
    Constraint::Length(7),
    Constraint::Length(7),
    Constraint::Length(8),
    Constraint::Length(12),
];

/// Below this width in cells, the texts need the room of year, tempo and key.
const NARROW: u16 = 100;

/// The columns that a narrow terminal shows only if the rows are sorted by them.
const SPARE: RangeInclusive<usize> = 4..=6;

const TABLE_KEYS: &str =
    "Enter row  Tab column  Ctrl-R reverse  PgUp PgDn page  Esc back  Ctrl-C quit";

const ROW_KEYS: &str = "Enter, Esc table  Up Down PgUp PgDn scroll  Ctrl-C quit";

/// Draws `screen` on the whole frame.
pub(super) fn draw(frame: &mut Frame<'_>, screen: &Screen) {
    let lines = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)];
    let [top, middle, bottom] = Layout::vertical(lines).areas(frame.area());
    frame.render_widget(prompt(screen), top);
    match &screen.opened {
        Some(cells) => {
            frame.render_widget(opened(cells), middle);
            frame.render_widget(keys(ROW_KEYS), bottom);
        }
        None => {
            let mut state = TableState::new().with_selected(screen.selected);
            let table = table(screen).widths(widths(screen, middle.width));
            frame.render_stateful_widget(table, middle, &mut state);
            frame.render_widget(keys(TABLE_KEYS), bottom);
        }
    }
}

fn prompt(screen: &Screen) -> Line<'_> {
    let Screen { text, found, of, .. } = screen;
    let at = screen.selected.map_or(0, |selected| screen.above + selected + 1);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let rest = format!("  row {at} of {found} found, {of} in all");
    Line::from(vec![Span::raw("Filter: "), Span::styled(format!("{text}_"), bold), Span::raw(rest)])
}

fn keys(text: &str) -> Line<'_> {
    Line::styled(text, Style::new().add_modifier(Modifier::DIM))
}

fn table(screen: &Screen) -> Table<'_> {
    let reversed = Style::new().add_modifier(Modifier::REVERSED);
    let rows = screen.rows.iter().map(|row| row.iter().map(String::as_str).collect::<Row<'_>>());
    let names = (0..COLUMNS.len()).map(|at| Cell::from(column_name(screen, at)));
    let header = Row::new(names).style(Style::new().add_modifier(Modifier::BOLD));
    let table = Table::default().rows(rows).header(header);
    table.row_highlight_style(reversed).highlight_symbol("> ")
}

fn widths(screen: &Screen, width: u16) -> impl Iterator<Item = Constraint> {
    let is_hidden =
        move |at: usize| width < NARROW && SPARE.contains(&at) && at != screen.sorted_by;
    (0..WIDTHS.len()).map(move |at| if is_hidden(at) { Constraint::Length(0) } else { WIDTHS[at] })
}

/// The name of a column, with an arrow if the rows are sorted by it.
fn column_name(screen: &Screen, at: usize) -> String {
    let name = COLUMNS[at].name;
    match screen.direction {
        _ if at != screen.sorted_by => name.to_owned(),
        Direction::Ascending => format!("{name} ↑"),
        Direction::Descending => format!("{name} ↓"),
    }
}

/// The longest name of a column of the main table has 23 letters.
const NAME_WIDTH: usize = 24;

fn opened(cells: &[[String; 2]]) -> Paragraph<'_> {
    let line = |[name, value]: &[String; 2]| Line::from(format!("{name:NAME_WIDTH$} {value}"));
    Paragraph::new(cells.iter().map(line).collect::<Vec<_>>()).wrap(Wrap { trim: false })
}
