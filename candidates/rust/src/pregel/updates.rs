//! Updating a thread's state from outside a run (`langgraph.pregel.main.Pregel.update_state`).
//!
//! An update is applied as if a node had returned it: the node's edges and branches follow.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::contract::Raised;
use crate::halt::Halt;
use crate::names::*;
use crate::pregel::apply::{Writer, apply_writes};
use crate::pregel::changes::{Change, grouped, invalid, last_node, uuid5};
use crate::pregel::deltas::{
    COUNTERS, bump, counted, due, left_behind, overwritten, settle, written_to,
};
use crate::pregel::graph::{Graph, Shared};
use crate::pregel::migration::migrate;
use crate::pregel::payloads::joined;
use crate::pregel::prepare::{Coming, next_tasks};
use crate::pregel::run::step_of;
use crate::pregel::state::{Names, State, managed_values};
use crate::pregel::tasks::{Part, Task, path_text, statuses};
use crate::pregel::writes::write_update;
use crate::program::compiled::Write;
use crate::savers::checkpoints::{Checkpoint, Values, Where, newer_versions, with_parents, word};
use crate::savers::stored::PendingWrite;
use crate::value::{Map, Value, text};

/// The node name that copies the checkpoint instead of updating it.
const COPY: &str = "__copy__";

/// Update a thread's state, one superstep after another; return the config of the last.
pub fn update_state(
    graph: &Graph,
    saver: &Shared,
    mut place: Where,
    supersteps: &[Vec<Change>],
) -> Result<Where, Halt> {
    let wrong = |message: &str| Err(Raised::new("ValueError", message).into());
    if supersteps.is_empty() {
        return wrong("No supersteps provided");
    }
    if supersteps.iter().any(Vec::is_empty) {
        return wrong("No updates provided");
    }
    for changes in supersteps {
        place = Update::new(graph, saver, place)?.apply(changes)?;
    }
    Ok(place)
}

/// The saved checkpoint on which an update builds.
struct Before {
    config: Where,
    metadata: Map,
    parent: Option<Where>,
    pending: Vec<PendingWrite>,
    values: Map,
    superseded: bool,
}

/// One superstep of updates to a thread's state.
struct Update<'a> {
    graph: &'a Graph,
    saver: &'a Shared,
    before: Option<Before>,
    place: Where,
    state: State,
    stored_versions: Map,
    step: i64,
    /// The delta channels that need a snapshot, and the channels that changed.
    snapshots: Names,
    updated: Names,
}

