//! Parts of SVG drawings: scales, paths and text.

use std::fmt::Write as _;

/// A scale for values with a larger ratio is logarithmic.
const LINEAR_RATIO: f64 = 20.0;
/// The least span of a linear scale, relative to the highest value. It keeps low noise flat.
const LEAST_SPAN: f64 = 0.15;
/// The margin of a scale around its values, relative to their span.
const MARGIN: f64 = 0.08;
/// The highest valid time or size: 30 years in ns.
const GREATEST: f64 = 1e18;
/// The lowest value above 0. It limits the decades of a logarithmic scale.
const LEAST: f64 = 1e-18;

/// The value if it can be drawn, as a hostile file may contain any number.
pub(super) fn drawable(value: f64) -> Option<f64> {
    (value == 0.0 || (LEAST..=GREATEST).contains(&value)).then_some(value)
}

/// A range of values, linear or logarithmic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Scale {
    /// A scale with all of `values`; `None` if none can be drawn.
    pub(super) fn fitting(values: &[f64]) -> Option<Self> {
        Self::with_least_span(values, LEAST_SPAN)
    }

    /// A scale whose span is at least this share of the highest value, if it is linear.
    pub(super) fn with_least_span(values: &[f64], least_span: f64) -> Option<Self> {
        let usable: Vec<f64> = values.iter().copied().filter_map(drawable).collect();
        let low = usable.iter().copied().reduce(f64::min)?;
        let high = usable.iter().copied().reduce(f64::max)?;
        let is_wide = low > 0.0 && high / low > LINEAR_RATIO;
        Some(if is_wide {
            Self::logarithmic(low, high)
        } else {
            Self::linear(low, high, least_span)
        })
    }

    /// A logarithmic scale with all of `values`; `None` if one is not above 0 or there is none.
    pub(super) fn all_logarithmic(values: &[f64]) -> Option<Self> {
        let usable = values.iter().copied().filter_map(drawable).filter(|value| *value > 0.0);
        let low = usable.clone().reduce(f64::min)?;
        let high = usable.reduce(f64::max)?;
        let is_narrow = high / low < 2.0;
        let (low, high) = if is_narrow { (low / 1.5, high * 1.5) } else { (low, high) };
        Some(Self::logarithmic(low, high))
    }

    fn logarithmic(low: f64, high: f64) -> Self {
        let margin = (high / low).powf(MARGIN);
        Self { low: low / margin, high: high * margin, logarithmic: true }
    }

    fn linear(low: f64, high: f64, least_span: f64) -> Self {
        let least = if high > 0.0 { high * least_span } else { 1.0 };
        let half = (high - low).max(least) * (0.5 + MARGIN);
        let middle = f64::midpoint(low, high);
        let low = (middle - half).max(0.0);
        Self { low, high: middle + half, logarithmic: false }
    }

    /// Whether equal distances are equal ratios.
    pub(super) fn is_logarithmic(self) -> bool {
        self.logarithmic
    }

    /// Whether the value is on the scale.
    pub(super) fn holds(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The position of a value: 0 at the lower end of the scale, 1 at the upper end.
    pub(super) fn share(self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// About `about` round values on the scale, ascending.
    pub(super) fn ticks(self, about: usize) -> Vec<f64> {
        if self.logarithmic { self.decades(about) } else { self.steps(about) }
    }

    fn steps(self, about: usize) -> Vec<f64> {
        let step = round_step((self.high - self.low) / about.max(1) as f64);
        let first = (self.low / step).ceil();
        let ticks = (0..=2 * about).map(|i| (first + i as f64) * step);
        ticks.filter(|tick| self.holds(*tick)).collect()
    }

    fn decades(self, about: usize) -> Vec<f64> {
        let decades = (self.high / self.low).log10();
        let mantissas: &[f64] = if decades > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let exponents = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let all = exponents.flat_map(|e| mantissas.iter().map(move |m| m * 10f64.powi(e)));
        let ticks: Vec<f64> = all.filter(|tick| self.holds(*tick)).collect();
        let every = ticks.len().div_ceil(about.max(1) + 1).max(1);
        ticks.into_iter().step_by(every).collect()
    }
}

/// The least of 1, 2, 5, 10, … that is at least `step`.
fn round_step(step: f64) -> f64 {
    let decade = 10f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * decade >= step);
    factor.unwrap_or(10.0) * decade
}

/// A point of a drawing, in the units of its view box.
pub(super) type Place = (f64, f64);

