//! Matching a whole library: order, threads, stopping.

use std::io;

use cuepoint_core::catalogue::{CatalogSource, CatalogTrack, Catalogue, Hit, Query};
use cuepoint_core::export::{
    Delimiter, RunNote, write_candidates_csv, write_matches_csv, write_queries_csv,
};
use cuepoint_core::matching::{Progress, TrackMatch, Workers, match_all};
use cuepoint_core::rekordbox::{Library, Track, parse};
use cuepoint_core::results::{Matched, Table};
use cuepoint_fixtures::{CatalogueSpec, LibrarySpec, catalogue, library};

fn generated(tracks: usize) -> (Library, Catalogue) {
    let spec = CatalogueSpec { library: LibrarySpec::of(tracks), entries: 2_000 };
    let library = parse(library(spec.library).as_bytes()).expect("a well-formed library");
    let rows = catalogue(spec).rows;
    (library, Catalogue::build(&rows).expect("distinct identifiers"))
}

fn tracks(library: &Library) -> Vec<Track<'_>> {
    library.collection.tracks().collect()
}

/// Every table that matching gives, one after the other.
fn exported(
    tracks: &[Track<'_>],
    source: &impl CatalogSource,
    found: &[Option<TrackMatch>],
) -> io::Result<Vec<u8>> {
    let table = Table::of(Matched::rows(tracks, found, source));
    let run = RunNote { id: "test".to_owned(), complete: true };
    let mut out = Vec::new();
    write_matches_csv(&mut out, &run, table.all().rows(), Delimiter::Comma)?;
    write_candidates_csv(&mut out, table.all().rows(), source, Delimiter::Comma)?;
    write_queries_csv(&mut out, table.all().rows(), Delimiter::Comma)?;
    Ok(out)
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let (library, source) = generated(300);
    let tracks = tracks(&library);
    let found = |workers| match_all(&tracks, &source, workers, &Progress::default());
    let alone = exported(&tracks, &source, &found(Workers::One)).unwrap();
    for threads in [1, 2, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let together = pool.install(|| exported(&tracks, &source, &found(Workers::Pool)).unwrap());
        assert!(together == alone, "{threads} threads");
    }
}

/// A source that gives its hits in the opposite order.
struct Backwards(Catalogue);

impl CatalogSource for Backwards {
    fn search(&self, query: &Query, limit: usize) -> Vec<Hit> {
        let mut hits = self.0.search(query, limit);
        hits.reverse();
        hits
    }

    fn get(&self, id: u64) -> Option<CatalogTrack<'_>> {
        self.0.get(id)
    }
}

#[test]
fn the_order_in_which_candidates_come_does_not_matter() {
    let (library, source) = generated(200);
    let tracks = tracks(&library);
    let forwards = match_all(&tracks, &source, Workers::One, &Progress::default());
    let forwards = exported(&tracks, &source, &forwards).unwrap();
    let source = Backwards(source);
    let backwards = match_all(&tracks, &source, Workers::One, &Progress::default());
    assert!(exported(&tracks, &source, &backwards).unwrap() == forwards);
}

#[test]
fn a_cancelled_run_says_which_tracks_it_did() {
    let (library, source) = generated(50);
    let tracks = tracks(&library);
    let progress = Progress::default();
    let found = match_all(&tracks, &source, Workers::Pool, &progress);
    assert_eq!((progress.done(), found.iter().flatten().count()), (50, 50));
    let progress = Progress::default();
    progress.cancel();
    let found = match_all(&tracks, &source, Workers::Pool, &progress);
    assert_eq!((progress.done(), found.iter().flatten().count()), (0, 0));
    let table = Table::of(Matched::rows(&tracks, &found, &source));
    let run = RunNote { id: "test".to_owned(), complete: false };
    let mut out = Vec::new();
    write_matches_csv(&mut out, &run, table.all().rows(), Delimiter::Comma).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("# run_status=partial\r\n"));
}

#[test]
fn filtering_matches_asks_the_catalogue_s_values() {
    let (library, source) = generated(300);
    let tracks = tracks(&library);
    let found = match_all(&tracks, &source, Workers::One, &Progress::default());
    let table = Table::of(Matched::rows(&tracks, &found, &source));
    let statistics = table.all().statistics();
    assert!(statistics.matched() > 250, "{statistics:?}");
    assert_eq!(statistics.rows, 300);
    assert!(statistics.mean_score().is_some_and(|mean| mean.0 > 900));
    let years = cuepoint_core::results::FilterSpec {
        year: cuepoint_core::results::Bounds::between(2015, 2018),
        ..Default::default()
    };
    let view = table.filter(&years);
    assert!(!view.is_empty());
    for row in view.rows() {
        let year = row.item.best.and_then(CatalogTrack::year);
        assert!(year.is_some_and(|year| (2015..=2018).contains(&year)));
    }
}
