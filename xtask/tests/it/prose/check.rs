//! Banned phrases and long sentences in blocks of prose.

use super::LONGEST;
use super::text::{Block, CODE};
use super::words::{BANNED, EXCEPTIONS, FUNCTION_WORDS};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

/// A phrase to rewrite.
#[derive(Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) line: usize,
    pub(super) phrase: String,
    pub(super) instead: String,
}

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: [&str; 7] = ["e.g.", "i.e.", "vs.", "cf.", "approx.", "resp.", "incl."];

/// Numbers in words, for patterns with `#`.
const NUMBERS: [&str; 13] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "hundred",
    "thousand", "million",
];

/// What is wrong with the prose of `file`, whose path is relative to the root.
pub(super) fn check(file: &Path, blocks: &[Block]) -> Vec<Finding> {
    let is_accepted = |text: &str, range: &Range<usize>| {
        EXCEPTIONS.iter().any(|(path, phrase, _)| {
            file.starts_with(path) && encloses(&text.to_ascii_lowercase(), phrase, range)
        })
    };
    let mut findings = Vec::new();
    for block in blocks {
        let phrases = phrases(&block.text).into_iter();
        let phrases = phrases.filter(|(range, _)| !is_accepted(&block.text, range));
        findings.extend(phrases.map(|(range, instead)| Finding {
            line: block.line(range.start),
            phrase: one_line(&block.text[range]),
            instead: format!("write {instead}"),
        }));
        let long = sentences(&block.text).into_iter().filter(|(_, words)| *words > LONGEST);
        findings.extend(long.map(|(range, words)| Finding {
            line: block.line(range.start),
            phrase: one_line(&block.text[range]).chars().take(60).collect::<String>() + "…",
            instead: format!("a sentence of {words} words: split it, at most {LONGEST}"),
        }));
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(CODE, "`…`")
}

/// Whether `phrase` is in `text` at a place that holds `range`.
fn encloses(text: &str, phrase: &str, range: &Range<usize>) -> bool {
    let mut places = text.match_indices(phrase);
    places.any(|(start, _)| start <= range.start && range.end <= start + phrase.len())
}

/// The sentences of a block, with their number of words.
fn sentences(text: &str) -> Vec<(Range<usize>, usize)> {
    let mut sentences = Vec::new();
    let mut words = 0;
    let mut start = None;
    for (range, word) in chunks(text) {
        let start_of_sentence = *start.get_or_insert(range.start);
        words += usize::from(word.contains(|sign: char| sign.is_alphanumeric() || sign == CODE));
        let next = text[range.end..].trim_start().chars().next();
        if ends_sentence(word, next) {
            sentences.push((start_of_sentence..range.end, words));
            (start, words) = (None, 0);
        }
    }
    sentences.extend(start.map(|start| (start..text.len(), words)));
    sentences
}

fn ends_sentence(word: &str, next: Option<char>) -> bool {
    let bare = word.trim_end_matches([')', ']', '"', '\'', '”', '’', '*', '_']);
    if !bare.ends_with(['.', '!', '?', '…']) {
        return false;
    }
    let continues = next.is_some_and(char::is_lowercase);
    let is_inside = bare.len() < word.len();
    let bare = bare.trim_start_matches(['(', '[', '"', '“']);
    let is_initial = bare.chars().count() == 2 && bare.starts_with(char::is_uppercase);
    match bare.to_lowercase().as_str() {
        "etc." | "…" => !continues,
        word if is_initial || ABBREVIATIONS.contains(&word) => false,
        _ => !continues || !is_inside && !bare.ends_with('…'),
    }
}

/// The parts of `text` between whitespace.
fn chunks(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    text.split_whitespace().map(|chunk| {
        let start = chunk.as_ptr() as usize - text.as_ptr() as usize;
        (start..start + chunk.len(), chunk)
    })
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// In lower case.
    Word(String),
    /// It starts with a digit, and may have a unit behind it.
    Number,
    /// Code, a flag, a path or an identifier.
    Code,
    /// It is between words that belong to no one phrase.
    Sign(char),
}

fn tokens(text: &str) -> Vec<(Range<usize>, Token)> {
    let mut tokens = Vec::new();
    for (range, chunk) in chunks(text) {
        if is_code(chunk) {
            let sign = chunk.chars().next_back().filter(char::is_ascii_punctuation);
            let sign = sign.map(|sign| (range.end..range.end, Token::Sign(sign)));
            tokens.push((range, Token::Code));
            tokens.extend(sign);
        } else {
            add_words(range.start, chunk, &mut tokens);
        }
    }
    tokens
}

/// Adds the words and signs of a part of a text that starts at `offset`.
fn add_words(offset: usize, chunk: &str, tokens: &mut Vec<(Range<usize>, Token)>) {
    let mut open: Option<usize> = None;
    // A sign that ends the last word.
    for (at, sign) in chunk.char_indices().chain([(chunk.len(), '-')]) {
        if sign.is_alphanumeric() || open.is_some() && sign == '\'' {
            open.get_or_insert(at);
            continue;
        }
        if let Some(start) = open.take() {
            tokens.push((offset + start..offset + at, word(&chunk[start..at])));
        }
        let range = offset + at..offset + at + sign.len_utf8();
        match sign {
            // Hyphens join the words of a phrase.
            '-' => {}
            CODE => tokens.push((range, Token::Code)),
            other => tokens.push((range, Token::Sign(other))),
        }
    }
}

fn word(text: &str) -> Token {
    if text.starts_with(|sign: char| sign.is_ascii_digit()) {
        Token::Number
    } else {
        Token::Word(text.to_lowercase())
    }
}

/// Whether a part of a text is a flag, a path, a file or an identifier rather than a word.
fn is_code(chunk: &str) -> bool {
    let bare = chunk.trim_matches(|sign: char| !sign.is_alphanumeric() && sign != '-');
    let dotted = bare.split('.').filter(|part| !part.is_empty()).count() > 1;
    let has_letter = bare.contains(char::is_alphabetic);
    bare.starts_with("--")
        || has_letter && (dotted || bare.contains(['_', '/', '@', '=']) || bare.contains("::"))
}

/// One place of a pattern.
enum Part {
    /// One of these words or signs.
    Any(Vec<&'static str>),
    /// None of these words follows.
    NotBefore(Vec<&'static str>),
}

struct Pattern {
    parts: Vec<Part>,
    instead: &'static str,
}

/// The patterns by their first word; those that start with a number or code are under "".
static PATTERNS: LazyLock<HashMap<&str, Vec<Pattern>>> = LazyLock::new(|| {
    let mut patterns: HashMap<&str, Vec<Pattern>> = HashMap::new();
    for (pattern, instead) in BANNED {
        let firsts = pattern.split(' ').next().unwrap();
        for first in firsts.split('|') {
            let key = if first.starts_with(char::is_alphabetic) { first } else { "" };
            let parts = pattern.split(' ').map(part).collect();
            patterns.entry(key).or_default().push(Pattern { parts, instead });
        }
    }
    patterns
});

fn part(text: &'static str) -> Part {
    match text.strip_prefix('!') {
        Some(words) => Part::NotBefore(words.split('|').collect()),
        None => Part::Any(text.split('|').collect()),
    }
}

/// The banned phrases in `text`, with what to write instead.
fn phrases(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let tokens = tokens(text);
    let mut phrases: Vec<(Range<usize>, &'static str)> = Vec::new();
    let mut next = 0;
    for at in 0..tokens.len() {
        if at < next {
            continue;
        }
        let named = match &tokens[at].1 {
            Token::Word(word) => PATTERNS.get(word.as_str()),
            _ => None,
        };
        let patterns = named.into_iter().chain(PATTERNS.get("")).flatten();
        for pattern in patterns {
            let Some(length) = matched(&pattern.parts, &tokens[at..]) else { continue };
            let range = tokens[at].0.start..tokens[at + length - 1].0.end;
            phrases.push((range, pattern.instead));
            next = at + length;
            break;
        }
    }
    phrases
}

/// The number of tokens that the pattern covers.
fn matched(parts: &[Part], tokens: &[(Range<usize>, Token)]) -> Option<usize> {
    let mut length = 0;
    for part in parts {
        let token = tokens.get(length).map(|(_, token)| token);
        match part {
            Part::NotBefore(words) => {
                let follows = token.is_some_and(|it| words.iter().any(|word| fits(word, it)));
                return (!follows).then_some(length);
            }
            Part::Any(words) => {
                token.filter(|it| words.iter().any(|word| fits(word, it)))?;
                length += 1;
            }
        }
    }
    Some(length)
}

fn fits(pattern: &str, token: &Token) -> bool {
    match (pattern, token) {
        ("#" | "<digits>", Token::Number) | ("<code>", Token::Code) => true,
        ("<word>", Token::Word(_)) => true,
        ("*", Token::Word(word)) => !FUNCTION_WORDS.contains(&word.as_str()),
        ("#", Token::Word(word)) => NUMBERS.contains(&word.as_str()),
        (",", Token::Sign(sign)) => *sign == ',',
        (pattern, Token::Word(word)) => pattern == word,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prose::text::{mask, plain};

    fn lengths(text: &str) -> Vec<usize> {
        sentences(&mask(text)).into_iter().map(|(_, words)| words).collect()
    }

    fn found(text: &str) -> Vec<String> {
        let text = mask(text);
        phrases(&text).into_iter().map(|(range, _)| text[range].to_owned()).collect()
    }

    #[test]
    fn sentences_end_at_full_stops_only() {
        assert_eq!(lengths("One two. Three four five! Six? Seven"), [2, 3, 1, 1]);
        assert_eq!(lengths("Durations, e.g. 90 s or i.e. Two, end here. Next."), [9, 1]);
        assert_eq!(lengths("It took 1.5 s with v1.2 of perf.rs and 0.1.21. Next"), [10, 1]);
        assert_eq!(lengths("Files (see a.rs.) and \"so on.\" Next one."), [6, 2]);
        assert_eq!(
            lengths("Wait… and more. Apples, pears etc. are fruit. Pears etc. Next"),
            [3, 5, 2, 1]
        );
        assert_eq!(lengths("By J. Doe and b. Next"), [5, 1]);
        assert_eq!(lengths(""), [0; 0]);
    }

    #[test]
    fn signs_are_no_words_and_placeholders_are_one() {
        assert_eq!(lengths("+4.1 % – a ÷ b"), [3]);
        assert_eq!(lengths("read {path:?} of {a.b()}, `cargo xtask perf` {}"), [6]);
    }

    #[test]
    fn long_sentences_are_reported_at_their_first_line() {
        let text = format!("Short one.\nNow {}end. Another.", "word ".repeat(25));
        let findings = check(Path::new("a.md"), &plain(&text, 5));
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.line, 6);
        assert!(finding.phrase.starts_with("Now word"), "{finding:?}");
        assert!(finding.instead.contains("27 words"), "{finding:?}");
        let text = format!("{}end.", "word ".repeat(24));
        assert_eq!(check(Path::new("a.md"), &plain(&text, 1)), []);
    }

    #[test]
    fn words_are_found_whole_and_in_any_case() {
        assert_eq!(found("Begin anew. ANEW, anew-ish"), ["anew", "ANEW", "anew"]);
        assert_eq!(found("renew, amended, recommended, believes, underlies"), ["believes"]);
        assert_eq!(found("side by side, side-by-side\nand side\nby side").len(), 3);
        assert_eq!(found("one side, by side streets"), [""; 0]);
    }

    #[test]
    fn code_is_not_searched() {
        assert_eq!(
            found("`history restart` {anew} --quiet told.rs told_of Told::anew x/anew.rs"),
            [""; 0]
        );
        assert_eq!(found("a duration, as `90s`"), [format!(", as {CODE}")]);
        assert_eq!(found("a duration, as 90s or 5m"), [", as 90s or 5m"]);
        assert_eq!(found("written as `x`, as `git` is, as one"), [""; 0]);
    }

    #[test]
    fn words_that_make_a_phrase_harmless_are_respected() {
        assert_eq!(found("looks up, look at, how it looks, round values, rounds up"), [""; 0]);
        assert_eq!(found("a second look after 10 rounds"), ["second look", "rounds"]);
        assert_eq!(found("lay out what lay there"), ["lay"]);
    }

    #[test]
    fn per_is_wanted_only_after_a_number_or_unit() {
        let phrases = found("One row a benchmark, 5 launches a benchmark, 3 ns an iteration.");
        assert_eq!(phrases, ["One row a benchmark", "5 launches a benchmark", "ns an iteration"]);
        assert_eq!(found("It launches a benchmark. One of a run, 0 although a benchmark"), [""; 0]);
    }

    #[test]
    fn findings_name_line_phrase_and_replacement() {
        let findings = check(Path::new("a.md"), &plain("fine\nto mend it", 1));
        let expected = Finding { line: 2, phrase: "mend".into(), instead: "write fix".into() };
        assert_eq!(findings, [expected]);
    }

    #[test]
    fn exceptions_hold_for_their_phrase_only() {
        assert!(encloses("the line lies below", "line lies", &(9..13)));
        assert!(!encloses("it lies; the line lies", "line lies", &(3..7)));
    }

    #[test]
    fn every_exception_names_a_path_and_a_reason() {
        for (path, phrase, reason) in EXCEPTIONS {
            assert!(crate::project::root().join(path).exists(), "{path} does not exist");
            assert!(!phrases(phrase).is_empty(), "\"{phrase}\" needs no exception");
            assert!(!reason.is_empty());
        }
    }
}
