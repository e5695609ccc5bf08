//! Words as they are compared.

use deunicode::deunicode;

use crate::text::fold;

/// The folded words of `text`: "Don't Stop & Go!" is "dont", "stop", "and", "go".
///
/// An apostrophe joins, everything else that is no letter or digit parts.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in fold(text).chars() {
        match letter {
            '\'' | '’' | '`' | '´' | 'ʼ' => {}
            '&' | '+' => {
                finish(&mut word, &mut words);
                words.push("and".to_owned());
            }
            letter if letter.is_alphanumeric() => word.push(letter),
            _ => finish(&mut word, &mut words),
        }
    }
    finish(&mut word, &mut words);
    words
}

/// The folded words of `text`, or, if it has no letters and digits, its signs as one word: "!!!".
pub(super) fn words_or_signs(text: &str) -> Vec<String> {
    let words = words(text);
    if !words.is_empty() {
        return words;
    }
    Some(signs(text)).into_iter().filter(|signs| !signs.is_empty()).collect()
}

/// The folded letters and signs of `text` in one word.
pub(super) fn signs(text: &str) -> String {
    fold(text).split_whitespace().collect()
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    match word.as_str() {
        "" => return,
        "pt" | "pts" | "parts" => *word = "part".to_owned(),
        "vol" => *word = "volume".to_owned(),
        _ => {}
    }
    words.push(std::mem::take(word));
}

/// Articles, conjunctions and titles: they hardly help to distinguish tracks.
pub(crate) fn is_minor(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "and"
            | "of"
            | "to"
            | "in"
            | "on"
            | "n"
            | "dj"
            | "mc"
            | "mr"
            | "ms"
            | "le"
            | "la"
            | "les"
            | "el"
            | "los"
            | "der"
            | "die"
            | "das"
    )
}

/// `word` in Latin letters, if it has others: a second key for Cyrillic, Greek, Chinese, Japanese
/// and Korean names, which shops write in either alphabet.
pub(crate) fn transliterated(word: &str) -> Option<String> {
    if word.is_ascii() {
        return None;
    }
    let latin: String =
        deunicode(word).chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let latin = latin.to_ascii_lowercase();
    (!latin.is_empty() && latin != word).then_some(latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_joined_by_apostrophes() {
        let cases: [(&str, &[&str]); 8] = [
            ("Café", &["cafe"]),
            ("Röyksopp", &["royksopp"]),
            ("Straße", &["strasse"]),
            ("Søren Łódź Đorđe Ætherik", &["soren", "lodz", "dorde", "aetherik"]),
            ("Don't Stop & Go!", &["dont", "stop", "and", "go"]),
            ("Hip-Hop 10:35", &["hip", "hop", "10", "35"]),
            ("Ночь", &["ночь"]),
            (" …!", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn other_alphabets_have_a_second_key() {
        let key = |word: &str| transliterated(word);
        assert_eq!(key("ночь").as_deref(), Some("noch"));
        assert_eq!(key("ωρα").as_deref(), Some("ora"));
        assert!(key("夜の音").is_some_and(|latin| latin.is_ascii()));
        assert!(key("서울").is_some_and(|latin| latin.starts_with("seo")));
        assert_eq!(key("night"), None);
        assert_eq!(key("🔥🔥").filter(String::is_empty), None);
    }
}
