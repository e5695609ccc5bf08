//! Writes new limits into the text of perf-budgets.json, and changes nothing else.

use super::error::{BudgetError, at_key};
use super::file::BudgetFile;
use super::json_place::PathPart::Key;
use super::limits::{Budget, completed};
use super::suggest::{Advice, two_digits_up};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::ops::Range;

/// The text with the advised targets. Its warning and critical limits keep their ratios.
///
/// # Errors
/// With the place of the budget, if the new text does not have the advised limits.
pub fn apply(text: &str, advice: &[Advice]) -> Result<String, BudgetError> {
    let (settings, budgets) = BudgetFile::parse(text)?;
    let by_hand = |name: &str| {
        let message = "its limits cannot be rewritten: edit them by hand";
        at_key(text, &[Key("budgets")], name, format!("budget `{name}`: {message}"))
    };
    let located = LocatedBudgets::in_text(text);
    let (mut replacements, mut expected) = (Vec::new(), Vec::new());
    for budget in &budgets {
        let proposed = advice.iter().find(|advice| advice.name == budget.name);
        let Some(target) = proposed.and_then(Advice::proposed) else {
            expected.push(budget.clone());
            continue;
        };
        let limits = located.as_ref().and_then(|located| located.limits(text, budget));
        let changed = limits.and_then(|limits| limits.scaled(target));
        let changed = changed.ok_or_else(|| by_hand(&budget.name))?;
        expected.push(changed.budget(budget));
        replacements.extend(changed.written());
    }
    let new = replaced(text, replacements);
    let is_unchanged = |file: &BudgetFile| {
        (file.schema, file.gate) == (settings.schema, settings.gate)
            && (&file.base_branches, &file.renamed, &file.accepted)
                == (&settings.base_branches, &settings.renamed, &settings.accepted)
    };
    match BudgetFile::parse(&new) {
        Ok((file, read)) if is_unchanged(&file) && read == expected => Ok(new),
        _ => Err(by_hand(
            advice.iter().find(|a| a.proposed().is_some()).map_or("", |a| a.name.as_str()),
        )),
    }
}

/// The values of the budgets' keys as parts of the text.
#[derive(Deserialize)]
struct LocatedBudgets<'a> {
    #[serde(borrow, default)]
    budgets: BTreeMap<String, BTreeMap<String, &'a RawValue>>,
}

/// A number of the file, and its place.
#[derive(Debug)]
struct PlacedNumber {
    value: f64,
    place: Range<usize>,
}

/// A budget's numbers in the text.
#[derive(Debug)]
struct Limits {
    target: PlacedNumber,
    warning: Option<PlacedNumber>,
    critical: Option<PlacedNumber>,
}

impl<'a> LocatedBudgets<'a> {
    fn in_text(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn limits(&self, text: &str, budget: &Budget) -> Option<Limits> {
        let keys = self.budgets.get(&budget.name)?;
        let (_, suffix) = budget.metric.written();
        let number = |key: &str| {
            let raw = keys.get(&format!("{key}{suffix}"))?.get();
            // A limit of `null` has its default.
            Some(PlacedNumber { value: raw.parse().ok()?, place: place(text, raw)? })
        };
        Some(Limits {
            target: number("target")?,
            warning: number("warning"),
            critical: number("critical"),
        })
    }
}

/// The place of `part`, a part of `text`, in it.
fn place(text: &str, part: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let place = start..start + part.len();
    (text.get(place.clone()) == Some(part)).then_some(place)
}

impl Limits {
    /// The same places with a new target and the other limits in proportion.
    fn scaled(self, target: f64) -> Option<Self> {
        let was = self.target.value;
        // Rounding can make a limit smaller than the one before it, e.g. for 7 × 1.2.
        let scaled = |number: Option<PlacedNumber>, least: f64| match number {
            None => Some(None),
            Some(PlacedNumber { value, place }) => {
                let rounded = two_digits_up(target * (value / was))?;
                let fits = Some(rounded).filter(|rounded| *rounded >= least);
                let value = fits.or_else(|| two_digits_up(least * (1.0 + 1e-6)))?;
                Some(Some(PlacedNumber { value, place }))
            }
        };
        let warning = scaled(self.warning, target)?;
        let named = warning.as_ref().map(|warning| warning.value);
        let [_, at_least, _] = completed(target, named, None);
        let critical = scaled(self.critical, at_least)?;
        Some(Self { target: PlacedNumber { value: target, ..self.target }, warning, critical })
    }

