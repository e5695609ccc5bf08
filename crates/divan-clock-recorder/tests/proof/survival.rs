//! However a process ends, it does as without the tap, and its recording can be read or says why not.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{Run, Tap, bench_executable};
use divan_output::Launch;
use divan_output::samples::{
    Event, OUT_VARIABLE, RECORDS_VARIABLE, Recording, RecordingError, Sizing,
};

const ROOM: &str = "100000,1000";

fn odd(tap: &Tap, name: &str, records: &str) -> Run {
    let executable = bench_executable("odd-benches", "odd");
    let name = format!("odd::{name}");
    let launch =
        Launch { name: &name, sample_size: Some(1), sample_count: Some(20), max_time: None };
    tap.run_command(Command::new(executable).args(launch.arguments()), records)
}

fn shell(tap: &Tap, script: &str) -> Run {
    tap.run_command(Command::new("sh").args(["-c", script]), ROOM)
}

#[test]
fn a_panic_keeps_its_status_and_its_recording() {
    let run = odd(&Tap::build(), "panics", ROOM);
    assert_eq!(run.status.code(), Some(101));
    let recording = Recording::parse(&run.recording).unwrap();
    assert!(recording.events.len() > 800 && recording.cpu_ns.is_some());
}

#[test]
fn an_exit_keeps_its_status_and_its_totals() {
    let run = odd(&Tap::build(), "exits", ROOM);
    assert_eq!(run.status.code(), Some(3));
    assert!(Recording::parse(&run.recording).unwrap().cpu_ns.is_some());
}

#[test]
fn a_killed_process_leaves_what_it_recorded_but_no_totals() {
    let tap = Tap::build();
    let mut child = Command::new(bench_executable("odd-benches", "odd"))
        .args(["--bench", "--exact", "--", "odd::hangs"])
        .env("LD_PRELOAD", tap.library())
        .env(OUT_VARIABLE, tap.recording_path())
        .env(RECORDS_VARIABLE, ROOM)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let calibrated = wait_for_events(&tap.recording_path(), 800);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(calibrated, "no calibration seen");
    let recording = Recording::parse(&fs::read(tap.recording_path()).unwrap()).unwrap();
    assert_eq!((recording.cpu_ns, recording.peak_rss_bytes), (None, None));
}

/// Whether the file comes to hold so many events before long.
fn wait_for_events(path: &Path, count: usize) -> bool {
    (0..600).any(|_| {
        thread::sleep(Duration::from_millis(50));
        let recording = fs::read(path).ok().and_then(|bytes| Recording::parse(&bytes).ok());
        recording.is_some_and(|recording| count <= recording.events.len())
    })
}

#[test]
fn the_memory_of_a_process_that_was_waited_for_counts() {
    // Unlike a plain shell, bash ends in order, so that it leaves its totals.
    let script = "dd if=/dev/zero of=/dev/null bs=60M count=1 2>&1; true";
    let run = Tap::build().run_command(Command::new("bash").args(["-c", script]), ROOM);
    assert!(run.status.success());
    let bytes = Recording::parse(&run.recording).unwrap().peak_rss_bytes.unwrap();
    assert!((60_000_000..200_000_000).contains(&bytes), "{bytes}");
}

#[test]
fn an_abort_leaves_a_readable_recording() {
    let run = shell(&Tap::build(), "kill -ABRT $$");
    assert_eq!(run.status.code(), None);
    assert_eq!(Recording::parse(&run.recording).unwrap().cpu_ns, None);
}

#[test]
fn too_little_room_is_visible_and_harms_nobody() {
    let run = odd(&Tap::build(), "sound", "100,100");
    assert!(run.status.success() && run.stdout.contains("sound"));
    let error = Recording::parse(&run.recording).unwrap_err();
    let RecordingError::Overflowed { wanted, capacity: 100 } = error else { panic!("{error}") };
    assert!(wanted > 840, "{wanted}");
}

#[test]
fn a_wrong_size_records_nothing_and_harms_nobody() {
    for records in ["", "1000", "5,10", "a,b", "99999999999999999,1"] {
        let run = odd(&Tap::build(), "sound", records);
        assert!(run.status.success() && run.recording.is_empty(), "{records:?}");
    }
}

#[test]
fn an_existing_file_is_left_alone() {
    let tap = Tap::build();
    fs::write(tap.recording_path(), "somebody's").unwrap();
    let status = Command::new("true")
        .env("LD_PRELOAD", tap.library())
        .env(OUT_VARIABLE, tap.recording_path())
        .env(RECORDS_VARIABLE, ROOM)
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(fs::read_to_string(tap.recording_path()).unwrap(), "somebody's");
}

#[test]
fn what_the_process_starts_does_not_know_of_the_tap() {
    let run = shell(&Tap::build(), "env; true");
    assert!(run.stdout.contains("PATH="), "{}", run.stdout);
    for variable in [OUT_VARIABLE, RECORDS_VARIABLE, "LD_PRELOAD"] {
        assert!(!run.stdout.contains(variable), "{}", run.stdout);
    }
}

#[test]
fn a_fork_does_not_record() {
    let run = shell(&Tap::build(), "(echo a long line of the child); echo me");
    assert_eq!(run.stdout, "a long line of the child\nme\n");
    // Some shells write by other ways than `write`; then there is nothing at all.
    let events = Recording::parse(&run.recording).unwrap().events;
    let own = |event: &Event| !matches!(event, Event::Stdout { bytes } if *bytes != 3);
    assert!(events.iter().all(own), "{events:?}");
}

#[test]
fn the_size_of_a_launch_suffices() {
    let executable = bench_executable("divan-shapes", "shapes");
    let name = "shapes::meddling::clock_in_body";
    let launch = Launch { name, sample_size: Some(16), sample_count: Some(500), max_time: None };
    let arguments = launch.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = Tap::build().run(executable, &arguments, Sizing::of_launch(16, 500, 1));
    let recording = Recording::parse(&run.recording).unwrap();
    assert!(recording.events.len() > 2 * 16 * 500);
}
