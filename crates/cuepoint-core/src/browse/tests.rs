use std::ops::ControlFlow;

use proptest::prelude::*;

use super::*;
use crate::results::SavedTable;

const HEADER: &str = "playlist_index,original_title,original_artists,beatport_title,\
    beatport_artists,beatport_key,beatport_year,beatport_bpm,match_score,confidence,review_reasons";

/// A table with these titles, the later the fewer points.
fn saved(titles: &[&str]) -> SavedTable {
    let row = |(at, title): (usize, &&str)| {
        let title = title.replace('"', "\"\"");
        format!(
            "{},\"{title}\",Vela,\"{title}\",Vela,Am,{},,{},high,\n",
            at + 1,
            2001 + at,
            100 - at
        )
    };
    let rows: String = titles.iter().enumerate().map(row).collect();
    SavedTable::read(format!("{HEADER}\n{rows}").as_bytes()).unwrap()
}

/// What `show` returns for a table of `titles` on a screen of three rows after `keys`.
fn after<T>(titles: &[&str], keys: &[KeyPress], show: impl Fn(&Screen) -> T) -> T {
    let saved = saved(titles);
    let table = Table::of(saved.rows);
    let mut browser = Browser::new(&saved.head, &table, FilterSpec::default());
    browser.resize(3);
    for key in keys {
        assert_eq!(browser.press(*key), ControlFlow::Continue(()));
    }
    show(&browser.screen())
}

const TITLES: [&str; 5] = ["Dusk", "Dawn", "Noon", "Night", "Dust"];

/// The shown titles, the selected one in brackets.
fn titles(screen: &Screen) -> String {
    let title = |(at, row): (usize, &[String; COLUMNS.len()])| {
        if screen.selected == Some(at) { format!("[{}]", row[1]) } else { row[1].clone() }
    };
    screen.rows.iter().enumerate().map(title).collect::<Vec<_>>().join(" ")
}

#[test]
fn typing_filters() {
    use KeyPress::{Back, Backspace, Clear, Letter};
    let cases: [(&[KeyPress], &str); 6] = [
        (&[], "[Dusk] Dawn Noon"),
        (&[Letter('D')], "[Dusk] Dawn Dust"),
        (&[Letter('d'), Letter('ú')], "[Dusk] Dust"),
        (&[Letter('d'), Letter('u'), Backspace], "[Dusk] Dawn Dust"),
        (&[Letter('d'), Letter('u'), Clear], "[Dusk] Dawn Noon"),
        (&[Letter('q'), Back, Letter('\u{1b}')], "[Dusk] Dawn Noon"),
    ];
    for (keys, shown) in cases {
        assert_eq!(after(&TITLES, keys, titles), shown, "{keys:?}");
    }
    let nothing =
        after(&TITLES, &[Letter('q')], |screen| (screen.found, screen.of, screen.selected));
    assert_eq!(nothing, (0, 5, None));
}

#[test]
fn columns_sort_in_turn_and_both_ways() {
    use KeyPress::{NextColumn, PreviousColumn, Reverse};
    let cases: [(&[KeyPress], &str); 5] = [
        (&[NextColumn], "[Dawn] Dusk Dust"),
        (&[NextColumn, Reverse], "[Noon] Night Dust"),
        (&[NextColumn, PreviousColumn], "[Dusk] Dawn Noon"),
        (&[Reverse], "[Dust] Night Noon"),
        (&[PreviousColumn, PreviousColumn], "[Dust] Night Noon"),
    ];
    for (keys, shown) in cases {
        assert_eq!(after(&TITLES, keys, titles), shown, "{keys:?}");
    }
    let sorted_by = |screen: &Screen| COLUMNS[screen.sorted_by].name;
    assert_eq!(after(&TITLES, &[PreviousColumn; 2], sorted_by), "Points");
    assert_eq!(after(&TITLES, &[NextColumn; 7], sorted_by), "#");
}

