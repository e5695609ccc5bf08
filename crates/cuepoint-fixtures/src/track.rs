//! One TRACK element with its beat grids and cue points.

use crate::credit::credit;
use crate::rng::Rng;
use crate::title::{label, title};
use crate::words::{capitalised, invented};
use crate::xml::{End, XmlWriter};

const CLASSIC_KEYS: [&str; 24] = [
    "Am", "Em", "Bm", "F#m", "Dbm", "Abm", "Ebm", "Bbm", "Fm", "Cm", "Gm", "Dm", "C", "G", "D",
    "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F",
];
const CAMELOT_KEYS: [&str; 24] = [
    "1A", "2A", "3A", "4A", "5A", "6A", "7A", "8A", "9A", "10A", "11A", "12A", "1B", "2B", "3B",
    "4B", "5B", "6B", "7B", "8B", "9B", "10B", "11B", "12B",
];
const GENRES: [&str; 12] = [
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
/// Odd factors are invertible modulo a power of two, so no two tracks share an identifier; the
/// result has up to nine digits as in rekordbox 6 and later.
pub(crate) fn track_id(index: usize) -> u64 {
    (index as u64 + 1).wrapping_mul(0x5bd1_e995) % (1 << 29) + 1
}

/// Writes track number `index` of a library of `tracks`.
pub(crate) fn write_track(out: &mut XmlWriter, seed: u64, index: usize, tracks: usize) {
    let mut rng = Rng::new(seed, index as u64 + 1);
    let bpm = bpm(&mut rng);
    let seconds = rng.between(150, 480);
    write_start(out, &mut rng, &Frame { index, tracks, bpm, seconds });
    write_tempos(out, &mut rng, bpm, seconds);
    write_marks(out, &mut rng, seconds);
    out.close(4, "TRACK");
}

/// What is decided about a track before its text.
struct Frame {
    index: usize,
    tracks: usize,
    /// Hundredths of a beat a minute.
    bpm: u64,
    seconds: u64,
}

fn write_start(out: &mut XmlWriter, rng: &mut Rng, frame: &Frame) {
    let (name, artist) = name_and_artist(rng, frame.tracks);
    let album = album(rng);
    let (kind, extension) = rng.pick(&[("MP3 File", "mp3"), ("WAV File", "wav")]);
    let location = location(rng, &artist, &name, extension);
    let label = if rng.chance(1_500) { label(rng) } else { String::new() };
    let bit_rate = if extension == "mp3" { 320 } else { 1411 };
    let attributes = [
        ("TrackID", track_id(frame.index).to_string()),
        ("Name", name),
        ("Artist", artist),
        ("Composer", String::new()),
        ("Album", album),
        ("Grouping", String::new()),
        ("Genre", if rng.chance(3_500) { rng.pick(&GENRES).to_string() } else { String::new() }),
        ("Kind", kind.to_owned()),
        ("Size", (frame.seconds * bit_rate * 125).to_string()),
        ("TotalTime", frame.seconds.to_string()),
        ("DiscNumber", "0".to_owned()),
        ("TrackNumber", rng.below(13).to_string()),
        ("Year", year(rng)),
        ("AverageBpm", hundredths(frame.bpm)),
        ("DateAdded", date(rng)),
        ("BitRate", bit_rate.to_string()),
        ("SampleRate", "44100".to_owned()),
        ("Comments", comment(rng)),
        ("PlayCount", rng.below(20).to_string()),
        ("Rating", rng.pick(&RATINGS).to_owned()),
        ("Location", location),
        ("Remixer", String::new()),
        ("Tonality", tonality(rng)),
        ("Label", label),
        ("Mix", String::new()),
    ];
    let borrowed = attributes.each_ref().map(|(key, value)| (*key, value.as_str()));
    out.element(4, "TRACK", &borrowed, End::Open);
}

/// Four in ten tracks have no artist, most of these because it is part of the title.
fn name_and_artist(rng: &mut Rng, tracks: usize) -> (String, String) {
    let credit = credit(rng, tracks);
    match rng.weighted(&[60, 33, 7]) {
        0 => (title(rng, None), credit),
        1 => (title(rng, Some(&credit)), String::new()),
        _ => (title(rng, None), String::new()),
    }
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
fn bpm(rng: &mut Rng) -> u64 {
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

/// The place of the file, percent-encoded as rekordbox does it: hex digits in lower case, and
/// `(`, `)`, `,`, `+`, `!` and `#` as they are.
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
