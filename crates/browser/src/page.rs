//! A page: loading it, asking it, listening to it and taking its picture.

use crate::connection::{Connection, Deadline};
use crate::event::{Event, Message, thrown};
use crate::url::url_for;
use anyhow::{Context as _, Result, bail};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How long a call waits unless [`Page::timeout`] says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much longer than the script itself the answer to it may take.
const GRACE: Duration = Duration::from_secs(2);

const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

const LOAD_EVENT: &str = "performance.getEntriesByType('navigation')[0]?.loadEventStart ?? 0";

/// Chromium's own ways to hide them leave their place empty, or hide them from other questions too.
const HIDE_SCROLLBARS: &str = "(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(':root { scrollbar-width: none !important }');
  document.adoptedStyleSheets.push(sheet);
})()";

/// A tab in a window of its own, closed when it is dropped.
///
/// Frames of another site and workers run elsewhere: what they say and request is not heard.
#[derive(Debug)]
pub struct Page {
    connection: Connection,
    patience: Duration,
}

impl Page {
    pub(crate) fn new(address: &str) -> Result<Self> {
        let connection = Connection::open(address, Deadline::after(PATIENCE))?;
        let mut page = Self { connection, patience: PATIENCE };
        // Chromium throws the window away once the connection is closed.
        let context =
            page.call("Target.createBrowserContext", json!({ "disposeOnDetach": true }))?;
        let target =
            json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
        let target = page.call("Target.createTarget", target)?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = page.call("Target.attachToTarget", attach)?;
        page.connection.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Inspector", "Page", "Runtime", "Network", "Log"] {
            page.call(&format!("{domain}.enable"), json!({}))?;
        }
        page.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true }))?;
        // Several pages of one browser would otherwise compete for the keyboard.
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))?;
        page.dark(false)?;
        page.size(1280, 800)?;
        page.connection.events.clear();
        Ok(page)
    }

    /// How long each later call may take, instead of 30 s.
    pub fn timeout(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Opens a file or a URL and waits for its load event.
    ///
    /// Returns when that event was fired, in milliseconds after the navigation began. A URL that
    /// differs from that of the page in its fragment alone loads nothing, and is not waited for.
    /// What a server answers with an error status is a page like any other.
    pub fn open(&mut self, place: &(impl AsRef<OsStr> + ?Sized)) -> Result<f64> {
        let url = url_for(place.as_ref())?;
        self.load(&url).with_context(|| format!("cannot open {url}"))
    }

    fn load(&mut self, url: &str) -> Result<f64> {
        let deadline = Deadline::after(self.patience);
        let started = self.connection.call("Page.navigate", json!({ "url": url }), deadline)?;
        if let Some(error) = started["errorText"].as_str() {
            bail!("{error}");
        }
        if let Some(loader) = started["loaderId"].as_str() {
            self.connection.loaded(loader, deadline)?;
        }
        self.evaluate(LOAD_EVENT)?.as_f64().context("the page does not know when it was loaded")
    }

    /// The value of an expression in the page; that of a promise once it is settled.
    ///
    /// What JSON cannot hold becomes null or an empty object; numbers such as NaN are an error.
    pub fn evaluate(&mut self, js: &str) -> Result<Value> {
        self.evaluate_by(js, Deadline::after(self.patience))
    }

    fn evaluate_by(&mut self, js: &str, deadline: Deadline) -> Result<Value> {
        let left = deadline.left().unwrap_or_default();
        let params = json!({
            "expression": js,
            "awaitPromise": true,
            "returnByValue": true,
            "userGesture": true,
            // Ends a script that never comes to an end, so that the page can be asked again.
            "timeout": left.as_millis() as u64,
        });
        let answer =
            self.connection.call("Runtime.evaluate", params, Deadline::after(left + GRACE));
        answer.and_then(|answer| value_of(&answer)).with_context(|| match deadline.left() {
            Some(_) => format!("in `{}`", brief(js)),
            None => format!("`{}` did not end within {deadline}", brief(js)),
        })
    }

    /// Waits until an expression is true. One that throws is not true yet.
    pub fn wait_for(&mut self, js: &str) -> Result<()> {
        let deadline = Deadline::after(self.patience);
        let condition = format!("Promise.resolve((\n{js}\n)).then(Boolean)");
        loop {
            // The last look has time for its answer too.
            let left = deadline.left().unwrap_or_default();
            let answer = self.evaluate_by(&condition, Deadline::after(left.max(GRACE)));
            if matches!(answer, Ok(Value::Bool(true))) {
                return Ok(());
            }
            if let Some(reason) = self.connection.gone {
                return answer.context(reason).map(drop);
            }
            if deadline.left().is_none() {
                let problem = format!("`{}` was not true within {deadline}", brief(js));
                return answer.context(problem.clone()).and_then(|_| bail!(problem));
            }
            thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// The size of the window's inside, in pixels. It is 1280 by 800 at first.
    pub fn size(&mut self, width: u32, height: u32) -> Result<()> {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.call("Emulation.setDeviceMetricsOverride", metrics).map(drop)
    }

    /// Whether the page is told that a dark scheme is preferred. A light one is at first.
    pub fn dark(&mut self, dark: bool) -> Result<()> {
        let value = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).map(drop)
    }

    /// Whether pages opened from now on may run scripts. [`Page::evaluate`] always may.
    pub fn scripts(&mut self, scripts: bool) -> Result<()> {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !scripts })).map(drop)
    }

    /// Writes a PNG of the window, or of the full page, without scrollbars.
    pub fn screenshot(&mut self, path: impl AsRef<Path>, full_page: bool) -> Result<()> {
        let path = path.as_ref();
        self.evaluate(HIDE_SCROLLBARS)?;
        let picture = self.capture(full_page);
        self.evaluate("void document.adoptedStyleSheets.pop()")?;
        fs::write(path, picture?).with_context(|| format!("cannot write {}", path.display()))
    }

    fn capture(&mut self, full_page: bool) -> Result<Vec<u8>> {
        let mut params = json!({ "format": "png", "captureBeyondViewport": full_page });
        if full_page {
            let size = self.call("Page.getLayoutMetrics", json!({}))?["cssContentSize"].take();
            let (width, height) = (&size["width"], &size["height"]);
            params["clip"] =
                json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        }
        let picture = self.call("Page.captureScreenshot", params)?;
        let picture = picture["data"].as_str().context("Chromium sent no picture")?;
        BASE64.decode(picture.as_bytes()).context("Chromium sent no picture")
    }

    /// What the page and Chromium about it said since the last call.
    pub fn take_messages(&mut self) -> Result<Vec<Message>> {
        let events = self.take(|event| matches!(event, Event::Message(_)))?;
        let message =
            |event| if let Event::Message(message) = event { Some(message) } else { None };
        Ok(events.into_iter().filter_map(message).collect())
    }

    /// The URLs requested since the last call, that of the page among them.
    pub fn take_requests(&mut self) -> Result<Vec<String>> {
        let events = self.take(|event| matches!(event, Event::Request(_)))?;
        let url = |event| if let Event::Request(url) = event { Some(url) } else { None };
        Ok(events.into_iter().filter_map(url).collect())
    }

    /// The events heard until now that `wanted` holds for.
    fn take(&mut self, wanted: impl Fn(&Event) -> bool) -> Result<Vec<Event>> {
        // Whatever the page did before it answers has arrived before the answer.
        self.evaluate("0")?;
        Ok(self.connection.events.extract_if(.., |event| wanted(event)).collect())
    }

    /// The bytes that scripts of the page hold on to, after a garbage collection.
    pub fn heap_bytes(&mut self) -> Result<u64> {
        self.call("HeapProfiler.collectGarbage", json!({}))?;
        let usage = self.call("Runtime.getHeapUsage", json!({}))?;
        let bytes = usage["usedSize"].as_f64().context("Chromium does not know its heap")?;
        Ok(bytes as u64)
    }

    pub(crate) fn call(&mut self, method: &str, params: Value) -> Result<Value> {
        self.connection.call(method, params, Deadline::after(self.patience))
    }
}

