//! Which benchmarks are alternatives of each other, and which pairs of them are compared.

use crate::ident::BenchmarkId;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// The parts of a name are separated by this.
const SEPARATOR: &str = "::";

/// A benchmark, or all benchmarks below one name, e.g. the arguments of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The name: `package/target::path`.
    pub name: BenchmarkId,
    /// Its benchmarks by case: what follows the name of the alternative. The case of a benchmark that
    /// is an alternative itself is empty.
    cases: BTreeMap<String, BenchmarkId>,
    /// The cases in the order of the listing.
    order: Vec<String>,
}

/// The alternatives, and the one that the others are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternatives {
    /// The alternative that the others are compared with.
    pub baseline: Alternative,
    /// The others. None if the cases of one alternative are only measured.
    pub others: Vec<Alternative>,
}

/// Two benchmarks that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasePair {
    /// The case that both have; empty if the alternatives are benchmarks.
    pub case: String,
    /// The benchmark of the baseline.
    pub baseline: BenchmarkId,
    /// The benchmark of the alternative.
    pub alternative: BenchmarkId,
}

/// The benchmarks of one alternative by their last part, which is a number.
#[derive(Clone, Debug, PartialEq)]
pub struct ArgumentSeries {
    /// The benchmarks' name without the argument.
    pub name: BenchmarkId,
    /// Each argument, as text and as a number, and its benchmark. In ascending order.
    pub points: Vec<(String, f64, BenchmarkId)>,
}

/// Why names select no alternatives.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectionError {
    /// No benchmark has the name.
    #[error("there is no benchmark `{0}`")]
    Unknown(String),
    /// Several benchmarks have the name.
    #[error("several benchmarks are called `{name}`")]
    Ambiguous {
        /// The name.
        name: String,
        /// Their full names.
        candidates: Vec<BenchmarkId>,
    },
    /// The only name is of one benchmark.
    #[error(
        "`{0}` is one benchmark, and a comparison needs two: name another one, or the function or module of several"
    )]
    Single(BenchmarkId),
    /// The only name is of a group with one member.
    #[error("the group `{0}` has only one member: name two benchmarks")]
    OneMember(BenchmarkId),
    /// Two names mean the same benchmarks.
    #[error("`{0}` is named twice, or is part of another alternative: name different benchmarks")]
    Repeated(BenchmarkId),
    /// The baseline is no alternative.
    #[error("--baseline {name} is none of the alternatives")]
    NoSuchBaseline {
        /// The name.
        name: String,
        /// The alternatives.
        alternatives: Vec<BenchmarkId>,
    },
    /// An alternative has no case that the baseline has.
    #[error("`{alternative}` and `{baseline}` have no argument or case in common")]
    NoCommonCase {
        /// The alternative.
        alternative: BenchmarkId,
        /// The baseline.
        baseline: BenchmarkId,
    },
    /// An alternative has no numeric arguments.
    #[error(
        "--args needs benchmarks with at least three different numeric arguments, and `{0}` has fewer: omit --args, or add arguments to the bench"
    )]
    NoArguments(BenchmarkId),
}

impl Alternatives {
    /// The alternatives that `names` select from `listed`, all benchmarks of the build.
    ///
    /// A name is the whole name of a benchmark, function, module or target, or its last parts. One name
    /// alone is a group, whose members are the alternatives. With `by_args`, a group of numeric
    /// arguments is one alternative.
    ///
    /// # Errors
    /// If a name selects nothing or too much, or if there is nothing to compare.
    pub fn select(
        listed: &[BenchmarkId],
        names: &[String],
        baseline: Option<&str>,
        by_args: bool,
    ) -> Result<Self, SelectionError> {
        let nodes = names
            .iter()
            .map(|name| resolve(listed, name))
            .collect::<Result<Vec<BenchmarkId>, SelectionError>>()?;
        let mut alternatives = match nodes.as_slice() {
            [only] => members(listed, only, by_args)?,
            several => several.iter().map(|node| Alternative::of(listed, node)).collect(),
        };
        check_distinct(&alternatives)?;
        let at = match baseline {
            None => 0,
            Some(name) => position(&alternatives, name)?,
        };
        let baseline = alternatives.remove(at);
        let selected = Self { baseline, others: alternatives };
        selected.check(by_args)?;
        Ok(selected)
    }

    /// All alternatives, the baseline first.
    pub fn all(&self) -> impl Iterator<Item = &Alternative> {
        [&self.baseline].into_iter().chain(&self.others)
    }

