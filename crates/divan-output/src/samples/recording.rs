//! The file that the clock tap leaves, and how large to make it. `divan-clock-recorder` writes it.

use thiserror::Error;

/// Names the file that the tap creates; it must not exist.
pub const OUT_VARIABLE: &str = "CLOCK_TAP_OUT";

/// Holds a [`Sizing`].
pub const RECORDS_VARIABLE: &str = "CLOCK_TAP_RECORDS";

/// Holds [`Marks`].
pub const MARKS_VARIABLE: &str = "CLOCK_TAP_MARKS";

/// Names the bench executable. Programs that start it, with the same environment, do not record.
pub const PROGRAM_VARIABLE: &str = "CLOCK_TAP_PROGRAM";

const MAGIC: &[u8; 8] = b"CLOCKTAP";
const VERSION: u64 = 2;
const HEADER_WORDS: usize = 24;
const HEADER_LEN: usize = 8 * HEADER_WORDS;
const RECORD_LEN: usize = 16;

/// How many records a launch may make, and how many it is expected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizing {
    capacity: u64,
    expected: u64,
}

impl Sizing {
    /// Reads that Divan makes in each process (`time/timer.rs`): 800 to calibrate, one before the
    /// first sample, and those that measure the precision. The latter are mostly some 200, but up
    /// to a hundred times as many if the clock is unsteady. All of them come first, so they are
    /// expected.
    const START_UP: u64 = 22_000;
    /// Room for unexpected reads. The file is sparse.
    const SLACK: u64 = 1 << 16;
    /// Clock reads of the benchmark's own that can be decoded, per iteration.
    const OWN_READS: u64 = 9;
    /// 64 MiB of file at most for those.
    const OWN_READS_LIMIT: u64 = 1 << 22;

    /// For `sample_count` samples of `sample_size` iterations, with thread counts that add up to
    /// `threads` (one for each row that the process prints).
    pub fn of_launch(sample_size: u64, sample_count: u64, threads: u64) -> Self {
        // Each thread count is a row of its own, and Divan rounds S up to a multiple of it.
        let samples = sample_count.saturating_add(threads).saturating_mul(threads.max(1));
        let expected = samples.saturating_mul(2).saturating_add(Self::START_UP);
        let own = samples.saturating_mul(sample_size).saturating_mul(Self::OWN_READS);
        let slack = own.min(Self::OWN_READS_LIMIT) + Self::SLACK;
        Self { capacity: expected.saturating_add(slack), expected }
    }

    /// The value of [`RECORDS_VARIABLE`].
    pub fn to_variable(self) -> String {
        format!("{},{}", self.capacity, self.expected)
    }
}

/// Two clock reads, by which the tap finds samples in another process with the same command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Bytes on standard output once Divan wrote the row's label.
    pub label_bytes: u64,
    /// The read that begins a sample, among those of the main thread after the label.
    pub first: u64,
    /// The read that ends this sample or a later one.
    pub last: u64,
}

impl Marks {
    /// The value of [`MARKS_VARIABLE`]. From the read `warm_up` on, callgrind already simulates.
    pub fn to_variable(self, warm_up: Option<u64>) -> String {
        let warm_up = warm_up.unwrap_or(self.first);
        format!("{},{},{},{warm_up}", self.label_bytes, self.first, self.last)
    }
}

/// What a process used between its [`Marks`], all threads together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Page faults without reading from disk.
    pub minor_faults: u64,
    /// Page faults that read from disk.
    pub major_faults: u64,
    /// Processor time in the program, in ns.
    pub user_ns: u64,
    /// Processor time in the kernel, in ns.
    pub system_ns: u64,
    /// Context switches because the process waited.
    pub voluntary_switches: u64,
    /// Context switches because another process ran.
    pub involuntary_switches: u64,
}

/// Allocations between the [`Marks`] of a process, of all threads together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// Allocations before the first mark. Divan alone makes hundreds, unless the program has an
    /// allocator that is not counted.
    pub before: u64,
    /// New blocks.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The largest increase of the live bytes, in the sizes that the allocator reserves.
    pub peak_bytes: u64,
}

/// What a process did, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It read the monotonic clock.
    Clock {
        /// Which thread; 1 is the main one.
        thread: u32,
        /// The time that the clock returned, in ns.
        ns: u64,
    },
    /// It wrote to standard output.
    Stdout {
        /// Bytes written so far, these included.
        bytes: u64,
    },
}

