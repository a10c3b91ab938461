//! Conversion between the wire's values and the port's, which are JSON.

use rmpv::Value;
use serde_json::{Map, Number, Value as Json};

use crate::wire::Unsupported;

/// Return a value as JSON; unsupported if JSON cannot express it.
pub fn to_json(value: &Value) -> Result<Json, Unsupported> {
    let gap = |what: &str| Unsupported(format!("values are JSON: no {what}"));
    Ok(match value {
        Value::Nil => Json::Null,
        Value::Boolean(flag) => Json::Bool(*flag),
        Value::Integer(number) => match (number.as_i64(), number.as_u64()) {
            (Some(signed), _) => signed.into(),
            (_, unsigned) => unsigned.into(),
        },
        Value::F32(_) | Value::F64(_) => {
            let number = value.as_f64().and_then(Number::from_f64);
            Json::Number(number.ok_or_else(|| gap("infinity or nan"))?)
        }
        Value::String(text) => text.as_str().ok_or_else(|| gap("broken text"))?.into(),
        Value::Binary(_) => return Err(gap("bytes")),
        Value::Ext(..) => return Err(gap("ext types")),
        Value::Array(items) => Json::Array(items.iter().map(to_json).collect::<Result<_, _>>()?),
        Value::Map(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let key = key.as_str().ok_or_else(|| gap("keys but strings"))?;
                object.insert(key.to_string(), to_json(value)?);
            }
            Json::Object(object)
        }
    })
}

/// Return JSON as a wire value.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(signed), _, _) => signed.into(),
            (_, Some(unsigned), _) => unsigned.into(),
            (_, _, float) => float.unwrap_or_default().into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::Array(items.iter().map(from_json).collect()),
        Json::Object(entries) => {
            let pair = |(key, value): (&String, &Json)| (key.as_str().into(), from_json(value));
            Value::Map(entries.iter().map(pair).collect())
        }
    }
}
