//! Counts the allocations of a process.
//!
//! Preloaded with `LD_PRELOAD` beside the clock recorder, it replaces the allocation functions of
//! glibc. The clock recorder finds `clock_tap_allocations` by its name, and reads the totals where
//! a counted sample begins and ends. A program with an allocator of its own makes no or few calls
//! here.
//!
//! As in Divan, an allocation reserves a new block. A block that grows or shrinks is not a new one.
//!
//! This file is complete by itself: `rustc --edition 2024 -O --crate-type cdylib`.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

const ENOMEM: c_int = 12;
const EINVAL: c_int = 22;

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
    fn __libc_free(block: *mut c_void);
    fn malloc_usable_size(block: *mut c_void) -> usize;
}

/// Writes the allocations, the allocated bytes, the live bytes and their peak so far. The peak
/// begins again at the live bytes.
///
/// # Safety
/// `totals` points at four numbers that can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_tap_allocations(totals: *mut u64) {
    let live = LIVE.load(Relaxed);
    let values = [COUNT.load(Relaxed), BYTES.load(Relaxed), live, PEAK.swap(live, Relaxed)];
    // SAFETY: the caller passes a place for four numbers.
    unsafe { totals.cast::<[u64; 4]>().write(values) };
}

/// Replaces libc's `malloc`.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    // SAFETY: the caller keeps libc's contract.
    added(unsafe { __libc_malloc(size) }, size)
}

/// Replaces libc's `calloc`.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    // SAFETY: the caller keeps libc's contract.
    added(unsafe { __libc_calloc(count, size) }, count.saturating_mul(size))
}

/// Replaces libc's `realloc`.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    let before = usable(block);
    // SAFETY: the caller keeps libc's contract.
    let moved = unsafe { __libc_realloc(block, size) };
    if block.is_null() {
        return added(moved, size);
    }
    // A null block means that the old one is kept, unless the caller asked for no bytes.
    if !moved.is_null() || size == 0 {
        LIVE.fetch_sub(before, Relaxed);
        raise_live(usable(moved));
    }
    moved
}

/// Replaces libc's `reallocarray`.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reallocarray(
    block: *mut c_void,
    count: usize,
    size: usize,
) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: the caller keeps libc's contract.
        Some(size) => unsafe { realloc(block, size) },
        None => ptr::null_mut(),
    }
}

/// Replaces libc's `free`.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(block: *mut c_void) {
    LIVE.fetch_sub(usable(block), Relaxed);
    // SAFETY: the caller keeps libc's contract.
    unsafe { __libc_free(block) };
}

/// Replaces libc's `memalign`.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: the caller keeps libc's contract.
    added(unsafe { __libc_memalign(alignment, size) }, size)
}

/// Replaces libc's `aligned_alloc`.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: the caller keeps libc's contract.
    unsafe { memalign(alignment, size) }
}

/// Replaces libc's `posix_memalign`.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_memalign(
    block: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    if !alignment.is_power_of_two() || !alignment.is_multiple_of(size_of::<usize>()) {
        return EINVAL;
    }
    // SAFETY: the alignment is valid.
    let new = unsafe { memalign(alignment, size) };
    if new.is_null() {
        return ENOMEM;
    }
    // SAFETY: the caller passes a place for a pointer.
    unsafe { block.write(new) };
    0
}

fn added(block: *mut c_void, size: usize) -> *mut c_void {
    if !block.is_null() {
        COUNT.fetch_add(1, Relaxed);
        BYTES.fetch_add(size as u64, Relaxed);
        raise_live(usable(block));
    }
    block
}

fn raise_live(bytes: u64) {
    let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(live, Relaxed);
}

/// The bytes that a block takes, at least those that were asked for.
fn usable(block: *mut c_void) -> u64 {
    if block.is_null() {
        return 0;
    }
    // SAFETY: the block is one of this allocator's.
    unsafe { malloc_usable_size(block) as u64 }
}
