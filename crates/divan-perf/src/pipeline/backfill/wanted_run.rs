//! Whether a recorded run makes the measurement of a commit unnecessary.

use perf_judge::ident::BenchmarkId;
use perf_judge::run::Run;

/// The run that a commit must have.
pub(super) struct WantedRun<'a> {
    pub(super) hash: &'a str,
    /// The machine key.
    pub(super) machine: &'a str,
    /// The selected benchmarks.
    pub(super) benchmarks: Vec<BenchmarkId>,
    /// The launches of each benchmark.
    pub(super) launches: usize,
}

impl WantedRun<'_> {
    /// Whether the run is complete, or an earlier backfill measured the selected benchmarks as often.
    pub(super) fn is_met_by(&self, run: &Run) -> bool {
        let is_own = is_clean_run_of(run, self.hash) && run.machine.key == self.machine;
        let has_selected = || self.benchmarks.iter().all(|name| self.is_in(run, name));
        is_own && (!run.partial || run.backfilled.is_some() && has_selected())
    }

    fn is_in(&self, run: &Run, name: &BenchmarkId) -> bool {
        let is_row = |row: &BenchmarkId| row == name || row.is_below(name.as_str());
        let mut rows = run.benchmarks.iter().filter(|row| is_row(&row.name));
        rows.any(|row| row.launches.len() >= self.launches)
            || run.unfinished.iter().any(|unfinished| unfinished.name == *name)
    }
}

/// Whether this tool measured the commit without uncommitted changes.
pub(super) fn is_clean_run_of(run: &Run, hash: &str) -> bool {
    let mut commit = run.commit.iter();
    run.origin.is_none() && commit.any(|commit| commit.hash == hash && !commit.dirty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use perf_judge::run::{Commit, LaunchResult, Machine, Measured, Unfinished};

    fn run(names: &[&str], launches: usize) -> Run {
        let machine = Machine { key: "m".to_owned(), ..Machine::default() };
        let launch = LaunchResult { min_ns: 1.0, median_ns: 1.0, ..LaunchResult::default() };
        let results = vec![launch; launches];
        let row = |name: &&str| Measured::of(BenchmarkId::from(*name), None, &results).unwrap();
        let time = DateTime::UNIX_EPOCH;
        let (subject, author_date) = Default::default();
        let hash = "1a".to_owned();
        let commit = Some(Commit { hash, branch: None, subject, author_date, dirty: false });
        let partial = Run {
            partial: true,
            backfilled: Some(time),
            commit,
            ..Run::new(time, machine, Vec::new())
        };
        Run { benchmarks: names.iter().map(row).collect(), ..partial }
    }

    #[test]
    fn a_backfilled_run_of_the_selected_benchmarks_is_not_repeated() {
        let wanted = WantedRun {
            hash: "1a",
            machine: "m",
            benchmarks: ["p/t::a", "p/t::b"].map(BenchmarkId::from).into(),
            launches: 2,
        };
        let both = || run(&["p/t::a", "p/t::b::t=2", "p/t::c"], 2);
        let failed = Unfinished { name: "p/t::b".into(), reason: "it panicked".to_owned() };
        let dirty = Run { commit: both().commit.map(|of| Commit { dirty: true, ..of }), ..both() };
        for (case, run, expected) in [
            ("both", both(), true),
            ("one is missing", run(&["p/t::a"], 2), false),
            ("one failed", Run { unfinished: vec![failed], ..run(&["p/t::a"], 2) }, true),
            ("fewer launches", run(&["p/t::a", "p/t::b"], 1), false),
            ("no backfill", Run { backfilled: None, ..both() }, false),
            ("complete", Run { partial: false, backfilled: None, ..run(&["p/t::a"], 5) }, true),
            ("other machine", Run { machine: Machine::default(), ..both() }, false),
            ("uncommitted changes", dirty, false),
            ("no commit", Run { commit: None, ..both() }, false),
        ] {
            assert_eq!(wanted.is_met_by(&run), expected, "{case}");
        }
    }
}
