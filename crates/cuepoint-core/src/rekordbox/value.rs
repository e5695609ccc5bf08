//! Attribute values: text, numbers, tempos and dates.

use std::fmt;
use std::str::FromStr;

/// Appends the text of an attribute's raw value to `out`.
///
/// References are replaced, tabs and line ends become spaces as XML demands. A reference that XML
/// does not define stays as it is written, and the result is `false`.
pub(crate) fn append_text(out: &mut String, raw: &str) -> bool {
    if is_plain(raw) {
        out.push_str(raw);
        return true;
    }
    append_special(out, raw)
}

/// Looks at every byte without an early exit, so that the compiler can do it by vectors.
fn is_plain(raw: &str) -> bool {
    !raw.bytes().fold(false, |found, byte| found | (byte == b'&') | (byte < b' '))
}

fn append_special(out: &mut String, raw: &str) -> bool {
    let mut rest = raw;
    let mut understood = true;
    while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match reference(rest) {
            Some((letter, after)) => {
                out.push(letter);
                rest = after;
            }
            None => {
                understood = false;
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    understood
}

/// Bytes of `&#x0010FFFF;`. A limit keeps a value of nothing but `&` from taking quadratic time.
const LONGEST_REFERENCE: usize = 12;

/// The character that `text` starts with, and what follows: a reference, or white space that
/// counts as one space.
fn reference(text: &str) -> Option<(char, &str)> {
    if let Some(after) = text.strip_prefix("\r\n") {
        return Some((' ', after));
    }
    if let Some(after) = text.strip_prefix(['\t', '\n', '\r']) {
        return Some((' ', after));
    }
    let end = text.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';')?;
    let letter = match text.get(1..end)? {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "apos" => '\'',
        "quot" => '"',
        name => character(name.strip_prefix('#')?)?,
    };
    Some((letter, &text[end + 1..]))
}

/// The character with a decimal or, after an `x`, hexadecimal number. XML excludes number 0.
fn character(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let digits_only = digits.chars().all(|digit| digit.is_digit(radix));
    let code = u32::from_str_radix(digits, radix).ok().filter(|&code| digits_only && code > 0)?;
    char::from_u32(code)
}

/// A value that could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Reads a number; an empty value is none.
pub(super) fn number<T: FromStr>(raw: &str) -> Result<Option<T>, Unreadable> {
    match raw {
        "" => Ok(None),
        _ => raw.parse().or_else(|_| odd_number(raw)).map(Some),
    }
}

/// Reads a number as some programs write it: with a decimal comma, or with decimals where there
/// are none, such as `320.0`.
#[cold]
fn odd_number<T: FromStr>(raw: &str) -> Result<T, Unreadable> {
    let pointed = raw.trim().replace(',', ".");
    let whole = |text: &str| {
        let (whole, decimals) = text.split_once('.')?;
        let digits = decimals.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| whole.parse().ok()).flatten()
    };
    pointed.parse().ok().or_else(|| whole(&pointed)).ok_or(Unreadable)
}

/// Reads a number of which 0, as rekordbox writes it, means "not known".
pub(super) fn positive<T>(raw: &str) -> Result<Option<T>, Unreadable>
where
    T: FromStr + Default + PartialEq,
{
    Ok(number(raw)?.filter(|value| *value != T::default()))
}

/// Reads a place in a track in seconds.
pub(super) fn seconds(raw: &str) -> Result<Option<f64>, Unreadable> {
    match number::<f64>(raw)? {
        Some(value) if !value.is_finite() => Err(Unreadable),
        value => Ok(value),
    }
}

/// Longer "seconds" are milliseconds, as some programs write them.
const SECONDS_OF_A_DAY: u32 = 86_400;

/// Reads a duration: seconds in rekordbox, elsewhere also `m:ss` or milliseconds.
pub(super) fn duration(raw: &str) -> Result<Option<u32>, Unreadable> {
    if raw.contains(':') {
        return clock_time(raw).map(|seconds| Some(seconds).filter(|&seconds| seconds > 0));
    }
    let seconds = positive(raw)?;
    Ok(seconds.map(|value| if value > SECONDS_OF_A_DAY { value / 1_000 } else { value }))
}

