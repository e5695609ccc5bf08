//! Pairs of a comparison that did not end, kept for `--resume`.

use super::base_build::Base;
use super::comparison_launches::ComparisonLaunches;
use super::context::Context;
use super::suite::BenchSuite;
use crate::bench::Runner;
use crate::files::read_if_there;
use anyhow::{Context as _, Result, anyhow, bail};
use executed_code::digest;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{LaunchResult, Pair};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The file in the output folder.
const FILE: &str = "pairs.json";
/// The most bytes that are read of it.
const MAX_BYTES: u64 = 1 << 30;
const SCHEMA: u32 = 1;
const NOTHING: &str = "--resume: there is no unfinished comparison in this output folder";
const CHANGED: &str = "--resume: the checkout, the base or the machine has changed since that comparison: run it again without --resume";

#[derive(Serialize, Deserialize)]
struct Unfinished {
    schema: u32,
    kind: PairsFile,
    /// A digest of everything that was compared.
    compared: String,
    benchmarks: BTreeMap<BenchmarkId, UnfinishedBenchmark>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PairsFile {
    Pairs,
}

/// The pairs of a benchmark, and the launches of both sides.
#[derive(Serialize, Deserialize)]
pub(super) struct UnfinishedBenchmark {
    pub(super) sample_size: u32,
    pub(super) sample_count: u32,
    pub(super) pairs: Vec<Pair>,
    pub(super) base: Vec<LaunchResult>,
    pub(super) head: Vec<LaunchResult>,
}

/// What is compared.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) context: &'a Context,
    pub(super) suite: &'a BenchSuite,
    pub(super) runner: &'a Runner,
    pub(super) base: &'a Base,
}

/// Writes the pairs so far. `identity` is that of the sides.
pub(super) fn save(sides: Sides<'_>, identity: &str, launches: &ComparisonLaunches) -> Result<()> {
    let benchmark = |(name, pairs): (&BenchmarkId, &Vec<Pair>)| {
        let config = sides.runner.planned_of(name)?.config;
        let benchmark = UnfinishedBenchmark {
            sample_size: config.sample_size,
            sample_count: config.sample_count,
            pairs: pairs.clone(),
            base: launches.base.get(name)?.clone(),
            head: launches.head.launch_results.get(name)?.clone(),
        };
        Some((name.clone(), benchmark))
    };
    let unfinished = Unfinished {
        schema: SCHEMA,
        kind: PairsFile::Pairs,
        compared: identity.to_owned(),
        benchmarks: launches.pairs.iter().filter_map(benchmark).collect(),
    };
    let text = serde_json::to_vec(&unfinished)?;
    sides.context.project.output.write(FILE, &text).map(drop)
}

/// Removes the pairs of a comparison that ended.
pub(super) fn remove(context: &Context) -> Result<()> {
    let path = context.project.output.path(FILE);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// The pairs of an unfinished comparison.
///
/// Fails if there are none, or if something that was compared has changed.
pub(super) fn load(sides: Sides<'_>) -> Result<BTreeMap<BenchmarkId, UnfinishedBenchmark>> {
    let path = sides.context.project.output.path(FILE);
    let text = read_if_there(&path, MAX_BYTES)?.context(NOTHING)?;
    let unfinished: Unfinished = serde_json::from_str(&text)
        .map_err(|error| anyhow!("{}: {error}: run it again without --resume", path.display()))?;
    if unfinished.schema != SCHEMA || unfinished.compared != identity(sides)? {
        bail!(CHANGED);
    }
    Ok(unfinished.benchmarks)
}

/// A digest of the executables of both sides, the files in which they differ, and the machine.
pub(super) fn identity(Sides { context, suite, runner, base }: Sides<'_>) -> Result<String> {
    let repository = context.history.repository().context("there is no git repository")?;
    let commit = &base.commit.commit.hash;
    let mut text = format!("{commit} {}", suite.machine.key);
    let heads = runner.planned().iter().map(|planned| &planned.entry);
    let bases = heads.clone().filter_map(|head| base.entries.get(&head.id));
    let executables = heads.chain(bases).map(|entry| entry.executable.path.as_path());
    for path in executables.collect::<BTreeSet<&Path>>() {
        text += &digest_of(path);
    }
    let root = repository.root();
    for path in context.changed_files(repository, commit)? {
        text += &format!("\n{path} {}", digest_of(&root.join(&path)));
    }
    Ok(digest(text.as_bytes()))
}

/// The digest of a file's bytes; one that cannot be read has none.
fn digest_of(path: &Path) -> String {
    fs::read(path).map_or_else(|_| String::new(), |bytes| digest(&bytes))
}
