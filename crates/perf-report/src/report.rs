//! The report as data.

use crate::accepted::{AcceptanceResult, AcceptanceStatus};
use crate::partition::Partition;
use crate::row::Row;
use chrono::{DateTime, Utc};
use perf_judge::baseline::MINIMUM;
use perf_judge::budget::{BudgetResult, BudgetStatus, Gate};
use perf_judge::run::{Commit, Machine, Measured, P95_SAMPLES, Run};
use perf_judge::unit;
use perf_judge::verdict::{Outcome, State, Verdict, Verdicts, apply_waivers};
use serde::{Deserialize, Serialize};

/// The version of the report's JSON.
pub(crate) const SCHEMA: u32 = 2;

/// Everything that is said of one run. docs/formats.md describes its JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The format's version.
    pub schema: u32,
    /// Tells a report from other files.
    pub kind: ReportKind,
    /// The finding in one sentence.
    pub summary: String,
    /// 0 pass, 1 the gate is shut, 3 something could not be measured or decided.
    pub status: u8,
    /// Why the status is what it is.
    pub outcome: Outcome,
    /// What was measured, and where.
    pub run: RunFacts,
    /// What it was compared with.
    #[serde(alias = "against")]
    pub reference: ReferenceFacts,
    /// One row a benchmark, the most pressing first.
    pub rows: Vec<Row>,
    /// The budgets, the most pressing first.
    pub budgets: Vec<BudgetResult>,
    /// The slowdowns that perf-budgets.json accepts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<AcceptanceResult>,
    /// What the reader should know or do.
    pub notes: Vec<String>,
    /// Which part of the benchmarks this is about, where other reports are about the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
}

/// What a file of this tool holds.
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
    /// What decided the order of the launches.
    pub seed: u32,
    /// Whether only some benchmarks, or too few launches, were measured.
    pub partial: bool,
}

/// What a run was compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceFacts {
    /// The branch whose runs make the baselines.
    pub branch: String,
    /// Runs that the history held.
    pub history_runs: usize,
    /// The commit that everything was compared with side by side, where that was asked for.
    pub base: Option<Base>,
}

/// The other side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// The commit.
    pub commit: Commit,
    /// What it is, for people: `merge base with main`.
    pub label: String,
}

/// What [`Report::new`] puts together.
#[derive(Clone, Debug)]
pub struct ReportParts<'a> {
    /// The run as recorded.
    pub run: &'a Run,
    /// What the judge said.
    pub verdicts: Verdicts,
    /// What the budgets said.
    pub budgets: Vec<BudgetResult>,
    /// The slowdowns that perf-budgets.json accepts.
    pub accepted: Vec<AcceptanceResult>,
    /// What it was compared with.
    pub reference: ReferenceFacts,
    /// What fails.
    pub gate: Gate,
    /// What the measuring has to tell.
    pub notes: Vec<String>,
}

impl Report {
    /// Puts a report together.
    pub fn new(findings: ReportParts<'_>) -> Self {
        let ReportParts { run, mut verdicts, budgets, accepted, reference, gate, notes } = findings;
        let in_force = accepted.iter().filter(|a| a.status == AcceptanceStatus::InForce);
        apply_waivers(&mut verdicts.verdicts, in_force.map(|accepted| &accepted.entry));
        let loud = accepted.iter().filter_map(AcceptanceResult::note);
        let mut notes: Vec<String> = loud.chain(notes).collect();
        let outcome = Outcome::of(&verdicts.verdicts, &budgets, gate);
        notes.extend(advice(run, &verdicts, &reference));
        let measured = |verdict: &Verdict| run.benchmark(&verdict.name).cloned();
        let row = |verdict| Row { measured: measured(&verdict), verdict };
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
            },
            reference,
            rows: verdicts.verdicts.into_iter().map(row).collect(),
            budgets,
            accepted,
            notes,
            partition: None,
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

/// `1 regression, 2 improvements; 28 of 31 benchmarks unchanged`
pub(crate) fn summary<'a>(
    verdicts: impl Iterator<Item = &'a Verdict>,
    budgets: &[BudgetResult],
) -> String {
    let verdicts: Vec<&Verdict> = verdicts.collect();
    let count = |state| verdicts.iter().filter(|verdict| verdict.state == state).count();
    let told = State::ALL.into_iter().filter(|state| *state != State::Unchanged);
    let mut parts: Vec<String> =
        told.filter_map(|state| counted_state(count(state), state)).collect();
    let over = budgets.iter().filter(|budget| budget.status > BudgetStatus::Unmeasured).count();
    if over > 0 {
        parts.push(unit::counted(over, "budget over its target", "budgets over their targets"));
    }
    let all = unit::counted(verdicts.len(), "benchmark", "benchmarks");
    match parts.is_empty() {
        true => format!("nothing changed in {all}"),
        false => format!("{}; {} of {all} unchanged", parts.join(", "), count(State::Unchanged)),
    }
}

fn counted_state(count: usize, state: State) -> Option<String> {
    let many = match state {
        State::Regression => "regressions",
        State::Improvement => "improvements",
        State::InsufficientHistory => "with too little history",
        _ => state.name(),
    };
    let one = if state == State::InsufficientHistory { many } else { state.name() };
    (count > 0).then(|| unit::counted(count, one, many))
}

