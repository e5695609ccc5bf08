//! The call trees of two builds as a drawing: a box per function, below its caller and as wide as its
//! instructions in the head. The shade is the change of its own instructions.

use super::text;
use crate::svg::{escaped, push_tenths};
use call_profile::Frame;
use perf_judge::unit;
use serde::Serialize;
use std::fmt::Write as _;

/// The most rows. Deeper frames are left out.
const ROWS: usize = 24;
/// The height of a row and the width of the drawings for wide and narrow pages, in pixels.
const ROW: f64 = 22.0;
const WIDTHS: [(&str, f64); 2] = [("wide", 1100.0), ("narrow", 420.0)];
/// The width of a character, and the margin of a text.
const CHARACTER: f64 = 7.2;
const MARGIN: f64 = 5.0;
/// The least number of characters that are worth writing.
const LEAST: usize = 4;
/// The shares of all instructions from which a change has the first and the second shade.
const SHADES: [f64; 2] = [0.005, 0.05];

/// The drawings for wide and for narrow pages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct FlameView {
    drawings: Vec<String>,
}

/// The place of a frame, as shares of the width.
struct PlacedFrame<'a> {
    frame: &'a Frame,
    left: f64,
    width: f64,
}

/// The drawing of a call tree; `None` if the head has no instructions.
pub(super) fn view(frames: &[Frame]) -> Option<FlameView> {
    let roots = frames.iter().filter(|frame| frame.depth == 0);
    let all: f64 = roots.map(|frame| frame.total[1].max(0.0)).sum();
    if !all.is_normal() {
        return None;
    }
    let placed = placed(frames, all);
    let drawing = |(class, width)| drawn(&placed, all, class, width);
    Some(FlameView { drawings: WIDTHS.into_iter().map(drawing).collect() })
}

/// Each frame within its caller, left of those that follow it. A frame without a caller is left out.
fn placed(frames: &[Frame], all: f64) -> Vec<PlacedFrame<'_>> {
    // The free part of each open caller, the innermost last.
    let mut free = vec![[0.0, 1.0]];
    let mut found = Vec::new();
    for frame in frames.iter().filter(|frame| frame.depth < ROWS) {
        let Some([left, right]) = free.get(frame.depth).copied() else { continue };
        let width = (frame.total[1].max(0.0) / all).min(right - left);
        free[frame.depth][0] += width;
        free.truncate(frame.depth + 1);
        free.push([left, left + width]);
        found.push(PlacedFrame { frame, left, width });
    }
    found.retain(|placed| placed.width > 0.0);
    found
}

