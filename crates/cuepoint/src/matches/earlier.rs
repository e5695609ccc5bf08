//! The earlier table whose matches are kept.

use std::path::Path;

use anyhow::anyhow;
use cuepoint_core::export::MATCH_COLUMNS;
use cuepoint_core::results::{EarlierTable, SavedTable};

use crate::input::read_table;

/// Reads the matched rows of the table at `path`.
pub(super) fn read(path: &Path) -> anyhow::Result<EarlierTable> {
    let bytes = read_table(path)?;
    let table = SavedTable::read(&bytes);
    table.and_then(|table| EarlierTable::new(table, &MATCH_COLUMNS)).map_err(|error| {
        let path = path.display();
        anyhow!("{path}: {error}\n  help: match again without --incremental")
    })
}