    /// The pairs to compare, by alternative and in the order of the listing.
    pub fn pairs(&self) -> Vec<CasePair> {
        self.others.iter().flat_map(|other| self.pairs_with(other)).collect()
    }

    /// The benchmarks that are not compared, because only one side has their case.
    pub fn unpaired(&self) -> Vec<BenchmarkId> {
        let compared = self.compared();
        let all = self.all().flat_map(|alternative| alternative.cases.values());
        let is_left = |name: &&BenchmarkId| !self.others.is_empty() && !compared.contains(*name);
        all.filter(is_left).cloned().collect()
    }

    /// The benchmarks with a numeric argument that are not compared.
    pub fn arguments_alone(&self) -> BTreeSet<BenchmarkId> {
        let compared = self.compared();
        let points = self.series().into_iter().flat_map(|series| series.points);
        points.map(|(_, _, name)| name).filter(|name| !compared.contains(name)).collect()
    }

    fn compared(&self) -> BTreeSet<BenchmarkId> {
        let pairs = self.pairs().into_iter();
        pairs.flat_map(|pair| [pair.baseline, pair.alternative]).collect()
    }

    /// The benchmarks of each alternative by their numeric arguments; those without one are left out.
    pub fn series(&self) -> Vec<ArgumentSeries> {
        self.all().flat_map(Alternative::series).collect()
    }

    fn pairs_with<'a>(&'a self, other: &'a Alternative) -> impl Iterator<Item = CasePair> + 'a {
        other.order.iter().filter_map(|case| {
            let alternative = other.cases.get(case)?.clone();
            let baseline = self.baseline.cases.get(case)?.clone();
            Some(CasePair { case: case.clone(), baseline, alternative })
        })
    }

    fn check(&self, by_args: bool) -> Result<(), SelectionError> {
        for other in &self.others {
            if self.pairs_with(other).next().is_none() {
                return Err(SelectionError::NoCommonCase {
                    alternative: other.name.clone(),
                    baseline: self.baseline.name.clone(),
                });
            }
        }
        let without = self.all().find(|alternative| by_args && alternative.series().is_empty());
        without.map_or(Ok(()), |other| Err(SelectionError::NoArguments(other.name.clone())))
    }
}

impl Alternative {
    /// The benchmark `name`, or all below it.
    fn of(listed: &[BenchmarkId], name: &BenchmarkId) -> Self {
        let case = |id: &BenchmarkId| {
            let rest = id.as_str().strip_prefix(name.as_str())?;
            let is_whole = rest.is_empty() || rest.starts_with(SEPARATOR);
            is_whole.then(|| rest.trim_start_matches(SEPARATOR).to_owned())
        };
        let cases = listed.iter().filter_map(|id| Some((case(id)?, id.clone())));
        let cases: Vec<(String, BenchmarkId)> = cases.collect();
        let order = cases.iter().map(|(case, _)| case.clone()).collect();
        Self { name: name.clone(), cases: cases.into_iter().collect(), order }
    }

    /// Its benchmarks.
    pub fn benchmarks(&self) -> impl Iterator<Item = &BenchmarkId> {
        self.cases.values()
    }

    /// Its benchmarks by numeric argument: one series per type or module before the argument.
    fn series(&self) -> Vec<ArgumentSeries> {
        let mut series: BTreeMap<&str, Vec<(String, f64, BenchmarkId)>> = BTreeMap::new();
        for (case, id) in &self.cases {
            let (before, last) = case.rsplit_once(SEPARATOR).unwrap_or(("", case));
            if let Some(argument) = number(last) {
                let point = (last.to_owned(), argument, id.clone());
                series.entry(before).or_default().push(point);
            }
        }
        let series = series.into_iter().filter(|(_, points)| points.len() >= MIN_ARGUMENTS);
        series.map(|(before, points)| self.one_series(before, points)).collect()
    }

    fn one_series(
        &self,
        before: &str,
        mut points: Vec<(String, f64, BenchmarkId)>,
    ) -> ArgumentSeries {
        points.sort_by(|one, other| one.1.total_cmp(&other.1));
        let name = match before {
            "" => self.name.clone(),
            before => BenchmarkId::from(format!("{}{SEPARATOR}{before}", self.name).as_str()),
        };
        ArgumentSeries { name, points }
    }
}

/// The fewest arguments of a series, because two points fit every power law.
const MIN_ARGUMENTS: usize = 3;

