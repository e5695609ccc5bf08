//! Workspaces that cargo builds in other ways than by default: both sides of a comparison are built
//! in the same way, and benches find what `cargo bench` gives them.

use crate::project::Project;
use crate::tiny;
use std::env;
use std::fs;
use std::path::Path;

const WORKSPACE: &str = "[workspace]\nresolver = \"2\"\nmembers = [\"p\", \"shared\"]\n";

const MANIFEST: &str = r#"[package]
name = "p"
version = "1.2.3"
edition = "2021"

[features]
fast = []

[dependencies]
shared = { path = "../shared" }

[[bench]]
name = "speed"
harness = false
required-features = ["fast"]
"#;

const SHARED: &str =
    "[package]\nname = \"shared\"\nedition = \"2021\"\n[lib]\ncrate-type = [\"dylib\"]\n";

const SCRIPT: &str = "fn main() { println!(\"cargo:rustc-env=FROM_SCRIPT=yes\"); }";

/// Also the standard library is shared.
const CONFIG: &str = "build.rustflags = [\"-C\", \"prefer-dynamic\"]\n[env]\nDATA = { value = \"p/data.txt\", relative = true }\n";

/// Checks its surroundings before it prints its row.
const BENCH: &str = r#"
fn main() {
    let value = |name: &str| std::env::var(name).expect(name);
    assert_eq!(value("CARGO_PKG_NAME"), "p");
    assert_eq!(value("CARGO_PKG_VERSION_PATCH"), "3");
    assert_eq!(value("FROM_SCRIPT"), "yes");
    assert!(value("CARGO_MANIFEST_PATH").starts_with(&value("CARGO_MANIFEST_DIR")));
    assert!(std::path::Path::new(&value("CARGO")).is_absolute());
    let data = std::fs::read_to_string(value("DATA")).unwrap();
    assert_eq!(data, std::fs::read_to_string("data.txt").unwrap());
    std::hint::black_box(["DIVAN_SAMPLE_COUNT", "CPU timestamp counter is unavailable"]);
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return println!("speed::work: benchmark");
    }
    let at = |flag: &str| arguments.iter().position(|argument| argument == flag);
    let number = |flag: &str| at(flag).map_or(1, |at| arguments[at + 1].parse::<u64>().unwrap());
    let (size, count) = (number("--sample-size"), number("--sample-count"));
    let time = format!("{} ns", shared::nanoseconds());
    let head = ["fastest", "slowest", "median", "mean"].map(|name| format!("{name:<14}"));
    let cells = [&time; 4].map(|time| format!("{time:<14}"));
    println!("speed    {}│ samples │ iters", head.join("│ "));
    println!("╰─ work  {}│ {count:<8}│ {}", cells.join("│ "), size * count);
}
"#;

fn set_time(project: &Project, nanoseconds: u32) {
    let source = format!("#[inline(never)]\npub fn nanoseconds() -> u32 {{ {nanoseconds} }}\n");
    project.write("the wörkspace/shared/src/lib.rs", &source);
}

/// A workspace below the root of its repository, in a folder with a space and an umlaut.
fn project() -> Project {
    let project = Project::empty();
    let files = [
        ("Cargo.toml", WORKSPACE),
        (".cargo/config.toml", CONFIG),
        ("p/Cargo.toml", MANIFEST),
        ("p/build.rs", SCRIPT),
        ("p/src/lib.rs", ""),
        ("p/data.txt", "data"),
        ("p/benches/speed.rs", BENCH),
        ("shared/Cargo.toml", SHARED),
    ];
    for (path, text) in files {
        project.write(&format!("the wörkspace/{path}"), text);
    }
    set_time(&project, 1000);
    project.commit_all();
    project
}

