//! Records the clock reads of an unmodified Divan bench process.
//!
//! Preloaded with `LD_PRELOAD`, it replaces three functions of libc. Every read of
//! `CLOCK_MONOTONIC` and every write to standard output becomes one record of a file, which the
//! parent reads afterwards. Divan times a sample by two such reads, so its samples can be rebuilt.
//!
//! * `CLOCK_TAP_OUT`: the file to create, which must not exist. Unset, calls are only passed on.
//! * `CLOCK_TAP_RECORDS`: `capacity,expected`, both in records. The file is sparse, so a large
//!   capacity is cheap; the expected part is made resident before `main`.
//!
//! * `CLOCK_TAP_PROGRAM`: optional, the path of the bench executable. Other programs, which start it,
//!   do not record.
//! * `CLOCK_TAP_MARKS`: optional, clock reads at which something is counted, see `marks`.
//!
//! The file starts with a header of 24 64-bit words:
//!
//! 1. magic
//! 2. version
//! 3. records wanted; if they exceed the capacity, the last ones are lost
//! 4. capacity
//! 5. CPU time in ns
//! 6. peak resident bytes
//! 7. 1 once the process has exited in order
//! 8. 0
//! 9. 1 once both marks were passed, and since the first one:
//! 10. minor page faults
//! 11. major page faults
//! 12. user time in ns
//! 13. system time in ns
//! 14. voluntary context switches
//! 15. involuntary context switches
//! 16. 1 if allocations were counted, and:
//! 17. allocations before the first mark
//! 18. allocations since then
//! 19. allocated bytes since then
//! 20. the largest increase of the live bytes since then
//!
//! The last four words are 0.
//!
//! Records of 16 bytes follow:
//!
//! * kind (u32): 1 for the clock, 2 for standard output
//! * thread (u32): 1 for the main thread
//! * value (u64): ns, or the bytes written to standard output so far
//!
//! Everything is in native byte order.
//!
//! It is complete with the files of its modules beside it: `rustc --edition 2024 -O --crate-type cdylib lib.rs`.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

mod marks;
mod preload;
mod usage;

use marks::{Mark, Used};
use std::cell::Cell;
use std::ffi::{CStr, OsStr, c_char, c_int, c_long, c_void};
use std::fs::{File, OpenOptions};
use std::mem::{offset_of, size_of, transmute};
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64};
use usage::{Usage, Who};

const OUT: &str = "CLOCK_TAP_OUT";
const RECORDS: &str = "CLOCK_TAP_RECORDS";
const MARKS: &str = "CLOCK_TAP_MARKS";
const PROGRAM: &str = "CLOCK_TAP_PROGRAM";
/// Its own variables, which no other process may see.
const VARIABLES: [&str; 4] = [OUT, RECORDS, MARKS, PROGRAM];

const MAGIC: u64 = u64::from_ne_bytes(*b"CLOCKTAP");
const VERSION: u64 = 2;
/// The number of the main thread.
const MAIN: u32 = 1;
const KIND_CLOCK: u32 = 1;
const KIND_STDOUT: u32 = 2;

/// The smallest page of the supported systems: touching at this stride makes every page resident.
const PAGE: usize = 4096;

const CLOCK_MONOTONIC: c_int = 1;
const CLOCK_PROCESS_CPUTIME_ID: c_int = 2;
const STDOUT: c_int = 1;
const PROT_READ_WRITE: c_int = 1 | 2;
const MAP_SHARED: c_int = 1;
const RTLD_NEXT: *mut c_void = -1_isize as *mut c_void;

/// libc's `struct timespec` on 64-bit Linux.
#[repr(C)]
pub struct Timespec {
    /// Whole seconds.
    tv_sec: i64,
    /// Nanoseconds below a second.
    tv_nsec: c_long,
}

