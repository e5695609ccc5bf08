use super::*;

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
fn mistakes_name_the_key_and_its_place() {
    let cases = [
        (r#""a": {"benchmark": "b"}"#, "3:1: budget `a`: `target_ms` is missing: a limit of p95"),
        (
            r#""a": {"benchmark": "b", "target_ms": 5, "warning_ms": 4}"#,
            "3:1: budget `a`: its limits must ascend from above 0: target 5, warning 4, critical 7.5",
        ),
        (
            r#""a": {"benchmark": "b", "target_ms": -1}"#,
            "3:1: budget `a`: its limits must ascend from above 0: target -1, warning -1.2, critical -1.2",
        ),
        (
            r#""a": {"benchmark": "b", "target": 5}"#,
            "3:1: budget `a`: p95 is a time: its limits end in `_ms`, as `target_ms`",
        ),
        (
            r#""a": {"benchmark": "b", "metric": "alloc_bytes", "target_ms": 5}"#,
            "3:1: budget `a`: alloc_bytes is no time: its limits do not end in `_ms`, as `target`",
        ),
        (
            "\"a\": {\"benchmark\": \"b\", \"target_ms\": 1},\n\"a\": {\"benchmark\": \"c\", \"target_ms\": 1}",
            "4:3: the key `a` stands twice",
        ),
    ];
    for (budgets, expected) in cases {
        assert_eq!(message(budgets), expected);
    }
}

#[test]
fn unknown_keys_and_metrics_are_refused() {
    assert!(
        message(r#""a": {"benchmark": "b", "target_ns": 5}"#).contains("unknown field `target_ns`")
    );
    assert!(
        message(r#""a": {"benchmark": "b", "metric": "p42"}"#).contains("unknown variant `p42`")
    );
    let top = BudgetFile::parse("{\"schema\": 1, \"budget\": {}}").unwrap_err();
    assert!(top.message.starts_with("unknown field `budget`"), "{top}");
}

#[test]
fn hostile_files_are_refused() {
    for text in ["", "null", "[]", "{", "{\"schema\": \"1\"}", "{\"schema\": 1, \"budgets\": []}"] {
        assert!(BudgetFile::parse(text).is_err(), "{text}");
    }
    let newer = BudgetFile::parse("{\n \"schema\": 9}").unwrap_err();
    assert_eq!(newer.to_string(), "2:2: schema 9 is not one that this version reads (1)");
    assert!(BudgetFile::parse("{\"schema\": 1, \"base_branches\": []}").is_err());
}

#[test]
fn a_budget_must_name_one_benchmark_or_say_star() {
    let known = ["p/t::xml::small", "p/t::xml::large", "p/u::large"].map(BenchmarkId::from);
    let check = |benchmark: &str| {
        let text = format!(
            "{{\"schema\":1,\"budgets\":{{\"a\":{{\"benchmark\":\"{benchmark}\",\"target_ms\":1}}}}}}"
        );
        let (_, budgets) = BudgetFile::parse(&text).unwrap();
        BudgetFile::check_names(&text, &budgets, &known).err().map(|error| error.message)
    };
    for fine in ["small", "xml::large", "xml::*", "p/t::*", "t::*"] {
        assert_eq!(check(fine), None, "{fine}");
    }
    assert!(check("xml").unwrap().contains("`xml::*` names the worst"));
    assert!(check("large").unwrap().contains("more than one"));
    assert!(check("smal").unwrap().contains("there is `p/t::xml::small`"));
    assert!(check("").unwrap().contains("no benchmark"));
}

#[test]
fn levels_fail_from_their_severity_on() {
    assert!(Level::Major.fails(Severity::Critical) && Level::Major.fails(Severity::Major));
    assert!(!Level::Major.fails(Severity::Minor) && !Level::Minor.fails(Severity::Notice));
    assert!(!Level::Never.fails(Severity::Critical));
}
