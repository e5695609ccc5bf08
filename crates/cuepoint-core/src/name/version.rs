//! Which version of a work a track is.

use super::words::words;

/// What was done to the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Treatment {
    /// Nothing, or nothing is given.
    #[default]
    Original,
    /// A new arrangement by the artists that the version names.
    Remix,
    /// Cut differently, perhaps by a named artist.
    Edit,
    /// A rework, refix, flip or the like.
    Rework,
    /// A remix without permission.
    Bootleg,
    /// Two works in one.
    Mashup,
    /// Mostly bass and drums.
    Dub,
    /// The artist's own other version.
    Vip,
    /// Without voices.
    Instrumental,
    /// Voices alone.
    Acapella,
    /// Recorded on stage.
    Live,
    /// Without electronics.
    Acoustic,
}

/// How long the version is meant to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Length {
    /// Not given.
    #[default]
    Unstated,
    /// With a beginning and an end for mixing.
    Extended,
    /// For clubs: between the two.
    Club,
    /// Short, for the radio.
    Radio,
}

/// Which version of a work a track is: "(Bicep Extended Remix)".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// What was done.
    pub treatment: Treatment,
    /// How long it is meant to be.
    pub length: Length,
    /// The folded words of the remixer or of the version's name; empty if neither is given.
    pub by: Vec<String>,
}

impl Version {
    /// Reads the text of a parenthesis or of a catalogue's mix column, such as "Bicep Remix".
    ///
    /// None if the text does not end as the names of versions do: "(Guitar Hero)" is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace("'s ", " ").replace("’s ", " ").replace("V.I.P.", "VIP");
        let all = joined(words(&text));
        let spoken: Vec<&str> = all.iter().map(String::as_str).collect();
        let (end, by_follows) = end(&spoken)?;
        let mut version = Self { length: length(&spoken[..=end]), ..Self::default() };
        version.treatment = treatment(&spoken[..=end], version.length)?;
        let names = if by_follows { &spoken[end + 2..] } else { &spoken[..end] };
        let named = |word: &&&str| !is_descriptive(word);
        version.by = names.iter().filter(named).map(|word| (*word).to_owned()).collect();
        version.settle();
        Some(version)
    }

    /// Adds the version of a second text: "(Bicep Remix) (Extended Mix)" is Bicep's extended remix,
    /// and "(Bicep Remix) (Vega Edit)" Vega's edit.
    pub(super) fn refine(&mut self, other: Self) {
        if other.treatment != Treatment::Original {
            self.treatment = other.treatment;
            self.by = other.by;
        }
        if other.length != Length::Unstated {
            self.length = other.length;
        }
    }

    /// A "Hardfloor Mix" is Hardfloor's remix; an edit without a name is for the radio.
    fn settle(&mut self) {
        let nobody = self.by.iter().all(|word| word == "and");
        if nobody {
            self.by.clear();
        }
        self.treatment = match self.treatment {
            Treatment::Original if !nobody => Treatment::Remix,
            Treatment::Edit if nobody && self.length == Length::Unstated => {
                self.length = Length::Radio;
                Treatment::Original
            }
            Treatment::Edit if nobody => Treatment::Original,
            other => other,
        };
    }
}

/// The place of the word that makes it a version, and whether "by …" follows it.
fn end(words: &[&str]) -> Option<(usize, bool)> {
    if let Some(by) = words.iter().position(|word| *word == "by")
        && by > 0
        && by + 1 < words.len()
        && ends_version(words[by - 1])
    {
        return Some((by - 1, true));
    }
    // "Remastered 2011" and "Remix 2" end in a number.
    let last = words.iter().rposition(|word| !is_number(word))?;
    ends_version(words[last]).then_some((last, false))
}