/// The value in the answer to an evaluation, or what was thrown.
fn value_of(answer: &Value) -> Result<Value> {
    if let details @ Value::Object(_) = &answer["exceptionDetails"] {
        bail!("{}", thrown(details));
    }
    match answer["result"]["unserializableValue"].as_str() {
        None => Ok(answer["result"]["value"].clone()),
        Some("-0") => Ok(0.into()),
        Some(number) => bail!("{number} cannot be told in JSON"),
    }
}

/// The start of a script, in one line.
fn brief(js: &str) -> String {
    let mut words = js.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(120) {
        words.replace_range(end.., "…");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_what_is_thrown() {
        let value = |result: Value| value_of(&json!({ "result": result }));
        assert_eq!(value(json!({ "value": [1, "a"] })).unwrap(), json!([1, "a"]));
        assert_eq!(value(json!({ "type": "undefined" })).unwrap(), Value::Null);
        assert_eq!(value(json!({ "unserializableValue": "-0" })).unwrap(), json!(0));
        let error = value(json!({ "unserializableValue": "NaN" })).unwrap_err();
        assert_eq!(error.to_string(), "NaN cannot be told in JSON");
        let details = json!({ "exceptionDetails": { "exception": { "value": "no" } } });
        assert_eq!(value_of(&details).unwrap_err().to_string(), "no");
    }

    #[test]
    fn a_long_script_is_cut() {
        assert_eq!(brief("a\n  + b"), "a + b");
        assert_eq!(brief(&"é".repeat(200)), "é".repeat(120) + "…");
    }
}
