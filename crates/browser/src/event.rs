//! What is heard from a page between the answers to calls.

use serde_json::Value;
use std::fmt;

/// Something a page said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Who said it.
    pub origin: Origin,
    /// How bad it is: `log`, `info`, `warning`, `error` and others of Chromium's words.
    pub level: String,
    /// What was said, without a stack.
    pub text: String,
    /// The address and the line it is about, as far as they are known.
    pub at: Option<String>,
}

/// Who said a [`Message`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// A call of the page to `console`.
    Console,
    /// An error that no script caught.
    Exception,
    /// Chromium: a request that failed, or something the content security policy forbids.
    Log,
    /// A call of the page to `alert` and its like, which were confirmed.
    Dialog,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, level, text, at } = self;
        let origin = match origin {
            Origin::Console => "console",
            Origin::Exception => "exception",
            Origin::Log => "log",
            Origin::Dialog => "dialog",
        };
        write!(f, "{origin} {level}: {text}")?;
        at.iter().try_for_each(|at| write!(f, " ({at})"))
    }
}

/// What a page is listened to for.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Event {
    Message(Message),
    /// The URL of a request.
    Request(String),
    /// The loader of the document whose load event was fired.
    Loaded(String),
}

impl Event {
    /// None for what pages are not listened to for.
    pub(crate) fn of(method: &str, params: &Value) -> Option<Self> {
        let message = |origin, level: &Value, text: String, at| {
            Some(Self::Message(Message { origin, level: self::text(level), text, at }))
        };
        match method {
            "Runtime.consoleAPICalled" => {
                let args = params["args"].as_array().into_iter().flatten().map(value_text);
                let at = place(&params["stackTrace"]["callFrames"][0]);
                message(Origin::Console, &params["type"], args.collect::<Vec<_>>().join(" "), at)
            }
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                message(Origin::Exception, &"error".into(), thrown(details), place(details))
            }
            "Log.entryAdded" => {
                let entry = &params["entry"];
                message(Origin::Log, &entry["level"], text(&entry["text"]), place(entry))
            }
            "Page.javascriptDialogOpening" => {
                let at = Some(text(&params["url"]));
                message(Origin::Dialog, &params["type"], text(&params["message"]), at)
            }
            "Network.requestWillBeSent" => Some(Self::Request(text(&params["request"]["url"]))),
            "Page.lifecycleEvent" if params["name"] == "load" => {
                Some(Self::Loaded(text(&params["loaderId"])))
            }
            _ => None,
        }
    }
}

/// What was thrown, without a stack.
pub(crate) fn thrown(details: &Value) -> String {
    let said = match &details["exception"] {
        Value::Null => text(&details["text"]),
        exception => value_text(exception),
    };
    let end = said.find("\n    at ").unwrap_or(said.len());
    said[..end].to_owned()
}

/// A value of a script as a person reads it.
fn value_text(value: &Value) -> String {
    match (&value["value"], &value["description"], &value["unserializableValue"]) {
        (Value::String(text), ..) | (_, Value::String(text), _) | (.., Value::String(text)) => {
            text.clone()
        }
        (Value::Null, ..) if value["type"] == "undefined" => "undefined".to_owned(),
        (plain, ..) => plain.to_string(),
    }
}

/// Lines are counted from 0 in the protocol, and from 1 by people.
fn place(of: &Value) -> Option<String> {
    let url = of["url"].as_str().filter(|url| !url.is_empty())?;
    Some(match of["lineNumber"].as_u64() {
        Some(line) => format!("{url}:{}", line + 1),
        None => url.to_owned(),
    })
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(method: &str, params: &Value) -> String {
        match Event::of(method, params) {
            Some(Event::Message(message)) => message.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn console_arguments_are_joined() {
        let args = json!([
            { "type": "string", "value": "a b" },
            { "type": "number", "value": 1, "description": "1" },
            { "type": "number", "unserializableValue": "NaN" },
            { "type": "undefined" },
            { "type": "object", "subtype": "null", "value": null },
            { "type": "boolean", "value": true },
            { "type": "object", "description": "Array(2)" },
        ]);
        let stack = json!({ "callFrames": [{ "url": "file:///a.html", "lineNumber": 2 }] });
        let params = json!({ "type": "warning", "args": args, "stackTrace": stack });
        let expected = "console warning: a b 1 NaN undefined null true Array(2) (file:///a.html:3)";
        assert_eq!(said("Runtime.consoleAPICalled", &params), expected);
    }

    #[test]
    fn an_exception_is_told_without_its_stack() {
        let exception = json!({ "description": "Error: one\ntwo\n    at f (a.js:1:2)" });
        let details = json!({ "text": "Uncaught", "exception": exception });
        let params = json!({ "exceptionDetails": details });
        assert_eq!(said("Runtime.exceptionThrown", &params), "exception error: Error: one\ntwo");
        assert_eq!(thrown(&json!({ "text": "Uncaught", "exception": { "value": 7 } })), "7");
        assert_eq!(thrown(&json!({ "text": "Uncaught SyntaxError" })), "Uncaught SyntaxError");
    }

    #[test]
    fn only_the_load_event_of_a_document_is_kept() {
        let lifecycle = |name| json!({ "name": name, "loaderId": "L" });
        let loaded = Event::of("Page.lifecycleEvent", &lifecycle("load"));
        assert_eq!(loaded, Some(Event::Loaded("L".to_owned())));
        assert_eq!(Event::of("Page.lifecycleEvent", &lifecycle("init")), None);
        assert_eq!(Event::of("Network.dataReceived", &json!({})), None);
    }
}
