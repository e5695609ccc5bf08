//! Printed values. Divan 0.1.21 cuts them off after four significant digits (`util/fmt.rs`).

/// A printed value in base units: ns, bytes, counts or a rate per second.
///
/// Divan truncates, so the true value is in `value..value + ulp`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// The printed value. Infinite for a rate over no time.
    pub value: f64,
    /// One unit of the last digit that Divan could have printed.
    pub ulp: f64,
}

/// A statistic's four columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Columns {
    /// The minimum of the samples.
    pub fastest: Cell,
    /// Of the slowest sample.
    pub slowest: Cell,
    /// Of the sample in the middle by time, or the mean of the two there.
    pub median: Cell,
    /// Over all samples.
    pub mean: Cell,
}

impl Columns {
    /// The columns as an array, in printed order.
    pub fn cells(&self) -> [Cell; 4] {
        [self.fastest, self.slowest, self.median, self.mean]
    }

    /// Four printed values, if `read` takes each of them.
    pub(super) fn read(texts: [&str; 4], read: impl Fn(&str) -> Option<Cell>) -> Option<Self> {
        let [fastest, slowest, median, mean] = texts.map(read);
        Some(Self { fastest: fastest?, slowest: slowest?, median: median?, mean: mean? })
    }
}

/// Units of time, in ns. Below 1 ns Divan prints fractions of a nanosecond.
const TIME_UNITS: [(&str, f64); 7] =
    [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12), ("d", 8.64e13)];

const PREFIXES: [(&str, f64); 11] = [
    ("", 1.0),
    ("K", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
];

/// `1.234 µs`, in ns. Only a rate can be infinite.
pub(super) fn time_cell(text: &str) -> Option<Cell> {
    let factor = |unit: &str| TIME_UNITS.iter().find(|known| known.0 == unit).map(|known| known.1);
    scaled(text, factor).filter(is_finite)
}

/// `790.3 KB` for the base unit `B`, in base units.
pub(super) fn unit_cell(text: &str, base: &str) -> Option<Cell> {
    scaled(text, |unit| {
        let prefix = unit.strip_suffix(base)?;
        PREFIXES.iter().find(|known| known.0 == prefix).map(|known| known.1)
    })
}

/// `0.144` or `1234`, without a unit.
pub(super) fn count_cell(text: &str) -> Option<Cell> {
    number(text.trim()).filter(is_finite)
}

pub(super) fn is_finite(cell: &Cell) -> bool {
    cell.value.is_finite()
}

/// `12345`, exactly.
pub(super) fn integer(text: &str) -> Option<u64> {
    let digits = text.trim();
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn scaled(text: &str, factor: impl Fn(&str) -> Option<f64>) -> Option<Cell> {
    let (digits, unit) = text.trim().split_once(' ')?;
    let (number, factor) = (number(digits)?, factor(unit)?);
    Some(Cell { value: number.value * factor, ulp: number.ulp * factor })
}

/// A number as `format_f64` prints it. With a point it has at most four digits and no zero at its
/// end. With four digits or more before the point it is whole.
fn number(text: &str) -> Option<Cell> {
    if text == "inf" {
        return Some(Cell { value: f64::INFINITY, ulp: 0.0 });
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = !whole.is_empty() && digits(whole) && digits(fraction);
    let cut = text.contains('.') != fraction.is_empty() && !fraction.ends_with('0');
    let leading = whole == "0" || !whole.starts_with('0');
    let short = fraction.is_empty() || whole.len() + fraction.len() <= 4;
    if !(plain && cut && leading && short) {
        return None;
    }
    let places = 4_usize.saturating_sub(whole.len());
    Some(Cell { value: text.parse().ok()?, ulp: [1.0, 0.1, 0.01, 0.001][places.min(3)] })
}

#[cfg(test)]
mod tests {
    use super::{Cell, count_cell, integer, time_cell, unit_cell};

    fn near(cell: Option<Cell>, value: f64, ulp: f64) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() <= b.abs() * 1e-12;
        cell.is_some_and(|cell| close(cell.value, value) && close(cell.ulp, ulp))
    }

    #[test]
    fn times_are_ns_with_the_unit_of_their_last_digit() {
        assert!(near(time_cell("0.007 ns"), 0.007, 0.001));
        assert!(near(time_cell("9.999 µs"), 9999.0, 1.0));
        assert!(near(time_cell("999.9 ms"), 999.9e6, 1e5));
        assert!(near(time_cell("26 s "), 26e9, 1e7));
        assert!(near(time_cell("1.5 m"), 9e10, 6e7));
        assert!(near(time_cell("12345 d"), 12345.0 * 8.64e13, 8.64e13));
    }

    #[test]
    fn bytes_and_rates_know_both_prefixes() {
        assert!(near(unit_cell("790.3 KB", "B"), 790_300.0, 100.0));
        assert!(near(unit_cell("1023 KiB", "B"), 1023.0 * 1024.0, 1024.0));
        assert!(near(unit_cell("49382 PB/s", "B/s"), 49_382e15, 1e15));
        assert_eq!(unit_cell("inf item/s", "item/s").map(|cell| cell.value), Some(f64::INFINITY));
        assert_eq!(unit_cell("1 KB", "B/s"), None);
    }

    #[test]
    fn counts_above_four_digits_are_whole() {
        assert!(near(count_cell("0.144"), 0.144, 0.001));
        assert!(near(count_cell("1234567"), 1_234_567.0, 1.0));
    }

    #[test]
    fn only_a_rate_is_infinite() {
        // A run's file cannot hold such a number, and would be lost.
        let endless = "9".repeat(400);
        for text in ["inf ns".to_owned(), format!("{endless} ns")] {
            assert_eq!(time_cell(&text), None, "{text}");
        }
        assert_eq!((count_cell("inf"), count_cell(&endless)), (None, None));
    }

    #[test]
    fn what_divan_cannot_print_is_no_number() {
        for text in
            ["", "5600.7 ns", "1.50 ns", "1. ns", ".5 ns", "01 ns", "-1 ns", "1 ps", "1e3 ns"]
        {
            assert_eq!(time_cell(text), None, "{text:?}");
        }
        assert_eq!(integer("+5"), None);
        assert_eq!(integer(""), None);
        assert_eq!(integer(" 819200 "), Some(819_200));
    }
}