impl<'a> Update<'a> {
    fn new(graph: &'a Graph, saver: &'a Shared, asked: Where) -> Result<Update<'a>, Raised> {
        let saved = saver.borrow().get(&asked)?;
        let mut place: Where = [(text("checkpoint_ns"), text(""))].into_iter().collect();
        place = joined(&place, &asked);
        let (checkpoint, values, before) = match saved {
            Some(saved) => {
                place = joined(&place, &saved.config);
                let mut values = saved.values.clone();
                migrate(&graph.program, &mut saved.checkpoint.clone(), &mut values);
                let before = Before {
                    superseded: graph.is_superseded(&asked, &saved.checkpoint),
                    config: saved.config,
                    metadata: saved.metadata,
                    parent: saved.parent,
                    pending: saved.pending,
                    values,
                };
                (saved.checkpoint, saved.values, Some(before))
            }
            None => (Checkpoint::empty(graph.clock.now()), Map::default(), None),
        };
        let namespace = word(&place, "checkpoint_ns").unwrap_or_default();
        let snapshots = before
            .as_ref()
            .map(|before: &Before| left_behind(&graph.program, &before.pending));
        let config = before.as_ref().map(|before| &before.config);
        let state = graph.restored(checkpoint, values, config, namespace)?;
        let metadata = before.as_ref().map(|before| &before.metadata);
        Ok(Update {
            graph,
            saver,
            step: metadata.and_then(step_of).unwrap_or(-1),
            stored_versions: state.checkpoint.versions.clone(),
            snapshots: snapshots.unwrap_or_default(),
            updated: Names::new(),
            before,
            place,
            state,
        })
    }

    /// Apply changes as the writes of nodes in one superstep; return the new checkpoint's config.
    fn apply(mut self, changes: &[Change]) -> Result<Where, Halt> {
        let first = &changes[0];
        let alone = |message| match changes.len() {
            1 => Ok(()),
            _ => Err(invalid(message)),
        };
        match first.as_node.as_deref() {
            Some(END) if first.values.is_nil() => {
                alone("Cannot apply multiple updates when clearing state")?;
                return self.clear();
            }
            Some(INPUT) => {
                alone("Cannot apply multiple updates when updating as input")?;
                return self.take_input(&first.values);
            }
            Some(COPY) => {
                alone("Cannot copy checkpoint with multiple updates")?;
                return self.copy(&first.values);
            }
            _ => {}
        }
        let mut changes = changes.to_vec();
        if let [only] = &mut changes[..] {
            if only.as_node.is_none() {
                only.as_node = last_node(&self.graph.program, &self.state.checkpoint.seen);
            }
            if only.as_node.is_none() {
                return Err(invalid("Ambiguous update, specify as_node").into());
            }
        }
        let mut nodes = Vec::new();
        for change in &changes {
            let Some(name) = &change.as_node else {
                let message = "as_node is required when applying multiple updates";
                return Err(invalid(message).into());
            };
            let place = self.graph.program.node(name);
            let place = place.ok_or_else(|| invalid(&format!("Node {name} does not exist")))?;
            nodes.push((place, change));
        }
        self.write(&nodes)?;
        let step = self.step + 1;
        Ok(self.store("update", step)?)
    }

    /// Apply the writes of changes, stored under the waiting tasks of their nodes.
    fn write(&mut self, changes: &[(usize, &Change)]) -> Result<(), Halt> {
        let program = self.graph.program.clone();
        let managed = managed_values(&program, self.step + 1, self.step + 3);
        let mut waiting = self.waiting();
        let mut written = Vec::new();
        for (index, (place, change)) in changes.iter().enumerate() {
            let node = &program.nodes[*place];
            let ids = waiting.get_mut(&node.name).filter(|ids| !ids.is_empty());
            let id = change.task.clone().or_else(|| ids.map(|ids| ids.remove(0)));
            let id = id.unwrap_or_else(|| {
                let unasked = match index {
                    0 => INTERRUPT.to_owned(),
                    _ => format!("{INTERRUPT}:{index}"),
                };
                uuid5(&self.state.checkpoint.id, &unasked).into()
            });
            let mut writes = Vec::new();
            write_update(node, &change.values, &mut writes, &self.state, &managed)?;
            let path = [Part::Name(INTERRUPT.into()), Part::Number(index as i64)];
            written.push((id, path_text(&path), node, writes));
        }
        for (id, path, _, writes) in &written {
            self.store_writes(id, writes, path)?;
        }
        let triggers = [INTERRUPT.into()];
        let writers = written.iter().map(|(_, path, node, writes)| Writer {
            path: path.clone(),
            name: &node.name,
            writes,
            triggers: &triggers,
        });
        let changed = apply(self.graph, &mut self.state, writers.collect())?;
        self.updated.extend(changed);
        Ok(())
    }

    /// Drop all tasks, after applying the output of finished ones.
    fn clear(mut self) -> Result<Where, Halt> {
        if let Some(before) = &self.before {
            let mut tasks = self.next_tasks();
            let unowned = before
                .pending
                .iter()
                .filter(|(task, ..)| &**task == NULL_TASK);
            let unowned: Vec<Write> = unowned
                .map(|(_, channel, value)| (channel.clone(), value.clone()))
                .collect();
            if !unowned.is_empty() {
                let writers = vec![Writer::unowned(&unowned)];
                let changed = apply(self.graph, &mut self.state, writers)?;
                self.updated.extend(changed);
            }
            for (id, status) in statuses(&before.pending) {
                if let Some(task) = tasks.iter_mut().find(|task| task.id == id) {
                    task.writes.extend(status.output);
                }
            }
            let writers = tasks.iter().map(Writer::task);
            let changed = apply(self.graph, &mut self.state, writers.collect())?;
            self.updated.extend(changed);
        }
        let step = self.step + 1;
        Ok(self.store("update", step)?)
    }

    fn take_input(mut self, values: &Value) -> Result<Where, Halt> {
        if values.is_nil() {
            let message = format!("Received no input writes for {START}");
            return Err(invalid(&message).into());
        }
        let writes = [(START.into(), values.clone())];
        let id = uuid5(&self.state.checkpoint.id, INPUT);
        self.store_writes(&id, &writes, "")?;
        apply(self.graph, &mut self.state, vec![Writer::unowned(&writes)])?;
        let before = self.before.as_ref();
        let is_known = before.is_some_and(|before| step_of(&before.metadata).is_some());
        let step = if is_known { self.step + 1 } else { -1 };
        Ok(self.store("input", step)?)
    }

    /// Store a copy of the checkpoint as its sibling, and apply a list of changes to it.
    fn copy(mut self, values: &Value) -> Result<Where, Halt> {
        let Some(before) = &self.before else {
            return Err(invalid("Cannot copy a non-existent checkpoint").into());
        };
        let (id, time) = self.graph.clock.new_id_and_time();
        let checkpoint = &mut self.state.checkpoint;
        checkpoint.advance(id, time, Value::Nil);
        let place = before.parent.clone().unwrap_or_else(|| {
            let mut place = before.config.clone();
            place.put("checkpoint_id", Value::Nil);
            place
        });
        let mut metadata = metadata_of("fork", self.step + 1, Some(&before.metadata));
        if let Some(counters) = before.metadata.get(COUNTERS) {
            metadata.put(COUNTERS, counters.clone());
        }
        let put = self.put(&place, &metadata, &Map::default(), &before.values)?;
        let items = values.array().unwrap_or_default();
        if items.is_empty() {
            return Ok(put);
        }
        let copy = Update::new(self.graph, self.saver, put)?;
        let changes = grouped(items, &copy.waiting())?;
        copy.apply(&changes)
    }

    /// Return the ids of the next tasks, by node.
    fn waiting(&self) -> HashMap<Rc<str>, Vec<Rc<str>>> {
        let mut waiting = HashMap::<Rc<str>, Vec<Rc<str>>>::new();
        for task in self.next_tasks() {
            waiting.entry(task.name).or_default().push(task.id);
        }
        waiting
    }

    fn next_tasks(&self) -> Vec<Task> {
        let Some(before) = &self.before else {
            return Vec::new();
        };
        let pending = Rc::new(RefCell::new(before.pending.clone()));
        let coming = Coming {
            step: self.step + 1,
            ..Coming::default()
        };
        next_tasks(&self.state, &pending, &coming)
    }

    /// Store the writes with the checkpoint they build on, unless the thread has moved on.
    fn store_writes(&mut self, id: &str, writes: &[Write], path: &str) -> Result<(), Raised> {
        let program = &self.graph.program;
        self.snapshots.extend(overwritten(program, writes));
        match &self.before {
            Some(before) if !before.superseded => {
                if writes.is_empty() {
                    return Ok(());
                }
                let mut saver = self.saver.borrow_mut();
                saver.put_writes(&self.place, writes, id, path)
            }
            _ => {
                let lost = written_to(program, writes.iter().map(|(name, _)| name));
                self.snapshots.extend(lost);
                Ok(())
            }
        }
    }

    fn store(&mut self, source: &str, step: i64) -> Result<Where, Raised> {
        let (graph, program) = (self.graph, &self.graph.program);
        let before = self.before.as_ref().map(|before| &before.metadata);
        let mut metadata = metadata_of(source, step, before);
        let counters = before.and_then(|before| counted(program, before, Some(&self.updated)));
        if let Some(counters) = counters {
            metadata.put(COUNTERS, counters);
        }
        self.state.snapshots = std::mem::take(&mut self.snapshots);
        self.state.snapshots.extend(due(program, &metadata));
        let snapshots = self.state.snapshots.clone();
        let next = |current: Option<&Value>| graph.next_version(current);
        bump(&mut self.state, &self.stored_versions, &snapshots, &next);
        settle(&mut metadata, &snapshots);
        let (id, time) = graph.clock.new_id_and_time();
        self.state.checkpoint.advance(id, time, Value::Nil);
        let new = newer_versions(&self.stored_versions, &self.state.checkpoint.versions);
        self.put(&self.place, &metadata, &new, &self.state)
    }

    fn put(
        &self,
        place: &Where,
        metadata: &Map,
        new: &Map,
        values: &impl Values,
    ) -> Result<Where, Raised> {
        let mut saver = self.saver.borrow_mut();
        let put = saver.put(place, &self.state.checkpoint, metadata, new, values)?;
        Ok(with_parents(&put, metadata))
    }
}

fn apply(graph: &Graph, state: &mut State, writers: Vec<Writer>) -> Result<Names, Raised> {
    let next = |current: Option<&Value>| graph.next_version(current);
    apply_writes(state, writers, Some(&next))
}

fn metadata_of(source: &str, step: i64, before: Option<&Map>) -> Map {
    let parents = before.and_then(|before| before.get("parents")).cloned();
    let parents = parents.unwrap_or_else(|| Value::Map(Map::default()));
    let parts = [
        ("source", text(source)),
        ("step", Value::Int(step.into())),
        ("parents", parents),
    ];
    parts
        .map(|(name, part)| (text(name), part))
        .into_iter()
        .collect()
}
