//! What happens between the first and the last clock read of a benchmark's samples.
//!
//! `CLOCK_TAP_MARKS` is `label,first,last,warm`. `label` is the number of bytes on standard output
//! after Divan wrote the benchmark's label. The others are clock reads of the main thread, numbered
//! from 0 after that. From `first` on, callgrind counts instructions, and at `last` it stops. It
//! simulates its caches from `warm` on, which is `first` or an earlier read: they are empty at the
//! start. Outside of callgrind these requests do nothing. At both, the process's resources are
//! read: page faults, processor times and context switches, and allocations if the library that
//! counts them is loaded too.

use crate::usage::{Usage, Who};
use std::arch::asm;
use std::cell::Cell;
use std::ffi::{OsStr, c_char, c_long, c_void};
use std::mem::transmute;
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU64};

/// Resources that the process used between the two marks, as part of the recording's header.
#[repr(C)]
pub(crate) struct Used {
    /// 1 once the last mark was passed.
    is_complete: AtomicU64,
    minor_faults: AtomicU64,
    major_faults: AtomicU64,
    user_ns: AtomicU64,
    system_ns: AtomicU64,
    voluntary_switches: AtomicU64,
    involuntary_switches: AtomicU64,
    /// 1 if allocations were counted.
    has_allocations: AtomicU64,
    /// Allocations of the process before the first mark.
    allocations_before: AtomicU64,
    allocations: AtomicU64,
    allocated_bytes: AtomicU64,
    /// The largest increase of the live bytes.
    peak_bytes: AtomicU64,
    reserved: [u64; 4],
}

/// Which mark a clock read is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Neither,
    WarmUp,
    First,
    Last,
}

static LABEL: AtomicU64 = AtomicU64::new(0);
/// The marks' numbers. Without them, no read has these.
static FIRST: AtomicU64 = AtomicU64::new(u64::MAX);
static LAST: AtomicU64 = AtomicU64::new(u64::MAX);
static WARM_UP: AtomicU64 = AtomicU64::new(u64::MAX);
/// Clock reads of the main thread since the label was written; from this number on before that, which
/// no mark has.
static READS: AtomicU64 = AtomicU64::new(1 << 63);

thread_local! {
    static AT_FIRST: Cell<Totals> = const { Cell::new(Totals([0; 6])) };
    static ALLOCATIONS_AT_FIRST: Cell<[u64; 4]> = const { Cell::new([0; 4]) };
}

/// The function of the library that counts allocations; null without it.
static ALLOCATIONS: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

type AllocationsFn = unsafe extern "C" fn(*mut u64);

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, symbol: *const c_char) -> *mut c_void;
}

const RTLD_DEFAULT: *mut c_void = ptr::null_mut();

/// Minor and major faults, user and system ns, voluntary and involuntary switches.
#[derive(Clone, Copy)]
struct Totals([u64; 6]);

/// Callgrind's request codes (`callgrind.h`).
const ZERO_STATS: usize = CALLGRIND + 1;
const START_INSTRUMENTATION: usize = CALLGRIND + 4;
const STOP_INSTRUMENTATION: usize = CALLGRIND + 5;
const CALLGRIND: usize = (b'C' as usize) << 24 | (b'T' as usize) << 16;

impl Used {
    pub(crate) const fn new() -> Self {
        Self {
            is_complete: AtomicU64::new(0),
            minor_faults: AtomicU64::new(0),
            major_faults: AtomicU64::new(0),
            user_ns: AtomicU64::new(0),
            system_ns: AtomicU64::new(0),
            voluntary_switches: AtomicU64::new(0),
            involuntary_switches: AtomicU64::new(0),
            has_allocations: AtomicU64::new(0),
            allocations_before: AtomicU64::new(0),
            allocations: AtomicU64::new(0),
            allocated_bytes: AtomicU64::new(0),
            peak_bytes: AtomicU64::new(0),
            reserved: [0; 4],
        }
    }

    /// Called right before the clock is read at `mark`.
    pub(crate) fn before_read(&self, mark: Mark) {
        match mark {
            Mark::Neither => {}
            Mark::WarmUp => request(START_INSTRUMENTATION),
            Mark::First => {
                self.is_complete.store(0, Relaxed);
                AT_FIRST.set(totals());
                ALLOCATIONS_AT_FIRST.set(allocations().unwrap_or_default());
                request(START_INSTRUMENTATION);
            }
            Mark::Last => request(STOP_INSTRUMENTATION),
        }
    }

    /// Called right after the clock was read at `mark`.
    pub(crate) fn after_read(&self, mark: Mark) {
        match mark {
            Mark::Neither | Mark::WarmUp => {}
            Mark::First => request(ZERO_STATS),
            Mark::Last => {
                self.store_allocations();
                self.store(totals());
            }
        }
    }

