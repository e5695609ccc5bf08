//! Drives a headless Chromium over its DevTools protocol.
//!
//! [`Browser::start`] starts it, [`Browser::page`] opens a tab in it, and a [`Page`] loads, reads,
//! presses, clicks and pictures. Every call waits for its effect and ends within a time limit.
//!
//! ```no_run
//! let browser = browser::Browser::start()?;
//! let mut page = browser.page()?;
//! page.size(1280, 800)?;
//! page.open("site/index.html")?;
//! page.press("/")?;
//! page.wait_for("document.activeElement.type === 'search'")?;
//! assert_eq!(page.take_messages()?, []);
//! page.screenshot("target/search.png", false)?;
//! # anyhow::Ok(())
//! ```

mod process;
mod connection;
mod event;
mod page;
mod url;
mod input;
pub mod audit;

pub use event::{Message, Origin};
pub use page::Page;
pub use process::Browser;
pub use url::file_url;