/// libc's `struct iovec`.
#[repr(C)]
pub struct IoVec {
    /// Start of the bytes.
    base: *const c_void,
    /// Their number.
    len: usize,
}

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, symbol: *const c_char) -> *mut c_void;
    fn mmap(
        address: *mut c_void,
        len: usize,
        protection: c_int,
        flags: c_int,
        fd: c_int,
        offset: i64,
    ) -> *mut c_void;
    fn posix_fallocate(fd: c_int, offset: i64, len: i64) -> c_int;
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;
}

type ClockFn = unsafe extern "C" fn(c_int, *mut Timespec) -> c_int;
type WriteFn = unsafe extern "C" fn(c_int, *const c_void, usize) -> isize;
type WritevFn = unsafe extern "C" fn(c_int, *const IoVec, c_int) -> isize;

#[repr(C)]
struct Header {
    magic: u64,
    version: u64,
    wanted: AtomicU64,
    capacity: u64,
    cpu_ns: AtomicU64,
    peak_rss_bytes: AtomicU64,
    ended: AtomicU64,
    reserved: u64,
    used: Used,
}

#[repr(C)]
struct Record {
    kind: u32,
    thread: u32,
    value: u64,
}

/// The mapped file, null while nothing is recorded.
static TAPE: AtomicPtr<Header> = AtomicPtr::new(ptr::null_mut());
/// Bytes of the mapping that were made resident, which are not the benchmark's memory.
static RESIDENT: AtomicU64 = AtomicU64::new(0);
static STDOUT_BYTES: AtomicU64 = AtomicU64::new(0);
static NEXT_THREAD: AtomicU32 = AtomicU32::new(1);

static REAL_CLOCK: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
static REAL_WRITE: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
static REAL_WRITEV: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    /// The thread's number, 0 before its first record. Own numbers, as the system's are used again.
    static THREAD: Cell<u32> = const { Cell::new(0) };
}

/// Runs before `main`, on the main thread.
#[used]
#[unsafe(link_section = ".init_array")]
static INIT: extern "C" fn() = init;

/// Runs when the process exits in order: not after `abort`, `_exit` or a signal.
#[used]
#[unsafe(link_section = ".fini_array")]
static FINI: extern "C" fn() = finish;

/// Replaces libc's `clock_gettime`, and records its result for `CLOCK_MONOTONIC`.
///
/// # Safety
/// As libc's: `time` points at a `timespec` that can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int {
    let real = resolve(&REAL_CLOCK, c"clock_gettime");
    if real.is_null() {
        return -1;
    }
    // SAFETY: libc's symbol of this name has this signature.
    let real: ClockFn = unsafe { transmute(real) };
    let tape = TAPE.load(Acquire);
    if clock != CLOCK_MONOTONIC || tape.is_null() {
        // SAFETY: the caller keeps libc's contract.
        return unsafe { real(clock, time) };
    }
    // SAFETY: a tape that is not null points at a mapping with a header, which is never unmapped.
    let used = unsafe { &(*tape).used };
    let mark = if thread() == MAIN { marks::next() } else { Mark::Neither };
    used.before_read(mark);
    // SAFETY: the caller keeps libc's contract.
    let status = unsafe { real(clock, time) };
    used.after_read(mark);
    if status == 0 {
        // SAFETY: libc has just written the time there.
        record(KIND_CLOCK, nanoseconds(unsafe { &*time }));
    }
    status
}

/// Replaces libc's `write`, and records how far standard output has come.
///
/// # Safety
/// As libc's: `bytes` points at `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, len: usize) -> isize {
    let real = resolve(&REAL_WRITE, c"write");
    if real.is_null() {
        return -1;
    }
    // SAFETY: libc's symbol of this name has this signature.
    let real: WriteFn = unsafe { transmute(real) };
    // SAFETY: the caller keeps libc's contract.
    let written = unsafe { real(fd, bytes, len) };
    record_output(fd, written);
    written
}

