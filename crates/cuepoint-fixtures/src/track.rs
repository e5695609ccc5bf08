//! One TRACK element with its beat grids and cue points.

use crate::credit::{Credit, credit};
use crate::rng::Rng;
use crate::title::{TitleParts, label};
use crate::words::{capitalised, invented};
use crate::xml::{End, XmlWriter};

pub(crate) const CLASSIC_KEYS: [&str; 24] = [
    "Am", "Em", "Bm", "F#m", "Dbm", "Abm", "Ebm", "Bbm", "Fm", "Cm", "Gm", "Dm", "C", "G", "D",
    "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F",
];
const CAMELOT_KEYS: [&str; 24] = [
    "1A", "2A", "3A", "4A", "5A", "6A", "7A", "8A", "9A", "10A", "11A", "12A", "1B", "2B", "3B",
    "4B", "5B", "6B", "7B", "8B", "9B", "10B", "11B", "12B",
];
pub(crate) const GENRES: [&str; 12] = [
    "House",
    "Techno",
    "Tech House",
    "Drum & Bass",
    "Deep House",
    "Trance",
    "Disco",
    "Hip Hop",
    "Breaks",
    "Minimal",
    "Electro",
    "Dubstep",
];
const RATINGS: [&str; 6] = ["0", "51", "102", "153", "204", "255"];
const COLOURS: [(&str, &str, &str); 4] =
    [("40", "226", "20"), ("230", "40", "40"), ("48", "90", "255"), ("180", "50", "255")];

/// The identifier that track number `index` of a library carries.
///
/// Odd factors are invertible modulo a power of two, so no two tracks share an identifier. It has
/// up to nine digits, as in rekordbox 6 and later.
pub(crate) fn track_id(index: usize) -> u64 {
    (index as u64 + 1).wrapping_mul(0x5bd1_e995) % (1 << 29) + 1
}

/// What is known of a track, beside the text that a library makes of it.
#[derive(Clone, Debug)]
pub(crate) struct TrackFacts {
    /// The title in its parts; it holds the credit if that comes before it.
    pub(crate) title: TitleParts,
    /// The artists of the track, even if the library does not name them.
    pub(crate) credit: Credit,
    /// Whether the artist is left blank.
    pub(crate) artist_blank: bool,
    /// The label that the title or the label's own field names.
    pub(crate) label: Option<String>,
    /// The genre, or nothing.
    pub(crate) genre: String,
    /// The year as text, `0` if it is not known.
    pub(crate) year: String,
    /// Hundredths of a beat a minute.
    pub(crate) bpm: u64,
    /// The length.
    pub(crate) seconds: u64,
    /// The key in either notation, or nothing.
    pub(crate) tonality: String,
}

