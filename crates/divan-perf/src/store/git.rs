//! Starts git without environment variables that name another repository.

use std::process::Command;
use xshell::Cmd;

/// Variables that git sets for its hooks and aliases, and that name their repository. This tool
/// always uses the repository of the measured workspace.
///
/// `git rev-parse --local-env-vars` lists them. `GIT_CONFIG_PARAMETERS` and `GIT_CONFIG_COUNT` are
/// not among these: they hold settings of `git -c` and credentials of CI runners.
pub(crate) const LOCAL_VARIABLES: [&str; 16] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Variables by which git ignores replacements and grafts. Only this clone has those, so they
/// would show another history than the shared one.
const WITHOUT_REPLACEMENTS: [(&str, &str); 2] =
    [("GIT_NO_REPLACE_OBJECTS", "1"), ("GIT_GRAFT_FILE", "")];

/// Settings by which git compares each file of the work tree, regardless of its configuration.
pub(super) const COMPARE_ALL_FILES: [&str; 10] = [
    "-c",
    "core.checkStat=default",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.ignoreStat=false",
    "-c",
    "core.trustctime=true",
    "-c",
    "core.untrackedCache=false",
];

/// The command, for the repository of its folder and without replacements.
pub(super) fn isolated(command: Cmd<'_>) -> Cmd<'_> {
    let command =
        LOCAL_VARIABLES.into_iter().fold(command, |command, name| command.env_remove(name));
    command.envs(WITHOUT_REPLACEMENTS)
}

/// Git as a process of the standard library, with the same environment.
pub(super) fn process() -> Command {
    let mut command = Command::new("git");
    clear_git_variables(&mut command).envs(WITHOUT_REPLACEMENTS);
    command
}

/// Removes the variables for a program that may start git itself.
pub(crate) fn clear_git_variables(command: &mut Command) -> &mut Command {
    for name in LOCAL_VARIABLES {
        command.env_remove(name);
    }
    command
}

/// A command of git, written as for [`xshell::cmd!`].
macro_rules! git {
    ($sh:expr, $command:literal) => {
        $crate::store::git::isolated(xshell::cmd!($sh, $command))
    };
}
pub(crate) use git;

#[cfg(test)]
mod tests {
    use super::super::base_commit::tests::{commit, git as run};
    use super::*;
    use std::fs;

    #[test]
    fn replacements_and_grafts_of_a_clone_are_not_read() {
        type CloneChange = fn(&std::path::Path);
        let changes: [(&str, CloneChange); 3] = [
            ("nothing", |_| {}),
            ("a replacement", |at| drop(run(at, &["replace", "HEAD", "HEAD~2"]))),
            ("a graft", |at| {
                let head = run(at, &["rev-parse", "HEAD"]);
                fs::create_dir_all(at.join(".git/info")).unwrap();
                fs::write(at.join(".git/info/grafts"), head).unwrap();
            }),
        ];
        for (what, change) in changes {
            let dir = tempfile::tempdir().unwrap();
            run(dir.path(), &["init", "--quiet"]);
            for message in ["first", "second", "third"] {
                commit(dir.path(), message);
            }
            change(dir.path());
            let sh = xshell::Shell::new().unwrap();
            sh.change_dir(dir.path());
            let count = git!(sh, "git rev-list --count HEAD").quiet().ignore_stderr().read();
            assert_eq!(count.unwrap(), "3", "{what}");
            let counted =
                process().args(["rev-list", "--count", "HEAD"]).current_dir(dir.path()).output();
            assert_eq!(counted.unwrap().stdout, b"3\n", "{what}");
        }
    }
}
