//! Finds the tracks that share the most distinctive words with a query.
//!
//! A word's weight is its inverse document frequency, `ln(1 + tracks / tracks with the word)`.
//! A track's weight is the sum over the query's words that it has, less for long titles. Terms
//! are taken rarest first. At some point the terms that are left cannot lift a new track among the
//! best. From there on the long lists of common words are searched only for the tracks found so far
//! (Turtle and Flood's MaxScore, 1995).

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use super::texts::Texts;

/// The part of a name that a word is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The title, with its parentheses.
    Title,
    /// The artists and those who made the version.
    Artist,
}

const FIELDS: usize = 2;

/// A word to look for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// The folded word.
    pub word: String,
    /// The part of the name to find it in.
    pub field: Field,
}

/// Words of which as many as possible shall be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The words; one that is there twice counts once.
    pub terms: Vec<Term>,
}

/// A track that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its identifier.
    pub id: u64,
    /// How well it fits, comparable within one search.
    pub weight: u32,
}

/// Which tracks have which words, each track meant by its place.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    /// Where the list of each word and field ends in `postings`.
    ends: Vec<u32>,
    /// The tracks of each list, rising.
    postings: Vec<u32>,
    /// For each track what a weight is multiplied by, at most [`NORM`].
    norms: Vec<u16>,
}

/// The factor of a title of one word.
const NORM: u32 = 256;

/// Weights are integers of this fineness: sums of floating-point numbers would depend on their
/// order.
const FINENESS: f64 = 256.0;

/// Terms of one search, so that a title of thousands of words takes no longer than one of many.
const MOST_TERMS: usize = 64;

/// Tracks that fit equally well and are all found, whatever the limit.
const MOST_EQUAL: usize = 1_024;

/// A term of a query with its list.
struct List<'a> {
    weight: u32,
    tracks: &'a [u32],
}

impl Index {
    /// The places of the best tracks with their weights.
    pub(super) fn search(&self, query: &Query, words: &Texts, limit: usize) -> Vec<(u32, u32)> {
        let lists = self.lists(query, words);
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.weights.resize(scratch.weights.len().max(self.norms.len()), 0);
            let best = self.best(&lists, limit, scratch);
            scratch.clear();
            best
        })
    }

    /// The lists of the query's words, the rarest first.
    fn lists(&self, query: &Query, words: &Texts) -> Vec<List<'_>> {
        let number = |term: &Term| Some(list_number(words.find(&term.word)?, term.field));
        let mut numbers: Vec<usize> = query.terms.iter().filter_map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let lists = numbers.into_iter().map(|number| self.list(number));
        let mut lists: Vec<List<'_>> = lists
            .filter(|tracks| !tracks.is_empty())
            .map(|tracks| List { weight: self.weight(tracks.len()), tracks })
            .collect();
        lists.sort_by_key(|list| list.tracks.len());
        lists.truncate(MOST_TERMS);
        lists
    }

    fn list(&self, number: usize) -> &[u32] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.postings[start as usize..self.ends[number] as usize]
    }

    fn weight(&self, tracks: usize) -> u32 {
        let frequency = self.norms.len() as f64 / tracks as f64;
        (frequency.ln_1p() * FINENESS).round() as u32
    }

    fn best(&self, lists: &[List<'_>], limit: usize, scratch: &mut Scratch) -> Vec<(u32, u32)> {
        let mut left: u32 = lists.iter().map(|list| list.weight * NORM).sum();
        let mut added = 0;
        let mut lists = lists.iter();
        let mut threshold = 0;
        for list in lists.by_ref() {
            self.add(list, scratch);
            added += list.weight * NORM;
            left -= list.weight * NORM;
            // No track weighs more than what was added, so that often nothing need be sorted.
            threshold = if left < added { scratch.threshold(limit) } else { 0 };
            if left < threshold {
                break;
            }
        }
        for list in lists {
            scratch.keep(|weight| weight + left >= threshold);
            self.ask(list, scratch);
            left -= list.weight * NORM;
            threshold = scratch.threshold(limit);
        }
        scratch.finish(limit, threshold)
    }

    /// Adds the weight of a list's word to all of its tracks.
    fn add(&self, list: &List<'_>, scratch: &mut Scratch) {
        for &track in list.tracks {
            let weight = &mut scratch.weights[track as usize];
            if *weight == 0 {
                scratch.seen.push(track);
                scratch.dirty.push(track);
            }
            *weight += list.weight * u32::from(self.norms[track as usize]);
        }
    }

    /// Adds the weight of a list's word to those of its tracks that have been seen.
    fn ask(&self, list: &List<'_>, scratch: &mut Scratch) {
        for &track in &scratch.seen {
            if list.tracks.binary_search(&track).is_ok() {
                scratch.weights[track as usize] +=
                    list.weight * u32::from(self.norms[track as usize]);
            }
        }
    }

    /// Whether every list and track can be reached without a check.
    pub(super) fn is_sound(&self, words: usize, tracks: usize) -> bool {
        let whole = self.ends.last().map_or(0, |end| *end as usize) == self.postings.len();
        let rising = self.ends.is_sorted() && self.ends.len() == words * FIELDS;
        let known = self.postings.iter().all(|&track| (track as usize) < tracks);
        let bounded = self.norms.iter().all(|&norm| norm > 0 && u32::from(norm) <= NORM);
        whole && rising && known && bounded && self.norms.len() == tracks
    }
}

