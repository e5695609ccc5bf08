//! What fails a check: the key `gate` of perf-budgets.json.

use super::error::{BudgetError, at_value};
use super::json_place::PathPart::Key;
use crate::detect::Severity;
use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// The lowest severity that fails a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Changes of 50 % and more.
    Critical,
    /// Changes of 20 % and more.
    Major,
    /// Changes of 10 % and more.
    Minor,
    /// No regression fails.
    Never,
}

impl Level {
    /// Whether a regression of this severity fails. A notice never does.
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Critical => severity >= Severity::Critical,
            Self::Major => severity >= Severity::Major,
            Self::Minor => severity >= Severity::Minor,
            Self::Never => false,
        }
    }
}

/// What fails a check: the lowest severity, by the method that found the regression, and the growth
/// of counts.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// For a history comparison that a rerun confirmed.
    pub history: Level,
    /// For a paired comparison.
    pub compare: Level,
    /// For a paired comparison in which the instructions grew.
    #[serde(alias = "compare_work_grew")]
    pub compare_instructions_grew: Level,
    /// The growth of a count that fails, whatever its time.
    pub counts: CountLimit,
}

/// The smallest growth of a count that fails a check.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum CountLimit {
    /// No growth fails.
    #[default]
    Never,
    /// Growth of this many percent and more.
    Percent(f64),
}

/// The range of [`CountLimit::Percent`]. A change of less than 1 % is none.
const COUNT_LIMITS: RangeInclusive<f64> = 1.0..=1e7;

impl<'de> Deserialize<'de> for CountLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountLimitVisitor)
    }
}

struct CountLimitVisitor;

impl Visitor<'_> for CountLimitVisitor {
    type Value = CountLimit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a percentage, or \"never\"")
    }

    fn visit_f64<E: de::Error>(self, percent: f64) -> Result<CountLimit, E> {
        Ok(CountLimit::Percent(percent))
    }

    fn visit_u64<E: de::Error>(self, percent: u64) -> Result<CountLimit, E> {
        self.visit_f64(percent as f64)
    }

    fn visit_i64<E: de::Error>(self, percent: i64) -> Result<CountLimit, E> {
        self.visit_f64(percent as f64)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<CountLimit, E> {
        match text {
            "never" => Ok(CountLimit::Never),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            history: Level::Critical,
            compare: Level::Major,
            compare_instructions_grew: Level::Minor,
            counts: CountLimit::Never,
        }
    }
}

impl Gate {
    /// The same level for all regressions of time, and no limit of counts.
    pub fn all(level: Level) -> Self {
        let counts = CountLimit::Never;
        Self { history: level, compare: level, compare_instructions_grew: level, counts }
    }

    /// The gate with this level for all regressions of time. With [`Level::Never`] counts do not fail
    /// either.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        let counts = if level == Level::Never { CountLimit::Never } else { self.counts };
        Self { counts, ..Self::all(level) }
    }
}

/// Checks the limit of counts.
pub(super) fn check_gate(text: &str, gate: Gate) -> Result<(), BudgetError> {
    match gate.counts {
        CountLimit::Percent(percent) if !COUNT_LIMITS.contains(&percent) => {
            let message = "`gate.counts`: write a percentage from 1 to 10,000,000, or \"never\"";
            Err(at_value(text, &[Key("gate"), Key("counts")], message.to_owned()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::BudgetFile;
    use super::*;

    fn gate(value: &str) -> Result<Gate, String> {
        let text = format!("{{\"schema\": 2,\n \"gate\": {{\"counts\": {value}}}}}");
        let parsed = BudgetFile::parse(&text);
        parsed.map(|(file, _)| file.gate).map_err(|error| error.to_string())
    }

    #[test]
    fn counts_fail_from_a_percentage_or_never() {
        assert_eq!(Gate::default().counts, CountLimit::Never);
        for (value, expected) in [
            ("5", CountLimit::Percent(5.0)),
            ("1.0", CountLimit::Percent(1.0)),
            ("1e7", CountLimit::Percent(1e7)),
            ("\"never\"", CountLimit::Never),
        ] {
            assert_eq!(gate(value).map(|gate| gate.counts), Ok(expected), "{value}");
        }
        let range = "2:21: `gate.counts`: write a percentage from 1 to 10,000,000, or \"never\"";
        let found = |found| format!("2:21: expected a percentage, or \"never\", found {found}");
        for (value, error) in [
            ("0.9", range.to_owned()),
            ("-5", range.to_owned()),
            ("1e8", range.to_owned()),
            ("\"5\"", found("the text \"5\"")),
            ("\"minor\"", found("the text \"minor\"")),
            ("true", found("`true`")),
            ("[5]", "2:22: expected a percentage, or \"never\", found a list".to_owned()),
        ] {
            assert_eq!(gate(value), Err(error), "{value}");
        }
    }

    #[test]
    fn a_level_of_the_command_line_keeps_the_limit_of_counts_unless_nothing_fails() {
        let gate = Gate { counts: CountLimit::Percent(5.0), ..Gate::default() };
        let minor = gate.with_level(Level::Minor);
        assert_eq!((minor.history, minor.counts), (Level::Minor, gate.counts));
        assert_eq!(gate.with_level(Level::Never), Gate::all(Level::Never));
    }
}