    /// The budget with these limits.
    fn budget(&self, old: &Budget) -> Budget {
        let value = |number: &Option<PlacedNumber>| number.as_ref().map(|number| number.value);
        let limits = completed(self.target.value, value(&self.warning), value(&self.critical));
        let (unit, _) = old.metric.written();
        let [target, warning, critical] = limits.map(|limit| limit * unit);
        Budget { target, warning, critical, ..old.clone() }
    }

    fn written(self) -> impl Iterator<Item = (Range<usize>, String)> {
        let numbers = [Some(self.target), self.warning, self.critical].into_iter().flatten();
        numbers.map(|number| (number.place, number.value.to_string()))
    }
}

fn replaced(text: &str, mut replacements: Vec<(Range<usize>, String)>) -> String {
    replacements.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    let mut new = text.to_owned();
    for (place, number) in replacements {
        new.replace_range(place, &number);
    }
    new
}

#[cfg(test)]
mod tests {
    use super::super::{Metric, TargetChange};
    use super::*;

    fn advice(name: &str, metric: Metric, target: f64) -> Advice {
        let step = TargetChange::Tighten(target);
        Advice { name: name.to_owned(), metric, target: 0.0, seen: None, step }
    }

    /// `body` is the budgets' text; the budget `name` gets the target 7.
    fn seven(name: &str, body: &str) -> String {
        let frame = |body: &str| format!("{{\"schema\": 1, \"budgets\": {{{body}}}}}");
        let new = apply(&frame(body), &[advice(name, Metric::P95, 7.0)]).unwrap();
        let (head, tail) =
            frame("|").split_once('|').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        new.strip_prefix(&head).unwrap().strip_suffix(&tail).unwrap().to_owned()
    }

    #[test]
    fn only_the_numbers_change() {
        let cases = [
            (
                r#""x": {"benchmark": "a", "target_ms": 100}"#,
                r#""x": {"benchmark": "a", "target_ms": 7}"#,
            ),
            (
                "\"x\" : {\r\n\t\"warning_ms\":200.0 , \"target_ms\" :\n1e2,\"critical_ms\": 500, \"benchmark\": \"target_ms\"}",
                "\"x\" : {\r\n\t\"warning_ms\":14 , \"target_ms\" :\n7,\"critical_ms\": 35, \"benchmark\": \"target_ms\"}",
            ),
            (
                r#""x": {"benchmark": "a", "target_ms": 10, "warning_ms": null, "critical_ms": 12}"#,
                r#""x": {"benchmark": "a", "target_ms": 7, "warning_ms": null, "critical_ms": 8.4}"#,
            ),
            (
                r#""\u0078": {"benchmark": "a", "tar\u0067et_ms": 100}"#,
                r#""\u0078": {"benchmark": "a", "tar\u0067et_ms": 7}"#,
            ),
            (
                r#""w": {"benchmark": "x", "description": "\"x\": {\"target_ms\": 1}", "target_ms": 1}, "x": {"benchmark": "a", "target_ms": 1}"#,
                r#""w": {"benchmark": "x", "description": "\"x\": {\"target_ms\": 1}", "target_ms": 1}, "x": {"benchmark": "a", "target_ms": 7}"#,
            ),
        ];
        for (old, new) in cases {
            assert_eq!(seven("x", old), new);
        }
    }

    #[test]
    fn names_may_be_anything() {
        for name in [
            "",
            "}",
            "\"",
            "\\",
            "budgets",
            "target_ms",
            "ü\u{1}\u{202e}",
            "$serde_json::private::RawValue",
        ] {
            let key = serde_json::Value::from(name);
            let body = |target| format!(r#"{key}: {{"benchmark": "a", "target_ms": {target}}}"#);
            assert_eq!(seven(name, &body(12)), body(7), "{name}");
        }
    }

    #[test]
    fn limits_that_cannot_be_written_are_left_to_people() {
        let text =
            "{\"schema\": 1, \"budgets\": {\n \"x\": {\"benchmark\": \"a\", \"target_ms\": 1}}}";
        for target in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = apply(text, &[advice("x", Metric::P95, target)]).unwrap_err();
            assert_eq!((error.line, error.column), (2, 2), "{target}");
            assert!(error.message.contains("by hand"), "{error}");
        }
        assert_eq!(apply(text, &[]).unwrap(), text);
    }

    #[test]
    fn what_is_no_time_has_keys_of_its_own() {
        let body = |target, critical| {
            format!(
                r#"{{"schema": 1, "budgets": {{"x": {{"benchmark": "a", "metric": "alloc_count", "target": {target}, "critical": {critical}}}}}}}"#
            )
        };
        let new = apply(&body(100, 200), &[advice("x", Metric::AllocCount, 7.0)]);
        assert_eq!(new.unwrap(), body(7, 14));
    }
}
