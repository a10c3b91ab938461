//! JSON as Python's `json.dumps` writes it with `ensure_ascii=False`.

use crate::channels::reducers::kind;
use crate::contract::Raised;
use crate::value::python::repr;
use crate::value::{Map, Value};

/// Return the JSON of a value.
pub fn dumped(value: &Value) -> Result<String, Raised> {
    Ok(match value {
        Value::Nil => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Float(value) if value.is_nan() => "NaN".to_owned(),
        Value::Float(value) if value.is_infinite() => match value.is_sign_positive() {
            true => "Infinity".to_owned(),
            false => "-Infinity".to_owned(),
        },
        Value::Int(_) | Value::Float(_) => repr(value).unwrap_or_default(),
        Value::Text(text) => quoted(text),
        Value::Array(items) => {
            let items = items.iter().map(dumped).collect::<Result<Vec<_>, _>>()?;
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => object(entries)?,
        other => {
            let message = format!("Object of type {} is not JSON serializable", kind(other));
            return Err(Raised::new("TypeError", message));
        }
    })
}

fn object(entries: &Map) -> Result<String, Raised> {
    let entry = |(key, value): &(Value, Value)| {
        let key = match key {
            Value::Text(text) => text.clone(),
            Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) => dumped(key)?,
            other => {
                let kind = kind(other);
                let message = format!("keys must be str, int, float, bool or None, not {kind}");
                return Err(Raised::new("TypeError", message));
            }
        };
        Ok(format!("{}: {}", quoted(&key), dumped(value)?))
    };
    let entries = entries.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("{{{}}}", entries.join(", ")))
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c @ ..'\u{20}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{map, text};

    #[test]
    fn json_has_pythons_spaces_and_escapes() -> Result<(), Raised> {
        let items = Value::Array(vec![Value::Nil, Value::Float(1e16), text("é\"\u{1}")]);
        let known = "{\"a\": [null, 1e+16, \"é\\\"\\u0001\"]}";
        assert_eq!(dumped(&map([("a", items)]))?, known);
        Ok(())
    }
}
