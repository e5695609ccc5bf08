//! The keyboard and the mouse.

use crate::page::Page;
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// How many moves a drag is made of.
const STEPS: u32 = 10;

/// Where the middle of an element is once it is scrolled to, or why it cannot be clicked.
const AIM: &str = r#"(selector) => {
  const element = document.querySelector(selector);
  if (!element) return "nothing in the page matches it";
  element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const box = [...element.getClientRects()].find((box) => box.width && box.height);
  if (!box) return "it is not shown";
  const x = box.x + box.width / 2, y = box.y + box.height / 2;
  const hit = document.elementFromPoint(x, y);
  if (!hit) return "it is outside the window";
  if (!element.contains(hit)) return "it is covered by " + hit.cloneNode().outerHTML.slice(0, 120);
  return { x, y };
}"#;

impl Page {
    /// Presses a key and lets it go: `a`, `/`, `Enter`, `ArrowLeft`, `Shift+Tab`, `Control+a`.
    pub fn press(&mut self, key: &str) -> Result<()> {
        let (modifiers, key) = chord(key)?;
        self.stroke(modifiers, &key)
    }

    /// Presses the key of each character; a line break is Enter.
    pub fn type_text(&mut self, text: &str) -> Result<()> {
        text.chars().try_for_each(|char| self.stroke(0, &Key::of_char(char)))
    }

    fn stroke(&mut self, modifiers: u8, key: &Key) -> Result<()> {
        // With a modifier other than Shift, a key writes nothing.
        let text = key.text.as_deref().filter(|_| modifiers & !SHIFT == 0);
        let mut event = json!({
            "type": if text.is_some() { "keyDown" } else { "rawKeyDown" },
            "modifiers": modifiers,
            "key": key.name,
            "code": key.code,
            "windowsVirtualKeyCode": key.number,
        });
        let mut down = event.clone();
        text.into_iter().for_each(|text| down["text"] = text.into());
        self.call("Input.dispatchKeyEvent", down)?;
        event["type"] = "keyUp".into();
        self.call("Input.dispatchKeyEvent", event).map(drop)
    }

    /// Scrolls to the first element that a selector matches, and clicks its middle.
    ///
    /// An error if another element lies there. What the click leads to is not waited for.
    pub fn click(&mut self, css: &str) -> Result<()> {
        let found = self.evaluate(&format!("({AIM})({})", Value::from(css)))?;
        if let Some(reason) = found.as_str() {
            bail!("cannot click `{css}`: {reason}");
        }
        let (x, y) = found["x"].as_f64().zip(found["y"].as_f64()).context("no place to click")?;
        self.move_to(x, y)?;
        self.mouse("mousePressed", (x, y), true)?;
        self.mouse("mouseReleased", (x, y), false)
    }

    /// Moves the mouse to a point of the window.
    pub fn move_to(&mut self, x: f64, y: f64) -> Result<()> {
        self.mouse("mouseMoved", (x, y), false)
    }

    /// Presses the mouse at one point, moves it in a line to another and lets it go there.
    pub fn drag(&mut self, from: (f64, f64), to: (f64, f64)) -> Result<()> {
        self.mouse("mouseMoved", from, false)?;
        self.mouse("mousePressed", from, true)?;
        for step in 1..=STEPS {
            let part = f64::from(step) / f64::from(STEPS);
            let at = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            self.mouse("mouseMoved", at, true)?;
        }
        self.mouse("mouseReleased", to, false)
    }

    fn mouse(&mut self, kind: &str, (x, y): (f64, f64), held: bool) -> Result<()> {
        let moved = kind == "mouseMoved";
        let event = json!({
            "type": kind,
            "x": x,
            "y": y,
            "button": if moved && !held { "none" } else { "left" },
            "buttons": u8::from(held),
            "clickCount": u8::from(!moved),
        });
        self.call("Input.dispatchMouseEvent", event).map(drop)
    }
}

const SHIFT: u8 = 8;
const MODIFIERS: [(&str, u8); 4] = [("Alt", 1), ("Control", 2), ("Meta", 4), ("Shift", SHIFT)];

/// The names of keys that are not a character, and their numbers.
const NAMED: [(&str, u16); 13] = [
    ("ArrowDown", 40),
    ("ArrowLeft", 37),
    ("ArrowRight", 39),
    ("ArrowUp", 38),
    ("Backspace", 8),
    ("Delete", 46),
    ("End", 35),
    ("Enter", 13),
    ("Escape", 27),
    ("Home", 36),
    ("PageDown", 34),
    ("PageUp", 33),
    ("Tab", 9),
];

