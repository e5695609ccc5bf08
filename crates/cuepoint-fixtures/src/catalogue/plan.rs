//! Which works a catalogue holds for a library, before any row is written.

use std::collections::{HashMap, HashSet};

use crate::rng::Rng;
use crate::title::{Parenthesis, TitleParts};
use crate::track::TrackFacts;

use super::version::Version;

const STREAM: u64 = 0x706c_616e;
const WORK_STREAM: u64 = 0x776f_726b;

/// Tracks without any version of the work in the catalogue, of 10,000.
const ABSENT: u64 = 600;

/// A work: what its versions have in common.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) artists: Vec<String>,
    /// The words of the title, as the library has them.
    pub(crate) base: String,
    /// Guests.
    pub(crate) feats: Vec<String>,
    /// A word in parentheses that belongs to the title.
    pub(crate) word: Option<String>,
    pub(crate) absent: bool,
    /// Those that tracks of the library are come first; nothing if the work is absent.
    pub(crate) versions: Vec<PlannedVersion>,
}

/// A version with the track of the library that it is, if it is one.
#[derive(Clone, Debug)]
pub(crate) struct PlannedVersion {
    pub(crate) version: Version,
    pub(crate) track: Option<usize>,
}

/// Where a track is found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) work: usize,
    /// Among the work's versions.
    pub(crate) version: usize,
}

/// The works of a library.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) works: Vec<Work>,
    /// One for each track.
    pub(crate) tracks: Vec<Place>,
    /// Names that no unrelated work may have.
    pub(crate) taken: HashSet<String>,
}

impl Plan {
    /// Plans the works of `facts`. Tracks of one work share it, and the first of them decides
    /// whether the catalogue has it.
    pub(crate) fn of(facts: &[TrackFacts], seed: u64) -> Self {
        let mut plan = Self { works: Vec::new(), tracks: Vec::new(), taken: HashSet::new() };
        let mut known = HashMap::new();
        for (index, facts) in facts.iter().enumerate() {
            let work = Work::of(&facts.title, facts.credit.artists.clone());
            plan.taken.insert(name(&work.artists, &work.base));
            let at = *known.entry(work.full_name()).or_insert(plan.works.len());
            if at == plan.works.len() {
                let absent = Rng::new(seed ^ STREAM, index as u64).chance(ABSENT);
                plan.works.push(Work { absent, ..work });
            }
            let version = plan.works[at].claim(&facts.title, index);
            plan.tracks.push(Place { work: at, version });
        }
        for (index, work) in plan.works.iter_mut().enumerate() {
            if work.absent {
                work.versions.clear();
            } else {
                work.complete(&mut Rng::new(seed ^ WORK_STREAM, index as u64));
            }
        }
        plan
    }
}

impl Work {
    /// The work that `title` belongs to, without versions.
    pub(crate) fn of(title: &TitleParts, artists: Vec<String>) -> Self {
        let mut feats: Vec<String> = title.feat.iter().cloned().collect();
        let mut word = None;
        match &title.parenthesis {
            Some(Parenthesis::Feat(guest)) => feats.push(guest.clone()),
            Some(Parenthesis::Word(text)) => word = Some(text.clone()),
            _ => {}
        }
        let base = title.base.clone();
        Self { artists, base, feats, word, absent: false, versions: Vec::new() }
    }

    /// The index of the version that `title` names, which becomes that of `track` if it is new.
    fn claim(&mut self, title: &TitleParts, track: usize) -> usize {
        let version = Version::named(title.parenthesis.as_ref());
        self.add(PlannedVersion { version, track: Some(track) })
    }

    /// Adds the versions that shops have besides: the original, an extended one and remixes.
    fn complete(&mut self, rng: &mut Rng) {
        self.add(PlannedVersion { version: Version::original(), track: None });
        self.add(PlannedVersion { version: Version::extended(), track: None });
        for _ in 0..rng.below(4) {
            self.add(PlannedVersion { version: Version::remix(rng), track: None });
        }
    }

    fn add(&mut self, planned: PlannedVersion) -> usize {
        let known = self.versions.iter().position(|known| known.version.is(&planned.version));
        known.unwrap_or_else(|| {
            self.versions.push(planned);
            self.versions.len() - 1
        })
    }

    /// Guests and words in parentheses distinguish works of one title.
    fn full_name(&self) -> String {
        let mut full = name(&self.artists, &self.base);
        for part in self.feats.iter().chain(&self.word) {
            full.push('\n');
            full.push_str(&part.to_lowercase());
        }
        full
    }
}

/// The text that distinguishes works. Quotes are left out, because shops leave them out too.
pub(crate) fn name(artists: &[String], base: &str) -> String {
    format!("{}\n{}", artists.join("\t"), base.replace('"', "")).to_lowercase()
}
