//! The report as data.

use crate::accepted::{AcceptanceResult, AcceptanceStatus};
use crate::counts::variation_notes;
use crate::partition::Partition;
use crate::row::Row;
use crate::stage_time::StageTime;
use crate::summary::summary;
use crate::text::argument;
use chrono::{DateTime, Utc};
use perf_judge::baseline::MINIMUM;
use perf_judge::budget::{BudgetResult, Gate};
use perf_judge::history::WorkspaceRuns;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Commit, Machine, Run};
use perf_judge::unit;
use perf_judge::verdict::{Outcome, State, Verdict, Verdicts, apply_waivers};
use serde::{Deserialize, Serialize};

/// The version of the report's JSON.
pub(crate) const SCHEMA: u32 = 2;

/// The report on one run. docs/formats.md describes its JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The format's version.
    pub schema: u32,
    /// Marks a report among other files.
    pub kind: ReportKind,
    /// The counts of verdicts, in one sentence.
    pub summary: String,
    /// The exit status: 0 pass, 1 fail, 3 something was not measured or not decided.
    pub status: u8,
    /// The reasons for the status.
    pub outcome: Outcome,
    /// The run that is reported.
    pub run: RunFacts,
    /// What it was compared with.
    #[serde(alias = "against")]
    pub reference: ReferenceFacts,
    /// One row per benchmark, the most severe first.
    pub rows: Vec<Row>,
    /// The budgets, the most exceeded first.
    pub budgets: Vec<BudgetResult>,
    /// The accepted regressions of perf-budgets.json.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<AcceptanceResult>,
    /// Notes for the reader.
    pub notes: Vec<String>,
    /// How long the stages took. Parts of a check that ran on several machines are added up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageTime>,
    /// The part of the benchmarks that was measured, with `--partition`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
    /// The benchmarks that `exclude` of perf-budgets.json leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<BenchmarkId>,
}

/// The value of `kind` in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportKind {
    /// A [`Report`].
    Report,
}

/// A run without its benchmarks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunFacts {
    /// The run's identity.
    pub id: String,
    /// When measuring began.
    pub started: DateTime<Utc>,
    /// What was measured; absent outside a repository.
    pub commit: Option<Commit>,
    /// Where it was measured.
    pub machine: Machine,
    /// The seed of the launch order.
    pub seed: u32,
    /// Whether only some benchmarks, or too few launches, were measured.
    pub partial: bool,
    /// The path of its workspace in the repository: `.` for the root. `None` if it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// What a run was compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceFacts {
    /// The branch whose runs make the baselines.
    pub branch: String,
    /// Whether the repository has no such branch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub branch_is_missing: bool,
    /// Runs that the history held.
    pub history_runs: usize,
    /// The base of a paired comparison.
    pub base: Option<Base>,
    /// Whether the previous commit can be compared with.
    #[serde(default, skip_serializing_if = "PreviousCommit::is_available")]
    pub previous_commit: PreviousCommit,
}

/// Whether a clone has the parent of the measured commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviousCommit {
    /// It has.
    #[default]
    Available,
    /// The clone is shallow and ends at the measured commit.
    Shallow,
    /// The measured commit is the first one.
    Absent,
}

impl PreviousCommit {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires a reference")]
    fn is_available(&self) -> bool {
        *self == Self::Available
    }
}

impl ReferenceFacts {
    /// The branch for a command or an instruction; `None` if it does not exist or has an odd name.
    pub(crate) fn branch_argument(&self) -> Option<&str> {
        argument(&self.branch).filter(|_| !self.branch_is_missing)
    }
}

/// The base of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// The commit.
    pub commit: Commit,
    /// How it was chosen: `merge base with main`.
    pub label: String,
}

/// The parts of a report, for [`Report::new`].
#[derive(Clone, Debug)]
pub struct ReportParts<'a> {
    /// The run as recorded.
    pub run: &'a Run,
    /// The verdicts of the judge.
    pub verdicts: Verdicts,
    /// The results of the budgets.
    pub budgets: Vec<BudgetResult>,
    /// The accepted regressions of perf-budgets.json.
    pub accepted: Vec<AcceptanceResult>,
    /// What it was compared with.
    pub reference: ReferenceFacts,
    /// The severities that fail the check.
    pub gate: Gate,
    /// Notes of the measurement.
    pub notes: Vec<String>,
}

