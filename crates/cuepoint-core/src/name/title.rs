//! Titles: from everything that is written into one field to its parts.

use super::credit::Credit;
use super::version::{Treatment, Version};
use super::words::{words, words_or_signs};
use crate::rekordbox::append_text;

/// The name of a track in comparable parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// The folded words of the title itself; never empty unless the title has no letters.
    pub title: Vec<String>,
    /// Words that belong to it but are often left out: other parentheses, a middle part.
    pub optional: Vec<String>,
    /// Which version it is.
    pub version: Version,
    /// Who made it.
    pub credit: Credit,
}

impl Name {
    /// The name of a catalogue's track, read as the likeliest reading of a library's.
    pub fn of_columns(title: &str, mix: &str, artists: &[String], remixers: &[String]) -> Self {
        let mut name = likeliest(title, &artists.join(", "));
        name.add_columns(mix, &remixers.join(", "));
        name
    }

    /// Adds what the columns of the mix and of the remixers say beside the title.
    pub(crate) fn add_columns(&mut self, mix: &str, remixers: &str) {
        match Version::parse(mix) {
            Some(version) => self.version.refine(version),
            None => self.optional.extend(words(mix)),
        }
        let by = words(remixers);
        if !by.is_empty() {
            self.version.by.extend(by);
            self.version.by.sort();
            self.version.by.dedup();
        }
    }
}

/// The ways to read a library's title and artist, likeliest first: one, or two where the title may
/// hold the artist.
pub fn readings(title: &str, artist: &str) -> Vec<Name> {
    let parts = Parts::of(title);
    if Credit::parse(artist).is_empty() {
        return parts.split().into_iter().chain([parts.whole("")]).collect();
    }
    vec![parts.with_artist(artist)]
}

/// The first of the [`readings`].
fn likeliest(title: &str, artist: &str) -> Name {
    let parts = Parts::of(title);
    if Credit::parse(artist).is_empty() {
        return parts.split().unwrap_or_else(|| parts.whole(""));
    }
    parts.with_artist(artist)
}

/// A title taken apart as far as that can be done without knowing the artist.
#[derive(Default)]
struct Parts {
    /// The title without parentheses and version, cut at dashes between blanks.
    segments: Vec<String>,
    optional: Vec<String>,
    featured: Vec<String>,
    version: Option<Version>,
}

/// The words before which a featured artist begins.
const FEATURING: [&str; 5] = ["feat.", "feat", "ft.", "ft", "featuring"];

/// How many words before a bare "remix" may name the remixer.
const REMIXER_WORDS: usize = 3;

impl Parts {
    fn of(raw: &str) -> Self {
        let mut text = String::with_capacity(raw.len());
        // Shops and tag editors escape once more than XML needs.
        append_text(&mut text, raw);
        let text = text.replace('（', "(").replace('）', ")");
        let mut parts = Self::default();
        let bare = parts.take_groups(without_numeral(without_tag(text.trim())));
        let bare = parts.take_featured(&bare);
        parts.segments = segments(&bare);
        parts.take_version_segment();
        parts.take_bare_version();
        if parts.segments.iter().all(|segment| words(segment).is_empty()) {
            // Nothing is left: "(VIP)" is a title then.
            return Self { segments: vec![text], ..Self::default() };
        }
        parts
    }

