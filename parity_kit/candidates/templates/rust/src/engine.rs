//! What to fill in: which subjects can be opened, and what their operations do.

use rmpv::Value;

use crate::wire::{field, map, returned, stored, Session, Unsupported};

/// Say what can be opened, and how closely it claims to be LangGraph's.
pub fn describe() -> Value {
    map([
        ("name", "your-engine".into()),
        ("version", "0.1.0".into()),
        ("language", "Rust".into()),
        ("levels", map([("codec", "bytes".into())])),
        ("engaged", map([])),
        ("protocol", 1.into()),
    ])
}

/// Open a subject; channel, graph and saver are the others.
pub fn open(kind: &str, _spec: &Value, _pins: &Value) -> Result<Box<dyn Session>, Unsupported> {
    match kind {
        "codec" => Ok(Box::new(Codec)),
        _ => Err(Unsupported(format!("no {kind} yet"))),
    }
}

/// The subject codec: LangGraph's stored values, read and written.
struct Codec;

impl Session for Codec {
    /// Do one operation; what is not offered yet is unsupported, which is never wrong.
    fn apply(&mut self, operation: &str, args: &Value) -> Result<Value, Unsupported> {
        let data = field(args, "data").as_slice().unwrap_or_default();
        let is_msgpack = field(args, "type").as_str() == Some("msgpack");
        match operation {
            "decode" if is_msgpack => Ok(returned(decode(data)?)),
            "round_trip" if is_msgpack => Ok(stored("msgpack", encode(&decode(data)?)?)),
            "encode" => Ok(stored("msgpack", encode(field(args, "value"))?)),
            _ => Err(Unsupported(format!("no {operation} of that yet"))),
        }
    }
}

/// Return the opened value of stored bytes (see: parity-kit docs contract).
fn decode(data: &[u8]) -> Result<Value, Unsupported> {
    match data {
        [number @ 0..=0x7F] => Ok((*number).into()),
        _ => Err(Unsupported(
            "no decode of more than one small integer".into(),
        )),
    }
}

/// Return the bytes that store an opened value.
fn encode(value: &Value) -> Result<Vec<u8>, Unsupported> {
    match value.as_u64() {
        Some(number @ 0..=0x7F) => Ok(vec![number as u8]),
        _ => Err(Unsupported(
            "no encode of more than one small integer".into(),
        )),
    }
}
