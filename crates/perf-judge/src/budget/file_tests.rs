use super::super::{Level, Metric};
use super::*;
use crate::detect::Severity;

fn parse(budgets: &str) -> Result<Budgets, String> {
    let text = format!("{{\"schema\": 1,\n\"budgets\": {{\n{budgets}\n}}}}");
    BudgetFile::parse(&text).map(|(_, budgets)| budgets).map_err(|error| error.to_string())
}

fn message(budgets: &str) -> String {
    parse(budgets).expect_err(budgets)
}

#[test]
fn thresholds_have_defaults() {
    let budgets = parse(r#""xml": {"benchmark": "parse", "target_ms": 2}"#).unwrap();
    let budget = &budgets[0];
    assert_eq!((budget.metric, budget.gate), (Metric::P95, true));
    assert_eq!((budget.target, budget.warning, budget.critical), (2e6, 2.4e6, 3e6));
}

#[test]
fn counts_have_limits_of_their_own_unit() {
    let budgets =
        parse(r#""a": {"benchmark": "b", "metric": "alloc_count", "target": 6, "critical": 8}"#);
    assert_eq!(budgets.unwrap()[0].critical.to_string(), "8");
}

#[test]
fn an_invalid_limit_is_an_error_at_the_limit() {
    let times = |limits: &str| format!(r#""a": {{"benchmark": "b", {limits}}}"#);
    let counts = |limits: &str| times(&format!(r#""metric": "alloc_count", {limits}"#));
    let cases = [
        (r#""a": {"benchmark": "b"}"#.to_owned(), "3:1: budget `a`: `target_ms` is missing: add a limit of p95"),
        (counts(r#""critical": 1"#), "3:1: budget `a`: `target` is missing: add a limit of alloc_count"),
        (
            times(r#""target_ms": 5, "warning_ms": 4"#),
            "3:55: budget `a`: `warning_ms` is 4, below the target 5: write limits in ascending order",
        ),
        (
            times(r#""target_ms": 5, "critical_ms": 5.5"#),
            "3:56: budget `a`: `critical_ms` is 5.5, below the warning 6, 1.2 × the target by default: write limits in ascending order",
        ),
        (times(r#""target_ms": -1"#), "3:38: budget `a`: `target_ms` is -1: write a limit from 1e-9 to 1e9"),
        (times(r#""target_ms": 0"#), "3:38: budget `a`: `target_ms` is 0: write a limit from 1e-9 to 1e9"),
        (times(r#""target_ms": 1e308"#), "3:38: budget `a`: `target_ms` is 1e308: write a limit from 1e-9 to 1e9"),
        (
            times(r#""target_ms": 1, "critical_ms": 1e10"#),
            "3:56: budget `a`: `critical_ms` is 10000000000: write a limit from 1e-9 to 1e9",
        ),
        (times(r#""target_ms": 1e-320"#), "3:38: budget `a`: `target_ms` is 1e-320: write a limit from 1e-9 to 1e9"),
        (times(r#""target_ms": 1e999"#), "3:38: number out of range"),
        (times(r#""target_ms": "5""#), "3:38: expected a number, found the text \"5\""),
        (times(r#""target_ms": [5]"#), "3:38: expected a number, found a list"),
        (times(r#""target": 5"#), "3:35: budget `a`: p95 is a time: write its limits in milliseconds, e.g. `target_ms`"),
        (
            counts(r#""target": 5, "critical_ms": 5"#),
            "3:78: budget `a`: alloc_count is not a time: write its limits without `_ms`, e.g. `target`",
        ),
        (counts(r#""target": 1e16"#), "3:60: budget `a`: `target` is 1e16: write a limit from 1e-9 to 1e15"),
        (
            r#""a": {"benchmark": "", "target_ms": 5}"#.to_owned(),
            "3:20: budget `a`: `benchmark` is empty: write a benchmark's name, or its last parts",
        ),
        (r#""a": {"target_ms": 5}"#.to_owned(), "3:6: the key `benchmark` is missing"),
        (r#""a": ["b"]"#.to_owned(), "3:6: expected an object `{…}`, found a list"),
        (
            "\"a\": {\"benchmark\": \"b\", \"target_ms\": 1},\n\"a\": {\"benchmark\": \"c\", \"target_ms\": 1}".to_owned(),
            "4:1: the key `a` occurs twice",
        ),
    ];
    for (budgets, expected) in cases {
        assert_eq!(message(&budgets), expected);
    }
}

#[test]
fn the_key_of_a_limit_in_a_text_or_a_name_is_not_the_limit() {
    let budgets = r#""ü": {"benchmark": "\"target_ms\": 1", "tar\u0067et_ms": -1}"#;
    assert!(message(budgets).starts_with("3:58: budget `ü`"), "{}", message(budgets));
    let budgets = r#""schema": {"benchmark": "b"}"#;
    assert!(message(budgets).starts_with("3:1: budget `schema`"), "{}", message(budgets));
}

#[test]
fn limits_at_the_ends_of_their_range_are_finite_and_fire() {
    let ends = [
        ("target_ms", "p95", 1e-9, 1e-3),
        ("target_ms", "p95", 1e9, 1e15),
        ("target", "alloc_bytes", 1e15, 1e15),
    ];
    for (key, metric, written, limit) in ends {
        let budgets =
            format!(r#""a": {{"benchmark": "b", "metric": "{metric}", "{key}": {written:e}}}"#);
        let budget = parse(&budgets).unwrap().remove(0);
        assert_eq!(budget.target.to_string(), limit.to_string());
        assert!(budget.critical.is_finite() && !metric.is_empty());
    }
}

#[test]
fn unknown_keys_and_metrics_are_refused() {
    assert!(
        message(r#""a": {"benchmark": "b", "target_ns": 5}"#).contains("unknown key `target_ns`")
    );
    assert!(
        message(r#""a": {"benchmark": "b", "metric": "p42"}"#).contains("unknown variant `p42`")
    );
    let top = BudgetFile::parse("{\"schema\": 1, \"budget\": {}}").unwrap_err();
    assert!(top.message.starts_with("unknown key `budget`"), "{top}");
}

#[test]
fn files_of_another_format_are_refused_at_their_place() {
    let cases = [
        ("", "1:1: the file is empty: write `{\"schema\": 2}`, or remove the file"),
        (" \n\n", "1:1: the file is empty"),
        (
            "\u{feff}{\"schema\": 1}",
            "1:1: the file begins with a byte order mark: save it as UTF-8 without one",
        ),
        ("[]", "1:1: the file is not an object"),
        ("\n [1]", "2:2: the file is not an object"),
        ("null", "1:1: the file is not an object"),
        ("{", "1:1: the text ends within an object"),
        ("{\"schema\": \"1\"}", "1:12: expected a whole number, found the text \"1\""),
        ("{\"schema\": -1}", "1:12: expected a whole number, found `-1`"),
        (
            "{}",
            "1:1: the key `schema` is missing: it is the version of the format, e.g. `\"schema\": 2`",
        ),
        ("{\"schema\": 1} x", "1:15: text follows after the end of the value"),
        ("{\"schema\": 1,\n \"ü\": 1, \"x\": }", "2:15: a value is missing or is not JSON"),
        (
            "{\n \"schema\": 9}",
            "2:12: this version does not read schema 9: update this tool, or write schema 1 to 2",
        ),
        ("{\"schema\": 1, \"budgets\": []}", "1:26: expected an object `{…}`, found a list"),
        ("{\"schema\": 1, \"gate\": [\"never\"]}", "1:23: expected an object `{…}`, found a list"),
        (
            "{\"schema\": 1, \"history\": [\"a\", \"b\"]}",
            "1:26: expected an object `{…}`, found a list",
        ),
        (
            "{\"schema\": 1, \"base_branches\": [ [1]]}",
            "1:34: expected a text in quotes, found a list",
        ),
        ("{\"schema\": 1, \"schema\": 1}", "1:15: the key `schema` occurs twice"),
        ("{\"schema\": 1,\n\"ä\": 1, \"budget\": {}}", "2:1: unknown key `ä`"),
    ];
    for (text, expected) in cases {
        let error = BudgetFile::parse(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn names_that_git_refuses_are_errors_at_their_place() {
    let cases = [
        (r#""base_branches": []"#, "2:18: `base_branches` is empty: write at least one branch"),
        (
            r#""base_branches": ["main", "-f"]"#,
            "2:27: `-f` cannot be a base branch: a part of it begins with `-`",
        ),
        (r#""base_branches": [""]"#, "2:19: `` cannot be a base branch: it is empty"),
        (r#""base_branches": ["release/*"]"#, "2:19: `release/*` cannot be a base branch: "),
        (
            r#""base_branches": ["refs/heads/main"]"#,
            "2:19: `refs/heads/main` cannot be a base branch: ",
        ),
        (r#""base_branches": ["a\u001b[31m"]"#, "2:19: `a\\u{1b}[31m` cannot be a base branch: "),
        (r#""base_branches": ["main", "main"]"#, "2:27: `base_branches` contains `main` twice"),
        (
            r#""history": {"branch": "a..b"}"#,
            "2:23: the history cannot be on the branch `a..b`: it contains `..`",
        ),
        (
            r#""history": {"branch": ""}"#,
            "2:23: the history cannot be on the branch ``: it is empty",
        ),
        (
            r#""history": {"branch": "a.lock"}"#,
            "2:23: the history cannot be on the branch `a.lock`",
        ),
        (
            r#""base_branches": ["main"], "history": {"branch": "main"}"#,
            "2:28: `main` is a base branch",
        ),
        (r#""base_branches": ["gh-pages"]"#, "1:1: `gh-pages` is a base branch"),
        (
            r#""history": {"folder": "../x"}"#,
            "2:23: the history cannot be in the folder `../x`: it contains `..`",
        ),
        (
            r#""history": {"folder": "a//b"}"#,
            "2:23: the history cannot be in the folder `a//b`: it has an empty part between `/`",
        ),
        (
            r#""history": {"folder": ".git"}"#,
            "2:23: the history cannot be in the folder `.git`: git reserves `.git`",
        ),
        (
            r#""history": {"folder": "-x"}"#,
            "2:23: the history cannot be in the folder `-x`: a part of it begins with `-`",
        ),
    ];
    for (settings, expected) in cases {
        let text = format!("{{\"schema\": 1,\n{settings}}}");
        let error = BudgetFile::parse(&text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{settings}: {error}");
    }
}

#[test]
fn a_budget_must_name_one_benchmark_or_end_in_a_star() {
    let known = ["p/t::xml::small", "p/t::xml::large", "p/u::large"].map(BenchmarkId::from);
    let check = |benchmark: &str| {
        let text = format!(
            "{{\"schema\":1,\"budgets\":{{\"a\":{{\"benchmark\":\"{benchmark}\",\"target_ms\":1}}}}}}"
        );
        let (file, budgets) = BudgetFile::parse(&text).unwrap();
        file.check_names(&text, &budgets, &known).err().map(|error| error.message)
    };
    for fine in ["small", "xml::large", "xml::*", "p/t::*", "t::*"] {
        assert_eq!(check(fine), None, "{fine}");
    }
    assert!(check("xml").unwrap().contains("`xml::*`, which limits the worst"));
    assert!(check("large").unwrap().contains("more than one"));
    assert!(check("smal").unwrap().contains("a similar name is `p/t::xml::small`"));
}

#[test]
fn levels_fail_from_their_severity_on() {
    assert!(Level::Major.fails(Severity::Critical) && Level::Major.fails(Severity::Major));
    assert!(!Level::Major.fails(Severity::Minor) && !Level::Minor.fails(Severity::Notice));
    assert!(!Level::Never.fails(Severity::Critical));
}

#[test]
fn a_long_list_costs_little() {
    let branches: Vec<String> = (0..300_000).map(|n| format!("\"{n}\"")).collect();
    let text = format!("{{\"schema\": 1, \"base_branches\": [{}]}}", branches.join(","));
    assert_eq!(BudgetFile::parse(&text).unwrap().0.base_branches.unwrap().len(), branches.len());
}

#[test]
fn a_listed_benchmark_may_give_the_row_that_is_limited() {
    let cases = [
        ("xml::large", true),
        ("large", true),
        ("large::t=4", true),
        ("large::*", true),
        ("xml::*", true),
        ("large::500", false),
        ("small", false),
        ("other::*", false),
    ];
    for (benchmark, expected) in cases {
        let text = format!(
            r#"{{"schema": 1, "budgets": {{"x": {{"benchmark": "{benchmark}", "target_ms": 1}}}}}}"#
        );
        let budget = &BudgetFile::parse(&text).unwrap().1[0];
        assert_eq!(budget.may_limit(&"p/t::xml::large".into()), expected, "{benchmark}");
    }
}
