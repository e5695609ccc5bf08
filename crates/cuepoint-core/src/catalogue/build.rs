//! From entries to a searchable catalogue.

use super::entry::Entry;
use super::index::{Field, IndexBuilder};
use super::store::{Catalogue, GAP, Record};
use super::texts::{Interner, Texts};
use crate::name::{Name, transliterated};

/// Two entries have one identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two tracks have the id {0}: every track of a catalogue needs its own")]
pub struct DuplicateId(pub u64);

pub(super) fn build(mut entries: Vec<Entry>) -> Result<Catalogue, DuplicateId> {
    entries.sort_by_key(|entry| entry.id);
    if let Some(pair) = entries.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(DuplicateId(pair[0].id));
    }
    let mut builder = Builder::default();
    for entry in &entries {
        builder.add(entry);
    }
    Ok(builder.finish())
}

#[derive(Default)]
struct Builder {
    records: Vec<Record>,
    /// Titles and addresses are nearly all different: looking them up would be time lost.
    texts: Texts,
    repeated: Interner,
    vocabulary: Interner,
    words: Vec<u32>,
    index: IndexBuilder,
}

impl Builder {
    fn add(&mut self, entry: &Entry) {
        let name = Name::of_columns(&entry.title, &entry.mix, &entry.artists, &entry.remixers);
        let words = self.add_name(&name);
        let release = match entry.release_date.as_str() {
            "" => entry.release.clone(),
            date => format!("{}\n{date}", entry.release),
        };
        let repeated = &mut self.repeated;
        // The numbers of repeated texts follow those of the others, as `finish` puts them.
        let texts = [
            self.texts.push(&entry.title),
            repeated.number(&entry.mix),
            repeated.number(&entry.artists.join(", ")),
            repeated.number(&entry.remixers.join(", ")),
            repeated.number(&entry.key),
            repeated.number(&entry.label),
            repeated.number(&entry.genre),
            self.texts.push(&entry.isrc),
            repeated.number(&release),
            self.texts.push(&entry.url),
        ];
        self.records.push(Record {
            id: entry.id,
            texts,
            bpm: entry.bpm.map_or(0, |bpm| bpm.hundredths()),
            year: entry.year.unwrap_or(0),
            seconds: entry.seconds.unwrap_or(0),
            treatment: name.version.treatment,
            length: name.version.length,
            words,
        });
    }

    /// Stores the words of `name` and indexes them; the result is where they lie.
    fn add_name(&mut self, name: &Name) -> [u32; 5] {
        self.index.start(name.title.len());
        let mut ends = [self.words.len() as u32; 5];
        let parts = [
            (&name.title, Field::Title),
            (&name.optional, Field::Title),
            (&name.version.by, Field::Artist),
        ];
        for (at, (words, field)) in parts.into_iter().enumerate() {
            self.add_words(words, field);
            ends[at + 1] = self.words.len() as u32;
        }
        for artist in name.credit.main.iter().chain(&name.credit.featured) {
            self.add_words(artist, Field::Artist);
            self.words.push(GAP);
        }
        ends[4] = self.words.len() as u32;
        ends
    }

    fn add_words(&mut self, words: &[String], field: Field) {
        for word in words {
            let number = self.vocabulary.number(word);
            self.words.push(number);
            self.index.add(number, field);
            if let Some(latin) = transliterated(word) {
                self.index.add(self.vocabulary.number(&latin), field);
            }
        }
    }

    fn finish(mut self) -> Catalogue {
        let first_repeated = self.texts.len() as u32;
        let repeated = self.repeated.finish();
        for number in 0..repeated.len() as u32 {
            self.texts.push(repeated.get(number));
        }
        let (vocabulary, renumbered) = self.vocabulary.sorted();
        for record in &mut self.records {
            for text in [1, 2, 3, 4, 5, 6, 8] {
                record.texts[text] += first_repeated;
            }
        }
        for word in self.words.iter_mut().filter(|word| **word != GAP) {
            *word = renumbered[*word as usize];
        }
        let index = self.index.finish(&renumbered);
        Catalogue { records: self.records, texts: self.texts, vocabulary, words: self.words, index }
    }
}
