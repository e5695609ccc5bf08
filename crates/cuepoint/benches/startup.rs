//! The time from typing a command until the program has answered.

use std::process::{Command, Stdio};

use cuepoint_fixtures::{CatalogueSpec, LibrarySpec};
use divan::Bencher;

mod inputs;

use inputs::{Inputs, program, write_inputs};

fn main() {
    divan::main();
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "the program did not do its work");
}

/// Spawns the program as built for release; it opens a catalogue of 20,000 tracks and finds one
/// track in it.
#[divan::bench]
fn startup(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::new();
    let library = LibrarySpec::of(1);
    write_inputs(inputs.folder(), CatalogueSpec { library, entries: 20_000 });
    bencher.bench_local(|| run(&mut inputs.matching()));
}

/// Only says its version.
#[divan::bench]
fn startup_version(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| run(program().arg("--version")));
}
