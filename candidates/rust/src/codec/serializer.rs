//! The serializer: reads a type tag and bytes into a value, and builds the values of exts.
//!
//! `langgraph.checkpoint.serde.jsonplus.JsonPlusSerializer`. A value that cannot be built becomes its
//! payload.

use crate::codec::arrays;
use crate::codec::call::{Call, Code, Refused, part};
use crate::codec::dates;
use crate::codec::json;
use crate::codec::paths;
use crate::codec::records::is_safe;
use crate::codec::typed_values::build;
use crate::contract::Raised;
use crate::value::Value;
use crate::value::packing::{NUMBERS, SNAPSHOT};
use crate::value::unpacking::unpack;

/// The limit of nested typed values; Python's own stack ends somewhere beyond it.
const DEPTH: usize = 500;

pub struct Codec {
    /// Whether only types on the safe list are built.
    pub strict: bool,
    /// The module of paths.
    pub paths: &'static str,
}

impl Codec {
    /// Return the value of a type tag and bytes.
    pub fn loads(&self, kind: &str, data: &[u8]) -> Result<Value, Raised> {
        match kind {
            "null" => Ok(Value::Nil),
            "bytes" => Ok(Value::Bytes(data.to_vec())),
            "bytearray" => Ok(Value::ByteArray(data.to_vec())),
            "json" => json::read(data),
            "msgpack" => unpack(data, &|code, data| self.revive(code, data, 0))
                .map_err(|error| Raised::new("ValueError", error)),
            _ => {
                let message = format!("Unknown serialization type: {kind}");
                Err(Raised::new("NotImplementedError", message))
            }
        }
    }

    /// Return whether a type may be built, or its method called.
    pub fn is_allowed(&self, module: &str, name: &str, method: Option<&str>) -> bool {
        match method {
            Some(method) => (module, name, method) == ("datetime", "datetime", "fromisoformat"),
            None => !self.strict || is_safe(module, name),
        }
    }

    fn revive(&self, code: i8, data: &[u8], depth: usize) -> Result<Value, ()> {
        if depth > DEPTH {
            return Err(());
        }
        let parts = unpack(data, &|code, data| self.revive(code, data, depth + 1));
        if code == SNAPSHOT {
            return parts
                .map(|inside| Value::Snapshot(Box::new(inside)))
                .map_err(drop);
        }
        let (Ok(parts), 0..=NUMBERS) = (parts, code) else {
            return Ok(Value::Nil);
        };
        match Code::of(code) {
            None => Ok(arrays::array(&parts).unwrap_or(Value::Nil)),
            Some(code) => match self.built(code, &parts) {
                Ok(value) => Ok(value),
                Err(Refused) if code.is_model() => part(&parts, 2).ok_or(()),
                Err(Refused) => Ok(part(&parts, 2).unwrap_or(Value::Nil)),
            },
        }
    }

    fn built(&self, code: Code, parts: &Value) -> Result<Value, Refused> {
        let get = |at| part(parts, at).ok_or(Refused);
        let (module, name, payload) = (get(0)?, get(1)?, get(2)?);
        let method = (code == Code::Method).then(|| get(3)).transpose()?;
        let (Some(module), Some(name)) = (module.text(), name.text()) else {
            return Err(Refused);
        };
        let called = method
            .as_ref()
            .map(|method| method.text().unwrap_or_default());
        if !self.is_allowed(module, name, called) {
            return Ok(payload);
        }
        if code == Code::Method {
            return dates::from_iso(payload.text().ok_or(Refused)?);
        }
        if paths::HOMES.contains(&module) {
            return paths::path(module, name, Call::new(code, payload)?, self.paths);
        }
        build(code, module, name, payload)
    }
}