impl Report {
    /// Whether it is of this workspace.
    pub fn is_of(&self, workspace: &WorkspaceRuns) -> bool {
        let names = self.rows.iter().map(|row| &row.verdict.name);
        workspace.has(self.run.workspace.as_deref(), names)
    }

    /// Applies the accepted regressions and the gate, and adds notes.
    pub fn new(parts: ReportParts<'_>) -> Self {
        let ReportParts { run, mut verdicts, budgets, accepted, reference, gate, notes } = parts;
        let in_force = accepted.iter().filter(|a| a.status == AcceptanceStatus::InForce);
        apply_waivers(&mut verdicts.verdicts, in_force.map(|accepted| &accepted.entry));
        let loud = accepted.iter().filter_map(AcceptanceResult::note);
        let mut notes: Vec<String> = loud.chain(notes).collect();
        let outcome = Outcome::of(&verdicts.verdicts, &budgets, gate);
        notes.extend(verdict_notes(&verdicts, &reference));
        notes.extend(variation_notes(run, &verdicts.verdicts));
        let measured = |verdict: &Verdict| run.benchmark(&verdict.name).cloned();
        // Counts that were added to the verdicts change their order.
        verdicts.verdicts.sort_by_cached_key(Verdict::rank);
        let row = |verdict| Row { measured: measured(&verdict), verdict, calls: None };
        Self {
            schema: SCHEMA,
            kind: ReportKind::Report,
            summary: summary(verdicts.verdicts.iter(), &budgets),
            status: outcome.status(),
            outcome,
            run: RunFacts {
                id: run.id.clone(),
                started: run.started,
                commit: run.commit.clone(),
                machine: run.machine.clone(),
                seed: run.seed,
                partial: run.partial,
                workspace: run.workspace.clone(),
            },
            reference,
            rows: verdicts.verdicts.into_iter().map(row).collect(),
            budgets,
            accepted,
            notes,
            stages: Vec::new(),
            partition: None,
            excluded: Vec::new(),
        }
    }

    /// The report as JSON for other programs; the same bytes for the same report.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .unwrap_or_else(|_| unreachable!("a report has string keys, which JSON can hold"));
        text.push('\n');
        text
    }
}

impl RunFacts {
    /// The commit in a few words: `1a2b3c4d5e6f on main, with uncommitted changes`.
    pub fn commit_label(&self) -> String {
        let Some(commit) = &self.commit else { return "no commit".to_owned() };
        let branch =
            commit.branch.as_deref().map_or_else(String::new, |name| format!(" on {name}"));
        let dirty = if commit.dirty { ", with uncommitted changes" } else { "" };
        format!("{}{branch}{dirty}", commit.short())
    }
}

