//! Flame graphs as SVG.
//!
//! Each box is a function, as wide as its instructions, above its caller (Gregg, "The Flame
//! Graph", 2016). The picture needs no network.

use crate::Stacks;
use inferno::flamegraph::{self, Options};
use std::collections::BTreeSet;

/// The texts of a picture. They are escaped.
#[derive(Clone, Copy, Debug)]
pub struct FlameText<'a> {
    /// What is shown.
    pub title: &'a str,
    /// How it was counted.
    pub subtitle: &'a str,
    /// What the widths are, in the plural.
    pub unit: &'a str,
}

/// Why nothing was drawn.
#[derive(Debug, thiserror::Error)]
#[error("cannot draw the flame graph: {0}")]
pub struct DrawError(String);

/// The smallest number of units that a picture has room for. Smaller costs are drawn as multiples.
const RESOLUTION: f64 = 1e6;

/// Draws stacks and their costs.
///
/// # Errors
///
/// If there is nothing to draw.
pub fn flame_graph<'a>(
    costs: impl IntoIterator<Item = (&'a Vec<String>, &'a f64)> + Clone,
    text: FlameText<'_>,
) -> Result<String, DrawError> {
    let scale = scale(costs.clone().into_iter().map(|(_, cost)| *cost).sum());
    let lines = costs.into_iter().map(|(stack, cost)| line(stack, &[*cost], scale));
    draw(&lines.collect::<Vec<_>>(), text, scale)
}

/// Draws the instructions of the head. Red boxes have more of their own than in the base, blue ones
/// fewer.
///
/// # Errors
///
/// If there is nothing to draw.
pub fn differential(
    base: &Stacks,
    head: &Stacks,
    text: FlameText<'_>,
) -> Result<String, DrawError> {
    let scale = scale(base.total().max(head.total()));
    let stacks: BTreeSet<&Vec<String>> =
        base.instructions.keys().chain(head.instructions.keys()).collect();
    let cost = |side: &Stacks, stack| side.instructions.get(stack).copied().unwrap_or(0.0);
    let lines =
        stacks.into_iter().map(|stack| line(stack, &[cost(base, stack), cost(head, stack)], scale));
    draw(&lines.collect::<Vec<_>>(), text, scale)
}

/// How many units of the picture a unit of the costs is. The picture has whole numbers.
fn scale(total: f64) -> f64 {
    (RESOLUTION / total.max(1.0)).max(1.0).ceil()
}

/// A line in the folded format: the stack, then its costs.
fn line(stack: &[String], costs: &[f64], scale: f64) -> String {
    // These characters separate frames and costs.
    let frames: Vec<String> =
        stack.iter().map(|name| name.replace([';', '\n', '\r'], " ")).collect();
    let costs: Vec<String> =
        costs.iter().map(|cost| format!("{}", (cost * scale).round() as u64)).collect();
    format!("{} {}", frames.join(";"), costs.join(" "))
}

fn draw(lines: &[String], text: FlameText<'_>, scale: f64) -> Result<String, DrawError> {
    let mut options = Options::default();
    options.title = text.title.to_owned();
    options.subtitle = Some(text.subtitle.to_owned());
    options.count_name = text.unit.to_owned();
    options.factor = 1.0 / scale;
    // The same function has the same colour in every picture.
    options.deterministic = true;
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)
        .map_err(|error| DrawError(error.to_string()))?;
    String::from_utf8(svg).map_err(|error| DrawError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const TEXT: FlameText<'_> = FlameText {
        title: "a <b>",
        subtitle: "instructions of one iteration, counted by callgrind",
        unit: "instructions",
    };

    fn stacks(costs: &[(&[&str], f64)]) -> Stacks {
        let instructions = costs.iter().map(|(stack, cost)| {
            (stack.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>(), *cost)
        });
        Stacks { instructions: instructions.collect(), allocations: BTreeMap::new() }
    }

    #[test]
    fn hostile_names_are_escaped_and_numbers_are_those_of_an_iteration() {
        let hostile = stacks(&[(&["a", "<script>;x"], 3.0), (&["a"], 1.0)]);
        let svg = flame_graph(&hostile.instructions, TEXT).unwrap();
        assert!(svg.contains("a &lt;b&gt;") && svg.contains("counted by callgrind"), "{svg}");
        assert!(svg.contains("&lt;script&gt; x (3 instructions, 75.00%)"), "{svg}");
        assert!(!svg.contains("http://") || !svg.contains("src=\"http"), "{svg}");
    }

    #[test]
    fn a_difference_names_both_sides() {
        let (base, head) = (stacks(&[(&["a"], 100.0)]), stacks(&[(&["a"], 150.0)]));
        let svg = differential(&base, &head, TEXT).unwrap();
        assert!(svg.contains("150 instructions"), "{svg}");
    }

    #[test]
    fn nothing_cannot_be_drawn() {
        let error = flame_graph(&BTreeMap::new(), TEXT).unwrap_err();
        assert!(error.to_string().starts_with("cannot draw the flame graph: "));
    }
}
