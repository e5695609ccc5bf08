//! A bench of one benchmark that prints its time instead of measuring: its package has no
//! dependencies and builds in a moment.

use crate::project::Project;

const MANIFEST: &str = r#"[package]
name = "tiny"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[[bench]]
name = "speed"
harness = false
"#;

/// Divan's listing and its table, with the time that the library names.
const BENCH: &str = r#"
fn main() {
    std::hint::black_box("DIVAN_SAMPLE_COUNT");
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return println!("speed::work: benchmark");
    }
    let value = |flag: &str, otherwise: u64| {
        let at = arguments.iter().position(|argument| argument == flag);
        at.map_or(otherwise, |at| arguments[at + 1].parse().unwrap())
    };
    let (size, count) = (value("--sample-size", 1), value("--sample-count", 100));
    let time = format!("{} ns", tiny::nanoseconds());
    let head = ["fastest", "slowest", "median", "mean"].map(|name| format!("{name:<14}"));
    let cells = [&time; 4].map(|time| format!("{time:<14}"));
    println!("speed    {}│ samples │ iters", head.join("│ "));
    println!("╰─ work  {}│ {count:<8}│ {}", cells.join("│ "), size * count);
}
"#;

/// The package whose benchmark takes `nanoseconds`, committed on `main`.
pub(crate) fn project(nanoseconds: u32) -> Project {
    let project = Project::empty();
    project.write("Cargo.toml", MANIFEST);
    project
        .write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"tiny\"\nversion = \"0.0.0\"\n");
    project.write("benches/speed.rs", BENCH);
    set_time(&project, nanoseconds);
    project.commit_all();
    project
}

/// Lets the benchmark take `nanoseconds`, uncommitted.
pub(crate) fn set_time(project: &Project, nanoseconds: u32) {
    let body = format!("pub fn nanoseconds() -> u32 {{\n    {nanoseconds}\n}}\n");
    project.write("src/lib.rs", &body);
}
