//! Track titles, with everything that DJs and shops write into them.

use crate::credit::artist;
use crate::rng::Rng;
use crate::words::title_word;

/// Shares of titles with one, two, three… words before anything is added to them.
const PLAIN_WORDS: [u64; 12] = [300, 310, 175, 100, 55, 30, 15, 10, 7, 5, 3, 2];

/// The title of a track; `artist` is the one to write before it, if it belongs there.
pub(crate) fn title(rng: &mut Rng, artist: Option<&str>) -> String {
    let mut title = plain(rng);
    season(rng, &mut title);
    if rng.chance(1_700) {
        title = format!("{} - {title}", title_word(rng));
    }
    if let Some(artist) = artist {
        title = format!("{artist} - {title}");
    }
    if rng.chance(250) {
        title.push_str(&format!(" feat. {}", crate::credit::artist(rng)));
    }
    if rng.chance(4_500) {
        title.push_str(&format!(" ({})", parenthesis(rng)));
    }
    if rng.chance(500) {
        title.push_str(&format!(" [{}]", label(rng)));
    }
    with_blanks(rng, title)
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

/// The text between the parentheses of a title.
fn parenthesis(rng: &mut Rng) -> String {
    match rng.weighted(&[32, 22, 12, 8, 8, 10, 8]) {
        0 => remix(rng),
        1 => "Original Mix".to_owned(),
        2 => rng.pick(&["Extended Mix", "Extended", "Extended Version"]).to_owned(),
        3 => rng.pick(&["Radio Edit", "Edit", "Short Edit"]).to_owned(),
        4 => format!("feat. {}", artist(rng)),
        5 => rework(rng),
        _ => title_word(rng),
    }
}

fn remix(rng: &mut Rng) -> String {
    let remixer = artist(rng);
    match rng.weighted(&[55, 33, 12]) {
        0 => format!("{remixer} Remix"),
        1 => format!("{remixer}'s {} Remix", title_word(rng)),
        _ => format!("{remixer} & {} Remix", artist(rng)),
    }
}

fn rework(rng: &mut Rng) -> String {
    let kind = rng.pick(&["Dub", "VIP", "Rework", "Bootleg", "Mashup"]);
    if rng.chance(5_000) { format!("{} {kind}", artist(rng)) } else { format!("{kind} Mix") }
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

fn with_blanks(rng: &mut Rng, title: String) -> String {
    match rng.below(10_000) {
        0..600 => format!("{title} "),
        600..800 => format!(" {title}"),
        _ => title,
    }
}
