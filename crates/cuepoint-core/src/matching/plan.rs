//! The queries with which a catalogue in memory is asked.
//!
//! A remote search needs dozens of spellings of one question. An index that weighs words in any
//! order needs one query for each way to read a name. Two wider queries find names that are spread
//! over other fields or written in another alphabet.

use crate::catalogue::{Field, Query, Term};
use crate::name::{Name, transliterated};

/// Why a query is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Every word where the name has it.
    AsWritten,
    /// The same in Latin letters.
    Latin,
    /// Every word in any field: artists in titles and titles in artists.
    Anywhere,
}

impl Stage {
    /// Its name in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsWritten => "as_written",
            Self::Latin => "latin",
            Self::Anywhere => "anywhere",
        }
    }
}

/// The queries for `readings`, the likeliest first, no two alike.
pub(super) fn plan(readings: &[Name]) -> Vec<(Stage, Query)> {
    let mut plan: Vec<(Stage, Query)> = Vec::with_capacity(4);
    let as_written = readings.iter().map(|name| (Stage::AsWritten, as_written(name)));
    let latin = readings.iter().take(1).map(|name| (Stage::Latin, latin(name)));
    let anywhere = readings.iter().take(1).map(|name| (Stage::Anywhere, anywhere(name)));
    for (stage, query) in as_written.chain(latin).chain(anywhere) {
        let known = plan.iter().any(|(_, other)| *other == query);
        if !known && !query.terms.is_empty() {
            plan.push((stage, query));
        }
    }
    plan
}

fn as_written(name: &Name) -> Query {
    query(each_word(name).map(|(word, field)| Term { word: word.to_owned(), field }))
}

/// Empty if all words are written in Latin letters.
fn latin(name: &Name) -> Query {
    if each_word(name).all(|(word, _)| word.is_ascii()) {
        return Query::default();
    }
    query(each_word(name).map(|(word, field)| Term {
        word: transliterated(word).unwrap_or_else(|| word.to_owned()),
        field,
    }))
}

fn anywhere(name: &Name) -> Query {
    query(each_word(name).flat_map(|(word, _)| {
        [Field::Title, Field::Artist].map(|field| Term { word: word.to_owned(), field })
    }))
}

fn query(terms: impl Iterator<Item = Term>) -> Query {
    let mut terms: Vec<Term> = terms.collect();
    terms.sort_unstable();
    terms.dedup();
    Query { terms }
}

fn each_word(name: &Name) -> impl Iterator<Item = (&str, Field)> {
    let title = name.title.iter().chain(&name.optional).map(|word| (word.as_str(), Field::Title));
    let credit = name.credit.main.iter().chain(&name.credit.featured).flatten();
    let artists = credit.chain(&name.version.by).map(|word| (word.as_str(), Field::Artist));
    title.chain(artists)
}

#[cfg(test)]
mod tests {
    use super::plan;
    use crate::name::readings;

    fn stages(title: &str, artist: &str) -> Vec<&'static str> {
        plan(&readings(title, artist)).iter().map(|(stage, _)| stage.name()).collect()
    }

    #[test]
    fn plans_are_short_and_without_repetition() {
        assert_eq!(stages("Glue", "Bicep"), ["as_written", "anywhere"]);
        assert_eq!(stages("Bicep - Glue", ""), ["as_written", "as_written", "anywhere"]);
        assert_eq!(stages("Ночь", "Кино"), ["as_written", "latin", "anywhere"]);
        assert_eq!(stages("!!!", ""), ["as_written", "anywhere"]);
        assert!(stages("\u{7}", "").is_empty());
    }
}
