//! The decision of a pull request's check, from the results of its jobs and their report.

use super::Report;
use crate::partition::{Part, Partition};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The jobs that a check needs, by name: GitHub's `toJSON(needs)`.
pub type Needs = BTreeMap<String, Job>;

/// A job of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Job {
    /// `success`, `failure`, `cancelled` or `skipped`; other values count as failures.
    pub result: String,
    /// Its outputs by name.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
}

/// The report of the measuring jobs.
#[derive(Clone, Debug)]
pub enum Artefact {
    /// There is no file.
    Missing,
    /// The file is unusable, with the reason.
    Unusable(String),
    /// The report.
    Read(Box<Report>),
}

/// The decision of the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it passes.
    pub passes: bool,
    /// The reason.
    pub reason: String,
}

/// The job that reports whether measured code changed.
const SCOPE: &str = "scope";
/// The output of [`SCOPE`]: `true` or `false`.
const CODE: &str = "code";

/// Decides the check. It passes in two cases. Either all measuring jobs succeeded and their report
/// passes, or only documentation changed and no measuring job ran.
pub fn decide(needs: &Needs, artefact: &Artefact) -> Decision {
    let (scope, measuring): (Vec<_>, Vec<_>) = needs.iter().partition(|(name, _)| *name == SCOPE);
    let code = match scope.first() {
        Some((_, scope)) if scope.result != "success" => return fails(&ended(SCOPE, scope)),
        Some((_, scope)) => scope.outputs.get(CODE).map(String::as_str),
        None => Some("true"),
    };
    let idle = measuring.iter().all(|(_, job)| job.result == "skipped");
    match (code, idle) {
        _ if measuring.is_empty() => {
            fails("this job needs no measuring job: add one to `needs` in the workflow")
        }
        (Some("false"), true) => passes("nothing changed but documentation"),
        (Some("true" | "false"), _) => measured(&measuring, artefact),
        _ => fails("the job `scope` has no output `code`: set it to `true` or `false`"),
    }
}

fn measured(jobs: &[(&String, &Job)], artefact: &Artefact) -> Decision {
    let is_stopped = |(_, job): &&(&String, &Job)| !["success", "failure"].contains(&&*job.result);
    if let Some((name, job)) = jobs.iter().find(is_stopped) {
        return fails(&ended(name, job));
    }
    let failed = jobs.iter().find(|(_, job)| job.result == "failure");
    match artefact {
        Artefact::Unusable(reason) => fails(&format!("the report is unusable: {reason}")),
        Artefact::Missing => match failed {
            Some((name, job)) => fails(&format!("{} and left no report", ended(name, job))),
            None => fails("there is no report"),
        },
        Artefact::Read(report) if report.status != 0 => fails(&report.summary),
        Artefact::Read(_) if let Some((name, job)) = failed => fails(&ended(name, job)),
        Artefact::Read(report) if let Some(Partition { part, .. }) = &report.partition => {
            let Part { part, of } = part;
            fails(&format!(
                "the report covers part {part} of {of} alone: merge the parts with `cargo xtask perf merge`"
            ))
        }
        Artefact::Read(report) if report.rows.is_empty() => fails("nothing was measured"),
        Artefact::Read(report) => passes(&report.summary),
    }
}

fn ended(name: &str, job: &Job) -> String {
    let end = match job.result.as_str() {
        "failure" => "failed",
        "cancelled" => "was cancelled or exceeded its time limit",
        "skipped" => "was skipped",
        _ => "did not succeed",
    };
    format!("the job `{name}` {end}")
}

fn passes(reason: &str) -> Decision {
    Decision { passes: true, reason: reason.to_owned() }
}

