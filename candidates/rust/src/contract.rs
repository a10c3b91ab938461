//! The contract: sessions apply operations to an open subject and return outcomes.

use std::collections::BTreeMap;

use crate::value::{Map, Value, map, text};

/// An error that LangGraph would raise; its class has a module unless it is a builtin.
#[derive(Debug)]
pub struct Raised {
    pub class: &'static str,
    pub message: String,
}

impl Raised {
    pub fn new(class: &'static str, message: impl Into<String>) -> Raised {
        Raised {
            class,
            message: message.into(),
        }
    }
}

/// The engine does not support the request; the text names what is missing.
#[derive(Debug)]
pub struct Unsupported(pub String);

/// The reason why an operation has no outcome.
#[derive(Debug)]
pub enum Declined {
    Unsupported(Unsupported),
    /// The request makes no sense.
    Malformed(String),
}

impl From<Unsupported> for Declined {
    fn from(reason: Unsupported) -> Declined {
        Declined::Unsupported(reason)
    }
}

pub fn malformed(message: impl Into<String>) -> Declined {
    Declined::Malformed(message.into())
}

/// Byte strings by their stored names.
pub type Stored = BTreeMap<String, Vec<u8>>;

/// The outcome of an operation.
pub struct Outcome {
    pub result: Result<Value, Raised>,
    pub events: Vec<Value>,
    pub stored: Stored,
    pub dropped: Vec<String>,
}

impl From<Result<Value, Raised>> for Outcome {
    fn from(result: Result<Value, Raised>) -> Outcome {
        Outcome {
            result,
            events: Vec::new(),
            stored: Stored::new(),
            dropped: Vec::new(),
        }
    }
}

impl Outcome {
    /// Return the outcome as a wire value.
    pub fn plain(self) -> Value {
        let mut entries = match self.result {
            Ok(value) => vec![("value", value)],
            Err(error) => vec![
                ("error", text(error.class)),
                ("message", text(error.message)),
            ],
        };
        let stored = self
            .stored
            .into_iter()
            .map(|(name, data)| (name, Value::Bytes(data)));
        let dropped = self.dropped.into_iter().map(text).collect();
        entries.push(("events", Value::Array(self.events)));
        entries.push(("stored", map(stored)));
        entries.push(("dropped", Value::Array(dropped)));
        map(entries)
    }
}

/// An open subject.
pub trait Session {
    /// Apply one operation.
    fn apply(&mut self, operation: &str, args: &Map) -> Result<Outcome, Declined>;
}

/// Return an argument of an operation.
pub fn argument<'a>(args: &'a Map, name: &str) -> Result<&'a Value, Declined> {
    args.get(name)
        .ok_or_else(|| malformed(format!("the argument `{name}` is missing")))
}
