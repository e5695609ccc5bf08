//! Processes that end with everything they started.

use process_wrap::std::{ChildWrapper, CommandWrap};
use std::io;
use std::process::Command;

/// Starts a process that leads a process group of its own on Unix, and has a job object of its own
/// on Windows: killing it ends everything that it started.
pub(crate) fn spawn(command: Command) -> io::Result<Box<dyn ChildWrapper>> {
    let mut command = CommandWrap::from(command);
    #[cfg(unix)]
    command.wrap(process_wrap::std::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::std::JobObject);
    command.spawn()
}

/// Ends what a process that has exited left running, and says whether there was anything, as far
/// as the system knows: a job object can be ended when nothing runs in it any more.
pub(crate) fn end_rest(child: &mut dyn ChildWrapper) -> bool {
    child.start_kill().is_ok()
}