/// What the tap recorded of one process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Everything that happened. Each thread's events are in order.
    pub events: Vec<Event>,
    /// CPU time of all threads, in ns; none if the process did not exit in order.
    pub cpu_ns: Option<u64>,
    /// The most memory that was resident at once, in bytes; none if it is not known.
    pub peak_rss_bytes: Option<u64>,
    /// What it used between its marks; none without marks, or if they were not reached.
    pub used: Option<Used>,
    /// Its allocations between its marks; none if they were not counted.
    pub allocated: Option<Allocated>,
}

/// A file from which no samples can be rebuilt.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingError {
    /// It does not begin as the tap's files do.
    #[error("not a clock recording")]
    NotARecording,
    /// The tap is of another version.
    #[error("clock recording of version {0}, expected {VERSION}")]
    Version(u64),
    /// It ends before its last record.
    #[error("clock recording is cut off: {found} of {expected} bytes")]
    Truncated {
        /// Bytes that are there.
        found: u64,
        /// Bytes that should be.
        expected: u64,
    },
    /// There was no room for all records.
    #[error("clock recording overflowed: {wanted} records for a capacity of {capacity}")]
    Overflowed {
        /// Records that were to be written.
        wanted: u64,
        /// Room for records.
        capacity: u64,
    },
    /// A record was begun and not finished, as when the process is killed.
    #[error("clock recording is damaged at record {0}")]
    Damaged(u64),
}

impl Recording {
    /// Bytes of a file's beginning that suffice to read it from.
    pub const HEADER_LEN: usize = HEADER_LEN;

    /// How many bytes of the file to read, by its header. The rest of it is a hole.
    pub fn used_len(header: &[u8]) -> Result<u64, RecordingError> {
        let header = Header::read(header)?;
        Ok(header.used_len())
    }

    /// Reads the file, of which the unused end may be missing.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordingError> {
        let header = Header::read(bytes)?;
        let (found, expected) = (bytes.len() as u64, header.used_len());
        if found < expected {
            return Err(RecordingError::Truncated { found, expected });
        }
        let used = usize::try_from(expected).unwrap_or(bytes.len());
        let records = bytes[HEADER_LEN..used].chunks_exact(RECORD_LEN);
        let events: Result<Vec<Event>, _> = (0..).zip(records).map(read_event).collect();
        let Header { cpu_ns, peak_rss_bytes, used, allocated, .. } = header;
        Ok(Self { events: events?, cpu_ns, peak_rss_bytes, used, allocated })
    }
}

struct Header {
    records: u64,
    cpu_ns: Option<u64>,
    peak_rss_bytes: Option<u64>,
    used: Option<Used>,
    allocated: Option<Allocated>,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, RecordingError> {
        if !bytes.starts_with(MAGIC) {
            return Err(RecordingError::NotARecording);
        }
        let (found, expected) = (bytes.len() as u64, HEADER_LEN as u64);
        let cut_off = RecordingError::Truncated { found, expected };
        let words: Option<Vec<u64>> =
            (0..HEADER_WORDS).map(|index| word(bytes, index * 8)).collect();
        let words = words.ok_or(cut_off)?;
        let [_, version, wanted, capacity, cpu_ns, peak_rss_bytes, ended, _] = words[..8] else {
            return Err(RecordingError::NotARecording);
        };
        if version != VERSION {
            return Err(RecordingError::Version(version));
        }
        if wanted > capacity {
            return Err(RecordingError::Overflowed { wanted, capacity });
        }
        let if_ended = |value: u64| (ended == 1 && value > 0).then_some(value);
        let (cpu_ns, peak_rss_bytes) = (if_ended(cpu_ns), if_ended(peak_rss_bytes));
        let (used, allocated) = (used(&words[8..15]), allocated(&words[15..20]));
        Ok(Self { records: wanted, cpu_ns, peak_rss_bytes, used, allocated })
    }

    fn used_len(&self) -> u64 {
        self.records.saturating_mul(RECORD_LEN as u64).saturating_add(HEADER_LEN as u64)
    }
}

/// The header's words on what the process used.
fn used(words: &[u64]) -> Option<Used> {
    let &[1, minor_faults, major_faults, user_ns, system_ns, voluntary, involuntary] = words else {
        return None;
    };
    Some(Used {
        minor_faults,
        major_faults,
        user_ns,
        system_ns,
        voluntary_switches: voluntary,
        involuntary_switches: involuntary,
    })
}

/// The header's words on allocations.
fn allocated(words: &[u64]) -> Option<Allocated> {
    let &[1, before, count, bytes, peak_bytes] = words else { return None };
    Some(Allocated { before, count, bytes, peak_bytes })
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_ne_bytes(*chunk))
}

