//! Processes that end together with their child processes.

use process_usage::{ProcessUsage, UsageMeter};
use process_wrap::std::{ChildWrapper, CommandWrap};
use std::io;
use std::process::Command;

/// Starts a process in a process group of its own on Unix, and in a job object of its own on
/// Windows. Killing it ends its child processes too.
pub(crate) fn spawn(command: Command) -> io::Result<Box<dyn ChildWrapper>> {
    let mut command = CommandWrap::from(command);
    #[cfg(unix)]
    command.wrap(process_wrap::std::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::std::JobObject);
    command.spawn()
}

/// What a process used that was started after `meter` and has ended.
pub(crate) fn usage(meter: UsageMeter, child: &dyn ChildWrapper) -> Option<ProcessUsage> {
    #[cfg(unix)]
    let (_, usage) = (child, meter.end());
    #[cfg(windows)]
    let usage = meter.end(child.process_handle()?);
    usage
}

/// Kills the child processes of a process that has exited. Returns whether there were any; on Windows
/// this can be `true` although there were none.
pub(crate) fn end_rest(child: &mut dyn ChildWrapper) -> bool {
    child.start_kill().is_ok()
}
