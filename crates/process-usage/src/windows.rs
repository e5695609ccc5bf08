//! What the handle of a process reports.

use crate::usage::ProcessUsage;
use std::os::windows::io::{AsRawHandle as _, BorrowedHandle};
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::ProcessStatus::{GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::GetProcessTimes;

pub(crate) fn of_ended(process: BorrowedHandle<'_>) -> Option<ProcessUsage> {
    let [_, _, kernel, user] = times(process)?;
    Some(ProcessUsage {
        user_ns: nanoseconds(user),
        system_ns: nanoseconds(kernel),
        page_faults: page_faults(process)?,
        context_switches: None,
    })
}

/// The times of creation and exit, then those in the kernel and in the program.
fn times(process: BorrowedHandle<'_>) -> Option<[FILETIME; 4]> {
    let mut times = [FILETIME::default(); 4];
    let [created, exited, kernel, user] = times.each_mut().map(|time| &raw mut *time);
    // SAFETY: the handle is open while it is borrowed, and the four times can be written.
    let ok = unsafe { GetProcessTimes(process.as_raw_handle(), created, exited, kernel, user) };
    (ok != 0).then_some(times)
}

fn page_faults(process: BorrowedHandle<'_>) -> Option<u64> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let size = u32::try_from(size_of::<PROCESS_MEMORY_COUNTERS>()).ok()?;
    // SAFETY: the handle is open while it is borrowed, and `size` bytes can be written.
    let ok = unsafe { GetProcessMemoryInfo(process.as_raw_handle(), &raw mut counters, size) };
    (ok != 0).then(|| counters.PageFaultCount.into())
}

/// Windows counts units of 100 ns.
fn nanoseconds(time: FILETIME) -> u64 {
    ((u64::from(time.dwHighDateTime) << 32) | u64::from(time.dwLowDateTime)) * 100
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::windows::io::AsHandle as _;
    use std::process::Command;

    #[test]
    fn an_ended_child_reports_what_it_used() {
        let mut child = Command::new("cmd").args(["/C", "exit"]).spawn().unwrap();
        child.wait().unwrap();
        assert!(of_ended(child.as_handle()).unwrap().page_faults > 0);
    }
}
