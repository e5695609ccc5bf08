//! The content of a row of Divan's table.

use std::ops::Range;

use super::cell::{Cell, Columns, count_cell, integer, is_finite, time_cell, unit_cell};
use super::line::{Cells, last_cell};

/// One line of the tree that is no group, with the lines that belong to it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// Crate, modules, function, generic arguments, argument and thread count (`t=4`) as printed.
    /// Only the listing distinguishes an argument `t=4` from a thread count. Spaces at a name's end
    /// are lost.
    pub path: Vec<String>,
    /// How far the benchmark came.
    pub state: RowState,
    /// Bytes of the output from the label to the end of the line with the numbers. What the
    /// benchmark printed itself is between the two.
    pub span: Range<usize>,
}

impl Row {
    /// The numbers, if there are any.
    pub fn figures(&self) -> Option<&Figures> {
        match &self.state {
            RowState::Done(figures) => Some(figures),
            RowState::Ignored | RowState::Unfinished | RowState::Repeated => None,
        }
    }
}

/// How far a benchmark came.
#[derive(Clone, Debug, PartialEq)]
pub enum RowState {
    /// It was measured.
    Done(Box<Figures>),
    /// Its author marked it `ignore`.
    Ignored,
    /// The label was printed and the numbers were not: it panicked, ended the process, was killed,
    /// or never called `bench`.
    Unfinished,
    /// It has several lines with numbers: the benchmark printed one that looks like Divan's.
    Repeated,
}

/// The numbers of a row.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// Time of an iteration, in ns.
    pub time_ns: Columns,
    /// S, the number of samples of all threads, at least 1.
    pub samples: u64,
    /// Iterations of all samples.
    pub iters: u64,
    /// One for each counter of the benchmark.
    pub rates: Vec<Rate>,
    /// One for each kind of operation that happened; none without `AllocProfiler`.
    pub allocs: Vec<Alloc>,
}

impl Figures {
    /// N, the iterations of a sample.
    pub fn sample_size(&self) -> u64 {
        self.iters / self.samples.max(1)
    }

    /// Takes the numbers from the end of a line that may begin with anything. `width` is that of the
    /// first column in characters. `None` as well if the numbers contradict each other.
    pub(super) fn read(line: &str, width: usize) -> Option<Self> {
        let cells = Cells::split(line)?;
        let [slowest, median, mean, samples, iters] = cells.rest;
        let times = [last_cell(cells.head, width)?, slowest, median, mean];
        let time_ns = Columns::read(times, time_cell)?;
        let (samples, iters) = (integer(samples)?, integer(iters)?);
        let between =
            |cell: Cell| time_ns.fastest.value <= cell.value && cell.value <= time_ns.slowest.value;
        let agree = between(time_ns.median) && between(time_ns.mean);
        let even = samples > 0 && iters >= samples && iters % samples == 0;
        (agree && even).then_some(Self { time_ns, samples, iters, rates: vec![], allocs: vec![] })
    }
}

/// How much of something an iteration does in a second. Derived from the time, so never judged.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rate {
    /// What is counted.
    pub kind: RateKind,
    /// Counts per second.
    pub per_second: Columns,
}

impl Rate {
    pub(super) fn read(cells: [&str; 4]) -> Option<Self> {
        RateKind::ALL.into_iter().find_map(|(kind, unit)| {
            let per_second = Columns::read(cells, |text| unit_cell(text, unit))?;
            Some(Self { kind, per_second })
        })
    }
}

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RateKind {
    /// `BytesCount`.
    Bytes,
    /// `CharsCount`.
    Chars,
    /// `CyclesCount`.
    Cycles,
    /// `ItemsCount`.
    Items,
}

impl RateKind {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Bytes, "B/s"),
        (Self::Chars, "char/s"),
        (Self::Cycles, "Hz"),
        (Self::Items, "item/s"),
    ];
}

/// What `AllocProfiler` counted, per iteration of the sample in the time's column.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Alloc {
    /// Which operation.
    pub kind: AllocKind,
    /// Operations.
    pub count: Columns,
    /// Bytes.
    pub bytes: Columns,
}

impl Alloc {
    pub(super) fn read(kind: AllocKind, count: Columns, cells: [&str; 4]) -> Option<Self> {
        let bytes = Columns::read(cells, |text| unit_cell(text, "B").filter(is_finite))?;
        Some(Self { kind, count, bytes })
    }

    pub(super) fn read_count(cells: [&str; 4]) -> Option<Columns> {
        Columns::read(cells, count_cell)
    }
}

/// An operation of the allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AllocKind {
    /// The most that was allocated at once in a sample, divided by N: a peak only where N is 1.
    Peak,
    /// Allocation.
    Alloc,
    /// Deallocation.
    Dealloc,
    /// Reallocation to the same or a larger size.
    Grow,
    /// Reallocation to a smaller size.
    Shrink,
}

impl AllocKind {
    pub(super) fn read(text: &str) -> Option<Self> {
        match text {
            "max alloc:" => Some(Self::Peak),
            "alloc:" => Some(Self::Alloc),
            "dealloc:" => Some(Self::Dealloc),
            "grow:" => Some(Self::Grow),
            "shrink:" => Some(Self::Shrink),
            _ => None,
        }
    }
}
