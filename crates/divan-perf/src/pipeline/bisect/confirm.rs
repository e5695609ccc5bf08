//! The comparison of what was found with its parent, by the ordinary rule.

use super::super::args::{PerfArgs, Purpose};
use super::super::causes;
use super::super::changes;
use super::super::commit_suites::CommitSuites;
use super::super::executor::Executor;
use super::{ends, labelled};
use crate::interrupt::Interrupt;
use crate::store::CommitRange;
use crate::ui;
use anyhow::{Context as _, Result};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Commit;
use perf_judge::verdict::Verdict;
use perf_report::{Bisection, FoundChange};

/// Compares each found commit with its parent, and adds the verdicts with their causes.
pub(super) fn confirm(
    commits: &mut CommitSuites<'_>,
    range: &CommitRange,
    bisection: &mut Bisection,
    args: &PerfArgs,
    interrupt: &Interrupt,
) -> Result<()> {
    for found in &range.commits {
        let found = &found.commit;
        let names = found_by(bisection, found);
        if names.is_empty() {
            continue;
        }
        let compared = compare(commits, found, &names, args, interrupt);
        interrupt.check()?;
        match compared {
            Ok((verdicts, notes)) => {
                verdicts.iter().for_each(|verdict| set_verdict(bisection, verdict));
                bisection.notes.extend(notes);
            }
            Err(error) => set_note(bisection, &names, &format!("{error:#}")),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    bisection.notes.retain(|note| seen.insert(note.clone()));
    Ok(())
}

/// The benchmarks whose change was found in this commit.
fn found_by(bisection: &Bisection, found: &Commit) -> Vec<BenchmarkId> {
    let is_found = |change: &FoundChange| matches!(change, FoundChange::Commit { commit, .. } if commit.hash == found.hash);
    let benchmarks = bisection.benchmarks.iter().filter(|benchmark| is_found(&benchmark.found));
    benchmarks.map(|benchmark| benchmark.name.clone()).collect()
}

/// The verdicts on a commit and its first parent, and notes.
fn compare(
    commits: &mut CommitSuites<'_>,
    found: &Commit,
    names: &[BenchmarkId],
    args: &PerfArgs,
    interrupt: &Interrupt,
) -> Result<(Vec<Verdict>, Vec<String>)> {
    ui::say(&format!("comparing {} with its parent", found.short()));
    let (suite, mut listing) = commits.build(labelled(found, "found commit"))?;
    let commits = &*commits;
    let parent =
        commits.repository().describe(&format!("{}^", found.hash), "parent of the found commit");
    let parent = parent.context("it has no parent to compare with")?;
    let base = commits.build_base(parent, &suite)?;
    let is_wanted =
        |row: &BenchmarkId| names.iter().any(|name| name == row || name.is_below(row.as_str()));
    listing.keep(is_wanted);
    let runner = suite.plan(&commits.context, listing, &args.measure, Purpose::Comparison)?;
    let mut executor = Executor::new(&commits.context, &suite, runner, Some(base), args, interrupt);
    executor.keeps_pairs = false;
    let (mut verdicts, counted) = ends::verdicts(&mut executor)?;
    if args.counts_only {
        for verdict in &verdicts {
            if let Some([base, head]) = counted.get(&verdict.name) {
                executor.executed.keep(verdict, &mut base.clone(), &mut head.clone());
            }
        }
    } else {
        changes::collect(&mut executor, &mut verdicts)?;
    }
    causes::find(&executor, &mut verdicts)?;
    Ok((verdicts, executor.notes))
}

fn set_verdict(bisection: &mut Bisection, found: &Verdict) {
    for benchmark in bisection.benchmarks.iter_mut().filter(|other| other.name == found.name) {
        benchmark.add_comparison(found);
    }
}

fn set_note(bisection: &mut Bisection, names: &[BenchmarkId], text: &str) {
    let is_named = |name: &BenchmarkId| names.contains(name);
    for benchmark in bisection.benchmarks.iter_mut().filter(|other| is_named(&other.name)) {
        if let FoundChange::Commit { note, .. } = &mut benchmark.found {
            *note = Some(format!("it could not be compared with its parent: {text}"));
        }
    }
}
