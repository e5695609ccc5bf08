//! A shop's catalogue for a generated library, with the right row for every track.
//!
//! A matcher must be tested with rows that are almost right. The catalogue therefore holds each
//! work in several versions and spells it as shops do. It adds rows that resemble a track without
//! being it, and leaves some tracks out.

mod csv;
mod kind;
mod near;
mod noise;
mod plan;
mod row;
mod spelling;
mod version;
mod work;

use std::collections::HashSet;

use cuepoint_core::catalogue::Entry;

use crate::library::LibrarySpec;
use crate::rng::Rng;
use crate::track::{TrackFacts, track_facts};

use plan::Plan;

pub use csv::catalogue_csv;
pub use kind::Kind;

/// Each step of the catalogue draws from a stream of its own, unrelated to the library's.
const SHUFFLE_STREAM: u64 = 0x7368_7566;

/// Which catalogue to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogueSpec {
    /// The library that the catalogue is for.
    pub library: LibrarySpec,
    /// Rows to fill up to with unrelated works; what the library needs is never left out.
    pub entries: usize,
}

/// What a matcher should find for one track of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// What makes the track hard to find, or not.
    pub kind: Kind,
    /// The row of the very version; nothing if the work is not in the catalogue.
    pub right: Option<u64>,
    /// The rows of every version of the work, including the right one.
    pub same_work: Vec<u64>,
}

/// A catalogue and what is true of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// The rows, in no order.
    pub rows: Vec<Entry>,
    /// One for each track of the library, in its order.
    pub truth: Vec<Truth>,
}

/// Generates the catalogue of `spec`: the same one for the same spec, on every platform.
pub fn catalogue(spec: CatalogueSpec) -> Catalogue {
    let LibrarySpec { tracks, seed, .. } = spec.library;
    let facts: Vec<TrackFacts> =
        (0..tracks).map(|index| track_facts(seed, index, tracks)).collect();
    let mut plan = Plan::of(&facts, seed);
    let mut rows = Vec::new();
    let starts: Vec<usize> = plan
        .works
        .iter()
        .map(|work| {
            let start = rows.len();
            rows.extend(work::rows(work, &facts, seed));
            start
        })
        .collect();
    let resembled = near::add(&mut rows, &facts, &mut plan.taken, seed);
    noise::fill(&mut rows, &mut plan.taken, spec.entries, seed);
    let places = shuffled(rows.len(), seed);
    let truth = truth(&facts, &plan, &starts, &resembled, &places);
    Catalogue { rows: numbered(rows, &places), truth }
}

/// The place that each row moves to.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut rng = Rng::new(seed ^ SHUFFLE_STREAM, 0);
    let mut places: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        places.swap(last, rng.below(last as u64 + 1) as usize);
    }
    places
}

fn numbered(rows: Vec<Entry>, places: &[usize]) -> Vec<Entry> {
    let mut placed: Vec<(usize, Entry)> = places.iter().copied().zip(rows).collect();
    placed.sort_unstable_by_key(|(place, _)| *place);
    placed.into_iter().map(|(place, row)| row::at(row, place)).collect()
}

/// `starts` has the first row of each work, and `places` the final places of the rows.
fn truth(
    facts: &[TrackFacts],
    plan: &Plan,
    starts: &[usize],
    resembled: &HashSet<usize>,
    places: &[usize],
) -> Vec<Truth> {
    let truth_of = |(index, facts): (usize, &TrackFacts)| {
        let place = plan.tracks[index];
        let work = &plan.works[place.work];
        let start = starts[place.work];
        let id = |row: usize| row::id(places[row]);
        Truth {
            kind: Kind::of(facts, work.absent, resembled.contains(&index)),
            right: (!work.absent).then(|| id(start + place.version)),
            same_work: (start..start + work.versions.len()).map(id).collect(),
        }
    };
    facts.iter().enumerate().map(truth_of).collect()
}
