//! From the events of a terminal to what they mean.

use cuepoint_core::browse::KeyPress;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What an event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Press(KeyPress),
    Quit,
}

/// What `event` asks for; none if nothing but to draw again.
pub(super) fn meaning(event: &Event) -> Option<Meaning> {
    match event {
        // Windows also reports that a key was let go.
        Event::Key(key) if key.kind != KeyEventKind::Release => key_meaning(*key),
        _ => None,
    }
}

fn key_meaning(key: KeyEvent) -> Option<Meaning> {
    // AltGr, with which some keyboards type signs, is reported as both.
    let is_command =
        key.modifiers.contains(KeyModifiers::CONTROL) && !key.modifiers.contains(KeyModifiers::ALT);
    let press = match key.code {
        KeyCode::Char('c' | 'q') if is_command => return Some(Meaning::Quit),
        KeyCode::Char('r') if is_command => KeyPress::Reverse,
        KeyCode::Char('u') if is_command => KeyPress::Clear,
        KeyCode::Char('h') if is_command => KeyPress::Backspace,
        KeyCode::Char(_) if is_command => return None,
        KeyCode::Char(letter) => KeyPress::Letter(letter),
        KeyCode::Backspace => KeyPress::Backspace,
        KeyCode::Up => KeyPress::Up,
        KeyCode::Down => KeyPress::Down,
        KeyCode::PageUp => KeyPress::PageUp,
        KeyCode::PageDown => KeyPress::PageDown,
        KeyCode::Home => KeyPress::First,
        KeyCode::End => KeyPress::Last,
        KeyCode::Tab | KeyCode::Right => KeyPress::NextColumn,
        KeyCode::BackTab | KeyCode::Left => KeyPress::PreviousColumn,
        KeyCode::Enter => KeyPress::Open,
        KeyCode::Esc => KeyPress::Back,
        _ => return None,
    };
    Some(Meaning::Press(press))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_documentation_says() {
        let press = |code, modifiers| meaning(&Event::Key(KeyEvent::new(code, modifiers)));
        let plain = [
            (KeyCode::Char('q'), KeyPress::Letter('q')),
            (KeyCode::Char('Ø'), KeyPress::Letter('Ø')),
            (KeyCode::Backspace, KeyPress::Backspace),
            (KeyCode::PageDown, KeyPress::PageDown),
            (KeyCode::Home, KeyPress::First),
            (KeyCode::Tab, KeyPress::NextColumn),
            (KeyCode::Left, KeyPress::PreviousColumn),
            (KeyCode::Enter, KeyPress::Open),
            (KeyCode::Esc, KeyPress::Back),
        ];
        for (code, key) in plain {
            assert_eq!(press(code, KeyModifiers::NONE), Some(Meaning::Press(key)), "{code:?}");
        }
        let control = |letter| press(KeyCode::Char(letter), KeyModifiers::CONTROL);
        assert_eq!(control('c'), Some(Meaning::Quit));
        assert_eq!(control('q'), Some(Meaning::Quit));
        assert_eq!(control('r'), Some(Meaning::Press(KeyPress::Reverse)));
        assert_eq!(control('u'), Some(Meaning::Press(KeyPress::Clear)));
        assert_eq!(control('x'), None);
        let alt_gr = KeyModifiers::CONTROL | KeyModifiers::ALT;
        let at_sign = press(KeyCode::Char('@'), alt_gr);
        assert_eq!(at_sign, Some(Meaning::Press(KeyPress::Letter('@'))));
    }

    #[test]
    fn keys_that_are_let_go_mean_nothing() {
        let mut key = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(meaning(&Event::Key(key)), None);
        assert_eq!(meaning(&Event::Resize(80, 24)), None);
    }
}
