//! Benchmarks that are left out by their names.

use super::context::Context;
use crate::args::MeasureArgs;
use crate::bench::{Listing, abbreviated};
use crate::similar_names::{listed, similar};
use anyhow::{Result, bail};
use perf_judge::ident::BenchmarkId;
use perf_judge::unit;
use std::collections::BTreeSet;

/// Removes the benchmarks that perf-budgets.json excludes from the listing, and returns them. Another
/// commit than that of the checkout may lack an excluded benchmark.
pub(super) fn exclude(
    listing: &mut Listing,
    context: &Context,
    args: &MeasureArgs,
    is_checkout: bool,
) -> Result<Vec<BenchmarkId>> {
    let entries = listing.entries.iter().map(|entry| &entry.id);
    let names: Vec<BenchmarkId> = entries.chain(listing.failures.keys()).cloned().collect();
    if is_checkout && args.cargo.selects_all() && listing.is_complete() {
        context.project.check_excluded(&names)?;
    }
    let is_excluded = |name: &BenchmarkId| context.project.settings.excludes(name);
    listing.keep(|name| !is_excluded(name));
    Ok(names.into_iter().filter(is_excluded).collect())
}

/// A note with the excluded benchmarks.
pub(super) fn exclusion_note(excluded: &[BenchmarkId]) -> Option<String> {
    let names: Vec<&str> = excluded.iter().map(BenchmarkId::as_str).collect();
    let are = if names.len() == 1 { "benchmark is" } else { "benchmarks are" };
    (!names.is_empty()).then(|| {
        format!("{} {are} excluded by perf-budgets.json: {}", names.len(), abbreviated(&names))
    })
}

/// The benchmark with this name, or the only one with these last parts.
pub(super) fn the_one_named<'a>(
    ids: impl Iterator<Item = &'a BenchmarkId>,
    name: &str,
) -> Result<BenchmarkId> {
    let ids: Vec<&BenchmarkId> = ids.collect();
    if let Some(exact) = ids.iter().find(|id| id.as_str() == name) {
        return Ok((*exact).clone());
    }
    let named: Vec<&BenchmarkId> = ids.iter().copied().filter(|id| id.is_named(name)).collect();
    match named.as_slice() {
        [only] => Ok((*only).clone()),
        [] => {
            let similar = similar(ids.into_iter(), name);
            let fix = if similar.is_empty() {
                "`cargo bench -- --list` lists them".to_owned()
            } else {
                format!("use one of: {}", listed(&similar))
            };
            bail!("there is no benchmark `{name}`; {fix}")
        }
        several => bail!("several benchmarks are called `{name}`: {}", listed(several)),
    }
}

/// The error if no name matches one of `texts`, or all of them are skipped.
pub(super) fn none_selected(names: &[BenchmarkId], texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    if texts.is_empty() {
        return "nothing to measure: --skip matches every benchmark; change it".to_owned();
    }
    let count = unit::counted(names.len(), "benchmark", "benchmarks");
    let close: BTreeSet<&BenchmarkId> =
        texts.iter().flat_map(|text| similar(names.iter(), text)).collect();
    let fix = if close.is_empty() {
        "change --filter or --package".to_owned()
    } else {
        format!("change --filter; similar names: {}", listed(&Vec::from_iter(close)))
    };
    format!(
        "nothing to measure: none of {count} has a name that contains {}; {fix}",
        quoted.join(" or ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_that_select_nothing_are_named_with_similar_benchmarks() {
        let names = ["a/b::checksum", "a/b::sort"].map(BenchmarkId::from);
        let error = |texts: &[&str]| none_selected(&names, texts);
        assert_eq!(
            error(&["nope"]),
            "nothing to measure: none of 2 benchmarks has a name that contains `nope`; change --filter or --package"
        );
        assert_eq!(
            error(&["chekcsum", "nope"]),
            "nothing to measure: none of 2 benchmarks has a name that contains `chekcsum` or `nope`; change --filter; similar names: a/b::checksum"
        );
    }
}
