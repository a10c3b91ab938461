//! The named reducers, and the empty values of the types of fields.
//!
//! They are Python's operators: an update of the wrong type raises Python's own error.

use std::cmp::Ordering;

use crate::codec::call::Call;
use crate::codec::standard;
use crate::contract::Raised;
use crate::value::{Map, Value, text};

/// Combines a value and an update.
pub type Reducer = fn(&Value, &Value) -> Result<Value, Raised>;

pub fn reducer(name: &str) -> Option<Reducer> {
    match name {
        "add" => Some(add),
        "max" => Some(|left, right| choose(left, right, Ordering::Greater, ">")),
        "min" => Some(|left, right| choose(left, right, Ordering::Less, "<")),
        "merge" => Some(merge),
        "union" => Some(union),
        "last" => Some(|_, right| Ok(right.clone())),
        "first" => Some(|left, _| Ok(left.clone())),
        _ => None,
    }
}

/// Return a type's empty value, which `any` lacks; None if the type does not exist.
pub fn empty(name: &str) -> Option<Option<Value>> {
    match name {
        "int" => Some(Some(Value::Int(0))),
        "float" => Some(Some(Value::Float(0.0))),
        "str" => Some(Some(text(""))),
        "list" => Some(Some(Value::Array(Vec::new()))),
        "dict" => Some(Some(Value::Map(Map::default()))),
        "set" => Some(standard::make("builtins", "set", Call::default()).ok()),
        "bool" => Some(Some(Value::Bool(false))),
        "any" => Some(None),
        _ => None,
    }
}

fn add(left: &Value, right: &Value) -> Result<Value, Raised> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Ok(text(format!("{left}{right}"))),
        (Value::Bytes(left), Value::Bytes(right)) => Ok(Value::Bytes([&**left, right].concat())),
        (Value::Array(left), Value::Array(right)) => Ok(Value::Array([&**left, right].concat())),
        (Value::Array(_), _) => Err(wrong("list", "list", right)),
        (Value::Text(_), _) => Err(wrong("str", "str", right)),
        _ => match (left.int(), right.int(), number(left), number(right)) {
            (Some(left), Some(right), ..) => Ok(Value::Int(left + right)),
            (_, _, Some(left), Some(right)) => Ok(Value::Float(left + right)),
            _ => Err(no_operator("+", left, right)),
        },
    }
}

fn wrong(left: &str, only: &str, right: &Value) -> Raised {
    let actual = kind(right);
    Raised::new(
        "TypeError",
        format!("can only concatenate {only} (not \"{actual}\") to {left}"),
    )
}

fn no_operator(operator: &str, left: &Value, right: &Value) -> Raised {
    let (left, right) = (kind(left), kind(right));
    let message = format!("unsupported operand type(s) for {operator}: '{left}' and '{right}'");
    Raised::new("TypeError", message)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(value) => Some(*value),
        other => other.int().map(|value| value as f64),
    }
}

/// Return the update if it compares to the value as wanted, like `max` and `min`.
fn choose(left: &Value, right: &Value, wanted: Ordering, sign: &str) -> Result<Value, Raised> {
    let order = match (left, right) {
        (Value::Array(left), Value::Array(right)) => compare_all(left, right),
        _ => compare(left, right),
    };
    match order {
        Some(order) => Ok(if order == Some(wanted) { right } else { left }.clone()),
        None => {
            let (left, right) = (kind(left), kind(right));
            let kinds = format!("instances of '{right}' and '{left}'");
            Err(Raised::new(
                "TypeError",
                format!("'{sign}' not supported between {kinds}"),
            ))
        }
    }
}

/// Compare the update with the value; None if Python cannot.
fn compare(left: &Value, right: &Value) -> Option<Option<Ordering>> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(Some(right.cmp(left))),
        (Value::Bytes(left), Value::Bytes(right)) => Some(Some(right.cmp(left))),
        (Value::Array(left), Value::Array(right)) => compare_all(left, right),
        _ => match (left.int(), right.int()) {
            (Some(left), Some(right)) => Some(Some(right.cmp(&left))),
            _ => Some(number(right)?.partial_cmp(&number(left)?)),
        },
    }
}

fn compare_all(left: &[Value], right: &[Value]) -> Option<Option<Ordering>> {
    let differs = left
        .iter()
        .zip(right)
        .find(|(left, right)| !left.equals(right));
    match differs {
        Some((left, right)) => compare(left, right),
        None => Some(Some(right.len().cmp(&left.len()))),
    }
}

fn merge(left: &Value, right: &Value) -> Result<Value, Raised> {
    let entries = |value: &Value| match value {
        Value::Map(entries) => Ok(entries.clone()),
        other => Err(Raised::new(
            "TypeError",
            format!("'{}' object is not a mapping", kind(other)),
        )),
    };
    let mut merged = entries(left)?;
    for (key, value) in entries(right)?.iter() {
        merged.insert(key.clone(), value.clone());
    }
    Ok(Value::Map(merged))
}

fn union(left: &Value, right: &Value) -> Result<Value, Raised> {
    match (left, right) {
        (Value::Map(_), Value::Map(_)) => merge(left, right),
        (Value::Typed(one), Value::Typed(other)) if is_set(left) && is_set(right) => {
            let both = add(&one.payload, &other.payload)?;
            let call = Call {
                arguments: vec![both],
                ..Call::default()
            };
            standard::make("builtins", &one.name, call).map_err(|_| no_operator("|", left, right))
        }
        (Value::Bool(left), Value::Bool(right)) => Ok(Value::Bool(left | right)),
        _ => match (left.int(), right.int()) {
            (Some(left), Some(right)) => Ok(Value::Int(left | right)),
            _ => Err(no_operator("|", left, right)),
        },
    }
}

fn is_set(value: &Value) -> bool {
    matches!(value, Value::Typed(typed) if typed.module == "builtins")
}

/// Return the name of a value's Python type.
pub fn kind(value: &Value) -> &str {
    match value {
        Value::Nil => "NoneType",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Text(_) => "str",
        Value::Bytes(_) => "bytes",
        Value::ByteArray(_) => "bytearray",
        Value::Array(_) => "list",
        Value::Map(_) => "dict",
        Value::Typed(typed) => &typed.name,
        Value::Snapshot(_) => "_DeltaSnapshot",
        Value::Numbers(_) => "numpy.ndarray",
        Value::Ext(..) | Value::Unstorable => "object",
    }
}
