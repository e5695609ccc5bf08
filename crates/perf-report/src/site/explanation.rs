//! What explains a change of a recorded comparison: its causes, functions and call tree.

use super::flame::{self, FlameView};
use super::text::{self, Name};
use crate::Compared;
use crate::causes::meaning;
use call_profile::FunctionPair;
use perf_judge::cause::{Cause, FunctionCount};
use perf_judge::unit::{self, LogRatio};
use serde::Serialize;

/// The most functions of a table.
const FUNCTIONS: usize = 10;
/// The most causes of a benchmark.
const CAUSES: usize = 6;

/// The explanation of a change.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Explanation {
    /// The name as a heading and a link, and the anchor.
    name: Name,
    stem: String,
    state: text::Badge,
    change: String,
    causes: Vec<CauseText>,
    functions: Vec<FunctionRow>,
    /// Whether the functions have the instructions of their calls.
    has_totals: bool,
    flame: Option<FlameView>,
}

#[derive(Clone, Debug, Serialize)]
struct CauseText {
    headline: String,
    meaning: &'static str,
}

/// The instructions of a function per iteration.
#[derive(Clone, Debug, Serialize)]
struct FunctionRow {
    name: Name,
    own: [String; 3],
    class: &'static str,
    total: [String; 3],
}

/// Whether the time or a count changed, and causes were looked for.
pub(super) fn is_explained(compared: &Compared) -> bool {
    compared.causes.is_some()
}

/// The explanation of one change.
pub(super) fn explanation(compared: &Compared) -> Explanation {
    let causes = compared.causes.as_deref().unwrap_or_default();
    let calls = compared.calls.as_ref();
    let functions = match calls {
        Some(calls) => calls.functions.iter().take(FUNCTIONS).map(row_with_calls).collect(),
        None => own_functions(causes),
    };
    Explanation {
        name: Name::cell(compared.name.as_str()),
        stem: compared.name.file_stem(),
        state: text::Badge::of_state(compared.state, compared.state.label(compared.severity)),
        change: compared.change.map_or_else(String::new, unit::change),
        causes: causes.iter().take(CAUSES).map(cause_text).collect(),
        functions,
        has_totals: calls.is_some(),
        flame: calls.and_then(|calls| flame::view(&calls.frames)),
    }
}

fn cause_text(cause: &Cause) -> CauseText {
    CauseText {
        headline: text::clipped(&cause.headline(), text::NAME),
        meaning: meaning(cause.kind),
    }
}

/// The functions of the first cause that has any.
fn own_functions(causes: &[Cause]) -> Vec<FunctionRow> {
    let functions = causes.iter().map(|cause| &cause.functions).find(|all| !all.is_empty());
    functions.into_iter().flatten().take(FUNCTIONS).map(row_of_own).collect()
}

fn row_with_calls(pair: &FunctionPair) -> FunctionRow {
    FunctionRow {
        name: Name::cell(&pair.name),
        own: cells(pair.own),
        class: class(pair.own),
        total: cells(pair.total),
    }
}

fn row_of_own(function: &FunctionCount) -> FunctionRow {
    let own = [function.base, function.head].map(f64::round);
    let former = function.former_name.as_ref();
    let former = former.map_or_else(String::new, |former| format!(" (formerly {former})"));
    FunctionRow {
        name: Name::cell(&format!("{}{former}", function.label())),
        own: cells(own),
        class: class(own),
        total: Default::default(),
    }
}

/// Base, head and change. A function of one build alone is new or removed.
fn cells([base, head]: [f64; 2]) -> [String; 3] {
    let change = match (base > 0.0, head > 0.0) {
        (true, true) => unit::change(LogRatio((head / base).ln())),
        (true, false) => "removed".to_owned(),
        (false, true) => "new".to_owned(),
        (false, false) => String::new(),
    };
    [unit::count(base), unit::count(head), change]
}

fn class([base, head]: [f64; 2]) -> &'static str {
    match head - base {
        difference if difference > 0.0 => "slower",
        difference if difference < 0.0 => "faster",
        _ => "",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A slower benchmark of a comparison's file.
    pub(in crate::site) fn compared(
        name: &str,
        causes: Option<serde_json::Value>,
    ) -> serde_json::Value {
        let mut compared = json!({
            "name": name, "sample_size": 1, "sample_count": 9, "pairs": [], "state": "regression",
            "severity": "minor", "change": 0.1, "low": 0.09, "high": 0.11,
        });
        if let Some(causes) = causes {
            compared["causes"] = causes;
        }
        compared
    }

    fn instructions() -> serde_json::Value {
        json!([{
            "kind": "instructions",
            "numbers": [{"name": "instructions", "unit": "count", "base": 100.0, "head": 140.0}],
            "functions": [
                {"name": "app::grown", "base": 10.4, "head": 51.0},
                {"name": "app::new", "former_name": "app::old", "base": 0.0, "head": 4.0},
            ],
        }])
    }

    #[test]
    fn functions_have_their_own_instructions_and_those_of_their_calls_if_recorded() {
        let mut compared = compared("a/b::f", Some(instructions()));
        let all = |compared: &serde_json::Value| {
            let compared: Compared = serde_json::from_value(compared.clone()).unwrap();
            explanation(&compared)
        };
        let own = all(&compared);
        assert_eq!(own.causes[0].headline, "instructions +40.0 %, mostly in app::grown 10 → 51");
        assert_eq!((own.has_totals, own.flame.is_some()), (false, false));
        assert_eq!(own.functions[0].own, ["10", "51", "+410.0 %"]);
        assert_eq!(own.functions[1].own, ["0", "4", "new"]);
        compared["calls"] = json!({
            "functions": [{"name": "app::grown", "own": [10, 51], "total": [20, 0]}],
            "frames": [{"depth": 0, "name": "app::grown", "own": [10, 51], "total": [10, 51]}],
        });
        let with_calls = all(&compared);
        assert!(with_calls.has_totals && with_calls.flame.is_some());
        assert_eq!(with_calls.functions[0].total, ["20", "0", "removed"]);
    }
}
