//! What this program itself writes into cells: numbers, dates and names.

use crate::matching::Points;
use crate::rekordbox::{Bpm, Date};

/// What this program itself writes into cells.
pub(super) trait Cell {
    fn append_to(&self, line: &mut String);
}

macro_rules! integer_cell {
    ($($integer:ty),*) => {$(
        impl Cell for $integer {
            fn append_to(&self, line: &mut String) {
                line.push_str(itoa::Buffer::new().format(*self));
            }
        }
    )*};
}

integer_cell!(u8, u32, u64, usize);

impl Cell for &str {
    fn append_to(&self, line: &mut String) {
        line.push_str(self);
    }
}

impl Cell for String {
    fn append_to(&self, line: &mut String) {
        line.push_str(self);
    }
}

/// Both digits of a number below 100.
fn two_digits(number: u32, line: &mut String) {
    let digit = |value: u32| char::from(b'0' + (value % 10) as u8);
    line.push(digit(number / 10));
    line.push(digit(number));
}

impl Cell for Bpm {
    fn append_to(&self, line: &mut String) {
        (self.hundredths() / 100).append_to(line);
        line.push('.');
        two_digits(self.hundredths() % 100, line);
    }
}

impl Cell for Date {
    fn append_to(&self, line: &mut String) {
        if self.year > 9_999 {
            return line.push_str(&self.to_string());
        }
        two_digits(u32::from(self.year / 100), line);
        two_digits(u32::from(self.year % 100), line);
        for number in [self.month, self.day] {
            line.push('-');
            two_digits(u32::from(number), line);
        }
    }
}

impl Cell for Points {
    fn append_to(&self, line: &mut String) {
        line.push_str(&self.to_string());
    }
}
