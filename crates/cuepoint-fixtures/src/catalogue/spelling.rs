//! How a shop spells what a library spells differently.

use crate::rng::Rng;

/// Titles end in these words, if in any of another script.
const ROMANISED: [(&str, &str); 5] = [
    ("Ночь", "Noch"),
    ("Ώρα", "Ora"),
    ("夜の音", "Yoru no Oto"),
    ("서울", "Seoul"),
    ("Танец", "Tanets"),
];
const UNACCENTED: [(&str, &str); 11] = [
    ("é", "e"),
    ("è", "e"),
    ("ö", "o"),
    ("ü", "u"),
    ("á", "a"),
    ("ñ", "n"),
    ("ç", "c"),
    ("ø", "o"),
    ("ł", "l"),
    ("ß", "ss"),
    ("æ", "ae"),
];

/// The habits with which one work is spelled, in all its versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spelling {
    unaccented: bool,
    romanised: bool,
    quoted: bool,
    and: bool,
    order: Order,
    guest_in_title: bool,
}

/// How several artists are listed.
#[derive(Clone, Copy, Debug)]
enum Order {
    AsCredited,
    Reversed,
    /// As if they were one artist.
    Joined,
}

impl Spelling {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        Self {
            unaccented: rng.chance(5_000),
            romanised: rng.chance(5_000),
            quoted: rng.chance(5_000),
            and: rng.chance(3_000),
            order: match rng.weighted(&[90, 5, 5]) {
                0 => Order::AsCredited,
                1 => Order::Reversed,
                _ => Order::Joined,
            },
            guest_in_title: rng.chance(5_000),
        }
    }

    /// `text` as the shop writes it.
    pub(crate) fn text(self, text: &str) -> String {
        let mut text = text.trim().replace("e\u{301}", "é");
        if self.unaccented {
            replace_all(&mut text, &UNACCENTED);
        }
        if self.romanised {
            replace_all(&mut text, &ROMANISED);
        }
        if !self.quoted {
            text = text.replace('"', "");
        }
        if self.and { text.replace(" & ", " and ") } else { text }
    }

    /// The title of a work with its text in parentheses.
    pub(crate) fn title(self, base: &str, word: Option<&str>, guests: &[String]) -> String {
        let mut title = self.text(base);
        if let Some(word) = word {
            title.push_str(&format!(" ({word})"));
        }
        if self.guest_in_title {
            guests.iter().for_each(|guest| title.push_str(&format!(" (feat. {guest})")));
        }
        title
    }

    /// The artists of a work, with the guests that its title leaves out.
    pub(crate) fn artists(self, artists: &[String], guests: &[String]) -> Vec<String> {
        let mut listed = artists.to_vec();
        match self.order {
            Order::AsCredited => {}
            Order::Reversed => listed.reverse(),
            Order::Joined => listed = vec![self.text(&listed.join(" & "))],
        }
        if !self.guest_in_title {
            listed.extend_from_slice(guests);
        }
        listed
    }
}

fn replace_all(text: &mut String, pairs: &[(&str, &str)]) {
    for (from, to) in pairs {
        if text.contains(from) {
            *text = text.replace(from, to);
        }
    }
}
