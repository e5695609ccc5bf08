//! Where the instructions of one benchmark go, for people who make it faster.

mod text;

use crate::table::shortened;
use crate::text::visible;
use call_profile::{
    DrawError, FlameText, FunctionPair, Pattern, Stacks, call_sites, differential, flame_graph,
    functions, owners, pairs, patterns,
};
use minijinja::{Environment, value::Serde};
use perf_judge::ident::BenchmarkId;
use perf_judge::unit::LogRatio;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What was counted of one build of a benchmark.
#[derive(Clone, Debug, Default)]
pub struct ProfiledBuild {
    /// The commit, or what the checkout is called.
    pub label: String,
    /// Its instructions and allocations per iteration, by call stack.
    pub stacks: Stacks,
    /// Its system calls per iteration by name; `None` if they were not counted.
    pub system_calls: Option<BTreeMap<String, f64>>,
}

/// The profile of a benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// The version of the format.
    schema: u32,
    /// The benchmark.
    benchmark: BenchmarkId,
    /// The label of the head, and that of the base of a comparison.
    head: String,
    base: Option<String>,
    /// Instructions per iteration of base and head. Without a base both are those of the head.
    instructions: [f64; 2],
    /// The functions with most instructions of their own. In a comparison, those with the largest
    /// difference.
    functions: Vec<FunctionPair>,
    /// Instructions of base and head of the functions with most of them, those of the standard libraries for
    /// them included. In a comparison, of those with the largest difference.
    owners: Vec<(String, [f64; 2])>,
    /// Known reasons for many instructions of the head.
    patterns: Vec<Pattern>,
    /// The functions that allocate most in the head, the innermost first, and their blocks per iteration.
    allocations: Vec<(Vec<String>, f64)>,
    /// System calls per iteration of the head, the most frequent first.
    system_calls: Vec<(String, f64)>,
}

/// The values of the page.
#[derive(Serialize)]
struct ProfilePage<'a> {
    benchmark: String,
    headline: String,
    is_compared: bool,
    header: [&'a str; 5],
    rows: Vec<[String; 5]>,
    advice_title: &'a str,
    advice: Vec<String>,
    call_sites: Vec<String>,
    system_calls: Option<String>,
    pictures: &'a [String],
}

/// The pictures of a profile.
#[derive(Clone, Debug)]
pub struct FlameGraphs {
    /// Instructions.
    pub instructions: String,
    /// Allocated blocks, if there are any.
    pub allocations: Option<String>,
}

const SCHEMA: u32 = 1;
/// Functions that are listed.
const FUNCTIONS: usize = 20;
/// Functions whose effect is stated.
const OWNERS: usize = 5;
/// The least share of the instructions that is listed.
const WORTH: f64 = 0.1;
/// The same of a difference.
const WORTH_DIFFERENCE: f64 = 0.01;
/// Call sites that are listed.
const CALL_SITES: usize = 10;
/// The fewest system calls per iteration that are listed.
const LEAST_CALLS: f64 = 0.01;
const PAGE: &str = include_str!("profile.html");

impl Profile {
    /// The profile of `head`, and its differences from `base`.
    pub fn new(benchmark: BenchmarkId, base: Option<&ProfiledBuild>, head: &ProfiledBuild) -> Self {
        let total = head.stacks.total();
        let mut functions: Vec<FunctionPair> = match base {
            Some(base) => pairs(&base.stacks, &head.stacks),
            None => functions(&head.stacks)
                .into_iter()
                .map(|function| FunctionPair {
                    name: function.name,
                    own: [function.own; 2],
                    total: [function.total; 2],
                })
                .collect(),
        };
        functions.truncate(FUNCTIONS);
        Self {
            schema: SCHEMA,
            benchmark,
            head: head.label.clone(),
            base: base.map(|base| base.label.clone()),
            instructions: [base.map_or(total, |base| base.stacks.total()), total],
            functions,
            owners: largest_owners(base.map(|base| &base.stacks), &head.stacks),
            patterns: patterns(&head.stacks),
            allocations: call_sites(&head.stacks).into_iter().take(CALL_SITES).collect(),
            system_calls: frequent(head.system_calls.as_ref()),
        }
    }

