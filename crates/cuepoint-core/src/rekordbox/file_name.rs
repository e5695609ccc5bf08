//! Titles from file names, where a program exports no Name.
//!
//! `08A - 128 - Artist - Title (Version).mp3` is the file of "Title (Version)" by "Artist". DJs and
//! their tools put keys, tempos and track numbers before and after a name: these are taken off.

use crate::key::Key;

/// The artist and title that a file is named by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileName {
    /// Empty if the name is a title only.
    pub(super) artist: String,
    /// Never blank.
    pub(super) title: String,
}

impl FileName {
    /// Reads the name of the file at `path`; none for a path that names no file.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let stem = spaced(without_extension(file.trim()));
        let name = without_prefixes(without_signs(&stem));
        let mut segments = segments(name);
        drop_suffixes(&mut segments);
        if segments.len() > 2 {
            drop_track_numbers(&mut segments);
        }
        match segments.as_slice() {
            [] => None,
            [title] => Some(Self { artist: String::new(), title: (*title).to_owned() }),
            [artist, title @ ..] => {
                Some(Self { artist: (*artist).to_owned(), title: title.join(" - ") })
            }
        }
    }

    /// The title of a track whose artist is known: the file may be named by the artist first or
    /// last, or by something else altogether.
    pub(super) fn title_beside(self, artist: &str) -> String {
        let same = |text: &str| crate::fold(text.trim()) == crate::fold(artist.trim());
        if self.artist.is_empty() || same(&self.artist) {
            self.title
        } else if same(&self.title) {
            self.artist
        } else {
            format!("{} - {}", self.artist, self.title)
        }
    }
}

/// The longest extension, such as `vdjsample`.
const LONGEST_EXTENSION: usize = 9;

/// `file` without its extension, if it has one: `Vol. 2` and `Song No.1` do not.
fn without_extension(file: &str) -> &str {
    let Some((stem, extension)) = file.rsplit_once('.') else { return file };
    let letters = extension.bytes().any(|byte| byte.is_ascii_alphabetic());
    let plain = extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if stem.trim().is_empty() || !letters || !plain || extension.len() > LONGEST_EXTENSION {
        return file;
    }
    // Stems are files with two extensions.
    stem.strip_suffix(".stem").filter(|rest| !rest.trim().is_empty()).unwrap_or(stem)
}