/// The punctuation of an American keyboard, without and with Shift.
const PUNCTUATION: [(char, char, &str, u16); 11] = [
    (';', ':', "Semicolon", 186),
    ('=', '+', "Equal", 187),
    (',', '<', "Comma", 188),
    ('-', '_', "Minus", 189),
    ('.', '>', "Period", 190),
    ('/', '?', "Slash", 191),
    ('`', '~', "Backquote", 192),
    ('[', '{', "BracketLeft", 219),
    ('\\', '|', "Backslash", 220),
    (']', '}', "BracketRight", 221),
    ('\'', '"', "Quote", 222),
];

/// A key as a page is told about it.
#[derive(Debug, Eq, PartialEq)]
struct Key {
    name: String,
    /// Where it lies on the keyboard; empty for a character that no key writes.
    code: String,
    number: u16,
    /// What it writes.
    text: Option<String>,
}

impl Key {
    fn named(name: &str) -> Option<Self> {
        let (_, number) = NAMED.into_iter().find(|(known, _)| *known == name)?;
        let text = (name == "Enter").then(|| "\r".to_owned());
        Some(Self { name: name.to_owned(), code: name.to_owned(), number, text })
    }

    fn of_char(char: char) -> Self {
        let upper = char.to_ascii_uppercase();
        let (code, number) = match char {
            '\n' | '\r' => return Self::named("Enter").expect("Enter is a named key"),
            ' ' => ("Space".to_owned(), 32),
            'a'..='z' | 'A'..='Z' => (format!("Key{upper}"), upper as u16),
            '0'..='9' => (format!("Digit{char}"), char as u16),
            _ => PUNCTUATION
                .into_iter()
                .find(|(plain, shifted, ..)| [*plain, *shifted].contains(&char))
                .map_or_else(Default::default, |(_, _, code, number)| (code.to_owned(), number)),
        };
        Self { name: char.into(), code, number, text: Some(char.into()) }
    }
}

/// The modifiers and the key in `Control+Shift+a`.
fn chord(chord: &str) -> Result<(u8, Key)> {
    let (mut modifiers, mut rest) = (0, chord);
    while let Some((name, after)) = rest.split_once('+')
        && let Some((_, bit)) = MODIFIERS.into_iter().find(|(known, _)| *known == name)
    {
        (modifiers, rest) = (modifiers | bit, after);
    }
    let mut chars = rest.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => Ok((modifiers, Key::of_char(char))),
        _ => match Key::named(rest) {
            Some(key) => Ok((modifiers, key)),
            None => {
                let known = NAMED.map(|(name, _)| name).join(", ");
                bail!("unknown key `{chord}`: a character or one of {known}");
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(key: &str) -> (u8, String, u16, Option<String>) {
        let (modifiers, key) = chord(key).unwrap();
        (modifiers, key.code, key.number, key.text)
    }

    #[test]
    fn keys_by_name_and_by_character() {
        let writes = |text: &str| Some(text.to_owned());
        assert_eq!(told("ArrowLeft"), (0, "ArrowLeft".into(), 37, None));
        assert_eq!(told("Enter"), (0, "Enter".into(), 13, writes("\r")));
        assert_eq!(told("a"), (0, "KeyA".into(), 65, writes("a")));
        assert_eq!(told("/"), (0, "Slash".into(), 191, writes("/")));
        assert_eq!(told("?"), (0, "Slash".into(), 191, writes("?")));
        assert_eq!(told(" "), (0, "Space".into(), 32, writes(" ")));
        assert_eq!(told("é"), (0, String::new(), 0, writes("é")));
    }

    #[test]
    fn modifiers_stand_before_a_plus() {
        assert_eq!(told("Shift+Tab"), (8, "Tab".into(), 9, None));
        assert_eq!(told("Control+Shift+k").0, 10);
        assert_eq!(told("+"), (0, "Equal".into(), 187, Some("+".into())));
        assert_eq!(told("Alt++").0, 1);
    }

    #[test]
    fn an_unknown_key_is_named_beside_those_known() {
        let error = chord("Left").unwrap_err().to_string();
        assert!(
            error.starts_with("unknown key `Left`: a character or one of ArrowDown"),
            "{error}"
        );
        assert!(chord("").is_err());
        assert!(chord("Shift+").is_err());
    }
}
