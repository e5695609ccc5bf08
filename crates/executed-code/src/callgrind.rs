//! Reads the output of callgrind with `--dump-instr=yes`.
//!
//! The format is described in Valgrind's manual, section "Callgrind Format Specification".

use crate::executed::Executed;
use std::collections::HashMap;

/// Why a file of callgrind cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallgrindError {
    /// There are no addresses of instructions.
    #[error("callgrind's output has no addresses of instructions. Run it with --dump-instr=yes")]
    NoAddresses,
    /// There is no event `Ir`.
    #[error("callgrind's output does not count instructions")]
    NoInstructions,
    /// A line, numbered from 1, is not in the format.
    #[error("line {0} of callgrind's output is invalid")]
    Line(usize),
}

/// What is known while the file is read.
#[derive(Default)]
struct Reader {
    executed: Executed,
    /// Objects by their number in the file.
    objects: HashMap<String, String>,
    object: String,
    /// The address of the last costs of its own, which the next one may be relative to.
    address: u64,
    /// The number of positions per line, and the index of `Ir` after them.
    columns: Option<usize>,
    instructions: Option<usize>,
    has_addresses: bool,
    /// How the costs of the next line count.
    next: NextCosts,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum NextCosts {
    #[default]
    Own,
    /// Those of a called function, or the source of a jump.
    OfOthers,
}

/// Reads which instructions were executed, and how often.
///
/// # Errors
///
/// A message for people if the text is not in the format, or lacks addresses.
pub fn parse(text: &str) -> Result<Executed, CallgrindError> {
    let mut reader = Reader::default();
    for (index, line) in text.lines().enumerate() {
        reader.line(line, index + 1)?;
    }
    if !reader.has_addresses {
        return Err(CallgrindError::NoAddresses);
    }
    reader.instructions.ok_or(CallgrindError::NoInstructions)?;
    Ok(reader.executed)
}

impl Reader {
    fn line(&mut self, line: &str, number: usize) -> Result<(), CallgrindError> {
        if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            return self.costs(line).ok_or(CallgrindError::Line(number))?;
        }
        if let Some(names) = line.strip_prefix("positions:") {
            let names: Vec<&str> = names.split_whitespace().collect();
            self.has_addresses = names.first() == Some(&"instr");
            self.columns = Some(names.len());
        } else if let Some(events) = line.strip_prefix("events:") {
            self.instructions = events.split_whitespace().position(|event| event == "Ir");
        } else if let Some(object) = line.strip_prefix("ob=") {
            self.object = named(&mut self.objects, object).ok_or(CallgrindError::Line(number))?;
        } else if let Some(object) = line.strip_prefix("cob=") {
            named(&mut self.objects, object).ok_or(CallgrindError::Line(number))?;
        } else if ["calls=", "jump=", "jcnd="].iter().any(|kind| line.starts_with(kind)) {
            self.next = NextCosts::OfOthers;
        }
        Ok(())
    }

    /// Reads positions and costs. `None` if the line is invalid.
    fn costs(&mut self, line: &str) -> Option<Result<(), CallgrindError>> {
        if !self.has_addresses {
            return Some(Err(CallgrindError::NoAddresses));
        }
        let Some(event) = self.instructions else {
            return Some(Err(CallgrindError::NoInstructions));
        };
        let mut words = line.split_whitespace();
        let address = address(words.next()?, self.address)?;
        // Costs of zero at the end of a line are left out.
        let costs = words.nth((self.columns? + event).checked_sub(1)?);
        let costs = costs.map_or(Some(0), |word| word.parse().ok())?;
        if std::mem::take(&mut self.next) == NextCosts::OfOthers {
            return Some(Ok(()));
        }
        self.address = address;
        if costs > 0 {
            self.executed.add(&self.object, address, costs);
        }
        Some(Ok(()))
    }
}

/// The name in `(number) name`, which later lines shorten to `(number)`.
pub(crate) fn named(known: &mut HashMap<String, String>, text: &str) -> Option<String> {
    let Some((number, name)) = text.strip_prefix('(').and_then(|text| text.split_once(')')) else {
        return Some(text.to_owned());
    };
    match name.trim_start() {
        "" => known.get(number).cloned(),
        name => {
            known.insert(number.to_owned(), name.to_owned());
            Some(name.to_owned())
        }
    }
}

/// An address: absolute, relative to the last one, or the same.
pub(crate) fn address(word: &str, last: u64) -> Option<u64> {
    match word.split_at_checked(1)? {
        ("*", "") => Some(last),
        ("+", more) => last.checked_add(number(more)?),
        ("-", less) => last.checked_sub(number(less)?),
        _ => number(word),
    }
}

fn number(word: &str) -> Option<u64> {
    match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Shortened output of callgrind 3.19 with `--dump-instr=yes --collect-jumps=yes`.
    const OUTPUT: &str = "# callgrind format
version: 1
creator: callgrind-3.19.0
cmd: target/b --bench -- b::sort

positions: instr line
events: Ir Bc
summary: 18446744073709551583

ob=(4) /usr/lib/libc.so.6
fl=(5) ./malloc/malloc.c
fn=(22) malloc
0x144b0 30 3 1
+9 +1 3

ob=(3) target/b
fl=(3) ???
fn=(12) b::sort
0x98aca 0 1
+3 0 1
cob=(4)
cfi=(5)
cfn=(22)
calls=2 0x144b0 30
+5 0 38
* 0 2
jcnd=9/10 -14
+60 0
-10 0 10 5
0x1530e0 0

fn=(13) b::sort'2
0x98aca 0 4
ob=(4)
0x144b0 30 1
totals: 27
";

    fn addresses(executed: &Executed, object: &str) -> Vec<(u64, u64)> {
        let mut found = executed.objects().filter(|(name, _)| *name == object);
        let (_, addresses) = found.next().unwrap();
        addresses.iter().map(|(address, executions)| (*address, *executions)).collect()
    }

    #[test]
    fn executed_instructions_are_read_by_object() {
        let executed = parse(OUTPUT).unwrap();
        assert_eq!(addresses(&executed, "/usr/lib/libc.so.6"), [(0x144b0, 4), (0x144b9, 3)]);
        let own = [(0x98ac3, 10), (0x98aca, 5), (0x98acd, 3)];
        assert_eq!(addresses(&executed, "target/b"), own);
        assert_eq!(executed.instructions(), 25);
    }

    #[test]
    fn names_may_be_written_in_full() {
        let text = "positions: instr line\nevents: Ir\nob=b\n0x10 0 7\n";
        assert_eq!(addresses(&parse(text).unwrap(), "b"), [(0x10, 7)]);
    }

    #[test]
    fn other_output_is_refused() {
        let cases = [
            ("", CallgrindError::NoAddresses),
            ("positions: line\nevents: Ir\n16 1\n", CallgrindError::NoAddresses),
            ("positions: instr line\n", CallgrindError::NoInstructions),
            ("positions: instr\nevents: Dr\n0x1 1\n", CallgrindError::NoInstructions),
            ("positions: instr\nevents: Ir\nob=(1)\n", CallgrindError::Line(3)),
            ("positions: instr\nevents: Ir\n0xg 1\n", CallgrindError::Line(3)),
            ("positions: instr\nevents: Ir\n-5 1\n", CallgrindError::Line(3)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap_err(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "((positions: instr line|events: Ir|ob=|calls=1 |[+*-]|0x)?[ 0-9a-fé(=]{0,30}\n){0,20}") {
            let _ = parse(&text);
        }
    }
}
