//! The comparison of alternatives for a terminal.

use super::{ScalingSeries, Versus, VersusResult};
use crate::table::{Table, wrapped};
use crate::text::visible;
use anstyle::{AnsiColor, Style};
use perf_judge::unit;
use perf_judge::versus::Relation;

/// The titles of a comparison's columns.
pub(crate) const VERSUS_TITLES: [&str; 7] =
    ["alternative", "case", "time", "baseline", "speed", "89 % CI", "pairs"];

impl Versus {
    /// The comparison as tables with styles, and a sentence per result.
    pub fn to_text(&self, width: Option<usize>) -> String {
        let mut text = format!("{}\n\n", visible(&self.headline()));
        if !self.results.is_empty() {
            let mut table = Table::new(&VERSUS_TITLES, 0);
            for result in &self.results {
                table.add(style(result.relation), self.cells(result).map(|c| visible(&c)).into());
            }
            text += &table.render(width).or_else(|| table.render(None)).unwrap_or_default();
            text += "\n";
        }
        for result in &self.results {
            text += &wrapped(&visible(&result.conclusion), "  ", width);
            text += "\n";
        }
        text += &self.scaling_table(width);
        for note in &self.notes {
            text += &wrapped(&format!("note: {}", visible(note)), "      ", width);
            text += "\n";
        }
        text
    }

    /// One line: what is compared, and where.
    pub(crate) fn headline(&self) -> String {
        let machine = &self.run.machine;
        let place = format!("{} with {} cores", machine.cpu, machine.cores);
        if self.alternatives.is_empty() {
            return format!("{} by argument, {place}", self.baseline);
        }
        let count = unit::counted(self.alternatives.len(), "alternative", "alternatives");
        format!("{count} compared with {}, {place}", self.baseline)
    }

    /// The cells of a result, in the order of [`VERSUS_TITLES`].
    pub(crate) fn cells(&self, result: &VersusResult) -> [String; 7] {
        let name = self.short(result.name.as_str());
        let alternative = name.strip_suffix(&format!("::{}", result.case)).unwrap_or(name);
        [
            alternative.to_owned(),
            result.case.clone(),
            result.ns.map(unit::time).unwrap_or_default(),
            result.baseline_ns.map(unit::time).unwrap_or_default(),
            result.speed().unwrap_or_default(),
            result.speed_interval().unwrap_or_default(),
            if result.pairs.is_empty() { String::new() } else { result.pairs.len().to_string() },
        ]
    }

    /// The titles and the rows of the times by argument: one column per alternative.
    pub(crate) fn scaling_cells(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let name = |series: &ScalingSeries| self.short(series.name.as_str()).to_owned();
        let titles = ["argument".to_owned()].into_iter().chain(self.scaling.iter().map(name));
        let mut arguments: Vec<(f64, &str)> = Vec::new();
        for point in self.scaling.iter().flat_map(|series| &series.points) {
            if !arguments.iter().any(|(_, text)| *text == point.text) {
                arguments.push((point.argument, &point.text));
            }
        }
        arguments.sort_by(|one, other| one.0.total_cmp(&other.0));
        let row = |(_, text): &(f64, &str)| {
            let time = |series: &ScalingSeries| {
                let mut points = series.points.iter().filter(|point| point.text == *text);
                points.next().and_then(|point| point.ns).map(unit::time).unwrap_or_default()
            };
            [(*text).to_owned()].into_iter().chain(self.scaling.iter().map(time)).collect()
        };
        let exponents = self.scaling.iter().map(ScalingSeries::exponent);
        let exponents = ["exponent".to_owned()].into_iter().chain(exponents).collect();
        let rows = arguments.iter().map(row).chain([exponents]).collect();
        (titles.collect(), rows)
    }

    fn scaling_table(&self, width: Option<usize>) -> String {
        if self.scaling.is_empty() {
            return String::new();
        }
        let (titles, rows) = self.scaling_cells();
        let titles: Vec<String> = titles.iter().map(|title| visible(title)).collect();
        let mut table = Table::new(&titles.iter().map(String::as_str).collect::<Vec<_>>(), 0);
        for row in rows {
            table.add(Style::new(), row.iter().map(|cell| visible(cell)).collect());
        }
        let table = table.render(width).or_else(|| table.render(None)).unwrap_or_default();
        format!("\n{table}exponent: k in time ~ argument^k, with its 89 % CI\n")
    }

