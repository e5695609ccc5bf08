//! Rows whose samples were never proved, for a note in the report.

use super::launch_result::LaunchResults;
use super::name_list::abbreviated;
use perf_judge::ident::BenchmarkId;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Whether the samples of a benchmark's row were proved in a launch, by name.
#[derive(Debug, Default)]
pub(super) struct UnprovedRows(RefCell<BTreeMap<BenchmarkId, bool>>);

impl UnprovedRows {
    /// Adds the rows of a launch, if its clock reads were recorded.
    pub(super) fn add(&self, results: &LaunchResults) {
        if !results.is_recorded {
            return;
        }
        let mut all = self.0.borrow_mut();
        for (name, result) in &results.rows {
            *all.entry(name.clone()).or_default() |= result.samples_ns.is_some();
        }
    }

    /// A note on the rows that were proved in no launch.
    pub(super) fn note(&self) -> Option<String> {
        let all = self.0.borrow();
        let unproved = all.iter().filter(|(_, is_proved)| !**is_proved);
        let names: Vec<&str> = unproved.map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| {
            let names = abbreviated(&names);
            format!(
                "no percentiles, because the clock reads do not give Divan's numbers ({names}). This is normal for rows with several threads before Divan 0.1.15, and for benches that read the clock irregularly"
            )
        })
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
        rows.add(&results(&[("p/b::x", false)], false));
        rows.add(&results(&[("p/b::y", true)], true));
        rows.add(&results(&[("p/b::y", false)], true));
        assert_eq!(rows.note(), None);
        rows.add(&results(&[("p/b::f::t=2", false), ("p/b::f::t=4", false)], true));
        assert!(rows.note().unwrap().contains("(p/b::f::t=2, p/b::f::t=4)"));
    }
}
