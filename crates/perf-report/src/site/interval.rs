//! Confidence intervals as drawings, all of a page on one scale.

use super::fluid;
use perf_judge::unit::{self, LogRatio};

/// The ends of a scale, as logarithms: at least 5 %, at most a doubling.
const REACH: [f64; 2] = [0.05, std::f64::consts::LN_2];

/// The end of the scale for these intervals, as a logarithm.
pub(super) fn reach(intervals: impl Iterator<Item = (LogRatio, LogRatio)>) -> f64 {
    let sizes = intervals.map(|(low, high)| low.0.abs().max(high.0.abs()));
    sizes.filter(|size| size.is_finite()).fold(0.0, f64::max).clamp(REACH[0], REACH[1])
}

/// The labels of the ends of a scale.
pub(super) fn ends(reach: f64) -> [String; 2] {
    [LogRatio(-reach), LogRatio(reach)].map(unit::change)
}

/// A dot for the change and a line for its interval. What is beyond the scale ends at its edge.
pub(super) fn drawn(
    change: LogRatio,
    (low, high): (LogRatio, LogRatio),
    reach: f64,
    class: &str,
) -> String {
    let at = |ratio: LogRatio| 50.0 + 47.0 * (ratio.0 / reach).clamp(-1.0, 1.0);
    let (low, high, dot) = (at(low), at(high), at(change));
    let zero = fluid::vertical("zero", 50.0, [0.0, 24.0]);
    format!(
        r#"<svg class="interval {class}" height="24" aria-hidden="true">{zero}<line class="ends" x1="{low:.1}%" x2="{high:.1}%" y1="12" y2="12"/><circle class="dot" cx="{dot:.1}%" cy="12" r="4"/></svg>"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_drawn_around_zero_and_within_its_scale() {
        let ratio = LogRatio::from_percent;
        let drawn =
            |change, low, high| drawn(ratio(change), (ratio(low), ratio(high)), 0.2, "slower");
        assert!(drawn(10.0, 5.0, 900.0).contains(r#"x2="97.0%""#));
        assert!(drawn(0.0, -5.0, 5.0).contains(r#"cx="50.0%""#));
    }

    #[test]
    fn a_scale_has_a_least_and_a_greatest_end() {
        let ends = |percent: f64| (LogRatio(0.0), LogRatio::from_percent(percent));
        let reach = |percent: f64| LogRatio(reach([ends(percent)].into_iter())).percent().round();
        assert_eq!(format!("{} {} {}", reach(1.0), reach(20.0), reach(900.0)), "5 20 100");
    }
}
