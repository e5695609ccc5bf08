//! The runs of one workspace. A history can have runs of several.

use super::{History, NameTable, RunRow};
use crate::ident::{BenchmarkId, digest};
use crate::run::Run;
use std::collections::{BTreeMap, BTreeSet};

/// A workspace, by which its runs are found.
///
/// A run without a recorded workspace is of an earlier version of this tool. It belongs to the
/// workspace if one of its benchmarks is in one of the workspace's packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceRuns {
    path: Option<String>,
    packages: BTreeSet<String>,
    renamed: BTreeMap<BenchmarkId, BenchmarkId>,
}

impl WorkspaceRuns {
    /// The workspace at `path` in the repository with these `packages`. `renamed` has the current
    /// names of benchmarks by former ones.
    pub fn new(
        path: Option<String>,
        packages: BTreeSet<String>,
        renamed: BTreeMap<BenchmarkId, BenchmarkId>,
    ) -> Self {
        Self { path, packages, renamed }
    }

    /// Its path in the repository: `.` for the root, and `None` outside of a repository.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// A digest of all that decides which runs it has.
    pub fn key(&self) -> u64 {
        let renamed = self.renamed.iter().map(|(old, new)| format!("{old}\n{new}"));
        let parts = self.path.iter().chain(&self.packages).cloned().chain(renamed);
        digest(parts.collect::<Vec<_>>().join("\n").as_bytes())
    }

    /// Whether a measurement is of this workspace: one at `path` of these benchmarks.
    pub fn has<'a>(
        &self,
        path: Option<&str>,
        mut benchmarks: impl Iterator<Item = &'a BenchmarkId>,
    ) -> bool {
        if let (Some(path), Some(own)) = (path, &self.path) {
            return path == own;
        }
        let Some(first) = benchmarks.next() else { return true };
        let mut benchmarks = [first].into_iter().chain(benchmarks);
        benchmarks
            .any(|name| self.packages.contains(self.renamed.get(name).unwrap_or(name).package()))
    }

    /// Whether a run is of this workspace. An imported run has names of another tool, and no verdict
    /// uses it, so it is of every workspace.
    pub fn has_run(&self, run: &Run) -> bool {
        let measured = run.benchmarks.iter().map(|measured| &measured.name);
        let names = measured.chain(run.unfinished.iter().map(|unfinished| &unfinished.name));
        run.origin.is_some() || self.has(run.workspace.as_deref(), names)
    }

    /// The same for a line of a day index, whose columns are `names`.
    pub fn has_row(&self, row: &RunRow, names: &NameTable) -> bool {
        row.imported || self.has(row.workspace.as_deref(), names.list().iter())
    }
}

impl History {
    /// The runs of a workspace, and the other runs.
    #[must_use]
    pub fn split_by_workspace(self, workspace: &WorkspaceRuns) -> [Self; 2] {
        let (own, others) = self.runs.into_iter().partition(|(_, run)| workspace.has_run(run));
        [Self { runs: own }, Self { runs: others }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::{measured, run};

    fn workspace() -> WorkspaceRuns {
        let packages = ["core", "cli"].map(str::to_owned).into();
        let renamed = [("old/b::c".into(), "core/b::c".into())].into();
        WorkspaceRuns::new(Some("tools/a".to_owned()), packages, renamed)
    }

    #[test]
    fn a_run_is_of_the_workspace_at_its_path_or_else_of_its_packages() {
        let cases: [(Option<&str>, &[&str], bool); 10] = [
            (Some("tools/a"), &["core/b::c"], true),
            (Some("tools/a"), &["other/b::c"], true),
            (Some("tools/b"), &["core/b::c"], false),
            (Some("."), &["core/b::c"], false),
            (None, &["core/b::c"], true),
            (None, &["other/b::c", "cli/b::c"], true),
            (None, &["other/b::c", "core2/b::c", "core"], true),
            (None, &["other/b::c", "core2/b::c"], false),
            (None, &["old/b::c"], true),
            (None, &[], true),
        ];
        for (path, names, expected) in cases {
            let benchmarks = names.iter().map(|name| measured(name, 1.0)).collect();
            let run = Run { workspace: path.map(str::to_owned), ..run(3, benchmarks) }.with_id();
            assert_eq!(workspace().has_run(&run), expected, "{path:?} {names:?}");
            let row = RunRow::of(&run);
            assert_eq!(workspace().has_row(&row, &NameTable::of(&run)), expected, "{names:?}");
            let imported = Run { origin: Some("other".to_owned()), ..run.clone() };
            assert!(workspace().has_run(&imported));
            let [own, others] = History::from_iter([run]).split_by_workspace(&workspace());
            assert_eq!((own.len(), others.len()), if expected { (1, 0) } else { (0, 1) });
        }
    }

    #[test]
    fn the_workspace_is_a_part_of_a_runs_file_only_where_it_is_known() {
        let old = run(3, vec![measured("a/b::c", 1.0)]);
        assert!(!old.to_json().contains("workspace"));
        let new = Run { workspace: Some(".".to_owned()), ..old.clone() }.with_id();
        assert_ne!(new.id, old.id);
        assert_eq!(Run::verified(&new.to_json()).unwrap(), new);
    }
}
