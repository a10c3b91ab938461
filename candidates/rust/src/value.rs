//! The values that an engine handles: what MessagePack says, and LangGraph's typed values.

use std::collections::HashMap;

/// A value. A tuple is an array; a typed value is kept as what is stored of it.
#[derive(Clone, Debug, Default)]
pub enum Value {
    #[default]
    Nil,
    Bool(bool),
    /// From -2⁶³ to 2⁶⁴-1 when it is stored; arithmetic may leave that range.
    Int(i128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Bytes that Python may change: never inside another value.
    ByteArray(Vec<u8>),
    Array(Vec<Value>),
    Map(Map),
    /// An ext that nobody looked into, as the wire brings it.
    Ext(i8, Vec<u8>),
    Typed(Box<Typed>),
    Numbers(Box<Numbers>),
    /// A delta channel's whole value.
    Snapshot(Box<Value>),
    /// What can be read and not stored again: an array of dates, text that is no Unicode.
    Unstorable,
}

/// A typed value: the ext code, and the parts that its data holds.
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

/// Entries in the order of their keys' first appearance, as in Python's dict.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<(Value, Value)>,
    places: HashMap<Vec<u8>, usize>,
}

/// Maps with fewer entries are searched from end to end.
const SMALL: usize = 8;

impl Map {
    /// Put a value under a key; a key that is there keeps its place, and its first form.
    pub fn insert(&mut self, key: Value, value: Value) {
        if self.entries.len() == SMALL && self.places.is_empty() {
            self.places = (self.entries.iter().enumerate())
                .map(|(at, (key, _))| (key.identity(), at))
                .collect();
        }
        let known = match self.entries.len() {
            0..SMALL => self.entries.iter().position(|(each, _)| each.equals(&key)),
            _ => self.places.get(&key.identity()).copied(),
        };
        match known.filter(|_| !key.is_nan()) {
            Some(at) => self.entries[at].1 = value,
            None => {
                if !self.places.is_empty() {
                    self.places.insert(key.identity(), self.entries.len());
                }
                self.entries.push((key, value));
            }
        }
    }

    /// Return the value under a text.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries
            .iter()
            .find(|(each, _)| matches!(each, Value::Text(text) if text == key))
            .map(|(_, value)| value)
    }

    /// Return the value under a text, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.entries
            .iter_mut()
            .find(|(each, _)| matches!(each, Value::Text(text) if text == key))
            .map(|(_, value)| value)
    }

    /// Put a value under a text.
    pub fn put(&mut self, key: &str, value: Value) {
        match self.get_mut(key) {
            Some(known) => *known = value,
            None => self.insert(text(key), value),
        }
    }

    /// Return the map under a text, a new one if there is none.
    pub fn inner(&mut self, key: &str) -> &mut Map {
        let at = self
            .entries
            .iter()
            .position(|(each, _)| each.text() == Some(key));
        let at = at.unwrap_or_else(|| {
            self.insert(text(key), Value::Map(Map::default()));
            self.entries.len() - 1
        });
        let value = &mut self.entries[at].1;
        if value.map().is_none() {
            *value = Value::Map(Map::default());
        }
        match value {
            Value::Map(inner) => inner,
            _ => unreachable!("it was made a map"),
        }
    }

    /// Take out the value under a text.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let is_it = |(each, _): &(Value, Value)| each.text() == Some(key);
        let at = self.entries.iter().position(is_it)?;
        let (_, value) = self.entries.remove(at);
        // The places of those after it have moved.
        *self = std::mem::take(&mut self.entries).into_iter().collect();
        Some(value)
    }

    pub fn entries(&self) -> &[(Value, Value)] {
        &self.entries
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Return the value under a key of any kind.
    pub fn find(&self, key: &Value) -> Option<&Value> {
        self.iter()
            .find(|(each, _)| each.equals(key))
            .map(|(_, value)| value)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, (Value, Value)> {
        self.entries.iter()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Return the entries with texts for keys, or None if one is no text.
    pub fn texts(&self) -> Option<Vec<(String, Value)>> {
        self.iter()
            .map(|(key, value)| Some((key.text()?.to_owned(), value.clone())))
            .collect()
    }
}

impl FromIterator<(Value, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Value, Value)>>(entries: I) -> Self {
        let mut map = Map::default();
        entries
            .into_iter()
            .for_each(|(key, value)| map.insert(key, value));
        map
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Value::Array(items.into_iter().collect())
    }
}

/// Return a map with texts for keys.
pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (text(key), value));
    Value::Map(entries.collect())
}

