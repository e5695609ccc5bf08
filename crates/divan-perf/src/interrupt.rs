//! Ctrl-C: the first one stops the measurement in order, a second one ends the process.

use anyhow::Context as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a signal requested to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

/// The error of a measurement that a signal stopped.
#[derive(Debug, thiserror::Error)]
#[error("interrupted: this run is not recorded, earlier runs are unchanged; run the command again")]
pub(crate) struct Interrupted;

impl Interrupt {
    /// Installs handlers for SIGINT and SIGTERM.
    pub(crate) fn watch() -> anyhow::Result<Self> {
        let interrupt = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // In this order: the second signal finds the flag set and ends the process.
            let again = Arc::clone(&interrupt.0);
            signal_hook::flag::register_conditional_shutdown(signal, 130, again)
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&interrupt.0)))
                .context("cannot install a handler for Ctrl-C")?;
        }
        Ok(interrupt)
    }

    /// Whether a signal requested to stop.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Requests to stop.
    #[cfg(all(test, unix))]
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails if an interrupt was requested.
    pub(crate) fn check(&self) -> Result<(), Interrupted> {
        if self.is_set() { Err(Interrupted) } else { Ok(()) }
    }
}
