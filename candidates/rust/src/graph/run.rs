//! The superstep loop (`langgraph.pregel._loop`).
//!
//! A run prepares the tasks of a superstep, runs them, applies their writes and stores a checkpoint,
//! until no task is triggered, a breakpoint or an interrupt stops it, or it has taken its last step.
//! `starting` brings a run to its first superstep.

use std::cell::RefCell;
use std::rc::Rc;

use crate::contract::Raised;
use crate::graph::checkpoints::{Checkpoint, Where, word};
use crate::graph::compiled::Graph;
use crate::graph::deltas::DeltaLog;
use crate::graph::halt::{Halt, RECURSION, with_guide};
use crate::graph::nested::{Around, Began, Replay};
use crate::graph::payloads::joined;
use crate::graph::program::Breakpoints;
use crate::graph::runner::{give_back_writes, run_tasks};
use crate::graph::state::State;
use crate::graph::streams::{Mode, Sink, Stream};
use crate::graph::superstep::{Coming, next_tasks, stops};
use crate::graph::tasks::{Pending, Task, path_text};
use crate::graph::writes::{Names, Writer, apply_writes};
use crate::value::{Map, Value, text};

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
    pub deltas: DeltaLog,
    pub replaying: bool,
    pub step: i64,
    pub stream: Rc<Stream>,
    pub drains: Rc<RefCell<Vec<String>>>,
    pub stop: i64,
    pub tasks: Vec<Task>,
    pub place: Where,
    pub parent: Option<Where>,
    pub stored_versions: Map,
    pub wrote: Vec<Rc<str>>,
}

impl Loop {
    /// Return a run at the checkpoint that it begins with.
    pub fn new(graph: Graph, asked: Asked) -> Result<Loop, Halt> {
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
        let config = began.config.as_ref();
        let state = graph.restored(checkpoint, values, config, &namespace)?;
        let at_exit = graph.saver.is_some() && asked.durability == Durability::Exit;
        let is_shared = is_asked && config.is_some();
        let deltas = DeltaLog::new(&graph.program, pending.clone(), is_shared, at_exit);
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
            deltas,
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

    /// Apply the superstep's writes and store the checkpoint after it.
    fn after_tick(&mut self) -> Result<(), Halt> {
        for task in &self.tasks {
            self.deltas.replace(&task.writes);
        }
        let updated = self.apply_tasks()?;
        let tasks = &self.tasks;
        self.deltas
            .begin(self.step, |id| tasks.iter().any(|task| &*task.id == id));
        for task in tasks {
            let path = path_text(&task.path);
            self.deltas.keep(self.step, &task.id, path, &task.writes);
        }
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

    pub fn apply_tasks(&mut self) -> Result<Names, Raised> {
        let graph = &self.graph;
        let next = |current: Option<&Value>| graph.next_version(current);
        let writers = self.tasks.iter().map(Writer::task).collect();
        apply_writes(&mut self.state, writers, Some(&next))
    }
}

/// Return the step that metadata says.
pub fn step_of(metadata: &Map) -> Option<i64> {
    i64::try_from(metadata.get("step")?.int()?).ok()
}
