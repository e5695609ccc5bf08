//! Ctrl-C: the first one ends the measuring in order, a second one ends the process.

use anyhow::Context as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody asked to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

/// Measuring ended because somebody asked to stop.
#[derive(Debug, thiserror::Error)]
#[error("interrupted: this run was not recorded, everything recorded before is untouched")]
pub(crate) struct Interrupted;

impl Interrupt {
    /// Watches for the signals that ask to stop.
    pub(crate) fn watch() -> anyhow::Result<Self> {
        let interrupt = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // In this order: the second signal finds the flag set and ends the process.
            let again = Arc::clone(&interrupt.0);
            signal_hook::flag::register_conditional_shutdown(signal, 130, again)
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&interrupt.0)))
                .context("cannot watch for Ctrl-C")?;
        }
        Ok(interrupt)
    }

    /// Whether somebody asked to stop.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks to stop.
    #[cfg(all(test, unix))]
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails if an interrupt was requested.
    pub(crate) fn check(&self) -> Result<(), Interrupted> {
        if self.is_set() { Err(Interrupted) } else { Ok(()) }
    }
}
