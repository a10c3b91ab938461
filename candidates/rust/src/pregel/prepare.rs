//! Preparing a superstep: its tasks, and whether it stops at a breakpoint.
//!
//! `langgraph.pregel._algo`: `prepare_next_tasks`, `should_interrupt`.

use std::collections::BTreeSet;
use std::rc::Rc;

use sha1_smol::Sha1;
use xxhash_rust::xxh3::xxh3_128;

use crate::names::*;
use crate::packets::sent;
use crate::pregel::state::{Names, State, managed_values};
use crate::pregel::tasks::{Answers, Failure, Part, Pending, Task};
use crate::program::compiled::{Breakpoints, Node};
use crate::savers::checkpoints::{Checkpoint, is_newer};
use crate::value::{Map, Value};

/// The inputs of a superstep beside the state.
#[derive(Default)]
pub struct Coming<'a> {
    pub step: i64,
    /// The channels that the previous superstep changed, if known.
    pub updated: Option<&'a Names>,
    /// The answers of a resume by interrupt id.
    pub answers: Option<&'a Map>,
    /// The step after the run's last.
    pub stop: Option<i64>,
    /// The answers of the enclosing task, in a nested run.
    pub enclosing: Option<Rc<Answers>>,
}

/// Return the tasks of a superstep: sent packets first, then triggered nodes.
pub fn next_tasks(state: &State, pending: &Pending, coming: &Coming) -> Vec<Task> {
    let program = &state.program;
    let stop = coming.stop.unwrap_or(coming.step + 1);
    let managed = managed_values(program, coming.step, stop);
    let step = coming.step.to_string();
    let mut tasks = Vec::new();
    let mut add = |node: &Node, path, input, triggers: &[Rc<str>], parts: &[&str]| {
        let place = match &*state.namespace {
            "" => node.name.to_string(),
            namespace => format!("{namespace}|{}", node.name),
        };
        let parts = [&[&*place, &*step, &*node.name], parts].concat();
        let id = task_id(&state.checkpoint, &parts);
        let namespace = format!("{place}:{id}");
        let enclosing = coming.enclosing.clone();
        tasks.push(Task {
            answers: Answers::of(&id, &namespace, pending, coming.answers, enclosing),
            id: id.into(),
            name: node.name.clone(),
            path,
            input: Rc::new(input),
            triggers: triggers.to_vec(),
            node: program.node(&node.name).unwrap_or_default(),
            namespace,
            managed: managed.clone(),
            failure: None,
            calls: 0,
            writes: Vec::new(),
        });
    };
    let packets = state.channel(TASKS).and_then(|channel| channel.get().ok());
    let packets = packets.as_ref().and_then(Value::array).unwrap_or_default();
    for (index, packet) in (0..).zip(packets) {
        if let Some((name, argument)) = sent(packet)
            && let Some(node) = program.node(name)
        {
            let path = vec![
                Part::Name(PUSH.into()),
                Part::Number(index),
                Part::Flag(false),
            ];
            let parts = [PUSH, &index.to_string()];
            add(
                &program.nodes[node],
                path,
                argument.clone(),
                &[PUSH.into()],
                &parts,
            );
        }
    }
    for node in candidates(state, coming.updated) {
        if let Some(input) = input(state, node, &managed) {
            let mut triggers = node.triggers.clone();
            triggers.sort();
            let parts = [PULL]
                .into_iter()
                .chain(triggers.iter().map(|trigger| &**trigger));
            let parts: Vec<_> = parts.collect();
            let path = vec![Part::Name(PULL.into()), Part::Name(node.name.clone())];
            add(node, path, input, &triggers, &parts);
        }
    }
    tasks
}

fn task_id(checkpoint: &Checkpoint, parts: &[&str]) -> String {
    let digits: Vec<_> = checkpoint.id.chars().filter(|c| *c != '-').collect();
    let byte = |pair: &[char]| {
        pair.iter()
            .filter_map(|c| c.to_digit(16))
            .fold(0, |sum, d| sum * 16 + d)
    };
    let mut data: Vec<u8> = digits.chunks(2).map(|pair| byte(pair) as u8).collect();
    parts.iter().for_each(|part| data.extend(part.as_bytes()));
    // Checkpoints of version 1 have task ids of another hash, and writes find their task by its id.
    hyphenated(match checkpoint.version {
        ..=1 => leading(&Sha1::from(&data).digest().bytes()),
        _ => xxh3_128(&data),
    })
}

