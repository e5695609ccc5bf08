//! Which clock reads were made between a row's label and its numbers.

use std::collections::BTreeMap;
use std::ops::Range;

use super::recording::{Event, Recording};

/// The number that the tap gives to the main thread.
const MAIN: u32 = 1;

/// A row's clock reads in ns, by thread: the main thread first, then by their number.
pub(super) type Reads = Vec<Vec<u64>>;

/// The clock reads of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RowReads {
    /// Bytes on standard output before them.
    pub(super) label_bytes: u64,
    pub(super) reads: Reads,
}

/// The clock reads of the row that takes up `span` of standard output.
///
/// Divan flushes the label before it starts the benchmark, and prints the numbers after it.
pub(super) fn of_row(recording: &Recording, span: &Range<usize>) -> Option<RowReads> {
    let (start, end) = (span.start as u64, span.end as u64);
    let written = |wanted: &dyn Fn(u64) -> bool| {
        recording.events.iter().position(|event| match event {
            Event::Stdout { bytes } => wanted(*bytes),
            Event::Clock { .. } => false,
        })
    };
    let label = written(&|bytes| start < bytes && bytes < end)?;
    let numbers = written(&|bytes| end <= bytes)?;
    let Some(Event::Stdout { bytes: label_bytes }) = recording.events.get(label).copied() else {
        return None;
    };
    let between = recording.events.get(label..numbers)?;
    let mut by_thread: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    for event in between {
        if let Event::Clock { thread, ns } = event {
            by_thread.entry(*thread).or_default().push(*ns);
        }
    }
    let main = by_thread.remove(&MAIN)?;
    let mut others: Vec<Vec<u64>> = by_thread.into_values().collect();
    // Threads of the benchmark's own make fewer reads than those that Divan samples on.
    others.sort_by_key(|reads| std::cmp::Reverse(reads.len()));
    others.insert(0, main);
    Some(RowReads { label_bytes, reads: others })
}

/// The clock reads of the main thread before anything was written, in ns.
pub(super) fn before_output(recording: &Recording) -> Vec<u64> {
    let before = recording.events.iter().take_while(|event| matches!(event, Event::Clock { .. }));
    let main = before.filter_map(|event| match event {
        Event::Clock { thread: MAIN, ns } => Some(*ns),
        _ => None,
    });
    main.collect()
}

#[cfg(test)]
mod tests {
    use super::{Event, Recording, RowReads, of_row};

    fn clock(thread: u32, ns: u64) -> Event {
        Event::Clock { thread, ns }
    }

    #[test]
    fn reads_are_those_between_label_and_numbers() {
        let stdout = |bytes| Event::Stdout { bytes };
        let events = vec![
            stdout(10),
            clock(1, 1),
            stdout(15),
            clock(1, 2),
            clock(5, 3),
            stdout(17),
            clock(1, 4),
            clock(2, 5),
            clock(2, 6),
            stdout(30),
            clock(1, 7),
        ];
        let recording = Recording { events, ..Recording::default() };
        let reads = vec![vec![2, 4], vec![5, 6], vec![3]];
        let expected = RowReads { label_bytes: 15, reads };
        assert_eq!(of_row(&recording, &(10..30)), Some(expected));
        assert_eq!(of_row(&recording, &(10..31)), None);
        assert_eq!(of_row(&recording, &(30..40)), None);
    }
}
