//! Checkpoints (`langgraph.pregel._checkpoint`), and the configs that locate them.

use std::rc::Rc;

use crate::names::{CHECKPOINT_MAP, TASKS};
use crate::packets::{resent, sent};
use crate::program::compiled::Program;
use crate::value::python::shown;
use crate::value::{Map, Value, map, text};

const FORMAT: i128 = 4;

/// The location of a checkpoint: the `configurable` part of a config.
pub type Where = Map;

/// A checkpoint without its channels' values, which the state has.
#[derive(Clone, Default)]
pub struct Checkpoint {
    pub version: i128,
    pub id: String,
    pub time: String,
    /// The versions of all channels ever written.
    pub versions: Map,
    /// `versions_seen`: by node, the versions of its triggers.
    pub seen: Map,
    /// The channels that the previous superstep changed.
    pub updated: Value,
    /// Sent packets, stored here before version 4.
    pub sends: Value,
}

impl Checkpoint {
    /// Return the checkpoint from which a new thread starts.
    pub fn empty(time: String) -> Checkpoint {
        Checkpoint {
            version: FORMAT,
            id: crate::clock::id_of(0),
            time,
            ..Checkpoint::default()
        }
    }

    /// Return the stored form of the checkpoint from which a new thread starts, which has another order
    /// and no predecessor.
    pub fn empty_value(time: String) -> Map {
        let empty = Checkpoint::empty(time);
        let parts = [
            ("v", Value::Int(empty.version)),
            ("id", text(empty.id)),
            ("ts", text(empty.time)),
            ("channel_versions", Value::Map(empty.versions)),
            ("versions_seen", Value::Map(empty.seen)),
        ];
        parts
            .map(|(name, part)| (text(name), part))
            .into_iter()
            .collect()
    }

    /// Turn into the next checkpoint.
    pub fn advance(&mut self, id: String, time: String, updated: Value) {
        (self.version, self.id, self.time, self.updated) = (FORMAT, id, time, updated);
    }

    /// Return the checkpoint in stored form.
    pub fn value(&self) -> Map {
        let parts = [
            ("v", Value::Int(self.version)),
            ("ts", text(&self.time)),
            ("id", text(&self.id)),
            ("channel_versions", Value::Map(self.versions.clone())),
            ("versions_seen", Value::Map(self.seen.clone())),
            ("updated_channels", self.updated.clone()),
        ];
        parts
            .map(|(name, part)| (text(name), part))
            .into_iter()
            .collect()
    }

    /// Return the checkpoint of its stored form.
    pub fn read(value: &Value) -> Checkpoint {
        let get = |name: &str| value.map().and_then(|fields| fields.get(name));
        let word = |name| {
            get(name)
                .and_then(Value::text)
                .unwrap_or_default()
                .to_owned()
        };
        let inner = |name| get(name).and_then(Value::map).cloned().unwrap_or_default();
        Checkpoint {
            version: get("v").and_then(Value::int).unwrap_or(FORMAT),
            id: word("id"),
            time: word("ts"),
            versions: inner("channel_versions"),
            seen: inner("versions_seen"),
            updated: get("updated_channels").cloned().unwrap_or_default(),
            sends: get("pending_sends").cloned().unwrap_or_default(),
        }
    }

    /// Return the channels that the previous superstep changed, if any.
    pub fn updated(&self) -> Option<Vec<Rc<str>>> {
        let names = self.updated.array().filter(|names| !names.is_empty())?;
        Some(crate::program::schemas::names(names))
    }
}

/// The values of channels when a checkpoint is stored.
pub trait Values {
    /// Return a channel's value in stored form.
    fn value(&self, channel: &str) -> Option<Value>;
    /// Return the values of all channels that have a version.
    fn all(&self, versions: &Map) -> Map;
}

impl Values for Map {
    fn value(&self, channel: &str) -> Option<Value> {
        self.get(channel).cloned()
    }

    fn all(&self, _: &Map) -> Map {
        self.clone()
    }
}

/// Return whether a version is newer than another, or than none.
pub fn is_newer(version: &Value, before: Option<&Value>) -> bool {
    match (version, before) {
        (Value::Text(version), Some(Value::Text(before))) => version > before,
        (Value::Text(version), _) => !version.is_empty(),
        (Value::Int(version), Some(Value::Int(before))) => version > before,
        (Value::Int(version), None) => *version > 0,
        (version, before) => {
            let number = |value: &Value| match value {
                Value::Float(number) => Some(*number),
                other => other.int().map(|number| number as f64),
            };
            let before = before.map_or(Some(0.0), number);
            number(version) > before && before.is_some()
        }
    }
}

