//! Findings of the doctor and their text.

use perf_judge::unit;
use perf_report::visible;

/// The urgency of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// Nothing to do.
    Ok,
    /// It works, and can be improved.
    Note,
    /// It fails, or can give a wrong result.
    Fix,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) urgency: Urgency,
    what: String,
    /// The command or the edit that fixes it.
    fix: Option<String>,
}

impl Finding {
    pub(super) fn ok(what: impl Into<String>) -> Self {
        Self { urgency: Urgency::Ok, what: what.into(), fix: None }
    }

    pub(super) fn note(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { urgency: Urgency::Note, what: what.into(), fix: Some(fix.into()) }
    }

    pub(super) fn fix(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { urgency: Urgency::Fix, what: what.into(), fix: Some(fix.into()) }
    }

    /// The finding, with its fix below it.
    fn lines(&self) -> String {
        let word = match self.urgency {
            Urgency::Ok => "ok",
            Urgency::Note => "note",
            Urgency::Fix => "FIX",
        };
        let fix = self.fix.iter().flat_map(|fix| fix.lines());
        let fix: String = fix.map(|line| format!("        {}\n", visible(line))).collect();
        format!("{word:<6}  {}\n{fix}", visible(&self.what))
    }
}

/// All findings, their numbers, and the next step.
pub(super) fn to_text(findings: &[Finding]) -> String {
    let count = |urgency| findings.iter().filter(|finding| finding.urgency == urgency).count();
    let lines: String = findings.iter().map(Finding::lines).collect();
    let to_fix = count(Urgency::Fix);
    let notes = unit::counted(count(Urgency::Note), "note", "notes");
    let next = if to_fix > 0 {
        "Apply the lines below each FIX, then run `cargo xtask perf doctor` again."
    } else {
        "Nothing must be fixed."
    };
    format!("{lines}\n{to_fix} to fix, {notes}, {} ok\n{next}\n", count(Urgency::Ok))
}
