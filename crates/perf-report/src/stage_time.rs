//! How long the stages of a check took.

use perf_judge::unit;
use serde::{Deserialize, Serialize};

/// A stage of a check, and how long it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageTime {
    /// The stage, as in `building the base`.
    pub stage: String,
    /// Its duration in seconds.
    pub seconds: f64,
}

/// A shorter stage is not listed in a report for people.
const LEAST_SECONDS: f64 = 0.5;

/// The stages in one line, e.g. `1 min 10 s: building 50 s, measuring 20 s`; `None` if none is known.
pub(crate) fn stage_line(stages: &[StageTime]) -> Option<String> {
    let total: f64 = stages.iter().map(|stage| stage.seconds).sum();
    let listed = stages.iter().filter(|stage| stage.seconds >= LEAST_SECONDS);
    let listed: Vec<String> = listed
        .map(|StageTime { stage, seconds }| format!("{stage} {}", unit::span(*seconds)))
        .collect();
    (!listed.is_empty()).then(|| format!("{}: {}", unit::span(total), listed.join(", ")))
}

/// Adds the stages of another part of a check, which ran on another machine.
pub(crate) fn add_stages(stages: &mut Vec<StageTime>, others: Vec<StageTime>) {
    for other in others {
        match stages.iter_mut().find(|known| known.stage == other.stage) {
            Some(known) => known.seconds += other.seconds,
            None => stages.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(times: &[(&str, f64)]) -> Vec<StageTime> {
        let stage = |(stage, seconds): &(&str, f64)| StageTime {
            stage: (*stage).to_owned(),
            seconds: *seconds,
        };
        times.iter().map(stage).collect()
    }

    #[test]
    fn the_line_has_the_total_and_the_long_stages() {
        let line = |times| stage_line(&stages(times));
        assert_eq!(
            line(&[("building", 50.0), ("probing", 0.1), ("measuring", 20.4)]).as_deref(),
            Some("1 min 11 s: building 50 s, measuring 20 s")
        );
        assert_eq!(line(&[]), None);
    }

    #[test]
    fn parts_add_up() {
        let mut all = stages(&[("building", 50.0)]);
        add_stages(&mut all, stages(&[("building", 5.0), ("counting", 2.0)]));
        assert_eq!(all, stages(&[("building", 55.0), ("counting", 2.0)]));
    }
}
