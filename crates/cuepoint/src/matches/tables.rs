//! The tables of a match.

use std::io::{self, Write};

use chrono::{SecondsFormat, Utc};
use cuepoint_core::catalogue::Catalogue;
use cuepoint_core::export::{
    RunNote, write_candidates_csv, write_json, write_m3u8, write_matches_csv, write_queries_csv,
    write_review_csv,
};
use cuepoint_core::results::{FilterSpec, Item, Matched, Status, Table, View};

use crate::cli::MatchArgs;
use crate::output::{self, write_named, write_output};
use crate::values::FormatName;

/// Refuses what cannot be written before any work is done for it.
pub(super) fn check(args: &MatchArgs) -> anyhow::Result<()> {
    if args.incremental.is_some() && args.format == Some(FormatName::Json) {
        anyhow::bail!(
            "--incremental cannot write JSON: an earlier table has no candidates\n  help: leave \
             out --incremental or --format json"
        );
    }
    let others = [&args.review, &args.unmatched, &args.candidates, &args.queries, &args.json];
    let outputs = others.into_iter().chain([&args.output]);
    outputs.flatten().try_for_each(|path| output::check(path))
}

/// Writes all tables that `args` asks for, of the rows for which `spec` holds. Returns how many tracks a playlist leaves out.
pub(super) fn write(
    args: &MatchArgs,
    run: &RunNote,
    table: &Table<Matched<'_>>,
    spec: &FilterSpec,
    catalogue: &Catalogue,
    out: &mut dyn Write,
) -> anyhow::Result<u64> {
    let delimiter = args.delimiter.delimiter();
    let view = table.filter(spec);
    let mut files = 0;
    write_output(args.output.as_deref(), out, |out| {
        files = write_main(args, run, &view, catalogue, out)?;
        Ok(())
    })?;
    if let Some(path) = &args.unmatched {
        let unmatched = FilterSpec { status: Some(Status::Unmatched), ..spec.clone() };
        let view = table.filter(&unmatched);
        write_named(path, |out| write_matches_csv(out, run, view.rows(), delimiter))?;
    }
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
        write_named(path, |out| write_json(out, run, &now(), view.rows(), catalogue))?;
    }
    Ok(files)
}

fn write_main(
    args: &MatchArgs,
    run: &RunNote,
    view: &View<'_, Matched<'_>>,
    catalogue: &Catalogue,
    out: &mut dyn Write,
) -> io::Result<u64> {
    match args.format.unwrap_or(FormatName::Csv) {
        FormatName::Csv => {
            write_matches_csv(out, run, view.rows(), args.delimiter.delimiter())?;
        }
        FormatName::Json => write_json(out, run, &now(), view.rows(), catalogue)?,
        FormatName::Playlist => {
            let matched = view.rows().filter(|row| row.item.facts().confidence.is_some());
            return write_m3u8(out, matched.map(|row| row.item.track));
        }
    }
    Ok(0)
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}
