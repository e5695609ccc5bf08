//! Processes that end with everything they started.

use std::io;
use std::process::{Child, Command, Stdio};

/// Lets the process lead a group of its own, on Unix.
#[cfg(unix)]
pub(crate) fn lead(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
pub(crate) fn lead(_: &mut Command) {}

/// Ends the process and, on Unix, everything in its group.
pub(crate) fn end(child: &mut Child) -> io::Result<()> {
    if cfg!(unix) {
        // The standard library ends one process only; the command ends the group.
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    }
    let _ = child.kill();
    child.wait().map(drop)
}
