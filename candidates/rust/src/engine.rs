//! The engine: which subjects it opens, and what it claims to match.

use crate::contract::{Declined, Session, Unsupported};
use crate::sessions::channel::ChannelSession;
use crate::sessions::codec::CodecSession;
use crate::sessions::graph::GraphSession;
use crate::value::{Map, Value, map, text};

/// Return the description of this engine.
pub fn describe() -> Value {
    let levels = [("codec", "bytes"), ("channel", "bytes"), ("graph", "bytes")];
    let levels = levels.map(|(subject, level)| (subject, text(level)));
    map([
        ("name", text("rust")),
        ("version", text(env!("CARGO_PKG_VERSION"))),
        ("language", text("Rust")),
        ("levels", map(levels)),
        ("engaged", Value::Map(Map::default())),
        ("protocol", Value::Int(1)),
    ])
}

/// Open a subject.
pub fn open(kind: &str, spec: &Map, pins: &Map) -> Result<Box<dyn Session>, Declined> {
    match kind {
        "codec" => Ok(Box::new(CodecSession::open(spec)?)),
        "channel" => Ok(Box::new(ChannelSession::open(spec)?)),
        "graph" => Ok(Box::new(GraphSession::open(spec, pins)?)),
        _ => Err(Unsupported(format!("no subject {kind} yet")).into()),
    }
}