    fn store_allocations(&self) {
        let Some([count, bytes, _, peak]) = allocations() else { return };
        let [before, bytes_before, live_before, _] = ALLOCATIONS_AT_FIRST.get();
        self.allocations_before.store(before, Relaxed);
        self.allocations.store(count.saturating_sub(before), Relaxed);
        self.allocated_bytes.store(bytes.saturating_sub(bytes_before), Relaxed);
        self.peak_bytes.store(peak.saturating_sub(live_before), Relaxed);
        self.has_allocations.store(1, Relaxed);
    }

    fn store(&self, last: Totals) {
        let first = AT_FIRST.get().0;
        let fields = [
            &self.minor_faults,
            &self.major_faults,
            &self.user_ns,
            &self.system_ns,
            &self.voluntary_switches,
            &self.involuntary_switches,
        ];
        for (field, (last, first)) in fields.into_iter().zip(last.0.into_iter().zip(first)) {
            field.store(last.saturating_sub(first), Relaxed);
        }
        self.is_complete.store(1, Release);
    }
}

/// Reads the value of `CLOCK_TAP_MARKS`. None if it is malformed.
pub(crate) fn set(text: &OsStr) -> Option<()> {
    let mut numbers = text.to_str()?.split(',').map(|number| number.parse::<u64>().ok());
    let mut next = || numbers.next()?;
    let [label, first, last, warm_up] = [next()?, next()?, next()?, next()?];
    LABEL.store(label, Relaxed);
    LAST.store(last, Relaxed);
    WARM_UP.store(warm_up, Relaxed);
    // SAFETY: the name ends in a null byte, and the handle is the one documented for this purpose.
    let found = unsafe { dlsym(RTLD_DEFAULT, c"clock_tap_allocations".as_ptr()) };
    ALLOCATIONS.store(found, Relaxed);
    FIRST.store(first, Release);
    Some(())
}

/// Counts a clock read of the main thread.
#[inline]
pub(crate) fn next() -> Mark {
    // Only the main thread calls this, so no read is lost.
    let read = READS.load(Relaxed);
    READS.store(read + 1, Relaxed);
    if read == FIRST.load(Acquire) {
        Mark::First
    } else if read == LAST.load(Relaxed) {
        Mark::Last
    } else if read == WARM_UP.load(Relaxed) {
        Mark::WarmUp
    } else {
        Mark::Neither
    }
}

/// Called when standard output has `bytes`. Numbers the clock reads from 0 at the label.
#[inline]
pub(crate) fn written(bytes: u64) {
    if bytes == LABEL.load(Relaxed) {
        READS.store(0, Relaxed);
    }
}

fn totals() -> Totals {
    let Some(usage) = Usage::of(Who::Own) else { return Totals([0; 6]) };
    let number = |value: c_long| u64::try_from(value).unwrap_or(0);
    let [user_s, user_us, system_s, system_us] = usage.times.map(number);
    Totals([
        number(usage.minor_faults),
        number(usage.major_faults),
        user_s * 1_000_000_000 + user_us * 1000,
        system_s * 1_000_000_000 + system_us * 1000,
        number(usage.voluntary_switches),
        number(usage.involuntary_switches),
    ])
}

/// Allocations, allocated bytes, live bytes and their peak; none if they are not counted.
fn allocations() -> Option<[u64; 4]> {
    let function = ALLOCATIONS.load(Relaxed);
    if function.is_null() {
        return None;
    }
    let mut totals = [0_u64; 4];
    // SAFETY: the library that counts allocations defines the function with this signature.
    let function: AllocationsFn = unsafe { transmute(function) };
    // SAFETY: there is place for four numbers.
    unsafe { function(totals.as_mut_ptr()) };
    Some(totals)
}

/// A request to valgrind: instructions that do nothing on a processor (`valgrind.h`).
#[inline(never)]
fn request(code: usize) {
    let arguments: [usize; 6] = [code, 0, 0, 0, 0, 0];
    // SAFETY: the rotations by 128 bits in total restore the register, and the exchange is one of a
    // register with itself. Under valgrind, only the named result register changes.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") 0_usize => _,
            options(nostack),
        );
    }
    // SAFETY: as above, by the sequence for this architecture.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!(
            "ror x12, x12, #3",
            "ror x12, x12, #13",
            "ror x12, x12, #51",
            "ror x12, x12, #61",
            "orr x10, x10, x10",
            in("x4") arguments.as_ptr(),
            inout("x3") 0_usize => _,
            options(nostack),
        );
    }
}
