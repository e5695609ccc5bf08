//! Settings that cannot be followed end every command before anything is built or written.

use crate::project::{Ended, Project};
use std::fs;
use std::process::Command;

const FILE: &str = "perf-budgets.json";

fn accept(project: &Project, args: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    Ended::of(command.current_dir(project.path()).args(["perf", "accept"]).args(args))
}

#[test]
fn a_file_that_is_no_settings_is_an_error_at_its_place() {
    let project = Project::committed();
    let cases: [(&[u8], &str); 9] = [
        (b"", ":1:1: the file is empty"),
        (b"[]", ":1:1: the file is not an object"),
        (b"\xef\xbb\xbf{\"schema\": 1}", ":1:1: the file begins with a byte order mark"),
        (b"\xff\xfe{\0", ":1:1: the byte 0xff is not UTF-8"),
        (b"{\"schema\": 1,\n \"\xc3\xbc\xc0\": 1}", ":2:4: the byte 0xc0 is not UTF-8"),
        (
            b"{\"schema\": 1, \"budgets\": {\n  \"x\": {\"benchmark\": \"a\", \"target_ms\": 1e308}}}",
            ":2:40: budget `x`: `target_ms` is 1e308",
        ),
        (b"{\"schema\": 1, \"renamed\": {\"a\": \"a\"}}", ":1:32: renamed: `a` is renamed to itself"),
        (
            b"{\"schema\": 1, \"base_branches\": [\"-f\"]}",
            ":1:33: `-f` cannot be a base branch",
        ),
        (
            b"{\"schema\": 1, \"history\": {\"folder\": \"a/../b\"}}",
            ":1:37: the history cannot be in the folder `a/../b`",
        ),
    ];
    for (contents, said) in cases {
        fs::write(project.path().join(FILE), contents).unwrap();
        project.budgets(&["check"]).expect(2).says(&format!("{FILE}{said}"));
    }
    let said = format!("{FILE}:1:37: ");
    project.perf(&["--no-record"]).expect(2).says(&said);
    project.perf(&["--compare", "main"]).expect(2).says(&said);
    project.history(&["list"]).expect(2).says(&said);
    project.site(&[]).expect(2).says(&said);
    accept(&project, &["a/b::c", "--reason", "x", "--max-change", "9"]).expect(2).says(&said);
    assert_eq!(project.read(FILE).as_bytes(), cases[8].0);
    project.git(&["rev-parse", "--verify", "--quiet", "HEAD"]);
    // The tests' own link to the clock recorder is all: nothing was built.
    let built = fs::read_dir(project.path().join("target")).unwrap().map(Result::unwrap);
    assert_eq!(built.map(|entry| entry.file_name()).collect::<Vec<_>>(), ["perf"]);
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_not_read() {
    use std::os::unix::fs::symlink;
    let project = Project::committed();
    let path = project.path().join(FILE);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let commands = |said: &str| {
        project.budgets(&["check"]).expect(2).says(said);
        project.perf(&["--no-record"]).expect(2).says(said);
        accept(&project, &["a/b::c", "--reason", "x", "--max-change", "9"]).expect(2).says(said);
    };
    commands("perf-budgets.json: it is not a regular file");
    fs::remove_file(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    commands("perf-budgets.json: it is not a regular file");
    fs::remove_file(&path).unwrap();
    symlink("nothing", &path).unwrap();
    commands("perf-budgets.json: it is a broken link");
    fs::remove_file(&path).unwrap();
    fs::File::create(&path).unwrap().set_len(5 << 20).unwrap();
    commands("perf-budgets.json: it has more than 4.194 MB");
    let history = |args: &[&str], said| project.history(args).expect(2).says(said).status;
    fs::remove_file(&path).unwrap();
    history(&["import", "/dev/zero"], "/dev/zero: it is not a regular file");
    history(&["add", "/dev/zero"], "/dev/zero: it is not a regular file");
}

#[test]
fn options_that_git_would_not_take_are_named() {
    let project = Project::committed();
    let cases: [(&[&str], &str); 14] = [
        (&["--branch", ""], "'--branch <NAME>': it is empty"),
        (&["--branch=-f"], "'--branch <NAME>': a part of it begins with `-`"),
        (&["--branch", "a.lock"], "'--branch <NAME>': a part of it ends with `.lock`"),
        (&["--branch", "@{-1}"], "'--branch <NAME>': git reserves this name"),
        (&["--branch", "main"], "--branch: `main` is a base branch"),
        (&["--history-prefix", "../x"], "'--history-prefix <FOLDER>': it contains `..`"),
        (&["--history-prefix", ".git"], "'--history-prefix <FOLDER>': git reserves `.git`"),
        (
            &["--history-prefix", "a//b"],
            "'--history-prefix <FOLDER>': it has an empty part between `/`",
        ),
        (&["--site-branch", "a b"], "'--site-branch <NAME>': it contains the character ' '"),
        (&["--remote=--upload-pack=x"], "'--remote <NAME>': a part of it begins with `-`"),
        (&["--compare", ""], "'--compare <REF>': it is empty"),
        (&["--compare=--tip"], "'--compare <REF>': it begins with `-`"),
        (&["--compare", "main..main"], "'--compare <REF>': it is a range of commits"),
        (&["--compare", "nowhere"], "--compare nowhere: cannot find `nowhere`"),
    ];
    for (args, said) in cases {
        project.perf(args).expect(2).says(said);
    }
    project.git(&["branch", "data/perf"]);
    let beside = |args: &[&str], said| project.perf(args).expect(2).says(said).status;
    beside(&["--branch", "main/perf"], "`main/perf`: git does not accept it together with `main`");
    beside(&["--branch", "data"], "`data`: git does not accept it together with `data/perf`");
    beside(&["--site-branch", "main/x"], "`main/x`: git does not accept it together with `main`");
    project.git(&["branch", "--delete", "data/perf"]);
    project.history(&["list", "--branch", "a..b"]).expect(2).says("'--branch <NAME>'");
    project.budgets(&["check", "--history-prefix", "-x"]).expect(2);
    let restart = ["restart", "--keep", "1", "--archive", "HEAD"];
    project.history(&restart).expect(2).says("'--archive <NAME>': git reserves this name");
    project.history(&["import", "x", "--on", ".."]).expect(2).says("'--on <BRANCH>'");
    assert_eq!(project.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
}

#[test]
fn an_accepted_regression_that_means_nothing_is_refused_by_its_option() {
    let project = Project::committed();
    let before = "{\"schema\": 1}\n";
    project.write(FILE, before);
    let good = ["a/b::c", "--reason", "x", "--max-change", "9"];
    let cases: [(&[&str], &str); 12] = [
        (&["", "--reason", "x", "--max-change", "9"], "'<BENCHMARK>': it is empty"),
        (&["a/b::c", "--reason", " ", "--max-change", "9"], "'--reason <TEXT>': it is empty"),
        (
            &["a/b::c", "--reason", "x", "--max-change", "NaN"],
            "'--max-change <PERCENT>': it is out of range: write the maximum accepted change",
        ),
        (
            &["a/b::c", "--reason", "x", "--max-change", "inf"],
            "'--max-change <PERCENT>': it is out of range: write the maximum accepted change",
        ),
        (
            &["a/b::c", "--reason", "x", "--max-change", "-5"],
            "'--max-change <PERCENT>': it is out of range: write the maximum accepted change",
        ),
        (
            &["a/b::c", "--reason", "x", "--max-change", "0"],
            "'--max-change <PERCENT>': it is out of range: write the maximum accepted change",
        ),
        (
            &["a/b::c", "--reason", "x", "--max-change", "1e300"],
            "'--max-change <PERCENT>': it is out of range: write the maximum accepted change",
        ),
        (
            &["a/b::c", "--reason", "x", "--max-change", "lots"],
            "'--max-change <PERCENT>': it is not a number",
        ),
        (
            &[&good[..], &["--expires", "2020-01-01"]].concat(),
            "'--expires <YYYY-MM-DD>': it is in the past",
        ),
        (
            &[&good[..], &["--expires", "soon"]].concat(),
            "'--expires <YYYY-MM-DD>': it is not a day",
        ),
        (
            &[&good[..], &["--commit", "main"]].concat(),
            "'--commit <HASH>': it is not a commit's hash",
        ),
        (&[&good[..], &["--commit", ""]].concat(), "'--commit <HASH>': it is not a commit's hash"),
    ];
    for (args, said) in cases {
        accept(&project, args).expect(2).says(said);
        assert_eq!(project.read(FILE), before);
    }
    accept(&project, &good).expect(0);
}

#[test]
fn a_benchmark_is_renamed_to_one_that_exists_and_from_one_that_does_not() {
    let project = Project::scripted();
    let file = |old: &str, new: &str| {
        let entry = format!("\"known-cost/text::{old}\": \"known-cost/text::{new}\"");
        project.write(FILE, &format!("{{\"schema\": 1, \"renamed\": {{\n{entry}}}}}"));
    };
    let quick = ["--quick", "--no-record"];
    file("before", "nowhere");
    project
        .perf(&quick)
        .expect(2)
        .says("perf-budgets.json:2:28: renamed: ")
        .says("no benchmark has that name");
    // Old launches of `checksum` would count as those of `upper`, and nobody would judge it.
    file("checksum", "upper");
    let still = "perf-budgets.json:2:30: renamed: `known-cost/text::checksum` is still the name";
    project.perf(&[&quick[..], &["--filter", "join"]].concat()).expect(2).says(still);
    project.commit_all();
    project.git(&["checkout", "--quiet", "-b", "other"]);
    project.write("known-cost.txt", "checksum=50\n");
    project.commit_all();
    project.perf(&["--compare", "main", "--filter", "join"]).expect(2).says(still);
}

#[test]
fn nothing_is_excused_while_it_is_unknown_what_the_base_accepts() {
    let project = Project::scripted();
    project.write(FILE, "[");
    project.commit_all();
    project.git(&["checkout", "--quiet", "-b", "slower"]);
    project.write("known-cost.txt", "checksum=50\n");
    let entry = r#""benchmark": "known-cost/text::checksum", "commit": "1a2b3c4", "max_change_percent": 500, "reason": "x""#;
    project.write(FILE, &format!("{{\"schema\": 1, \"accepted\": [{{{entry}}}]}}"));
    project.commit_all();
    let compared = project.perf(&["--compare", "main", "--filter", "text::checksum"]);
    compared.expect(1).says("text::checksum: regression").says("accepted regressions do not apply");
}
