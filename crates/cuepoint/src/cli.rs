//! What can be typed.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use cuepoint_core::matching::Points;
use cuepoint_core::rekordbox::{Bpm, Media};
use cuepoint_core::results::{Bounds, Direction, FilterSpec, Item, SortKey, View};

use crate::values::{Class, Column, DelimiterName, FormatName, MediaName, Range, StatusName};

/// Matches Rekordbox libraries against a catalogue, filters and exports their tracks.
#[derive(Parser, Debug)]
#[command(name = "cuepoint", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Summarise a library: tracks, playlists, and what could not be read.
    Inspect(InspectArgs),
    /// Write tracks as CSV.
    Export(ExportArgs),
    /// Find a library's tracks in a catalogue and write the matches.
    Match(MatchArgs),
    /// Filter and sort a table that `match` wrote.
    Filter(FilterTableArgs),
    /// Show a table that `match` wrote: filter as you type, sort, page.
    Browse(BrowseArgs),
    /// Make a catalogue file.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Print the completions of a shell.
    Completions(CompletionArgs),
}

#[derive(Args, Debug)]
pub(crate) struct CompletionArgs {
    /// The shell that completes.
    pub(crate) shell: Shell,
}

#[derive(Subcommand, Debug)]
pub(crate) enum CatalogueCommand {
    /// Build a catalogue from a CSV file with a header or a JSON Lines file.
    Build(BuildArgs),
}

#[derive(Args, Debug)]
pub(crate) struct BuildArgs {
    /// The tracks as CSV or JSON Lines.
    ///
    /// JSON Lines if the name ends in .jsonl, .ndjson or .json. A file ending in .gz is unpacked.
    pub(crate) tracks: PathBuf,
    /// The catalogue file to write.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct MatchArgs {
    /// The XML file that rekordbox exported.
    pub(crate) library: PathBuf,
    /// The catalogue, as `cuepoint catalogue build` made it.
    #[arg(long, value_name = "FILE", alias = "catalogue")]
    pub(crate) catalog: PathBuf,
    #[command(flatten)]
    pub(crate) playlists: PlaylistArgs,
    #[command(flatten)]
    pub(crate) media: MediaArgs,
    /// Keep the matched rows of this earlier table.
    ///
    /// Only new, changed and unmatched tracks are searched. A track has changed if its title,
    /// artist or path has. A partial table of a stopped run can be continued in this way.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["candidates", "queries", "json"])]
    pub(crate) incremental: Option<PathBuf>,
    /// The table of matches to write [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The form of the table [default: csv].
    ///
    /// A playlist (m3u8) lists the files of the matched tracks.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<FormatName>,
    /// Also write the tracks without a match, as CSV.
    #[arg(long, value_name = "FILE")]
    pub(crate) unmatched: Option<PathBuf>,
    /// Also write the matches to review, as CSV.
    #[arg(long, value_name = "FILE")]
    pub(crate) review: Option<PathBuf>,
    /// Also write all candidates with their scores, as CSV.
    #[arg(long, value_name = "FILE")]
    pub(crate) candidates: Option<PathBuf>,
    /// Also write what the catalogue was asked, as CSV.
    #[arg(long, value_name = "FILE")]
    pub(crate) queries: Option<PathBuf>,
    /// Also write everything as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// The separator of cells.
    #[arg(long, value_name = "NAME", default_value = "comma")]
    pub(crate) delimiter: DelimiterName,
    /// Threads that work [default: one for each core].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Args, Debug)]
pub(crate) struct FilterTableArgs {
    /// The table, as `cuepoint match` wrote it.
    pub(crate) table: PathBuf,
    #[command(flatten)]
    pub(crate) conditions: MatchFilterArgs,
    #[command(flatten)]
    pub(crate) sort: SortArgs,
    /// The file to write [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct BrowseArgs {
    /// The table, as `cuepoint match` wrote it.
    pub(crate) table: PathBuf,
    #[command(flatten)]
    pub(crate) conditions: MatchFilterArgs,
    #[command(flatten)]
    pub(crate) sort: SortArgs,
}

#[derive(Args, Debug)]
pub(crate) struct MatchFilterArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Only matches of this confidence.
    #[arg(long, value_name = "CLASS")]
    confidence: Option<Class>,
    /// Only tracks with this status.
    #[arg(long, value_name = "STATUS")]
    status: Option<StatusName>,
    /// Only matches with so many points, such as "85-".
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    score: Option<Range<f64>>,
}

