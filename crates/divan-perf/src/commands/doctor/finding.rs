//! What the doctor says, and how it is printed.

use perf_judge::unit;
use perf_report::visible;

/// How pressing a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// It is as it should be.
    Ok,
    /// It works, and could be better.
    Note,
    /// It will fail, or mislead, some day.
    Mend,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) level: Level,
    what: String,
    /// The line that mends it.
    mend: Option<String>,
}

impl Finding {
    pub(super) fn ok(what: impl Into<String>) -> Self {
        Self { level: Level::Ok, what: what.into(), mend: None }
    }

    pub(super) fn note(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { level: Level::Note, what: what.into(), mend: Some(mend.into()) }
    }

    pub(super) fn mend(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { level: Level::Mend, what: what.into(), mend: Some(mend.into()) }
    }

    /// The finding, and below it what mends it.
    fn lines(&self) -> String {
        let word = match self.level {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Mend => "MEND",
        };
        let mend = self.mend.iter().flat_map(|mend| mend.lines());
        let mend: String = mend.map(|line| format!("        {}\n", visible(line))).collect();
        format!("{word:<6}  {}\n{mend}", visible(&self.what))
    }
}

/// All of it, and how much there is of each.
pub(super) fn to_text(findings: &[Finding]) -> String {
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let lines: String = findings.iter().map(Finding::lines).collect();
    let notes = unit::counted(count(Level::Note), "note", "notes");
    format!(
        "{lines}\n{} to mend, {notes}, {} as it should be\n",
        count(Level::Mend),
        count(Level::Ok)
    )
}
