//! The data files that scripts load on demand. A month has a file per benchmark, a day has one file,
//! and an index lists the runs of each commit. No file grows with the history.

use super::data::{digit, embedded, number};
use super::file::SiteFile;
use super::run_comparability::Comparability;
use super::text;
use perf_judge::history::{NameTable, RunRow};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Number;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A run of a day index with the names of its columns, after renames.
#[derive(Clone, Debug)]
pub struct NamedRow<'a> {
    /// The run.
    pub row: &'a RunRow,
    /// Its benchmarks.
    pub names: &'a NameTable,
}

/// The machine and the branch that decide which runs are comparable.
#[derive(Clone, Copy, Debug)]
pub struct SiteContext<'a> {
    /// The machine key of the reported run.
    pub machine: &'a str,
    /// The base branch.
    pub branch: &'a str,
}

#[derive(Serialize)]
struct Month<'a> {
    month: &'a str,
    run: Vec<&'a str>,
    comparability: String,
}

#[derive(Serialize)]
struct TrendOfMonth<'a> {
    month: &'a str,
    value: Vec<Option<Number>>,
    p95: Vec<Option<Number>>,
}

#[derive(Serialize)]
struct Day<'a> {
    day: &'a str,
    names: Vec<Vec<String>>,
    stems: Vec<Vec<String>>,
    runs: Vec<RunOfDay<'a>>,
}

#[derive(Serialize)]
struct RunOfDay<'a> {
    run: &'a str,
    branch: Option<String>,
    machine: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dirty: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    partial: bool,
    /// The index of its name table among those of the day.
    names: usize,
    median: Vec<Option<Number>>,
    /// The counts by their names in run files.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    counts: BTreeMap<&'static str, &'a [Option<Number>]>,
}

