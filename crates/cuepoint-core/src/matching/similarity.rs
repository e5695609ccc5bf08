//! How much two names have in common.
//!
//! Words are paired, equal ones first, then those that differ by a slip of the keyboard. The
//! similarity is Dice's coefficient over the paired words, each weighed by its length:
//! `2 × paired / (one side + other side)`. Unlike a ratio of token sets it does not call "Love" and
//! "Love Story" the same.

use std::borrow::Cow;

use rapidfuzz::distance::osa;

use crate::name::{is_minor, transliterated};

/// Shorter words are other words if one letter differs: "love" and "live".
const SHORTEST_SLIP: usize = 5;

/// From this length on a word may have two slips.
const LONG: usize = 9;

/// Titles of more words are compared by their first ones: pairing takes the square of the words.
const MOST_WORDS: usize = 48;

/// The weight that a minor word has, in letters.
const MINOR: f64 = 0.5;

/// The share of its weight that an optional word costs if the other side lacks it.
const LEFT_OUT: f64 = 0.15;

/// What the comparison of two titles gave.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Similarity {
    /// Dice's coefficient, 0 to 1.
    pub(super) ratio: f64,
    /// Whether either side has distinctive words that the other lacks.
    pub(super) left_over: [bool; 2],
    /// Whether one has an article or the like that the other lacks.
    pub(super) minor: bool,
    /// Whether both have optional words that the other lacks.
    pub(super) other_option: bool,
    /// Whether a pair differs by a slip.
    pub(super) slip: bool,
}

/// One word of a name under comparison.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    text: &'a str,
    weight: f64,
    optional: bool,
    /// Whether it is written in Latin letters, none of which may be an umlaut without its dots.
    plain: bool,
    paired: bool,
}

impl<'a> Word<'a> {
    pub(super) fn new(text: &'a str, optional: bool) -> Self {
        let weight =
            if is_minor(text) { MINOR } else { 1.0 + text.chars().take(12).count() as f64 };
        // `str::contains` takes long to start.
        let is_umlaut = |pair: &[u8]| UMLAUTS.iter().any(|it| it.0.as_bytes() == pair);
        let plain = text.is_ascii() && !text.as_bytes().windows(2).any(is_umlaut);
        Self { text, weight, optional, plain, paired: false }
    }
}

/// The words of a title: those of its own and those that are often left out.
pub(super) fn title_words<'a>(
    own: impl Iterator<Item = &'a str>,
    optional: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = Word<'a>> {
    let own = own.map(|word| Word::new(word, false));
    own.chain(optional.map(|word| Word::new(word, true))).take(MOST_WORDS)
}

/// The words of an artist.
pub(super) fn artist_words<'a>(words: impl Iterator<Item = &'a str>) -> Vec<Word<'a>> {
    words.map(|word| Word::new(word, false)).collect()
}

/// Compares two names, whatever pairs an earlier comparison found.
pub(super) fn compare(left: &mut [Word<'_>], right: &mut [Word<'_>]) -> Similarity {
    if left.is_empty() || right.is_empty() {
        return Similarity::default();
    }
    left.iter_mut().for_each(|word| word.paired = false);
    right.iter_mut().for_each(|word| word.paired = false);
    let mut paired = pair_same(left, right, |left, right| left.text == right.text);
    if all_paired(left) && all_paired(right) {
        return Similarity { ratio: 1.0, ..Similarity::default() };
    }
    if letters(left).eq(letters(right)) {
        paired += (pair_own(left) + pair_own(right)) / 2.0;
    }
    paired += pair_same(left, right, in_latin);
    let before = paired;
    paired += pair_alike(left, right);
    let total = total(left) + total(right);
    let lacks = |optional| [&*left, &*right].map(|words| words.iter().any(is_left_over(optional)));
    Similarity {
        ratio: 2.0 * paired / total,
        left_over: lacks(false),
        minor: left.iter().chain(&*right).any(|word| !word.paired && is_minor(word.text)),
        other_option: lacks(true) == [true, true],
        slip: paired > before,
    }
}

