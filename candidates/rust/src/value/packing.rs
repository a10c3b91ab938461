//! Writing MessagePack as LangGraph does: shortest forms, 64-bit floats.

use rmp::encode;

use crate::value::{Map, Typed, Value, text};

pub const SNAPSHOT: i8 = 7;
pub const NUMBERS: i8 = 6;

/// The limit of nested containers.
const DEPTH: usize = 255;

/// Return the bytes of a value, or the reason why there are none.
pub fn pack(value: &Value) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::new();
    write(&mut out, value, 0)?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), &'static str> {
    // Writing to a vector cannot fail, so the results of `encode` are ignored.
    match value {
        Value::Nil => drop(encode::write_nil(out)),
        Value::Bool(value) => drop(encode::write_bool(out, *value)),
        Value::Int(value) => write_int(out, *value)?,
        Value::Float(value) => drop(encode::write_f64(out, *value)),
        Value::Text(value) => drop(encode::write_str(out, value)),
        Value::Bytes(value) | Value::ByteArray(value) => drop(encode::write_bin(out, value)),
        Value::Array(items) => write_array(out, items, depth)?,
        Value::Map(map) => write_map(out, map, depth)?,
        Value::Ext(code, data) => write_ext(out, *code, data),
        Value::Typed(typed) => write_ext(out, typed.code, &parts_of(typed)?),
        Value::Numbers(numbers) => {
            let shape = numbers.shape.iter().map(|side| Value::Int(*side)).collect();
            let buffer = Value::Bytes(numbers.buffer.clone());
            let parts = vec![
                text(&numbers.dtype),
                Value::Array(shape),
                text(numbers.order),
                buffer,
            ];
            write_ext(out, NUMBERS, &pack(&Value::Array(parts))?);
        }
        Value::Snapshot(inside) => write_ext(out, SNAPSHOT, &pack(inside)?),
        Value::Unstorable => return Err("Type is not msgpack serializable"),
    }
    Ok(())
}

fn parts_of(typed: &Typed) -> Result<Vec<u8>, &'static str> {
    let mut parts = vec![
        text(&typed.module),
        text(&typed.name),
        typed.payload.clone(),
    ];
    parts.extend(typed.method.map(text));
    pack(&Value::Array(parts))
}

fn write_int(out: &mut Vec<u8>, value: i128) -> Result<(), &'static str> {
    if let Ok(small) = i64::try_from(value) {
        let _ = encode::write_sint(out, small);
    } else {
        let large = u64::try_from(value).map_err(|_| "Integer exceeds 64-bit range")?;
        let _ = encode::write_uint(out, large);
    }
    Ok(())
}

fn write_array(out: &mut Vec<u8>, items: &[Value], depth: usize) -> Result<(), &'static str> {
    within(depth)?;
    let _ = encode::write_array_len(out, items.len() as u32);
    items
        .iter()
        .try_for_each(|item| write(out, item, depth + 1))
}

fn write_map(out: &mut Vec<u8>, map: &Map, depth: usize) -> Result<(), &'static str> {
    within(depth)?;
    let _ = encode::write_map_len(out, map.len() as u32);
    map.iter().try_for_each(|(key, value)| {
        write(out, key, depth + 1)?;
        write(out, value, depth + 1)
    })
}

fn within(depth: usize) -> Result<(), &'static str> {
    if depth < DEPTH {
        Ok(())
    } else {
        Err("Recursion limit reached")
    }
}

fn write_ext(out: &mut Vec<u8>, code: i8, data: &[u8]) {
    let _ = encode::write_ext_meta(out, data.len() as u32, code);
    out.extend(data);
}

/// Return a value's type tag and bytes, or the reason why it cannot be stored.
pub fn dumps(value: &Value) -> Result<(&'static str, Vec<u8>), &'static str> {
    match value {
        Value::Nil => Ok(("null", Vec::new())),
        Value::Bytes(bytes) => Ok(("bytes", bytes.clone())),
        Value::ByteArray(bytes) => Ok(("bytearray", bytes.clone())),
        other => Ok(("msgpack", pack(other)?)),
    }
}
