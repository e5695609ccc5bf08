//! The output of a process on one stream.

use std::io::Read;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A stream that a thread of its own reads, so that the process never blocks.
///
/// The stream may not end with the process: another process may hold it open.
pub(super) struct Pipe<T> {
    /// What was read so far; `None` after [`Pipe::into_read`].
    read: Arc<Mutex<Option<T>>>,
    end: Receiver<()>,
    has_ended: bool,
}

impl<T: Default + Send + 'static> Pipe<T> {
    /// Reads `stream` and gives what it reads to `push`.
    pub(super) fn of(
        stream: Option<impl Read + Send + 'static>,
        push: impl Fn(&mut T, &[u8]) + Send + 'static,
    ) -> Self {
        let read = Arc::new(Mutex::new(Some(T::default())));
        let (sender, end) = mpsc::channel();
        let collected = Arc::clone(&read);
        thread::spawn(move || {
            if let Some(stream) = stream {
                collect(stream, &collected, push);
            }
            let _ = sender.send(());
        });
        Self { read, end, has_ended: false }
    }

    /// Waits until the stream ends, at most for `limit`. Returns whether it has ended.
    pub(super) fn wait(&mut self, limit: Duration) -> bool {
        self.has_ended = self.has_ended || self.end.recv_timeout(limit).is_ok();
        self.has_ended
    }

    /// What was read so far. Further bytes are not read.
    pub(super) fn into_read(self) -> T {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.take().unwrap_or_default()
    }
}

/// Reads a stream to its end. An error counts as the end: the exit status reports the failure.
fn collect<T>(mut stream: impl Read, read: &Mutex<Option<T>>, push: impl Fn(&mut T, &[u8])) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        match &mut *read.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(read) => push(read, &buffer[..count]),
            None => return,
        }
    }
}
