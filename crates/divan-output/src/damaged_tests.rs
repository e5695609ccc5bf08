//! What a bench process prints is whatever it likes, and its recording may be cut off.

use crate::samples::{Recording, rebuild};
use crate::{parse_listing, parse_table, timer_precision, unregistered};
use perf_fixtures::damaged;
use proptest::prelude::*;

const SHAPES: &[u8] = include_bytes!("../../../fixtures/divan/shapes.out");
const LISTING: &[u8] = include_bytes!("../../../fixtures/divan/shapes.list");
const STDERR: &[u8] = include_bytes!("../../../fixtures/divan/shapes.err");
const TUNED: &[u8] = include_bytes!("../../../fixtures/divan/tuned.out");
const TUNED_TAP: &[u8] = include_bytes!("../../../fixtures/divan/tuned.tap");

proptest! {
    #[test]
    fn damaged_output_does_not_panic(
        table in damaged(SHAPES),
        listing in damaged(LISTING),
        stderr in damaged(STDERR),
    ) {
        parse_table(&String::from_utf8_lossy(&table), "");
        let _ = parse_listing(&String::from_utf8_lossy(&listing), "shapes");
        let stderr = String::from_utf8_lossy(&stderr);
        let _ = (timer_precision(&stderr), unregistered(&stderr));
    }

    #[test]
    fn a_damaged_recording_does_not_panic(table in damaged(TUNED), tap in damaged(TUNED_TAP)) {
        let _ = Recording::used_len(&tap);
        let rows = parse_table(&String::from_utf8_lossy(&table), "").rows;
        if let Ok(recording) = Recording::parse(&tap) {
            prop_assert_eq!(rebuild(&recording, &rows, 41_000).len(), rows.len());
        }
    }
}
