//! The recorded comparisons of the demonstration: one of the commit that made two benchmarks slower, one
//! of a pull request, and two of alternatives.

use perf_judge::run::Run;
use perf_report::{Comparison, Versus};
use serde_json::{Value, json};

/// The name, the time of the base in ns, the percentages of the change and of its interval, and the state.
type ComparedRow = (&'static str, f64, [f64; 3], &'static str);

const SLOWER: [ComparedRow; 3] = [
    ("app-core/parse::parse_large_xml", 2.04e6, [18.4, 17.6, 19.2], "regression"),
    ("app-core/parse::parse_50k_tracks", 2.967e8, [14.8, 13.9, 15.7], "regression"),
    ("app-core/parse::parse_minimal_xml", 3.9e3, [0.2, -0.5, 0.9], "unchanged"),
];

const PULL_REQUEST: [ComparedRow; 9] = [
    ("app-core/parse::parse_large_xml", 2.415e6, [-13.9, -14.8, -13.0], "improvement"),
    ("app-core/parse::parse_50k_tracks", 3.406e8, [-12.1, -13.2, -11.0], "improvement"),
    ("app/memory::fill_library", 8.8e6, [4.1, 3.2, 5.0], "regression"),
    ("app-core/parse::parse_broken_xml", 1.61e4, [1.9, -1.6, 5.5], "inconclusive"),
    ("app-core/parse::parse_minimal_xml", 3.9e3, [-0.3, -0.9, 0.3], "unchanged"),
    ("app-core/catalogue::open_20k_tracks", 3.49e7, [0.4, -0.4, 1.2], "unchanged"),
    ("app-core/catalogue::lookup", 840.0, [0.1, -0.6, 0.8], "unchanged"),
    ("app-core/export::csv::write_1000_rows", 2.6e5, [-0.2, -1.0, 0.6], "unchanged"),
    ("app/startup::startup", 2.05e7, [0.6, -0.3, 1.5], "unchanged"),
];

/// The comparison of the first run of a change with the run before it.
pub(crate) fn of_the_change(base: &str, head: &Run) -> Comparison {
    comparison(base, head, &SLOWER.map(|row| compared(row, slower(row.0))))
}

/// The comparison of a pull request with its base.
pub(crate) fn of_a_pull_request(base: &str, head: &Run) -> Comparison {
    let cause = |name: &str| match name {
        "app/memory::fill_library" => Some(allocations()),
        _ => None,
    };
    comparison(base, head, &PULL_REQUEST.map(|row| compared(row, (cause(row.0), None))))
}

fn comparison(base: &str, head: &Run, benchmarks: &[Value]) -> Comparison {
    let text = json!({
        "schema": 2, "kind": "comparison", "id": format!("{}-{}", head.id, &base[..12]),
        "started": head.started, "seed": 7, "base": base, "head": head.commit,
        "machine": head.machine, "benchmarks": benchmarks,
    });
    Comparison::from_json(&text.to_string()).unwrap()
}

fn compared((name, ns, change, state): ComparedRow, why: (Option<Value>, Option<Value>)) -> Value {
    let pair = |at: u32| {
        // Pairs differ by about three times the interval.
        let noise =
            1.0 + (f64::from(at * 7 % 11) / 10.0 - 0.5) * 3.0 * (change[2] - change[1]) / 100.0;
        let times = |ns: f64| json!({"min": ns * 0.98, "median": ns});
        let first = if at.is_multiple_of(3) { "base" } else { "head" };
        json!({"first": first, "base": times(ns), "head": times(ns * noise * (1.0 + change[0] / 100.0))})
    };
    let [change, low, high] = change.map(|percent| (percent / 100.0).ln_1p());
    let severity = match state {
        "regression" if change > 0.1 => json!("major"),
        "regression" => json!("minor"),
        "improvement" => json!("major"),
        _ => json!(null),
    };
    let mut compared = json!({
        "name": name, "sample_size": 1, "sample_count": 25, "state": state, "severity": severity,
        "pairs": (0..20).map(pair).collect::<Vec<Value>>(), "change": change, "low": low, "high": high,
    });
    let (causes, calls) = why;
    if let Some(causes) = causes {
        compared["causes"] = causes;
    }
    if let Some(calls) = calls {
        compared["calls"] = calls;
    }
    compared
}

/// The causes of a slower benchmark, and the call trees of the first one.
fn slower(name: &str) -> (Option<Value>, Option<Value>) {
    if name.ends_with("parse_minimal_xml") {
        return (None, None);
    }
    let functions = json!([
        {"name": "app_core::parse::entities::decode", "base": 0, "head": 891_400},
        {"name": "core::str::<impl str>::find", "base": 203_100, "head": 494_200},
        {"name": "app_core::parse::Attributes::next", "base": 1_210_000, "head": 1_292_000},
        {"name": "__memcpy_avx_unaligned_erms", "base": 512_000, "head": 546_900},
    ]);
    let causes = json!([
        {
            "kind": "instructions",
            "numbers": [{"name": "instructions", "unit": "count", "base": 6_324_000, "head": 7_589_000}],
            "functions": functions,
        },
        {
            "kind": "allocations",
            "numbers": [
                {"name": "allocations", "unit": "count", "base": 2_104, "head": 6_015},
                {"name": "allocated bytes", "unit": "bytes", "base": 310_500, "head": 502_300},
            ],
        },
    ]);
    (Some(causes), name.ends_with("parse_large_xml").then(calls))
}

