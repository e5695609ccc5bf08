//! Runs of one commit that measured different benchmarks, joined.

use super::Run;

impl Run {
    /// Joins runs of one commit that measured different benchmarks: one run a machine, each whole
    /// if all of its parts are.
    pub fn joined(parts: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut by_machine: Vec<Self> = Vec::new();
        for part in parts {
            match by_machine.iter_mut().find(|run| run.machine.key == part.machine.key) {
                Some(run) => run.take(part),
                None => by_machine.push(part),
            }
        }
        let parted = by_machine.len() > 1;
        let joined = by_machine.into_iter().map(|run| Self { parted, ..run });
        joined.map(Self::in_order).map(Self::seal).collect()
    }

    fn take(&mut self, part: Self) {
        self.started = self.started.min(part.started);
        self.partial |= part.partial;
        self.benchmarks.extend(part.benchmarks);
        self.unfinished.extend(part.unfinished);
    }

    fn in_order(mut self) -> Self {
        self.benchmarks.sort_by(|one, other| one.name.cmp(&other.name));
        self.unfinished.sort_by(|one, other| one.name.cmp(&other.name));
        self
    }
}
