//! From entries to a searchable catalogue.

use super::entry::Entry;
use super::index::{Field, IndexBuilder};
use super::store::{Catalogue, GAP, Record};
use super::texts::{Interner, Texts};
use crate::name::{Name, transliterated};

/// Why entries are no catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Two entries have one identifier.
    #[error("two tracks have the id {0}: every track of a catalogue needs its own")]
    DuplicateId(u64),
    /// Places in the texts would not fit into 32 bits.
    #[error("the texts of all tracks are larger than 4 GiB: build several catalogues")]
    TooLarge,
}

impl Catalogue {
    /// Makes a catalogue of `entries`.
    ///
    /// # Errors
    ///
    /// If two entries have one identifier, or their texts are too large for one catalogue.
    pub fn build(entries: &[Entry]) -> Result<Self, BuildError> {
        Self::build_with(entries, |_| {})
    }

    /// Makes a catalogue of `entries`. Calls `added` with the number of entries so far, after each
    /// of them; what follows the last takes a twentieth of the time.
    ///
    /// # Errors
    ///
    /// If two entries have one identifier, or their texts are too large for one catalogue.
    pub fn build_with(entries: &[Entry], mut added: impl FnMut(usize)) -> Result<Self, BuildError> {
        let order = by_identifier(entries)?;
        // Entries are read in their order in memory. Only the results, which have a tenth of the
        // size, are sorted by identifier.
        let mut builder = CatalogueBuilder::default();
        for (entry, number) in entries.iter().zip(1..) {
            builder.add(entry);
            added(number);
        }
        Ok(builder.finish(&order))
    }
}

/// The places of the entries in the order of their identifiers.
fn by_identifier(entries: &[Entry]) -> Result<Vec<u32>, BuildError> {
    let mut order: Vec<(u64, u32)> = entries.iter().map(|entry| entry.id).zip(0..).collect();
    order.sort_unstable();
    if let Some(pair) = order.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(BuildError::DuplicateId(pair[0].0));
    }
    // What is stored beside the texts, numbers of words among them, is never more than the texts.
    if entries.iter().map(Entry::text_bytes).sum::<usize>() > u32::MAX as usize {
        return Err(BuildError::TooLarge);
    }
    Ok(order.into_iter().map(|(_, index)| index).collect())
}

#[derive(Default)]
struct CatalogueBuilder {
    records: Vec<Record>,
    /// Titles, artists and addresses are nearly all different: looking them up would be time lost.
    texts: Texts,
    repeated: Interner,
    vocabulary: Interner,
    words: Vec<u32>,
    index: IndexBuilder,
}

impl CatalogueBuilder {
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
            self.texts.push(&entry.artists.join(", ")),
            self.texts.push(&entry.remixers.join(", ")),
            repeated.number(&entry.key),
            repeated.number(&entry.label),
            repeated.number(&entry.genre),
            self.texts.push(&entry.isrc),
            self.texts.push(&release),
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

    /// Stores the words of `name`, indexes them, and returns their places.
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

    fn finish(mut self, order: &[u32]) -> Catalogue {
        let first_repeated = self.texts.len() as u32;
        let repeated = self.repeated.finish();
        for number in 0..repeated.len() as u32 {
            self.texts.push(repeated.get(number));
        }
        let (vocabulary, renumbered) = self.vocabulary.sorted();
        let mut records = self.records;
        for record in &mut records {
            for text in [1, 4, 5, 6] {
                record.texts[text] += first_repeated;
            }
        }
        let records = order.iter().map(|&index| records[index as usize].clone()).collect();
        for word in self.words.iter_mut().filter(|word| **word != GAP) {
            *word = renumbered[*word as usize];
        }
        let index = self.index.finish(&renumbered, order);
        Catalogue { records, texts: self.texts, vocabulary, words: self.words, index }
    }
}
