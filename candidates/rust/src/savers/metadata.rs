//! A checkpoint's metadata: its source and step, and entries of the config.

use crate::names::CHECKPOINT_MAP;
use crate::savers::checkpoints::Where;
use crate::value::{Map, Value, text};

/// Config keys that locate a run and are not metadata.
const NOT_IN_METADATA: [&str; 9] = [
    "thread_id",
    "checkpoint_id",
    "checkpoint_ns",
    CHECKPOINT_MAP,
    "langgraph_step",
    "langgraph_node",
    "langgraph_triggers",
    "langgraph_path",
    "langgraph_checkpoint_ns",
];

/// Return the entries of a config that are metadata.
pub fn metadata_only(known: &Map) -> Map {
    let is_place = |name: &str| NOT_IN_METADATA.contains(&name);
    let rest = known
        .iter()
        .filter(|(name, _)| !name.text().is_some_and(is_place));
    rest.cloned().collect()
}

/// Return metadata in stored form: text without NUL, and metadata entries of the config.
pub fn full_metadata(place: &Where, metadata: &Map) -> Value {
    let clean = |value: &Value| match value {
        Value::Text(value) => text(value.replace('\0', "")),
        other => other.clone(),
    };
    let is_kept = |value: &Value| {
        matches!(
            value,
            Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_)
        )
    };
    let mut full: Map = metadata
        .iter()
        .map(|(name, value)| (name.clone(), clean(value)))
        .collect();
    for (name, value) in metadata_only(place).iter() {
        let is_own = name.text().is_some_and(|name| name.starts_with("__"));
        if full.find(name).is_none() && !is_own && is_kept(value) {
            full.insert(name.clone(), clean(value));
        }
    }
    Value::Map(full)
}