/// Return the newest of some versions.
pub fn newest<'a>(versions: impl Iterator<Item = &'a Value>) -> Option<&'a Value> {
    versions.reduce(|best, version| {
        if is_newer(version, Some(best)) {
            version
        } else {
            best
        }
    })
}

/// Return the versions that differ from older ones.
pub fn newer_versions(before: &Map, now: &Map) -> Map {
    let is_new = |name: &Value, version| {
        let known = name.text().and_then(|name| before.get(name));
        before.is_empty() || is_newer(version, known)
    };
    now.iter()
        .filter(|(name, version)| is_new(name, version))
        .cloned()
        .collect()
}

/// Return a string of a config.
pub fn word<'a>(place: &'a Where, name: &str) -> Option<&'a str> {
    place.get(name).and_then(Value::text)
}

/// Return a config with a checkpoint's id.
pub fn at(place: &Where, id: &str) -> Where {
    let mut place = place.clone();
    place.put("checkpoint_id", text(id));
    place
}

/// Return a config, or null; a subgraph's has the ids of the enclosing checkpoints.
pub fn config_of(place: Option<&Where>, metadata: &Map) -> Value {
    place.map_or(Value::Nil, |place| {
        configured(with_parents(place, metadata))
    })
}

/// Return the config with this `configurable` part.
pub fn configured(place: Where) -> Value {
    map([("configurable", Value::Map(place))])
}

/// Return a checkpoint's location; a subgraph's has the ids of the enclosing checkpoints and its own.
pub fn with_parents(place: &Where, metadata: &Map) -> Where {
    let mut place = place.clone();
    let parents = metadata.get("parents").and_then(Value::map);
    if let Some(parents) = parents.filter(|parents| !parents.is_empty()) {
        let mut known = parents.clone();
        let id = place.get("checkpoint_id").cloned().unwrap_or_default();
        known.put(word(&place, "checkpoint_ns").unwrap_or_default(), id);
        place.put(CHECKPOINT_MAP, Value::Map(known));
    }
    place
}

/// Return a packet without the values of untracked channels, which are never stored.
pub fn without_untracked(value: &Value, program: &Program) -> Value {
    let Some((_, Value::Map(entries))) = sent(value) else {
        return value.clone();
    };
    let is_stored = |name: &Value| name.text().is_none_or(|name| !program.is_untracked(name));
    let kept = entries.iter().filter(|(name, _)| is_stored(name)).cloned();
    resent(value, Value::Map(kept.collect()))
}

/// Return a channel's value in the form that a checkpoint holds.
pub fn held(program: &Program, channel: &str, value: Value) -> Value {
    match value {
        Value::Array(packets) if channel == TASKS && program.has_untracked => packets
            .iter()
            .map(|packet| without_untracked(packet, program))
            .collect(),
        other => other,
    }
}

/// Return the names of channels and their versions as strings.
pub fn named_versions(versions: &Map) -> impl Iterator<Item = (&str, String)> {
    versions
        .iter()
        .filter_map(|(name, version)| Some((name.text()?, shown(version)?)))
}

/// Return a checkpoint with its channels' values, after its id.
pub fn with_values(checkpoint: &Map, values: &impl Values) -> Value {
    let versions = checkpoint.get("channel_versions").and_then(Value::map);
    let all = values.all(versions.unwrap_or(&Map::default()));
    if checkpoint.get("channel_values").is_some() {
        return Value::Map(checkpoint.clone());
    }
    let mut whole = Map::default();
    for (name, part) in checkpoint.iter() {
        if name.text() == Some("channel_versions") {
            whole.put("channel_values", Value::Map(all.clone()));
        }
        whole.insert(name.clone(), part.clone());
    }
    Value::Map(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_newer_than_none() {
        assert!(is_newer(&Value::Int(1), None) && !is_newer(&Value::Int(0), None));
        assert!(is_newer(&text("02.1"), Some(&text("01.9"))));
        let versions = [text("01"), text("03"), text("02")];
        assert_eq!(newest(versions.iter()).and_then(Value::text), Some("03"));
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_stored() {
        let mut checkpoint = Checkpoint::empty("now".to_owned());
        checkpoint.versions.put("a", Value::Int(1));
        checkpoint.advance(
            "id".to_owned(),
            "then".to_owned(),
            Value::Array(vec![text("a")]),
        );
        let again = Checkpoint::read(&Value::Map(checkpoint.value()));
        assert!(again.id == "id" && again.time == "then" && again.versions.len() == 1);
        assert_eq!(again.updated().map(|names| names.len()), Some(1));
    }
}
