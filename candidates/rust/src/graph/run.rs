//! The superstep loop (`langgraph.pregel._loop`).
//!
//! A run prepares the tasks of a superstep, runs them, applies their writes and stores a checkpoint,
//! until no task is triggered, a breakpoint or an interrupt stops it, or it has taken its last step.
//! `starting` brings a run to its first superstep.

use std::cell::RefCell;
use std::rc::Rc;

use crate::contract::Raised;
use crate::graph::checkpoints::{
    Checkpoint, Where, at, config_of, held, newer_versions, without_untracked, word,
};
use crate::graph::compiled::Graph;
use crate::graph::halt::{Halt, RECURSION, with_guide};
use crate::graph::names::*;
use crate::graph::nested::{Around, Began, Replay, is_lasting};
use crate::graph::payloads::{
    joined, result_payload, subgraph_config, task_payload, task_states, update_payload,
};
use crate::graph::program::{Breakpoints, Write};
use crate::graph::runner::{give_back_writes, run_tasks};
use crate::graph::savers::metadata_only;
use crate::graph::state::State;
use crate::graph::streams::{Mode, Sink, Stream};
use crate::graph::superstep::{Coming, Names, Writer, apply_writes, named, next_tasks, stops};
use crate::graph::tasks::{Pending, Task, in_list, path_text};
use crate::value::{Map, Value, map, text};

/// When a run's checkpoints are stored: as they are made, or the last one when it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Sync,
    Async,
    Exit,
}

/// What a run is asked for.
pub struct Asked {
    pub input: Value,
    pub place: Where,
    pub modes: Vec<Mode>,
    pub sink: Sink,
    /// The fields in what it gives.
    pub shown: Vec<Rc<str>>,
    pub recursion_limit: i64,
    pub durability: Durability,
    pub context: Value,
    pub interrupt_before: Breakpoints,
    pub interrupt_after: Breakpoints,
    pub asynchronous: bool,
    /// Whether its stream has the items of subgraphs.
    pub subgraphs: bool,
    pub around: Option<Around>,
}

/// A run.
pub struct Loop {
    pub graph: Graph,
    pub asked: Asked,
    pub namespace: String,
    /// The ids of the checkpoints around it, by namespace.
    pub parents: Map,
    /// What is said of the nodes around it.
    pub said: Map,
    /// The answers that a resume gave by interrupt id.
    pub answers: Option<Rc<Map>>,
    pub resuming: Option<bool>,
    pub replay: Option<Rc<Replay>>,
    pub began: Began,
    /// Whether the thread has moved past the checkpoint that was asked for.
    pub superseded: bool,
    pub state: State,
    pub metadata: Map,
    pub pending: Pending,
    pub updated: Option<Names>,
    pub replaying: bool,
    pub step: i64,
    pub stream: Rc<Stream>,
    pub drains: Rc<RefCell<Vec<String>>>,
    stop: i64,
    tasks: Vec<Task>,
    place: Where,
    parent: Option<Where>,
    stored_versions: Map,
    wrote: Vec<Rc<str>>,
}

impl Loop {
    /// Return a run at the checkpoint that it begins with.
    pub fn new(graph: Graph, asked: Asked) -> Result<Loop, Raised> {
        let around = asked.around.as_ref();
        let namespace = around.map_or(String::new(), |around| around.namespace.clone());
        let replay = around.and_then(|around| around.replay.clone());
        let mut resuming = around.and_then(|around| around.resuming);
        let is_asked = word(&asked.place, "checkpoint_id").is_some();
        let found = match (&graph.saver, &replay) {
            (None, _) => None,
            (Some(saver), Some(replay)) if !is_asked => {
                resuming = None;
                replay.find(&saver.borrow(), &asked.place)?
            }
            (Some(saver), _) => saver.borrow().get(&asked.place)?,
        };
        let superseded = found
            .as_ref()
            .is_some_and(|found| graph.is_superseded(&asked.place, &found.checkpoint));
        let mut place: Where = [(text("checkpoint_ns"), text(""))].into_iter().collect();
        place = joined(&place, &asked.place);
        let began;
        let (checkpoint, values, pending);
        match found {
            Some(saved) => {
                place = joined(&place, &saved.config);
                began = Began {
                    id: saved.checkpoint.id.clone(),
                    config: Some(saved.config),
                    parent: saved.parent,
                    metadata: saved.metadata,
                };
                (checkpoint, values, pending) = (saved.checkpoint, saved.values, saved.pending);
            }
            None => {
                checkpoint = Checkpoint::empty(graph.clock.now());
                began = Began {
                    id: checkpoint.id.clone(),
                    config: None,
                    parent: None,
                    metadata: [(text("step"), Value::Int(-2))].into_iter().collect(),
                };
                (values, pending) = (Map::default(), Vec::new());
            }
        }
        let state = State::restored(&graph.program, checkpoint, &values, &namespace)?;
        let step = step_of(&began.metadata).unwrap_or(-2) + 1;
        let stream = Stream::new(
            &asked.modes,
            asked.sink.clone(),
            asked.subgraphs,
            &namespace,
            &graph.clock,
            around.map(|around| &around.stream),
        );
        Ok(Loop {
            parents: around
                .map(|around| around.checkpoints.clone())
                .unwrap_or_default(),
            said: around.map(|around| around.said.clone()).unwrap_or_default(),
            answers: around.and_then(|around| around.by_interrupt.clone()),
            drains: around
                .map(|around| around.drains.clone())
                .unwrap_or_default(),
            resuming,
            replay,
            superseded,
            metadata: began.metadata.clone(),
            pending: Rc::new(RefCell::new(pending)),
            updated: None,
            replaying: false,
            step,
            stop: step + asked.recursion_limit + 1,
            stream,
            tasks: Vec::new(),
            parent: began.parent.clone(),
            place,
            stored_versions: state.checkpoint.versions.clone(),
            wrote: Vec::new(),
            state,
            began,
            namespace,
            graph,
            asked,
        })
    }

