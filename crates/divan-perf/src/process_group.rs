//! Processes that end together with their child processes.

use process_wrap::std::{ChildWrapper, CommandWrap};
use std::io;
use std::process::Command;

/// Starts a process as the leader of a new process group on Unix, or in a new job object on Windows.
///
/// Killing it also ends its child processes.
pub(crate) fn spawn(command: Command) -> io::Result<Box<dyn ChildWrapper>> {
    let mut command = CommandWrap::from(command);
    #[cfg(unix)]
    command.wrap(process_wrap::std::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::std::JobObject);
    command.spawn()
}

/// Ends the child processes that an exited process left running. Returns whether there were any.
///
/// On Windows it is always true, as an empty job object can be ended too.
pub(crate) fn end_rest(child: &mut dyn ChildWrapper) -> bool {
    child.start_kill().is_ok()
}