    /// The name without what all alternatives share.
    pub(crate) fn short<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(self.common_prefix()).unwrap_or(name)
    }
}

fn style(relation: Relation) -> Style {
    match relation {
        Relation::Faster => AnsiColor::Green.on_default(),
        Relation::Slower => AnsiColor::Red.on_default(),
        Relation::NotMeasured => Style::new().bold(),
        Relation::NoDifference | Relation::Undecided => Style::new(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::{SampleNumbers, ScalingPoint, VersusFacts};
    use super::*;
    use crate::terminal::tests::plain;
    use chrono::DateTime;
    use perf_judge::ident::BenchmarkId;
    use perf_judge::run::{LaunchTimes, Machine, Pair, Side};
    use perf_judge::verdict::{Judge, Step, Verdict};
    use perf_judge::versus::CasePair;

    fn verdict(ns: f64) -> Verdict {
        let mut judge = Judge::of_builds(["p/t::new"], "p/t::old");
        let times = |ns: f64| LaunchTimes { min: ns, median: ns };
        let mut at = 0..;
        loop {
            match judge.step() {
                Step::Compare { benchmarks, pairs, .. } => {
                    let noise =
                        at.by_ref().take(pairs).map(|at| 1.0 + f64::from(at * 7 % 11) / 2e3);
                    let pair = |noise: f64| Pair {
                        first: Side::Base,
                        base: times(1000.0),
                        head: times(ns * noise),
                    };
                    judge.feed_pairs(&benchmarks[0], noise.map(pair));
                }
                Step::Done(verdicts) => return verdicts.verdicts.into_iter().next().unwrap(),
                Step::Measure { .. } => unreachable!("nothing is judged against a history"),
            }
        }
    }

    pub(crate) fn example() -> Versus {
        let machine = Machine { cpu: "Model 1".to_owned(), cores: 2, ..Machine::default() };
        let facts = VersusFacts {
            started: DateTime::UNIX_EPOCH,
            seed: 7,
            commit: None,
            machine,
            workspace: None,
        };
        let mut versus = Versus::new(facts, "p/t::old".into(), vec!["p/t::new".into()]);
        let result = |(case, ns): (&str, f64)| {
            let id = |name: &str| BenchmarkId::from(format!("p/t::{name}::{case}").as_str());
            let pair =
                CasePair { case: case.to_owned(), baseline: id("old"), alternative: id("new") };
            let names = [format!("new::{case}"), format!("old::{case}")];
            let samples = SampleNumbers { sample_size: 4, sample_count: 100 };
            let samples = Some([samples, samples]);
            VersusResult::new(pair, samples, &verdict(ns), [&names[0], &names[1]])
        };
        versus.results =
            [("16", 800.0), ("64", 1000.0), ("256", 1100.0), ("1|2", 0.0)].map(result).into();
        let series = |(name, power): (&str, f64)| {
            let point = |argument: f64| ScalingPoint {
                text: argument.to_string(),
                argument,
                ns: Some(argument.powf(power)),
            };
            ScalingSeries::new(name.into(), [16.0, 64.0, 256.0].map(point).into())
        };
        versus.scaling = [("p/t::old", 2.0), ("p/t::new", 1.0)].map(series).into();
        versus.notes = vec!["p/t::new::4: the baseline does not have it".to_owned()];
        versus
    }

    #[test]
    fn a_comparison_has_a_table_and_a_sentence_per_result() {
        insta::assert_snapshot!(plain(&example().to_text(None)));
    }

    #[test]
    fn what_was_not_measured_makes_it_incomplete() {
        assert!(example().is_incomplete());
        let mut complete = example();
        complete.results.pop();
        assert!(!complete.is_incomplete());
        complete.scaling[0].points[0].ns = None;
        assert!(complete.is_incomplete());
    }

    #[test]
    fn a_comparison_survives_its_file() {
        let written = example().to_json();
        assert_eq!(Versus::from_json(&written).unwrap().to_json(), written);
        let newer = written.replacen("\"schema\": 1", "\"schema\": 2", 1);
        let error = Versus::from_json(&newer).unwrap_err().to_string();
        assert!(error.contains("update this tool"), "{error}");
    }
}
