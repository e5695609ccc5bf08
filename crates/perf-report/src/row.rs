//! A report's row, and what a table says beside its numbers.

use perf_judge::run::{Measured, Statistic};
use perf_judge::unit::{self, LogRatio};
use perf_judge::verdict::{Method, State, Verdict};
use serde::{Deserialize, Serialize};

/// A benchmark's verdict and what was measured of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// What became of it.
    pub verdict: Verdict,
    /// What the run says of it; absent where it gave no number.
    pub measured: Option<Measured>,
}

impl Row {
    /// What the table says beside the numbers.
    pub fn remark(&self) -> String {
        let verdict = &self.verdict;
        let counts = verdict.counts.and_then(|counts| counts.label());
        let accepted = verdict.accepted.as_ref().map(|excuse| {
            let ceiling = unit::change(excuse.max_change());
            format!("accepted up to {ceiling}: {}", excuse.reason)
        });
        let parts = [accepted, verdict.reason.clone().or_else(|| self.method()), counts];
        parts.into_iter().flatten().collect::<Vec<String>>().join("; ")
    }

    /// What an acceptance of this change should allow, in percent: its highest possible size, and
    /// a little.
    pub fn max_change_percent(&self) -> f64 {
        let highest = self.verdict.high.or(self.verdict.change).map_or(0.0, LogRatio::percent);
        highest.ceil().clamp(0.0, 1e6) + 3.0
    }

    /// Whether nothing was launched for it.
    pub(crate) fn is_idle(&self) -> bool {
        let verdict = &self.verdict;
        self.measured.is_none() && verdict.launches == 0 && verdict.trace.pairs.is_empty()
    }

    /// How the verdict came about, where that is not plain.
    fn method(&self) -> Option<String> {
        let verdict = &self.verdict;
        match (verdict.method, verdict.base.as_deref()) {
            (Method::Paired, Some(base)) => Some(self.paired(base)),
            _ if verdict.confirmed && verdict.state == State::Regression => {
                let by = match verdict.statistic {
                    Statistic::Min => ", by their fastest samples",
                    Statistic::Median => "",
                };
                Some(format!("confirmed by {} fresh launches{by}", verdict.launches))
            }
            _ => None,
        }
    }

    /// `25 pairs with 1a2b3c4d5e6f`
    fn paired(&self, base: &str) -> String {
        let pairs = unit::counted(self.verdict.launches, "pair", "pairs");
        format!("{pairs} with {}", base.get(..12).unwrap_or(base))
    }

    /// The confidence interval of the change, where there is one.
    pub(crate) fn interval(&self) -> Option<String> {
        let (low, high) = self.verdict.low.zip(self.verdict.high)?;
        Some(unit::interval(low, high))
    }
}