    /// Sorts the text in parentheses and brackets, and returns the rest.
    fn take_groups(&mut self, text: &str) -> String {
        let mut bare = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['(', '[']) {
            bare.push_str(&rest[..at]);
            bare.push(' ');
            let round = rest[at..].starts_with('(');
            let (group, after) = group(&rest[at + 1..], round);
            self.take_group(group, round);
            rest = after;
        }
        bare.push_str(rest);
        bare
    }

    fn take_group(&mut self, group: &str, round: bool) {
        let first = group.split_whitespace().next().unwrap_or_default().to_lowercase();
        if FEATURING.contains(&&*first) {
            self.featured.push(group.to_owned());
        } else if let Some(version) = Version::parse(group) {
            self.version.get_or_insert_default().refine(version);
        } else if round {
            self.optional.extend(words(group));
        }
        // Other brackets hold labels, catalogue numbers and keys.
    }

    /// Cuts " feat. …" off the end of a segment.
    fn take_featured(&mut self, bare: &str) -> String {
        let mut kept = String::with_capacity(bare.len());
        for (at, part) in dashed(bare).into_iter().enumerate() {
            if at > 0 {
                kept.push_str(" - ");
            }
            let start = featuring_at(part).filter(|&start| !part[..start].trim().is_empty());
            kept.push_str(&part[..start.unwrap_or(part.len())]);
            self.featured.extend(start.map(|start| part[start..].to_owned()));
        }
        kept
    }

    /// "Title - Bicep Remix", as streaming services write it. "Artist - Some Dub" is a title.
    fn take_version_segment(&mut self) {
        let [_, .., last] = self.segments.as_slice() else { return };
        let mixes = [Treatment::Original, Treatment::Remix, Treatment::Edit];
        let named = |version: &Version| mixes.contains(&version.treatment);
        let several = words(last).len() > 1;
        if let Some(version) = Version::parse(last).filter(|version| several && named(version)) {
            self.segments.pop();
            self.version.get_or_insert_default().refine(version);
        }
    }

    /// "Title Extended Mix" and "Title Bicep Remix", without any signs around the version.
    fn take_bare_version(&mut self) {
        let Some(last) = self.segments.last_mut() else { return };
        let tokens: Vec<&str> = last.split_whitespace().collect();
        let lower: Vec<String> = tokens.iter().map(|token| token.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let (kept, optional) = match lower.as_slice() {
            [_, .., "original" | "extended" | "club" | "radio" | "dub", "mix"]
            | [_, .., "radio", "edit"]
            | [_, .., "extended" | "album", "version"] => (tokens.len() - 2, 0),
            [_, _, .., "remix" | "rmx"] => {
                let names = REMIXER_WORDS.min(tokens.len() - 2);
                (tokens.len() - 1 - names, names)
            }
            [_, .., "vip"] => (tokens.len() - 1, 0),
            [_, "remix" | "rmx"] => (1, 0),
            _ => return,
        };
        if let Some(version) = Version::parse(&tokens[kept + optional..].join(" ")) {
            self.version.get_or_insert_default().refine(version);
            self.optional.extend(words(&tokens[kept..kept + optional].join(" ")));
            *last = tokens[..kept].join(" ");
        }
    }

    /// The reading in which the title is only a title.
    fn whole(&self, artist: &str) -> Name {
        self.name(&self.segments.join(" "), &[], artist)
    }

    /// The reading in which the artist comes before the title, perhaps with a hint between them.
    fn split(&self) -> Option<Name> {
        let segments = without_number(&self.segments);
        let [artist, hints @ .., title] = segments else { return None };
        let artist = without_numeral(artist);
        let usable = !words(artist).is_empty() && !words(title).is_empty();
        usable.then(|| self.name(title, hints, artist))
    }

    /// The reading with a known artist, which the title may repeat.
    fn with_artist(&self, artist: &str) -> Name {
        match without_number(&self.segments) {
            [first, title @ ..] if !title.is_empty() && same_artists(first, artist) => {
                self.name(&title.join(" "), &[], artist)
            }
            _ => self.whole(artist),
        }
    }

    fn name(&self, title: &str, hints: &[String], artist: &str) -> Name {
        let mut credit = Credit::parse(artist);
        for featured in &self.featured {
            credit.feature(featured);
        }
        let mut optional = self.optional.clone();
        optional.extend(hints.iter().flat_map(|hint| words(hint)));
        let version = self.version.clone().unwrap_or_default();
        Name { title: words_or_signs(title), optional, version, credit }
    }
}

/// `text` without a key, grade or number in brackets before it, as in `[8A] Title` or `(F) Title`.
fn without_tag(text: &str) -> &str {
    let Some(inner) = text.strip_prefix(['[', '(']) else { return text };
    let Some((tag, rest)) = inner.split_once([']', ')']) else { return text };
    let short =
        tag.chars().count() <= 3 && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if short && !words(rest).is_empty() { rest.trim_start() } else { text }
}

/// The text before the sign that closes a group, and the text after it. Groups may hold others;
/// one that is never closed reaches to the end.
fn group(text: &str, round: bool) -> (&str, &str) {
    let (open, close) = if round { ('(', ')') } else { ('[', ']') };
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            letter if letter == close && depth == 0 => return (&text[..at], &text[at + 1..]),
            letter if letter == close => depth -= 1,
            letter if letter == open => depth += 1,
            _ => {}
        }
    }
    (text, "")
}

/// Where " feat. " or the like starts in `text`.
fn featuring_at(text: &str) -> Option<usize> {
    let mut from = 0;
    for token in text.split_whitespace() {
        let at = from + text[from..].find(token)?;
        from = at + token.len();
        if FEATURING.contains(&&*token.to_lowercase()) && !text[from..].trim().is_empty() {
            return Some(at);
        }
    }
    None
}

fn same_artists(one: &str, other: &str) -> bool {
    words(one) == words(other) || Credit::parse(one).has_artists_of(&Credit::parse(other))
}