/// A track as it was drawn: its facts and the attributes that say them.
struct Drawn {
    facts: TrackFacts,
    attributes: [(&'static str, String); 25],
}

/// The facts of track number `index` of a library of `tracks`.
pub(crate) fn track_facts(seed: u64, index: usize, tracks: usize) -> TrackFacts {
    draw(&mut rng_of(seed, index), index, tracks).facts
}

/// Writes track number `index` of a library of `tracks`.
pub(crate) fn write_track(out: &mut XmlWriter, seed: u64, index: usize, tracks: usize) {
    let mut rng = rng_of(seed, index);
    let Drawn { facts, attributes } = draw(&mut rng, index, tracks);
    let borrowed = attributes.each_ref().map(|(key, value)| (*key, value.as_str()));
    out.element(4, "TRACK", &borrowed, End::Open);
    write_tempos(out, &mut rng, facts.bpm, facts.seconds);
    write_marks(out, &mut rng, facts.seconds);
    out.close(4, "TRACK");
}

fn rng_of(seed: u64, index: usize) -> Rng {
    Rng::new(seed, index as u64 + 1)
}

/// Draws the attributes of the TRACK element; the order of the draws determines the library.
fn draw(rng: &mut Rng, index: usize, tracks: usize) -> Drawn {
    let bpm = bpm(rng);
    let seconds = rng.between(150, 480);
    let credit = credit(rng, tracks);
    let (title, artist_blank) = title_and_blank(rng, &credit);
    let name = title.render();
    let artist = if artist_blank { String::new() } else { credit.text.clone() };
    let album = album(rng);
    let (kind, extension) = rng.pick(&[("MP3 File", "mp3"), ("WAV File", "wav")]);
    let location = location(rng, &artist, &name, extension);
    let label = rng.chance(1_500).then(|| label(rng));
    let genre = if rng.chance(3_500) { rng.pick(&GENRES).to_owned() } else { String::new() };
    let bit_rate = if extension == "mp3" { 320 } else { 1411 };
    let track_number = rng.below(13);
    let year = year(rng);
    let added = date(rng);
    let comment = comment(rng);
    let plays = rng.below(20);
    let rating = rng.pick(&RATINGS);
    let tonality = tonality(rng);
    let attributes = [
        ("TrackID", track_id(index).to_string()),
        ("Name", name),
        ("Artist", artist),
        ("Composer", String::new()),
        ("Album", album),
        ("Grouping", String::new()),
        ("Genre", genre.clone()),
        ("Kind", kind.to_owned()),
        ("Size", (seconds * bit_rate * 125).to_string()),
        ("TotalTime", seconds.to_string()),
        ("DiscNumber", "0".to_owned()),
        ("TrackNumber", track_number.to_string()),
        ("Year", year.clone()),
        ("AverageBpm", hundredths(bpm)),
        ("DateAdded", added),
        ("BitRate", bit_rate.to_string()),
        ("SampleRate", "44100".to_owned()),
        ("Comments", comment),
        ("PlayCount", plays.to_string()),
        ("Rating", rating.to_owned()),
        ("Location", location),
        ("Remixer", String::new()),
        ("Tonality", tonality.clone()),
        ("Label", label.clone().unwrap_or_default()),
        ("Mix", String::new()),
    ];
    let label = title.bracket.clone().or(label);
    let facts =
        TrackFacts { title, credit, artist_blank, label, genre, year, bpm, seconds, tonality };
    Drawn { facts, attributes }
}

/// Four in ten tracks have no artist, most of these because it is part of the title.
fn title_and_blank(rng: &mut Rng, credit: &Credit) -> (TitleParts, bool) {
    match rng.weighted(&[60, 33, 7]) {
        0 => (TitleParts::draw(rng, None), false),
        1 => (TitleParts::draw(rng, Some(&credit.text)), true),
        _ => (TitleParts::draw(rng, None), true),
    }
}

/// The key that `tonality` names, in classic notation.
pub(crate) fn classic_key(tonality: &str) -> Option<&'static str> {
    let camelot = CAMELOT_KEYS.iter().position(|key| *key == tonality).map(|at| {
        // The wheel's first hour is A flat minor, five fifths above the first classic key.
        at / 12 * 12 + (at % 12 + 5) % 12
    });
    let at = camelot.or_else(|| CLASSIC_KEYS.iter().position(|key| *key == tonality))?;
    Some(CLASSIC_KEYS[at])
}

fn album(rng: &mut Rng) -> String {
    if rng.chance(5_000) { capitalised(&invented(rng.below(50_000))) } else { String::new() }
}

fn year(rng: &mut Rng) -> String {
    let known = rng.chance(5_000);
    if known { (2024 - rng.below(14) - rng.zipf(12)).to_string() } else { "0".to_owned() }
}

fn comment(rng: &mut Rng) -> String {
    match rng.below(10) {
        0..2 => format!("{} - Energy {}", rng.pick(&CAMELOT_KEYS), rng.between(1, 9)),
        2 => "Visit https://shop.example/".to_owned(),
        _ => String::new(),
    }
}

fn tonality(rng: &mut Rng) -> String {
    match rng.weighted(&[60, 35, 5]) {
        0 => rng.pick(&CLASSIC_KEYS).to_owned(),
        1 => rng.pick(&CAMELOT_KEYS).to_owned(),
        _ => String::new(),
    }
}

fn date(rng: &mut Rng) -> String {
    let (year, month, day) = (rng.between(2012, 2025), rng.between(1, 12), rng.between(1, 28));
    format!("{year}-{month:02}-{day:02}")
}

/// Hundredths of a beat a minute: about 126 ± 8, with a slow and a fast tenth.
pub(crate) fn bpm(rng: &mut Rng) -> u64 {
    let whole = rng.chance(7_000);
    let bpm = match rng.weighted(&[80, 10, 10]) {
        0 => (12_600 + rng.normal() * 8 / 10) as u64,
        1 => rng.between(7_500, 10_000),
        _ => rng.between(14_000, 17_500),
    };
    if whole { bpm / 100 * 100 } else { bpm }
}

fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

fn thousandths(value: u64) -> String {
    format!("{}.{:03}", value / 1_000, value % 1_000)
}

/// The place of the file, percent-encoded as rekordbox does it. Hex digits are in lower case, and
/// the characters `(),+!#` are not encoded.
fn location(rng: &mut Rng, artist: &str, name: &str, extension: &str) -> String {
    let root = rng.pick(&["/Users/dj/Music/", "/C:/Users/dj/Music/"]);
    let shelf = capitalised(&invented(rng.below(400)));
    let joint = if artist.is_empty() { "" } else { " - " };
    let file = format!("{shelf}/{artist}{joint}{}.{extension}", name.trim());
    let mut uri = format!("file://localhost{root}");
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(byte)),
            b'/' | b'-' | b'.' | b'_' | b'(' | b')' | b',' | b'+' | b'!' | b'#' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02x}")),
        }
    }
    uri
}