/// Return a text.
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

    /// Return an integer; in Python a bool is one.
    pub fn int(&self) -> Option<i128> {
        match self {
            Value::Int(value) => Some(*value),
            Value::Bool(value) => Some(i128::from(*value)),
            _ => None,
        }
    }

    /// Return a typed value of this type.
    pub fn typed(&self, module: &str, name: &str) -> Option<&Typed> {
        match self {
            Value::Typed(typed) if typed.is(module, name) => Some(typed),
            _ => None,
        }
    }

    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// Return whether it is no number, or holds one that is none: it equals nothing, then.
    pub fn is_nan(&self) -> bool {
        match self {
            Value::Float(value) => value.is_nan(),
            Value::Array(items) => items.iter().any(Value::is_nan),
            _ => false,
        }
    }

    /// Return whether Python takes two values for equal.
    pub fn equals(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::Text(_), _) | (_, Value::Text(_)) => false,
            _ => self.identity() == other.identity(),
        }
    }

    /// Return bytes that are the same for what Python takes for equal: `1`, `1.0` and `True`.
    pub fn identity(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.identify(&mut out);
        out
    }

    fn identify(&self, out: &mut Vec<u8>) {
        let mut put = |tag: u8, data: &[u8]| {
            out.push(tag);
            out.extend((data.len() as u64).to_be_bytes());
            out.extend(data);
        };
        match self {
            Value::Text(value) => put(b't', value.as_bytes()),
            Value::Bytes(value) => put(b'b', value),
            Value::Float(value) if value.fract() != 0.0 || value.abs() > 1e30 => {
                put(b'f', &value.to_bits().to_be_bytes());
            }
            Value::Float(value) => put(b'i', &(*value as i128).to_be_bytes()),
            Value::Bool(_) | Value::Int(_) => {
                put(b'i', &self.int().unwrap_or_default().to_be_bytes());
            }
            Value::Array(items) => {
                put(b'a', &(items.len() as u64).to_be_bytes());
                items.iter().for_each(|each| each.identify(out));
            }
            other => put(b'x', &crate::packing::pack(other).unwrap_or_default()),
        }
    }

    /// Return whether Python can hash it: whether it may be in a set.
    pub fn is_hashable(&self) -> bool {
        match self {
            Value::Array(_) | Value::Map(_) | Value::Numbers(_) => false,
            Value::Snapshot(inside) => inside.is_hashable(),
            Value::Typed(typed) => typed.is_hashable(),
            _ => true,
        }
    }
}

impl Typed {
    pub fn is(&self, module: &str, name: &str) -> bool {
        self.module == module && self.name == name
    }

    fn is_hashable(&self) -> bool {
        let inside = |value: &Value| match value {
            Value::Array(items) => items.iter().all(Value::is_hashable),
            Value::Map(map) => map.iter().all(|(_, each)| each.is_hashable()),
            other => other.is_hashable(),
        };
        match (self.module.as_str(), self.name.as_str()) {
            ("builtins", "set") | ("collections", "deque") => false,
            ("langgraph.types", "Overwrite" | "Interrupt") => false,
            ("langgraph.types", "Send") => inside(&self.payload),
            ("langgraph.store.base", "Item") => true,
            _ if self.code > 3 => false,
            _ => !matches!(self.payload, Value::Map(_)) || inside(&self.payload),
        }
    }
}
