//! All tracks of a playlist or library.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::matcher::{TrackMatch, match_track};
use super::wanted::Wanted;
use crate::catalogue::CatalogSource;
use crate::rekordbox::Track;

/// How many threads work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// The one that asks.
    One,
    /// Those of the current rayon pool.
    Pool,
}

/// The progress of a running match, and the request to cancel it.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicUsize,
    cancelled: AtomicBool,
}

impl Progress {
    /// How many tracks are done.
    pub fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// Asks to stop: the tracks that are under way are finished, no others begun.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Matches each of `tracks`, in their order. `None` is for those left when it was cancelled.
///
/// The result does not depend on `workers`.
pub fn match_all(
    tracks: &[Track<'_>],
    source: &impl CatalogSource,
    workers: Workers,
    progress: &Progress,
) -> Vec<Option<TrackMatch>> {
    let one = |track: &Track<'_>| {
        if progress.is_cancelled() {
            return None;
        }
        let found = match_track(&Wanted::of_track(*track), source);
        progress.done.fetch_add(1, Ordering::Relaxed);
        Some(found)
    };
    match workers {
        Workers::One => tracks.iter().map(one).collect(),
        Workers::Pool => tracks.par_iter().map(one).collect(),
    }
}
