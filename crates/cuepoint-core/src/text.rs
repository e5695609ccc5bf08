//! Text as it is compared.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// `text` without what people leave out when they search: case, accents, and the strokes and
/// ligatures that Unicode does not count as accents. "Rök" becomes "rok", "STRAẞE" "strasse".
///
/// Control characters, line ends among them, become spaces.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(&mut folded, text);
    folded
}

/// Appends the folded form of `text` to `out`.
pub(crate) fn fold_into(out: &mut String, text: &str) {
    if text.is_ascii() {
        return out.extend(text.chars().map(|letter| printable(letter.to_ascii_lowercase())));
    }
    let letters = text.nfkd().filter(|letter| !is_combining_mark(*letter));
    for letter in letters.flat_map(char::to_lowercase) {
        match spelled_out(letter) {
            Some(plain) => out.push_str(plain),
            // Lower case of a few letters brings a combining mark of its own.
            None if is_combining_mark(letter) => {}
            None => out.push(printable(letter)),
        }
    }
}

fn printable(letter: char) -> char {
    if letter.is_control() { ' ' } else { letter }
}

/// Letters that are not a plain letter with an accent, but are typed as one.
fn spelled_out(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ø' => "o",
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    #[test]
    fn accents_case_and_strokes_do_not_count() {
        let pairs = [
            ("Rök", "rok"),
            ("Ro\u{308}k", "rok"),
            ("Sørensen & Łódź", "sorensen & lodz"),
            ("STRAẞE", "strasse"),
            ("İstanbul", "istanbul"),
            ("ﬁnal Ⅳ", "final iv"),
            ("Ночь", "ночь"),
            ("a\tb\nc", "a b c"),
        ];
        for (text, folded) in pairs {
            assert_eq!(fold(text), folded);
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text: String) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
