//! `perf profile`: the functions of a benchmark, their flame graph, and what changed.

use crate::project::Project;
use std::path::PathBuf;
use std::process::Command;

/// A head that does half as much work again.
const HEAD: &str = "//! The head.
pub const BY_PLACEMENT: [u32; 2] = [10_000, 15_000];
pub const BY_CODE: u32 = 15_000;
#[inline(never)]
pub fn unrelated() -> u32 {
    std::hint::black_box(1)
}
";

#[test]
fn a_profile_names_inlined_functions_and_what_changed() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return println!("NOT TESTED: no benchmark was profiled: valgrind is not installed");
    }
    let project = Project::fixture("placement");
    project.git(&["checkout", "--quiet", "-b", "slower"]);
    project.write("src/units.rs", HEAD);
    project.commit_all();
    let profile =
        |args: &[&str]| project.task(&[&["profile"], args, &["--output", "out"]].concat());
    profile(&["by_cod"]).expect(2).says("there is no benchmark `by_cod`").says("by_code");
    let own = profile(&["by_code", "--memory"]);
    own.expect(0).says("in this checkout").says("code_placement::work").says(".html");
    let changed = profile(&["placed::by_code", "--compare", "main"]);
    changed
        .expect(0)
        .says("the merge base with main")
        .says("(+50.0 %)")
        .says("code_placement::work");
    let files = project.path().join("out/profiles");
    let read = |extension: &str| {
        let files = std::fs::read_dir(&files).unwrap().map(|file| file.unwrap().path());
        let mut own = files.filter(|path| path.to_str().unwrap().ends_with(extension));
        std::fs::read_to_string(own.next().unwrap()).unwrap()
    };
    let picture = read(".svg");
    assert!(picture.contains("code_placement::work") && picture.contains("counted by callgrind"));
    assert!(!picture.contains("href=\"http") && !picture.contains("src=\"http"));
    assert!(read(".html").contains("type=\"image/svg+xml\""));
    let json: serde_json::Value = serde_json::from_str(&read(".json")).unwrap();
    let [base, head] = [0, 1].map(|side| json["instructions"][side].as_f64().unwrap());
    assert!((1.45..1.51).contains(&(head / base)), "{base} and {head}");
    let args = ["--compare", "main", "--launch-ms", "5", "--filter", "by_code", "--no-record"];
    project.perf(&args).expect(1).says("flame graphs: out/flame-graphs");
    let drawn = std::fs::read_dir(project.path().join("out/flame-graphs")).unwrap();
    let drawn: Vec<PathBuf> = drawn.map(|file| file.unwrap().path()).collect();
    let [picture] = drawn.as_slice() else { panic!("{drawn:?}") };
    let picture = std::fs::read_to_string(picture).unwrap();
    assert!(picture.contains("red: more than in the base"), "{picture}");
    let report: serde_json::Value = serde_json::from_str(&project.read("out/report.json")).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let [frame] =
        &rows.iter().filter_map(|row| row["calls"]["frames"].get(0)).collect::<Vec<_>>()[..]
    else {
        panic!("one benchmark changed: {report}")
    };
    let [base, head] = [0, 1].map(|side| frame["total"][side].as_f64().unwrap());
    assert!(head > base && base > 0.0, "{frame}");
}
