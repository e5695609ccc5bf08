//! `cuepoint filter`

use std::io::Write;

use anyhow::anyhow;
use cuepoint_core::export::write_saved_csv;
use cuepoint_core::results::{SavedTable, Table};

use crate::cli::FilterTableArgs;
use crate::input::read_table;
use crate::output::write_output;

/// Writes the rows that `args` asks for to its file, or to `out`.
pub(crate) fn run(args: &FilterTableArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let name = args.table.display();
    let bytes = read_table(&args.table)?;
    let saved = SavedTable::read(&bytes).map_err(|error| {
        anyhow!("{name}: {error}\n  help: `cuepoint match library.xml --catalog FILE -o out.csv` writes one")
    })?;
    let table = Table::of(saved.rows);
    let mut view = table.filter(&args.spec());
    args.sort.apply(&mut view);
    write_output(args.output.as_deref(), out, |out| write_saved_csv(out, &saved.head, view.rows()))
}
