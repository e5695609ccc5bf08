//! Benchmarks that are different ways to one result, next to each other.

use super::group::split;
use super::levels::BenchmarkLevels;
use super::members::{Member, members, without_argument};
use super::project::Project;
use super::ratio_axis::{drawn, ticks};
use super::scaling::{self, ScalingView};
use super::spark;
use super::text::{self, Name};
use super::versus::VersusView;
use crate::svg::Scale;
use perf_judge::budget::is_alternative;
use perf_judge::detect::level_interval;
use perf_judge::ident::BenchmarkId;
use perf_judge::scaling::FEWEST;
use perf_judge::stats;
use perf_judge::unit;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The most members of a group that is found by its name.
const MEMBERS: usize = 12;
/// The most groups that are found by their names.
const FOUND: usize = 40;
/// The most arguments of a group that are compared.
const ARGUMENTS: usize = 6;

/// The reason for a ratio without an interval.
const TOO_FEW: &str = "too few runs for an interval";

/// Members that are different ways to one result.
pub(super) struct Alternatives<'l> {
    name: String,
    members: Vec<Member<'l>>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct AlternativesPage {
    root: &'static str,
    title: String,
    groups: Vec<AlternativesView>,
    /// Those that were compared in pairs.
    paired: Vec<VersusView>,
    scalings: Vec<ScalingView>,
    /// The number of groups that are not shown.
    left_out: String,
}

#[derive(Clone, Debug, Serialize)]
struct AlternativesView {
    name: String,
    /// `HashMap is the fastest at 100000: BTreeMap takes 2.92 × as long`
    sentence: String,
    panels: Vec<PanelView>,
}

#[derive(Clone, Debug, Serialize)]
struct PanelView {
    argument: String,
    label: String,
    rows: Vec<RatioRow>,
    ticks: String,
}

#[derive(Clone, Debug, Serialize)]
struct RatioRow {
    name: Name,
    stem: String,
    time: String,
    ratio: String,
    interval: String,
    drawing: String,
    spark: String,
}

/// A member of a panel with its ratio to the fastest.
struct Ratio<'l> {
    name: &'l str,
    levels: &'l BenchmarkLevels<'l>,
    time: f64,
    ratio: f64,
    ends: Option<(f64, f64)>,
}

/// Whether any benchmarks are alternatives or have enough numeric arguments, by their names.
pub(super) fn exist(names: &BTreeSet<&BenchmarkId>, project: Project<'_>) -> bool {
    let mut arguments: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut members: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for id in names {
        let (name, argument) = without_argument(id.as_str());
        let written = argument.map_or("", |argument| argument.text);
        arguments.entry(name).or_default().insert(written);
        *members.entry((split(name).0, written)).or_default() += 1;
    }
    let groups = project.alternatives.into_iter().flatten();
    let mut groups = groups.map(|(_, patterns)| patterns);
    let is_own = |patterns: &[String], id: &BenchmarkId| {
        patterns.iter().any(|pattern| is_alternative(pattern, id))
    };
    arguments.values().any(|written| written.len() >= FEWEST)
        || members
            .iter()
            .any(|((parent, _), count)| parent.contains("::") && (2..=MEMBERS).contains(count))
        || groups.any(|patterns| names.iter().any(|id| is_own(patterns, id)))
}

/// The page.
pub(super) fn page<'l>(
    levels: &'l [BenchmarkLevels<'l>],
    project: Project<'_>,
    paired: Vec<VersusView>,
) -> AlternativesPage {
    let configured = configured(levels, project);
    let found = found(levels);
    let left_out = found.len().saturating_sub(FOUND);
    let groups: Vec<Alternatives<'l>> =
        configured.into_iter().chain(found.into_iter().take(FOUND)).collect();
    let all = members(levels.iter());
    let scalings = scaling::views(&all, FOUND);
    let groups: Vec<AlternativesView> = groups.iter().filter_map(Alternatives::view).collect();
    AlternativesPage {
        root: "",
        title: "Alternatives and scaling".to_owned(),
        groups,
        paired,
        scalings,
        left_out: match left_out {
            0 => String::new(),
            more => unit::counted(more, "more group", "more groups"),
        },
    }
}

fn configured<'l>(
    levels: &'l [BenchmarkLevels<'l>],
    project: Project<'_>,
) -> Vec<Alternatives<'l>> {
    let groups = project.alternatives.into_iter().flatten();
    let group = |(name, patterns): (&String, &Vec<String>)| {
        let is_own = |benchmark: &&BenchmarkLevels<'_>| {
            patterns.iter().any(|pattern| is_alternative(pattern, benchmark.id))
        };
        let members = members(levels.iter().filter(is_own));
        Alternatives { name: text::word(name), members }
    };
    groups.map(group).collect()
}

