//! Python's truth, equality and hash of values, and the map operations that compare keys.

use crate::value::packing::pack;
use crate::value::{Map, Typed, Value, text};

/// Smaller maps are searched linearly.
const SMALL: usize = 8;

impl Map {
    /// Put a value under a key; an existing key keeps its place and its first form.
    pub fn insert(&mut self, key: Value, value: Value) {
        if self.entries.len() == SMALL && self.places.is_empty() {
            self.places = (self.entries.iter().enumerate())
                .map(|(at, (key, _))| (key.identity(), at))
                .collect();
        }
        let known = match self.entries.len() {
            0..SMALL => self
                .entries
                .iter()
                .position(|(other, _)| other.equals(&key)),
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

    /// Put a value under a string key.
    pub fn put(&mut self, key: &str, value: Value) {
        match self.get_mut(key) {
            Some(known) => *known = value,
            None => self.insert(text(key), value),
        }
    }

    /// Return the map under a string key, after inserting one if needed.
    pub fn inner(&mut self, key: &str) -> &mut Map {
        let at = self
            .entries
            .iter()
            .position(|(name, _)| name.text() == Some(key));
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

    /// Remove and return the value under a string key.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let is_it = |(name, _): &(Value, Value)| name.text() == Some(key);
        let at = self.entries.iter().position(is_it)?;
        let (_, value) = self.entries.remove(at);
        // The entries after it have moved.
        *self = std::mem::take(&mut self.entries).into_iter().collect();
        Some(value)
    }

    /// Return the value under a key of any type.
    pub fn find(&self, key: &Value) -> Option<&Value> {
        self.iter()
            .find(|(other, _)| other.equals(key))
            .map(|(_, value)| value)
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

impl Value {
    /// Return whether the value is truthy in Python.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(value) => *value,
            Value::Int(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::Text(value) => !value.is_empty(),
            Value::Bytes(value) => !value.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Map(entries) => !entries.is_empty(),
            _ => true,
        }
    }

    /// Return whether the value is NaN or an array with a NaN, which equals nothing.
    pub fn is_nan(&self) -> bool {
        match self {
            Value::Float(value) => value.is_nan(),
            Value::Array(items) => items.iter().any(Value::is_nan),
            _ => false,
        }
    }

    /// Return whether two values are equal in Python.
    pub fn equals(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::Text(_), _) | (_, Value::Text(_)) => false,
            _ => self.identity() == other.identity(),
        }
    }

    /// Return bytes that are the same for all values that are equal in Python: `1`, `1.0` and `True`.
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
                items.iter().for_each(|item| item.identify(out));
            }
            other => put(b'x', &pack(other).unwrap_or_default()),
        }
    }

    /// Return whether the value is hashable in Python, as an element of a set must be.
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
    fn is_hashable(&self) -> bool {
        let inside = |value: &Value| match value {
            Value::Array(items) => items.iter().all(Value::is_hashable),
            Value::Map(map) => map.iter().all(|(_, value)| value.is_hashable()),
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
