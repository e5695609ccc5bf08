//! `cuepoint match`

use std::fmt;
use std::io::{IsTerminal, Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use chrono::{SecondsFormat, Utc};
use cuepoint_core::catalogue::Catalogue;
use cuepoint_core::export::{
    RunNote, write_candidates_csv, write_json, write_matches_csv, write_queries_csv,
    write_review_csv,
};
use cuepoint_core::matching::{Confidence, Progress, TrackMatch, Workers, match_all};
use cuepoint_core::rekordbox::Track;
use cuepoint_core::results::{Matched, Table, View};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::catalogue;
use crate::cli::MatchArgs;
use crate::input::read_library;
use crate::left_out::LeftOut;
use crate::output::{self, write_named, write_output};
use crate::playlist::{find_playlists, tracks};

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
    let outputs = [&args.output, &args.review, &args.candidates, &args.queries, &args.json];
    outputs.into_iter().flatten().try_for_each(|path| output::check(path))?;
    let library = read_library(&args.library)?;
    let playlists = find_playlists(&library.playlists, &args.playlists.paths)?;
    let tracks = tracks(&library, &playlists);
    let (catalogue, sum) = catalogue::open(&args.catalog)?;
    let found = find(&tracks, &catalogue, args.threads.map_or(0, usize::from))?;
    let done = found.iter().flatten().count();
    let run = RunNote { id: run_id(&tracks, sum), complete: done == tracks.len() };
    let table = Table::of(Matched::rows(&tracks, &found, &catalogue));
    let view = table.all();
    write_all(args, &run, &view, &catalogue, out)?;
    summarise(&view);
    out.flush()?;
    if !run.complete {
        return Err(Stopped { done, of: tracks.len() }.into());
    }
    LeftOut::check(&library, &playlists)
}

/// Names a run by what went into it: the same tracks and catalogue give the same bytes.
fn run_id(tracks: &[Track<'_>], catalogue: u32) -> String {
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

fn watch(tracks: usize, progress: &Progress, finished: &AtomicBool, interrupted: &AtomicBool) {
    let bar = bar(tracks);
    while !finished.load(Ordering::Relaxed) {
        bar.set_position(progress.done() as u64);
        if interrupted.load(Ordering::Relaxed) {
            progress.cancel();
        }
        thread::park_timeout(TICK);
    }
    bar.finish_and_clear();
}

fn bar(tracks: usize) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar =
        ProgressBar::with_draw_target(Some(tracks as u64), ProgressDrawTarget::stderr_with_hz(5));
    match ProgressStyle::with_template("matching {bar:30} {pos}/{len} tracks, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn write_all(
    args: &MatchArgs,
    run: &RunNote,
    view: &View<'_, Matched<'_>>,
    catalogue: &Catalogue,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let delimiter = args.delimiter.delimiter();
    write_output(args.output.as_deref(), out, |out| {
        write_matches_csv(out, run, view.rows(), delimiter)
    })?;
    if let Some(path) = &args.review {
        write_named(path, |out| write_review_csv(out, view.rows(), delimiter))?;
    }
    if let Some(path) = &args.candidates {
        write_named(path, |out| write_candidates_csv(out, view.rows(), catalogue, delimiter))?;
    }
    if let Some(path) = &args.queries {
        write_named(path, |out| write_queries_csv(out, view.rows(), delimiter))?;
    }
    if let Some(path) = &args.json {
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        write_named(path, |out| write_json(out, run, &now, view.rows(), catalogue))?;
    }
    Ok(())
}

/// One line about the result.
fn summarise(view: &View<'_, Matched<'_>>) {
    let statistics = view.statistics();
    let (matched, all) = (statistics.matched(), statistics.rows);
    let [low, medium, high] = Confidence::ALL.map(|class| statistics.of(class));
    let percent = if all == 0 { 0.0 } else { 100.0 * matched as f64 / all as f64 };
    // The table is written already, so a failure to print this summary is ignored.
    let _ = writeln!(
        stderr(),
        "matched {matched} of {all} tracks ({percent:.1} %): {high} high, {medium} medium, {low} low \
         confidence"
    );
}
