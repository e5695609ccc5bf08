//! Rows whose samples were never proved, for a note in the report.

use super::launch_result::LaunchResults;
use super::name_list::abbreviated;
use perf_judge::ident::BenchmarkId;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What the launches of a benchmark's row have shown so far, by its name.
#[derive(Debug, Default)]
pub(super) struct UnprovedRows(RefCell<BTreeMap<BenchmarkId, Shown>>);

/// The best that a launch of a row has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
    /// The clock recorder was preloaded, and recorded nothing.
    Unrecorded,
    /// Its clock reads do not give Divan's numbers.
    Unproved,
    Proved,
}

impl UnprovedRows {
    /// Adds the rows of a launch with a preloaded clock recorder.
    pub(super) fn add(&self, results: &LaunchResults) {
        for (name, result) in &results.rows {
            let shown = match &result.samples_ns {
                Some(_) => Shown::Proved,
                None if results.is_recorded => Shown::Unproved,
                None => Shown::Unrecorded,
            };
            self.add_row(name, shown);
        }
    }

    /// Adds the rows of other launches.
    pub(super) fn extend(&self, others: Self) {
        for (name, shown) in others.0.into_inner() {
            self.add_row(&name, shown);
        }
    }

    fn add_row(&self, name: &BenchmarkId, shown: Shown) {
        let mut all = self.0.borrow_mut();
        let best = all.entry(name.clone()).or_insert(shown);
        *best = shown.max(*best);
    }

    /// Notes on the rows that were proved or recorded in no launch.
    pub(super) fn notes(&self) -> Vec<String> {
        let unproved = |names| {
            format!(
                "no percentiles, because the clock reads do not give Divan's numbers ({names}). This is normal for rows with several threads before Divan 0.1.15, and for benches that read the clock irregularly"
            )
        };
        let unrecorded = |names| {
            format!(
                "no percentiles and no counted allocations, because the clock recorder recorded nothing in these processes ({names}). This is normal for statically linked executables, e.g. with musl; what a whole launch used is recorded instead"
            )
        };
        let unproved = self.names(Shown::Unproved).map(unproved);
        unproved.into_iter().chain(self.names(Shown::Unrecorded).map(unrecorded)).collect()
    }

    fn names(&self, wanted: Shown) -> Option<String> {
        let all = self.0.borrow();
        let names = all.iter().filter(|(_, shown)| **shown == wanted);
        let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| abbreviated(&names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_judge::run::LaunchResult;

    fn results(rows: &[(&str, bool)], is_recorded: bool) -> LaunchResults {
        let result = |is_proved: bool| LaunchResult {
            samples_ns: is_proved.then(Vec::new),
            ..LaunchResult::default()
        };
        let rows = rows.iter().map(|(name, is_proved)| ((*name).into(), result(*is_proved)));
        LaunchResults { rows: rows.collect(), is_recorded, proved: <_>::default() }
    }

    #[test]
    fn rows_that_were_proved_in_no_launch_are_named() {
        let rows = UnprovedRows::default();
        rows.add(&results(&[("p/b::y", true)], true));
        rows.add(&results(&[("p/b::y", false)], true));
        rows.add(&results(&[("p/b::y", false)], false));
        assert_eq!(rows.notes(), [""; 0]);
        rows.add(&results(&[("p/b::f::t=2", false), ("p/b::f::t=4", false)], true));
        let others = UnprovedRows::default();
        others.add(&results(&[("p/b::x", false)], false));
        rows.extend(others);
        let [unproved, unrecorded] = &rows.notes()[..] else { panic!("{:?}", rows.notes()) };
        assert!(unproved.contains("(p/b::f::t=2, p/b::f::t=4)"), "{unproved}");
        assert!(unrecorded.contains("(p/b::x)") && unrecorded.contains("statically"));
    }
}
