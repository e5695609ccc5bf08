//! Threads that keep the machine busy, to measure error rates under load.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Busy threads. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct BusyThreads {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// The memory of each thread, in bytes: more than the second-level cache of most processors.
const MEMORY: usize = 4 << 20;
/// The distance of two accesses to it, in bytes: a line of the cache.
const LINE: usize = 64;

impl BusyThreads {
    /// Starts `count` threads that compute and write to memory.
    pub(crate) fn start(count: u16) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let threads = (0..count).map(|_| {
            let is_over = Arc::clone(&is_over);
            thread::spawn(move || work(&is_over))
        });
        let threads = threads.collect();
        Self { is_over, threads }
    }
}

impl Drop for BusyThreads {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // A thread that panicked is over, too.
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

fn work(is_over: &AtomicBool) {
    let mut memory = vec![0_u8; MEMORY];
    while !is_over.load(Ordering::Relaxed) {
        for byte in memory.iter_mut().step_by(LINE) {
            *byte = black_box(byte.wrapping_add(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_end_when_they_are_dropped() {
        let busy = BusyThreads::start(3);
        assert_eq!(busy.threads.len(), 3);
        let is_over = Arc::clone(&busy.is_over);
        drop(busy);
        // Only this copy is left: the threads have ended.
        assert_eq!(Arc::strong_count(&is_over), 1);
    }
}
