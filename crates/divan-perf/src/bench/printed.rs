//! What a process printed on a stream, in bounded memory.
//!
//! A bench may print gigabytes in the middle of its row. Of long output, only lines with characters
//! of Divan's table are kept.

use memchr::{memchr, memrchr};
use std::time::Instant;

/// The number of bytes from which on lines are left out.
const WHOLE: usize = 8 << 20;
/// The largest number of bytes that are kept.
const MOST: usize = 64 << 20;
/// The number of bytes that are kept of a long line. Divan's numbers end their line.
const LINE_END: usize = 4096;
/// The largest number of arrivals that are kept.
const MOST_ARRIVALS: usize = 1 << 16;
/// The first byte of the characters `│`, `├` and `╰`.
const TABLE_BYTE: u8 = 0xE2;

/// The lines of a process that belong to a table, and of short output all.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    bytes: Vec<u8>,
    gaps: Vec<Gap>,
    /// The line in progress, once lines are left out.
    line: Vec<u8>,
    /// Bytes of this line that are left out.
    left_out: usize,
    /// All bytes so far.
    total: usize,
    arrivals: Vec<(usize, Instant)>,
}

/// What a process printed, and when.
#[derive(Debug)]
pub(super) struct Output {
    /// The kept bytes.
    pub(super) bytes: Vec<u8>,
    pub(super) gaps: Vec<Gap>,
    /// The number of printed bytes after each part that arrived, and the time.
    pub(super) arrivals: Vec<(usize, Instant)>,
}

/// Bytes that are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The position in the kept bytes.
    pub(crate) at: usize,
    pub(crate) len: usize,
}

impl Printed {
    /// Adds the next bytes of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len();
        if self.arrivals.len() < MOST_ARRIVALS {
            self.arrivals.push((self.total, Instant::now()));
        }
        if self.bytes.len() < WHOLE {
            self.bytes.extend_from_slice(bytes);
            if self.bytes.len() >= WHOLE {
                let start = memrchr(b'\n', &self.bytes).map_or(0, |at| at + 1);
                self.line = self.bytes.split_off(start);
            }
            return;
        }
        let mut rest = bytes;
        // The benchmark waits while its output is read, so lines of its own are skipped at once.
        if memchr(TABLE_BYTE, &self.line).is_none() {
            let plain = memchr(TABLE_BYTE, rest).unwrap_or(rest.len());
            if let Some(end) = memrchr(b'\n', &rest[..plain]) {
                self.leave_out(self.left_out + self.line.len() + end + 1);
                self.line.clear();
                self.left_out = 0;
                rest = &rest[end + 1..];
            }
        }
        for part in rest.split_inclusive(|byte| *byte == b'\n') {
            self.push_to_line(part);
        }
    }

    pub(super) fn finish(mut self) -> Output {
        // The last line may be a label without numbers.
        self.keep_line();
        Output { bytes: self.bytes, gaps: self.gaps, arrivals: self.arrivals }
    }

    fn push_to_line(&mut self, part: &[u8]) {
        self.line.extend_from_slice(part);
        if self.line.len() > 2 * LINE_END {
            let over = self.line.len() - LINE_END;
            self.line.drain(..over);
            self.left_out += over;
        }
        if part.last() != Some(&b'\n') {
            return;
        }
        if memchr(TABLE_BYTE, &self.line).is_some() && self.bytes.len() < MOST {
            self.keep_line();
        } else {
            self.leave_out(self.left_out + self.line.len());
            self.line.clear();
            self.left_out = 0;
        }
    }

    fn keep_line(&mut self) {
        self.leave_out(self.left_out);
        self.bytes.append(&mut self.line);
        self.left_out = 0;
    }

    fn leave_out(&mut self, len: usize) {
        let at = self.bytes.len();
        match self.gaps.last_mut().filter(|gap| gap.at == at) {
            Some(gap) => gap.len += len,
            None if len > 0 => self.gaps.push(Gap { at, len }),
            None => {}
        }
    }
}

/// The last bytes of a stream.
#[derive(Debug, Default)]
pub(super) struct LastPrinted(Vec<u8>);

impl LastPrinted {
    /// Adds the next bytes of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        if self.0.len() > 2 * WHOLE {
            self.0.drain(..self.0.len() - WHOLE);
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(parts: &[&[u8]]) -> (Vec<u8>, Vec<Gap>) {
        let mut printed = Printed::default();
        let whole = parts.concat();
        whole.chunks(8191).for_each(|chunk| printed.push(chunk));
        let output = printed.finish();
        assert_eq!(output.arrivals.last().map_or(0, |(bytes, _)| *bytes), whole.len());
        (output.bytes, output.gaps)
    }

    #[test]
    fn short_output_is_kept_whole() {
        for text in ["", "\n", "no end", "├─ a   \n\nx\n"] {
            assert_eq!(printed(&[text.as_bytes()]), (text.as_bytes().to_vec(), vec![]));
        }
    }

    #[test]
    fn lines_of_a_table_are_kept_at_their_positions() {
        let (own, row) = ("1234567\n".repeat(3 << 20), "├─ a   1 ns │ 2 ns\n");
        let long = "x".repeat(9 << 20);
        let parts = [row, &own, row, &long, "5 ns │ 6 ns\n", &own, row, &own, "├─ last"];
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        let whole = parts.concat();
        let (kept, gaps) = printed(&parts);
        assert!(kept.len() < WHOLE + 100_000, "{}", kept.len());
        let text = String::from_utf8_lossy(&kept);
        assert!(text.ends_with("├─ last") && text.contains("x5 ns │ 6 ns\n"));
        assert_eq!(text.matches(row).count(), 3);
        // Every kept byte is the one at its position in the whole.
        let left_out: usize = gaps.iter().map(|gap| gap.len).sum();
        assert_eq!(kept.len() + left_out, whole.len());
        let (mut from, mut position) = (0, 0);
        for gap in gaps.iter().chain(&[Gap { at: kept.len(), len: 0 }]) {
            let len = gap.at - from;
            assert!(kept[from..gap.at] == whole[position..position + len]);
            (from, position) = (gap.at, position + len + gap.len);
        }
    }

    #[test]
    fn of_long_messages_the_end_is_kept() {
        let mut last = LastPrinted::default();
        (0..3 << 20).for_each(|_| last.push(b"message\n"));
        last.push(b"the last one");
        let kept = last.finish();
        assert!(kept.ends_with(b"message\nthe last one") && kept.len() <= 2 * WHOLE);
    }
}