/// What the numbers themselves ask the reader to know or do.
fn advice(run: &Run, verdicts: &Verdicts, reference: &ReferenceFacts) -> Vec<String> {
    let count = |state| verdicts.verdicts.iter().filter(|verdict| verdict.state == state).count();
    let mut notes = Vec::new();
    if let Some(shift) = verdicts.suite_wide_shift {
        notes.push(format!(
            "the whole run moved by {}: the machine, or a change of everything (allocator, flags, compiler); only what moved further is called a change",
            unit::change(shift)
        ));
    }
    if count(State::InsufficientHistory) > 0 {
        notes.push(format!(
            "a verdict needs {MINIMUM} comparable runs of {}: clean commits, measured whole on this machine; each `cargo xtask perf` there adds one",
            reference.branch
        ));
    }
    if count(State::Incomparable) > 0 {
        notes.push(
            "times of different machines are never compared: this one needs runs of its own"
                .to_owned(),
        );
    }
    let cut_short = verdicts.verdicts.iter().filter(|verdict| verdict.cut_short).count();
    if cut_short > 0 {
        let left = unit::counted(cut_short, "benchmark", "benchmarks");
        notes.push(format!(
            "the time limit left {left} undecided: allow more time with --time-limit, or omit it"
        ));
    }
    let by_noise = |verdict: &Verdict| verdict.state == State::Inconclusive && !verdict.cut_short;
    if verdicts.verdicts.iter().any(by_noise) {
        notes.push(
            "inconclusive rows pass: measure again on a quieter machine to decide them".to_owned(),
        );
    }
    notes.extend(tail_note(run));
    notes
}

/// Why some rows have no percentiles, once for all of them.
fn tail_note(run: &Run) -> Option<String> {
    let absent: Vec<&Measured> =
        run.benchmarks.iter().filter(|b| b.tail_absence(P95_SAMPLES).is_some()).collect();
    let few = absent.iter().filter(|measured| measured.tail_source.is_some()).count();
    let unproved = absent.len() - few;
    let all = run.benchmarks.len();
    match (unproved, few) {
        (0, 0) => None,
        (0, _) => Some(format!(
            "no p95 for {few} of {all}: it takes {P95_SAMPLES} samples, and slow benchmarks get fewer unless a p95 budget asks"
        )),
        (_, _) => Some(format!(
            "no p95 for {unproved} of {all}: single samples could not be rebuilt, only Divan's table is known there"
        )),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use perf_fixtures::{measured, reading, run};
    use perf_judge::baseline::{Baseline, RunValue, Selection};
    use perf_judge::budget::{BudgetFile, Required, check};
    use perf_judge::ident::BenchmarkId;
    use perf_judge::verdict::{Comparison, Judge, JudgeConfig, Reference, Step};
    use std::collections::BTreeMap;

    fn ready(ns: f64) -> Selection {
        let values = vec![RunValue::of(&measured("a/b::c", ns).launches); 10];
        Selection::Ready(Baseline::new(values, vec!["c0ffee".to_owned()]))
    }

    /// A report with a row of almost every kind, some with hostile names.
    pub(crate) fn report() -> Report {
        let names = [
            ("core/parse::parse_large_xml", 1.9e6, ready(0.95e6)),
            ("core/parse::<script>alert(1)</script>", 95.0, ready(120.0)),
            ("core/filter::`a│b` | \u{1b}[31mc\n# d", 52.0, ready(51.0)),
            ("core/filter::unchanged", 2.5, ready(2.5)),
            ("core/export::new", 4.1e4, Selection::New),
            ("core/export::few", 4.1e4, Selection::TooFew { found: 1, series_was_cut: false }),
        ];
        let mut benchmarks: Vec<Measured> =
            names.iter().map(|(name, ns, _)| measured(name, *ns)).collect();
        benchmarks[0].throughput.insert("B/s".to_owned(), 4.2e8);
        let run = run(23, benchmarks);
        let mut cases: Vec<Comparison> = names
            .iter()
            .map(|(name, _, against)| Comparison::new(*name, Reference::Runs(against.clone())))
            .collect();
        cases.push(Comparison::new("core/parse::panics", Reference::Runs(Selection::New)));
        let verdicts = judged(Judge::new(cases, vec!["core/parse::gone".into()], EFFORT), &names);
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
            reference: ReferenceFacts { branch: "main".to_owned(), history_runs: 12, base: None },
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
                Step::Compare { .. } => unreachable!("the judge_config allows none"),
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
    fn the_summary_counts_what_is_not_quiet() {
        let report = report();
        assert_eq!(
            report.summary,
            "1 missing, 1 regression, 1 improvement, 1 new, 1 removed, 1 with too little history, \
             1 budget over its target; 2 of 8 benchmarks unchanged"
        );
        assert_eq!(report.status, 1);
        assert_eq!(summary([].iter(), &[]), "nothing changed in 0 benchmarks");
    }

    #[test]
    fn what_the_time_limit_left_undecided_is_counted_and_does_not_pass() {
        let mut judge = Judge::of_builds(["a/b::c", "a/b::d"], "c0ffee");
        let Step::Compare { benchmarks, .. } = judge.step() else { panic!("it compares") };
        benchmarks.iter().for_each(|name| judge.out_of_time(name));
        let Step::Done(verdicts) = judge.step() else { panic!("the time is over") };
        let reference = ReferenceFacts { branch: "main".to_owned(), history_runs: 0, base: None };
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
        assert_eq!(
            report.notes,
            [
                "the time limit left 2 benchmarks undecided: allow more time with --time-limit, or omit it"
            ]
        );
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