fn list_number(word: u32, field: Field) -> usize {
    word as usize * FIELDS + field as usize
}

thread_local! {
    /// Kept between searches: to make and clear a number for each track of a catalogue would cost
    /// more than the search.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

#[derive(Default)]
struct Scratch {
    /// The weight of each track so far; all 0 between searches.
    weights: Vec<u32>,
    /// The tracks in play.
    seen: Vec<u32>,
    /// All tracks whose weight is not 0.
    dirty: Vec<u32>,
    sorted: Vec<u32>,
}

impl Scratch {
    /// The weight that a track needs to be among the best `limit`, as far as is known.
    fn threshold(&mut self, limit: usize) -> u32 {
        if limit == 0 || self.seen.len() < limit {
            return 0;
        }
        self.sorted.clear();
        self.sorted.extend(self.seen.iter().map(|&track| self.weights[track as usize]));
        let (_, threshold, _) =
            self.sorted.select_nth_unstable_by(limit - 1, |left, right| right.cmp(left));
        *threshold
    }

    fn keep(&mut self, stays: impl Fn(u32) -> bool) {
        let weights = &self.weights;
        self.seen.retain(|&track| stays(weights[track as usize]));
    }

    /// The best `limit` tracks, and those that weigh as much as the best. None of them weighs less
    /// than `threshold`.
    fn finish(&mut self, limit: usize, threshold: u32) -> Vec<(u32, u32)> {
        self.keep(|weight| weight >= threshold);
        let mut best: Vec<(u32, u32)> =
            self.seen.iter().map(|&track| (track, self.weights[track as usize])).collect();
        best.sort_unstable_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
        // Of tracks that all fit as well as the best, the one that is meant may be any.
        let top = best.first().map_or(0, |best| best.1);
        let most = if limit == 0 { 0 } else { MOST_EQUAL };
        let equal = best.iter().take(most).take_while(|track| track.1 == top).count();
        best.truncate(limit.max(equal));
        best
    }

    fn clear(&mut self) {
        for track in self.dirty.drain(..) {
            self.weights[track as usize] = 0;
        }
        self.seen.clear();
    }
}

/// An index under construction.
#[derive(Debug, Default)]
pub(super) struct IndexBuilder {
    /// Words and fields with the tracks that have them, track by track.
    pairs: Vec<(u32, u32)>,
    norms: Vec<u16>,
}

impl IndexBuilder {
    /// Starts the next track.
    pub(super) fn start(&mut self, title_words: usize) {
        // Eight words or so are common: a title of one word counts twice as much as one of nine.
        let norm = NORM as usize * 8 / (7 + title_words.max(1));
        self.norms.push(norm.max(1) as u16);
    }

    /// Adds a word of the track that was started last.
    pub(super) fn add(&mut self, word: u32, field: Field) {
        let track = self.norms.len() as u32 - 1;
        self.pairs.push((list_number(word, field) as u32, track));
    }

    /// Sorts by lists, counting how long each is. `renumbered` gives the final number of a word and
    /// `order` the tracks in their final order.
    pub(super) fn finish(mut self, renumbered: &[u32], order: &[u32]) -> Index {
        for (list, _) in &mut self.pairs {
            let (word, field) = (*list as usize / FIELDS, *list as usize % FIELDS);
            *list = (renumbered[word] as usize * FIELDS + field) as u32;
        }
        self.drop_repeated();
        let (ends, mut next) = self.bounds(renumbered.len() * FIELDS);
        let mut postings = vec![0; self.pairs.len()];
        let starts = self.starts();
        for (track, &index) in order.iter().enumerate() {
            let pairs = starts[index as usize] as usize..starts[index as usize + 1] as usize;
            for &(list, _) in &self.pairs[pairs] {
                postings[next[list as usize] as usize] = track as u32;
                next[list as usize] += 1;
            }
        }
        let norms = order.iter().map(|&index| self.norms[index as usize]).collect();
        Index { ends, postings, norms }
    }

    /// Where each list ends and where it starts.
    fn bounds(&self, lists: usize) -> (Vec<u32>, Vec<u32>) {
        let mut ends = vec![0_u32; lists];
        for &(list, _) in &self.pairs {
            ends[list as usize] += 1;
        }
        let mut starts = Vec::with_capacity(lists);
        let mut sum = 0;
        for end in &mut ends {
            starts.push(sum);
            sum += *end;
            *end = sum;
        }
        (ends, starts)
    }

    /// Where the pairs of each track start, and where those of the last end.
    fn starts(&self) -> Vec<u32> {
        let mut starts = vec![0_u32; self.norms.len() + 1];
        for &(_, track) in &self.pairs {
            starts[track as usize + 1] += 1;
        }
        for track in 1..starts.len() {
            starts[track] += starts[track - 1];
        }
        starts
    }

    /// A word that a track has twice counts once.
    fn drop_repeated(&mut self) {
        let mut start = 0;
        let mut kept = 0;
        for at in 0..self.pairs.len() {
            let pair = self.pairs[at];
            if kept > start && self.pairs[kept - 1].1 != pair.1 {
                start = kept;
            }
            if !self.pairs[start..kept].contains(&pair) {
                self.pairs[kept] = pair;
                kept += 1;
            }
        }
        self.pairs.truncate(kept);
    }
}
