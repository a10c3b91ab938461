//! A program's fields: their channels, and which nodes read and write them.
//!
//! As `langgraph.graph.state.StateGraph` collects schemas: the state's first, then those of nodes.
//! Managed fields are not channels; their values come from the run.

use std::rc::Rc;

use crate::channels::channel::Channel;
use crate::codec::call::{Code, typed};
use crate::contract::{Declined, Unsupported, malformed};
use crate::program::policies::known_keys;
use crate::value::{Map, Value, map, text};

/// A field whose value comes from the run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Managed {
    IsLastStep,
    RemainingSteps,
}

/// A dataclass whose fields default to null, which nodes get as their input.
#[derive(Clone)]
pub struct Record {
    name: String,
    fields: Vec<Rc<str>>,
}

impl Record {
    /// Return all of the fields.
    pub fn complete(&self, given: &Map) -> Map {
        let field = |name: &Rc<str>| {
            let value = given.get(name).cloned().unwrap_or_default();
            (text(&**name), value)
        };
        self.fields.iter().map(field).collect()
    }

    /// Return the record in stored form.
    pub fn shown(&self, given: &Value) -> Value {
        typed(Code::Keywords, "state", &self.name, given.clone())
    }
}

/// A program's fields.
pub struct Schemas {
    pub channels: Vec<(Rc<str>, Channel)>,
    pub managed: Vec<(Rc<str>, Managed)>,
    /// The default input of a node.
    pub reads: Vec<Rc<str>>,
    /// The fields of a run's input.
    pub inputs: Vec<Rc<str>>,
    pub outputs: Vec<Rc<str>>,
    pub record: Option<Record>,
    /// Delta channels, and the number of updates after which a snapshot is due.
    pub deltas: Vec<(Rc<str>, i128)>,
}

impl Schemas {
    /// Read the fields of a program.
    pub fn read(program: &Map, nodes: &Map) -> Result<Schemas, Declined> {
        let declared = program.get("schema").and_then(Value::text);
        let declared = declared.unwrap_or("typed_dict");
        if !matches!(declared, "typed_dict" | "dataclass") {
            return Err(Unsupported(format!("no schema {declared}")).into());
        }
        let none = Map::default();
        let state = program.get("state").and_then(Value::map);
        let state = state.ok_or_else(|| malformed("`state` must be a map"))?;
        let private = program.get("private").and_then(Value::map).unwrap_or(&none);
        let mut named = names_of(state);
        for (_, node) in nodes.iter() {
            for name in input_of(node) {
                if !named.contains(&name) {
                    named.push(name);
                }
            }
        }
        let (mut channels, mut managed, mut deltas) = (Vec::new(), Vec::new(), Vec::new());
        for name in named {
            let spec = state.get(&name).or_else(|| private.get(&name));
            let spec = spec.and_then(Value::map);
            let spec = spec.ok_or_else(|| malformed(format!("no field {name}")))?;
            known_keys(spec, &["type", "reducer", "channel", "managed"], "a field")?;
            match spec.get("managed").filter(|kind| !kind.is_nil()) {
                Some(kind) => managed.push((name, self::managed(kind)?)),
                None => {
                    let made = channel(&name, spec)?;
                    if made.is_delta() {
                        deltas.push((name.clone(), snapshot_frequency(spec)));
                    }
                    channels.push((name.clone(), made));
                }
            }
        }
        let is_channel = |name: &Rc<str>| channels.iter().any(|(channel, _)| channel == name);
        let listed = |key: &str| {
            let listed = program.get(key).and_then(Value::array);
            let mut names = listed.map_or_else(|| names_of(state), names);
            names.retain(is_channel);
            names
        };
        let (inputs, outputs) = (listed("input"), listed("output"));
        let record = (declared == "dataclass").then(|| Record {
            name: "State".to_owned(),
            fields: names_of(state),
        });
        Ok(Schemas {
            reads: managed_last(names_of(state), &managed),
            channels,
            managed,
            inputs,
            outputs,
            record,
            deltas,
        })
    }

    /// Return the fields that a node may write; writes to managed ones have no effect.
    pub fn writes(&self) -> Vec<Rc<str>> {
        let channels = self.channels.iter().map(|(name, _)| name.clone());
        let managed = self.managed.iter().map(|(name, _)| name.clone());
        channels.chain(managed).collect()
    }

    /// Return the fields of a node's input, managed ones last.
    pub fn reads_of(&self, node: &Map) -> Vec<Rc<str>> {
        match node.get("input").and_then(Value::array) {
            Some(input) => managed_last(names(input), &self.managed),
            None => self.reads.clone(),
        }
    }

    /// Return the record of a node's input, if it has one.
    pub fn record_of(&self, name: &str, node: &Map) -> Option<Record> {
        let state = self.record.as_ref()?;
        Some(match node.get("input").and_then(Value::array) {
            Some(input) => Record {
                name: format!("Input_{name}"),
                fields: names(input),
            },
            None => state.clone(),
        })
    }
}

fn names_of(fields: &Map) -> Vec<Rc<str>> {
    let names = fields.iter().filter_map(|(name, _)| name.text());
    names.map(Rc::from).collect()
}

/// Return the strings in a list.
pub fn names(list: &[Value]) -> Vec<Rc<str>> {
    list.iter().filter_map(Value::text).map(Rc::from).collect()
}

fn input_of(node: &Value) -> Vec<Rc<str>> {
    let input = node.map().and_then(|node| node.get("input"));
    names(input.and_then(Value::array).unwrap_or_default())
}

fn managed_last(mut fields: Vec<Rc<str>>, managed: &[(Rc<str>, Managed)]) -> Vec<Rc<str>> {
    fields.sort_by_key(|name| managed.iter().any(|(field, _)| field == name));
    fields
}

fn managed(kind: &Value) -> Result<Managed, Declined> {
    match kind.text() {
        Some("is_last_step") => Ok(Managed::IsLastStep),
        Some("remaining_steps") => Ok(Managed::RemainingSteps),
        other => Err(Unsupported(format!("no managed value {}", other.unwrap_or("?"))).into()),
    }
}

fn snapshot_frequency(spec: &Map) -> i128 {
    let settings = spec.get("channel").and_then(Value::map);
    let frequency = settings.and_then(|settings| settings.get("snapshot_frequency")?.int());
    frequency.unwrap_or(100)
}

fn channel(name: &str, spec: &Map) -> Result<Channel, Declined> {
    let kind = spec.get("type").cloned().unwrap_or_else(|| text("any"));
    let mut settings = Map::default();
    settings.put("type", kind.clone());
    match (spec.get("channel"), spec.get("reducer")) {
        (Some(Value::Map(given)), _) => {
            for (key, value) in given.iter() {
                settings.insert(key.clone(), value.clone());
            }
            if given.get("class").and_then(Value::text) == Some("DeltaChannel") {
                // It has the type of the field that it belongs to.
                settings.put("type", kind);
            }
        }
        (_, Some(reducer)) if !reducer.is_nil() => {
            settings.put("class", text("BinaryOperatorAggregate"));
            settings.put("reducer", reducer.clone());
        }
        _ => settings.put("class", text("LastValue")),
    }
    let made = Channel::open(name, &settings)?;
    crate::channels::channel::check_type(&settings)?;
    Ok(made)
}

/// Return an empty channel of a class with these settings.
pub fn plain_channel(
    name: &str,
    class: &str,
    settings: Vec<(&str, Value)>,
) -> Result<Channel, Declined> {
    let settings = [("class", text(class))].into_iter().chain(settings);
    let settings = map(settings);
    Channel::open(name, settings.map().unwrap_or(&Map::default()))
}