fn allocations() -> Value {
    json!([{
        "kind": "allocations",
        "numbers": [
            {"name": "allocations", "unit": "count", "base": 2_728, "head": 3_010},
            {"name": "allocated bytes", "unit": "bytes", "base": 272_800, "head": 318_100},
        ],
    }])
}

fn calls() -> Value {
    let function = |name: &str, own: [u64; 2], total: [u64; 2]| json!({"name": name, "own": own, "total": total});
    let frame = |depth: usize, name: &str, own: [u64; 2], total: [u64; 2]| json!({"depth": depth, "name": name, "own": own, "total": total});
    json!({
        "functions": [
            function("app_core::parse::entities::decode", [0, 891_400], [0, 1_182_500]),
            function("core::str::<impl str>::find", [203_100, 494_200], [203_100, 494_200]),
            function("app_core::parse::Attributes::next", [1_210_000, 1_292_000], [2_190_000, 3_454_500]),
            function("__memcpy_avx_unaligned_erms", [512_000, 546_900], [512_000, 546_900]),
        ],
        "frames": [
            frame(0, "app_core::parse::parse", [184_000, 184_200], [6_324_000, 7_589_000]),
            frame(1, "app_core::parse::Reader::event", [1_050_000, 1_051_000], [3_740_000, 5_005_500]),
            frame(2, "app_core::parse::Attributes::next", [1_210_000, 1_292_000], [2_190_000, 3_454_500]),
            frame(3, "app_core::parse::entities::decode", [0, 891_400], [0, 1_182_500]),
            frame(4, "core::str::<impl str>::find", [0, 291_100], [0, 291_100]),
            frame(3, "core::str::<impl str>::find", [203_100, 203_100], [203_100, 203_100]),
            frame(3, "core::str::from_utf8", [776_900, 776_900], [776_900, 776_900]),
            frame(2, "memchr::memchr3", [500_000, 500_000], [500_000, 500_000]),
            frame(1, "app_core::library::Track::from_attributes", [905_000, 905_000], [1_894_000, 1_894_000]),
            frame(2, "<u32 as core::str::FromStr>::from_str", [477_000, 477_000], [477_000, 477_000]),
            frame(2, "__memcpy_avx_unaligned_erms", [512_000, 512_000], [512_000, 512_000]),
            frame(1, "app_core::library::Library::push", [506_000, 505_300], [506_000, 505_300]),
        ],
    })
}

/// Two comparisons of types by `cargo xtask perf versus`, newest first.
pub(crate) fn of_alternatives(runs: &[Run]) -> Vec<Versus> {
    let slowdowns = [[0.66, 0.34, 1.46], [0.71, 0.36, 1.44]];
    runs.iter().rev().zip(slowdowns).map(|(run, slowdowns)| alternatives(run, slowdowns)).collect()
}

/// The comparison of `HashMap` and `SortedVec` with `BTreeMap`. `slowdowns`: the times of `HashMap` at
/// 100 and 10,000 and of `SortedVec` at 1,000, as shares of that of the baseline.
fn alternatives(run: &Run, slowdowns: [f64; 3]) -> Versus {
    let name = |kind: &str| format!("app-core/index::insert::{kind}");
    let cases =
        [("HashMap", "100", 6.2e3), ("HashMap", "10000", 1.21e6), ("SortedVec", "1000", 8.9e4)];
    let result = |((kind, case, ns), times): ((&str, &str, f64), f64)| {
        let times_of = |ns: f64| json!({"min": ns, "median": ns});
        let pair = json!({"first": "base", "base": times_of(ns), "head": times_of(ns * times)});
        json!({
            "case": case, "name": format!("{}::{case}", name(kind)),
            "baseline": format!("{}::{case}", name("BTreeMap")),
            "relation": if times < 1.0 { "faster" } else { "slower" }, "conclusion": "",
            "change": times.ln(), "low": times.ln() - 0.02, "high": times.ln() + 0.02,
            "ns": ns * times, "baseline_ns": ns, "pairs": vec![pair; 20],
        })
    };
    let text = json!({
        "schema": 1, "kind": "versus", "baseline": name("BTreeMap"),
        "run": {"started": run.started, "seed": 7, "commit": run.commit, "machine": run.machine},
        "alternatives": [name("HashMap"), name("SortedVec")],
        "results": cases.into_iter().zip(slowdowns).map(result).collect::<Vec<Value>>(),
    });
    Versus::from_json(&text.to_string()).unwrap()
}
