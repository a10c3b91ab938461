//! Conversion between the wire's values, with unopened exts, and the engine's.

use crate::codec::paths::HOMES;
use crate::codec::serializer::Codec;
use crate::contract::Raised;
use crate::value::Value;
use crate::value::packing::pack;
use crate::value::unpacking::unpack_plain;

/// Return a value as the wire carries it: in stored form, with unopened exts.
pub fn plain(value: &Value) -> Result<Value, Raised> {
    let data = pack(value).map_err(|message| Raised::new("TypeError", message))?;
    unpack_plain(&data).map_err(|message| Raised::new("TypeError", message))
}

/// Return a wire value with its exts built.
pub fn native(value: &Value) -> Value {
    match value {
        Value::Ext(..) => {
            let codec = Codec {
                strict: false,
                paths: HOMES[0],
            };
            let data = pack(value).unwrap_or_default();
            codec
                .loads("msgpack", &data)
                .unwrap_or_else(|_| value.clone())
        }
        Value::Array(items) => items.iter().map(native).collect(),
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (native(key), native(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}
