//! A superstep's two halves: which tasks come next, and applying what they wrote.
//!
//! `langgraph.pregel._algo`: `prepare_next_tasks`, `apply_writes`, `should_interrupt`.

use std::collections::BTreeSet;
use std::rc::Rc;

use xxhash_rust::xxh3::xxh3_128;

use crate::contract::Raised;
use crate::graph::checkpoints::{Checkpoint, is_newer, newest};
use crate::graph::names::*;
use crate::graph::packets::sent;
use crate::graph::program::{Breakpoints, Node, Write};
use crate::graph::state::{State, managed_values};
use crate::graph::tasks::{Answers, Failure, Part, Pending, Task, path_text};
use crate::value::{Map, Value, text};

/// Channels by name.
pub type Names = BTreeSet<Rc<str>>;
/// What numbers a channel's versions, after the newest there is.
pub type NextVersion<'a> = &'a dyn Fn(Option<&Value>) -> Value;

/// What a superstep depends on beside the state.
#[derive(Default)]
pub struct Coming<'a> {
    pub step: i64,
    /// The channels that the superstep before changed, where that is known.
    pub updated: Option<&'a Names>,
    /// The answers that a resume gave by interrupt id.
    pub answers: Option<&'a Map>,
    /// The step after the run's last.
    pub stop: Option<i64>,
    /// The answers of the task that a nested run is in.
    pub around: Option<Rc<Answers>>,
}