/// An argument as a number above 0.
fn number(text: &str) -> Option<f64> {
    let plain = text.replace('_', "");
    plain.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0)
}

/// The benchmark or the group with this name, or the only one with these last parts.
fn resolve(listed: &[BenchmarkId], name: &str) -> Result<BenchmarkId, SelectionError> {
    let nodes: BTreeSet<&str> = listed.iter().flat_map(|id| nodes(id.as_str())).collect();
    if nodes.contains(name) {
        return Ok(BenchmarkId::from(name));
    }
    let named = nodes.into_iter().map(BenchmarkId::from).filter(|node| node.is_named(name));
    let mut named: Vec<BenchmarkId> = named.collect();
    match named.len() {
        0 => Err(SelectionError::Unknown(name.to_owned())),
        1 => Ok(named.remove(0)),
        _ => Err(SelectionError::Ambiguous { name: name.to_owned(), candidates: named }),
    }
}

/// The name, and each part of it that other benchmarks can share: `p/t`, `p/t::f`, `p/t::f::8`.
fn nodes(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices(SEPARATOR).map(|(at, _)| &name[..at]).chain([name])
}

/// The members of a group, each with the benchmarks below it.
fn members(
    listed: &[BenchmarkId],
    group: &BenchmarkId,
    by_args: bool,
) -> Result<Vec<Alternative>, SelectionError> {
    let whole = Alternative::of(listed, group);
    if whole.cases.contains_key("") && whole.cases.len() == 1 {
        return Err(SelectionError::Single(group.clone()));
    }
    if by_args && whole.cases.keys().all(|case| number(case).is_some()) {
        return Ok(vec![whole]);
    }
    let mut seen = BTreeSet::new();
    let mut is_new = |part: &String| !part.is_empty() && seen.insert(part.clone());
    let first = |case: &String| case.split(SEPARATOR).next().unwrap_or_default().to_owned();
    let parts: Vec<String> = whole.order.iter().map(first).filter(|part| is_new(part)).collect();
    if parts.len() < 2 {
        return Err(SelectionError::OneMember(group.clone()));
    }
    let member = |part: &String| BenchmarkId::from(format!("{group}{SEPARATOR}{part}").as_str());
    Ok(parts.iter().map(|part| Alternative::of(listed, &member(part))).collect())
}

/// A benchmark compared with itself shows nothing.
fn check_distinct(alternatives: &[Alternative]) -> Result<(), SelectionError> {
    let mut seen = BTreeSet::new();
    for alternative in alternatives {
        if !alternative.cases.values().all(|id| seen.insert(id)) {
            return Err(SelectionError::Repeated(alternative.name.clone()));
        }
    }
    Ok(())
}

