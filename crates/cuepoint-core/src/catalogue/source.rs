//! Where candidates come from, and a catalogue in memory as such a source.

use super::index::{Hit, Query};
use super::store::Catalogue;
use super::track::CatalogTrack;

/// Where candidates come from.
pub trait CatalogSource: Sync {
    /// The tracks that fit `query` best, at most `limit`, best first; of equals, the least
    /// identifier first. Tracks that all fit as well as the best may be more than `limit`.
    fn search(&self, query: &Query, limit: usize) -> Vec<Hit>;

    /// The track with this identifier.
    fn get(&self, id: u64) -> Option<CatalogTrack<'_>>;
}

impl CatalogSource for Catalogue {
    fn search(&self, query: &Query, limit: usize) -> Vec<Hit> {
        let found = self.index.search(query, &self.vocabulary, limit);
        let hit =
            |(document, weight): (u32, u32)| Hit { id: self.records[document as usize].id, weight };
        found.into_iter().map(hit).collect()
    }

    fn get(&self, id: u64) -> Option<CatalogTrack<'_>> {
        let at = self.records.binary_search_by_key(&id, |record| record.id).ok()?;
        Some(CatalogTrack { catalogue: self, record: &self.records[at] })
    }
}
