//! Which build is counted.

use crate::project::Project;
use crate::tiny;
use perf_judge::run::{Measured, Quantity, Run};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// A reserved instruction that does nothing on a processor and that valgrind does not know, as long as
/// the build may not use AVX2. The loop has enough instructions to be counted.
const WORK: &str = r#"
fn work(iterations: u64) {
    #[cfg(not(target_feature = "avx2"))]
    unsafe { std::arch::asm!(".byte 0x0f, 0x18, 0xf8") };
    (0..iterations * 100).for_each(|n| { std::hint::black_box(n); });
}
"#;

fn has_note(project: &Project) -> bool {
    let notes = project.report()["notes"].to_string();
    notes.matches("counted in a second build for x86-64-v3").count() == 1
}

fn counted(project: &Project) -> Value {
    project.report()["rows"][0]["verdict"]["counts"]["instructions"].clone()
}

/// A commit that changes a page, and one that changes a file that the bench reads.
#[test]
fn a_run_of_the_same_executables_is_not_counted_again() {
    const NOTE: &str = "2 benchmarks were counted in an earlier run";
    if Command::new("valgrind").arg("--version").output().is_err() {
        return println!("NOT TESTED: no counts were kept: valgrind is not installed");
    }
    let project = Project::fixture("known-cost");
    let run = || {
        let args = ["--launch-ms", "5", "--filter", "checksum|sort", "--fail-on", "never"];
        let ended = project.perf(&args);
        let is_known = ended.expect(0).stdout.contains(NOTE);
        let runs = project.git(&["ls-tree", "-r", "--name-only", "gh-pages", "data/runs"]);
        let newest = runs.lines().next_back().unwrap();
        let run = Run::from_json(&project.git(&["show", &format!("gh-pages:{newest}")])).unwrap();
        let of = |measured: &Measured| measured.quantity(Quantity::Instructions).unwrap();
        (is_known, run.benchmarks.iter().map(of).collect::<Vec<f64>>())
    };
    let run_counted = || {
        let (is_known, instructions) = run();
        assert!(!is_known);
        instructions
    };
    let counted = run_counted();
    let mut earlier = vec![counted.clone()];
    project.write("notes.md", "It is fast.");
    project.commit_all();
    // Under load a run can choose samples of another size, whose counts are not known yet.
    let known = (0..5).find_map(|_| {
        let (is_known, instructions) = run();
        earlier.push(instructions.clone());
        is_known.then_some(instructions)
    });
    let (known, before) = (known.unwrap(), &earlier[..earlier.len() - 1]);
    for (at, instructions) in known.iter().enumerate() {
        assert!(
            before.iter().any(|run| run[at].to_bits() == instructions.to_bits()),
            "{known:?} of {before:?}"
        );
    }
    project.write("known-cost.txt", "checksum=50,sort=50\n");
    project.commit_all();
    let more = run_counted();
    assert!(more.iter().zip(&counted).all(|(more, before)| *more > 1.3 * before), "{more:?}");
    fs::remove_file(project.path().join("known-cost.txt")).unwrap();
    project.commit_all();
    assert!(run_counted().iter().zip(&more).all(|(now, before)| *now < 0.8 * before));
}

/// A run and a comparison of a bench for an old processor with an instruction that valgrind refuses.
#[test]
fn a_second_build_is_counted_if_valgrind_does_not_know_an_instruction() {
    let can_count = Command::new("valgrind").arg("--version").output().is_ok();
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) || !can_count {
        return eprintln!("not tested: valgrind is not installed");
    }
    let project = tiny::project(100);
    let bench = project
        .read("benches/speed.rs")
        .replace("    let time =", "    work(size * count);\n    let time =");
    project.write("benches/speed.rs", &(bench + WORK));
    project.write(".cargo/config.toml", "[build]\nrustflags = [\"-C\", \"target-cpu=nehalem\"]\n");
    let budget = r#"{"schema": 2, "budgets": {"most": {"benchmark": "work", "metric": "instructions", "target": 10000000}}}"#;
    project.write("perf-budgets.json", budget);
    project.commit_all();
    project.perf(&["--quick"]).expect(0);
    assert_eq!(project.report()["run"]["machine"]["counted_for"], "x86-64-v3");
    assert!(has_note(&project));
    // This bench reads no clock, so only the whole launch is known.
    let runs = project.git(&["ls-tree", "-r", "--name-only", "gh-pages", "data/runs"]);
    let run = Run::from_json(&project.git(&["show", &format!("gh-pages:{runs}")])).unwrap();
    assert!(run.benchmarks[0].quantity(Quantity::LaunchFaults).unwrap() > 0.0, "{run:?}");
    assert_eq!(run.benchmarks[0].quantity(Quantity::MinorFaults), None);
    tiny::set_time(&project, 200);
    project.perf(&["--counts-only", "--compare", "HEAD"]).expect(0);
    assert!(has_note(&project));
    let both = counted(&project);
    let (base, head) = (both["base"].as_f64().unwrap(), both["head"].as_f64().unwrap());
    assert!((head / base - 1.0).abs() < 0.01, "{both}");
    // Equal code of the other build proves nothing about the measured one.
    let compared = project.counting(&["--compare", "HEAD", "--launch-ms", "1", "--no-placement"]);
    compared.expect(1).says("timed are 1: another build was counted than the measured one");
    // A bench without a flag for the processor has no other build.
    project.write(".cargo/config.toml", "");
    project.perf(&["--quick"]).expect(3).says("valgrind does not know an instruction");
    assert!(!has_note(&project));
}
