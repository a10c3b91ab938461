//! Python's own types of the safe list, built into the form in which they are stored.

use std::collections::HashSet;

use crate::codec::call::{Call, Code, Refused, elements, typed};
use crate::codec::dates;
use crate::codec::decimals;
use crate::codec::networks;
use crate::codec::patterns;
use crate::value::packing;
use crate::value::{Value, text};

/// Python's types on the safe list, by module.
const TYPES: [(&str, &[&str]); 10] = [
    ("builtins", &["set", "frozenset"]),
    ("collections", &["deque"]),
    (
        "datetime",
        &["datetime", "date", "time", "timedelta", "timezone"],
    ),
    ("decimal", &["Decimal"]),
    (
        "ipaddress",
        &[
            "IPv4Address",
            "IPv4Interface",
            "IPv4Network",
            "IPv6Address",
            "IPv6Interface",
            "IPv6Network",
        ],
    ),
    ("pathlib", &["Path", "PosixPath", "WindowsPath"]),
    ("pathlib._local", &["Path", "PosixPath", "WindowsPath"]),
    ("re", &["compile"]),
    ("uuid", &["UUID"]),
    ("zoneinfo", &["ZoneInfo"]),
];

/// Return whether a type is one of Python's on the safe list.
pub fn is_standard(module: &str, name: &str) -> bool {
    TYPES
        .iter()
        .any(|(known, names)| *known == module && names.contains(&name))
}

/// Return whether a Python environment could have a package; without it, Python refuses its types.
pub fn may_be_installed(package: &str) -> bool {
    !package.is_empty() && package != "no"
}

/// Return the value that a call of a type constructs.
pub fn make(module: &str, name: &str, call: Call) -> Result<Value, Refused> {
    match module {
        "builtins" => set(name, call),
        "collections" => deque(call),
        "datetime" => dates::make(name, call),
        "decimal" => {
            let [value, _] = call.bind(["value", "context"], 2)?;
            let value = value.unwrap_or(Value::Int(0));
            single(module, name, decimals::decimal(&value).ok_or(Refused)?)
        }
        "ipaddress" => single(module, name, networks::make(name, call).ok_or(Refused)?),
        "re" => patterns::pattern(call),
        "uuid" => single(module, name, uuid(call)?),
        "zoneinfo" => {
            let [key] = call.bind(["key"], 1)?;
            let key = key
                .as_ref()
                .and_then(Value::text)
                .filter(|key| is_zone(key));
            single(module, name, key.ok_or(Refused)?.to_owned())
        }
        _ => Err(Refused),
    }
}

fn single(module: &str, name: &str, stored: String) -> Result<Value, Refused> {
    Ok(typed(Code::Single, module, name, text(stored)))
}

/// Return a set with its elements in the order of their bytes.
fn set(name: &str, call: Call) -> Result<Value, Refused> {
    if !call.keywords.is_empty() || call.arguments.len() > 1 {
        return Err(Refused);
    }
    let items = match call.arguments.first() {
        Some(value) => elements(value).ok_or(Refused)?,
        None => Vec::new(),
    };
    if !items.iter().all(Value::is_hashable) {
        return Err(Refused);
    }
    let mut seen = HashSet::new();
    let mut kept: Vec<_> = items
        .into_iter()
        .filter(|item| {
            matches!(item, Value::Unstorable) || item.is_nan() || seen.insert(item.identity())
        })
        .map(|item| (packing::pack(&item).unwrap_or_default(), item))
        .collect();
    kept.sort_by(|left, right| left.0.cmp(&right.0));
    let kept = kept.into_iter().map(|(_, item)| item).collect();
    Ok(typed(Code::Single, "builtins", name, Value::Array(kept)))
}

fn deque(call: Call) -> Result<Value, Refused> {
    let [items, bound] = call.bind(["iterable", "maxlen"], 2)?;
    let mut items = match items {
        Some(items) => elements(&items).ok_or(Refused)?,
        None => Vec::new(),
    };
    if let Some(bound) = bound.filter(|bound| !bound.is_nil()) {
        let bound = usize::try_from(bound.int().ok_or(Refused)?).map_err(|_| Refused)?;
        items.drain(..items.len().saturating_sub(bound));
    }
    Ok(typed(
        Code::Single,
        "collections",
        "deque",
        Value::Array(items),
    ))
}

fn uuid(call: Call) -> Result<String, Refused> {
    let [hex, bytes, number] = call.bind(["hex", "bytes", "int"], 2)?;
    let given = |value: Option<Value>| value.filter(|value| !value.is_nil());
    match (given(hex), given(bytes), given(number)) {
        (Some(hex), None, None) => {
            let bare = hex
                .text()
                .ok_or(Refused)?
                .replace("urn:", "")
                .replace("uuid:", "");
            let digits = bare.trim_matches(['{', '}']).replace('-', "");
            let number = Some(digits).filter(|digits| digits.chars().count() == 32);
            let number = number.as_deref().and_then(hexadecimal).ok_or(Refused)?;
            Ok(format!("{number:032x}"))
        }
        (None, Some(bytes), None) => {
            let bytes = <[u8; 16]>::try_from(bytes.bytes().ok_or(Refused)?).map_err(|_| Refused)?;
            Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
        }
        (None, None, Some(number)) => {
            let number = number.int().and_then(|number| u128::try_from(number).ok());
            Ok(format!("{:032x}", number.ok_or(Refused)?))
        }
        _ => Err(Refused),
    }
}

/// Return the result of Python's `int(…, 16)`.
fn hexadecimal(written: &str) -> Option<u128> {
    let bare = written.trim();
    let bare = bare.strip_prefix('+').unwrap_or(bare);
    let bare = bare
        .strip_prefix("0x")
        .or(bare.strip_prefix("0X"))
        .unwrap_or(bare);
    let is_group = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = bare
        .split('_')
        .all(is_group)
        .then(|| bare.replace('_', ""))?;
    u128::from_str_radix(&digits, 16).ok()
}

/// Return whether a time zone with this name exists.
fn is_zone(key: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\0');
    key.split('/').all(is_name)
        && std::path::Path::new("/usr/share/zoneinfo")
            .join(key)
            .is_file()
}

/// Return the result of Python's `float()`.
pub fn float_of(value: &Value) -> Option<f64> {
    match value {
        Value::Float(value) => Some(*value),
        Value::Text(written) => written.trim().replace('_', "").parse().ok(),
        other => other.int().map(|value| value as f64),
    }
}
