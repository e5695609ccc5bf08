//! The command line, as typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use cuepoint_core::results::{Range, SortKey};
use std::path::PathBuf;
use std::str::FromStr;

/// Reads a Rekordbox library and tells or exports what is in it.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Tell what a library holds and what is odd about it.
    Inspect(InspectArgs),
    /// Write tracks as CSV.
    Export(ExportArgs),
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// What Rekordbox wrote by File, Export Collection in xml format.
    pub(crate) library: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// What Rekordbox wrote by File, Export Collection in xml format.
    pub(crate) library: PathBuf,
    /// Only the tracks of this playlist, by its name or path, as "Sets/Friday".
    #[arg(long, value_name = "PATH")]
    pub(crate) playlist: Option<String>,
    /// Only tracks with this text in title, artist, album or label.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) text: String,
    /// Only these years: 1995, 1990..1999, 2000.. or ..1989.
    #[arg(long, value_name = "YEARS", value_parser = range::<u16>)]
    pub(crate) year: Option<Range<u16>>,
    /// Only these tempos, in beats a minute: 120..128.
    #[arg(long, value_name = "TEMPOS", value_parser = range::<f64>)]
    pub(crate) bpm: Option<Range<f64>>,
    /// Only this key, written as in the library: 8A, Am.
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// Only tracks with at least so many stars.
    #[arg(long, value_name = "STARS", value_parser = clap::value_parser!(u8).range(0..=5))]
    pub(crate) min_rating: Option<u8>,
    /// The order of the rows.
    #[arg(long, value_enum, default_value_t = Order::Index)]
    pub(crate) sort: Order,
    /// The other way round.
    #[arg(long)]
    pub(crate) descending: bool,
    /// Between the fields.
    #[arg(long, value_enum, default_value_t = Delimiter::Comma)]
    pub(crate) delimiter: Delimiter,
    /// Where to write, instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// As in the library or playlist.
    Index,
    Title,
    Artist,
    Year,
    Bpm,
    Rating,
    DateAdded,
}

impl From<Order> for SortKey {
    fn from(order: Order) -> Self {
        match order {
            Order::Index => Self::Index,
            Order::Title => Self::Title,
            Order::Artist => Self::Artist,
            Order::Year => Self::Year,
            Order::Bpm => Self::Bpm,
            Order::Rating => Self::Rating,
            Order::DateAdded => Self::DateAdded,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Delimiter {
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

impl From<Delimiter> for u8 {
    fn from(delimiter: Delimiter) -> Self {
        match delimiter {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
            Delimiter::Pipe => b'|',
        }
    }
}

/// `3`, `1..3`, `1..` or `..3`; both ends are part of it.
fn range<T: FromStr + Copy>(text: &str) -> Result<Range<T>, String> {
    let bound = |text: &str| match text.trim() {
        "" => Ok(None),
        number => number.parse().map(Some).map_err(|_| format!("`{number}` is no such number")),
    };
    let (from, to) = match text.split_once("..") {
        Some((from, to)) => (bound(from)?, bound(to.trim_start_matches('='))?),
        None => (bound(text)?, bound(text)?),
    };
    if from.is_none() && to.is_none() {
        return Err("a range needs at least one end, as 1990..1999".to_owned());
    }
    Ok(Range { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn ranges_may_be_open() {
        let years = |text| range::<u16>(text).map(|range| (range.from, range.to));
        assert_eq!(years("1990..1999"), Ok((Some(1990), Some(1999))));
        assert_eq!(years("1990..=1999"), Ok((Some(1990), Some(1999))));
        assert_eq!(years("1995"), Ok((Some(1995), Some(1995))));
        assert_eq!(years("2000.."), Ok((Some(2000), None)));
        assert_eq!(years("..1989"), Ok((None, Some(1989))));
        for wrong in ["", "..", "old", "1990..new", "-5"] {
            assert!(years(wrong).is_err(), "{wrong}");
        }
    }
}
