//! The harness of a bench executable, from the texts that it contains. The executable is not run:
//! other harnesses start to measure at arguments that they do not know.

use memchr::memmem;
use std::fmt;

/// The harness of a bench executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harness {
    /// Divan or a fork of it.
    Divan,
    /// Criterion or a fork of it.
    Criterion,
    /// Gungraun, or iai-callgrind, as it was called before.
    Gungraun,
    /// Rust's own, for `#[bench]` and `#[test]`.
    Libtest,
    /// None that is known.
    Other,
}

/// Texts in the executables of every Divan from 0.1.0 on and of its forks, also without symbols and
/// with link-time optimization. Both are in code that each Divan runs: a variable that configures
/// it, and a warning. A program that only mentions Divan has one at most.
const DIVAN: [&[u8]; 2] = [b"DIVAN_SAMPLE_COUNT", b"CPU timestamp counter is unavailable"];

/// Texts of other harnesses, of which one is enough to name them.
const OTHERS: [(&[u8], Harness); 4] = [
    (b"CRITERION_HOME", Harness::Criterion),
    (b"GUNGRAUN_", Harness::Gungraun),
    (b"IAI_CALLGRIND_", Harness::Gungraun),
    (b"RUST_TEST_THREADS", Harness::Libtest),
];

impl Harness {
    /// The harness of an executable with these bytes.
    pub fn of(executable: &[u8]) -> Self {
        let has = |text: &[u8]| memmem::find(executable, text).is_some();
        if DIVAN.into_iter().all(has) {
            return Self::Divan;
        }
        let other = OTHERS.into_iter().find(|(text, _)| has(text));
        other.map_or(Self::Other, |(_, harness)| harness)
    }
}

impl fmt::Display for Harness {
    /// What the executable is, for example `a Criterion bench`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Divan => "a Divan bench",
            Self::Criterion => "a Criterion bench",
            Self::Gungraun => "a Gungraun bench",
            Self::Libtest => "a libtest bench, which has no `harness = false` in Cargo.toml",
            Self::Other => "a program with another harness or none",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harness_is_recognised_by_its_texts() {
        let divan = "\0DIVAN_SAMPLE_COUNT\0CPU timestamp counter is unavailable (";
        let cases = [
            ("", Harness::Other),
            (divan, Harness::Divan),
            ("DIVAN_SAMPLE_COUNT", Harness::Other),
            ("DIVAN_SAMPLE_COUNT CRITERION_HOME", Harness::Criterion),
            ("IAI_CALLGRIND_RUNNER", Harness::Gungraun),
            ("GUNGRAUN_RUNNER", Harness::Gungraun),
            ("RUST_TEST_THREADS", Harness::Libtest),
            // A Divan bench may measure a text about other harnesses.
            (&format!("{divan} RUST_TEST_THREADS"), Harness::Divan),
        ];
        for (texts, harness) in cases {
            assert_eq!(Harness::of(texts.as_bytes()), harness, "{texts:?}");
        }
    }
}