/// Replaces libc's `writev`, and records how far standard output has come.
///
/// # Safety
/// As libc's: `parts` points at `count` buffers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(fd: c_int, parts: *const IoVec, count: c_int) -> isize {
    let real = resolve(&REAL_WRITEV, c"writev");
    if real.is_null() {
        return -1;
    }
    // SAFETY: libc's symbol of this name has this signature.
    let real: WritevFn = unsafe { transmute(real) };
    // SAFETY: the caller keeps libc's contract.
    let written = unsafe { real(fd, parts, count) };
    record_output(fd, written);
    written
}

/// The function that this library hides; found on first use, as other libraries' constructors may
/// call before ours has run.
#[inline]
fn resolve(slot: &AtomicPtr<c_void>, name: &CStr) -> *mut c_void {
    let known = slot.load(Relaxed);
    if !known.is_null() {
        return known;
    }
    // SAFETY: the name ends in a null byte, and the handle is the one documented for this purpose.
    let found = unsafe { dlsym(RTLD_NEXT, name.as_ptr()) };
    slot.store(found, Relaxed);
    found
}

#[inline]
fn nanoseconds(time: &Timespec) -> u64 {
    (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
}

#[inline]
fn record_output(fd: c_int, written: isize) {
    if fd != STDOUT || written <= 0 || TAPE.load(Relaxed).is_null() {
        return;
    }
    let bytes = STDOUT_BYTES.fetch_add(written as u64, Relaxed) + written as u64;
    marks::written(bytes);
    record(KIND_STDOUT, bytes);
}

/// Appends one record, or only counts it when the file is full.
#[inline]
fn record(kind: u32, value: u64) {
    let tape = TAPE.load(Acquire);
    if tape.is_null() {
        return;
    }
    // SAFETY: a tape that is not null points at a mapping with a header, which is never unmapped.
    let header = unsafe { &*tape };
    let index = header.wanted.fetch_add(1, Relaxed);
    if index >= header.capacity {
        return;
    }
    // SAFETY: the mapping holds `capacity` records behind the header, and each index is handed out
    // once, so no other thread writes there.
    unsafe {
        let records = tape.add(1).cast::<Record>();
        records.add(index as usize).write(Record { kind, thread: thread(), value });
    }
}

/// This thread's number.
#[inline]
fn thread() -> u32 {
    THREAD.with(|number| {
        if number.get() == 0 {
            number.set(NEXT_THREAD.fetch_add(1, Relaxed));
        }
        number.get()
    })
}

extern "C" fn init() {
    let (Some(path), Some(records)) = (std::env::var_os(OUT), std::env::var_os(RECORDS)) else {
        return;
    };
    if is_other_program() {
        return;
    }
    // The main thread gets number 1, even if another thread records first.
    thread();
    std::env::var_os(MARKS).as_deref().and_then(marks::set);
    preload::hide_from_children(&VARIABLES, ptr::from_ref(&TAPE).cast());
    let Some((capacity, expected)) = parse_records(&records) else { return };
    let Some(tape) = map(&path, capacity, expected) else { return };
    // SAFETY: the handler is a function of this library, which is never unloaded.
    if unsafe { pthread_atfork(None, None, Some(stop)) } == 0 {
        TAPE.store(tape, Release);
    }
}

/// Whether this process is not yet the bench process, but a program that will execute it.
fn is_other_program() -> bool {
    let Some(program) = std::env::var_os(PROGRAM) else { return false };
    std::env::current_exe().ok().as_deref() != Some(Path::new(&program))
}

/// A forked child shares the mapping: it must not record.
extern "C" fn stop() {
    TAPE.store(ptr::null_mut(), Release);
}

/// `capacity,expected`, in records.
fn parse_records(text: &OsStr) -> Option<(u64, u64)> {
    let (capacity, expected) = text.to_str()?.split_once(',')?;
    let (capacity, expected) = (capacity.parse().ok()?, expected.parse().ok()?);
    // A mapping cannot be larger than half the address space.
    (expected <= capacity && capacity < 1 << 40).then_some((capacity, expected))
}

/// Creates the file, maps it and writes the header. None if anything fails: the benchmark goes on.
fn map(path: &OsStr, capacity: u64, expected: u64) -> Option<*mut Header> {
    // Never an existing file: a child that kept the variable would cut off its parent's.
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(path).ok()?;
    let bytes_of = |records: u64| size_of::<Header>() as u64 + records * size_of::<Record>() as u64;
    let (len, resident) = (bytes_of(capacity), bytes_of(expected));
    file.set_len(len).ok()?;
    reserve(&file, resident)?;
    let len = usize::try_from(len).ok()?;
    // SAFETY: a fresh mapping of an open file, at an address of the system's choice.
    let start =
        unsafe { mmap(ptr::null_mut(), len, PROT_READ_WRITE, MAP_SHARED, file.as_raw_fd(), 0) };
    if start as isize == -1 {
        return None;
    }
    touch(start.cast(), usize::try_from(resident).ok()?);
    RESIDENT.store(resident, Relaxed);
    let tape = start.cast::<Header>();
    // SAFETY: the mapping is page-aligned, writable and larger than a header.
    unsafe {
        tape.write(Header {
            magic: MAGIC,
            version: VERSION,
            wanted: AtomicU64::new(0),
            capacity,
            cpu_ns: AtomicU64::new(0),
            peak_rss_bytes: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            reserved: 0,
            used: Used::new(),
        });
    }
    Some(tape)
}

/// Takes the space of the expected part now: on a full disk, a later write would be a bus error.
fn reserve(file: &File, len: u64) -> Option<()> {
    // SAFETY: the descriptor is open for writing.
    let status = unsafe { posix_fallocate(file.as_raw_fd(), 0, i64::try_from(len).ok()?) };
    (status == 0).then_some(())
}

/// Makes the pages resident, so that no sample pays for a page fault of the tap.
fn touch(start: *mut u8, len: usize) {
    for offset in (0..len).step_by(PAGE) {
        // SAFETY: the offset is inside the mapping, which nothing else uses yet.
        unsafe { start.add(offset).write_volatile(0) };
    }
}

extern "C" fn finish() {
    let tape = TAPE.load(Acquire);
    if tape.is_null() {
        return;
    }
    // SAFETY: a tape that is not null points at a mapping with a header, which is never unmapped.
    let header = unsafe { &*tape };
    header.cpu_ns.store(cpu_ns(), Relaxed);
    header.peak_rss_bytes.store(peak_rss_bytes(header), Relaxed);
    header.ended.store(1, Release);
}

/// CPU time of all threads since the process began.
fn cpu_ns() -> u64 {
    let mut time = Timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` can be written.
    let status = unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    if status == 0 { nanoseconds(&time) } else { 0 }
}

/// The peak resident memory of this process without the recorder's own file, or that of a process
/// that it started and waited for. 0 if unknown.
///
/// Not `getrusage` for the process itself: that maximum outlives `exec`, so a process started by a
/// larger parent reports the parent's. What a child inherits is no more than this process had.
fn peak_rss_bytes(header: &Header) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|value| value.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    let written = header.wanted.load(Relaxed).min(header.capacity) * size_of::<Record>() as u64;
    let tape = RESIDENT.load(Relaxed).max(written);
    let Some(own) = kilobytes.map(|kilobytes| kilobytes * 1024) else { return 0 };
    let child = child_peak_bytes();
    if child > own { child } else { own.saturating_sub(tape) }
}

/// The most memory that was resident at once in a process that was waited for; 0 if unknown.
fn child_peak_bytes() -> u64 {
    let usage = Usage::of(Who::Children);
    usage.and_then(|usage| u64::try_from(usage.max_rss_kilobytes).ok()).unwrap_or(0) * 1024
}

// The parent reads these places, on the same machine but from another build.
const _: () = assert!(size_of::<Header>() == 192 && size_of::<Record>() == 16);
const _: () = assert!(offset_of!(Header, wanted) == 16 && offset_of!(Header, ended) == 48);
