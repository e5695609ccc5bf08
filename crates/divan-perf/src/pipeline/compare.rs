//! `cargo xtask perf --compare`: this checkout and another commit, side by side.

use super::args::PerfArgs;
use super::base_build::Base;
use super::context::Ground;
use super::executor::Driver;
use super::suite::Subject;
use super::{counts, outcome};
use crate::bench::Listing;
use crate::interrupt::Interrupt;
use crate::ui;
use anyhow::{Context as _, Result};
use perf_judge::ident::BenchmarkId;
use perf_judge::verdict::{Against, Case, Effort, Judge};
use perf_report::Comparison;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Measures this checkout and its merge base with `reference` side by side, and judges it.
pub(crate) fn run(args: &PerfArgs, reference: &str) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let ground = Ground::check(&args.common.store, &args.common.package)?;
    let repository = ground.repository().context("there is no repository to compare in")?;
    let commit = repository.base(reference, args.tip)?;
    let head = ground.commit.as_ref().filter(|head| !head.dirty);
    if head.is_some_and(|head| head.hash == commit.commit.hash) && !args.no_skip {
        let short = commit.commit.short();
        ui::say(&format!(
            "nothing to compare: this checkout is {short}, the {}, without changes",
            commit.label
        ));
        return Ok(ExitCode::SUCCESS);
    }

    let (subject, listing) = Subject::build(&ground, &args.common, &interrupt)?;
    let base = Base::build(&ground, repository, &subject, commit, &args.common, !args.no_skip)?;
    let mut parts = Parts::of(listing, &base);
    parts.removed.retain(|name| subject.tells_of_removed(name));
    let hash = base.commit.commit.hash.clone();
    let session = subject.plan(&ground, parts.both, &args.common)?;
    let against =
        perf_report::Base { commit: base.commit.commit.clone(), label: base.commit.label.clone() };

    let rows = session.planned().iter().flat_map(|planned| &planned.rows);
    let mut cases: Vec<Case> = rows.map(|row| case(row, Against::Build(hash.clone()))).collect();
    cases.extend(parts.same.iter().map(|name| case(name, Against::SameBuild(hash.clone()))));
    cases.extend(parts.new.iter().map(|name| case(name, Against::Nothing(None))));
    let failures = session.failures().clone();
    cases.extend(failures.keys().map(|name| case(name, Against::Build(hash.clone()))));
    let effort = Effort { launches: 0, second_look: None, comparison: true };
    let mut judge = Judge::new(cases, parts.removed, effort);
    failures.iter().for_each(|(name, reason)| judge.fail(name, reason.clone()));

    let mut driver = Driver::new(&ground, &subject, session, Some(base), args, &interrupt);
    let mut verdicts = driver.finish(judge)?;
    counts::collect(&mut driver, &mut verdicts.verdicts, &BTreeMap::new())?;
    let run = subject.run(&ground, &driver.session, &driver.told.head, false);
    let sides = [("base", &driver.told.base), ("head", &driver.told.head.readings)];
    outcome::save_samples(&ground, &run, &sides)?;
    let mut report = outcome::report(&driver, &run, &driver.told.head, verdicts);
    report.against.base = Some(against);
    let comparisons = Comparison::all_of(&report);
    ground.keep(&comparisons.iter().map(Into::into).collect::<Vec<_>>(), &args.common.store)?;
    let recorded = ground.record(&args.common.store);
    outcome::deliver(&ground, &report, recorded, &args.common.store, args.format)
}

fn case(name: &BenchmarkId, against: Against) -> Case {
    Case { name: name.clone(), against }
}

/// The benchmarks by which side has them.
struct Parts {
    /// Both, and there is something to measure.
    both: Listing,
    /// Both, and it is the same.
    same: Vec<BenchmarkId>,
    /// This checkout alone.
    new: Vec<BenchmarkId>,
    /// The base alone.
    removed: Vec<BenchmarkId>,
}

impl Parts {
    fn of(mut listing: Listing, base: &Base) -> Self {
        let has = |name: &BenchmarkId| listing.entries.iter().any(|entry| entry.id == *name);
        let removed = base.entries.names().filter(|name| !has(name)).cloned().collect();
        let (mut same, mut new) = (Vec::new(), Vec::new());
        listing.entries.retain(|entry| {
            let known = base.entries.get(&entry.id).is_some();
            match (known, known && base.is_same(&entry.id)) {
                (false, _) => new.push(entry.id.clone()),
                (true, true) => same.push(entry.id.clone()),
                (true, false) => return true,
            }
            false
        });
        Self { both: listing, same, new, removed }
    }
}
