//! The picture that chats and social networks show beside a link: the mark of the site, and the overall
//! trend of the times.

use super::project::PREVIEW;
use super::run_comparability::Comparability;
use super::site_runs::SiteRuns;
use crate::picture::{Canvas, Color};
use std::collections::BTreeMap;

/// The size that social networks recommend, in pixels.
const SIZE: [usize; 2] = [1200, 630];
/// The most runs of the trend, the newest.
const RUNS: usize = 96;
/// The box of the trend: left, top, right and bottom.
const TREND: [f64; 4] = [80.0, 240.0, 1120.0, 550.0];
/// The least span of the trend's scale, in natural logarithms.
const LEAST_SPAN: f64 = 0.06;
/// The place of the mark, and the size of a unit of its drawing of 26 units.
const MARK: [f64; 2] = [80.0, 72.0];
const UNIT: f64 = 4.0;
/// The line of the mark.
const MARK_LINE: [[f64; 2]; 4] = [[4.0, 17.0], [10.0, 17.0], [13.0, 8.0], [22.0, 8.0]];

const PAPER: Color = [17, 21, 26];
const INK: Color = [230, 234, 239];
const RULE: Color = [41, 49, 58];
const LINE: Color = [140, 194, 255];

/// A picture of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitePicture {
    /// Its path below the site's root.
    pub path: &'static str,
    /// The PNG file.
    pub bytes: Vec<u8>,
}

/// The preview of a site.
pub(super) fn picture(shown: &SiteRuns<'_>) -> SitePicture {
    let mut canvas = Canvas::new(SIZE, PAPER);
    mark(&mut canvas);
    trend(&mut canvas, &overall(shown));
    SitePicture { path: PREVIEW, bytes: canvas.to_png() }
}

fn mark(canvas: &mut Canvas) {
    let size = 26.0 * UNIT;
    canvas.fill([MARK[0], MARK[1], MARK[0] + size, MARK[1] + size], INK);
    let place = |[x, y]: [f64; 2]| [MARK[0] + x * UNIT, MARK[1] + y * UNIT];
    canvas.path(&MARK_LINE.map(place), 1.25 * UNIT, PAPER);
}

/// The trend over equal steps of its box, with lines above and below.
fn trend(canvas: &mut Canvas, values: &[f64]) {
    let [left, top, right, bottom] = TREND;
    for share in [0.0, 0.5, 1.0] {
        let y = top + share * (bottom - top);
        canvas.fill([left, y - 1.0, right, y + 1.0], RULE);
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = (high - low).max(LEAST_SPAN) * 1.2;
    let middle = f64::midpoint(low, high);
    let step = (right - left) / values.len().saturating_sub(1).max(1) as f64;
    let place = |(i, value): (usize, &f64)| {
        [
            left + step * i as f64,
            f64::midpoint(top, bottom) - (value - middle) / span * (bottom - top),
        ]
    };
    let places: Vec<[f64; 2]> = values.iter().enumerate().map(place).collect();
    canvas.path(&places, 5.0, LINE);
    if let Some(last) = places.last() {
        canvas.path(&[*last, *last], 12.0, INK);
    }
}

/// The geometric mean of the times of the counted runs, in natural logarithms. Each run changes it by the
/// mean change of the benchmarks that were measured before.
fn overall(shown: &SiteRuns<'_>) -> Vec<f64> {
    let mut changes: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for name in shown.names().into_iter().filter(|name| !shown.is_imported(name)) {
        let mut before: Option<f64> = None;
        for (run, measured) in shown.measured(name) {
            let log = measured.time_ns.median.ln();
            if run.comparability() != Comparability::Counted || !log.is_finite() {
                continue;
            }
            let change = changes.entry(run.id).or_default();
            if let Some(before) = before {
                *change = (change.0 + log - before, change.1 + 1);
            }
            before = Some(log);
        }
    }
    let mut level = 0.0;
    let counted = shown.runs.iter().filter_map(|run| changes.get(run.id));
    let all: Vec<f64> = counted
        .map(|(sum, count)| {
            level += sum / (*count).max(1) as f64;
            level
        })
        .collect();
    all[all.len().saturating_sub(RUNS)..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use perf_fixtures::{measured, run};
    use perf_judge::history::History;

    #[test]
    fn the_trend_follows_the_mean_of_the_times() {
        let day = |(day, factor): (u32, f64)| {
            let new = (day > 2).then(|| measured("core/parse::new", 9e9));
            let both = [measured("core/parse::a", 1e3 * factor), measured("core/parse::b", 1e6)];
            run(day, both.into_iter().chain(new).collect())
        };
        let history: History = (1..).zip([1.0, 1.0, 4.0]).map(day).collect();
        let mut report = report();
        report.rows.clear();
        let shown = SiteRuns::new(&history, &report, None);
        let factors: Vec<f64> = overall(&shown).iter().map(|log| log.exp()).collect();
        assert!((factors[2] - 2.0).abs() < 1e-9 && factors[..2] == [1.0, 1.0], "{factors:?}");
    }

    #[test]
    fn a_site_without_runs_has_a_picture() {
        let (history, mut report) = (History::default(), report());
        report.rows.clear();
        let SitePicture { bytes, .. } = picture(&SiteRuns::new(&history, &report, None));
        assert!(bytes.starts_with(b"\x89PNG") && bytes.len() < 30_000, "{}", bytes.len());
    }
}