/// Notes that follow from the verdicts.
fn verdict_notes(verdicts: &Verdicts, reference: &ReferenceFacts) -> Vec<String> {
    let count = |state| verdicts.verdicts.iter().filter(|verdict| verdict.state == state).count();
    let mut notes = Vec::new();
    if let Some(shift) = verdicts.suite_wide_shift {
        notes.push(format!(
            "the initial times of most benchmarks differ from the baseline by {}. Possible causes are the machine, the allocator, flags or the compiler",
            unit::change(shift)
        ));
    }
    let other_size = |verdict: &&Verdict| {
        let reason = verdict.reason.as_deref().unwrap_or_default();
        verdict.state == State::InsufficientHistory && reason.contains("sample size")
    };
    if let Some(verdict) = verdicts.verdicts.iter().find(other_size) {
        let reason = verdict.reason.as_deref().unwrap_or_default();
        notes.push(format!(
            "{reason}, e.g. because of --launch-ms: runs with other sample sizes are not compared"
        ));
    }
    let without_baseline = count(State::InsufficientHistory);
    if (1..verdicts.verdicts.len()).contains(&without_baseline) {
        notes.push(format!(
            "a baseline takes {MINIMUM} comparable runs: clean commits of {}, measured completely on this machine",
            if reference.branch_is_missing { "the base branch" } else { &reference.branch }
        ));
    }
    if count(State::Incomparable) > 0 {
        notes.push(
            "times of different machines are not compared; this machine needs its own runs"
                .to_owned(),
        );
    }
    let cut_short = verdicts.verdicts.iter().filter(|verdict| verdict.cut_short).count();
    if cut_short > 0 {
        let benchmarks = unit::counted(cut_short, "benchmark", "benchmarks");
        notes.push(format!("undecided when the measurement ended: {benchmarks}"));
    }
    notes
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use perf_fixtures::{measured, reading, run};
    use perf_judge::baseline::{Baseline, RunValue, Selection};
    use perf_judge::budget::{BudgetFile, Required, check};
    use perf_judge::run::Measured;
    use perf_judge::verdict::{Comparison, Judge, JudgeConfig, Reference, Step};
    use std::collections::BTreeMap;

    fn ready(ns: f64) -> Selection {
        let values = vec![RunValue::of(&measured("a/b::c", ns).launches); 10];
        Selection::Ready(Baseline::new(values, vec!["c0ffee".to_owned()]))
    }

    /// A report with a row of almost every kind, some with hostile names.
    pub(crate) fn report() -> Report {
        made_with(|_| {})
    }

    /// The same report after an edit of the judge's verdicts.
    pub(crate) fn made_with(edit: impl FnOnce(&mut Verdicts)) -> Report {
        let names = [
            ("core/parse::parse_large_xml", 1.9e6, ready(0.95e6)),
            ("core/parse::<script>alert(1)</script>", 95.0, ready(120.0)),
            ("core/filter::`a│b` | \u{1b}[31mc\n# d", 52.0, ready(51.0)),
            ("core/filter::unchanged", 2.5, ready(2.5)),
            ("core/export::new", 4.1e4, Selection::New),
            ("core/export::few", 4.1e4, few(1)),
        ];
        made(&names, edit)
    }

    /// The report of a first run.
    pub(crate) fn first_report() -> Report {
        let names = [
            ("core/parse::parse_large_xml", 1.9e6, few(0)),
            ("core/parse::minimal", 3.2e3, few(0)),
            ("core/filter::unchanged", 2.5, few(0)),
        ];
        made(&names, |_| {})
    }

    fn few(found: usize) -> Selection {
        Selection::TooFew { found, series_was_cut: false, was_empty: false }
    }

    fn made(names: &[(&str, f64, Selection)], edit: impl FnOnce(&mut Verdicts)) -> Report {
        let mut benchmarks: Vec<Measured> =
            names.iter().map(|(name, ns, _)| measured(name, *ns)).collect();
        benchmarks[0].throughput.insert("B/s".to_owned(), 4.2e8);
        let run = run(23, benchmarks);
        let mut cases: Vec<Comparison> = names
            .iter()
            .map(|(name, _, against)| Comparison::new(*name, Reference::Runs(against.clone())))
            .collect();
        let mut removed = Vec::new();
        if names.iter().any(|(.., selection)| matches!(selection, Selection::Ready(_))) {
            cases.push(Comparison::new("core/parse::panics", Reference::Runs(Selection::New)));
            removed.push("core/parse::gone".into());
        }
        let mut verdicts = judged(Judge::new(cases, removed, EFFORT), names);
        edit(&mut verdicts);
        let text = r#"{"schema": 1, "budgets": {
            "parse": {"benchmark": "parse_large_xml", "description": "Reading 500 tracks", "target_ms": 1},
            "idle": {"benchmark": "unchanged", "metric": "alloc_count", "target": 1}}}"#;
        let budgets = BudgetFile::parse(text).unwrap().1;
        let selected: Vec<BenchmarkId> = run.benchmarks.iter().map(|b| b.name.clone()).collect();
        let readings: BTreeMap<_, _> = run
            .benchmarks
            .iter()
            .map(|b| (b.name.clone(), vec![reading(b.time_ns.min); 5]))
            .collect();
        Report::new(ReportParts {
            run: &run,
            verdicts,
            budgets: check(&budgets, &selected, &run, &readings, Required::None),
            reference: ReferenceFacts {
                branch: "main".to_owned(),
                branch_is_missing: false,
                history_runs: 12,
                base: None,
                previous_commit: PreviousCommit::Available,
            },
            accepted: vec![],
            gate: Gate::default(),
            notes: vec!["uncommitted changes: this run is never part of a baseline".to_owned()],
        })
    }

    const EFFORT: JudgeConfig = JudgeConfig::of_launches(5).with_reruns(Some(10));

    fn judged(mut judge: Judge, names: &[(&str, f64, Selection)]) -> Verdicts {
        loop {
            match judge.step() {
                Step::Done(verdicts) => return verdicts,
                Step::Compare { .. } => unreachable!("the configuration allows none"),
                Step::Measure { benchmarks, launches, .. } => {
                    for name in benchmarks {
                        match names.iter().find(|(known, ..)| *known == name.as_str()) {
                            Some((_, ns, _)) => {
                                judge.feed(&name, vec![reading(*ns).times(); launches]);
                            }
                            None => judge.fail(&name, "it panicked: exit status 101".to_owned()),
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_summary_counts_every_state() {
        let report = report();
        assert_eq!(
            report.summary,
            "1 missing, 1 regression, 1 improvement, 1 new, 1 removed, 1 without a baseline, \
             1 budget over its target; 2 of 8 benchmarks unchanged"
        );
        assert_eq!(report.status, 1);
        assert_eq!(summary([].iter(), &[]), "no change in 0 benchmarks");
    }

    #[test]
    fn what_the_time_limit_left_undecided_is_counted_and_does_not_pass() {
        let mut judge = Judge::of_builds(["a/b::c", "a/b::d"], "c0ffee");
        let Step::Compare { benchmarks, .. } = judge.step() else { panic!("it compares") };
        benchmarks.iter().for_each(|name| judge.out_of_time(name));
        let Step::Done(verdicts) = judge.step() else { panic!("the time is over") };
        let reference = ReferenceFacts {
            branch: "main".to_owned(),
            branch_is_missing: false,
            history_runs: 0,
            base: None,
            previous_commit: PreviousCommit::Available,
        };
        let report = Report::new(ReportParts {
            run: &run(1, vec![]),
            verdicts,
            budgets: vec![],
            accepted: vec![],
            reference,
            gate: Gate::default(),
            notes: vec![],
        });
        assert_eq!(report.status, 3);
        assert_eq!(report.notes, ["undecided when the measurement ended: 2 benchmarks"]);
    }

    #[test]
    fn only_regressions_count_as_accepted() {
        let mut json: serde_json::Value = serde_json::from_str(&report().to_json()).unwrap();
        let waiver = serde_json::json!({"reason": "why", "max_change_percent": 200.0});
        for row in json["rows"].as_array_mut().unwrap() {
            row["verdict"]["accepted"] = waiver.clone();
        }
        let rows: Vec<Row> = serde_json::from_value(json["rows"].clone()).unwrap();
        let summary = summary(rows.iter().map(|row| &row.verdict), &[]);
        assert!(summary.contains("1 accepted regression") && summary.contains("1 improvement"));
        let labels: Vec<String> = rows.iter().map(|row| row.verdict.label()).collect();
        assert!(labels.contains(&"regression (critical, accepted)".to_owned()), "{labels:?}");
        assert!(labels.contains(&"improvement (major)".to_owned()), "{labels:?}");
    }

    #[test]
    fn the_report_is_the_same_bytes_each_time() {
        assert_eq!(report().to_json(), report().to_json());
        let value: serde_json::Value = serde_json::from_str(&report().to_json()).unwrap();
        assert_eq!((&value["schema"], &value["kind"]), (&2.into(), &"report".into()));
        assert_eq!(value["rows"][1]["verdict"]["severity"], "critical");
    }

    #[test]
    fn the_json_keeps_its_shape() {
        insta::assert_snapshot!(report().to_json());
    }
}
