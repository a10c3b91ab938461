//! The values that the engine handles: MessagePack's, and LangGraph's typed values.

pub mod keys;
pub mod packing;
pub mod python;
pub mod unpacking;

use std::collections::HashMap;

/// A value. Tuples are arrays; typed values are kept in stored form.
#[derive(Clone, Debug, Default)]
pub enum Value {
    #[default]
    Nil,
    Bool(bool),
    /// Stored integers lie between -2⁶³ and 2⁶⁴-1; arithmetic may leave that range.
    Int(i128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Python's mutable bytes, never inside another value.
    ByteArray(Vec<u8>),
    Array(Vec<Value>),
    Map(Map),
    /// An unopened ext, as it arrives over the wire.
    Ext(i8, Vec<u8>),
    Typed(Box<Typed>),
    Numbers(Box<Numbers>),
    /// A snapshot of a delta channel.
    Snapshot(Box<Value>),
    /// A value that can be read but not stored again: an array of dates, invalid Unicode.
    Unstorable,
}

/// A typed value: the ext code and the parts of its data.
#[derive(Clone, Debug)]
pub struct Typed {
    pub code: i8,
    pub module: String,
    pub name: String,
    pub payload: Value,
    pub method: Option<&'static str>,
}

/// A numpy array.
#[derive(Clone, Debug)]
pub struct Numbers {
    pub dtype: String,
    pub shape: Vec<i128>,
    pub order: &'static str,
    pub buffer: Vec<u8>,
}

/// A map in insertion order, like Python's dict.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<(Value, Value)>,
    places: HashMap<Vec<u8>, usize>,
}

impl Map {
    /// Return the value under a string key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries
            .iter()
            .find(|(name, _)| matches!(name, Value::Text(text) if text == key))
            .map(|(_, value)| value)
    }

    /// Return the value under a string key, mutably.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.entries
            .iter_mut()
            .find(|(name, _)| matches!(name, Value::Text(text) if text == key))
            .map(|(_, value)| value)
    }

    pub fn entries(&self) -> &[(Value, Value)] {
        &self.entries
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, (Value, Value)> {
        self.entries.iter()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Return the entries with their keys as strings, or None if a key is not a string.
    pub fn texts(&self) -> Option<Vec<(String, Value)>> {
        self.iter()
            .map(|(key, value)| Some((key.text()?.to_owned(), value.clone())))
            .collect()
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Value::Array(items.into_iter().collect())
    }
}

/// Return a map with string keys.
pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (text(key), value));
    Value::Map(entries.collect())
}

/// Return a string.
pub fn text(value: impl Into<String>) -> Value {
    Value::Text(value.into())
}

impl Value {
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub fn map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    pub fn array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// Return an integer; a bool is one in Python.
    pub fn int(&self) -> Option<i128> {
        match self {
            Value::Int(value) => Some(*value),
            Value::Bool(value) => Some(i128::from(*value)),
            _ => None,
        }
    }

    /// Return the typed value if it has this type.
    pub fn typed(&self, module: &str, name: &str) -> Option<&Typed> {
        match self {
            Value::Typed(typed) if typed.is(module, name) => Some(typed),
            _ => None,
        }
    }

    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }
}

impl Typed {
    pub fn is(&self, module: &str, name: &str) -> bool {
        self.module == module && self.name == name
    }
}
