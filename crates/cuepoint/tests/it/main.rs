//! The program as it is typed, with its output and exit status.

mod daily;
mod library;
mod matching;
mod project;

use std::path::Path;
use std::process::{Command, Output};

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rekordbox");
    folder.join(name).to_str().expect("a UTF-8 path").to_owned()
}

fn cuepoint(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cuepoint")).args(args).output().expect("the program starts")
}

#[track_caller]
fn succeeded(args: &[&str]) -> String {
    let output = cuepoint(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*stderr), (Some(0), ""), "{args:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What the program says on standard error when it ends with `status` and no other output.
#[track_caller]
fn failed(args: &[&str], status: i32) -> String {
    let output = cuepoint(args);
    assert_eq!(output.status.code(), Some(status), "{args:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{args:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}
