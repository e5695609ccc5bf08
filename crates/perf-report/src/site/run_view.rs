//! A run as the site shows it.

use super::run_comparability::{Comparability, Flag};
use super::text;
use crate::Report;
use crate::links::commit_page;
use chrono::{DateTime, Utc};
use perf_judge::run::{Accepted, Commit, Machine, Run};

/// A run on the site.
#[derive(Clone, Debug)]
pub(super) struct RunView<'a> {
    pub(super) id: &'a str,
    pub(super) started: DateTime<Utc>,
    pub(super) commit: Option<&'a Commit>,
    pub(super) machine: &'a Machine,
    /// The regressions that were accepted when it was measured.
    pub(super) accepted: &'a [Accepted],
    pub(super) flags: Vec<Flag>,
    /// Whether its counts are comparable with those of the reported run.
    pub(super) has_comparable_counts: bool,
    /// The commit's page on the web.
    pub(super) commit_page: Option<String>,
    /// The release of its commit.
    pub(super) release: Option<String>,
    /// Its texts, formatted once for all pages.
    pub(super) text: RunText,
}

/// The texts of a run.
#[derive(Clone, Debug)]
pub(super) struct RunText {
    /// `2026-11-23`
    pub(super) day: String,
    /// `2026-11-23 02:45`
    pub(super) minute: String,
    /// The start in RFC 3339.
    pub(super) moment: String,
    /// The commit's first digits.
    pub(super) commit: String,
    /// The commit's subject.
    pub(super) subject: String,
}

impl RunText {
    fn of(started: DateTime<Utc>, commit: Option<&Commit>) -> Self {
        Self {
            day: text::day(started),
            minute: text::minute(started),
            moment: started.to_rfc3339(),
            commit: text::or_nothing(commit.map(|commit| text::clipped(commit.short(), 12))),
            subject: commit.map_or_else(String::new, |commit| text::line(&commit.subject)),
        }
    }
}

impl RunView<'_> {
    /// Its day and commit: `2026-11-20 · 1a2b3c4d5e6f`.
    pub(super) fn label(&self) -> String {
        format!("{} · {}", self.text.day, self.text.commit)
    }

    /// Its label as the first run of a change.
    pub(super) fn since_label(&self) -> String {
        if self.is_reported() { "this run".to_owned() } else { self.label() }
    }

    /// The branch that was measured.
    pub(super) fn branch_label(&self) -> String {
        let branch = self.commit.and_then(|commit| commit.branch.as_deref());
        text::or_nothing(branch.map(text::word))
    }

    pub(super) fn is_reported(&self) -> bool {
        self.has(Flag::Reported)
    }

    pub(super) fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    pub(super) fn comparability(&self) -> Comparability {
        let has_any = |flags: &[Flag]| flags.iter().any(|flag| self.has(*flag));
        if has_any(&[Flag::OtherMachine, Flag::Imported]) {
            Comparability::Incomparable
        } else if has_any(&[Flag::Dirty, Flag::Partial, Flag::OtherBranch]) {
            Comparability::Excluded
        } else {
            Comparability::Counted
        }
    }
}

/// A run of the history.
pub(super) fn recorded<'a>(
    run: &'a Run,
    report: &'a Report,
    commits_at: Option<&str>,
) -> RunView<'a> {
    let is_reported = run.id == report.run.id;
    let same_machine = run.machine.key == report.run.machine.key;
    RunView {
        id: &run.id,
        started: run.started,
        commit: run.commit.as_ref(),
        machine: &run.machine,
        accepted: &run.accepted,
        flags: flags(&[
            (Flag::Reported, is_reported),
            (Flag::Dirty, is_dirty(run.commit.as_ref())),
            (Flag::Partial, run.partial),
            (Flag::OtherBranch, run.branch() != Some(&report.reference.branch)),
            (Flag::OtherMachine, !same_machine && run.origin.is_none()),
            (Flag::Imported, run.origin.is_some()),
        ]),
        has_comparable_counts: run.machine.counts_key() == report.run.machine.counts_key(),
        commit_page: web_page(run.commit.as_ref(), commits_at),
        release: None,
        text: RunText::of(run.started, run.commit.as_ref()),
    }
}

fn web_page(commit: Option<&Commit>, commits_at: Option<&str>) -> Option<String> {
    commit_page(commits_at, &commit?.hash)
}

/// The reported run if the history does not contain it.
pub(super) fn unrecorded<'a>(report: &'a Report, commits_at: Option<&str>) -> RunView<'a> {
    let run = &report.run;
    let commit = run.commit.as_ref();
    let branch = commit.and_then(|commit| commit.branch.as_deref());
    RunView {
        id: &run.id,
        started: run.started,
        commit,
        machine: &run.machine,
        accepted: &[],
        flags: flags(&[
            (Flag::Reported, true),
            (Flag::Unrecorded, true),
            (Flag::Dirty, is_dirty(commit)),
            (Flag::Partial, run.partial),
            (Flag::OtherBranch, branch != Some(&report.reference.branch)),
        ]),
        has_comparable_counts: true,
        commit_page: web_page(commit, commits_at),
        release: None,
        text: RunText::of(run.started, commit),
    }
}

fn flags(flags: &[(Flag, bool)]) -> Vec<Flag> {
    flags.iter().filter(|(_, raised)| *raised).map(|(flag, _)| *flag).collect()
}

fn is_dirty(commit: Option<&Commit>) -> bool {
    commit.is_some_and(|commit| commit.dirty)
}
