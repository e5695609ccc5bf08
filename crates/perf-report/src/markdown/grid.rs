//! A Markdown table without the columns that have no content.

use std::ops::Range;

/// The head of a table and its rows, each ended by a line break.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) head: String,
    pub(super) lines: Vec<String>,
}

impl Grid {
    /// A table of `rows`, which are escaped already. The columns `numbers` are aligned to the right.
    pub(super) fn new(titles: &[&str], numbers: Range<usize>, rows: &[Vec<String>]) -> Self {
        let has_content = |at: &usize| rows.iter().any(|row| !row[*at].is_empty());
        let shown: Vec<usize> = (0..titles.len()).filter(has_content).collect();
        let line = |cell: &dyn Fn(usize) -> String| {
            let cells: Vec<String> = shown.iter().map(|at| cell(*at)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = |at| if numbers.contains(&at) { "--:" } else { "---" }.to_owned();
        let head = line(&|at| titles[at].to_owned()) + &line(&rule);
        let lines = rows.iter().map(|row| line(&|at| row[at].clone())).collect();
        Self { head, lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_columns_are_left_out() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let grid = Grid::new(&["a", "b", "c"], 1..3, &[row(["x", "", "1"]), row(["y", "", ""])]);
        assert_eq!(grid.head, "| a | c |\n| --- | --: |\n");
        assert_eq!(grid.lines, ["| x | 1 |\n", "| y |  |\n"]);
    }
}