fn drawn(placed: &[PlacedFrame<'_>], all: f64, class: &str, width: f64) -> String {
    let rows = placed.iter().map(|placed| placed.frame.depth + 1).max().unwrap_or_default();
    let height = rows as f64 * ROW;
    let count = unit::counted(placed.len(), "function", "functions");
    let mut svg = format!(
        r#"<svg class="flame {class}" viewBox="0 0 {width} {height}" role="img" aria-label="The largest calls of the head: {count}, each below its caller">"#
    );
    for PlacedFrame { frame, left, width: share } in placed {
        let (x, y, box_width) = (left * width, frame.depth as f64 * ROW, share * width);
        let (sign, shade) = shade(frame, all);
        let name = text::clipped(&frame.name, text::NAME);
        let _ =
            write!(svg, r#"<g><title>{}</title><rect class="{shade}" x=""#, title(frame, &name));
        push_tenths(&mut svg, x);
        let _ = write!(svg, r#"" y="{y}" width=""#);
        push_tenths(&mut svg, box_width);
        let _ = write!(svg, r#"" height="{ROW}"/>"#);
        let label = format!("{sign}{}", fitting(&name, box_width, sign.chars().count()));
        if label.chars().count() > sign.chars().count() {
            svg += r#"<text x=""#;
            push_tenths(&mut svg, x + MARGIN);
            let _ = write!(svg, r#"" y="{}">{}</text>"#, y + ROW - 7.0, escaped(&label));
        }
        svg += "</g>";
    }
    svg += "</svg>";
    svg
}

/// The sign and the class of the change of a frame's own instructions.
fn shade(frame: &Frame, all: f64) -> (&'static str, &'static str) {
    let change = (frame.own[1] - frame.own[0]) / all;
    let strong = change.abs() >= SHADES[1];
    match change {
        _ if change.abs() < SHADES[0] => ("", "same"),
        0.0.. if strong => ("▲ ", "rise-2"),
        0.0.. => ("▲ ", "rise-1"),
        _ if strong => ("▼ ", "fall-2"),
        _ => ("▼ ", "fall-1"),
    }
}

/// `parse::decode: own 1.2 M → 1.5 M, with calls 2.1 M → 2.4 M`
fn title(frame: &Frame, name: &str) -> String {
    let pair = |[base, head]: [f64; 2]| format!("{} → {}", unit::count(base), unit::count(head));
    escaped(&format!("{name}: own {}, with calls {}", pair(frame.own), pair(frame.total)))
}

/// The name, its last part or the beginning of that part: what fits beside `before` characters.
fn fitting(name: &str, width: f64, before: usize) -> String {
    let room = ((width - 2.0 * MARGIN) / CHARACTER).max(0.0) as usize;
    let room = room.saturating_sub(before);
    let last = name.rsplit("::").next().unwrap_or(name);
    let count = |text: &str| text.chars().count();
    match room {
        0..LEAST => String::new(),
        _ if count(name) <= room => name.to_owned(),
        _ if count(last) <= room => last.to_owned(),
        _ => last.chars().take(room - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(depth: usize, name: &str, own: [f64; 2], total: [f64; 2]) -> Frame {
        Frame { depth, name: name.to_owned(), own, total }
    }

    #[test]
    fn frames_are_within_their_callers_and_shaded_by_their_own_change() {
        let frames = [
            frame(0, "run", [0.0, 0.0], [800.0, 1000.0]),
            frame(1, "app::parse::decode", [300.0, 500.0], [300.0, 500.0]),
            frame(2, "lost", [0.0, 0.0], [0.0, 0.0]),
            frame(1, "<b>", [500.0, 490.0], [500.0, 490.0]),
        ];
        let FlameView { drawings } = view(&frames).unwrap();
        let wide = &drawings[0];
        for part in [
            r#"<rect class="same" x="0.0" y="0" width="1100.0""#,
            r#"<rect class="rise-2" x="0.0" y="22" width="550.0""#,
            r#"<rect class="fall-1" x="550.0" y="22" width="539.0""#,
            "▲ app::parse::decode</text>",
            "&lt;b&gt;: own 500 → 490, with calls 500 → 490",
        ] {
            assert!(wide.contains(part), "{part} in {wide}");
        }
        assert!(!wide.contains("lost"), "{wide}");
        assert!(drawings[1].contains("▲ app::parse::decode"), "{}", drawings[1]);
    }

    #[test]
    fn names_are_shortened_to_their_boxes() {
        let of = |width| fitting("app::parse::decode_entities", width, 2);
        assert_eq!(of(300.0), "app::parse::decode_entities");
        assert_eq!(of(150.0), "decode_entities");
        assert_eq!(of(80.0), "decode…");
        assert_eq!(of(30.0), "");
    }

    #[test]
    fn damaged_trees_are_no_fault() {
        assert_eq!(view(&[]), None);
        assert_eq!(view(&[frame(0, "a", [1.0, 0.0], [1.0, 0.0])]), None);
        let odd = [
            frame(0, "a", [0.0; 2], [5.0, 10.0]),
            frame(9, "deep", [0.0; 2], [5.0, 10.0]),
            frame(1, "larger than its caller", [0.0; 2], [5.0, 1e300]),
            frame(1, "negative", [0.0; 2], [-5.0, -5.0]),
        ];
        let FlameView { drawings } = view(&odd).unwrap();
        assert_eq!(drawings[0].matches("width=\"1100.0\"").count(), 2, "{}", drawings[0]);
    }
}
