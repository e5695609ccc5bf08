//! The time from typing a command until the program has answered.

use std::process::{Command, Stdio};

use divan::Bencher;

fn main() {
    divan::main();
}

/// Spawns the program as built for release and waits until it has said its version.
#[divan::bench]
fn startup(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        let status = Command::new(env!("CARGO_BIN_EXE_cuepoint"))
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        assert!(status.is_ok_and(|status| status.success()), "the program did not start");
    });
}
