//! Names of benchmarks that resemble a name that no benchmark has.

use perf_judge::ident::BenchmarkId;

/// The most names that an error lists.
const MAX_LISTED: usize = 10;
/// The most names that are listed because of their spelling.
const MAX_CLOSEST: usize = 3;
/// The lowest Jaro-Winkler similarity of a close name, from 0 (different) to 1 (equal). It is low
/// enough for a typing error in a short name.
const MIN_SIMILARITY: f64 = 0.75;

/// The names that contain `text`; if there are none, those with the most similar parts.
pub(crate) fn similar<'a>(
    names: impl Iterator<Item = &'a BenchmarkId>,
    text: &str,
) -> Vec<&'a BenchmarkId> {
    let names: Vec<&BenchmarkId> = names.collect();
    let containing: Vec<&BenchmarkId> =
        names.iter().copied().filter(|name| name.as_str().contains(text)).collect();
    if containing.is_empty() { closest(names, text) } else { containing }
}

/// `a/b::c, a/b::d`, with the number of the names that are left out.
pub(crate) fn listed(names: &[&BenchmarkId]) -> String {
    let shown: Vec<&str> = names.iter().take(MAX_LISTED).map(|name| name.as_str()).collect();
    let rest = names.len() - shown.len();
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    shown.join(", ") + &more
}

fn closest<'a>(names: Vec<&'a BenchmarkId>, text: &str) -> Vec<&'a BenchmarkId> {
    let rated = names.into_iter().map(|name| (similarity(name.as_str(), text), name));
    let mut close: Vec<_> = rated.filter(|(rate, _)| *rate >= MIN_SIMILARITY).collect();
    close.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    close.into_iter().map(|(_, name)| name).take(MAX_CLOSEST).collect()
}

/// The similarity of `text` and the end of a name from the most similar part on.
fn similarity(name: &str, text: &str) -> f64 {
    let text = text.to_lowercase();
    let starts = name.match_indices([':', '/']).map(|(at, _)| at + 1);
    let parts = starts.chain([0]).map(|at| name[at..].to_lowercase());
    let ends = parts.clone().map(|end| strsim::jaro_winkler(&end, &text));
    let single = parts.map(|end| {
        let part = end.split([':', '/']).next().unwrap_or_default();
        strsim::jaro_winkler(part, &text)
    });
    ends.chain(single).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        let names =
            ["a/b::checksum", "a/b::upper::8", "a/b::upper::512", "a/b::sort", "a/b::sorted"];
        let names = names.map(BenchmarkId::from);
        listed(&similar(names.iter(), text))
    }

    #[test]
    fn names_that_contain_the_text_or_resemble_it_are_listed() {
        for (text, expected) in [
            ("upper", "a/b::upper::8, a/b::upper::512"),
            ("chekcsum", "a/b::checksum"),
            ("Checksum", "a/b::checksum"),
            ("uper::8", "a/b::upper::8, a/b::upper::512"),
            ("srot", "a/b::sort, a/b::sorted"),
            ("zzz", ""),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<BenchmarkId> =
            (0..12).map(|n| BenchmarkId::from(format!("a/b::c{n}").as_str())).collect();
        let text = listed(&similar(names.iter(), "c"));
        assert!(text.ends_with("a/b::c9 and 2 more"), "{text}");
    }
}