fn clock_time(raw: &str) -> Result<u32, Unreadable> {
    raw.trim().split(':').try_fold(0_u32, |sum, part| {
        let part: u32 = number(part)?.ok_or(Unreadable)?;
        sum.checked_mul(60).and_then(|sum| sum.checked_add(part)).ok_or(Unreadable)
    })
}

/// Reads a rating: rekordbox writes 0, 51, 102, 153, 204 or 255 for none to five stars, and some
/// programs write the stars.
pub(super) fn stars(raw: &str) -> Result<Option<u8>, Unreadable> {
    match number::<u8>(raw)? {
        Some(stars @ 1..=5) => Ok(Some(stars)),
        Some(value) if value % 51 != 0 => Err(Unreadable),
        value => Ok(value.map(|value| value / 51)),
    }
}

/// Reads a colour such as `0xFF007F`.
pub(super) fn colour(raw: &str) -> Result<Option<u32>, Unreadable> {
    if raw.is_empty() {
        return Ok(None);
    }
    let digits = raw.strip_prefix("0x").filter(|digits| digits.len() == 6).ok_or(Unreadable)?;
    u32::from_str_radix(digits, 16).map(Some).map_err(|_| Unreadable)
}

/// A tempo in hundredths of a beat a minute, the precision that rekordbox writes.
///
/// Whole hundredths compare and sort exactly, which a filter with inclusive bounds needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Bpm(u32);

impl Bpm {
    /// A tempo of so many hundredths of a beat a minute.
    pub const fn from_hundredths(hundredths: u32) -> Self {
        Self(hundredths)
    }

    /// The tempo in hundredths of a beat a minute.
    pub const fn hundredths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Bpm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// A text that is not a tempo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tempo: expected beats a minute such as 128 or 127.98")]
pub struct BpmError;

impl FromStr for Bpm {
    type Err = BpmError;

    /// Reads beats a minute with any number of decimals, rounded to hundredths.
    fn from_str(text: &str) -> Result<Self, BpmError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(decimals) {
            return Err(BpmError);
        }
        let digit =
            |at: usize| decimals.as_bytes().get(at).map_or(0, |byte| u32::from(byte - b'0'));
        let hundredths = digit(0) * 10 + digit(1) + u32::from(digit(2) >= 5);
        let whole: u32 = whole.parse().map_err(|_| BpmError)?;
        let scaled = whole.checked_mul(100).and_then(|whole| whole.checked_add(hundredths));
        scaled.map(Self).ok_or(BpmError)
    }
}

