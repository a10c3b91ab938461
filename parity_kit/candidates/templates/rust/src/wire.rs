//! The wire: MessagePack-RPC in frames on stdin and stdout. You need not change this file.

use std::io::{self, Read, Write};
use std::time::Instant;

use rmpv::decode::read_value;
use rmpv::encode::write_value;
use rmpv::Value;

/// Opens subjects.
pub trait Engine {
    /// Return the engine's name and version, and the level it claims for each kind of subject.
    fn describe(&self) -> Value;

    /// Open a subject.
    fn open(&self, kind: &str, spec: &Value, pins: &Value)
        -> Result<Box<dyn Session>, Unsupported>;
}

/// An open subject.
pub trait Session {
    /// Apply one operation and return its outcome.
    fn apply(&mut self, operation: &str, args: &Value) -> Result<Value, Unsupported>;
}

/// The engine does not support the request; the text names what is missing.
pub struct Unsupported(pub String);

/// Why a request failed: the protocol's error code, and a message.
struct Failure(&'static str, String);

impl From<Unsupported> for Failure {
    fn from(error: Unsupported) -> Failure {
        Failure("unsupported", error.0)
    }
}

/// Return a map with its keys in this order.
pub fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect(),
    )
}

/// Return a map's value under a key, or nil.
pub fn field<'a>(map: &'a Value, key: &str) -> &'a Value {
    let entries = map.as_map().map(Vec::as_slice).unwrap_or_default();
    let entry = entries.iter().find(|(name, _)| name.as_str() == Some(key));
    entry.map_or(&Value::Nil, |(_, value)| value)
}

/// Return the outcome of an operation that returned a value.
pub fn returned(value: Value) -> Value {
    outcome([("value", value)], map([]))
}

/// Return the outcome of an operation that stored bytes and returned their type tag.
pub fn stored(kind: &str, data: Vec<u8>) -> Value {
    outcome(
        [("value", kind.into())],
        map([("data", Value::Binary(data))]),
    )
}

/// Return the outcome of an operation that raised an error; `class` is LangGraph's or Python's.
#[allow(dead_code)] // until the first operation raises one
pub fn raised(class: &str, message: &str) -> Value {
    outcome(
        [("error", class.into()), ("message", message.into())],
        map([]),
    )
}

fn outcome<const N: usize>(result: [(&str, Value); N], stored: Value) -> Value {
    let mut entries: Vec<_> = result
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect();
    entries.push(("events".into(), Value::Array(vec![])));
    entries.push(("stored".into(), stored));
    entries.push(("dropped".into(), Value::Array(vec![])));
    Value::Map(entries)
}

/// Answer requests until the source ends or the host sends `shutdown`.
pub fn serve(engine: &dyn Engine, mut source: impl Read, mut sink: impl Write) -> io::Result<()> {
    let mut sessions = Vec::new();
    let mut head = [0; 4];
    while source.read_exact(&mut head).is_ok() {
        let mut body = vec![0; u32::from_be_bytes(head) as usize];
        source.read_exact(&mut body)?;
        let request = read_value(&mut body.as_slice()).map_err(io::Error::other)?;
        let Some([_, id, method, params]) = request.as_array().map(Vec::as_slice) else {
            return Err(io::Error::other("not a request"));
        };
        let method = method.as_str().unwrap_or_default();
        let (error, result) = match answer(engine, &mut sessions, method, params) {
            Ok(result) => (Value::Nil, result),
            Err(Failure(code, message)) => (
                map([("code", code.into()), ("message", message.into())]),
                Value::Nil,
            ),
        };
        let mut body = Vec::new();
        write_value(
            &mut body,
            &Value::Array(vec![1.into(), id.clone(), error, result]),
        )?;
        sink.write_all(&(body.len() as u32).to_be_bytes())?;
        sink.write_all(&body)?;
        sink.flush()?;
        if method == "shutdown" {
            break;
        }
    }
    Ok(())
}

/// The sessions by number; a closed one leaves an empty slot.
type Sessions = Vec<Option<Box<dyn Session>>>;

fn answer(
    engine: &dyn Engine,
    sessions: &mut Sessions,
    method: &str,
    params: &Value,
) -> Result<Value, Failure> {
    match method {
        "handshake" | "describe" => Ok(engine.describe()),
        "run" => {
            let case = field(params, "case");
            let mut session = open_subject(engine, case)?;
            let operations = operations(case).iter();
            Ok(Value::Array(
                operations
                    .map(|operation| apply(session.as_mut(), operation))
                    .collect(),
            ))
        }
        "open" => {
            sessions.push(Some(open_subject(engine, params)?));
            Ok((sessions.len() - 1).into())
        }
        "apply" | "close" => {
            let number = field(params, "session").as_u64().unwrap_or(u64::MAX) as usize;
            match sessions.get_mut(number) {
                Some(Some(session)) if method == "apply" => {
                    Ok(apply(session.as_mut(), field(params, "operation")))
                }
                Some(session @ Some(_)) => {
                    *session = None;
                    Ok(Value::Nil)
                }
                _ => Err(Failure("bad-request", "no such session".into())),
            }
        }
        "measure" => measure(
            engine,
            field(params, "case"),
            field(params, "loops").as_u64().unwrap_or(1),
        ),
        "shutdown" => Ok(Value::Nil),
        _ => Err(Failure("bad-request", format!("no method {method}"))),
    }
}

/// Open the subject of a case, or of an `open` request.
fn open_subject(engine: &dyn Engine, request: &Value) -> Result<Box<dyn Session>, Failure> {
    let subject = field(request, "subject");
    let kind = field(subject, "kind").as_str().unwrap_or_default();
    Ok(engine.open(kind, field(subject, "spec"), field(request, "pins"))?)
}

fn operations(case: &Value) -> &[Value] {
    field(case, "operations")
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn apply(session: &mut dyn Session, operation: &Value) -> Value {
    let name = field(operation, "name").as_str().unwrap_or_default();
    match session.apply(name, field(operation, "args")) {
        Ok(outcome) => outcome,
        Err(Unsupported(reason)) => map([("unsupported", reason.into())]),
    }
}

/// Return the nanoseconds that a case's operations take in `loops` runs, without opening it.
fn measure(engine: &dyn Engine, case: &Value, loops: u64) -> Result<Value, Failure> {
    let mut total = 0;
    for _ in 0..loops {
        let mut session = open_subject(engine, case)?;
        let started = Instant::now();
        for operation in operations(case) {
            apply(session.as_mut(), operation);
        }
        total += started.elapsed().as_nanos();
    }
    Ok((total as u64).into())
}
