//! Git, without variables that name another repository.

use std::process::Command;
use xshell::Cmd;

/// Variables that git sets for its hooks and aliases, and that name their repository. This tool works
/// on the repository of the workspace that it was given, wherever it was started.
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

/// The command, which takes the repository of its folder.
pub(super) fn of_its_folder(command: Cmd<'_>) -> Cmd<'_> {
    LOCAL_VARIABLES.into_iter().fold(command, |command, name| command.env_remove(name))
}

/// The same, of the standard library: for git, and for programs that may start it.
pub(crate) fn forget_outer_repository(command: &mut Command) -> &mut Command {
    for name in LOCAL_VARIABLES {
        command.env_remove(name);
    }
    command
}

/// A command of git, written as for [`xshell::cmd!`].
macro_rules! git {
    ($sh:expr, $command:literal) => {
        $crate::store::git::of_its_folder(xshell::cmd!($sh, $command))
    };
}
pub(crate) use git;