#[test]
fn options_of_cargo_apply_to_both_sides_and_distinguish_runs() {
    let project = &project();
    let manifest = ["--manifest-path", "the wörkspace/Cargo.toml", "--launch-ms", "1"];
    let perf = |args: &[&str]| project.perf(&[&manifest, args].concat());
    let ended = perf(&["--no-record"]);
    ended.expect(2).says("the selected benches need features").says("perf --features fast");
    perf(&["--bench", "slow"]).expect(2).says("there is no bench target `slow`").says("speed");
    perf(&["-F", "fast"]).expect(0);
    let plain = project.report()["run"]["machine"].clone();
    assert_eq!((plain["features"].as_str(), plain.get("cargo_profile")), (Some("fast"), None));
    // Flags that git tracks belong to the commit.
    assert_eq!(plain["flags"], "");

    let budgets = r#"{"schema": 2, "cargo": {"features": ["fast"], "profile": "own"}}"#;
    project.write("the wörkspace/perf-budgets.json", budgets);
    let profile = "[profile.own]\ninherits = \"release\"\nopt-level = 1\n";
    project.write("the wörkspace/Cargo.toml", &format!("{WORKSPACE}{profile}"));
    perf(&["--no-record"]).expect(0).says("incomparable").says("cargo_profile");
    let machine = project.report()["run"]["machine"].clone();
    assert_eq!(machine["cargo_profile"], "own");
    assert_ne!(machine["key"], plain["key"]);

    set_time(project, 1300);
    let compare = ["--compare", "main", "--no-record"];
    let ended = perf(&compare);
    ended.expect(1).says("p/speed::work: regression").says("+30.0 %");
    ended.says("the base has no profile `own` and is built with that of the head");
    let config = "the wörkspace/.cargo/config.toml";
    project.write(config, &format!("{CONFIG}MORE = \"1\"\n"));
    let ended = perf(&[&compare[..], &["--no-default-features", "-F", "fast"]].concat());
    ended.expect(1).says("p/speed::work: regression");
    ended.says("base and head have different settings in cargo's configuration: `env.MORE`");
    assert_eq!(project.report()["run"]["machine"]["features"], "no default, fast");
}

/// A program that stands for one of rustup's proxies.
#[cfg(unix)]
fn shim(project: &Project, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    project.write(&format!("shims/{name}"), &format!("#!/bin/sh\n{script}\n"));
    let path = project.path().join("shims").join(name);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
#[cfg(unix)]
fn each_commit_is_built_by_the_compiler_that_rustup_chooses_for_it() {
    let project = &tiny::project(1000);
    let cargo = env!("CARGO");
    let rustc = Path::new(cargo).with_file_name("rustc");
    let others = Project::empty();
    shim(&others, "rustup", "test -z \"$RUSTUP_TOOLCHAIN\" && echo 'stable-x (default)'");
    shim(&others, "cargo", &format!("test -z \"$RUSTUP_TOOLCHAIN\" && exec {cargo} \"$@\""));
    let version = "rustc 9.9.9 (000000000 2026-01-01)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\nrelease: 9.9.9\n";
    let script = format!(
        "if test \"$*\" = -vV && test -e rust-toolchain.toml; then printf '{}'; exit; fi\nexec {} \"$@\"",
        version.replace('\n', "\\n"),
        rustc.display()
    );
    shim(&others, "rustc", &script);
    let shims = others.path().join("shims");
    let path =
        env::join_paths([shims].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())));
    let path = path.unwrap().into_string().unwrap();
    project.write("rust-toolchain.toml", "[toolchain]\nchannel = \"9.9.9\"\n");
    tiny::set_time(project, 1300);
    // As `cargo xtask` sets them where it was started.
    let set = [
        ("PATH", path.as_str()),
        ("CARGO", "/nonexistent/toolchains/stable-x/bin/cargo"),
        ("RUSTUP_TOOLCHAIN", "stable-x"),
        ("RUSTUP_TOOLCHAIN_SOURCE", "default"),
    ];
    let args = ["--compare", "main", "--no-record", "--launch-ms", "1"];
    let ended = project.perf_with(&args, &set);
    ended.expect(1).says("tiny/speed::work: regression");
    ended.says("each side is built by the compiler of its commit").says("the head by rustc 9.9.9");
    assert_eq!(project.report()["run"]["machine"]["rustc"], "9.9.9");
}
