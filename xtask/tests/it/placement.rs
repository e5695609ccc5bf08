//! Changes that the placement of code explains are not reported as changes.

use crate::project::{Project, quiet_machine};
use serde_json::Value;
use std::fs;

const ARGS: [&str; 7] =
    ["--compare", "main", "--launch-ms", "5", "--no-counts", "--format", "json"];
/// Slower in the order of the linker, and in no other one. A further function changes the other orders.
const HEAD: &str = r#"//! The head.
pub const BY_PLACEMENT: [u32; 2] = [15_000, 10_000];
pub const BY_CODE: u32 = 15_000;
#[inline(never)]
pub fn unrelated() -> u32 {
    std::hint::black_box(more())
}
#[inline(never)]
fn more() -> u32 {
    std::hint::black_box(3)
}
"#;

fn verdict<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rows = report["rows"].as_array().unwrap();
    let is_of = |row: &&Value| row["verdict"]["name"].as_str().unwrap().ends_with(name);
    &rows.iter().find(is_of).unwrap()["verdict"]
}

/// What is left of further links.
fn left_over(project: &Project) -> Vec<String> {
    let folders = fs::read_dir(project.target_dir()).unwrap().flatten();
    let deps = folders.map(|folder| folder.path().join("release/deps"));
    let files = deps.flat_map(|deps| fs::read_dir(deps).into_iter().flatten().flatten());
    let names = files.map(|file| file.file_name().into_string().unwrap());
    names.filter(|name| name.contains(".order-") || name.contains(".measured")).collect()
}

#[test]
fn a_change_of_placement_fails_no_check_and_one_of_the_code_does() {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return println!("NOT TESTED: the usual linker orders no functions here");
    }
    let _quiet = quiet_machine();
    let project = Project::fixture("placement");
    project.git(&["checkout", "--quiet", "-b", "slower"]);
    project.write("src/units.rs", HEAD);
    project.commit_all();
    let ended = project.perf(&ARGS);
    ended.expect(1);
    let report = project.report();
    let (placed, code) = (verdict(&report, "::by_placement"), verdict(&report, "::by_code"));
    assert_ne!(placed["state"], "regression", "{placed}");
    let reason = placed["reason"].as_str().unwrap();
    assert!(reason.starts_with("code placement: "), "{reason}");
    assert_eq!((&code["state"], &code["severity"]), (&"regression".into(), &"critical".into()));
    let reason = code["reason"].as_str().unwrap();
    assert!(reason.contains("as built, ") && !reason.contains("placement"), "{reason}");
    assert_eq!(left_over(&project), [""; 0]);
    let explained = project.task(&["explain", "by_placement", "--output", "out"]);
    explained.expect(0).says("functions in random orders").says("20 pairs");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
#[ignore = "compiles Divan twice: `cargo xtask ci --nightly` runs it"]
fn a_linker_that_orders_no_functions_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let _quiet = quiet_machine();
    let project = Project::fixture("placement");
    // The GNU linker has no such option.
    let folder = project.path().join("bin");
    fs::create_dir(&folder).unwrap();
    let linker = folder.join("refusing-linker");
    project.write(
        "bin/refusing-linker",
        "#!/bin/sh\ncase \"$*\" in *shuffle-sections*) echo \"unknown option\" >&2; exit 1;; esac\nexec cc \"$@\"\n",
    );
    fs::set_permissions(&linker, fs::Permissions::from_mode(0o755)).unwrap();
    project.write(
        ".cargo/config.toml",
        &format!("[target.x86_64-unknown-linux-gnu]\nlinker = \"{}\"\n", linker.display()),
    );
    project.commit_all();
    project.git(&["checkout", "--quiet", "-b", "slower"]);
    project.write("src/units.rs", HEAD);
    project.commit_all();
    let ended = project.perf(&ARGS[..5]);
    ended.expect(1).says("code placement was not checked, so it may explain a change");
    assert_eq!(left_over(&project), [""; 0]);
    // A linker during which a file of the checkout is edited. Otherwise it works.
    let edited = project.path().join("src/lib.rs");
    project.write(
        "bin/refusing-linker",
        &format!(
            "#!/bin/sh\ncase \"$*\" in *shuffle-sections*) echo '// edited' >> '{}';; esac\nexec cc \"$@\"\n",
            edited.display()
        ),
    );
    let ended = project.perf(&ARGS[..5]);
    ended.expect(1).says("files were changed since the build");
    // What was linked from the edited file is not taken for the current one.
    let measured = project.perf(&[&ARGS[..5], &["--no-skip"]].concat());
    measured.expect(1);
}
