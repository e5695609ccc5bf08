//! A damaged perf-budgets.json is an error that an editor can go to.

use perf_fixtures::damaged;
use perf_judge::budget::{BudgetError, BudgetFile};
use proptest::prelude::*;

const OWN: &str = include_str!("../../../perf-budgets.json");

const EVERY_KEY: &str = r#"{
  "schema": 1,
  "base_branches": ["main", "release/1.0"],
  "history": {"branch": "perf-data", "folder": "perf/data"},
  "gate": {"history": "minor", "compare": "never", "compare_instructions_grew": "critical", "counts": 5.5},
  "renamed": {"a/b::c": "a/b::d", "a/b::d": "a/b::\u00fc\n"},
  "accepted": [
    {"benchmark": "a/b::é", "commit": "1a2b3c4", "max_change_percent": 2.4e1, "reason": "\"x\"", "expires": "2027-03-01"}
  ],
  "budgets": {"€": {"benchmark": "x::*", "metric": "alloc_bytes", "target": 1e3, "warning": null, "gate": false}}
}"#;

/// Whether an editor can go to the place.
fn is_inside(text: &str, error: &BudgetError) -> bool {
    let line = text.split('\n').nth(error.line.wrapping_sub(1));
    line.is_some_and(|line| (1..=line.chars().count() + 1).contains(&error.column))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_damaged_file_is_an_error_at_a_place_in_it(
        bytes in prop_oneof![damaged(OWN.as_bytes()), damaged(EVERY_KEY.as_bytes())],
    ) {
        let text = String::from_utf8_lossy(&bytes);
        match BudgetFile::parse(&text) {
            Ok((file, budgets)) => {
                prop_assert!(budgets.iter().all(|b| 0.0 < b.target && b.critical.is_finite()));
                if let Err(error) = file.check_names(&text, &budgets, &[]) {
                    prop_assert!(is_inside(&text, &error), "{error}\n{text}");
                }
            }
            Err(error) => prop_assert!(is_inside(&text, &error), "{error}\n{text}"),
        }
    }
}

#[test]
fn the_files_are_fine_before() {
    for text in [OWN, EVERY_KEY] {
        BudgetFile::parse(text).unwrap();
    }
}