    /// The file of the profile.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .unwrap_or_else(|_| unreachable!("a profile has string keys, which JSON can hold"));
        text.push('\n');
        text
    }

    /// A page with everything. `pictures` are files beside it.
    ///
    /// # Errors
    ///
    /// If the page's template fails, which is a fault of this program.
    pub fn to_html(&self, pictures: &[String]) -> Result<String, minijinja::Error> {
        let mut environment = Environment::new();
        environment.add_template("profile.html", PAGE)?;
        let page = environment.get_template("profile.html")?;
        page.render(Serde(ProfilePage {
            benchmark: visible(self.benchmark.as_str()),
            headline: self.headline(),
            is_compared: self.base.is_some(),
            header: self.header(),
            rows: self.functions.iter().map(|function| self.cells(function)).collect(),
            advice_title: self.advice_title(),
            advice: self.advice(),
            call_sites: self.site_lines(),
            system_calls: self.system_call_line(),
            pictures,
        }))
    }

    /// The change of the instructions; 0 without a base.
    fn change(&self) -> LogRatio {
        LogRatio((self.instructions[1] / self.instructions[0]).ln())
    }
}

/// Draws the instructions of the head, or their difference from the base, and its allocations.
///
/// # Errors
///
/// If nothing was counted.
pub fn flame_graphs(
    benchmark: &BenchmarkId,
    base: Option<&ProfiledBuild>,
    head: &ProfiledBuild,
) -> Result<FlameGraphs, DrawError> {
    let title = shortened(&visible(benchmark.as_str()), TITLE);
    let text = |subtitle, unit| FlameText { title: &title, subtitle, unit };
    let counted = text(
        "instructions of one iteration, counted by callgrind; click a box to enlarge it",
        "instructions",
    );
    let instructions = match base {
        Some(base) => differential(
            &base.stacks,
            &head.stacks,
            FlameText {
                subtitle: "instructions of one iteration of the head, counted by callgrind; red: more than in the base, blue: fewer",
                ..counted
            },
        )?,
        None => flame_graph(&head.stacks.instructions, counted)?,
    };
    let blocks =
        text("allocated blocks of one iteration by call stack, counted by callgrind", "blocks");
    let allocations = Some(&head.stacks.allocations).filter(|allocations| !allocations.is_empty());
    let allocations = allocations.map(|all| flame_graph(all, blocks)).transpose()?;
    Ok(FlameGraphs { instructions, allocations })
}

/// The columns of a picture's title.
const TITLE: usize = 90;

/// The functions with most instructions, or with the largest difference from the base.
fn largest_owners(base: Option<&Stacks>, head: &Stacks) -> Vec<(String, [f64; 2])> {
    let before = base.map(owners).unwrap_or_default();
    let now = owners(head);
    let least = base.map_or(head.total() * WORTH, |base| base.total() * WORTH_DIFFERENCE);
    let names: BTreeSet<&str> = before.keys().chain(now.keys()).copied().collect();
    let cost = |side: &BTreeMap<&str, f64>, name: &str| side.get(name).copied().unwrap_or(0.0);
    let pairs = names.into_iter().map(|name| (name, [cost(&before, name), cost(&now, name)]));
    let size = |pair: &(&str, [f64; 2])| (pair.1[1] - pair.1[0]).abs();
    let mut pairs: Vec<(&str, [f64; 2])> = pairs.filter(|pair| size(pair) >= least).collect();
    pairs.sort_by(|one, other| size(other).total_cmp(&size(one)));
    pairs.truncate(OWNERS);
    pairs.into_iter().map(|(name, pair)| (name.to_owned(), pair)).collect()
}

fn frequent(calls: Option<&BTreeMap<String, f64>>) -> Vec<(String, f64)> {
    let mut calls: Vec<(String, f64)> = calls
        .into_iter()
        .flatten()
        .filter(|(_, count)| **count >= LEAST_CALLS)
        .map(|(name, count)| (name.clone(), *count))
        .collect();
    calls.sort_by(|one, other| other.1.total_cmp(&one.1));
    calls
}

#[cfg(test)]
mod tests;
