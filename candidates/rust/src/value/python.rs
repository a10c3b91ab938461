//! Values as Python formats them in messages: `repr` and `str`.

use crate::value::Value;

/// Return the `repr`; None for a typed value, whose class would define it.
pub fn repr(value: &Value) -> Option<String> {
    Some(match value {
        Value::Nil => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => float(*value),
        Value::Text(value) => quoted(value),
        Value::Bytes(value) => bytes(value),
        Value::Array(items) => {
            let items = items.iter().map(repr).collect::<Option<Vec<_>>>()?;
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entry =
                |(key, value): &(Value, Value)| Some(format!("{}: {}", repr(key)?, repr(value)?));
            let entries = entries.iter().map(entry).collect::<Option<Vec<_>>>()?;
            format!("{{{}}}", entries.join(", "))
        }
        _ => return None,
    })
}

/// Return the `str`, as in an f-string.
pub fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        other => repr(other),
    }
}

/// Return the `repr` of a string.
pub fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if c == quote => out.extend(['\\', quote]),
            _ if is_printable(c) => out.push(c),
            _ => out.push_str(&match c as u32 {
                code @ ..=0xff => format!("\\x{code:02x}"),
                code @ ..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
        }
    }
    out.push(quote);
    out
}

fn is_printable(c: char) -> bool {
    // Rust escapes what Python escapes and, at a string's start, also combining marks.
    matches!(c, '"' | '\'') || format!("a{c}").escape_debug().nth(1) == Some(c)
}

fn float(value: f64) -> String {
    let text = format!("{value:?}");
    match text.split_once('e') {
        _ if value.is_nan() => "nan".to_owned(),
        None => text,
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
    }
}

fn bytes(value: &[u8]) -> String {
    let quote = match value.contains(&b'\'') && !value.contains(&b'"') {
        true => '"',
        false => '\'',
    };
    let mut out = format!("b{quote}");
    for byte in value {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ if char::from(*byte) == quote => out.extend(['\\', quote]),
            b' '..=b'~' => out.push((*byte).into()),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{map, text};

    #[test]
    fn a_text_is_quoted_as_python_does() {
        assert_eq!(quoted("it's"), "\"it's\"");
        assert_eq!(quoted("é'\"\n\u{1}\u{200b}"), "'é\\'\"\\n\\x01\\u200b'");
    }

    #[test]
    fn a_float_has_two_digits_in_its_exponent() {
        let of = |value| repr(&Value::Float(value)).unwrap_or_default();
        assert_eq!([of(1e16), of(1e-5), of(1.0)], ["1e+16", "1e-05", "1.0"]);
        assert_eq!([of(f64::NAN), of(f64::INFINITY)], ["nan", "inf"]);
    }

    #[test]
    fn what_lies_in_a_list_is_quoted() {
        let inside = map([("a", Value::Bytes(b"\0'".to_vec()))]);
        let value = Value::Array(vec![Value::Nil, inside]);
        assert_eq!(repr(&value).as_deref(), Some("[None, {'a': b\"\\x00'\"}]"));
        assert_eq!(shown(&text("a")).as_deref(), Some("a"));
        assert!(repr(&Value::Unstorable).is_none());
    }
}
