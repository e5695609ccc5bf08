//! A WebSocket to Chromium: calls that end within a time limit, and the events between them.

use crate::event::{Event, text};
use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};
use std::fmt;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, HandshakeError, WebSocket};

/// The moment by which something has to be over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, limit }
    }

    /// The time left, never zero.
    pub(crate) fn left(self) -> Option<Duration> {
        self.at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.limit.as_secs_f64())
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    socket: WebSocket<TcpStream>,
    last_call: u64,
    /// The session with the page, in every call once there is one.
    pub(crate) session: Option<String>,
    /// Why no call can succeed any more.
    pub(crate) gone: Option<&'static str>,
    /// What was heard and not yet taken, in order.
    pub(crate) events: Vec<Event>,
}

impl Connection {
    /// Connects to an address such as `ws://127.0.0.1:9222/devtools/browser/…`.
    pub(crate) fn open(address: &str, deadline: Deadline) -> Result<Self> {
        let socket = connect(address, deadline)
            .with_context(|| format!("cannot connect to Chromium at {address}"))?;
        Ok(Self { socket, last_call: 0, session: None, gone: None, events: Vec::new() })
    }

    /// Calls a method and waits for what it returns. Events that arrive meanwhile are kept.
    pub(crate) fn call(
        &mut self,
        method: &str,
        params: Value,
        deadline: Deadline,
    ) -> Result<Value> {
        let id = self.send(method, params)?;
        loop {
            let mut message = self.receive(deadline).with_context(|| format!("in {method}"))?;
            if message["id"] == id {
                return match &message["error"] {
                    Value::Null => Ok(message["result"].take()),
                    error => Err(anyhow!("{method}: {}", text(&error["message"]))),
                };
            }
            self.hear(&message)?;
        }
    }

    /// Waits for the load event of the document that `loader` names.
    pub(crate) fn loaded(&mut self, loader: &str, deadline: Deadline) -> Result<()> {
        while !self.events.iter().any(|event| matches!(event, Event::Loaded(of) if of == loader)) {
            let message = self.receive(deadline).context("no load event")?;
            self.hear(&message)?;
        }
        self.events.retain(|event| !matches!(event, Event::Loaded(_)));
        Ok(())
    }

    fn send(&mut self, method: &str, params: Value) -> Result<u64> {
        if let Some(reason) = self.gone {
            bail!(reason);
        }
        self.last_call += 1;
        let mut message = json!({ "id": self.last_call, "method": method });
        message["params"] = params;
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let sent = self.socket.send(tungstenite::Message::text(message.to_string()));
        sent.with_context(|| format!("cannot send {method} to Chromium"))?;
        Ok(self.last_call)
    }

    fn receive(&mut self, deadline: Deadline) -> Result<Value> {
        loop {
            let Some(left) = deadline.left() else {
                bail!("Chromium did not answer within {deadline}");
            };
            self.socket.get_ref().set_read_timeout(Some(left))?;
            match self.socket.read() {
                Ok(tungstenite::Message::Text(message)) => {
                    return serde_json::from_str(&message).context("Chromium sent no JSON");
                }
                Ok(_) => {}
                Err(Error::Io(error)) if is_timeout(error.kind()) => {}
                Err(error) => {
                    let reason = *self.gone.insert("Chromium closed the connection");
                    return Err(error).context(reason);
                }
            }
        }
    }

    fn hear(&mut self, message: &Value) -> Result<()> {
        let (method, params) = (message["method"].as_str().unwrap_or_default(), &message["params"]);
        match method {
            "Inspector.targetCrashed" => bail!(*self.gone.insert("the page crashed")),
            "Target.detachedFromTarget" => bail!(*self.gone.insert("the page closed")),
            // Nothing else happens in a page until its dialog is answered.
            "Page.javascriptDialogOpening" => {
                self.send("Page.handleJavaScriptDialog", json!({ "accept": true }))?;
            }
            _ => {}
        }
        self.events.extend(Event::of(method, params));
        Ok(())
    }
}

fn connect(address: &str, deadline: Deadline) -> Result<WebSocket<TcpStream>> {
    let rest = address.strip_prefix("ws://").context("not the address of a WebSocket")?;
    let host = rest.split('/').next().unwrap_or_default().parse().context("not an IP address")?;
    let left = deadline.left().context("no time left")?;
    let stream = TcpStream::connect_timeout(&host, left)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(left))?;
    stream.set_write_timeout(Some(left))?;
    // A picture is one message of any size.
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    match tungstenite::client::client_with_config(address, stream, Some(config)) {
        Ok((socket, _)) => Ok(socket),
        Err(HandshakeError::Interrupted(_)) => bail!("no answer within {left:?}"),
        Err(HandshakeError::Failure(error)) => Err(error.into()),
    }
}

fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
