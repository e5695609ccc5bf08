use std::fs;
use std::path::Path;

use cuepoint_core::browse::{Browser, KeyPress};
use cuepoint_core::results::{FilterSpec, SavedTable, Table};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::draw;

const TABLE: &str = include_str!("example.csv");

/// What a terminal of `width` × `height` shows of the example after `keys`, without styles.
fn screen_of(table: &str, keys: &[KeyPress], (width, height): (u16, u16)) -> String {
    let saved = SavedTable::read(table.as_bytes()).unwrap();
    let table = Table::of(saved.rows);
    let mut browser = Browser::new(&saved.head, &table, FilterSpec::default());
    browser.resize(draw::rows_in(height));
    for key in keys {
        assert!(browser.press(*key).is_continue());
    }
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw::draw(frame, &browser.screen())).unwrap();
    let cells = terminal.backend().buffer().content().chunks(usize::from(width));
    let line = |cells: &[ratatui::buffer::Cell]| {
        let line: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
        line.trim_end().to_owned()
    };
    cells.map(line).collect::<Vec<_>>().join("\n")
}

/// The documentation shows the screens that the program draws.
fn assert_documented(screen: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/cuepoint.md")).unwrap().replace("\r\n", "\n");
    assert!(text.contains(screen), "docs/cuepoint.md lacks this screen:\n{screen}");
}

const DOCUMENTED: (u16, u16) = (104, 9);

#[test]
fn the_table_is_shown() {
    let screen = screen_of(TABLE, &[], DOCUMENTED);
    insta::assert_snapshot!(screen);
    assert_documented(&screen);
}

#[test]
fn typing_filters_and_a_column_sorts() {
    use KeyPress::{Down, Letter, PreviousColumn, Reverse};
    let typed = "dus".chars().map(Letter);
    let keys: Vec<_> = typed.chain([PreviousColumn, PreviousColumn, Reverse, Down]).collect();
    let screen = screen_of(TABLE, &keys, DOCUMENTED);
    insta::assert_snapshot!(screen);
    assert_documented(&screen);
}

#[test]
fn a_narrow_terminal_leaves_out_columns() {
    use KeyPress::NextColumn;
    insta::assert_snapshot!(screen_of(TABLE, &[NextColumn, NextColumn, NextColumn], (80, 7)));
}

#[test]
fn a_row_is_opened() {
    let screen = screen_of(TABLE, &[KeyPress::Down, KeyPress::Open], (104, 12));
    insta::assert_snapshot!(screen);
    assert_documented(&screen);
}

#[test]
fn small_terminals_and_wide_letters_are_drawn() {
    let wide = TABLE.replace("Dusk", "夜に駆ける👩‍👩‍👧e\u{301}\u{301}\u{200b}");
    for width in 1..60 {
        for height in 1..5 {
            for keys in [&[][..], &[KeyPress::Open]] {
                let screen = screen_of(&wide, keys, (width, height));
                assert_eq!(screen.split('\n').count(), usize::from(height));
            }
        }
    }
}

#[test]
fn no_control_character_reaches_the_terminal() {
    let hostile = TABLE.replace("Dusk", "a\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}2J\u{202e}b");
    for keys in [&[][..], &[KeyPress::Open]] {
        let screen = screen_of(&hostile, keys, (200, 30));
        assert!(screen.contains("a[2J]0;x2Jb"), "{screen}");
        let odd = |letter: char| letter != '\n' && letter.is_control() || letter == '\u{202e}';
        assert!(!screen.contains(odd), "{screen:?}");
    }
}
