//! The result of a search for a terminal.

use super::{BisectedBenchmark, Bisection, BisectionStep, FoundChange};
use crate::text::visible;
use perf_judge::bisect::{Answer, Criterion};
use perf_judge::run::Commit;
use perf_judge::unit;
use perf_judge::verdict::Verdict;

/// The most commits of a range that are listed.
const LISTED: usize = 10;

impl Bisection {
    /// The result for a terminal.
    pub fn to_text(&self) -> String {
        let benchmarks: Vec<String> =
            self.benchmarks.iter().map(|benchmark| self.section(benchmark)).collect();
        let notes: String =
            self.notes.iter().map(|note| format!("note: {}\n", visible(note))).collect();
        format!("{}\n{notes}{}\n", benchmarks.join("\n"), self.summary())
    }

    fn section(&self, benchmark: &BisectedBenchmark) -> String {
        let mut lines = vec![self.headline(benchmark)];
        match &benchmark.found {
            FoundChange::NoChange => lines.push(line("compared", &compared(&benchmark.total))),
            FoundChange::Commit { commit, parent, verdict, note } => {
                lines.push(line("commit", &described(commit)));
                let parent = parent.get(..12).unwrap_or(parent);
                if let Some(verdict) = verdict {
                    let compared = compared(verdict);
                    lines.push(line("change", &format!("{compared}, with its parent {parent}")));
                    lines.extend(verdict.cause_headline().map(|cause| line("cause", &cause)));
                }
                lines.push(line("in all", &in_all(benchmark)));
                lines.extend(note.as_ref().map(|note| line("note", &visible(note))));
            }
            FoundChange::OneOf { commits } => {
                let shown = commits.iter().rev().take(LISTED);
                lines
                    .extend(shown.map(|commit| line("commit", &self.candidate(commit, benchmark))));
                let more = commits.len().saturating_sub(LISTED);
                lines.extend((more > 0).then(|| format!("  and {more} older ones")));
                lines.push(line("in all", &in_all(benchmark)));
            }
        }
        lines.join("\n") + "\n"
    }

    fn headline(&self, benchmark: &BisectedBenchmark) -> String {
        let name = visible(benchmark.name.as_str());
        match &benchmark.found {
            FoundChange::NoChange => {
                format!("{name}: no change between {} and {}", self.good.short(), self.bad.short())
            }
            FoundChange::Commit { commit, .. } if benchmark.is_found() => {
                format!("{name}: changed by {}", commit.short())
            }
            FoundChange::Commit { commit, .. } => {
                format!("{name}: probably changed by {}, but not confirmed", commit.short())
            }
            FoundChange::OneOf { commits } => {
                format!("{name}: changed by one of {} commits, the newest first", commits.len())
            }
        }
    }

    /// A commit of a range, with the reason why it was skipped.
    fn candidate(&self, commit: &Commit, benchmark: &BisectedBenchmark) -> String {
        let steps = self.steps.iter().filter(|step| step.commit.hash == commit.hash);
        let mut answers = steps.flat_map(|step| &step.answers);
        let skipped = answers
            .find(|answer| answer.benchmark == benchmark.name && answer.answer == Answer::Skipped);
        let reason =
            skipped.map_or_else(String::new, |skipped| format!(" ({})", visible(&skipped.reason)));
        described(commit) + &reason
    }

    fn summary(&self) -> String {
        let commits = unit::counted(self.commits, "commit", "commits");
        let steps = unit::counted(self.steps.len(), "step", "steps");
        let paired = self.steps.iter().filter(|step| step.has_pairs()).count();
        let skipped = self.steps.iter().filter(|step| step.is_skipped()).count();
        let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
        format!(
            "searched {commits} after {} up to {}: {steps}, {paired} compared in pairs{skipped}; {}",
            self.good.short(),
            self.bad.short(),
            unit::span(self.seconds as f64)
        )
    }
}

impl BisectionStep {
    fn has_pairs(&self) -> bool {
        self.answers.iter().any(|answer| answer.pairs > 0)
    }

    fn is_skipped(&self) -> bool {
        self.answers.iter().all(|answer| answer.answer == Answer::Skipped)
    }
}

fn line(title: &str, text: &str) -> String {
    format!("  {title:<8} {text}")
}

/// The commit with its author date and subject.
fn described(commit: &Commit) -> String {
    let day = commit.author_date.get(..10).unwrap_or(&commit.author_date);
    format!("{} of {}: {}", commit.short(), visible(day), visible(&commit.subject))
}

/// The change with its interval, and the changed counts.
fn compared(verdict: &Verdict) -> String {
    let change = verdict.change.map(|change| {
        let interval = verdict.low.zip(verdict.high);
        let interval = interval.map(|(low, high)| unit::interval(low, high));
        let interval = interval.map_or_else(String::new, |text| format!(", 89 % CI {text}"));
        let pairs = unit::counted(verdict.launches, "pair", "pairs");
        format!("{}{interval}, {pairs}", unit::change(change))
    });
    let counts = verdict.counts.as_ref().and_then(|counts| counts.label());
    let parts: Vec<String> = [verdict.label()].into_iter().chain(change).chain(counts).collect();
    parts.join("; ")
}

