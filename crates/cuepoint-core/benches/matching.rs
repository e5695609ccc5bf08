//! Finding the tracks of a library in a catalogue of 20,000.

use cuepoint_core::catalogue::Catalogue;
use cuepoint_core::matching::{Progress, TrackMatch, Wanted, Workers, match_all, match_track};
use cuepoint_core::name::readings;
use cuepoint_core::rekordbox::{Library, Track, parse};
use cuepoint_fixtures::{
    CatalogueSpec, Kind, LibrarySpec, Truth, catalogue, library, stored_catalogue,
};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use rayon::ThreadPoolBuilder;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// What every bench here works on.
struct Bench {
    library: Library,
    catalogue: Catalogue,
}

impl Bench {
    fn new(tracks: usize) -> Self {
        let spec = CatalogueSpec { library: LibrarySpec::of(tracks), entries: 20_000 };
        let file = stored_catalogue(spec);
        let text = library(spec.library);
        Self {
            library: parse(text.as_bytes()).expect("generated libraries are well-formed"),
            catalogue: Catalogue::decode(&file).expect("the file of this version"),
        }
    }

    fn tracks(&self) -> Vec<Track<'_>> {
        self.library.collection.tracks().collect()
    }
}

/// Tracks over which `process_single_track` rotates.
const ROTATION: u32 = 64;

/// Sixteen tracks of each of four kinds, in turn: what a track costs depends on how it is written.
fn rotation<'b>(bench: &'b Bench, truth: &[Truth]) -> Vec<Track<'b>> {
    let kinds: [&[Kind]; 4] = [
        &[Kind::Plain, Kind::NearMiss, Kind::Extended],
        &[Kind::Remix],
        &[Kind::ArtistInTitle],
        &[Kind::NonLatin, Kind::Accented, Kind::Absent],
    ];
    let of_kinds = |kinds: &[Kind]| -> Vec<Track<'b>> {
        let tracks = bench.tracks().into_iter().zip(truth);
        let chosen = tracks.filter(|(_, truth)| kinds.contains(&truth.kind));
        chosen.map(|(track, _)| track).take(ROTATION as usize / 4).collect()
    };
    let columns = kinds.map(of_kinds);
    let rows = (0..ROTATION as usize / 4).flat_map(|row| columns.iter().map(move |of| of[row]));
    rows.collect()
}

/// From what the library says to the candidate that it is, with everything that is kept of it.
#[divan::bench(sample_count = ROTATION, sample_size = 1)]
fn process_single_track(bencher: Bencher<'_, '_>) {
    let bench = Bench::new(1_000);
    let kinds = catalogue(CatalogueSpec { library: LibrarySpec::of(1_000), entries: 0 });
    let mut tracks = rotation(&bench, &kinds.truth).into_iter().cycle();
    bencher
        .with_inputs(|| tracks.next())
        .bench_local_values(|track| Some(match_track(&Wanted::of_track(track?), &bench.catalogue)));
}

fn process(bench: &Bench, tracks: &[Track<'_>], workers: Workers) -> Vec<Option<TrackMatch>> {
    match_all(black_box(tracks), &bench.catalogue, workers, &Progress::default())
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn process_500_tracks(bencher: Bencher<'_, '_>) {
    let bench = Bench::new(500);
    let tracks = bench.tracks();
    bencher
        .counter(ItemsCount::new(tracks.len()))
        .bench_local(|| process(&bench, &tracks, Workers::One));
}

/// On two threads, whatever the machine has, so that figures of machines compare.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn process_500_tracks_parallel(bencher: Bencher<'_, '_>) {
    let bench = Bench::new(500);
    let tracks = bench.tracks();
    let pool = ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    bencher
        .counter(ItemsCount::new(tracks.len()))
        .bench_local(|| pool.install(|| process(&bench, &tracks, Workers::Pool)));
}

/// Taking titles and credits apart, which comes before every match.
#[divan::bench]
fn read_names_500_tracks(bencher: Bencher<'_, '_>) {
    let library = parse(library(LibrarySpec::of(500)).as_bytes()).expect("well-formed");
    bencher.counter(ItemsCount::new(500_usize)).bench_local(|| {
        for track in library.collection.tracks() {
            black_box(readings(track.title(), track.artist()));
        }
    });
}
