//! The output of a process on one stream.

use std::io::Read;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A stream that a thread of its own reads, so that the process never blocks.
///
/// The stream may not end with the process: another process may hold it open.
pub(super) struct Pipe {
    /// The output so far; `None` after [`Pipe::into_output`].
    read: Arc<Mutex<Option<Output>>>,
    end: Receiver<()>,
    has_ended: bool,
}

/// What a process printed, and when.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    /// The number of bytes so far after each part that arrived, and the time.
    pub(super) arrivals: Vec<(usize, Instant)>,
}

impl Pipe {
    pub(super) fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let read = Arc::new(Mutex::new(Some(Output::default())));
        let (sender, end) = mpsc::channel();
        let collected = Arc::clone(&read);
        thread::spawn(move || {
            if let Some(stream) = stream {
                collect(stream, &collected);
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

    /// The output so far. Further bytes are not read.
    pub(super) fn into_output(self) -> Output {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.take().unwrap_or_default()
    }
}

/// Reads a stream to its end. An error counts as the end: the exit status reports the failure.
fn collect(mut stream: impl Read, read: &Mutex<Option<Output>>) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        match &mut *read.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(read) => read.add(&buffer[..count]),
            None => return,
        }
    }
}

impl Output {
    fn add(&mut self, part: &[u8]) {
        self.bytes.extend_from_slice(part);
        self.arrivals.push((self.bytes.len(), Instant::now()));
    }
}