/// The index of the alternative with this name, or of the only one with these last parts.
fn position(alternatives: &[Alternative], name: &str) -> Result<usize, SelectionError> {
    let names = || alternatives.iter().map(|alternative| &alternative.name);
    if let Some(exact) = names().position(|own| own.as_str() == name) {
        return Ok(exact);
    }
    let named: Vec<usize> =
        names().enumerate().filter(|(_, own)| own.is_named(name)).map(|(at, _)| at).collect();
    let name = name.to_owned();
    match named.as_slice() {
        [only] => Ok(*only),
        [] => {
            let alternatives = names().cloned().collect();
            Err(SelectionError::NoSuchBaseline { name, alternatives })
        }
        several => {
            let candidates = several.iter().map(|at| alternatives[*at].name.clone()).collect();
            Err(SelectionError::Ambiguous { name, candidates })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LISTED: [&str; 12] = [
        "p/sort::quick::16",
        "p/sort::quick::64",
        "p/sort::quick::256",
        "p/sort::merge::16",
        "p/sort::merge::64",
        "p/sort::merge::256",
        "p/sort::merge::1024",
        "p/sort::fixed::Vec::10",
        "p/sort::fixed::List::10",
        "p/other::alone",
        "p/other::fixed",
        "p/text::only::one",
    ];

    fn select(names: &[&str], baseline: Option<&str>, by_args: bool) -> String {
        let listed = LISTED.map(BenchmarkId::from);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        match Alternatives::select(&listed, &names, baseline, by_args) {
            Err(error) => format!("{error}"),
            Ok(selected) => {
                let pair = |pair: &CasePair| format!("{} to {}", pair.alternative, pair.baseline);
                let pairs: Vec<String> = selected.pairs().iter().map(pair).collect();
                pairs.join("; ").replace("p/sort::", "")
            }
        }
    }

    #[test]
    fn functions_are_compared_by_argument_and_groups_by_member() {
        let merge = "merge::16 to quick::16; merge::64 to quick::64; merge::256 to quick::256";
        for (names, baseline, expected) in [
            (&["quick", "merge"][..], None, merge),
            (&["merge", "p/sort::quick"], Some("quick"), merge),
            (&["quick::16", "merge::64"], None, "merge::64 to quick::16"),
            (&["sort::fixed"], None, "fixed::List::10 to fixed::Vec::10"),
            (&["sort::fixed"], Some("List"), "fixed::Vec::10 to fixed::List::10"),
            (&["p/other"], None, "p/other::fixed to p/other::alone"),
            (&["quick"], None, "quick::64 to quick::16; quick::256 to quick::16"),
        ] {
            assert_eq!(select(names, baseline, false), expected, "{names:?}");
        }
    }

    #[test]
    fn what_selects_nothing_to_compare_is_an_error() {
        for (names, baseline, by_args, expected) in [
            (&["nothing"][..], None, false, "there is no benchmark `nothing`"),
            (&["fixed", "quick"], None, false, "several benchmarks are called `fixed`"),
            (&["alone"], None, false, "`p/other::alone` is one benchmark, and"),
            (&["text"], None, false, "the group `p/text` has only one member"),
            (&["quick", "quick"], None, false, "`p/sort::quick` is named twice"),
            (&["quick", "quick::16"], None, false, "`p/sort::quick::16` is named twice"),
            (&["quick", "merge"], Some("alone"), false, "--baseline alone is none of"),
            (
                &["sort::fixed", "other::fixed"],
                Some("fixed"),
                false,
                "several benchmarks are called",
            ),
            (&["quick", "alone"], None, false, "`p/other::alone` and `p/sort::quick` have no"),
            (&["alone", "other::fixed"], None, true, "--args needs benchmarks with at least"),
        ] {
            let found = select(names, baseline, by_args);
            assert!(found.starts_with(expected), "{names:?}: {found}");
        }
    }

    #[test]
    fn the_full_name_of_a_baseline_has_precedence() {
        let listed = ["a/p/t::f", "p/t::f"].map(BenchmarkId::from);
        let names = listed.each_ref().map(|name| name.as_str().to_owned());
        let found = Alternatives::select(&listed, &names, Some("p/t::f"), false).unwrap();
        assert_eq!(found.baseline.name, listed[1]);
    }

    #[test]
    fn arguments_are_ascending_numbers_and_one_function_can_be_alone() {
        let listed = LISTED.map(BenchmarkId::from);
        let names = ["merge".to_owned()];
        let alone = Alternatives::select(&listed, &names, None, true).unwrap();
        assert!(alone.others.is_empty() && alone.unpaired().is_empty());
        let series = alone.series();
        let arguments: Vec<f64> = series[0].points.iter().map(|point| point.1).collect();
        assert_eq!(arguments, [16.0, 64.0, 256.0, 1024.0]);
        let names = ["quick", "merge"].map(str::to_owned);
        let both = Alternatives::select(&listed, &names, None, true).unwrap();
        assert_eq!(both.unpaired(), ["p/sort::merge::1024".into()]);
        assert_eq!(both.arguments_alone(), ["p/sort::merge::1024".into()].into());
        assert_eq!(alone.arguments_alone().len(), 4);
        assert_eq!(both.series().len(), 2);
    }

    proptest! {
        /// No benchmark is compared with itself, and every pair has one case.
        #[test]
        fn pairs_are_of_different_alternatives(
            listed in prop::collection::btree_set("p/t::[ab](::[cd]){0,2}(::[12])?", 1..12),
            names in prop::collection::vec("[abcd]|t|[ab]::[cd]", 1..4),
        ) {
            let listed: Vec<BenchmarkId> =
                listed.iter().map(|name| BenchmarkId::from(name.as_str())).collect();
            if let Ok(selected) = Alternatives::select(&listed, &names, None, false) {
                let pairs = selected.pairs();
                prop_assert!(!pairs.is_empty());
                for pair in pairs {
                    prop_assert_ne!(&pair.baseline, &pair.alternative);
                    prop_assert!(pair.baseline.as_str().ends_with(&pair.case));
                    prop_assert!(pair.alternative.as_str().ends_with(&pair.case));
                }
            }
        }
    }
}
