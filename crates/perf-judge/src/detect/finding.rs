//! The result of a test, and its severity.

use crate::unit::LogRatio;
use serde::{Deserialize, Serialize};

/// How large a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Below 10 %: listed, and never fails a check.
    Notice,
    /// From 10 %.
    Minor,
    /// From 20 %.
    Major,
    /// From 50 %.
    Critical,
}

/// Added to an estimate, so that a true 10 % that is measured as 9 % is minor; in ln.
const TOLERANCE: f64 = 0.02;

impl Severity {
    /// The severity of a change of `estimate`, whose sign does not matter.
    ///
    /// `least` is the smaller change by one of the statistics, in the direction of the estimate.
    /// A change is critical only if it is at least 30 % by both.
    pub fn of(estimate: f64, least: f64) -> Self {
        let size = LogRatio(estimate.abs() + TOLERANCE);
        let reaches = |percent| size >= LogRatio::from_percent(percent);
        if reaches(50.0) && LogRatio(least) >= LogRatio::from_percent(30.0) {
            Self::Critical
        } else if reaches(20.0) {
            Self::Major
        } else if reaches(10.0) {
            Self::Minor
        } else {
            Self::Notice
        }
    }

    /// The name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// The result of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The head is slower.
    Regression(Severity),
    /// The head is faster.
    Improvement(Severity),
    /// A change of the minimum detectable size is excluded.
    Unchanged,
    /// The noise is too high, or the statistics disagree.
    Inconclusive,
}

/// A finding with its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The result of the test.
    pub finding: Finding,
    /// The estimated change.
    pub estimate: LogRatio,
    /// The lower end of the 89 % confidence interval of the change.
    pub low: Option<LogRatio>,
    /// The upper end.
    pub high: Option<LogRatio>,
    /// The smallest change that the test could have found.
    pub min_detectable_change: LogRatio,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_begin_below_their_limits_by_the_tolerance() {
        let cases = [
            (3.0, Severity::Notice),
            (7.7, Severity::Notice),
            (7.9, Severity::Minor),
            (17.5, Severity::Minor),
            (17.7, Severity::Major),
            (46.9, Severity::Major),
            (47.1, Severity::Critical),
            (900.0, Severity::Critical),
        ];
        for (percent, severity) in cases {
            let size = LogRatio::from_percent(percent).0;
            assert_eq!(Severity::of(size, size), severity, "{percent} %");
            assert_eq!(Severity::of(-size, size), severity, "-{percent} %");
        }
    }

    #[test]
    fn critical_needs_both_statistics() {
        let doubled = 2.0_f64.ln();
        assert_eq!(Severity::of(doubled, LogRatio::from_percent(29.0).0), Severity::Major);
        assert_eq!(Severity::of(doubled, LogRatio::from_percent(31.0).0), Severity::Critical);
    }
}
