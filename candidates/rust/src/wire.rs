//! The wire: MessagePack-RPC in frames on stdin and stdout.

use std::io::{self, Read, Write};
use std::time::Instant;

use crate::contract::{Declined, Session, Unsupported};
use crate::engine::{describe, open};
use crate::value::packing::pack;
use crate::value::unpacking::unpack_plain;
use crate::value::{Map, Value, map, text};

/// The reason why a request failed: the protocol's error code, and a message.
struct Failure(&'static str, String);

impl From<Declined> for Failure {
    fn from(declined: Declined) -> Failure {
        match declined {
            Declined::Unsupported(Unsupported(reason)) => Failure("unsupported", reason),
            Declined::Malformed(message) => Failure("bad-request", message),
        }
    }
}

fn bad_request(message: impl Into<String>) -> Failure {
    Failure("bad-request", message.into())
}

/// Answer requests until the source ends or the host sends `shutdown`.
pub fn serve(mut source: impl Read, mut sink: impl Write) -> io::Result<()> {
    let mut engine = Engine::default();
    let mut head = [0; 4];
    while source.read_exact(&mut head).is_ok() {
        let mut body = vec![0; u32::from_be_bytes(head) as usize];
        source.read_exact(&mut body)?;
        let request = unpack_plain(&body).map_err(io::Error::other)?;
        let Some([Value::Int(0), id, Value::Text(method), Value::Map(params)]) = request.array()
        else {
            return Err(io::Error::other("no request"));
        };
        let (error, result) = match engine.answer(method, params) {
            Ok(result) => (Value::Nil, result),
            Err(Failure(code, message)) => (
                map([("code", text(code)), ("message", text(message))]),
                Value::Nil,
            ),
        };
        let answer = Value::Array(vec![Value::Int(1), id.clone(), error, result]);
        let body = pack(&answer).map_err(io::Error::other)?;
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
#[derive(Default)]
struct Engine {
    sessions: Vec<Option<Box<dyn Session>>>,
}

impl Engine {
    fn answer(&mut self, method: &str, params: &Map) -> Result<Value, Failure> {
        match method {
            "handshake" | "describe" => Ok(describe()),
            "run" => run(get_map(params, "case")?),
            "open" => {
                self.sessions.push(Some(open_subject(params)?));
                Ok(Value::Int(self.sessions.len() as i128 - 1))
            }
            "apply" => {
                let session = self.session(params)?.as_mut();
                let session = session.ok_or_else(|| bad_request("the session is closed"))?;
                apply(session.as_mut(), get_map(params, "operation")?)
            }
            "close" => {
                *self.session(params)? = None;
                Ok(Value::Nil)
            }
            "measure" => measure(params),
            "shutdown" => Ok(Value::Nil),
            _ => Err(bad_request(format!("no method {method}"))),
        }
    }

    fn session(&mut self, params: &Map) -> Result<&mut Option<Box<dyn Session>>, Failure> {
        let number = params.get("session").and_then(Value::int);
        let place = number.and_then(|number| usize::try_from(number).ok());
        let session = place.and_then(|place| self.sessions.get_mut(place));
        session.ok_or_else(|| bad_request("no such session"))
    }
}

fn get_map<'a>(params: &'a Map, name: &str) -> Result<&'a Map, Failure> {
    let value = params.get(name).and_then(Value::map);
    value.ok_or_else(|| bad_request(format!("`{name}` must be a map")))
}

fn open_subject(of: &Map) -> Result<Box<dyn Session>, Failure> {
    let subject = get_map(of, "subject")?;
    let kind = subject
        .get("kind")
        .and_then(Value::text)
        .unwrap_or_default();
    Ok(open(kind, get_map(subject, "spec")?, get_map(of, "pins")?)?)
}

fn operations(case: &Map) -> Result<Vec<&Map>, Failure> {
    let operations = case.get("operations").and_then(Value::array);
    let operations = operations.ok_or_else(|| bad_request("`operations` must be an array"))?;
    let is_map = |operation: &'_ Value| operation.map().is_some();
    if !operations.iter().all(is_map) {
        return Err(bad_request("an operation must be a map"));
    }
    Ok(operations.iter().filter_map(Value::map).collect())
}

fn apply(session: &mut dyn Session, operation: &Map) -> Result<Value, Failure> {
    let name = operation
        .get("name")
        .and_then(Value::text)
        .unwrap_or_default();
    let args = operation
        .get("args")
        .and_then(Value::map)
        .cloned()
        .unwrap_or_default();
    match session.apply(name, &args) {
        Ok(outcome) => Ok(outcome.plain()),
        Err(Declined::Unsupported(Unsupported(reason))) => Ok(map([("unsupported", text(reason))])),
        Err(malformed) => Err(malformed.into()),
    }
}

fn run(case: &Map) -> Result<Value, Failure> {
    let mut session = open_subject(case)?;
    let outcomes = operations(case)?
        .into_iter()
        .map(|operation| apply(session.as_mut(), operation));
    outcomes.collect()
}

fn measure(params: &Map) -> Result<Value, Failure> {
    let case = get_map(params, "case")?;
    let operations = operations(case)?;
    let loops = params.get("loops").and_then(Value::int).unwrap_or(1);
    let mut total = 0;
    for _ in 0..loops {
        let mut session = open_subject(case)?;
        let started = Instant::now();
        for operation in &operations {
            apply(session.as_mut(), operation)?;
        }
        total += started.elapsed().as_nanos();
    }
    Ok(Value::Int(total as i128))
}
