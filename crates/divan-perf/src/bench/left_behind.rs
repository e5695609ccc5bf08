//! Which benches left processes running, for one note in the report.

use super::named::few;
use super::process::LeftBehind;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The benches that left a process running, by name.
#[derive(Debug, Default)]
pub(super) struct Leavers(RefCell<BTreeMap<String, LeftBehind>>);

impl Leavers {
    /// Remembers what a launch of `name` left behind.
    pub(super) fn add(&self, name: &str, left_behind: Option<LeftBehind>) {
        let Some(left_behind) = left_behind else { return };
        let mut all = self.0.borrow_mut();
        let known = all.entry(name.to_owned()).or_insert(left_behind);
        *known = left_behind.max(*known);
    }

    /// What the reader should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let killed = "they were ended. Let the bench wait for the processes that it starts";
        let running = "they left its process group and still run, which can disturb measurements. Let the bench end the processes that it starts";
        let note = |kind, end| self.note(kind, end);
        let notes = [note(LeftBehind::Killed, killed), note(LeftBehind::Running, running)];
        notes.into_iter().flatten().collect()
    }

    fn note(&self, kind: LeftBehind, end: &str) -> Option<String> {
        let all = self.0.borrow();
        let names: Vec<&str> =
            all.iter().filter(|(_, is)| **is == kind).map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| {
            let names = few(&names);
            format!("processes that outlived their launch held its output open ({names}): {end}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bench_is_named_once() {
        let leavers = Leavers::default();
        assert!(leavers.notes().is_empty());
        leavers.add("p/b::none", None);
        for name in ["p/b::1", "p/b::2", "p/b::1", "p/b::3", "p/b::4", "p/b::5"] {
            leavers.add(name, Some(LeftBehind::Killed));
        }
        leavers.add("p/b::5", Some(LeftBehind::Running));
        leavers.add("p/b::5", Some(LeftBehind::Killed));
        let notes = leavers.notes();
        assert!(notes[0].contains("(p/b::1, p/b::2, p/b::3 and 1 more): they were ended"));
        assert!(notes[1].contains("(p/b::5): they left its process group"));
        assert_eq!(notes.len(), 2);
    }
}
