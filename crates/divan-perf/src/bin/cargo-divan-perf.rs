//! `cargo divan-perf`: the command as an installed program, for workspaces without an xtask.

use std::process::ExitCode;

fn main() -> ExitCode {
    divan_perf::run_as_cargo_command()
}