    /// Let subgraphs begin where they were at the checkpoint that this run was asked for.
    pub fn begin_replay(&mut self) {
        if self.graph.saver.is_some() {
            let at_exit = self.asked.durability == Durability::Exit;
            let latest = &self.state.checkpoint.id;
            self.replay = Some(Replay::of(&self.began, latest, at_exit));
        }
    }

    /// Return what the next superstep depends on.
    pub fn coming(&self) -> Coming<'_> {
        let around = self.asked.around.as_ref();
        Coming {
            step: self.step,
            updated: self.updated.as_ref(),
            answers: self.answers.as_deref(),
            stop: Some(self.stop),
            around: around.map(|around| around.answers.clone()),
        }
    }

    /// Take supersteps until the run ends.
    ///
    /// Items are handed on when LangGraph yields them: an error while writes are applied loses those
    /// of its superstep.
    pub fn execute(&mut self) -> Result<(), Halt> {
        let unfinished = match self.supersteps() {
            Ok(unfinished) => {
                self.store_if_lasting()?;
                unfinished
            }
            Err(Halt::Interrupted(interrupts)) => {
                self.store_at_exit()?;
                if self.asked.around.is_some() {
                    return Err(Halt::Interrupted(interrupts));
                }
                self.show_interrupt(&interrupts)?;
                None
            }
            Err(error) => {
                self.store_at_exit()?;
                return Err(error);
            }
        };
        self.stream.flush();
        unfinished.map_or(Ok(()), Err)
    }

    /// Take supersteps; return why the run is not done, if it is not.
    fn supersteps(&mut self) -> Result<Option<Halt>, Halt> {
        while self.step <= self.stop {
            if !self.tick()? {
                return Ok(None);
            }
            if let Some(reason) = self.drains.borrow().last() {
                return Ok(Some(Halt::Drained(reason.clone())));
            }
            self.show_tasks();
            let mut tasks = std::mem::take(&mut self.tasks);
            let ended = run_tasks(self, &mut tasks);
            self.tasks = tasks;
            ended?;
            self.after_tick()?;
            self.wait_for_storage()?;
        }
        self.prepare();
        Ok(Some(self.out_of_steps().into()))
    }

    fn out_of_steps(&self) -> Raised {
        let message = format!(
            "Recursion limit of {} reached without hitting a stop condition. You can increase the \
             limit by setting the `recursion_limit` config key.",
            self.asked.recursion_limit
        );
        Raised::new(RECURSION, with_guide(&message, "GRAPH_RECURSION_LIMIT"))
    }

    /// Storing waits for nothing here; LangGraph waits for what it never began without a saver.
    fn wait_for_storage(&self) -> Result<(), Raised> {
        if self.graph.saver.is_some() || self.asked.durability != Durability::Sync {
            return Ok(());
        }
        let kind = if self.asked.asynchronous {
            "Async"
        } else {
            "Sync"
        };
        let message = format!("'{kind}PregelLoop' object has no attribute '_put_checkpoint_fut'");
        Err(Raised::new("AttributeError", message))
    }

    /// Prepare a superstep; return whether it has tasks.
    fn tick(&mut self) -> Result<bool, Halt> {
        self.prepare();
        if self.tasks.is_empty() {
            return Ok(false);
        }
        if !self.replaying {
            let mut tasks = std::mem::take(&mut self.tasks);
            give_back_writes(self, &mut tasks);
            self.tasks = tasks;
        }
        if stops(&self.state, &self.asked.interrupt_before, &self.tasks) {
            return Err(Halt::Interrupted(Vec::new()));
        }
        Ok(true)
    }

    fn prepare(&mut self) {
        self.tasks = next_tasks(&self.state, &self.pending, &self.coming());
        if self.graph.saver.is_some() {
            self.emit(Mode::Checkpoints, || self.checkpoint_payload());
        }
    }

    /// Queue a stream's item.
    pub fn emit(&self, mode: Mode, payload: impl FnOnce() -> Value) {
        self.stream.emit(mode, self.step, payload);
    }

    /// Queue the items of tasks that begin, and of what earlier runs recorded of them.
    fn show_tasks(&self) {
        let program = &self.graph.program;
        for task in self.tasks.iter().filter(|task| !task.is_hidden()) {
            self.emit(Mode::Tasks, || task_payload(program, task, &self.said));
        }
        for task in self.tasks.iter().filter(|task| !task.writes.is_empty()) {
            self.show_writes(task, &task.writes, true);
        }
    }

    fn checkpoint_payload(&self) -> Value {
        let here = at(&self.place, &self.state.checkpoint.id);
        let thread = self.place.get("thread_id").cloned().unwrap_or_default();
        let program = &self.graph.program;
        let inner = |task: &Task| Ok::<_, Raised>(subgraph_config(program, task, &thread));
        let pending = self.pending.borrow();
        let states = task_states(&self.tasks, &pending, &self.asked.shown, false, inner);
        let states = states.unwrap_or_default();
        map([
            ("config", config_of(Some(&here), &self.metadata)),
            (
                "parent_config",
                config_of(self.parent.as_ref(), &self.metadata),
            ),
            ("values", Value::Map(self.state.values(&program.fields))),
            ("metadata", Value::Map(self.metadata.clone())),
            (
                "next",
                self.tasks.iter().map(|task| text(&*task.name)).collect(),
            ),
            ("tasks", states.iter().map(|state| state.brief()).collect()),
        ])
    }

    /// Record a task's writes, store them, and show them in the stream; no task: nobody made them.
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
            // These add up, but for those that have a slot. Slots go last, so that the others keep
            // the index they are stored under.
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
        // Tasks that were prepared before take their answers from the list as it was.
        self.pending = Rc::new(RefCell::new(pending));
        if self.asked.durability != Durability::Exit {
            let path = task.map_or(String::new(), |task| path_text(&task.path));
            self.store_writes(&name, &to_store, &path)?;
        }
        if let Some(task) = task {
            self.show_writes(task, &writes, false);
        }
        Ok(())
    }

    fn store_writes(&self, name: &str, writes: &[Write], path: &str) -> Result<(), Raised> {
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

    /// Apply the superstep's writes and store the checkpoint after it.
    fn after_tick(&mut self) -> Result<(), Halt> {
        let updated = self.apply_tasks()?;
        self.show_values(&updated);
        self.updated = Some(updated);
        self.pending.borrow_mut().clear();
        (self.replaying, self.resuming) = (false, None);
        self.put_checkpoint("loop")?;
        if stops(&self.state, &self.asked.interrupt_after, &self.tasks) {
            self.prepare();
            return Err(Halt::Interrupted(Vec::new()));
        }
        Ok(())
    }

    fn apply_tasks(&mut self) -> Result<Names, Raised> {
        let graph = &self.graph;
        let next = |current: Option<&Value>| graph.next_version(current);
        let writers = self.tasks.iter().map(Writer::task).collect();
        apply_writes(&mut self.state, writers, Some(&next))
    }

    fn show_values(&self, updated: &Names) {
        let fields = &self.asked.shown;
        let mut written = self.tasks.iter().flat_map(|task| &task.writes);
        if fields.iter().any(|field| updated.contains(field))
            && written.any(|(channel, _)| fields.contains(channel))
        {
            self.emit(Mode::Values, || Value::Map(self.shown_values()));
        }
    }

    /// Return the state as the run gives it.
    pub fn shown_values(&self) -> Map {
        self.state.values(&self.asked.shown)
    }

    /// Queue the items of a task's writes; `again` if an earlier run recorded them.
    fn show_writes(&self, task: &Task, writes: &[Write], again: bool) {
        if task.is_hidden() {
            return;
        }
        match writes.first().map(|(channel, _)| &**channel) {
            Some(INTERRUPT) => {
                let of = writes.iter().filter(|(channel, _)| &**channel == INTERRUPT);
                let interrupts: Value = of.flat_map(|(_, value)| in_list(value)).collect();
                self.emit(Mode::Updates, || map([(INTERRUPT, interrupts.clone())]));
                self.emit(Mode::Values, || {
                    let mut values = self.shown_values();
                    values.put(INTERRUPT, interrupts);
                    Value::Map(values)
                });
            }
            Some(ERROR) => {}
            _ => self.emit(Mode::Updates, || {
                let mut update = update_payload(task, writes, &self.asked.shown);
                if again {
                    update.put("__metadata__", map([("cached", Value::Bool(true))]));
                }
                Value::Map(update)
            }),
        }
        if !again {
            let fields = &self.graph.program.fields;
            self.emit(Mode::Tasks, || result_payload(task, writes, fields));
        }
    }

    /// Make the checkpoint of a superstep that ended, and store it unless at exit only.
    pub fn put_checkpoint(&mut self, source: &str) -> Result<(), Raised> {
        let metadata = [
            ("source", text(source)),
            ("step", Value::Int(self.step.into())),
            ("parents", Value::Map(self.parents.clone())),
        ];
        let metadata = metadata.map(|(name, value)| (text(name), value));
        self.metadata = metadata.into_iter().collect();
        let id = self.graph.clock.new_id_and_time();
        self.make_checkpoint(id, self.asked.durability != Durability::Exit)?;
        self.step += 1;
        Ok(())
    }

    fn make_checkpoint(&mut self, (id, time): (String, String), store: bool) -> Result<(), Raised> {
        let updated = self.updated.as_ref().map_or(Value::Nil, named);
        self.state.checkpoint.advance(id, time, updated);
        let Some(saver) = self.graph.saver.as_ref().filter(|_| store) else {
            return Ok(());
        };
        self.parent = word(&self.place, "checkpoint_id").map(|_| self.place.clone());
        let checkpoint = &self.state.checkpoint;
        let new = newer_versions(&self.stored_versions, &checkpoint.versions);
        self.stored_versions = checkpoint.versions.clone();
        // What is said of the nodes around a nested run is stored with its checkpoints.
        let place = joined(&metadata_only(&self.said), &self.place);
        let value = |name: &str| {
            let value = self.state.channel(name)?.checkpoint()?;
            Some(held(&self.state.program, name, value))
        };
        saver
            .borrow_mut()
            .put(&place, checkpoint, &self.metadata, &new, value)?;
        self.place.put("checkpoint_id", text(&checkpoint.id));
        Ok(())
    }

    /// Store what waited till now; a nested run that went well leaves nothing but its result.
    fn store_if_lasting(&mut self) -> Result<(), Raised> {
        if self.asked.around.is_none() || is_lasting(&self.namespace) {
            self.store_at_exit()?;
        }
        Ok(())
    }

    /// Store the last checkpoint and what is recorded after it, if that waited till now.
    fn store_at_exit(&mut self) -> Result<(), Raised> {
        if self.asked.durability != Durability::Exit || self.graph.saver.is_none() {
            return Ok(());
        }
        if self.state.checkpoint.id != self.began.id {
            let id = self.state.checkpoint.id.clone();
            self.make_checkpoint((id, self.graph.clock.now()), true)?;
        }
        let pending = self.pending.borrow();
        let mut by_task = Vec::<(&Rc<str>, Vec<Write>)>::new();
        for (task, channel, value) in pending.iter() {
            if !self.wrote.contains(task) {
                continue;
            }
            let write = (channel.clone(), value.clone());
            match by_task.iter_mut().find(|(each, _)| *each == task) {
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

    /// Queue a stopped run's last items: the state with what is pending applied.
    fn show_interrupt(&mut self, interrupts: &[Value]) -> Result<(), Raised> {
        let any = self.tasks.iter().any(|task| !task.writes.is_empty());
        if any && !self.pending.borrow().is_empty() {
            let updated = self.apply_tasks()?;
            self.show_values(&updated);
        }
        if interrupts.is_empty() {
            self.emit(Mode::Updates, || {
                map([(INTERRUPT, Value::Array(Vec::new()))])
            });
        }
        Ok(())
    }
}

/// Return the step that metadata says.
pub fn step_of(metadata: &Map) -> Option<i64> {
    i64::try_from(metadata.get("step")?.int()?).ok()
}

/// Return writes of which all have a slot with the last of each, others as they are.
fn one_a_slot(writes: &[Write]) -> Vec<Write> {
    if !writes.iter().all(|(channel, _)| slot(channel).is_some()) {
        return writes.to_vec();
    }
    let mut kept = Vec::<Write>::new();
    for (channel, value) in writes {
        match kept.iter_mut().find(|(each, _)| each == channel) {
            Some((_, before)) => *before = value.clone(),
            None => kept.push((channel.clone(), value.clone())),
        }
    }
    kept
}
