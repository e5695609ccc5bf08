//! Quotes, delimiters and control characters of a line, found in one pass.

/// What a line has besides ordinary letters.
pub(super) struct Signs {
    /// How often there is the delimiter, 255 × 16 or less unless the line is too long.
    pub(super) delimiters: usize,
    /// Whether there is a quote, or the line is too long to be counted.
    pub(super) quotes: bool,
    /// Whether there may be a control character.
    pub(super) controls: bool,
}

/// Bytes that are looked at together: so many fit into a vector of every processor of today.
const LANES: usize = 16;

/// Longer lines could have more delimiters than a lane counts.
const LONGEST: usize = u8::MAX as usize * LANES;

/// Counts `delimiter` and looks for quotes and for other control characters.
///
/// Control characters beyond ASCII start with 0xC2, as a few letters do, which therefore count too.
pub(super) fn signs(line: &[u8], delimiter: u8) -> Signs {
    let (chunks, rest) = line.as_chunks::<LANES>();
    let mut found = Lanes::default();
    for chunk in chunks {
        found.add(chunk, delimiter);
    }
    let mut last = [b' '; LANES];
    last[..rest.len()].copy_from_slice(rest);
    found.add(&last, delimiter);
    let any = |lanes: &[u8; LANES]| lanes.iter().fold(0, |found, lane| found | lane) != 0;
    Signs {
        delimiters: found.delimiters.iter().map(|&count| u16::from(count)).sum::<u16>().into(),
        quotes: any(&found.quotes) || line.len() >= LONGEST,
        controls: any(&found.controls),
    }
}

/// What was found at each place of a vector.
#[derive(Default)]
struct Lanes {
    quotes: [u8; LANES],
    controls: [u8; LANES],
    delimiters: [u8; LANES],
}

impl Lanes {
    /// Looks at each byte without a branch, so that the compiler can do many at once.
    fn add(&mut self, chunk: &[u8; LANES], delimiter: u8) {
        for (lane, &byte) in chunk.iter().enumerate() {
            let control = (byte < b' ') | (byte == 0x7f) | (byte == 0xc2);
            self.controls[lane] |= u8::from(control & (byte != delimiter));
            self.quotes[lane] |= u8::from(byte == b'"');
            self.delimiters[lane] = self.delimiters[lane].wrapping_add(u8::from(byte == delimiter));
        }
    }
}

/// Whether a cell that starts with this byte may be a formula: by its sign, or after a blank or
/// control character, which programs skip. Those beyond ASCII start with one of four bytes.
pub(super) fn may_start_formula(first: u8) -> bool {
    first <= b' ' || matches!(first, b'=' | b'+' | b'-' | b'@' | 0x7f | 0xc2 | 0xe1..=0xe3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_counted_wherever_a_sign_is() {
        for at in 0..70 {
            let mut line = vec![b'a'; 70];
            line[at] = b',';
            let found = signs(&line, b',');
            assert_eq!((found.delimiters, found.quotes, found.controls), (1, false, false), "{at}");
            line[at] = b'"';
            assert!(signs(&line, b',').quotes, "{at}");
            for control in ["\u{1}", "\t", "\u{7f}", "\u{85}"] {
                line.splice(at..=at, control.bytes());
                assert!(signs(&line, b',').controls, "{control:?} at {at}");
                line.splice(at..at + control.len(), *b"a");
            }
        }
    }

    #[test]
    fn long_lines_are_not_trusted() {
        let found = signs(&vec![b','; LONGEST], b',');
        assert!(found.quotes);
        assert_eq!(signs(&vec![b','; LONGEST - 1], b',').delimiters, LONGEST - 1);
    }

    #[test]
    fn whatever_a_program_skips_may_start_a_formula() {
        let skipped = |letter: &char| letter.is_control() || letter.is_whitespace();
        for letter in ('\0'..=char::MAX).filter(skipped) {
            assert!(may_start_formula(letter.to_string().as_bytes()[0]), "{letter:?}");
        }
        assert!(
            !"aÖЖ夜🔥".chars().any(|letter| may_start_formula(letter.to_string().as_bytes()[0]))
        );
    }
}
