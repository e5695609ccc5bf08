//! Starting the command line.

use std::process::Command;

fn main() {
    divan::main();
}

/// The real program, built as users get it, from start to end.
#[divan::bench]
fn startup() -> bool {
    let output = Command::new(env!("CARGO_BIN_EXE_cuepoint")).arg("--version").output();
    let output = output.unwrap_or_else(|error| panic!("cuepoint cannot be started: {error}"));
    assert!(output.status.success(), "cuepoint --version fails");
    output.stdout.is_empty()
}
