//! The formatting of all times, sizes, ratios and counts.

use serde::{Deserialize, Serialize};

/// A ratio of two times as its natural logarithm: 0 is no change, positive is slower.
///
/// Logarithms make a slowdown and the speed-up that undoes it the same size.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogRatio(pub f64);

impl LogRatio {
    /// The ratio of a change of `percent`, which is above -100.
    pub fn from_percent(percent: f64) -> Self {
        Self((percent / 100.0).ln_1p())
    }

    /// The change in percent.
    pub fn percent(self) -> f64 {
        self.0.exp_m1() * 100.0
    }
}

const TIMES: [(f64, &str); 4] = [(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")];
const SIZES: [(f64, &str); 4] = [(1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB")];
const COUNTS: [(f64, &str); 4] = [(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G")];

/// A time in nanoseconds with four digits: `1.234 µs`.
pub fn time(ns: f64) -> String {
    scaled(ns, &TIMES)
}

/// A size in bytes with four digits, in powers of ten: `41.20 MB`.
pub fn bytes(bytes: f64) -> String {
    if bytes < 1e3 { format!("{} B", plain(bytes)) } else { scaled(bytes, &SIZES) }
}

/// A count: whole up to 9,999, then with four digits: `12.35 k`.
pub fn count(count: f64) -> String {
    if count < 1e4 { plain(count) } else { scaled(count, &COUNTS) }
}

/// A rate per second: `812.0 MB/s`, `4.100 M item/s`.
pub fn rate(per_second: f64, unit: &str) -> String {
    match unit {
        "B/s" => format!("{}/s", bytes(per_second)),
        _ => format!("{} {unit}", count(per_second)),
    }
}

/// A change in percent with its sign: `+12.3 %`; from 1,000 on as a factor, `11.0 ×`.
pub fn change(ratio: LogRatio) -> String {
    let percent = ratio.percent();
    if percent >= 1000.0 {
        return format!("{:.1} ×", ratio.0.exp());
    }
    let shown = format!("{percent:+.1} %");
    if shown == "-0.0 %" { "+0.0 %".to_owned() } else { shown }
}

/// The ends of a change's interval: `+9.1 % to +11.4 %`.
pub fn interval(low: LogRatio, high: LogRatio) -> String {
    format!("{} to {}", change(low), change(high))
}

/// A factor: `3.02 ×`, or `2.5e7 ×` from a million on.
pub fn factor(factor: f64) -> String {
    match factor {
        ..10.0 => format!("{factor:.2} ×"),
        ..100.0 => format!("{factor:.1} ×"),
        ..1e6 => format!("{factor:.0} ×"),
        _ => format!("{factor:.1e} ×"),
    }
}

/// How many times as fast, with a third decimal below 1.1: `0.071 ×`, `1.034 ×`, `1.23 ×`.
pub fn speed(times: f64) -> String {
    if times < 1.1 { format!("{times:.3} ×") } else { factor(times) }
}

/// A share or limit in percent, without a sign: `5.0 %`.
pub fn percent(ratio: LogRatio) -> String {
    format!("{:.1} %", ratio.percent().abs())
}

/// A small share in percent with two digits: `0.0031 %`.
pub fn small_share(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = match percent.abs() {
        0.0 => 0,
        percent => (1.0 - percent.log10().floor()).clamp(0.0, 6.0) as usize,
    };
    format!("{percent:.decimals$} %")
}

/// A duration for planning: `8 s`, `3 min 20 s`, `1 h 05 min`.
pub fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A count with its noun: `1 launch`, `2 launches`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn plain(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { four_digits(value) }
}

fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let (step, unit) = unit_for(value, units);
    format!("{} {unit}", four_digits(value / step)).trim_end().to_owned()
}

fn unit_for<'a>(value: f64, units: &[(f64, &'a str)]) -> (f64, &'a str) {
    // 999.96 ns would print as `1000 ns`, so the unit is chosen for the rounded value.
    let fits = |step: &&(f64, &str)| value.abs() / step.0 >= 0.999_95;
    *units.iter().rev().find(fits).unwrap_or(&units[0])
}

/// A time of the base, one of the head and the change between them, as a row prints them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The time of the base.
    pub base: Option<String>,
    /// The time of the head.
    pub head: Option<String>,
    /// The change from the base to the head.
    pub change: Option<String>,
}

impl Figures {
    /// Formats two times in nanoseconds and a change.
    ///
    /// If all are known, the printed head is the printed base × (1 + the printed change).
    pub fn new(base_ns: Option<f64>, head_ns: Option<f64>, ratio: Option<LogRatio>) -> Self {
        let agreeing =
            base_ns.zip(ratio).map(|(base, ratio)| printed(base) * printed_factor(ratio));
        Self {
            base: base_ns.map(time),
            head: head_ns.map(|head| time(agreeing.unwrap_or(head))),
            change: ratio.map(change),
        }
    }
}

/// The time that [`time`] prints, in nanoseconds.
fn printed(ns: f64) -> f64 {
    let (step, _) = unit_for(ns, &TIMES);
    four_digits(ns / step).parse().map_or(ns, |digits: f64| digits * step)
}

/// Head divided by base as [`change`] prints it.
fn printed_factor(ratio: LogRatio) -> f64 {
    let percent = ratio.percent();
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    if percent >= 1000.0 { tenths(ratio.0.exp()) } else { 1.0 + tenths(percent) / 100.0 }
}

/// Four digits, or `1.500e9` from a billion on: only a damaged file has such a number.
fn four_digits(value: f64) -> String {
    if value.abs() >= 1e9 {
        return format!("{value:.3e}");
    }
    let before_point = if value.abs() < 1.0 { 1.0 } else { value.abs().log10().floor() + 1.0 };
    let decimals = (4.0 - before_point).clamp(0.0, 3.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_have_four_digits_and_the_unit_that_fits() {
        let cases = [
            (0.0, "0.000 ns"),
            (2.5, "2.500 ns"),
            (999.94, "999.9 ns"),
            (999.96, "1.000 µs"),
            (12_345.0, "12.35 µs"),
            (1.5e6, "1.500 ms"),
            (3.2e10, "32.00 s"),
            (7.2e12, "7200 s"),
            (1e300, "1.000e291 s"),
        ];
        for (ns, text) in cases {
            assert_eq!(time(ns), text);
        }
    }

    /// The number that a time or change was printed as: in ns, or head divided by base.
    fn read(text: &str) -> f64 {
        let (digits, unit) = text.split_once(' ').unwrap();
        let digits: f64 = digits.parse().unwrap();
        match unit {
            "%" => 1.0 + digits / 100.0,
            "×" => digits,
            _ => digits * TIMES.iter().find(|(_, name)| *name == unit).unwrap().0,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_printed_head_is_the_printed_base_times_the_printed_change(
            ln_base in -3.0..30.0_f64,
            ratio in prop_oneof![-4.0..8.0_f64, -0.2..0.2_f64],
            noise in -0.3..0.3_f64,
        ) {
            let (base, ratio) = (ln_base.exp(), LogRatio(ratio));
            let head = base * (ratio.0 + noise).exp();
            let figures = Figures::new(Some(base), Some(head), Some(ratio));
            let [base, head, change] =
                [figures.base, figures.head, figures.change].map(|figure| figure.unwrap());
            prop_assert_eq!(time(read(&base) * read(&change)), head);
        }
    }

    #[test]
    fn figures_that_are_not_known_are_left_out() {
        let figures = Figures::new(None, Some(1.5), Some(LogRatio(0.1)));
        assert_eq!((figures.base, figures.head.as_deref()), (None, Some("1.500 ns")));
        assert_eq!(Figures::new(Some(2.0), None, Some(LogRatio(0.1))).head, None);
    }

    #[test]
    fn sizes_counts_and_rates() {
        assert_eq!(bytes(512.0), "512 B");
        assert_eq!(bytes(41_200_000.0), "41.20 MB");
        assert_eq!(count(9999.0), "9999");
        assert_eq!(count(12_346.0), "12.35 k");
        assert_eq!(rate(8.12e8, "B/s"), "812.0 MB/s");
        assert_eq!(rate(4.1e6, "item/s"), "4.100 M item/s");
    }

    #[test]
    fn changes_show_their_sign_and_never_minus_zero() {
        assert_eq!(change(LogRatio::from_percent(12.34)), "+12.3 %");
        assert_eq!(change(LogRatio::from_percent(-50.0)), "-50.0 %");
        assert_eq!(change(LogRatio::from_percent(-0.01)), "+0.0 %");
        assert_eq!(change(LogRatio(11.0_f64.ln())), "11.0 ×");
        assert_eq!(percent(LogRatio::from_percent(5.0)), "5.0 %");
        assert_eq!([0.5, 30.25, 34188.2].map(factor), ["0.50 ×", "30.2 ×", "34188 ×"]);
        assert_eq!([0.0712, 1.0336, 1.234].map(speed), ["0.071 ×", "1.034 ×", "1.23 ×"]);
    }

    #[test]
    fn small_shares_have_two_digits() {
        let shown = [0.0, 0.000_031_4, 0.004, 0.123, 2.0].map(small_share);
        assert_eq!(shown, ["0 %", "0.0031 %", "0.40 %", "12 %", "200 %"]);
    }

    #[test]
    fn spans_read_like_a_plan() {
        assert_eq!(span(0.4), "0 s");
        assert_eq!(span(59.6), "1 min 00 s");
        assert_eq!(span(200.0), "3 min 20 s");
        assert_eq!(span(3900.0), "1 h 05 min");
    }
}
