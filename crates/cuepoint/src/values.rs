//! What can be typed as the value of an option.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use cuepoint_core::export::Delimiter;
use cuepoint_core::matching::Confidence;
use cuepoint_core::rekordbox::Media;
use cuepoint_core::results::{Bounds, SortKey, Status};

/// How certain a match is.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum Class {
    High,
    Medium,
    Low,
}

impl Class {
    pub(crate) fn confidence(self) -> Confidence {
        match self {
            Self::High => Confidence::High,
            Self::Medium => Confidence::Medium,
            Self::Low => Confidence::Low,
        }
    }
}

/// Whether a track was matched, or should be looked at.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum StatusName {
    Matched,
    Unmatched,
    Review,
}

impl StatusName {
    pub(crate) fn status(self) -> Status {
        match self {
            Self::Matched => Status::Matched,
            Self::Unmatched => Status::Unmatched,
            Self::Review => Status::Review,
        }
    }
}

/// What a file holds.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum MediaName {
    Music,
    Sample,
    Video,
}

impl MediaName {
    pub(crate) fn media(self) -> Media {
        match self {
            Self::Music => Media::Music,
            Self::Sample => Media::Sample,
            Self::Video => Media::Video,
        }
    }
}

/// Inclusive bounds as typed: "a-b", "a-", "-b", or "a" for a alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range<T>(pub(crate) Bounds<T>);

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
    Confidence,
    Score,
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
            Self::Confidence => SortKey::Confidence,
            Self::Score => SortKey::Score,
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

/// The forms of a table.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormatName {
    Csv,
    Json,
    #[value(name = "m3u8")]
    Playlist,
}