fn all_paired(words: &[Word<'_>]) -> bool {
    words.iter().all(|word| word.paired)
}

fn is_left_over(optional: bool) -> impl Fn(&Word<'_>) -> bool {
    move |word| !word.paired && word.optional == optional && !is_minor(word.text)
}

/// Pairs each word with the first free one that is the same; the result is the weight of the pairs.
fn pair_same(
    left: &mut [Word<'_>],
    right: &mut [Word<'_>],
    same: impl Fn(&Word<'_>, &Word<'_>) -> bool,
) -> f64 {
    let mut sum = 0.0;
    for one in left.iter_mut().filter(|word| !word.paired) {
        let other = right.iter_mut().find(|other| !other.paired && same(one, other));
        let Some(other) = other else { continue };
        one.paired = true;
        other.paired = true;
        sum += (one.weight + other.weight) / 2.0;
    }
    sum
}

/// Pairs each word with the free one of which it most likely is a slip; the result is the weight
/// of the pairs.
fn pair_alike(left: &mut [Word<'_>], right: &mut [Word<'_>]) -> f64 {
    let mut sum = 0.0;
    for one in left.iter_mut().filter(|word| !word.paired) {
        let free = right.iter_mut().filter(|word| !word.paired);
        let scored = free.map(|other| (slip(one.text, other.text), other));
        let best = scored
            .filter(|(alike, _)| *alike > 0.0)
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        let Some((alike, other)) = best else { continue };
        one.paired = true;
        other.paired = true;
        sum += alike * (one.weight + other.weight) / 2.0;
    }
    sum
}

/// Whether two words are one in Latin letters, with umlauts written in either way.
fn in_latin(left: &Word<'_>, right: &Word<'_>) -> bool {
    !(left.plain && right.plain) && plain(left.text) == plain(right.text)
}

/// How umlauts are written without dots, and what folding makes of those with dots.
const UMLAUTS: [(&str, &str); 3] = [("ae", "a"), ("oe", "o"), ("ue", "u")];

fn plain(word: &str) -> String {
    let latin = transliterated(word).map_or(Cow::Borrowed(word), Cow::Owned);
    UMLAUTS.iter().fold(latin.into_owned(), |word, (written, folded)| word.replace(written, folded))
}

/// How alike two words are, if one may be the other with a slip. A slip is one letter, or two in a
/// long word, that is wrong, missing, added or swapped with its neighbour. The first letter and
/// numbers are never slips.
pub(super) fn slip(left: &str, right: &str) -> f64 {
    if left.is_ascii() && right.is_ascii() {
        return latin_slip(left, right);
    }
    let latin = |word| transliterated(word).map_or(Cow::Borrowed(word), Cow::Owned);
    latin_slip(&latin(left), &latin(right))
}

fn latin_slip(left: &str, right: &str) -> f64 {
    let (shorter, longer) = (left.len().min(right.len()), left.len().max(right.len()));
    let digits = |word: &str| word.bytes().any(|byte| byte.is_ascii_digit());
    let first = left.bytes().next() == right.bytes().next();
    if shorter < SHORTEST_SLIP || longer - shorter > 2 || !first || digits(left) || digits(right) {
        return 0.0;
    }
    let slips = osa::distance(left.chars(), right.chars());
    let allowed = if shorter < LONG { 1 } else { 2 };
    if slips <= allowed { 1.0 - slips as f64 / longer as f64 } else { 0.0 }
}

/// The letters of a name without its blanks: those of "Hip Hop" and "HipHop" are the same.
fn letters<'a>(words: &'a [Word<'_>]) -> impl Iterator<Item = u8> + 'a {
    words.iter().filter(|word| !word.optional).flat_map(|word| word.text.bytes())
}

/// Marks all words that are not optional as paired; the result is the weight that this adds.
fn pair_own(words: &mut [Word<'_>]) -> f64 {
    let own = words.iter_mut().filter(|word| !word.optional && !word.paired);
    own.map(|word| {
        word.paired = true;
        word.weight
    })
    .sum()
}

fn total(words: &[Word<'_>]) -> f64 {
    let weight = |word: &Word<'_>| {
        if word.optional && !word.paired { word.weight * LEFT_OUT } else { word.weight }
    };
    words.iter().map(weight).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::name::words;

    fn texts(words: &[String]) -> impl Iterator<Item = &str> {
        words.iter().map(String::as_str)
    }

    fn titles(left: &str, right: &str) -> Similarity {
        let (left, right) = (words(left), words(right));
        let of = |words| title_words(texts(words), [].into_iter()).collect::<Vec<_>>();
        let (mut left, mut right) = (of(&left), of(&right));
        compare(&mut left, &mut right)
    }

    #[test]
    fn equal_names_are_one() {
        let pairs =
            [("Hip Hop", "HipHop"), ("Stop Go", "Go, Stop"), ("Ночь", "Noch"), ("Café", "CAFE")];
        for (left, right) in pairs {
            assert_eq!(titles(left, right).ratio.to_bits(), 1.0_f64.to_bits(), "{left}");
        }
    }

    #[test]
    fn words_that_one_side_lacks_are_told() {
        assert_eq!(titles("Love Story", "Love").left_over, [true, false]);
        assert_eq!(titles("Love", "The Love").left_over, [false, false]);
        assert_eq!(titles("Love 1", "Love 2").left_over, [true, true]);
        assert!(titles("Love Story", "Love").ratio < 0.7);
    }

    #[test]
    fn slips_of_long_words_are_forgiven() {
        let beautiful = titles("Beautifull Day", "Beautiful Day");
        assert!(beautiful.slip && beautiful.ratio > 0.9, "{beautiful:?}");
        assert_eq!(titles("Love", "Live").left_over, [true, true]);
    }

    proptest! {
        #[test]
        fn it_is_bounded_and_whole_for_a_name_with_itself(left: String, right: String) {
            let ratio = titles(&left, &right).ratio;
            prop_assert!((0.0..=1.0 + 1e-9).contains(&ratio));
            prop_assert!(words(&left).is_empty() || titles(&left, &left).ratio > 0.999);
        }
    }
}
