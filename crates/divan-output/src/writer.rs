//! A small writer of Divan's table, for tests: formats as Divan 0.1.21 does
//! (`time/fine_duration.rs`, `util/fmt.rs`, `tree_painter.rs`).

/// A row to write.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The function's name; may hold anything but a space at its end.
    pub(crate) name: String,
    /// Fastest, slowest, median and mean, in ps.
    pub(crate) picos: [u128; 4],
    pub(crate) samples: u64,
    pub(crate) iters: u64,
    /// Counts of allocations and deallocations in the four columns, if there are any.
    pub(crate) allocs: Option<[f64; 4]>,
}

/// A table with one root, and the byte offset behind each row's label.
pub(crate) fn table(root: &str, plans: &[Plan]) -> (String, Vec<usize>) {
    let width = plans.iter().map(|plan| plan.name.chars().count() + 3).max().unwrap_or(0);
    let width = width.max(root.chars().count()) + 2;
    let titles = ["fastest", "slowest", "median", "mean", "samples", "iters"];
    let mut text = format!("{root:<width$}{}\n", columns(&titles.map(String::from)));
    let mut labels = vec![];
    for (index, plan) in plans.iter().enumerate() {
        let last = index + 1 == plans.len();
        let label = format!("{}{}", if last { "╰─ " } else { "├─ " }, plan.name);
        text += &format!("{label:<width$}");
        labels.push(text.len());
        text += &columns(&numbers(plan));
        text.push('\n');
        for line in plan.allocs.map(alloc_lines).unwrap_or_default() {
            let stem = if last { "" } else { "│" };
            text += &format!("{stem:<width$}{}\n", columns(&line));
        }
    }
    text.push('\n');
    (text, labels)
}

fn numbers(plan: &Plan) -> [String; 6] {
    let [fastest, slowest, median, mean] = plan.picos.map(time);
    [fastest, slowest, median, mean, plan.samples.to_string(), plan.iters.to_string()]
}

fn alloc_lines(counts: [f64; 4]) -> Vec<[String; 6]> {
    let line = |values: [String; 4]| {
        let [fastest, slowest, median, mean] = values;
        [fastest, slowest, median, mean, String::new(), String::new()]
    };
    let title = |text: &str| line([text.to_owned(), String::new(), String::new(), String::new()]);
    let counted = line(counts.map(four_digits));
    let bytes = line(counts.map(|count| format!("{} KB", four_digits(count * 0.016))));
    let kinds = ["alloc:", "dealloc:"];
    kinds.iter().flat_map(|kind| [title(kind), counted.clone(), bytes.clone()]).collect()
}

fn columns(cells: &[String; 6]) -> String {
    let [first, inner @ .., last] = cells;
    let mut text = format!("{first:<13}");
    for (cell, width) in inner.iter().zip([13, 13, 13, 7]) {
        text += &format!(" │ {cell:<width$}");
    }
    text += if last.is_empty() { " │" } else { " │ " };
    text + last
}

/// A time of an iteration as Divan prints it.
pub(crate) fn time(picos: u128) -> String {
    let units = [(1_000, "ns"), (1_000_000, "µs"), (1_000_000_000, "ms"), (1_000_000_000_000, "s")];
    let unit = units.iter().rev().find(|unit| unit.0 <= picos).unwrap_or(&units[0]);
    format!("{} {}", four_digits((picos * 10_000 / unit.0) as f64 / 10_000.0), unit.1)
}

/// A number cut off after four significant digits.
pub(crate) fn four_digits(value: f64) -> String {
    let text = value.to_string();
    let Some((whole, fraction)) = text.split_once('.') else { return text };
    let fraction = &fraction[..fraction.len().min(4_usize.saturating_sub(whole.len()))];
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}