/// With one blank for underscores and blanks: an underscore replaces a blank, or a sign that
/// no file name may have.
fn spaced(stem: &str) -> String {
    let words = stem.split(|letter: char| letter == '_' || letter.is_whitespace());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The parts between dashes with blanks around them.
fn segments(name: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let mut rest = name;
    while let Some((at, length)) = spaced_dash(rest) {
        segments.push(rest[..at].trim());
        rest = &rest[at + length..];
    }
    segments.push(rest.trim());
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// Where the first dash between blanks is, and its bytes with the blank before it.
fn spaced_dash(text: &str) -> Option<(usize, usize)> {
    let at = |dash: &str| text.find(dash).map(|at| (at, dash.len() - 1));
    [" - ", " – ", " — "].into_iter().filter_map(at).min()
}

/// Takes off marks before the name as long as a name is left.
fn without_prefixes(name: &str) -> &str {
    let mut rest = name;
    while let Some(shorter) = without_prefix(rest) {
        rest = shorter;
    }
    rest
}

fn without_prefix(name: &str) -> Option<&str> {
    let rest = without_tag(name).or_else(|| without_mark(name))?;
    let rest = without_signs(rest);
    is_name(rest).then_some(rest)
}

/// Without blanks and signs before the name.
fn without_signs(text: &str) -> &str {
    let rest = text.trim_start_matches([' ', '-', '–', '—', ',', '.']);
    if rest.is_empty() { text } else { rest }
}

fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Without a key, tempo or number in brackets: `[8A] Title`, `(128 BPM) Title`.
fn without_tag(name: &str) -> Option<&str> {
    let (tag, rest) = name.strip_prefix(['[', '('])?.split_once([']', ')'])?;
    let mut words = tag.split([' ', '-', '_', ',', '/']).filter(|word| !word.is_empty()).peekable();
    let is_mark = |word: &str| {
        is_key(word) || is_number(word) || is_bpm(word) || word.eq_ignore_ascii_case("bpm")
    };
    let marks = words.peek().is_some() && words.all(is_mark);
    marks.then_some(rest)
}

/// Without a key, tempo or track number that a sign or blank follows.
fn without_mark(name: &str) -> Option<&str> {
    let end = name.find([' ', ',', ')', ']', '–', '—'])?;
    let (word, rest) = name.split_at(end);
    let bare = word.trim_end_matches(['.', '-']);
    let signed = bare.len() < word.len() || rest.starts_with([')', ']', ',']);
    let mark = is_certain_mark(bare)
        || is_mark_by_place(bare, rest)
        || is_number(bare) && (signed || bare.starts_with('0'));
    mark.then(|| rest.trim_start_matches([')', ']']))
}

/// What no artist and no title starts with.
fn is_certain_mark(word: &str) -> bool {
    let key_and_bpm = word.split_once('-').is_some_and(|(key, bpm)| is_camelot(key) && is_bpm(bpm));
    is_camelot(word) || key_and_bpm || is_disc_and_track(word)
}

/// Whether `word`, which `rest` follows, is a mark between dashes. A key, tempo or large number may
/// be an artist too, unless an artist and a title follow: "911 - Title".
fn is_mark_by_place(word: &str, rest: &str) -> bool {
    let named = segments(rest).len() > 1;
    let mark =
        is_number(word) && (word.len() < 3 || named) || named && (is_key(word) || is_bpm(word));
    mark && starts_with_dash(rest)
}

fn starts_with_dash(rest: &str) -> bool {
    rest.trim_start().starts_with(['-', '–', '—'])
}

/// Takes off keys and tempos after the name: `Artist - Title - 8A - 128`.
fn drop_suffixes(segments: &mut Vec<&str>) {
    let is_mark = |text: &&&str| is_key(text) || is_bpm(text) || is_number(text);
    let marks = segments.iter().rev().take_while(is_mark).count();
    let first = segments.len() - marks;
    if first >= 2 && segments[first..].iter().any(|mark| is_key(mark)) {
        segments.truncate(first);
    }
}

/// Takes off the track number of `Artist - Album - 03 - Title`.
fn drop_track_numbers(segments: &mut Vec<&str>) {
    let last = segments.len() - 1;
    let mut at = 0;
    segments.retain(|segment| {
        let inner = at > 0 && at < last;
        at += 1;
        !(inner && is_number(segment) && segment.len() <= 2)
    });
}

/// A track number, with or without leading zeros.
fn is_number(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The track of a disc: `1-03`.
fn is_disc_and_track(text: &str) -> bool {
    let parts = text.split_once('-');
    parts.is_some_and(|(disc, track)| {
        disc.len() == 1 && track.len() == 2 && is_number(disc) && is_number(track)
    })
}

/// Such as `128`, `127.5` and `128bpm`.
fn is_bpm(text: &str) -> bool {
    let number =
        text.strip_suffix("bpm").or_else(|| text.strip_suffix("BPM")).unwrap_or(text).trim_end();
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    digits(decimals)
        && digits(whole)
        && whole.parse().is_ok_and(|bpm: u32| (60..=220).contains(&bpm))
}

/// A key as on the wheel: `8A`, `08A`.
fn is_camelot(text: &str) -> bool {
    matches!(text.as_bytes(), [b'0'..=b'9', b'A' | b'B'] | [b'0' | b'1', b'0'..=b'9', b'A' | b'B'])
        && Key::parse(text).is_some()
}

/// A key in any notation: `8A`, `F#m`. A single letter is rather a name.
fn is_key(text: &str) -> bool {
    (2..=5).contains(&text.len()) && Key::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(path: &str) -> String {
        let name = FileName::of_path(path).unwrap_or_default();
        format!("{} / {}", name.artist, name.title)
    }

    #[test]
    fn files_are_named_by_artist_and_title() {
        let cases = [
            ("/Music/Vela - Dusk.mp3", "Vela / Dusk"),
            ("/Music/Vela – Dusk (Nadir Remix).flac", "Vela / Dusk (Nadir Remix)"),
            ("C:/Music/Dusk.mp3", " / Dusk"),
            ("//server/share/Vela - Dusk.AIFF", "Vela / Dusk"),
            ("C:\\Music\\Vela - Dusk.wav", "Vela / Dusk"),
            ("/Music/Vela - Dusk", "Vela / Dusk"),
            ("/Music/Vela - Night Vol. 2", "Vela / Night Vol. 2"),
            ("/Music/Vela - Song No.1", "Vela / Song No.1"),
            ("/Music/Vela - Dusk.stem.mp4", "Vela / Dusk"),
            ("/Music/Vela_-_Dusk_(Nadir_Remix).mp3", "Vela / Dusk (Nadir Remix)"),
            ("/Music/Hip-Hop.mp3", " / Hip-Hop"),
            ("/Music/Vela - Horizons - Dusk.mp3", "Vela / Horizons - Dusk"),
            ("/Music/Vela - Horizons - 03 - Dusk.mp3", "Vela / Horizons - Dusk"),
            ("/Music/Vela - 100% Dusk.mp3", "Vela / 100% Dusk"),
            ("/Music/ - Vela - Dusk.mp3", "Vela / Dusk"),
            ("/Music/.mp3", " / mp3"),
            ("/Music/-.mp3", " / -"),
            ("/Music/", " / "),
            ("", " / "),
        ];
        for (path, expected) in cases {
            assert_eq!(name(path), expected, "{path}");
        }
    }

    #[test]
    fn numbers_keys_and_tempos_are_no_names() {
        let cases = [
            (
                "2A,Singer, Other Singer - Song (Somebody Edit)",
                "Singer, Other Singer / Song (Somebody Edit)",
            ),
            ("08A - 128 - Vela - Dusk", "Vela / Dusk"),
            ("8A - Vela - Dusk", "Vela / Dusk"),
            ("8A 128 - Vela - Dusk", "Vela / Dusk"),
            ("8A-128-Vela - Dusk", "8A-128-Vela / Dusk"),
            ("8A-128 Vela - Dusk", "Vela / Dusk"),
            ("[8A] Vela - Dusk", "Vela / Dusk"),
            ("[8A - 128] Vela - Dusk", "Vela / Dusk"),
            ("(128 BPM) Vela - Dusk", "Vela / Dusk"),
            ("128 - Vela - Dusk", "Vela / Dusk"),
            ("127.5 - Vela - Dusk", "Vela / Dusk"),
            ("F#m - 128 - Vela - Dusk", "Vela / Dusk"),
            ("Vela - Dusk - 8A - 128", "Vela / Dusk"),
            ("Vela - Dusk - 8A", "Vela / Dusk"),
            ("01. Vela - Dusk", "Vela / Dusk"),
            ("01 - Vela - Dusk", "Vela / Dusk"),
            ("01 Vela - Dusk", "Vela / Dusk"),
            ("1) Vela - Dusk", "Vela / Dusk"),
            ("1-03 Vela - Dusk", "Vela / Dusk"),
            ("02 - Dusk", " / Dusk"),
            ("007 - Dusk", " / Dusk"),
            ("01_vela_-_dusk", "vela / dusk"),
        ];
        for (stem, expected) in cases {
            assert_eq!(name(&format!("/Music/{stem}.mp3")), expected, "{stem}");
        }
    }

    #[test]
    fn names_that_look_like_marks_stay() {
        let cases = [
            ("808 State - Dusk", "808 State / Dusk"),
            ("50 Words - Dusk", "50 Words / Dusk"),
            ("2 Of Us - Dusk", "2 Of Us / Dusk"),
            ("911 - Dusk", "911 / Dusk"),
            ("1999", " / 1999"),
            ("128", " / 128"),
            ("8A", " / 8A"),
            ("A - Dusk", "A / Dusk"),
            ("(Whole Again) Dusk", " / (Whole Again) Dusk"),
            ("Vela - 128", "Vela / 128"),
            ("Vela - 22", "Vela / 22"),
            ("Vela - A", "Vela / A"),
        ];
        for (stem, expected) in cases {
            assert_eq!(name(&format!("/Music/{stem}.mp3")), expected, "{stem}");
        }
    }

    #[test]
    fn a_known_artist_is_taken_out_of_the_title() {
        let title =
            |path: &str, artist: &str| FileName::of_path(path).unwrap().title_beside(artist);
        assert_eq!(title("/Vela - Dusk.mp3", "VELA "), "Dusk");
        assert_eq!(title("/Dusk - Vela.mp3", "Vela"), "Dusk");
        assert_eq!(title("/Sun - Moon.mp3", "Vela"), "Sun - Moon");
        assert_eq!(title("/Dusk.mp3", "Vela"), "Dusk");
    }

    /// Names as people and their tools make them.
    fn made_name() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "[A-Za-z0-9'é&, ]{1,12}",
            "(0[1-9]|[1-9][0-9]?|1[0-9]{2})",
            "(1[0-2]|0?[1-9])[AB]",
            "[A-G][#b]?m?",
            "\\[[^\\]/]{0,6}\\]",
            "\\([^)/]{0,12}\\)",
        ];
        let sign = prop_oneof![
            Just(" - "),
            Just(" – "),
            Just(". "),
            Just(","),
            Just(" "),
            Just("_"),
            Just("-")
        ];
        prop::collection::vec((part, sign), 1..7)
            .prop_map(|parts| parts.into_iter().map(|(part, sign)| part + sign).collect())
    }

    proptest! {
        #[test]
        fn any_path_has_some_name_or_none(path: String) {
            if let Some(name) = FileName::of_path(&path) {
                prop_assert!(!name.title.trim().is_empty());
            }
        }

        /// A file that is named by what was read has the same name again.
        #[test]
        fn reading_twice_changes_nothing(stem in made_name()) {
            let Some(once) = FileName::of_path(&format!("/{stem}.mp3")) else { return Ok(()) };
            let joint = if once.artist.is_empty() { "" } else { " - " };
            let again = FileName::of_path(&format!("/{}{joint}{}.mp3", once.artist, once.title));
            prop_assert_eq!(again, Some(once));
        }
    }
}
