//! Benches whose processes outlive their launch, for a note in the report.

use super::name_list::abbreviated;
use super::process::Leftover;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The benches that left a process running, by name.
#[derive(Debug, Default)]
pub(super) struct LeftoverProcesses(RefCell<BTreeMap<String, Leftover>>);

impl LeftoverProcesses {
    /// Adds the leftover process of a launch of `name`, if there is one.
    pub(super) fn add(&self, name: &str, leftover: Option<Leftover>) {
        let Some(leftover) = leftover else { return };
        let mut all = self.0.borrow_mut();
        let known = all.entry(name.to_owned()).or_insert(leftover);
        *known = leftover.max(*known);
    }

    /// Adds those of other launches.
    pub(super) fn extend(&self, others: Self) {
        for (name, leftover) in others.0.into_inner() {
            self.add(&name, Some(leftover));
        }
    }

    /// Notes for the report.
    pub(super) fn notes(&self) -> Vec<String> {
        let killed = "they were killed. Let the bench wait for the processes that it starts";
        let running = "they left its process group and still run, which can make measurements noisy. Let the bench end the processes that it starts";
        let note = |kind, end| self.note(kind, end);
        let notes = [note(Leftover::Killed, killed), note(Leftover::Running, running)];
        notes.into_iter().flatten().collect()
    }

    fn note(&self, kind: Leftover, end: &str) -> Option<String> {
        let all = self.0.borrow();
        let names: Vec<&str> =
            all.iter().filter(|(_, is)| **is == kind).map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| {
            let names = abbreviated(&names);
            format!("processes outlived their launch and held its output open ({names}): {end}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bench_is_named_once() {
        let leftover_processes = LeftoverProcesses::default();
        assert!(leftover_processes.notes().is_empty());
        leftover_processes.add("p/b::none", None);
        for name in ["p/b::1", "p/b::2", "p/b::1", "p/b::3", "p/b::4", "p/b::5"] {
            leftover_processes.add(name, Some(Leftover::Killed));
        }
        leftover_processes.add("p/b::5", Some(Leftover::Running));
        leftover_processes.add("p/b::5", Some(Leftover::Killed));
        let notes = leftover_processes.notes();
        assert!(notes[0].contains("(p/b::1, p/b::2, p/b::3 and 1 more): they were killed"));
        assert!(notes[1].contains("(p/b::5): they left its process group"));
        assert_eq!(notes.len(), 2);
    }
}
