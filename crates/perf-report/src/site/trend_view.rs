//! A trend as the templates need it: drawings, legend and texts.

use super::legend::LegendEntry;
use super::trend::Trend;
use serde::Serialize;

/// A trend as the templates need it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TrendView {
    wide: String,
    narrow: String,
    legend: Vec<LegendEntry>,
    /// Values outside the drawing.
    outside: Vec<String>,
    /// The first runs of other machines.
    machines: Vec<String>,
    /// The accepted regressions.
    accepted: Vec<String>,
}

impl Trend<'_> {
    /// The trend as the templates need it.
    pub(super) fn view(&self) -> TrendView {
        let [wide, narrow] = self.drawings();
        TrendView {
            wide,
            narrow,
            legend: self.legend(),
            outside: self.outside(),
            machines: self.machines.iter().map(|(_, change)| change.clone()).collect(),
            accepted: self.accepted.iter().map(|(_, text)| text.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::site_runs::SiteRuns;
    use super::*;
    use crate::report::tests::report;
    use perf_fixtures::{measured, run};
    use perf_judge::budget::BudgetResult;
    use perf_judge::history::History;
    use perf_judge::run::Run;

    const NAME: &str = "core/parse::parse_large_xml";

    /// The trend of runs of a day each, the reported one of 1.9 ms last.
    fn view(runs: Vec<Run>) -> TrendView {
        let (history, report) = (runs.into_iter().collect::<History>(), report());
        let shown = SiteRuns::new(&history, &report, None);
        let verdict = &report.rows[1].verdict;
        let budgets: Vec<&BudgetResult> = report.budgets.iter().collect();
        let points = shown.series(&NAME.into());
        Trend::new(&points, Some(verdict), &budgets, &[], vec![]).unwrap().view()
    }

    fn day(day: u32, ns: f64) -> Run {
        run(day, vec![measured(NAME, ns)])
    }

    fn count(view: &TrendView, mark: &str) -> usize {
        view.wide.matches(mark).count()
    }

    #[test]
    fn the_line_stops_at_a_gap_and_skips_runs_outside_baselines() {
        let mut dirty = day(5, 1e6);
        dirty.commit.as_mut().unwrap().dirty = true;
        let view = view(vec![day(1, 1e6), day(2, 1e6), run(3, vec![]), day(4, 1e6), dirty]);
        assert_eq!(count(&view, "class=\"median\""), 2);
        assert_eq!((count(&view, "h0"), count(&view, "class=\"aside\"")), (4, 1));
        assert_eq!(count(&view, "class=\"ring\""), 1);
    }

    #[test]
    fn an_odd_run_does_not_flatten_the_others() {
        let mut elsewhere = day(1, 1e9);
        elsewhere.machine.key = "elsewhere".to_owned();
        let view = view(vec![elsewhere, day(2, 1e6)]);
        assert_eq!(view.outside, ["1 run of another machine or in no baseline"]);
        assert_eq!(count(&view, "class=\"cross\""), 0);
    }

    #[test]
    fn the_whole_range_of_times_is_drawn() {
        let view = view(vec![day(1, 1.0), day(2, 1e10)]);
        assert_eq!(count(&view, "h0"), 3);
        assert!(view.wide.contains("logarithmic") && !view.wide.contains("NaN"));
    }

    #[test]
    fn one_run_alone_is_drawn() {
        let view = view(vec![]);
        assert_eq!((count(&view, "h0"), count(&view, "class=\"baseline\"")), (1, 1));
    }
}
