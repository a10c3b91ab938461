//! The opened form of a value: a map replaces each ext, which proves that the engine looked inside.

use crate::value::packing::{NUMBERS, SNAPSHOT, pack};
use crate::value::{Map, Value, map, text};

const PARTS: [&str; 4] = ["dtype", "shape", "order", "payload"];

/// Return the opened form of a value.
pub fn open(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(open).collect()),
        Value::Map(entries) => open_map(entries),
        Value::Typed(typed) => {
            let mut parts = vec![
                ("$ext", Value::Int(typed.code.into())),
                ("type", text(format!("{}.{}", typed.module, typed.name))),
                ("payload", open(&typed.payload)),
            ];
            parts.extend(typed.method.map(|method| ("method", text(method))));
            map(parts)
        }
        Value::Numbers(numbers) => {
            let shape = numbers.shape.iter().map(|side| Value::Int(*side)).collect();
            let buffer = Value::Bytes(numbers.buffer.clone());
            let parts = [
                text(&numbers.dtype),
                Value::Array(shape),
                text(numbers.order),
                buffer,
            ];
            let code = [("$ext", Value::Int(NUMBERS.into()))];
            map(code.into_iter().chain(PARTS.into_iter().zip(parts)))
        }
        Value::Snapshot(inside) => map([
            ("$ext", Value::Int(SNAPSHOT.into())),
            ("payload", open(inside)),
        ]),
        Value::ByteArray(bytes) => Value::Bytes(bytes.clone()),
        other => other.clone(),
    }
}

fn open_map(entries: &Map) -> Value {
    if entries
        .iter()
        .all(|(key, _)| key.text().is_some_and(|key| !key.starts_with('$')))
    {
        return Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), open(value)))
                .collect(),
        );
    }
    let pairs = entries
        .iter()
        .map(|(key, value)| Value::Array(vec![open(key), open(value)]));
    map([("$map", Value::Array(pairs.collect()))])
}

/// Return the value of an opened form, with unopened exts; None if parts are missing.
pub fn close(value: &Value) -> Option<Value> {
    match value {
        Value::Array(items) => items
            .iter()
            .map(close)
            .collect::<Option<_>>()
            .map(Value::Array),
        Value::Map(entries) => match (entries.get("$map"), entries.get("$ext")) {
            (Some(pairs), _) => {
                let closed = pairs.array()?.iter().map(|pair| match pair.array()? {
                    [key, value] => Some((close(key)?, close(value)?)),
                    _ => None,
                });
                closed.collect::<Option<_>>().map(Value::Map)
            }
            (_, Some(code)) => close_ext(i8::try_from(code.int()?).ok()?, entries),
            _ => {
                let closed = entries
                    .iter()
                    .map(|(key, value)| Some((key.clone(), close(value)?)));
                closed.collect::<Option<_>>().map(Value::Map)
            }
        },
        other => Some(other.clone()),
    }
}

fn close_ext(code: i8, entries: &Map) -> Option<Value> {
    let parts = match code {
        SNAPSHOT => close(entries.get("payload")?)?,
        NUMBERS => Value::Array(
            PARTS
                .iter()
                .map(|part| entries.get(part).cloned())
                .collect::<Option<_>>()?,
        ),
        _ => {
            let (module, name) = entries.get("type")?.text()?.rsplit_once('.')?;
            let mut parts = vec![text(module), text(name), close(entries.get("payload")?)?];
            parts.extend(entries.get("method").cloned());
            Value::Array(parts)
        }
    };
    Some(Value::Ext(code, pack(&parts).ok()?))
}
