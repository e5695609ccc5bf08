//! How well the version of a candidate fits the one that is looked for.

use super::similarity::slip;
use crate::catalogue::NameWords;
use crate::name::{Length, Treatment, Version};

/// 0 to 100 points: 100 for the same version, 0 for the remix by another artist.
pub(super) fn version_points(wanted: &Version, hint: &[String], found: NameWords<'_>) -> f64 {
    let length = length_points(wanted.length, found.length());
    match (wanted.treatment, found.treatment()) {
        (Treatment::Original, Treatment::Original) => length,
        (Treatment::Original, _) | (_, Treatment::Original) => 5.0,
        (one, other) => {
            let kin = if one == other { 1.0 } else { kinship(one, other) };
            kin * names(wanted, hint, found) * (0.3 + 0.007 * length)
        }
    }
}

fn length_points(wanted: Length, found: Length) -> f64 {
    use Length::{Club, Extended, Radio, Unstated};
    match (wanted, found) {
        (one, other) if one == other => 100.0,
        (Unstated, Club) | (Club, Unstated) => 55.0,
        (Extended, Club) | (Club, Extended) => 60.0,
        (Unstated, _) | (_, Unstated) => 50.0,
        (Radio, _) | (_, Radio) => 20.0,
        (Extended | Club, Extended | Club) => 100.0,
    }
}

/// How often shops call the one the other, 0 to 1.
fn kinship(one: Treatment, other: Treatment) -> f64 {
    use Treatment::{Bootleg, Dub, Edit, Mashup, Remix, Rework, Vip};
    let remade = |treatment| matches!(treatment, Remix | Rework | Bootleg | Edit | Mashup);
    match (one, other) {
        (Dub | Vip, Remix) | (Remix, Dub | Vip) => 0.5,
        _ if remade(one) && remade(other) => 0.65,
        _ => 0.1,
    }
}

/// How many of the names agree, 0 to 100.
fn names(wanted: &Version, hint: &[String], found: NameWords<'_>) -> f64 {
    let telling = |word: &&str| *word != "and";
    let found: Vec<&str> = found.by().filter(telling).collect();
    let wanted: Vec<&str> = wanted.by.iter().map(String::as_str).filter(telling).collect();
    let hinted = hint.iter().any(|word| found.contains(&word.as_str()));
    match (wanted.len(), found.len()) {
        (0, 0) => 100.0,
        (0, _) if hinted => 100.0,
        (0, _) => 70.0,
        (_, 0) => 60.0,
        (wanted_words, found_words) => {
            let same = |one: &str, other: &str| one == other || slip(one, other) > 0.0;
            let has = |word: &&&str| found.iter().any(|other| same(word, other));
            let shared = wanted.iter().filter(has).count();
            // An adjective or a second remixer may be left out on either side.
            let share = shared as f64 / wanted_words.min(found_words) as f64;
            let all = shared as f64 / wanted_words.max(found_words) as f64;
            if share < 0.5 { 0.0 } else { 50.0 * share + 50.0 * all }
        }
    }
}
