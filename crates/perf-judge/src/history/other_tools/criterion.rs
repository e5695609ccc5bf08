//! Criterion's folder `target/criterion`: a few files per benchmark, with times in ns.

use super::{ForeignTimes, ImportError, Imported, MeasuredAt, parsed, run_of};
use crate::stats;
use serde::Deserialize;

/// The newest files of one benchmark, as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CriterionFiles {
    /// `new/benchmark.json`: the benchmark's names.
    pub benchmark: String,
    /// `new/estimates.json`: statistics of an iteration.
    pub estimates: String,
    /// `new/sample.json`: the samples, if the file exists.
    pub sample: Option<String>,
}

#[derive(Deserialize)]
struct CriterionBenchmark {
    full_id: String,
}

#[derive(Deserialize)]
struct Estimates {
    mean: Estimate,
    median: Estimate,
    std_dev: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

#[derive(Deserialize)]
struct CriterionSample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// Reads the benchmarks of a folder as one run.
///
/// # Errors
/// [`ImportError`] with the place of the error in a file.
pub fn import(files: &[CriterionFiles], at: &MeasuredAt) -> Result<Imported, ImportError> {
    let mut benchmarks = Vec::new();
    for file in files {
        let CriterionBenchmark { full_id: name } = parsed(&file.benchmark)?;
        let Estimates { mean, median, std_dev } = parsed(&file.estimates)?;
        let sample: Option<CriterionSample> = file.sample.as_deref().map(parsed).transpose()?;
        let times = sample.as_ref().map(iterations).unwrap_or_default();
        let times = ForeignTimes {
            min: times.first().copied(),
            mean: Some(mean.point_estimate),
            median: Some(median.point_estimate),
            max: times.last().copied(),
            std_dev: Some(std_dev.point_estimate),
        };
        let measured = times.measured(&name);
        benchmarks.push((name, measured));
    }
    run_of("Criterion", at, benchmarks)
}

/// The times of an iteration in ns, sorted.
fn iterations(sample: &CriterionSample) -> Vec<f64> {
    let pairs = sample.times.iter().zip(&sample.iters).filter(|(_, count)| **count > 0.0);
    stats::sorted(&pairs.map(|(time, count)| time / count).collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    #[test]
    fn estimates_and_samples_become_times() {
        let estimate =
            |value: f64| format!("{{\"point_estimate\": {value}, \"standard_error\": 1.0}}");
        let file = CriterionFiles {
            benchmark: r#"{"group_id": "g", "function_id": "f", "full_id": "g/f/64"}"#.to_owned(),
            estimates: format!(
                "{{\"mean\": {}, \"median\": {}, \"std_dev\": {}, \"slope\": null}}",
                estimate(12.0),
                estimate(11.0),
                estimate(2.0)
            ),
            sample: Some(
                r#"{"sampling_mode": "Linear", "iters": [1, 2], "times": [10, 30]}"#.to_owned(),
            ),
        };
        let run = import(std::slice::from_ref(&file), &at()).unwrap().runs.remove(0);
        let times = &run.benchmarks[0].time_ns;
        assert_eq!(run.benchmarks[0].name.as_str(), "g/f/64");
        let found = [times.min, times.mean, times.median, times.max].map(|time| time.to_string());
        assert_eq!(found, ["10", "12", "11", "15"]);
        let damaged = CriterionFiles { estimates: "{".to_owned(), ..file };
        assert!(import(&[damaged], &at()).is_err());
    }
}