fn write_tempos(out: &mut XmlWriter, rng: &mut Rng, bpm: u64, seconds: u64) {
    let count = tempo_count(rng);
    let step = seconds * 1_000 / count;
    for number in 0..count {
        let inizio = thousandths(number * step + rng.below(step.clamp(1, 400)));
        let bpm = hundredths(bpm + number % 3);
        let beat = (number % 4 + 1).to_string();
        let attributes =
            [("Inizio", &*inizio), ("Bpm", &*bpm), ("Metro", "4/4"), ("Battito", &*beat)];
        out.element(6, "TEMPO", &attributes, End::Empty);
    }
}

/// Most tracks have one beat grid; live recordings have hundreds.
fn tempo_count(rng: &mut Rng) -> u64 {
    if rng.below(2_000) == 0 {
        return rng.between(151, 850);
    }
    match rng.weighted(&[85, 10, 5]) {
        0 => 1,
        1 => (0..3).map(|_| rng.between(2, 24)).min().unwrap_or(2),
        _ => (0..5).map(|_| rng.between(25, 150)).min().unwrap_or(25),
    }
}

fn write_marks(out: &mut XmlWriter, rng: &mut Rng, seconds: u64) {
    if rng.chance(5_500) {
        return;
    }
    let count = rng.between(1, 9).min(rng.between(1, 9));
    for number in 0..count {
        let start = thousandths(rng.below(seconds * 1_000));
        write_mark(out, rng, &start, number);
    }
}

/// Hot cues have a colour, memory cues have number −1 and none.
fn write_mark(out: &mut XmlWriter, rng: &mut Rng, start: &str, number: u64) {
    let number = number.to_string();
    let (red, green, blue) = rng.pick(&COLOURS);
    let memory = [("Name", ""), ("Type", "0"), ("Start", start), ("Num", "-1")];
    let hot = [
        ("Name", ""),
        ("Type", "0"),
        ("Start", start),
        ("Num", number.as_str()),
        ("Red", red),
        ("Green", green),
        ("Blue", blue),
    ];
    let attributes: &[(&str, &str)] = if rng.chance(5_000) { &memory } else { &hot };
    out.element(6, "POSITION_MARK", attributes, End::Empty);
}