fn ends_version(word: &str) -> bool {
    is_mix_word(word) || treatment_of(word).is_some()
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words that name a version of the original.
fn is_mix_word(word: &str) -> bool {
    matches!(
        word,
        "mix" | "version" | "original" | "extended" | "remaster" | "remastered" | "radio" | "club"
    )
}

fn treatment_of(word: &str) -> Option<Treatment> {
    Some(match word {
        "remix" | "rmx" | "remixed" => Treatment::Remix,
        "edit" => Treatment::Edit,
        "rework" | "reworked" | "refix" | "refire" | "flip" | "redo" | "reprise" => {
            Treatment::Rework
        }
        "bootleg" => Treatment::Bootleg,
        "mashup" => Treatment::Mashup,
        "dub" => Treatment::Dub,
        "vip" => Treatment::Vip,
        "instrumental" => Treatment::Instrumental,
        "acapella" | "acappella" => Treatment::Acapella,
        "live" => Treatment::Live,
        "acoustic" => Treatment::Acoustic,
        _ => return None,
    })
}

/// The treatment that the words name: the most specific one, as a "Dub Remix Edit" is a remix.
fn treatment(words: &[&str], length: Length) -> Option<Treatment> {
    const RANKED: [Treatment; 11] = [
        Treatment::Remix,
        Treatment::Mashup,
        Treatment::Bootleg,
        Treatment::Rework,
        Treatment::Vip,
        Treatment::Dub,
        Treatment::Instrumental,
        Treatment::Acapella,
        Treatment::Live,
        Treatment::Acoustic,
        Treatment::Edit,
    ];
    let named: Vec<Treatment> = words.iter().filter_map(|word| treatment_of(word)).collect();
    let strongest = RANKED.into_iter().find(|treatment| named.contains(treatment));
    match strongest {
        Some(Treatment::Edit) if length == Length::Radio => Some(Treatment::Original),
        None => Some(Treatment::Original),
        some => some,
    }
}

/// The words, with "re-work" and "a cappella" put together.
fn joined(words: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let split = joined.last().map(|last| (last.as_str(), word.as_str()));
        match split {
            Some(("re", "work" | "fix" | "fire") | ("a", "cappella") | ("mash", "up")) => {
                let last = joined.len() - 1;
                joined[last].push_str(&word);
            }
            _ => joined.push(word),
        }
    }
    joined
}

fn length(words: &[&str]) -> Length {
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    if has(&["extended", "12", "long"]) {
        Length::Extended
    } else if has(&["radio", "short"]) {
        Length::Radio
    } else if has(&["club"]) {
        Length::Club
    } else {
        Length::Unstated
    }
}

/// Words about the version rather than names of who made it.
fn is_descriptive(word: &str) -> bool {
    is_mix_word(word)
        || is_number(word)
        || treatment_of(word).is_some()
        || matches!(
            word,
            "the"
                | "a"
                | "album"
                | "single"
                | "main"
                | "full"
                | "long"
                | "short"
                | "length"
                | "inch"
                | "official"
                | "digital"
                | "vocal"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(treatment: Treatment, length: Length, by: &str) -> Option<Version> {
        let by = by.split_whitespace().map(str::to_owned).collect();
        Some(Version { treatment, length, by })
    }

    #[test]
    fn versions_are_read() {
        use Length::{Club, Extended, Radio, Unstated};
        use Treatment::*;
        let cases = [
            ("Original Mix", Original, Unstated, ""),
            ("Extended Mix", Original, Extended, ""),
            ("Extended", Original, Extended, ""),
            ("Extended Version", Original, Extended, ""),
            ("Radio Edit", Original, Radio, ""),
            ("Radio Mix", Original, Radio, ""),
            ("Short Edit", Original, Radio, ""),
            ("Edit", Original, Radio, ""),
            ("Club Mix", Original, Club, ""),
            ("2011 Remaster", Original, Unstated, ""),
            ("Remastered 2011", Original, Unstated, ""),
            ("Bicep Remix", Remix, Unstated, "bicep"),
            ("Bicep's Dark Remix", Remix, Unstated, "bicep dark"),
            ("Bicep Extended Remix", Remix, Extended, "bicep"),
            ("A1 & B2 Remix", Remix, Unstated, "a1 and b2"),
            ("Remix by Bicep", Remix, Unstated, "bicep"),
            ("Remix", Remix, Unstated, ""),
            ("Hardfloor Mix", Remix, Unstated, "hardfloor"),
            ("Bicep Edit", Edit, Unstated, "bicep"),
            ("Dub Mix", Dub, Unstated, ""),
            ("VIP", Vip, Unstated, ""),
            ("Ivory Re-fire", Rework, Unstated, "ivory"),
            ("Ivory Re-Work", Rework, Unstated, "ivory"),
            ("Ivory Bootleg", Bootleg, Unstated, "ivory"),
            ("A Cappella", Acapella, Unstated, ""),
            ("Instrumental Version", Instrumental, Unstated, ""),
        ];
        for (text, treatment, length, by) in cases {
            assert_eq!(Version::parse(text), version(treatment, length, by), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_versions() {
        for text in ["", "Guitar Hero", "Credit", "Conversion", "Remixed Feelings Again", "2019"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
