//! The launcher of a measurement, with the library that records the clock.

use crate::args::MeasureArgs;
use crate::bench::{ClockRecorder, Launcher, Workspace};
use crate::environment;
use crate::interrupt::Interrupt;
use anyhow::Result;
use std::time::Duration;

/// The launcher of all processes of a measurement. `workspace` is that of the checkout.
pub(super) fn new_launcher(
    workspace: &Workspace,
    args: &MeasureArgs,
    interrupt: &Interrupt,
    notes: &mut Vec<String>,
) -> Result<Launcher> {
    let rustc = workspace.toolchain.version()?;
    let clock_recorder = clock_recorder(workspace, &environment::rustc_name(&rustc), notes);
    let limit = Duration::from_secs(args.launch_timeout.into());
    Launcher::new(clock_recorder, limit, interrupt.clone())
        .with_copies(&workspace.target_dir.join("perf/launched"))
}

fn clock_recorder(
    workspace: &Workspace,
    rustc: &str,
    notes: &mut Vec<String>,
) -> Option<ClockRecorder> {
    match ClockRecorder::prepare(&workspace.target_dir.join("perf/clock_recorder"), rustc) {
        Ok(clock_recorder) => Some(clock_recorder),
        Err(error) => {
            notes.push(recorder_note(&format!("{error:#}")));
            None
        }
    }
}

/// What is missing without the clock recorder. It is the only note on other systems than Linux, where
/// valgrind cannot be used either.
fn recorder_note(reason: &str) -> String {
    let missing = if cfg!(target_os = "linux") {
        "percentiles and counted allocations"
    } else {
        "percentiles, instructions and counted allocations"
    };
    format!(
        "no {missing}, because the clock recorder cannot be used: {reason}. Processor time, page faults and context switches are those of whole launches"
    )
}
