//! What a process prints on one stream.

use std::io::Read;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A stream, read by a thread of its own so that the process never blocks.
///
/// The stream need not end with the process: another one may hold it open.
pub(super) struct Pipe {
    /// What was read so far; `None` when nobody wants it any more.
    read: Arc<Mutex<Option<Vec<u8>>>>,
    end: Receiver<()>,
    has_ended: bool,
}

impl Pipe {
    pub(super) fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let read = Arc::new(Mutex::new(Some(Vec::new())));
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

    /// Waits until the stream ends, at most for `limit`; says whether it has ended.
    pub(super) fn wait(&mut self, limit: Duration) -> bool {
        self.has_ended = self.has_ended || self.end.recv_timeout(limit).is_ok();
        self.has_ended
    }

    /// What was read; the rest is not wanted.
    pub(super) fn into_read(self) -> Vec<u8> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.take().unwrap_or_default()
    }
}

/// A stream that breaks ends like one that closes: the exit status says why.
fn collect(mut stream: impl Read, read: &Mutex<Option<Vec<u8>>>) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        match &mut *read.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(read) => read.extend_from_slice(&buffer[..count]),
            None => return,
        }
    }
}