/// The change from good to bad, and what decided the steps.
fn in_all(benchmark: &BisectedBenchmark) -> String {
    let by = match benchmark.criterion {
        Some(Criterion::Count { quantity, good, bad }) => format!(
            "; found by the {quantity}: {} in good, {} in bad",
            unit::count(good),
            unit::count(bad)
        ),
        Some(Criterion::Time { .. }) => "; found by the time".to_owned(),
        None => String::new(),
    };
    compared(&benchmark.total) + &by
}

#[cfg(test)]
mod tests {
    use super::super::{BisectionFacts, StepAnswer};
    use super::*;
    use chrono::DateTime;
    use perf_judge::run::Machine;
    use perf_judge::unit::LogRatio;
    use perf_judge::verdict::{Method, State};

    fn commit(digit: char, subject: &str) -> Commit {
        let hash = digit.to_string().repeat(40);
        let author_date = "2026-11-28T10:00:00+01:00".to_owned();
        Commit { hash, branch: None, subject: subject.to_owned(), author_date, dirty: false }
    }

    fn verdict(state: State, percent: f64) -> Verdict {
        let ends = [-0.2, 0.0, 0.2].map(|more| Some(LogRatio::from_percent(percent + more)));
        let [low, change, high] = ends;
        let mut verdict = Verdict::without_counts(&"a/b::c".into(), state, None);
        (verdict.method, verdict.launches) = (Method::Paired, 20);
        (verdict.low, verdict.change, verdict.high) = (low, change, high);
        verdict
    }

    fn bisection(found: FoundChange, total: Verdict) -> Bisection {
        let machine = Machine::default();
        let facts = BisectionFacts {
            started: DateTime::UNIX_EPOCH,
            machine,
            good: commit('a', "good"),
            bad: commit('f', "bad"),
            commits: 64,
        };
        let change = total.change.filter(|_| total.is_changed());
        let criterion = change.map(|change| Criterion::Time { change });
        let benchmark = BisectedBenchmark { name: "a/b::c".into(), total, criterion, found };
        let answer = StepAnswer {
            benchmark: "a/b::c".into(),
            answer: Answer::Skipped,
            reason: "it does not\u{1b} build".to_owned(),
            pairs: 0,
        };
        let step = BisectionStep { commit: commit('b', "broken"), answers: vec![answer] };
        let steps = vec![step];
        Bisection { steps, benchmarks: vec![benchmark], seconds: 200, ..Bisection::new(facts) }
    }

    const SUMMARY: &str = "searched 64 commits after aaaaaaaaaaaa up to ffffffffffff: 1 step, 0 compared in pairs, 1 skipped; 3 min 20 s\n";

    fn found(verdict: Option<Verdict>, note: Option<&str>) -> FoundChange {
        FoundChange::Commit {
            commit: Box::new(commit('c', "Parse\u{7} twice")),
            parent: "b".repeat(40),
            verdict: verdict.map(Box::new),
            note: note.map(str::to_owned),
        }
    }

    #[test]
    fn the_commit_has_its_change_and_its_parent() {
        let confirmed = found(Some(verdict(State::Regression, 6.0)), None);
        let bisection = bisection(confirmed, verdict(State::Regression, 6.1));
        let expected = format!(
            "a/b::c: changed by cccccccccccc
  commit   cccccccccccc of 2026-11-28: Parse\\u{{7}} twice
  change   regression; +6.0 %, 89 % CI +5.8 % to +6.2 %, 20 pairs, with its parent bbbbbbbbbbbb
  in all   regression; +6.1 %, 89 % CI +5.9 % to +6.3 %, 20 pairs; found by the time

{SUMMARY}"
        );
        assert_eq!(bisection.to_text(), expected);
        assert!(bisection.is_found());
        let read: Bisection = serde_json::from_str(&bisection.to_json()).unwrap();
        assert_eq!(read, bisection);
    }

    #[test]
    fn what_is_not_certain_is_not_called_found() {
        let total = || verdict(State::Regression, 6.1);
        let cases = [
            (FoundChange::NoChange, verdict(State::Unchanged, 0.1), "a/b::c: no change between aa"),
            (found(Some(verdict(State::Unchanged, 0.3)), None), total(), "not confirmed\n"),
            (found(Some(verdict(State::Improvement, -6.0)), None), total(), "not confirmed\n"),
            (found(None, Some("it panicked")), total(), "  note     it panicked\n"),
            (
                FoundChange::OneOf { commits: vec![commit('b', "broken"), commit('c', "next")] },
                total(),
                "a/b::c: changed by one of 2 commits, the newest first
  commit   cccccccccccc of 2026-11-28: next
  commit   bbbbbbbbbbbb of 2026-11-28: broken (it does not\\u{1b} build)
  in all   regression; +6.1 %",
            ),
        ];
        for (found, total, expected) in cases {
            let bisection = bisection(found, total);
            let text = bisection.to_text();
            assert!(text.contains(expected) && text.ends_with(SUMMARY), "{text}");
            assert!(!bisection.is_found());
        }
    }

    #[test]
    fn a_comparison_without_the_change_is_noted() {
        let cases = [(State::Regression, 5.0, false), (State::Improvement, -5.0, true)];
        for (state, percent, is_noted) in cases {
            let mut bisection = bisection(found(None, None), verdict(State::Regression, 6.1));
            bisection.benchmarks[0].add_comparison(&verdict(state, percent));
            let note = "  note     the comparison with its parent shows no regression\n";
            assert_eq!(bisection.to_text().contains(note), is_noted, "{state:?}");
        }
    }
}