/// Return the tasks of a superstep: packets that were sent, then triggered nodes.
pub fn next_tasks(state: &State, pending: &Pending, coming: &Coming) -> Vec<Task> {
    let program = &state.program;
    let stop = coming.stop.unwrap_or(coming.step + 1);
    let managed = managed_values(program, coming.step, stop);
    let step = coming.step.to_string();
    let mut found = Vec::new();
    let mut add = |node: &Node, path, input, triggers: &[Rc<str>], parts: &[&str]| {
        let place = match &*state.namespace {
            "" => node.name.to_string(),
            space => format!("{space}|{}", node.name),
        };
        let parts = [&[&*place, &*step, &*node.name], parts].concat();
        let id = task_id(&state.checkpoint, &parts);
        let namespace = format!("{place}:{id}");
        let around = coming.around.clone();
        found.push(Task {
            answers: Answers::of(&id, &namespace, pending, coming.answers, around),
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
                .chain(triggers.iter().map(|each| &**each));
            let parts: Vec<_> = parts.collect();
            let path = vec![Part::Name(PULL.into()), Part::Name(node.name.clone())];
            add(node, path, input, &triggers, &parts);
        }
    }
    found
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
    hyphenated(xxh3_128(&data))
}

/// Return 128 bits as a UUID is written.
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

/// Return the nodes that a trigger of theirs holds a value for that they have not seen.
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

/// Return the task that handles a failure: in the same superstep, given the same input.
pub fn handling_task(
    state: &State,
    failure: Rc<Failure>,
    handler: &str,
    pending: &Pending,
    coming: &Coming,
) -> Option<Task> {
    let node = state.program.node(handler)?;
    let space = format!("{}|{handler}", failure.namespace);
    let step = coming.step.to_string();
    let parts = [&*space, &*step, handler, PUSH, HANDLER, &*failure.id];
    let id = task_id(&state.checkpoint, &parts);
    let namespace = format!("{space}:{id}");
    let around = failure.around.clone();
    let mut path = failure.path.clone();
    path.extend([Part::Name(HANDLER.into()), Part::Number(0)]);
    Some(Task {
        answers: Answers::of(&id, &namespace, pending, coming.answers, around),
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

/// Something whose writes can be applied: a task, or what stands for one.
pub struct Writer<'a> {
    pub path: String,
    /// The node whose `versions_seen` it advances.
    pub name: &'a str,
    pub writes: &'a [Write],
    /// The channels whose versions it has seen.
    pub triggers: &'a [Rc<str>],
}

impl<'a> Writer<'a> {
    pub fn task(task: &'a Task) -> Writer<'a> {
        Writer {
            path: path_text(&task.path),
            name: &task.name,
            writes: &task.writes,
            triggers: &task.triggers,
        }
    }

    /// Return writes that no task made, such as an input.
    pub fn unowned(writes: &'a [Write]) -> Writer<'a> {
        Writer {
            path: path_text(&[]),
            name: INPUT,
            writes,
            triggers: &[],
        }
    }
}

/// Apply writes to the channels; return the channels that changed and hold a value.
///
/// Without `next_version` no version advances, and none counts as changed: that is how a snapshot
/// of writes that are still pending is made.
pub fn apply_writes(
    state: &mut State,
    mut writers: Vec<Writer>,
    next_version: Option<NextVersion>,
) -> Result<Names, Raised> {
    writers.sort_by(|one, other| one.path.cmp(&other.path));
    for writer in &writers {
        let Checkpoint { versions, seen, .. } = &mut state.checkpoint;
        let seen = seen.inner(writer.name);
        for name in writer.triggers {
            if let Some(version) = versions.get(name) {
                seen.put(name, version.clone());
            }
        }
    }
    let versions = state.checkpoint.versions.iter().map(|(_, version)| version);
    let version = next_version.map(|next| next(newest(versions)));
    let mut changes = Changes {
        state,
        version,
        updated: Names::new(),
    };
    let mut consumed = Vec::<&Rc<str>>::new();
    for name in writers.iter().flat_map(|writer| writer.triggers) {
        if !consumed.contains(&name) {
            consumed.push(name);
            changes.consume(name);
        }
    }
    for (place, values) in by_channel(changes.state, &writers) {
        if changes.state.channels[place].update(&values)? {
            changes.note(place);
        }
    }
    if writers.iter().any(|writer| !writer.triggers.is_empty()) {
        changes.pass()?;
    }
    Ok(changes.updated)
}

/// Return what was written to each channel, by its place, in the order of the first writes.
fn by_channel(state: &State, writers: &[Writer]) -> Vec<(usize, Vec<Value>)> {
    let mut grouped = Vec::<(usize, Vec<Value>)>::new();
    for (name, value) in writers.iter().flat_map(|writer| writer.writes) {
        let place = state.program.place(name);
        let Some(place) = place.filter(|_| !is_never_applied(name)) else {
            continue;
        };
        match grouped.iter_mut().find(|(each, _)| *each == place) {
            Some((_, values)) => values.push(value.clone()),
            None => grouped.push((place, vec![value.clone()])),
        }
    }
    grouped
}

/// The channels that a superstep changed; all get the same version.
struct Changes<'a> {
    state: &'a mut State,
    version: Option<Value>,
    updated: Names,
}

impl Changes<'_> {
    fn consume(&mut self, name: &str) {
        if let Some(place) = self.state.program.place(name)
            && self.state.channels[place].consume()
        {
            self.advance(place);
        }
    }

    /// Give a channel the superstep's version; return whether there is one.
    fn advance(&mut self, place: usize) -> bool {
        let Some(version) = &self.version else {
            return false;
        };
        let name = &self.state.program.channels[place].0;
        self.state.checkpoint.versions.put(name, version.clone());
        true
    }

    /// Note a change; a channel without a value triggers nothing and is not listed.
    fn note(&mut self, place: usize) {
        if self.advance(place) && self.state.channels[place].is_available() {
            let name = &self.state.program.channels[place].0;
            self.updated.insert(name.clone());
        }
    }

    /// Tell channels that a superstep passed, and that it is the last if it triggers no node.
    fn pass(&mut self) -> Result<(), Raised> {
        let program = self.state.program.clone();
        for (place, (name, _)) in program.channels.iter().enumerate() {
            let channel = &mut self.state.channels[place];
            if !self.updated.contains(name) && channel.is_available() && channel.update(&[])? {
                self.note(place);
            }
        }
        if !self
            .updated
            .iter()
            .any(|name| program.triggered.contains_key(name))
        {
            for place in 0..program.channels.len() {
                if self.state.channels[place].finish() {
                    self.note(place);
                }
            }
        }
        Ok(())
    }
}

/// Return whether a task is at a breakpoint, and anything changed since the last stop.
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

/// Return a list of names as a value.
pub fn named(names: &Names) -> Value {
    names.iter().map(|name| text(&**name)).collect()
}