/// The files of a month, `2026-11`: the runs, and each benchmark's values.
pub fn month(month: &str, runs: &[NamedRow<'_>], context: SiteContext<'_>) -> Vec<SiteFile> {
    let shared = Month {
        month,
        run: runs.iter().map(|run| run.row.run.as_str()).collect(),
        comparability: runs.iter().map(|run| digit(comparability(run.row, context))).collect(),
    };
    let mut pages = vec![script(&format!("data/month/{month}.js"), "perfMonth", &shared)];
    let mut columns: BTreeMap<&BenchmarkId, TrendOfMonth<'_>> = BTreeMap::new();
    for (at, run) in runs.iter().enumerate() {
        for (i, name) in run.names.list().iter().enumerate() {
            let Some((median, p95)) = run.row.times_ns(i) else { continue };
            let empty = || TrendOfMonth {
                month,
                value: vec![None; runs.len()],
                p95: vec![None; runs.len()],
            };
            let column = columns.entry(name).or_insert_with(empty);
            column.value[at] = Some(number(median));
            column.p95[at] = p95.map(number);
        }
    }
    let trends = columns
        .iter()
        .map(|(name, trend)| script(&trend_path(&name.file_stem(), month), "perfTrend", trend));
    pages.extend(trends);
    pages
}

/// The path of a benchmark's values of a month, below the site's root.
pub fn trend_path(stem: &str, month: &str) -> String {
    format!("data/trend/{stem}/{month}.js")
}

fn comparability(row: &RunRow, context: SiteContext<'_>) -> Comparability {
    let is_other_branch = row.branch.as_deref() != Some(context.branch);
    if row.imported || row.machine != context.machine {
        Comparability::Incomparable
    } else if row.dirty || row.partial || is_other_branch {
        Comparability::Excluded
    } else {
        Comparability::Counted
    }
}

/// The file of a day, `2026-11-23`: the medians and the counts of its runs.
pub fn day(day: &str, runs: &[NamedRow<'_>]) -> SiteFile {
    let lists: BTreeSet<&str> = runs.iter().map(|run| run.row.names.as_str()).collect();
    let lists: Vec<&str> = lists.into_iter().collect();
    let list = |key: &str| runs.iter().find(|run| run.row.names == key).map(|run| run.names);
    let of_each = |of: fn(&BenchmarkId) -> String| -> Vec<Vec<String>> {
        let each = lists.iter().filter_map(|key| list(key));
        each.map(|names| names.list().iter().map(of).collect()).collect()
    };
    let file = Day {
        day,
        names: of_each(|name| text::clipped(name.as_str(), text::NAME)),
        stems: of_each(BenchmarkId::file_stem),
        runs: runs.iter().map(|run| RunOfDay::of(run.row, &lists)).collect(),
    };
    script(&format!("data/day/{day}.js"), "perfDay", &file)
}

impl<'a> RunOfDay<'a> {
    fn of(row: &'a RunRow, lists: &[&str]) -> Self {
        let median = |i| row.times_ns(i).map(|(median, _)| number(median));
        Self {
            run: &row.run,
            branch: row.branch.as_deref().map(text::word),
            machine: &row.machine,
            dirty: row.dirty,
            partial: row.partial,
            names: lists.iter().position(|key| *key == row.names).unwrap_or_default(),
            median: (0..row.len()).map(median).collect(),
            counts: row.counts().map(|(quantity, column)| (quantity.key(), column)).collect(),
        }
    }
}

/// The index of runs by commit: a file for each first two digits of the hashes.
/// `ids`: the identities of all runs, oldest first.
pub fn commits<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<SiteFile> {
    let mut by_digits: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for id in ids {
        let digits = id.split('-').nth(1).and_then(|commit| commit.get(..2));
        let is_hex = |digits: &&str| digits.bytes().all(|b| b.is_ascii_hexdigit());
        if let Some(digits) = digits.filter(is_hex) {
            by_digits.entry(digits).or_default().push(id);
        }
    }
    let page = |(digits, ids): (&&str, &Vec<&str>)| SiteFile {
        path: format!("data/commit/{digits}.js"),
        contents: format!("perfCommits(\"{digits}\",{});\n", embedded(ids)),
    };
    by_digits.iter().map(page).collect()
}

/// A script that passes data to a function of the page.
fn script(path: &str, function: &str, data: &impl Serialize) -> SiteFile {
    SiteFile { path: path.to_owned(), contents: format!("{function}({});\n", embedded(data)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_fixtures::{measured, run};
    use perf_judge::run::Quantity;

    fn named<'a>(rows: &'a [RunRow], names: &'a [NameTable]) -> Vec<NamedRow<'a>> {
        rows.iter().zip(names).map(|(row, names)| NamedRow { row, names }).collect()
    }

    fn two() -> (Vec<RunRow>, Vec<NameTable>) {
        let mut runs = [
            run(3, vec![measured("a/b::c", 1.5)]),
            run(3, vec![measured("a/b::c", 2.5), measured("a/b::</script>", 20.0)]),
        ];
        runs[0].benchmarks[0].counts.insert(Quantity::AllocCount, 3.0);
        runs[1].machine.key = "elsewhere".to_owned();
        (runs.iter().map(RunRow::of).collect(), runs.iter().map(NameTable::of).collect())
    }

    #[test]
    fn a_month_has_a_file_for_each_benchmark() {
        let (runs, names) = two();
        let context = SiteContext { machine: &runs[0].machine, branch: "main" };
        let pages = month("2026-11", &named(&runs, &names), context);
        let texts: Vec<&str> = pages.iter().map(|page| page.contents.as_str()).collect();
        assert!(texts[0].starts_with("perfMonth({\"month\":\"2026-11\",\"run\":[\"20261103T"));
        assert!(texts[0].contains("\"comparability\":\"02\""));
        assert_eq!(
            texts[1],
            "perfTrend({\"month\":\"2026-11\",\"value\":[null,20],\"p95\":[null,20]});\n"
        );
        assert_eq!(
            texts[2],
            "perfTrend({\"month\":\"2026-11\",\"value\":[1.5,2.5],\"p95\":[1.5,2.5]});\n"
        );
        assert_eq!(pages[2].path, trend_path(&BenchmarkId::from("a/b::c").file_stem(), "2026-11"));
    }

    #[test]
    fn a_day_has_each_list_of_names_once() {
        let (runs, names) = two();
        let page = day("2026-11-03", &named(&runs, &names));
        assert_eq!(page.path, "data/day/2026-11-03.js");
        assert_eq!(page.contents.matches("\"a/b::c\"").count(), 2);
        assert!(!page.contents.contains("</script>"), "{}", page.contents);
        assert!(page.contents.contains("\"median\":[2.5,20]}"), "{}", page.contents);
        assert!(page.contents.contains("\"counts\":{\"alloc_count\":[3]}"), "{}", page.contents);
    }

    #[test]
    fn a_commit_is_found_by_its_first_digits() {
        let ids = ["20261103T024500Z-1a2b3c4d5e6f-00000001", "x-\"<-2", "20261104T0-1a-2", "odd"];
        let pages = commits(ids);
        assert_eq!(pages.len(), 1);
        assert_eq!(
            pages[0].contents,
            "perfCommits(\"1a\",[\"20261103T024500Z-1a2b3c4d5e6f-00000001\",\"20261104T0-1a-2\"]);\n"
        );
    }
}
