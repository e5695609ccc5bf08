//! Artist credits: from "A & B feat. C" to the artists.

use super::words::{signs, words};
use crate::text::fold;

/// The artists of a credit, each as its folded words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// Who made the track.
    pub main: Vec<Vec<String>>,
    /// Who is featured: catalogues leave these out often.
    pub featured: Vec<Vec<String>>,
}

impl Credit {
    /// Reads a credit as it is written. A blank one and "Unknown Artist" name no artist.
    pub fn parse(text: &str) -> Self {
        let mut credit = Self::default();
        if words(text) != ["unknown", "artist"] {
            credit.add(text, Part::Main);
        }
        if credit.is_empty() && is_named_by_signs(text) {
            credit.main.push(vec![signs(text)]);
        }
        if credit.main.is_empty() {
            credit.main = std::mem::take(&mut credit.featured);
        }
        credit
    }

    /// Whether both name the same artists, in whatever order.
    pub(super) fn has_artists_of(&self, other: &Self) -> bool {
        let sorted = |credit: &Self| {
            let mut artists: Vec<_> = credit.main.iter().chain(&credit.featured).cloned().collect();
            artists.sort();
            artists
        };
        !self.is_empty() && sorted(self) == sorted(other)
    }

    /// Whether it names no artist.
    pub fn is_empty(&self) -> bool {
        self.main.is_empty() && self.featured.is_empty()
    }

    /// Adds the artists that `text` features.
    pub(super) fn feature(&mut self, text: &str) {
        self.add(text, Part::Featured);
    }

    fn add(&mut self, text: &str, mut part: Part) {
        let spaced = spaced(text);
        let tokens: Vec<&str> = spaced.split_whitespace().collect();
        let mut artist = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match separator(token, !artist.is_empty() && at + 1 < tokens.len()) {
                None => artist.extend(words(token)),
                Some(next) => {
                    self.push(std::mem::take(&mut artist), part);
                    part = next.unwrap_or(part);
                }
            }
        }
        self.push(artist, part);
    }

    fn push(&mut self, artist: Vec<String>, part: Part) {
        let known = self.main.contains(&artist) || self.featured.contains(&artist);
        if artist.is_empty() || known {
            return;
        }
        match part {
            Part::Main => self.main.push(artist),
            Part::Featured => self.featured.push(artist),
        }
    }
}

#[derive(Clone, Copy)]
enum Part {
    Main,
    Featured,
}

/// Whether a credit without letters is a name, such as "!!!". A single sign means none.
fn is_named_by_signs(text: &str) -> bool {
    let signs = text.chars().filter(|letter| {
        let separates = matches!(letter, ',' | ';' | '/' | '&' | '+' | '|' | '-' | '–' | '—');
        !letter.is_whitespace() && !letter.is_control() && !separates
    });
    signs.count() > 1 && !text.chars().any(char::is_alphanumeric)
}

/// The credit in folded letters, with blanks around the signs that part two names.
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + 8);
    for letter in fold(text).chars() {
        match letter {
            ',' | ';' | '/' | '&' | '+' | '|' => {
                spaced.push(' ');
                spaced.push(letter);
                spaced.push(' ');
            }
            '(' | ')' | '[' | ']' => spaced.push(' '),
            letter => spaced.push(letter),
        }
    }
    spaced
}

/// Whether `token` separates two artists, and the role of those after it if it gives one. Words
/// separate only `between` two names: "X" and "With" are artists too.
fn separator(token: &str, between: bool) -> Option<Option<Part>> {
    match token {
        "," | ";" | "/" | "&" | "+" | "|" => Some(None),
        "feat" | "feat." | "ft" | "ft." | "featuring" => Some(Some(Part::Featured)),
        "and" | "x" | "×" | "vs" | "vs." | "with" | "meets" | "pres" | "pres." | "presents"
            if between =>
        {
            Some(None)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Credit;

    fn split(text: &str) -> (String, String) {
        let join = |artists: &[Vec<String>]| {
            artists.iter().map(|words| words.join(" ")).collect::<Vec<_>>().join("|")
        };
        let credit = Credit::parse(text);
        (join(&credit.main), join(&credit.featured))
    }

    #[test]
    fn credits_are_split_into_artists() {
        let cases = [
            ("A1, B2 & C3", "a1|b2|c3", ""),
            ("Sunset x Dawn", "sunset|dawn", ""),
            ("Sunset vs. Dawn", "sunset|dawn", ""),
            ("Sunset with Dawn", "sunset|dawn", ""),
            ("Sunset feat. Dawn & Dusk", "sunset", "dawn|dusk"),
            ("Sunset (ft Dawn)", "sunset", "dawn"),
            ("Lil X", "lil x", ""),
            ("X", "x", ""),
            ("Max Vega", "max vega", ""),
            ("Sunset & Sunset", "sunset", ""),
            ("Röyksopp/Søren", "royksopp|soren", ""),
            ("Unknown Artist", "", ""),
            (" , & ", "", ""),
            ("!!!", "!!!", ""),
            ("-", "", ""),
            ("feat. Dawn", "dawn", ""),
        ];
        for (text, main, featured) in cases {
            assert_eq!(split(text), (main.to_owned(), featured.to_owned()), "{text}");
        }
    }
}
