//! What a rule found, and how large it is.

use crate::unit::LogRatio;
use serde::{Deserialize, Serialize};

/// The size class of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Below 10 %: listed, and never a reason to fail.
    Notice,
    /// From 10 %.
    Minor,
    /// From 20 %.
    Major,
    /// From 50 %.
    Critical,
}

/// Added to an estimate before it is named, so that a true 10 % which reads 9 % is still minor.
const SLACK: f64 = 0.02;

impl Severity {
    /// NameTable a change of size `estimate` (its sign does not matter).
    ///
    /// `least` is the size that the less convinced statistic saw, in the direction of the
    /// estimate: nothing is critical unless both saw at least 30 %.
    pub fn of(estimate: f64, least: f64) -> Self {
        let size = LogRatio(estimate.abs() + SLACK);
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

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// What a rule found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It got slower.
    Regression(Severity),
    /// It got faster.
    Improvement(Severity),
    /// Nothing larger than the limit happened.
    Unchanged,
    /// The noise is too large, or the statistics disagree.
    Inconclusive,
}

/// A finding with the numbers behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// What was found.
    pub finding: Finding,
    /// The best estimate of the change.
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
    fn severities_begin_a_little_below_their_names() {
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
