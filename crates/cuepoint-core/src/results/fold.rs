//! Text as people search for it: without case and accents.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The text in lower case without accents: `Rök` and `rok` fold to the same.
///
/// Letters that Unicode does not take apart become what people type for them: `ø` o, `ß` ss,
/// `æ` ae. Other scripts stay as they are. Control characters are dropped.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

pub(super) fn fold_into(text: &str, folded: &mut String) {
    if text.is_ascii() {
        let shown = text.bytes().filter(|byte| !byte.is_ascii_control());
        folded.extend(shown.map(|byte| char::from(byte.to_ascii_lowercase())));
        return;
    }
    for c in text.nfkd().filter(|c| !is_combining_mark(*c) && !c.is_control()) {
        match c {
            'ß' | 'ẞ' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
            'þ' | 'Þ' => folded.push_str("th"),
            'ı' | 'İ' => folded.push('i'),
            _ => folded.extend(c.to_lowercase()),
        }
    }
}