/// The members of each function or module below a bench target, those with arguments first.
fn found<'l>(levels: &'l [BenchmarkLevels<'l>]) -> Vec<Alternatives<'l>> {
    let mut siblings: BTreeMap<&str, Vec<Member<'l>>> = BTreeMap::new();
    for member in members(levels.iter()) {
        let parent = split(member.name).0;
        if parent.contains("::") {
            siblings.entry(parent).or_default().push(member);
        }
    }
    let alike = siblings.into_iter().filter(|(_, own)| (2..=MEMBERS).contains(&own.len()));
    let mut groups: Vec<Alternatives<'l>> = alike
        .map(|(name, members)| Alternatives { name: text::clipped(name, text::NAME), members })
        .collect();
    groups.sort_by_key(|group| group.members.iter().all(|member| member.arguments.len() < 2));
    groups
}

impl<'l> Alternatives<'l> {
    fn view(&self) -> Option<AlternativesView> {
        let mut arguments: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
        for (argument, _) in self.members.iter().flat_map(|member| &member.arguments) {
            arguments.entry(argument.text).or_insert((argument.value, 0)).1 += 1;
        }
        let shared = arguments.into_iter().filter(|(_, (_, count))| *count > 1);
        let mut shared: Vec<(&str, f64)> = shared.map(|(text, (value, _))| (text, value)).collect();
        shared.sort_by(|one, other| one.1.total_cmp(&other.1));
        let shown = &shared[shared.len().saturating_sub(ARGUMENTS)..];
        let panels: Vec<(&str, Vec<Ratio<'l>>)> =
            shown.iter().map(|(argument, _)| (*argument, self.ratios(argument))).collect();
        let sentence = panels.last().map(|(argument, ratios)| sentence(argument, ratios))?;
        let panels = panels.iter().map(|(argument, ratios)| panel(&self.name, argument, ratios));
        Some(AlternativesView { name: self.name.clone(), sentence, panels: panels.collect() })
    }

    /// The members with an argument, the fastest first.
    fn ratios(&self, argument: &str) -> Vec<Ratio<'l>> {
        let own = |member: &Member<'l>| {
            let own = member.arguments.iter().find(|(own, _)| own.text == argument);
            own.map(|(_, levels)| (member.name, *levels))
        };
        let mut timed: Vec<(&str, &BenchmarkLevels<'l>, f64)> = self
            .members
            .iter()
            .filter_map(own)
            .filter_map(|(name, levels)| Some((name, levels, stats::median(&levels.current())?)))
            .collect();
        timed.sort_by(|one, other| one.2.total_cmp(&other.2));
        let Some((_, fastest, least)) = timed.first().copied() else { return Vec::new() };
        let ratio = |(name, levels, time): (&'l str, &'l BenchmarkLevels<'l>, f64)| Ratio {
            name,
            levels,
            time,
            ratio: time / least,
            ends: (levels.id != fastest.id)
                .then(|| level_interval(&fastest.current(), &levels.current()))
                .flatten()
                .map(|(low, high)| (low.0.exp(), high.0.exp())),
        };
        timed.into_iter().map(ratio).collect()
    }
}

fn sentence(argument: &str, ratios: &[Ratio<'_>]) -> String {
    let [fastest, next, ..] = ratios else { return String::new() };
    let at =
        if argument.is_empty() { String::new() } else { format!(" at {}", text::word(argument)) };
    let [fast, slow] = [fastest, next].map(|ratio| text::word(split(ratio.name).1));
    match next.ends {
        None => format!("{fast} and {slow} have {TOO_FEW}{at}"),
        Some((low, _)) if low <= 1.0 => format!("No difference between {fast} and {slow}{at}"),
        Some(_) => {
            let ratio = unit::factor(next.ratio);
            format!("{fast} is the fastest{at}: {slow} takes {ratio} as long")
        }
    }
}

fn panel(group: &str, argument: &str, ratios: &[Ratio<'_>]) -> PanelView {
    let ends = ratios.iter().flat_map(|ratio| {
        let (low, high) = ratio.ends.unwrap_or((1.0, 1.0));
        [ratio.ratio, low, high]
    });
    let scale = Scale::all_logarithmic(&ends.collect::<Vec<f64>>());
    let row = |ratio: &Ratio<'_>| {
        let reference = ratios.first().map(|fastest| fastest.levels);
        RatioRow {
            name: Name::cell(split(ratio.name).1),
            stem: ratio.levels.id.file_stem(),
            time: unit::time(ratio.time),
            ratio: if ratio.ratio > 1.0 { unit::factor(ratio.ratio) } else { "fastest".to_owned() },
            interval: match ratio.ends {
                Some((low, high)) => format!("{} to {}", unit::factor(low), unit::factor(high)),
                None if ratio.ratio > 1.0 => TOO_FEW.to_owned(),
                None => String::new(),
            },
            drawing: scale.map_or_else(String::new, |scale| {
                let class = if ratio.ratio > 1.0 { "dot" } else { "ring" };
                drawn(class, ratio.ratio, ratio.ends, scale)
            }),
            spark: reference.map_or_else(String::new, |fastest| development(ratio.levels, fastest)),
        }
    };
    let label = if argument.is_empty() { String::new() } else { text::word(argument) };
    PanelView {
        label: if label.is_empty() { group.to_owned() } else { format!("{group} at {label}") },
        argument: label,
        rows: ratios.iter().map(row).collect(),
        ticks: scale.map_or_else(String::new, |scale| ticks(scale, |tick| tick >= 1.0)),
    }
}

/// The ratio over the runs that measured both.
fn development(levels: &BenchmarkLevels<'_>, fastest: &BenchmarkLevels<'_>) -> String {
    if levels.id == fastest.id {
        return String::new();
    }
    let base: BTreeMap<usize, f64> = fastest.values.iter().copied().collect();
    let both = levels.values.iter().filter_map(|(run, ns)| Some((*run, ns / base.get(run)?)));
    spark::around(&both.collect::<Vec<_>>(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(id: &BenchmarkId, ns: f64) -> BenchmarkLevels<'_> {
        let noise = |run: usize| ns * (1.0 + 0.001 * (run % 3) as f64);
        let values = (0..12).map(|run| (run, noise(run))).collect();
        BenchmarkLevels { id, is_current: true, values, changes: Vec::new() }
    }

    fn ids(names: &[&str]) -> Vec<BenchmarkId> {
        names.iter().map(|name| BenchmarkId::from(*name)).collect()
    }

    #[test]
    fn types_are_compared_at_each_shared_argument() {
        let ids =
            ids(&["p/t::f::A::10", "p/t::f::A::100", "p/t::f::B::10", "p/t::f::B::100", "p/t::g"]);
        let times = [10.0, 100.0, 5.0, 300.0, 1.0];
        let levels: Vec<_> = ids.iter().zip(times).map(|(id, ns)| constant(id, ns)).collect();
        let page = page(&levels, Project::default(), Vec::new());
        let group = &page.groups[0];
        assert_eq!((group.name.as_str(), group.panels.len()), ("p/t::f", 2));
        assert_eq!(group.sentence, "A is the fastest at 100: B takes 3.00 × as long");
        let ratios: Vec<&str> = group.panels[0].rows.iter().map(|row| row.ratio.as_str()).collect();
        assert_eq!(ratios, ["fastest", "2.00 ×"]);
        assert_eq!(page.groups.len(), 1);
    }

    #[test]
    fn equal_members_have_no_difference() {
        let ids = ids(&["p/t::m::a", "p/t::m::b"]);
        let levels: Vec<_> = ids.iter().map(|id| constant(id, 100.0)).collect();
        let page = page(&levels, Project::default(), Vec::new());
        assert_eq!(page.groups[0].sentence, "No difference between a and b");
    }

    #[test]
    fn two_runs_decide_nothing() {
        let ids = ids(&["p/t::m::a", "p/t::m::b"]);
        let mut levels: Vec<_> =
            ids.iter().zip([100.0, 100.1]).map(|(id, ns)| constant(id, ns)).collect();
        levels.iter_mut().for_each(|own| own.values.truncate(2));
        let page = page(&levels, Project::default(), Vec::new());
        let group = &page.groups[0];
        assert_eq!(group.sentence, "a and b have too few runs for an interval");
        assert_eq!(group.panels[0].rows[1].interval, "too few runs for an interval");
    }

    #[test]
    fn a_project_names_alternatives_of_different_modules() {
        let ids = ids(&["p/t::fast", "q/u::slow", "q/u::other"]);
        let levels: Vec<_> =
            ids.iter().zip([1.0, 2.0, 3.0]).map(|(id, ns)| constant(id, ns)).collect();
        let groups =
            BTreeMap::from([("work".to_owned(), vec!["fast".to_owned(), "u::slow".to_owned()])]);
        let project = Project { alternatives: Some(&groups), ..Project::default() };
        let names = ids.iter().collect();
        assert!(exist(&names, project) && !exist(&names, Project::default()));
        let page = page(&levels, project, Vec::new());
        assert_eq!(page.groups[0].sentence, "fast is the fastest: slow takes 2.00 × as long");
        assert_eq!(page.groups[0].panels[0].rows.len(), 2);
    }
}