/// A calendar date as rekordbox writes it, without a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Such as 2024.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Date {
    /// Reads `yyyy-mm-dd`, perhaps with a time after it; an empty value is none.
    pub(super) fn read(raw: &str) -> Result<Option<Self>, Unreadable> {
        if raw.is_empty() {
            return Ok(None);
        }
        let date = raw.split_once([' ', 'T']).map_or(raw, |(date, _)| date);
        let mut parts = date.splitn(3, '-');
        let mut part = || parts.next().ok_or(Unreadable);
        let (year, month, day) = (part()?, part()?, part()?);
        let year = year.parse().map_err(|_| Unreadable)?;
        let month = month.parse().map_err(|_| Unreadable)?;
        let day = day.parse().map_err(|_| Unreadable)?;
        let valid = (1..=12).contains(&month) && (1..=31).contains(&day);
        valid.then_some(Some(Self { year, month, day })).ok_or(Unreadable)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str) -> (String, bool) {
        let mut out = String::new();
        let understood = append_text(&mut out, raw);
        (out, understood)
    }

    #[test]
    fn references_are_replaced() {
        assert_eq!(text("a &amp; b &lt;&gt;&apos;&quot;"), ("a & b <>'\"".to_owned(), true));
        assert_eq!(text("&#233;&#xE9;&#x1F525;"), ("éé🔥".to_owned(), true));
    }

    #[test]
    fn white_space_becomes_spaces_and_references_to_it_do_not() {
        assert_eq!(text("a\r\nb\tc\nd\re"), ("a b c d e".to_owned(), true));
        assert_eq!(text("a&#10;b&#9;c"), ("a\nb\tc".to_owned(), true));
    }

    #[test]
    fn unknown_references_stay_as_they_are() {
        for raw in ["&foo;", "R&B", "a & b;", "&#0;", "&#+65;", "&#xD800;", "&;", "&"] {
            assert_eq!(text(raw), (raw.to_owned(), false));
        }
        assert_eq!(text("R&B &amp; Soul"), ("R&B & Soul".to_owned(), false));
    }

    #[test]
    fn control_characters_are_kept() {
        assert_eq!(text("a\u{7}b&#7;"), ("a\u{7}b\u{7}".to_owned(), true));
    }

    #[test]
    fn tempos_are_exact_hundredths() {
        let read = |text: &str| text.parse().map(Bpm::hundredths);
        assert_eq!(read("128.00"), Ok(12_800));
        assert_eq!(read("128"), Ok(12_800));
        assert_eq!(read("127.985"), Ok(12_799));
        assert_eq!(read("0.00"), Ok(0));
        assert_eq!(Bpm::from_hundredths(12_805).to_string(), "128.05");
        for junk in ["", "x", "-1", "1e3", "12,5", "99999999999"] {
            assert_eq!(read(junk), Err(BpmError), "{junk}");
        }
    }

    #[test]
    fn ratings_are_stars() {
        assert_eq!(stars("255"), Ok(Some(5)));
        assert_eq!(stars("0"), Ok(Some(0)));
        assert_eq!(stars(""), Ok(None));
        assert_eq!(stars("999"), Err(Unreadable));
        assert_eq!(stars("3"), Ok(Some(3)));
        assert_eq!(stars("6"), Err(Unreadable));
    }

    #[test]
    fn zero_means_not_known() {
        assert_eq!(positive::<u32>("0"), Ok(None));
        assert_eq!(positive::<u32>("2019"), Ok(Some(2019)));
        assert_eq!(positive::<u32>("x"), Err(Unreadable));
        assert_eq!(seconds("NaN"), Err(Unreadable));
    }

    #[test]
    fn numbers_of_other_programs_are_read() {
        assert_eq!(number::<Bpm>("120,50"), Ok(Some(Bpm::from_hundredths(12_050))));
        assert_eq!(number::<f64>("0,5"), Ok(Some(0.5)));
        assert_eq!(number::<u32>("320.0"), Ok(Some(320)));
        for junk in ["1.2.3", "12x", ",", "1.x"] {
            assert_eq!(number::<u32>(junk), Err(Unreadable), "{junk}");
        }
    }

    #[test]
    fn durations_are_seconds() {
        let cases =
            [("364", 364), ("364.7", 364), ("6:04", 364), ("1:00:01", 3_601), ("364000", 364)];
        for (raw, seconds) in cases {
            assert_eq!(duration(raw), Ok(Some(seconds)), "{raw}");
        }
        assert_eq!((duration("0"), duration("")), (Ok(None), Ok(None)));
        assert_eq!((duration("6:x"), duration(":")), (Err(Unreadable), Err(Unreadable)));
    }

    #[test]
    fn dates_are_checked() {
        let date = Date { year: 2024, month: 2, day: 9 };
        assert_eq!(Date::read("2024-02-09"), Ok(Some(date)));
        assert_eq!(Date::read("2024-02-09 00:00:00-0000"), Ok(Some(date)));
        assert_eq!(Date::read("2024-02-09T10:00:00Z"), Ok(Some(date)));
        assert_eq!(date.to_string(), "2024-02-09");
        assert_eq!(Date::read("2024-13-09"), Err(Unreadable));
        assert_eq!(Date::read("yesterday"), Err(Unreadable));
    }

    #[test]
    fn colours_are_hexadecimal() {
        assert_eq!(colour("0xFF007F"), Ok(Some(0x00ff_007f)));
        assert_eq!(colour("FF007F"), Err(Unreadable));
    }
}
