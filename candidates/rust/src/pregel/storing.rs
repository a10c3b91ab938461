//! Recording and storing the writes of tasks, and checkpoints.

use std::cell::RefCell;
use std::rc::Rc;

use crate::contract::Raised;
use crate::names::{NULL_TASK, slot};
use crate::pregel::apply::named;
use crate::pregel::deltas::{COUNTERS, bump, counted};
use crate::pregel::nesting::is_lasting;
use crate::pregel::payloads::joined;
use crate::pregel::run::{Durability, Loop};
use crate::pregel::tasks::{Task, path_text};
use crate::program::compiled::Write;
use crate::savers::checkpoints::{Checkpoint, at, newer_versions, without_untracked, word};
use crate::savers::metadata::metadata_only;
use crate::value::{Map, Value, text};

impl Loop {
    /// Record a task's writes (or writes without a task), store them, and add them to the stream.
    pub fn put_writes(&mut self, task: Option<&Task>, writes: &[Write]) -> Result<(), Raised> {
        if writes.is_empty() {
            return Ok(());
        }
        let name: Rc<str> = task.map_or_else(|| NULL_TASK.into(), |task| task.id.clone());
        if !self.wrote.contains(&name) {
            self.wrote.push(name.clone());
        }
        let mut writes = one_a_slot(writes);
        let mut pending = self.pending.borrow().clone();
        let mut to_store = Vec::new();
        if task.is_none() {
            // Writes without a task add up, except those with a slot. These go last, so that the others
            // keep their stored index.
            pending.retain(|(task, channel, _)| *task != name || slot(channel).is_none());
            writes.sort_by_key(|(channel, _)| slot(channel).is_some());
            let kept = pending.iter().filter(|(task, ..)| *task == name);
            to_store.extend(kept.map(|(_, channel, value)| (channel.clone(), value.clone())));
        } else {
            pending.retain(|(task, ..)| *task != name);
        }
        to_store.extend(writes.iter().cloned());
        let recorded = writes.iter().cloned();
        pending.extend(recorded.map(|(channel, value)| (name.clone(), channel, value)));
        // Tasks prepared earlier keep taking answers from the old list.
        self.pending = Rc::new(RefCell::new(pending));
        if self.request.durability != Durability::Exit {
            let path = task.map_or(String::new(), |task| path_text(&task.path));
            self.store_writes(&name, &to_store, &path)?;
        }
        if let Some(task) = task {
            self.show_writes(task, &writes, false);
        }
        Ok(())
    }

    pub fn store_writes(&self, name: &str, writes: &[Write], path: &str) -> Result<(), Raised> {
        let Some(saver) = &self.graph.saver else {
            return Ok(());
        };
        let program = &self.graph.program;
        let place = at(&self.place, &self.state.checkpoint.id);
        if !program.has_untracked {
            return saver.borrow_mut().put_writes(&place, writes, name, path);
        }
        let tracked = writes
            .iter()
            .filter(|(channel, _)| !program.is_untracked(channel));
        let tracked =
            tracked.map(|(channel, value)| (channel.clone(), without_untracked(value, program)));
        let tracked: Vec<_> = tracked.collect();
        saver.borrow_mut().put_writes(&place, &tracked, name, path)
    }

    /// Create the checkpoint after a superstep, and store it unless that waits for the exit.
    pub fn put_checkpoint(&mut self, source: &str) -> Result<(), Raised> {
        let metadata = [
            ("source", text(source)),
            ("step", Value::Int(self.step.into())),
            ("parents", Value::Map(self.parents.clone())),
        ];
        let metadata = metadata.map(|(name, value)| (text(name), value));
        let counters = counted(&self.state.program, &self.metadata, self.updated.as_ref());
        self.metadata = metadata.into_iter().collect();
        if let Some(counters) = counters {
            self.metadata.put(COUNTERS, counters);
        }
        self.make_checkpoint(None, self.request.durability != Durability::Exit)?;
        self.step += 1;
        Ok(())
    }

    /// Create a checkpoint with a known id or a new one.
    pub fn make_checkpoint(&mut self, id: Option<String>, store: bool) -> Result<(), Raised> {
        if store {
            self.take_snapshots()?;
        }
        let time = self.graph.clock.now();
        let id = id.unwrap_or_else(|| self.graph.clock.new_id());
        let updated = self.updated.as_ref().map_or(Value::Nil, named);
        self.state.checkpoint.advance(id, time, updated);
        let Some(saver) = self.graph.saver.as_ref().filter(|_| store) else {
            return Ok(());
        };
        self.parent = word(&self.place, "checkpoint_id").map(|_| self.place.clone());
        let checkpoint = &self.state.checkpoint;
        let new = newer_versions(&self.stored_versions, &checkpoint.versions);
        self.stored_versions = checkpoint.versions.clone();
        // The metadata of enclosing nodes is stored with a nested run's checkpoints.
        let place = joined(&metadata_only(&self.node_metadata), &self.place);
        saver
            .borrow_mut()
            .put(&place, checkpoint, &self.metadata, &new, &self.state)?;
        self.place.put("checkpoint_id", text(&checkpoint.id));
        Ok(())
    }

