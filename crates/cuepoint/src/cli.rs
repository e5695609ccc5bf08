//! What can be typed.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use cuepoint_core::export::Delimiter;
use cuepoint_core::rekordbox::Bpm;
use cuepoint_core::results::{Bounds, Direction, FilterSpec, SortKey};

/// Looks into Rekordbox libraries and exports their tracks.
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
    /// Only this playlist: its folders' names and its own, joined by "/".
    #[arg(long, value_name = "PATH")]
    pub(crate) playlist: Option<String>,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// The column to sort by [default: the order of the file or playlist].
    #[arg(long, value_name = "COLUMN")]
    pub(crate) sort: Option<Column>,
    /// Sort from the greatest to the least.
    #[arg(long, requires = "sort")]
    pub(crate) descending: bool,
    /// What stands between two cells.
    #[arg(long, value_name = "NAME", default_value = "comma")]
    pub(crate) delimiter: DelimiterName,
    /// The file to write [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
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
}

impl FilterArgs {
    pub(crate) fn spec(&self) -> FilterSpec {
        FilterSpec {
            text: self.filter.clone(),
            year: self.year.map(|range| range.0).unwrap_or_default(),
            bpm: self.bpm.map(|range| range.0).unwrap_or_default(),
            stars: self.rating.map(|range| range.0).unwrap_or_default(),
            key: self.key.clone(),
        }
    }
}

/// Inclusive bounds as typed: "a-b", "a-", "-b", or "a" for a alone.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range<T>(Bounds<T>);

impl<T: FromStr + PartialOrd + Copy> FromStr for Range<T>
where
    T::Err: fmt::Display,
{
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (min, max) = text.split_once('-').unwrap_or((text, text));
        let bounds = Bounds { min: bound(min)?, max: bound(max)? };
        match (bounds.min, bounds.max) {
            (None, None) => Err("expected a number or a range such as 10-20".to_owned()),
            (Some(min), Some(max)) if max < min => {
                Err("the range ends before it starts".to_owned())
            }
            _ => Ok(Self(bounds)),
        }
    }
}

fn bound<T: FromStr>(text: &str) -> Result<Option<T>, String>
where
    T::Err: fmt::Display,
{
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|error| format!("{text}: {error}")),
    }
}

/// The columns that can be sorted by.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum Column {
    Title,
    Artist,
    Year,
    Bpm,
    Rating,
    Duration,
}

impl Column {
    pub(crate) fn key(self) -> SortKey {
        match self {
            Self::Title => SortKey::Title,
            Self::Artist => SortKey::Artist,
            Self::Year => SortKey::Year,
            Self::Bpm => SortKey::Bpm,
            Self::Rating => SortKey::Rating,
            Self::Duration => SortKey::Duration,
        }
    }
}

/// The delimiters by name: a tab is hard to type.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum DelimiterName {
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

impl DelimiterName {
    pub(crate) fn delimiter(self) -> Delimiter {
        match self {
            Self::Comma => Delimiter::Comma,
            Self::Semicolon => Delimiter::Semicolon,
            Self::Tab => Delimiter::Tab,
            Self::Pipe => Delimiter::Pipe,
        }
    }
}

impl ExportArgs {
    pub(crate) fn direction(&self) -> Direction {
        if self.descending { Direction::Descending } else { Direction::Ascending }
    }
}
