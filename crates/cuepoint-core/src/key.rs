//! Musical keys in the notations that DJs use.

/// One of the 24 major and minor keys. Enharmonic names (C# and Db) are the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Semitones above C, 0 to 11.
    pitch: u8,
    minor: bool,
}

/// The pitch of A, whose minor key has number 8 on the Camelot wheel; C has number 8 among the
/// major ones.
const A: u8 = 9;

impl Key {
    /// Reads "Am", "F#m", "Db", "Emin", "G major" or, on the Camelot wheel, "8A".
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        camelot(text).or_else(|| classic(text))
    }

    /// Its name on the Camelot wheel, such as "8A".
    pub fn camelot(self) -> String {
        let from = if self.minor { A } else { 0 };
        // Seven semitones are one step on the wheel, and seven times seven is one more than 48.
        let steps = (self.pitch + 12 - from) % 12 * 7 % 12;
        format!("{}{}", (steps + 7) % 12 + 1, if self.minor { 'A' } else { 'B' })
    }
}

fn camelot(text: &str) -> Option<Key> {
    let (number, letter) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u8 = number.parse().ok().filter(|number| (1..=12).contains(number))?;
    let minor = match letter {
        "A" | "a" => true,
        "B" | "b" => false,
        _ => return None,
    };
    // Four more than eight is twelve, so that the steps from number 8 are not negative.
    let pitch = (number + 4) * 7 + if minor { A } else { 0 };
    Some(Key { pitch: pitch % 12, minor })
}

fn classic(text: &str) -> Option<Key> {
    let mut letters = text.chars();
    let natural = match letters.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => A,
        'B' => 11,
        _ => return None,
    };
    let after_name = letters.as_str();
    let (raised, mode) = match letters.next() {
        Some('#' | '♯') => (1, letters.as_str()),
        // Eleven semitones up is one down.
        Some('b' | '♭') => (11, letters.as_str()),
        _ => (0, after_name),
    };
    Some(Key { pitch: (natural + raised) % 12, minor: is_minor(mode)? })
}

fn is_minor(mode: &str) -> Option<bool> {
    match mode.trim() {
        "m" | "min" | "Min" | "minor" | "Minor" => Some(true),
        "" | "M" | "maj" | "Maj" | "major" | "Major" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Key;

    #[test]
    fn notations_of_one_key_meet() {
        let groups = [
            ("8A", ["Am", "Amin", "A minor"]),
            ("8B", ["C", "Cmaj", " c major "]),
            ("11A", ["F#m", "Gbm", "F♯ minor"]),
            ("3B", ["Db", "C#", "D♭maj"]),
            ("12A", ["C#m", "Dbm", "12a"]),
            ("1A", ["Abm", "G#m", "G# min"]),
            ("12B", ["E", "EM", "E Major"]),
        ];
        for (camelot, names) in groups {
            let key = Key::parse(camelot).unwrap_or_else(|| panic!("{camelot} is a key"));
            assert_eq!(key.camelot(), camelot);
            for name in names {
                assert_eq!(Key::parse(name), Some(key), "{name}");
            }
        }
    }

    #[test]
    fn the_wheel_has_24_keys() {
        let names = (1..=12).flat_map(|number| [format!("{number}A"), format!("{number}B")]);
        let keys: HashSet<_> = names.map(|name| Key::parse(&name)).collect();
        assert_eq!(keys.len(), 24);
        assert!(!keys.contains(&None));
    }

    #[test]
    fn other_texts_are_no_keys() {
        for text in ["", "H", "13A", "0B", "8C", "Amx", "all", "128", "é", "A##"] {
            assert_eq!(Key::parse(text), None, "{text}");
        }
    }
}
