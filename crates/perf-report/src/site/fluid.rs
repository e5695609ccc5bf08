//! Parts of drawings that fit any width without scripts.
//!
//! Places across are in percent and those down in pixels, so that text and dots keep their size.

use crate::svg::escaped;
use std::fmt::Write as _;

/// A place across: column `at` of `count`, in percent, at the middle of the column.
pub(super) fn middle(at: usize, count: usize) -> f64 {
    100.0 * (at as f64 + 0.5) / count.max(1) as f64
}

/// A line through `(column, y)` as a drawing of its own that is stretched to the width. The places are
/// the middles of `count` columns.
pub(super) fn line(class: &str, places: &[(usize, f64)], count: usize, height: f64) -> String {
    let mut data = String::new();
    for (i, (column, y)) in places.iter().enumerate() {
        let _ = write!(data, "{}{column}.5 {y:.1}", if i == 0 { 'M' } else { 'L' });
    }
    stretched(count, height, &format!(r#"<path class="{class}" d="{data}"/>"#))
}

/// Shapes in units of columns, stretched to the width.
pub(super) fn stretched(count: usize, height: f64, shapes: &str) -> String {
    format!(
        r#"<svg class="stretched" width="100%" height="{height}" viewBox="0 0 {count} {height}" preserveAspectRatio="none">{shapes}</svg>"#
    )
}

/// A text at a place across in percent. `nudge`: by how many pixels it is moved.
pub(super) fn text(class: &str, across: f64, nudge: f64, y: f64, words: &str) -> String {
    let words = escaped(words);
    format!(r#"<text class="{class}" x="{across:.2}%" dx="{nudge}" y="{y:.1}">{words}</text>"#)
}

/// A vertical line.
pub(super) fn vertical(class: &str, across: f64, [top, bottom]: [f64; 2]) -> String {
    format!(
        r#"<line class="{class}" x1="{across:.2}%" x2="{across:.2}%" y1="{top:.1}" y2="{bottom:.1}"/>"#
    )
}

/// A horizontal line over the whole width.
pub(super) fn horizontal(class: &str, y: f64) -> String {
    format!(r#"<line class="{class}" x1="0" x2="100%" y1="{y:.1}" y2="{y:.1}"/>"#)
}

/// Places for labels that are at least `distance` apart, as near to the wanted ones as their order
/// allows. The result has the order of the input.
pub(super) fn apart(wanted: &[f64], distance: f64, [top, bottom]: [f64; 2]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|one, other| wanted[*one].total_cmp(&wanted[*other]));
    let mut places = wanted.to_vec();
    let mut least = top;
    for at in &order {
        places[*at] = places[*at].max(least);
        least = places[*at] + distance;
    }
    let mut most = bottom;
    for at in order.iter().rev() {
        places[*at] = places[*at].min(most);
        most = places[*at] - distance;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_distance_and_order() {
        assert_eq!(apart(&[50.0, 10.0], 15.0, [0.0, 100.0]), [50.0, 10.0]);
        assert_eq!(apart(&[50.0, 51.0, 49.0], 15.0, [0.0, 100.0]), [64.0, 79.0, 49.0]);
        assert_eq!(apart(&[95.0, 99.0], 15.0, [0.0, 100.0]), [85.0, 100.0]);
    }

    #[test]
    fn columns_have_their_middle_and_text_is_escaped() {
        assert_eq!(format!("{} {}", middle(0, 4), middle(3, 4)), "12.5 87.5");
        assert_eq!(
            text("end", 100.0, 8.0, 4.0, "<b>"),
            r#"<text class="end" x="100.00%" dx="8" y="4.0">&lt;b&gt;</text>"#
        );
        assert!(line("all", &[(0, 1.0), (1, 2.0)], 2, 9.0).contains(r#"d="M0.5 1.0L1.5 2.0""#));
    }
}
