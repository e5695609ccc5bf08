//! Words: real ones for the most frequent ranks, pronounceable inventions for the rest.

use crate::rng::Rng;

/// How many different words titles are made of.
const VOCABULARY: u64 = 20_000;

/// The most frequent words of dance music titles, most frequent first.
const HEADS: [&str; 32] = [
    "the", "you", "love", "me", "in", "of", "night", "my", "to", "it", "on", "your", "a", "house",
    "dub", "i", "time", "music", "vip", "feel", "up", "life", "down", "sun", "dance", "deep",
    "baby", "one", "rock", "don't", "go", "back",
];

const ONSETS: [&str; 20] = [
    "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "st",
    "tr", "sh",
];
const VOWELS: [&str; 6] = ["a", "e", "i", "o", "u", "y"];
const CODAS: [&str; 8] = ["", "", "", "n", "r", "s", "l", "t"];

/// A word of the vocabulary, drawn by its frequency, with a capital letter.
pub(crate) fn title_word(rng: &mut Rng) -> String {
    capitalised(&word(rng.zipf(VOCABULARY)))
}

/// The word of a frequency rank, in lower case: always the same one.
fn word(rank: u64) -> String {
    match HEADS.get(rank as usize) {
        Some(head) => (*head).to_owned(),
        None => invented(rank),
    }
}

/// A pronounceable word made from a number. Frequent words are short, as they are in languages.
pub(crate) fn invented(number: u64) -> String {
    let mut rng = Rng::new(0x776f_7264, number);
    let mut word = String::new();
    let shortest = if number < 2_000 { 1 } else { 2 };
    for _ in 0..rng.between(shortest, shortest + 1) {
        word.push_str(rng.pick(&ONSETS));
        word.push_str(rng.pick(&VOWELS));
    }
    word.push_str(rng.pick(&CODAS));
    word
}

/// `word` with its first letter in upper case.
pub(crate) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
