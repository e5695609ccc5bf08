//! `cuepoint match`

mod earlier;
mod tables;

use std::fmt;
use std::io::{Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use cuepoint_core::catalogue::Catalogue;
use cuepoint_core::export::RunNote;
use cuepoint_core::matching::{Confidence, Progress, TrackMatch, Workers, match_all};
use cuepoint_core::rekordbox::Track;
use cuepoint_core::results::{FilterSpec, Matched, Table, View};

use crate::catalogue;
use crate::cli::MatchArgs;
use crate::input::read_library;
use crate::left_out::LeftOut;
use crate::playlist::{find_playlists, tracks};
use crate::progress;

/// The user stopped the program; what was done is written.
#[derive(Debug)]
pub(crate) struct Stopped {
    done: usize,
    of: usize,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped after {} of {} tracks; the output is partial", self.done, self.of)
    }
}

impl std::error::Error for Stopped {}

/// Matches the tracks that `args` names and writes what was found.
pub(crate) fn run(args: &MatchArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    tables::check(args)?;
    let library = read_library(&args.library)?;
    let playlists = find_playlists(&library.playlists, &args.playlists.paths)?;
    let tracks = tracks(&library, &playlists);
    let earlier = args.incremental.as_deref().map(earlier::read).transpose()?;
    let (catalogue, sum) = catalogue::open(&args.catalog)?;
    let is_kept = |track: Track<'_>| earlier.as_ref().is_some_and(|it| it.matched(track).is_some());
    let media = args.media.kinds();
    let is_wanted = |track: &Track<'_>| media.is_empty() || media.contains(&track.media());
    let wanted: Vec<bool> = tracks.iter().map(is_wanted).collect();
    let searched = tracks.iter().zip(&wanted).map(|(track, wanted)| *wanted && !is_kept(*track));
    let searched: Vec<bool> = searched.collect();
    let open = tracks.iter().zip(&searched).filter(|(_, open)| **open);
    let open: Vec<Track<'_>> = open.map(|(track, _)| *track).collect();
    let found = find(&open, &catalogue, args.threads.map_or(0, usize::from))?;
    let done = found.iter().flatten().count();
    let of_run = tracks.iter().zip(&wanted).filter(|(_, wanted)| **wanted);
    let run =
        RunNote { id: run_id(of_run.map(|(track, _)| *track), sum), complete: done == open.len() };
    let found = in_place(&searched, found);
    let rows = Matched::rows(&tracks, &found, &catalogue).into_iter();
    let table = Table::of(match &earlier {
        Some(earlier) => rows.map(|row| row.or_kept(earlier)).collect(),
        None => rows.collect(),
    });
    let spec = FilterSpec { media, ..FilterSpec::default() };
    let files = tables::write(args, &run, &table, &spec, &catalogue, out)?;
    let view = table.filter(&spec);
    summarise(&view, view.len() - open.len());
    out.flush()?;
    if !run.complete {
        return Err(Stopped { done, of: open.len() }.into());
    }
    LeftOut::check(&library, &playlists, files)
}

/// What was found for each of all tracks, of which only some were searched.
fn in_place(searched: &[bool], found: Vec<Option<TrackMatch>>) -> Vec<Option<TrackMatch>> {
    let mut found = found.into_iter();
    searched.iter().map(|&open| if open { found.next().flatten() } else { None }).collect()
}

/// Names a run by what went into it: the same tracks and catalogue give the same bytes.
fn run_id<'a>(tracks: impl Iterator<Item = Track<'a>>, catalogue: u32) -> String {
    let mut hasher = crc32fast::Hasher::new();
    for track in tracks {
        hasher.update(&track.id().unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(track.title().as_bytes());
        hasher.update(track.artist().as_bytes());
    }
    format!("{:08x}-{catalogue:08x}", hasher.finalize())
}

/// Matches all tracks while a bar shows how far it is. `threads` of 0 means one for each core.
fn find(
    tracks: &[Track<'_>],
    catalogue: &Catalogue,
    threads: usize,
) -> anyhow::Result<Vec<Option<TrackMatch>>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.context("cannot start the threads that match")?;
    let progress = Progress::default();
    let finished = AtomicBool::new(false);
    let interrupted = Arc::new(AtomicBool::new(false));
    let signal = signal_hook::flag::register(signal_hook::consts::SIGINT, interrupted.clone())
        .context("cannot wait for Ctrl-C")?;
    let found = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(tracks.len(), &progress, &finished, &interrupted));
        let found = pool.install(|| match_all(tracks, catalogue, Workers::Pool, &progress));
        finished.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        found
    });
    signal_hook::low_level::unregister(signal);
    Ok(found)
}

/// How often the bar is drawn and Ctrl-C asked for.
const TICK: Duration = Duration::from_millis(20);

fn watch(tracks: usize, running: &Progress, finished: &AtomicBool, interrupted: &AtomicBool) {
    let bar = progress::bar("matching", tracks);
    while !finished.load(Ordering::Relaxed) {
        bar.set_position(running.done() as u64);
        if interrupted.load(Ordering::Relaxed) {
            running.cancel();
        }
        thread::park_timeout(TICK);
    }
    bar.finish_and_clear();
}

/// One line about the result.
fn summarise(view: &View<'_, Matched<'_>>, kept: usize) {
    let statistics = view.statistics();
    let (matched, all) = (statistics.matched(), statistics.rows);
    let [low, medium, high] = Confidence::ALL.map(|class| statistics.of(class));
    let percent = if all == 0 { 0.0 } else { 100.0 * matched as f64 / all as f64 };
    let kept = if kept > 0 { format!("; {kept} kept") } else { String::new() };
    // The table is written already, so a failure to print this summary is ignored.
    let _ = writeln!(
        stderr(),
        "matched {matched} of {all} tracks ({percent:.1} %): {high} high, {medium} medium, {low} low \
         confidence{kept}"
    );
}
