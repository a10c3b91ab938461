//! The writes of a node's update: to fields, and to the triggers of the nodes that come next.
//!
//! `langgraph.graph.state.CompiledStateGraph`: `attach_node`, `attach_edge`, `attach_branch`.

use crate::channels::errors::INVALID;
use crate::contract::{Raised, Unsupported};
use crate::halt::{Halt, SHOWN, with_guide};
use crate::names::*;
use crate::packets::{Command, sent};
use crate::pregel::state::State;
use crate::program::compiled::{Node, Write};
use crate::program::evaluate::{entries, routed};
use crate::value::python::{repr, shown};
use crate::value::{Map, Value};

/// Add the writes of a node's update, its edges and its branches.
pub fn write_update(
    node: &Node,
    value: &Value,
    writes: &mut Vec<Write>,
    state: &State,
    managed: &Map,
) -> Result<(), Halt> {
    let (updates, gotos) = (updates(value, node)?, gotos(value)?);
    writes.extend(updates);
    writes.extend(gotos);
    writes.extend(node.targets.iter().cloned());
    for route in &node.routes {
        let seen = fresh(node, state, managed, writes)?;
        let given = match (&node.record, value) {
            (Some(record), _) => record.complete(&seen),
            (None, Value::Map(update)) => {
                let both = update.iter().chain(seen.iter());
                both.cloned().collect()
            }
            _ => seen,
        };
        let destinations = routed(&route.path, &Value::Map(given))?;
        writes.extend(targets(destinations, route.ends.as_ref())?);
    }
    Ok(())
}

fn updates(value: &Value, node: &Node) -> Result<Vec<Write>, Halt> {
    let known = |update: &Map| {
        let writes = entries(update).filter(|(name, _)| node.writes.contains(name));
        writes.collect::<Vec<_>>()
    };
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::Map(update) => Ok(known(update)),
        Value::Array(items) if items.iter().any(|item| Command::of(item).is_some()) => {
            let mut writes = Vec::new();
            for item in items {
                writes.extend(updates(item, node)?);
            }
            Ok(writes)
        }
        other => match Command::of(other) {
            Some(command) if command.graph.as_deref() == Some(PARENT) => Ok(Vec::new()),
            Some(command) => {
                let writes = command_updates(&command).into_iter();
                let is_known = |(name, _): &Write| node.writes.contains(name);
                Ok(writes.filter(is_known).collect())
            }
            None => Err(no_update(other)),
        },
    }
}

fn no_update(value: &Value) -> Halt {
    let Some(shown) = shown(value) else {
        return Unsupported(SHOWN.to_owned()).into();
    };
    let message = format!("Expected dict, got {shown}");
    let message = with_guide(&message, "INVALID_GRAPH_NODE_RETURN_VALUE");
    Raised::new(INVALID, message).into()
}

/// Return the state updates of a command.
pub fn command_updates(command: &Command) -> Vec<Write> {
    match &command.update {
        Value::Map(update) => entries(update).collect(),
        other if Value::is_true(other) => vec![(ROOT.into(), other.clone())],
        _ => Vec::new(),
    }
}

fn gotos(value: &Value) -> Result<Vec<Write>, Halt> {
    if sent(value).is_some() {
        return Ok(vec![(TASKS.into(), value.clone())]);
    }
    let several = value.array().unwrap_or(std::slice::from_ref(value));
    let mut writes = Vec::new();
    for command in several.iter().filter_map(Command::of) {
        if command.graph.as_deref() == Some(PARENT) {
            return Err(Halt::Upwards(Box::new(command)));
        }
        writes.extend(command.targets().into_iter().filter_map(target_of));
    }
    Ok(writes)
}

/// Return the write that triggers a node or sends a packet.
fn target_of(target: &Value) -> Option<Write> {
    match target {
        Value::Text(name) if name == END => None,
        Value::Text(name) => Some((branch_to(name).into(), Value::Nil)),
        packet => sent(packet).map(|_| (TASKS.into(), packet.clone())),
    }
}

/// Return a node's input as if this task's writes were the only ones.
fn fresh(node: &Node, state: &State, managed: &Map, writes: &[Write]) -> Result<Map, Raised> {
    let mut seen = Map::default();
    for name in &node.reads {
        if let Some(value) = managed.get(name) {
            seen.put(name, value.clone());
        } else if let Some(channel) = state.channel(name) {
            let mut channel = channel.clone();
            let values = writes.iter().filter(|(written, _)| written == name);
            let values: Vec<_> = values.map(|(_, value)| value.clone()).collect();
            channel.update(&values)?;
            if let Ok(value) = channel.get() {
                seen.put(name, value);
            }
        }
    }
    Ok(seen)
}

fn targets(destinations: Value, ends: Option<&Map>) -> Result<Vec<Write>, Halt> {
    let mut targets = match destinations {
        Value::Array(several) => several,
        one => vec![one],
    };
    if let Some(ends) = ends {
        for target in targets.iter_mut().filter(|target| sent(target).is_none()) {
            if !target.is_hashable() {
                return Err(Unsupported("a branch to what cannot be a key".to_owned()).into());
            }
            let Some(end) = ends.find(target) else {
                let key = repr(target).ok_or_else(|| Unsupported(SHOWN.to_owned()))?;
                return Err(Raised::new("KeyError", key).into());
            };
            *target = end.clone();
        }
    }
    if targets
        .iter()
        .any(|target| target.is_nil() || target.text() == Some(START))
    {
        let message = "Branch did not return a valid destination";
        return Err(Raised::new("ValueError", message).into());
    }
    if targets
        .iter()
        .any(|target| sent(target).is_some_and(|(node, _)| node == END))
    {
        return Err(Raised::new(INVALID, "Cannot send a packet to the END node").into());
    }
    let mut writes = Vec::new();
    for target in &targets {
        if target.text().is_some() || sent(target).is_some() {
            writes.extend(target_of(target));
        } else {
            // A target that is not a name leads to a channel that does not exist.
            let name = shown(target).ok_or_else(|| Unsupported(SHOWN.to_owned()))?;
            writes.push((branch_to(&name).into(), Value::Nil));
        }
    }
    Ok(writes)
}
