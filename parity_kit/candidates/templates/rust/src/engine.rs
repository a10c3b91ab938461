//! The engine: the subjects it opens and what their operations do. Fill in this file.

use rmpv::Value;

use crate::wire::{field, map, returned, stored, Engine, Session, Unsupported};

pub struct YourEngine;

impl Engine for YourEngine {
    /// Claim a level (`result`, `trace` or `bytes`) for each kind of subject that `open` opens.
    fn describe(&self) -> Value {
        map([
            ("name", "your-engine".into()),
            ("version", "0.1.0".into()),
            ("language", "Rust".into()),
            ("levels", map([("codec", "bytes".into())])),
            ("engaged", map([])),
            ("protocol", 1.into()),
        ])
    }

    /// The other kinds are channel, graph, saver, store and cache.
    fn open(
        &self,
        kind: &str,
        _spec: &Value,
        _pins: &Value,
    ) -> Result<Box<dyn Session>, Unsupported> {
        match kind {
            "codec" => Ok(Box::new(Codec)),
            _ => Err(Unsupported(format!("{kind} subjects are not implemented"))),
        }
    }
}

/// The codec subject: reads and writes the values that LangGraph stores.
struct Codec;

impl Session for Codec {
    fn apply(&mut self, operation: &str, args: &Value) -> Result<Value, Unsupported> {
        let data = field(args, "data").as_slice().unwrap_or_default();
        let is_msgpack = field(args, "type").as_str() == Some("msgpack");
        match operation {
            "decode" if is_msgpack => Ok(returned(decode(data)?)),
            "round_trip" if is_msgpack => Ok(stored("msgpack", encode(&decode(data)?)?)),
            "encode" => Ok(stored("msgpack", encode(field(args, "value"))?)),
            _ => Err(Unsupported(format!("{operation} is not implemented"))),
        }
    }
}

/// Return the opened form of stored bytes (see: parity-kit docs contract).
fn decode(data: &[u8]) -> Result<Value, Unsupported> {
    match data {
        [number @ 0..=0x7F] => Ok((*number).into()),
        _ => Err(Unsupported(
            "decoding more than a small integer is not implemented".into(),
        )),
    }
}

/// Return the bytes that LangGraph would store for an opened value.
fn encode(value: &Value) -> Result<Vec<u8>, Unsupported> {
    match value.as_u64() {
        Some(number @ 0..=0x7F) => Ok(vec![number as u8]),
        _ => Err(Unsupported(
            "encoding more than a small integer is not implemented".into(),
        )),
    }
}