fn segments(text: &str) -> Vec<String> {
    let parts = dashed(text).into_iter().map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// `text` cut at every dash between blanks: the dash of "Hip-Hop" does not.
fn dashed(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, dash) in text.match_indices(['-', '–', '—', '‐']) {
        let end = at + dash.len();
        let before = text[..at].ends_with(char::is_whitespace);
        if before && text[end..].starts_with(char::is_whitespace) {
            parts.push(&text[start..at]);
            start = end;
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Leaves out a track number before the artist, if it is a segment of its own.
fn without_number(segments: &[String]) -> &[String] {
    match segments {
        [number, rest @ ..] if rest.len() >= 2 && is_track_number(number) => rest,
        other => other,
    }
}

/// Leaves out "01. " or, as on records, "A2. " before an artist or title. A number without a sign
/// after it may be part of the name, as in "808 State - Pacific", unless it starts with a zero.
fn without_numeral(text: &str) -> &str {
    let Some((number, rest)) = text.split_once(' ') else { return text };
    let signed = number.ends_with(['.', ')']);
    let side = number.starts_with(['A', 'B', 'C', 'D']) && is_track_number(&number[1..]);
    let counted = is_track_number(number) && (signed || number.starts_with('0'));
    if (counted || signed && side) && !words(rest).is_empty() { rest.trim_start() } else { text }
}

fn is_track_number(text: &str) -> bool {
    let digits = text.trim_end_matches(['.', ')']);
    (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Length;

    fn joined(artists: &[Vec<String>]) -> String {
        artists.iter().map(|words| words.join(" ")).collect::<Vec<_>>().join("|")
    }

    /// "main artists / title / optional words" of the likeliest reading.
    fn read(title: &str, artist: &str) -> String {
        let name = readings(title, artist).remove(0);
        let (title, optional) = (name.title.join(" "), name.optional.join(" "));
        format!("{} / {title} / {optional}", joined(&name.credit.main))
    }

    #[test]
    fn artists_are_found_in_titles() {
        let cases = [
            ("Bicep - Glue", "bicep / glue / "),
            ("Bicep – Glue", "bicep / glue / "),
            ("Bicep - Isles - Glue", "bicep / glue / isles"),
            ("01. Bicep - Glue", "bicep / glue / "),
            ("01 - Bicep - Glue", "bicep / glue / "),
            ("808 State - Pacific", "808 state / pacific / "),
            ("Hip-Hop Anthem", " / hip hop anthem / "),
            ("10:35", " / 10 35 / "),
            ("Bicep - Glue - Original Mix", "bicep / glue / "),
            ("Bicep & Hammer - Dahlia (Extended Mix)", "bicep|hammer / dahlia / "),
            (" - Glue", " / glue / "),
            ("Bicep - Some Dub", "bicep / some dub / "),
            ("Bicep - VIP", "bicep / vip / "),
        ];
        for (title, expected) in cases {
            assert_eq!(read(title, ""), expected, "{title}");
            assert_eq!(read(title, "Unknown Artist"), expected, "{title}");
        }
    }

    #[test]
    fn a_title_with_a_dash_may_also_be_only_a_title() {
        let names = readings("Sun - Moon", "");
        let titles: Vec<String> = names.iter().map(|name| name.title.join(" ")).collect();
        assert_eq!(titles, ["moon", "sun moon"]);
        assert_eq!(read("Sun - Moon", "Vega"), "vega / sun moon / ");
        assert_eq!(read("Vega - Moon", "VEGA"), "vega / moon / ");
    }

    #[test]
    fn titles_lose_their_decoration_and_nothing_else() {
        let cases = [
            ("Glue (Original Mix) [Ninja Tune]", "glue / "),
            ("[8-9] Glue", "glue / "),
            ("(F) Glue", "glue / "),
            ("[8A] Glue", "glue / "),
            ("Glue (What A Feeling)", "glue / what a feeling"),
            ("Glue feat. Somebody (Bicep Remix)", "glue / "),
            ("Glue (feat. Somebody)", "glue / "),
            ("Rock &amp; Roll", "rock and roll / "),
            ("Credit", "credit / "),
            ("Conversion", "conversion / "),
            ("VIP", "vip / "),
            ("(VIP)", "vip / "),
            ("Guitar Hero", "guitar hero / "),
            ("Radio", "radio / "),
            ("Glue Extended Mix", "glue / "),
            ("Some Great Bicep Remix", "some / great bicep"),
            ("Remix", "remix / "),
            ("Glue (unclosed remix", "glue / "),
            ("Glue ((Deep) Hammer Remix)", "glue / "),
        ];
        for (title, expected) in cases {
            assert_eq!(read(title, "A1"), format!("a1 / {expected}"), "{title}");
        }
    }

    #[test]
    fn versions_and_featured_artists_are_taken_out() {
        let name = readings("Glue feat. Somebody (Bicep Extended Remix)", "A1").remove(0);
        assert_eq!(name.version.treatment, Treatment::Remix);
        assert_eq!(name.version.length, Length::Extended);
        assert_eq!(name.version.by, ["bicep"]);
        assert_eq!(joined(&name.credit.featured), "somebody");
    }

    #[test]
    fn columns_of_a_catalogue_are_one_name() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let name = Name::of_columns("Glue", "Hammer Remix", &list(&["Bicep"]), &list(&["Hammer"]));
        assert_eq!(name.version.by, ["hammer"]);
        assert_eq!(joined(&name.credit.main), "bicep");
        let name = Name::of_columns("Glue (Hammer Remix)", "Original Mix", &[], &[]);
        assert_eq!(name.version.treatment, Treatment::Remix);
        let name = Name::of_columns("Bicep & Hammer - Glue", "", &list(&["Hammer", "Bicep"]), &[]);
        assert_eq!(name.title, ["glue"]);
        let name = Name::of_columns("Glue (Extended Mix)", "", &list(&["A & B"]), &[]);
        assert_eq!(name.version.length, Length::Extended);
        assert_eq!(joined(&name.credit.main), "a|b");
    }
}