fn fails(reason: &str) -> Decision {
    Decision { passes: false, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use crate::summary::summary;
    use perf_judge::verdict::{Outcome, State};

    fn needs(scope: &str, code: &str, measure: &str) -> Needs {
        let job = |result: &str| Job { result: result.to_owned(), ..Job::default() };
        let mut scope = job(scope);
        scope.outputs.insert(CODE.to_owned(), code.to_owned());
        [(SCOPE.to_owned(), scope), ("measure".to_owned(), job(measure))].into()
    }

    fn read(gate: usize, incomplete: usize) -> Artefact {
        let reasons = |count| vec!["why".to_owned(); count];
        let mut outcome = Outcome::default();
        (outcome.gate, outcome.incomplete) = (reasons(gate), reasons(incomplete));
        let status = outcome.status();
        let summary = format!("summary of a report of status {status}");
        Artefact::Read(Box::new(Report { status, outcome, summary, ..report() }))
    }

    fn of_a_part() -> Artefact {
        let Artefact::Read(mut report) = read(0, 0) else { return Artefact::Missing };
        let part = Part { part: 2, of: 3 };
        report.partition = Some(Partition { part, listed: vec![], own: <_>::default() });
        Artefact::Read(report)
    }

    fn inconclusive() -> Artefact {
        let Artefact::Read(mut report) = read(0, 0) else { return Artefact::Missing };
        report.rows.iter_mut().for_each(|row| row.verdict.state = State::Inconclusive);
        let verdicts = report.rows.iter().map(|row| &row.verdict);
        report.summary = summary(verdicts, &[]);
        Artefact::Read(report)
    }

    #[test]
    fn the_decision_table() {
        let hostile = || Artefact::Unusable("it is not a report".to_owned());
        let rows = [
            ("measured, nothing failed", needs("success", "true", "success"), read(0, 0)),
            ("measured, inconclusive", needs("success", "true", "success"), inconclusive()),
            ("measured, a regression", needs("success", "true", "failure"), read(1, 0)),
            ("measured, a part alone", needs("success", "true", "success"), of_a_part()),
            ("the report fails, the job does not", needs("success", "true", "success"), read(1, 0)),
            ("the job fails, the report does not", needs("success", "true", "failure"), read(0, 0)),
            ("something is missing", needs("success", "true", "failure"), read(0, 1)),
            ("failed before a report", needs("success", "true", "failure"), Artefact::Missing),
            ("cancelled", needs("success", "true", "cancelled"), read(0, 0)),
            ("timed out", needs("success", "true", "timed_out"), read(0, 0)),
            ("skipped", needs("success", "true", "skipped"), Artefact::Missing),
            ("skipped, an old report", needs("success", "true", "skipped"), read(0, 0)),
            ("artefact missing", needs("success", "true", "success"), Artefact::Missing),
            ("artefact hostile", needs("success", "true", "success"), hostile()),
            ("documentation only", needs("success", "false", "skipped"), Artefact::Missing),
            ("documentation, and measured", needs("success", "false", "failure"), read(1, 0)),
            ("scope failed", needs("failure", "", "skipped"), Artefact::Missing),
            ("scope cancelled", needs("cancelled", "", "skipped"), Artefact::Missing),
            ("scope skipped", needs("skipped", "false", "skipped"), Artefact::Missing),
            ("scope silent", needs("success", "", "skipped"), Artefact::Missing),
            ("no job is needed", Needs::new(), read(0, 0)),
        ];
        let line = |(case, needs, artefact): (&str, Needs, Artefact)| {
            let Decision { passes, reason } = decide(&needs, &artefact);
            format!("{case:<36} {:<6} {reason}\n", if passes { "passes" } else { "fails" })
        };
        insta::assert_snapshot!(rows.map(line).concat());
    }

    #[test]
    fn one_stopped_job_of_several_fails_and_an_empty_report_does_too() {
        let mut two = needs("success", "true", "success");
        let skipped = Job { result: "skipped".to_owned(), ..Job::default() };
        two.insert("other".to_owned(), skipped);
        assert_eq!(decide(&two, &read(0, 0)), fails("the job `other` was skipped"));
        let Artefact::Read(mut report) = read(0, 0) else { panic!() };
        report.rows.clear();
        let decision = decide(&needs("success", "true", "success"), &Artefact::Read(report));
        assert_eq!(decision, fails("nothing was measured"));
    }
}
