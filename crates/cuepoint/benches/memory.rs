//! The memory that a user's machine needs.

use std::env::{current_exe, var_os};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use cuepoint_fixtures::{CatalogueSpec, LibrarySpec};
use divan::Bencher;

mod inputs;

use inputs::{Inputs, catalogue_in, write_inputs};

/// Names the folder for the inputs, in a process that only generates them.
const PREPARE: &str = "CUEPOINT_BENCH_PREPARE";

fn main() {
    match var_os(PREPARE) {
        Some(folder) => {
            let library = LibrarySpec::of(5_000);
            write_inputs(folder.as_ref(), CatalogueSpec { library, entries: 20_000 });
        }
        None => divan::main(),
    }
}

/// Matches a library of 5,000 tracks. What counts is the peak of the program's resident memory
/// rather than the time.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn memory_typical(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::new();
    prepare(inputs.folder());
    bencher.bench_local(|| {
        let status = inputs.matching().status();
        assert!(status.is_ok_and(|status| status.success()), "the program did not do its work");
    });
}

/// Has another process generate the inputs, which takes more memory than matching them.
///
/// That process is not waited for: the peak of those that are counts as this benchmark's.
#[expect(clippy::zombie_processes, reason = "a process that is waited for would count")]
fn prepare(folder: &Path) {
    let own = current_exe().expect("a running program has a path");
    let mut generator = Command::new(own);
    let _not_waited_for = generator.env(PREPARE, folder).spawn().expect("the program starts again");
    for _ in 0..6_000 {
        if catalogue_in(folder).exists() {
            return;
        }
        sleep(Duration::from_millis(10));
    }
    panic!("the inputs were not generated within a minute");
}
