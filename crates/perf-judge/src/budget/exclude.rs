//! Benchmarks that are not measured.

use super::error::{BudgetError, at_value};
use super::json_place::PathPart::{Index, Key};
use super::pattern::matches;
use crate::ident::BenchmarkId;

/// Checks that no pattern is empty.
pub(super) fn check(text: &str, patterns: &[String]) -> Result<(), BudgetError> {
    let is_empty = |pattern: &String| matches!(pattern.trim(), "" | "::*");
    let Some(at) = patterns.iter().position(is_empty) else { return Ok(()) };
    let message = "write a benchmark's name, its last parts, or a name that ends in `::*`";
    Err(at_pattern(text, at, format!("exclude: the pattern is empty: {message}")))
}

/// Checks that each pattern excludes one of `known`.
pub(super) fn check_names(
    text: &str,
    patterns: &[String],
    known: &[BenchmarkId],
) -> Result<(), BudgetError> {
    let is_unknown = |pattern: &String| !known.iter().any(|id| matches(pattern, id));
    let Some(at) = patterns.iter().position(is_unknown) else { return Ok(()) };
    let pattern = &patterns[at];
    let hint = if known.iter().any(|id| id.is_below(pattern)) {
        format!("write `{pattern}::*`, which excludes everything below it")
    } else {
        "correct the name, or remove it".to_owned()
    };
    Err(at_pattern(text, at, format!("exclude: no benchmark has the name `{pattern}`: {hint}")))
}

fn at_pattern(text: &str, at: usize, message: String) -> BudgetError {
    at_value(text, &[Key("exclude"), Index(at)], message)
}

#[cfg(test)]
mod tests {
    use super::super::BudgetFile;
    use crate::ident::BenchmarkId;

    fn excluded(patterns: &str) -> Result<Vec<String>, String> {
        let text = format!("{{\"schema\": 2, \"exclude\": {patterns}}}");
        let names = ["p/b::slow::1", "p/b::slow::2", "p/b::slowest", "q/b::slow"];
        let known: Vec<BenchmarkId> = names.map(BenchmarkId::from).into();
        let (file, _) = BudgetFile::parse(&text).map_err(|error| error.to_string())?;
        file.check_excluded(&text, &known).map_err(|error| error.to_string())?;
        let excluded = known.iter().filter(|id| file.excludes(id));
        Ok(excluded.map(|id| id.as_str().to_owned()).collect())
    }

    #[test]
    fn patterns_select_as_those_of_budgets_do() {
        let cases: [(&str, &[&str]); 6] = [
            ("[]", &[]),
            (r#"["p/b::slow::*"]"#, &["p/b::slow::1", "p/b::slow::2"]),
            (r#"["slow::2"]"#, &["p/b::slow::2"]),
            (r#"["slow"]"#, &["q/b::slow"]),
            (r#"["q/b::*", "slowest"]"#, &["p/b::slowest", "q/b::slow"]),
            (r#"["b::*"]"#, &["p/b::slow::1", "p/b::slow::2", "p/b::slowest", "q/b::slow"]),
        ];
        for (patterns, expected) in cases {
            assert_eq!(excluded(patterns).unwrap(), expected, "{patterns}");
        }
    }

    #[test]
    fn a_pattern_without_a_benchmark_is_an_error_at_its_place() {
        let cases = [
            (
                r#"["slow", "p/b::gone"]"#,
                "1:35: exclude: no benchmark has the name `p/b::gone`: correct the name",
            ),
            (
                r#"["p/b::slow"]"#,
                "1:27: exclude: no benchmark has the name `p/b::slow`: write `p/b::slow::*`",
            ),
            (r#"["::*"]"#, "1:27: exclude: the pattern is empty"),
            (r#""slow""#, "1:26: "),
        ];
        for (patterns, expected) in cases {
            let error = excluded(patterns).unwrap_err();
            assert!(error.contains(expected), "{patterns}: {error}");
        }
    }
}