impl MatchFilterArgs {
    pub(crate) fn spec(&self) -> FilterSpec {
        let score = self.score.map(|range| range.0).unwrap_or_default();
        FilterSpec {
            score: Bounds { min: score.min.map(Points::of), max: score.max.map(Points::of) },
            confidence: self.confidence.map(Class::confidence),
            status: self.status.map(StatusName::status),
            ..self.filter.spec()
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct SortArgs {
    /// The column to sort by [default: the order of the file or playlist].
    #[arg(long, value_name = "COLUMN")]
    sort: Option<Column>,
    /// Sort from the greatest to the least.
    #[arg(long, requires = "sort")]
    descending: bool,
}

impl SortArgs {
    pub(crate) fn apply<R: Item>(&self, view: &mut View<'_, R>) {
        if let Some((key, direction)) = self.order() {
            view.sort(key, direction);
        }
    }

    pub(crate) fn order(&self) -> Option<(SortKey, Direction)> {
        let direction = if self.descending { Direction::Descending } else { Direction::Ascending };
        self.sort.map(|column| (column.key(), direction))
    }
}

#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    /// The XML file that rekordbox exported.
    pub(crate) library: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// The XML file that rekordbox exported.
    pub(crate) library: PathBuf,
    #[command(flatten)]
    pub(crate) playlists: PlaylistArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten)]
    pub(crate) sort: SortArgs,
    /// The separator of cells.
    #[arg(long, value_name = "NAME", default_value = "comma")]
    pub(crate) delimiter: DelimiterName,
    /// The form of the table [default: csv].
    ///
    /// A playlist (m3u8) lists the files of the tracks.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<FormatName>,
    /// The file to write [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct PlaylistArgs {
    /// Only this playlist or folder; may be repeated.
    ///
    /// A path is the names of its folders and its own, joined by "/". A folder means all playlists
    /// in it. A track that several playlists hold comes once.
    #[arg(long = "playlist", value_name = "PATH")]
    pub(crate) paths: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct FilterArgs {
    /// Only tracks with this in their title or artist; case and accents do not count.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    filter: String,
    /// Only tracks of these years: "2019", "2019-2021", "2019-" or "-2021".
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    year: Option<Range<u32>>,
    /// Only tracks of these tempos, such as "120-127.5".
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    bpm: Option<Range<Bpm>>,
    /// Only tracks with these ratings in stars, such as "4-5".
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    rating: Option<Range<u8>>,
    /// Only tracks in this key, in any notation: "8A" finds "Am".
    #[arg(long, default_value = "", hide_default_value = true)]
    key: String,
    #[command(flatten)]
    media: MediaArgs,
}

#[derive(Args, Debug)]
pub(crate) struct MediaArgs {
    /// Only music, samples or videos [default: all].
    ///
    /// Samples are known by their folder, videos by the extension of the file.
    #[arg(long = "media", value_name = "KIND", value_delimiter = ',')]
    names: Vec<MediaName>,
}

impl MediaArgs {
    pub(crate) fn kinds(&self) -> Vec<Media> {
        self.names.iter().map(|name| name.media()).collect()
    }
}

impl FilterArgs {
    pub(crate) fn spec(&self) -> FilterSpec {
        FilterSpec {
            text: self.filter.clone(),
            year: self.year.map(|range| range.0).unwrap_or_default(),
            bpm: self.bpm.map(|range| range.0).unwrap_or_default(),
            stars: self.rating.map(|range| range.0).unwrap_or_default(),
            key: self.key.clone(),
            media: self.media.kinds(),
            ..FilterSpec::default()
        }
    }
}
