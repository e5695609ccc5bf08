//! The comparison of alternatives as Markdown.

use super::grid::Grid;
use super::text::{code, escaped};
use crate::Versus;
use crate::versus::VERSUS_TITLES;

impl Versus {
    /// The comparison as GitHub's Markdown. Every string from a repository is escaped.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("{}\n\n", escaped(&self.headline()));
        let row = |cells: [String; 7]| {
            let [name, case, numbers @ ..] = cells;
            let case = if case.is_empty() { case } else { code(&case) };
            [code(&name), case].into_iter().chain(numbers).collect()
        };
        let rows: Vec<Vec<String>> =
            self.results.iter().map(|result| row(self.cells(result))).collect();
        if !rows.is_empty() {
            text += &written(&Grid::new(&VERSUS_TITLES, 2..7, &rows));
        }
        for result in &self.results {
            text += &format!("- {}\n", escaped(&result.conclusion));
        }
        if !self.scaling.is_empty() {
            let (titles, rows) = self.scaling_cells();
            let titles: Vec<String> = titles.iter().map(|title| escaped(title)).collect();
            let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            let escaped_row = |row: &Vec<String>| row.iter().map(|cell| escaped(cell)).collect();
            let rows: Vec<Vec<String>> = rows.iter().map(escaped_row).collect();
            text += "\n";
            text += &written(&Grid::new(&titles, 1..titles.len(), &rows));
        }
        for note in &self.notes {
            text += &format!("- note: {}\n", escaped(note));
        }
        text
    }
}

fn written(grid: &Grid) -> String {
    format!("{}{}\n", grid.head, grid.lines.concat())
}

#[cfg(test)]
mod tests {
    use crate::versus::example;

    #[test]
    fn cases_cannot_end_their_cell() {
        let text = example().to_markdown();
        assert!(text.contains("| <code>new</code> | <code>1&#124;2</code> |"), "{text}");
        assert!(text.contains("| alternative | case | time | baseline |"), "{text}");
        assert!(text.contains("| exponent | 2.00 (2.00 to 2.00) | 1.00"), "{text}");
        assert!(text.contains("- old::256 is 1.10 × as fast as new::256"), "{text}");
    }
}