#[test]
fn pages_end_at_the_ends() {
    use KeyPress::{Down, First, Last, PageDown, PageUp, Up};
    let cases: [(&[KeyPress], &str); 7] = [
        (&[Up], "[Dusk] Dawn Noon"),
        (&[Down], "Dusk [Dawn] Noon"),
        (&[PageDown], "Dawn Noon [Night]"),
        (&[PageDown, PageDown, Down], "Noon Night [Dust]"),
        (&[Last, PageUp], "[Dawn] Noon Night"),
        (&[Last, First], "[Dusk] Dawn Noon"),
        (&[Last, Up], "Noon [Night] Dust"),
    ];
    for (keys, shown) in cases {
        assert_eq!(after(&TITLES, keys, titles), shown, "{keys:?}");
    }
}

#[test]
fn a_row_opens_with_its_filled_cells() {
    use KeyPress::{Down, Open};
    let opened = |screen: &Screen| {
        let cells = screen.opened.as_ref()?;
        Some(cells.iter().map(|cell| cell.join("=")).collect::<Vec<_>>().join(" "))
    };
    let cells = after(&TITLES, &[Down, Open], opened).unwrap();
    assert!(cells.starts_with("playlist_index=2 original_title=Dawn"), "{cells}");
    assert!(!cells.contains("beatport_bpm"), "{cells}");
    let cells = after(&TITLES, &[Open, Down, Down, Down, Down, Down, Down, Down, Down], opened);
    assert_eq!(cells.unwrap(), "match_score=100 confidence=high");
    assert_eq!(after(&TITLES, &[Open, Open], opened), None);
    assert_eq!(after(&TITLES, &[KeyPress::Letter('q'), Open], opened), None);
}

#[test]
fn back_closes_then_clears_then_quits() {
    let saved = saved(&TITLES);
    let table = Table::of(saved.rows);
    let mut browser = Browser::new(&saved.head, &table, FilterSpec::default());
    for key in [KeyPress::Letter('d'), KeyPress::Open, KeyPress::Back, KeyPress::Back] {
        assert_eq!(browser.press(key), ControlFlow::Continue(()));
    }
    assert_eq!(browser.press(KeyPress::Back), ControlFlow::Break(()));
}

#[test]
fn nothing_that_controls_a_terminal_is_shown() {
    let hostile = "a\u{1b}]0;x\u{7}\u{9b}31mb\r\nc\td\u{202e}e\u{2066}f\u{85}";
    let text = after(&[hostile], &[KeyPress::Open], |screen| format!("{screen:?}"));
    assert!(text.contains("\"a]0;x31mb  c def\""), "{text}");
    for letter in ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\u{2066}', '\u{85}', '\t'] {
        let escaped = format!("{letter:?}");
        assert!(!text.contains(letter) && !text.contains(escaped.trim_matches('\'')), "{escaped}");
    }
}

#[test]
fn long_texts_end_where_no_screen_shows_them() {
    let long = "é".repeat(10_000);
    let row = after(&[&long], &[], |screen| screen.rows[0][1].chars().count());
    assert_eq!(row, 200);
    let typed = after(&TITLES, &[KeyPress::Letter('ö'); 300], |screen| screen.text.clone());
    assert_eq!(typed.chars().count(), 200);
}

fn any_key() -> impl Strategy<Value = KeyPress> {
    use KeyPress::*;
    let fixed = [
        Backspace,
        Clear,
        Up,
        Down,
        PageUp,
        PageDown,
        First,
        Last,
        NextColumn,
        PreviousColumn,
        Reverse,
        Open,
        Back,
    ];
    prop_oneof![any::<char>().prop_map(Letter), prop::sample::select(fixed.to_vec())]
}

proptest! {
    /// Whatever is pressed, the selected row is on the screen, and there are no more rows than fit.
    #[test]
    fn the_selected_row_is_shown(keys in prop::collection::vec(any_key(), 0..40), rows in 0_usize..9) {
        let saved = saved(&TITLES);
        let table = Table::of(saved.rows);
        let mut browser = Browser::new(&saved.head, &table, FilterSpec::default());
        for (at, key) in keys.into_iter().enumerate() {
            // The size changes while the program runs.
            browser.resize((rows + at) % 9);
            let _quits = browser.press(key);
            let screen = browser.screen();
            prop_assert!(screen.rows.len() <= ((rows + at) % 9).max(1));
            prop_assert_eq!(screen.selected.is_none(), screen.found == 0);
            prop_assert!(screen.selected.unwrap_or(0) < screen.rows.len().max(1));
        }
    }
}