fn read_event((index, record): (u64, &[u8])) -> Result<Event, RecordingError> {
    let half = |at: usize| record.get(at..)?.first_chunk().map(|chunk| u32::from_ne_bytes(*chunk));
    match (half(0), half(4), word(record, 8)) {
        (Some(1), Some(thread), Some(ns)) => Ok(Event::Clock { thread, ns }),
        (Some(2), Some(_), Some(bytes)) => Ok(Event::Stdout { bytes }),
        _ => Err(RecordingError::Damaged(index)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Allocated, Event, Recording, RecordingError, Sizing, Used};

    fn file(wanted: u64, capacity: u64, records: &[(u32, u32, u64)]) -> Vec<u8> {
        let magic = u64::from_ne_bytes(*b"CLOCKTAP");
        let totals = [magic, 2, wanted, capacity, 5_000, 4096, 1, 0];
        let used = [1, 7, 1, 900, 80, 3, 2];
        let allocated = [1, 300, 12, 640, 96, 0, 0, 0, 0];
        let words = totals.into_iter().chain(used).chain(allocated);
        let mut bytes: Vec<u8> = words.flat_map(u64::to_ne_bytes).collect();
        for (kind, thread, value) in records {
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(thread.to_ne_bytes());
            bytes.extend(value.to_ne_bytes());
        }
        bytes
    }

    #[test]
    fn events_and_totals_are_read() {
        let mut bytes = file(2, 10, &[(1, 3, 77), (2, 1, 12)]);
        assert_eq!(Recording::used_len(&bytes[..192]), Ok(224));
        bytes.extend([0; 160]);
        let recording = Recording::parse(&bytes).unwrap();
        let events = [Event::Clock { thread: 3, ns: 77 }, Event::Stdout { bytes: 12 }];
        assert_eq!(recording.events, events);
        assert_eq!((recording.cpu_ns, recording.peak_rss_bytes), (Some(5_000), Some(4096)));
        let used = Used {
            minor_faults: 7,
            major_faults: 1,
            user_ns: 900,
            system_ns: 80,
            voluntary_switches: 3,
            involuntary_switches: 2,
        };
        assert_eq!(recording.used, Some(used));
        let allocated = Allocated { before: 300, count: 12, bytes: 640, peak_bytes: 96 };
        assert_eq!(recording.allocated, Some(allocated));
    }

    #[test]
    fn marks_that_were_not_reached_leave_nothing() {
        let mut bytes = file(0, 10, &[]);
        (bytes[64], bytes[120]) = (0, 0);
        let recording = Recording::parse(&bytes).unwrap();
        assert_eq!((recording.used, recording.allocated), (None, None));
    }

    #[test]
    fn a_killed_process_has_no_totals() {
        let mut bytes = file(0, 10, &[]);
        bytes[48] = 0;
        let recording = Recording::parse(&bytes).unwrap();
        assert_eq!((recording.cpu_ns, recording.peak_rss_bytes), (None, None));
    }

    #[test]
    fn unusable_files_say_why() {
        let good = file(1, 10, &[(1, 1, 1)]);
        assert_eq!(Recording::parse(b"CLOCK"), Err(RecordingError::NotARecording));
        let cut_off = RecordingError::Truncated { found: 207, expected: 208 };
        assert_eq!(Recording::parse(&good[..207]), Err(cut_off));
        let cut_off = RecordingError::Truncated { found: 20, expected: 192 };
        assert_eq!(Recording::parse(&good[..20]), Err(cut_off));
        let full = RecordingError::Overflowed { wanted: 11, capacity: 10 };
        assert_eq!(Recording::parse(&file(11, 10, &[])), Err(full));
        let mut newer = good.clone();
        newer[8] = 3;
        assert_eq!(Recording::parse(&newer), Err(RecordingError::Version(3)));
        assert_eq!(Recording::parse(&file(1, 1, &[(0, 0, 0)])), Err(RecordingError::Damaged(0)));
    }

    #[test]
    fn a_launch_has_room_for_its_samples_and_own_reads() {
        let sizing = Sizing::of_launch(64, 10_000, 1);
        assert!(sizing.expected >= 40_801 && sizing.expected < 45_000, "{sizing:?}");
        assert!(sizing.capacity >= 3 * 64 * 10_000, "{sizing:?}");
        assert_eq!(sizing.to_variable(), format!("{},{}", sizing.capacity, sizing.expected));
        let huge = Sizing::of_launch(u64::MAX, u64::MAX, u64::MAX);
        assert!(huge.expected <= huge.capacity);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), magic in any::<bool>()) {
            if magic && bytes.len() >= 16 {
                bytes[..16].copy_from_slice(&file(0, 0, &[])[..16]);
            }
            let _ = Recording::parse(&bytes);
        }
    }
}