/// The places without those on a horizontal line between their neighbours.
pub(super) fn without_flat_middles(places: &[Place]) -> Vec<Place> {
    let y = |i: usize| places.get(i).map(|(_, y)| (y * 10.0).round());
    let is_middle = |i: usize| i > 0 && y(i - 1) == y(i) && y(i) == y(i + 1);
    let kept = places.iter().enumerate().filter(|(i, _)| !is_middle(*i));
    kept.map(|(_, place)| *place).collect()
}

/// Path data through the places in order.
pub(super) fn path(places: &[Place]) -> String {
    let mut data = String::new();
    for (i, (x, y)) in places.iter().enumerate() {
        data.push(if i == 0 { 'M' } else { 'L' });
        push_tenths(&mut data, *x);
        data.push(' ');
        push_tenths(&mut data, *y);
    }
    data
}

/// Writes a number with one decimal. A page has tens of thousands of numbers, and the general
/// formatting of floats is slow.
pub(super) fn push_tenths(text: &mut String, value: f64) {
    let tenths = (value * 10.0).round() as i64;
    if tenths < 0 {
        text.push('-');
    }
    let _ = write!(text, "{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
}

/// A text with the special characters of SVG text and attributes replaced.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scale(values: &[f64]) -> Scale {
        Scale::fitting(values).unwrap()
    }

    #[test]
    fn one_value_is_in_the_middle() {
        for values in [&[100.0][..], &[100.0; 9]] {
            assert!((scale(values).share(100.0) - 0.5).abs() < 1e-9);
        }
    }

    #[test]
    fn a_series_of_low_noise_stays_flat() {
        let scale = scale(&[100.0, 101.0]);
        assert!(scale.share(101.0) - scale.share(100.0) < 0.1);
    }

    #[test]
    fn zero_has_a_scale() {
        let zero = scale(&[0.0, 0.0]);
        assert_eq!(zero.ticks(4).len(), 3);
        assert!(zero.share(0.0) < 1e-9);
        assert!(!scale(&[0.0, 1e9]).is_logarithmic());
    }

    #[test]
    fn huge_ranges_are_logarithmic() {
        let scale = scale(&[1.0, 1e10]);
        assert!(scale.is_logarithmic());
        assert!((scale.share(1e5) - 0.5).abs() < 1e-9);
        assert_eq!(scale.ticks(4), [1.0, 1e3, 1e6, 1e9]);
    }

    #[test]
    fn values_next_to_zero_do_not_stretch_a_scale() {
        for low in [f64::MIN_POSITIVE, 1e-300, 5e-19] {
            for scale in [scale(&[low, 1e18]), Scale::all_logarithmic(&[low, 1.0, 1e18]).unwrap()] {
                assert!(scale.ticks(4).len() <= 6, "{low}");
            }
        }
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(scale(&[90.0, 130.0]).ticks(5), [90.0, 100.0, 110.0, 120.0, 130.0]);
        assert_eq!(scale(&[10.0, 300.0]).ticks(5), [10.0, 20.0, 50.0, 100.0, 200.0]);
    }

    #[test]
    fn invalid_times_are_not_drawn() {
        for value in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            assert_eq!((drawable(value), Scale::fitting(&[value])), (None, None));
        }
        assert_eq!(Scale::fitting(&[]), None);
    }

    #[test]
    fn a_flat_line_has_two_ends() {
        let line = |ys: &[f64]| (0..).map(f64::from).zip(ys.iter().copied()).collect::<Vec<_>>();
        let kept = |ys: &[f64]| without_flat_middles(&line(ys)).iter().map(|(x, _)| *x).collect();
        let cases: [(&[f64], Vec<f64>); 4] = [
            (&[], vec![]),
            (&[1.0], vec![0.0]),
            (&[1.0, 1.04, 1.0, 1.0], vec![0.0, 3.0]),
            (&[1.0, 1.0, 1.0, 2.0, 2.0], vec![0.0, 2.0, 3.0, 4.0]),
        ];
        for (ys, expected) in cases {
            let kept: Vec<f64> = kept(ys);
            assert_eq!(kept, expected, "{ys:?}");
        }
    }

    #[test]
    fn paths_and_text() {
        assert_eq!(path(&[(-0.04, -1.25), (1.0, 2.0), (3.25, 4.0)]), "M0.0 -1.3L1.0 2.0L3.3 4.0");
        assert_eq!(escaped("</title>\"&'"), "&lt;/title&gt;&quot;&amp;&#39;");
    }

    proptest! {
        #[test]
        fn every_value_is_on_the_scale(values in prop::collection::vec(0.0..1e12f64, 1..20)) {
            let scale = scale(&values);
            for value in values {
                prop_assert!((0.0..=1.0).contains(&scale.share(value)));
            }
            let ticks = scale.ticks(5);
            prop_assert!((1..=10).contains(&ticks.len()), "{:?}", ticks);
        }
    }
}
