//! Ratios as drawings on one logarithmic axis.

use super::fluid;
use crate::svg::Scale;

/// The place of a ratio in percent of the width.
fn across(scale: Scale, ratio: f64) -> f64 {
    4.0 + 92.0 * scale.share(ratio)
}

/// A mark for the ratio and a line for its interval.
pub(super) fn drawn(class: &str, ratio: f64, ends: Option<(f64, f64)>, scale: Scale) -> String {
    let at = across(scale, ratio);
    let one = fluid::vertical("zero", across(scale, 1.0), [0.0, 24.0]);
    let ends = ends.map(|(low, high)| {
        let [low, high] = [low, high].map(|end| across(scale, end));
        format!(r#"<line class="ends" x1="{low:.1}%" x2="{high:.1}%" y1="12" y2="12"/>"#)
    });
    format!(
        r#"<svg class="interval" height="24" aria-hidden="true">{one}{}<circle class="{class}" cx="{at:.1}%" cy="12" r="4"/></svg>"#,
        ends.unwrap_or_default()
    )
}

/// The labels of the axis of ratios: 1, and the round values that `is_shown` selects.
pub(super) fn ticks(scale: Scale, is_shown: impl Fn(f64) -> bool) -> String {
    let mut all = scale.ticks(3);
    all.retain(|tick| is_shown(*tick));
    if !all.contains(&1.0) {
        all.insert(0, 1.0);
    }
    let text = |tick: f64| {
        let label = format!("{tick} ×");
        fluid::text("middle", across(scale, tick), 0.0, 12.0, &label)
    };
    let labels: String = all.into_iter().map(text).collect();
    format!(r#"<svg class="interval" height="16" aria-hidden="true">{labels}</svg>"#)
}
