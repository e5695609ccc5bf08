//! Track titles, with everything that DJs and shops write into them.

use crate::credit::{self, artist};
use crate::rng::Rng;
use crate::words::title_word;

/// Shares of titles with one, two, three… words before anything is added to them.
const PLAIN_WORDS: [u64; 12] = [300, 310, 175, 100, 55, 30, 15, 10, 7, 5, 3, 2];

/// A title in its parts, in their order.
#[derive(Clone, Debug)]
pub(crate) struct TitleParts {
    /// The credit, where it is written before the title.
    pub(crate) artist_prefix: Option<String>,
    /// The words of the title, with the word and dash that may come before them.
    pub(crate) base: String,
    /// The guest named after the words.
    pub(crate) feat: Option<String>,
    /// The text in parentheses.
    pub(crate) parenthesis: Option<Parenthesis>,
    /// The label in brackets.
    pub(crate) bracket: Option<String>,
    margin: Margin,
}

/// What the parentheses of a title hold.
#[derive(Clone, Debug)]
pub(crate) enum Parenthesis {
    /// A remix, by one or two remixers.
    Remix { remixers: Vec<String>, adjective: Option<String> },
    /// The original version.
    Original,
    /// The extended version, in one of its names.
    Extended(&'static str),
    /// A short version, in one of its names.
    Short(&'static str),
    /// A guest.
    Feat(String),
    /// A version of another kind, sometimes by a named artist.
    Rework { by: Option<String>, kind: &'static str },
    /// A word that belongs to the title.
    Word(String),
}

/// The blanks that were left around a title.
#[derive(Clone, Copy, Debug)]
enum Margin {
    None,
    Before,
    After,
}

impl TitleParts {
    /// Draws a title; `artist` is the one to write before it, if it belongs there.
    pub(crate) fn draw(rng: &mut Rng, artist: Option<&str>) -> Self {
        let base = base(rng);
        Self {
            artist_prefix: artist.map(str::to_owned),
            base,
            feat: rng.chance(250).then(|| credit::artist(rng)),
            parenthesis: rng.chance(4_500).then(|| Parenthesis::draw(rng)),
            bracket: rng.chance(500).then(|| label(rng)),
            margin: margin(rng),
        }
    }

    /// The title as it is in a library.
    pub(crate) fn render(&self) -> String {
        let mut title = self.base.clone();
        if let Some(artist) = &self.artist_prefix {
            title = format!("{artist} - {title}");
        }
        if let Some(guest) = &self.feat {
            title.push_str(&format!(" feat. {guest}"));
        }
        if let Some(parenthesis) = &self.parenthesis {
            title.push_str(&format!(" ({})", parenthesis.text()));
        }
        if let Some(label) = &self.bracket {
            title.push_str(&format!(" [{label}]"));
        }
        match self.margin {
            Margin::None => title,
            Margin::Before => format!(" {title}"),
            Margin::After => format!("{title} "),
        }
    }
}

impl Parenthesis {
    fn draw(rng: &mut Rng) -> Self {
        match rng.weighted(&[32, 22, 12, 8, 8, 10, 8]) {
            0 => remix(rng),
            1 => Self::Original,
            2 => Self::Extended(rng.pick(&["Extended Mix", "Extended", "Extended Version"])),
            3 => Self::Short(rng.pick(&["Radio Edit", "Edit", "Short Edit"])),
            4 => Self::Feat(artist(rng)),
            5 => rework(rng),
            _ => Self::Word(title_word(rng)),
        }
    }

    /// The text between the parentheses.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Remix { remixers, adjective: None } => format!("{} Remix", remixers.join(" & ")),
            Self::Remix { remixers, adjective: Some(adjective) } => {
                format!("{}'s {adjective} Remix", remixers.join(" & "))
            }
            Self::Original => "Original Mix".to_owned(),
            Self::Extended(text) | Self::Short(text) => (*text).to_owned(),
            Self::Feat(guest) => format!("feat. {guest}"),
            Self::Rework { by: Some(by), kind } => format!("{by} {kind}"),
            Self::Rework { by: None, kind } => format!("{kind} Mix"),
            Self::Word(word) => word.clone(),
        }
    }
}

/// The words of a title, without its version.
fn base(rng: &mut Rng) -> String {
    let mut base = plain(rng);
    season(rng, &mut base);
    if rng.chance(1_700) { format!("{} - {base}", title_word(rng)) } else { base }
}

fn plain(rng: &mut Rng) -> String {
    let words = rng.weighted(&PLAIN_WORDS) + 1;
    let mut title = title_word(rng);
    for _ in 1..words {
        let joint = if rng.chance(300) { " & " } else { " " };
        title.push_str(joint);
        title.push_str(&title_word(rng));
    }
    if rng.chance(100) { format!("\"{title}\"") } else { title }
}

/// A remix in one of the forms in which its name is written.
pub(crate) fn remix(rng: &mut Rng) -> Parenthesis {
    let remixer = artist(rng);
    let (remixers, adjective) = match rng.weighted(&[55, 33, 12]) {
        0 => (vec![remixer], None),
        1 => (vec![remixer], Some(title_word(rng))),
        _ => (vec![remixer, artist(rng)], None),
    };
    Parenthesis::Remix { remixers, adjective }
}

fn rework(rng: &mut Rng) -> Parenthesis {
    let kind = rng.pick(&["Dub", "VIP", "Rework", "Bootleg", "Mashup"]);
    Parenthesis::Rework { by: rng.chance(5_000).then(|| artist(rng)), kind }
}

/// The name of a label, also written into brackets.
pub(crate) fn label(rng: &mut Rng) -> String {
    let name = title_word(rng);
    match rng.weighted(&[50, 30, 20]) {
        0 => format!("{name} Records"),
        1 => format!("{name} Music"),
        _ => name,
    }
}

/// Puts letters from beyond ASCII into the shares of titles that have them.
fn season(rng: &mut Rng, title: &mut String) {
    match rng.below(10_000) {
        0..300 => replace_vowel(title, &['é', 'è', 'ö', 'ü', 'á', 'ñ', 'ç'], rng),
        300..350 => replace_vowel(title, &['ø', 'ł', 'ß', 'æ'], rng),
        350..390 => title.push_str(rng.pick(&[" Ночь", " Ώρα", " 夜の音", " 서울", " Танец"])),
        390..400 => title.push_str(" Cafe\u{301}"),
        400..405 => title.push_str(" 🔥"),
        _ => {}
    }
}

/// Replaces the last vowel of `title` by one of `letters`, or appends it if there is none.
fn replace_vowel(title: &mut String, letters: &[char], rng: &mut Rng) {
    let letter = rng.pick(letters).to_string();
    match title.rfind(['a', 'e', 'i', 'o', 'u']) {
        Some(at) => title.replace_range(at..=at, &letter),
        None => title.push_str(&letter),
    }
}

fn margin(rng: &mut Rng) -> Margin {
    match rng.below(10_000) {
        0..600 => Margin::After,
        600..800 => Margin::Before,
        _ => Margin::None,
    }
}