/// Return the first 128 bits of a hash.
pub fn leading(hash: &[u8; 20]) -> u128 {
    let bytes = hash[..16].iter();
    bytes.fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

/// Format 128 bits as a UUID.
pub fn hyphenated(bits: u128) -> String {
    let text = format!("{bits:032x}");
    [
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..],
    ]
    .join("-")
}

/// Return the nodes with a trigger whose value they have not seen.
fn candidates<'a>(state: &'a State, updated: Option<&Names>) -> Vec<&'a Node> {
    let program = &state.program;
    let mut nodes: Vec<&Node> = match updated.filter(|updated| !updated.is_empty()) {
        Some(updated) => {
            let places: BTreeSet<_> = updated
                .iter()
                .filter_map(|name| program.triggered.get(name))
                .flatten()
                .collect();
            let mut nodes: Vec<_> = places
                .into_iter()
                .map(|place| &program.nodes[*place])
                .collect();
            nodes.sort_by(|one, other| one.name.cmp(&other.name));
            nodes
        }
        None if state.checkpoint.versions.is_empty() => Vec::new(),
        None => program.nodes.iter().collect(),
    };
    nodes.retain(|node| is_triggered(state, node));
    nodes
}

fn is_triggered(state: &State, node: &Node) -> bool {
    let Checkpoint { versions, seen, .. } = &state.checkpoint;
    let seen = seen.get(&node.name).and_then(Value::map);
    let is_new = |trigger: &Rc<str>| match (seen, versions.get(trigger)) {
        (None, _) => true,
        (Some(seen), Some(version)) => is_newer(version, seen.get(trigger)),
        (Some(_), None) => false,
    };
    let is_available = |trigger: &Rc<str>| {
        state
            .channel(trigger)
            .is_some_and(|channel| channel.is_available())
    };
    !versions.is_empty()
        && node
            .triggers
            .iter()
            .any(|trigger| is_available(trigger) && is_new(trigger))
}

fn input(state: &State, node: &Node, managed: &Map) -> Option<Value> {
    match &*node.name {
        START => state.channel(START)?.get().ok(),
        _ => Some(state.input(node, managed)),
    }
}

/// Return the task that handles a failure, in the same superstep and with the same input.
pub fn handling_task(
    state: &State,
    failure: Rc<Failure>,
    handler: &str,
    pending: &Pending,
    coming: &Coming,
) -> Option<Task> {
    let node = state.program.node(handler)?;
    let inside = format!("{}|{handler}", failure.namespace);
    let step = coming.step.to_string();
    let parts = [&*inside, &*step, handler, PUSH, HANDLER, &*failure.id];
    let id = task_id(&state.checkpoint, &parts);
    let namespace = format!("{inside}:{id}");
    let enclosing = failure.enclosing.clone();
    let mut path = failure.path.clone();
    path.extend([Part::Name(HANDLER.into()), Part::Number(0)]);
    Some(Task {
        answers: Answers::of(&id, &namespace, pending, coming.answers, enclosing),
        id: id.into(),
        name: handler.into(),
        path,
        input: failure.input.clone(),
        triggers: vec![PUSH.into()],
        node,
        namespace,
        managed: failure.managed.clone(),
        failure: Some(failure),
        calls: 0,
        writes: Vec::new(),
    })
}

/// Return whether a task is at a breakpoint and a channel changed since the last stop.
pub fn stops(state: &State, breakpoints: &Breakpoints, tasks: &[Task]) -> bool {
    let Checkpoint { versions, seen, .. } = &state.checkpoint;
    let seen = seen.get(INTERRUPT).and_then(Value::map);
    let is_new = |(name, version): &(Value, Value)| {
        let seen = seen.and_then(|seen| seen.get(name.text()?));
        is_newer(version, seen)
    };
    let stops = match breakpoints {
        Breakpoints::None => false,
        Breakpoints::All => tasks.iter().any(|task| !task.is_hidden()),
        Breakpoints::Of(names) => tasks.iter().any(|task| names.contains(&task.name)),
    };
    stops && versions.iter().any(is_new)
}
