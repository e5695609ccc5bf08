//! `cuepoint filter`

use std::io::Write;

use cuepoint_core::export::write_saved_csv;
use cuepoint_core::results::Table;

use crate::cli::FilterTableArgs;
use crate::input::read_saved;
use crate::output::write_output;

/// Writes the rows that `args` asks for to its file, or to `out`.
pub(crate) fn run(args: &FilterTableArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let saved = read_saved(&args.table)?;
    let table = Table::of(saved.rows);
    let mut view = table.filter(&args.conditions.spec());
    args.sort.apply(&mut view);
    write_output(args.output.as_deref(), out, |out| write_saved_csv(out, &saved.head, view.rows()))
}
