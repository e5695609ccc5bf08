//! The totals in callgrind's messages.

use std::collections::BTreeMap;

/// What callgrind counted in a process, by the names of its events.
#[derive(Debug, Default, PartialEq)]
pub(super) struct CallgrindEvents(BTreeMap<String, u64>);

impl CallgrindEvents {
    /// Reads the lines `Events :` and `Collected :`. Without them, there are no events.
    pub(super) fn of(log: &str) -> Self {
        let words = |key: &str| {
            let line = log.lines().find_map(|line| Some(line.split_once(key)?.1));
            line.unwrap_or_default().split_whitespace()
        };
        // "Events    :" and "Collected :" have a column of spaces before the colon.
        let totals = words("Collected :").map_while(|number| number.parse().ok());
        Self(words("Events    :").map(str::to_owned).zip(totals).collect())
    }

    /// Executed instructions; `None` if callgrind printed no total.
    pub(super) fn instructions(&self) -> Option<u64> {
        self.0.get("Ir").copied()
    }

    /// The sum of several events; `None` if one of them is missing.
    pub(super) fn sum(&self, names: &[&str]) -> Option<u64> {
        names.iter().map(|name| self.0.get(*name).copied()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = "==7== Callgrind, a call-graph generating cache profiler
==7== Command: target/b --bench --exact --sample-size 1 -- b::sort
==7==\x20
==7== Events    : Ir
==7== Collected : 92243879
==7==\x20
==7== I   refs:      92,243,879
";
    const SIMULATED: &str = "==7== Events    : Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim
==7== Collected : 157042 41104 19552 1311 1652 776 1279 1368 692 29405 3551 1074 352
";

    #[test]
    fn the_totals_are_found_among_callgrinds_messages() {
        assert_eq!(CallgrindEvents::of(MESSAGES).instructions(), Some(92_243_879));
        for without in ["", "==7== Command: b\n", "==7== Events    : Ir\n==7== Collected : \n"] {
            assert_eq!(CallgrindEvents::of(without), CallgrindEvents::default(), "{without}");
        }
    }

    #[test]
    fn events_are_in_the_order_of_their_names() {
        let events = CallgrindEvents::of(SIMULATED);
        assert_eq!(events.sum(&["Dr", "Dw"]), Some(41_104 + 19_552));
        assert_eq!(events.sum(&["Bcm", "Bim"]), Some(3551 + 352));
        assert_eq!(events.sum(&["Ir", "Ge"]), None);
        let cut_off = CallgrindEvents::of(&SIMULATED[..SIMULATED.len() - 10]);
        assert_eq!((cut_off.sum(&["Dr"]), cut_off.sum(&["Bim"])), (Some(41_104), None));
    }
}