    /// Determine the delta channels of which the next stored checkpoint holds a snapshot, and store the
    /// writes to the others.
    fn take_snapshots(&mut self) -> Result<(), Raised> {
        let program = self.graph.program.clone();
        let Some(saver) = self.graph.saver.clone() else {
            return Ok(());
        };
        if program.deltas.is_empty() {
            return Ok(());
        }
        let before = Value::Map(self.metadata.clone());
        let (snapshots, late) = self.deltas.settle(&mut self.metadata);
        if !snapshots.is_empty() {
            self.stream
                .amend(&before, &Value::Map(self.metadata.clone()));
        }
        if !late.is_empty() && self.origin.config.is_none() {
            // They belong to the checkpoint from which the run started; a new thread gets an empty one.
            self.place.put("checkpoint_id", Value::Nil);
            let empty = Checkpoint::empty_value(self.graph.clock.now());
            let metadata: Map = [(text("step"), Value::Int(-2))].into_iter().collect();
            let none = Map::default();
            let put = saver
                .borrow_mut()
                .put_value(&self.place, &empty, &metadata, &none, &none)?;
            self.place = put;
        }
        for late in late {
            let mut saver = saver.borrow_mut();
            saver.put_writes(&self.place, &late.writes, &late.task, &late.path)?;
        }
        let graph = &self.graph;
        let next = |current: Option<&Value>| graph.next_version(current);
        bump(&mut self.state, &self.stored_versions, &snapshots, &next);
        self.state.snapshots = snapshots;
        Ok(())
    }

    /// Store what waited for the exit, unless the run is nested and leaves only its result.
    pub fn store_if_lasting(&mut self) -> Result<(), Raised> {
        if self.request.enclosing.is_none() || is_lasting(&self.namespace) {
            self.store_at_exit()?;
        }
        Ok(())
    }

    /// Store the last checkpoint and the writes after it, if they waited for the exit.
    pub fn store_at_exit(&mut self) -> Result<(), Raised> {
        if self.request.durability != Durability::Exit || self.graph.saver.is_none() {
            return Ok(());
        }
        if self.state.checkpoint.id != self.origin.id {
            let id = self.state.checkpoint.id.clone();
            self.make_checkpoint(Some(id), true)?;
        }
        let pending = self.pending.borrow();
        let mut by_task = Vec::<(&Rc<str>, Vec<Write>)>::new();
        for (task, channel, value) in pending.iter() {
            if !self.wrote.contains(task) {
                continue;
            }
            let write = (channel.clone(), value.clone());
            match by_task.iter_mut().find(|(name, _)| *name == task) {
                Some((_, writes)) => writes.push(write),
                None => by_task.push((task, vec![write])),
            }
        }
        for (name, writes) in by_task {
            let task = self.tasks.iter().find(|task| task.id == *name);
            let path = task.map_or(String::new(), |task| path_text(&task.path));
            let saver = self.graph.saver.as_ref();
            let place = at(&self.place, &self.state.checkpoint.id);
            if let Some(saver) = saver {
                saver
                    .borrow_mut()
                    .put_writes(&place, &writes, name, &path)?;
            }
        }
        Ok(())
    }

    /// Storing is synchronous here. LangGraph without a saver waits for a write that never started.
    pub fn wait_for_storage(&self) -> Result<(), Raised> {
        if self.graph.saver.is_some() || self.request.durability != Durability::Sync {
            return Ok(());
        }
        let kind = if self.request.asynchronous {
            "Async"
        } else {
            "Sync"
        };
        let message = format!("'{kind}PregelLoop' object has no attribute '_put_checkpoint_fut'");
        Err(Raised::new("AttributeError", message))
    }
}

/// Return the last write of every slot if all writes have one; otherwise all writes.
fn one_a_slot(writes: &[Write]) -> Vec<Write> {
    if !writes.iter().all(|(channel, _)| slot(channel).is_some()) {
        return writes.to_vec();
    }
    let mut kept = Vec::<Write>::new();
    for (channel, value) in writes {
        match kept.iter_mut().find(|(name, _)| name == channel) {
            Some((_, before)) => *before = value.clone(),
            None => kept.push((channel.clone(), value.clone())),
        }
    }
    kept
}
