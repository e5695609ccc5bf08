//! The interactive table of results: which texts a key press brings onto the screen.
//!
//! A [`Browser`] holds what is typed, the order and the selected row. [`Browser::press`] changes
//! them, and [`Browser::screen`] gives the texts to draw. Neither needs a terminal.

mod screen;

use std::ops::ControlFlow;

pub use screen::{COLUMNS, Column, Screen};

use crate::results::{Direction, FilterSpec, Row, SavedHead, SavedRow, SortKey, Table, View};

/// What a user can press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPress {
    /// Adds a letter to the text that rows must contain.
    Letter(char),
    /// Removes the last letter of that text.
    Backspace,
    /// Removes that text.
    Clear,
    /// Selects the row above.
    Up,
    /// Selects the row below.
    Down,
    /// Goes up by a page.
    PageUp,
    /// Goes down by a page.
    PageDown,
    /// Selects the first row.
    First,
    /// Selects the last row.
    Last,
    /// Sorts by the next column that can be sorted by.
    NextColumn,
    /// Sorts by the column before.
    PreviousColumn,
    /// Sorts the other way round.
    Reverse,
    /// Shows all cells of the selected row, or the table again.
    Open,
    /// Closes the row, else removes the text, else quits.
    Back,
}

/// Letters that can be typed; a paste may have millions.
const LONGEST_TEXT: usize = 200;

/// A table of matches on a screen of some rows.
#[derive(Clone, Debug)]
pub struct Browser<'t> {
    head: &'t SavedHead,
    table: &'t Table<SavedRow>,
    spec: FilterSpec,
    /// The place in [`COLUMNS`] of the column to sort by.
    sorted_by: usize,
    direction: Direction,
    view: View<'t, SavedRow>,
    /// Rows that fit on the screen, at least 1.
    page: usize,
    /// The place of the first shown row in the view.
    first: usize,
    /// The place of the selected row in the view.
    selected: usize,
    /// The first cell that is shown of an opened row.
    opened: Option<usize>,
}

impl<'t> Browser<'t> {
    /// Shows the rows of `table` for which `spec` holds, in their order. What is typed is added to
    /// the text of `spec`.
    pub fn new(head: &'t SavedHead, table: &'t Table<SavedRow>, spec: FilterSpec) -> Self {
        let view = table.filter(&spec);
        Self {
            head,
            table,
            spec,
            sorted_by: 0,
            direction: Direction::Ascending,
            view,
            page: 1,
            first: 0,
            selected: 0,
            opened: None,
        }
    }

    /// Sorts by a column; one that is not shown changes nothing.
    pub fn sort(&mut self, key: SortKey, direction: Direction) {
        if let Some(at) = COLUMNS.iter().position(|column| column.key == Some(key)) {
            (self.sorted_by, self.direction) = (at, direction);
            self.update();
        }
    }

    /// Takes the number of rows that fit on the screen.
    pub fn resize(&mut self, rows: usize) {
        self.page = rows.max(1);
        self.scroll();
    }

    /// Does what `key` asks for; breaks if that is to quit.
    pub fn press(&mut self, key: KeyPress) -> ControlFlow<()> {
        match key {
            KeyPress::Letter(letter) => self.type_letter(letter),
            KeyPress::Backspace => self.edit(|text| _ = text.pop()),
            KeyPress::Clear => self.edit(String::clear),
            KeyPress::NextColumn => self.sort_beside(1),
            KeyPress::PreviousColumn => self.sort_beside(COLUMNS.len() - 1),
            KeyPress::Reverse => self.reverse(),
            KeyPress::Open => self.open(),
            KeyPress::Back => return self.back(),
            KeyPress::Up => self.go(|at, _| at.saturating_sub(1)),
            KeyPress::Down => self.go(|at, _| at.saturating_add(1)),
            KeyPress::PageUp => self.go(usize::saturating_sub),
            KeyPress::PageDown => self.go(usize::saturating_add),
            KeyPress::First => self.go(|_, _| 0),
            KeyPress::Last => self.go(|_, _| usize::MAX),
        }
        ControlFlow::Continue(())
    }

    fn type_letter(&mut self, letter: char) {
        if !letter.is_control() && self.spec.text.chars().count() < LONGEST_TEXT {
            self.edit(|text| text.push(letter));
        }
    }

    fn edit(&mut self, change: impl FnOnce(&mut String)) {
        change(&mut self.spec.text);
        self.update();
    }

    /// Sorts by the first column from `step` columns on, in either direction, that has an order.
    fn sort_beside(&mut self, step: usize) {
        let places =
            (1..=COLUMNS.len()).map(|steps| (self.sorted_by + steps * step) % COLUMNS.len());
        let next = places.into_iter().find(|&at| COLUMNS[at].key.is_some());
        self.sorted_by = next.unwrap_or(self.sorted_by);
        self.direction = Direction::Ascending;
        self.update();
    }

    fn reverse(&mut self) {
        self.direction = match self.direction {
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        };
        self.update();
    }

    /// Finds the rows again and shows the first of them.
    fn update(&mut self) {
        self.view = self.table.filter(&self.spec);
        let key = COLUMNS[self.sorted_by].key.unwrap_or(SortKey::Index);
        if (key, self.direction) != (SortKey::Index, Direction::Ascending) {
            self.view.sort(key, self.direction);
        }
        (self.first, self.selected, self.opened) = (0, 0, None);
    }

    fn open(&mut self) {
        self.opened = match self.opened {
            None if !self.view.is_empty() => Some(0),
            _ => None,
        };
    }

    fn back(&mut self) -> ControlFlow<()> {
        if self.opened.take().is_some() {
            return ControlFlow::Continue(());
        }
        if self.spec.text.is_empty() {
            return ControlFlow::Break(());
        }
        self.edit(String::clear);
        ControlFlow::Continue(())
    }

    /// Moves to a place that depends on the current one and the size of a page: in the table, or in
    /// the opened row.
    fn go(&mut self, place: impl FnOnce(usize, usize) -> usize) {
        match self.opened {
            Some(at) => {
                let last = self.selected_row().map_or(0, |row| row.item.cells.len());
                self.opened = Some(place(at, self.page).min(last.saturating_sub(1)));
            }
            None => {
                let last = self.view.len().saturating_sub(1);
                self.selected = place(self.selected, self.page).min(last);
                self.scroll();
            }
        }
    }

    /// Brings the selected row onto the screen.
    fn scroll(&mut self) {
        let lowest = (self.selected + 1).saturating_sub(self.page);
        self.first = self.first.clamp(lowest, self.selected);
    }

    fn selected_row(&self) -> Option<Row<'t, SavedRow>> {
        self.view.page(self.selected, 1).next()
    }
}

#[cfg(test)]
mod tests;
