//! What this program itself writes into cells: numbers, dates and names.

use std::io::Write;

use crate::matching::Points;
use crate::rekordbox::{Bpm, Date};

/// What this program itself writes into cells.
pub(super) trait Cell {
    fn append_to(&self, line: &mut Vec<u8>);
}

macro_rules! integer_cell {
    ($($integer:ty),*) => {$(
        impl Cell for $integer {
            fn append_to(&self, line: &mut Vec<u8>) {
                line.extend_from_slice(itoa::Buffer::new().format(*self).as_bytes());
            }
        }
    )*};
}

integer_cell!(u8, u32, u64, usize);

impl Cell for &str {
    fn append_to(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(self.as_bytes());
    }
}

impl Cell for String {
    fn append_to(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(self.as_bytes());
    }
}

/// Both digits of a number below 100.
fn two_digits(number: u32) -> [u8; 2] {
    [number / 10, number].map(|value| b'0' + (value % 10) as u8)
}

impl Cell for Bpm {
    fn append_to(&self, line: &mut Vec<u8>) {
        (self.hundredths() / 100).append_to(line);
        let [tenth, hundredth] = two_digits(self.hundredths() % 100);
        line.extend_from_slice(&[b'.', tenth, hundredth]);
    }
}

impl Cell for Date {
    fn append_to(&self, line: &mut Vec<u8>) {
        if self.year > 9_999 {
            return line.extend_from_slice(self.to_string().as_bytes());
        }
        let [a, b] = two_digits(u32::from(self.year / 100));
        let [c, d] = two_digits(u32::from(self.year % 100));
        let ([e, f], [g, h]) = (two_digits(self.month.into()), two_digits(self.day.into()));
        line.extend_from_slice(&[a, b, c, d, b'-', e, f, b'-', g, h]);
    }
}

impl Cell for Points {
    fn append_to(&self, line: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        let _ = write!(line, "{self}");
    }
}
