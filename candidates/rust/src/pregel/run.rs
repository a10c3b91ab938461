//! A run: what it is asked for, what it knows of the run around it, and where it is.

use std::cell::RefCell;
use std::rc::Rc;

use crate::halt::Halt;
use crate::pregel::deltas::DeltaLog;
use crate::pregel::graph::Graph;
use crate::pregel::payloads::joined;
use crate::pregel::prepare::Coming;
use crate::pregel::replay::{Began, Replay};
use crate::pregel::state::{Names, State};
use crate::pregel::streams::{Mode, Sink, Stream};
use crate::pregel::tasks::{Answers, Pending, Task};
use crate::program::compiled::Breakpoints;
use crate::savers::checkpoints::{Checkpoint, Where, word};
use crate::value::{Map, Value, text};

/// When a run's checkpoints are stored: as they are made, or the last one when it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Sync,
    Async,
    Exit,
}

/// What a nested run has of the task that it runs in.
#[derive(Clone)]
pub struct Around {
    pub namespace: String,
    /// Whether it goes on where it stopped; None if that is for its input to say.
    pub resuming: Option<bool>,
    /// The ids of the checkpoints around it, by namespace.
    pub checkpoints: Map,
    /// What is said of the nodes around it.
    pub node_metadata: Map,
    /// The task's answers; the one that is nobody's yet is the nested run's too.
    pub answers: Rc<Answers>,
    /// Those that a resume gave by interrupt id.
    pub by_interrupt: Option<Rc<Map>>,
    pub replay: Option<Rc<Replay>>,
    pub stream: Rc<Stream>,
    pub drains: Rc<RefCell<Vec<String>>>,
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
    pub node_metadata: Map,
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
        let saved = match (&graph.saver, &replay) {
            (None, _) => None,
            (Some(saver), Some(replay)) if !is_asked => {
                resuming = None;
                replay.find(&saver.borrow(), &asked.place)?
            }
            (Some(saver), _) => saver.borrow().get(&asked.place)?,
        };
        let superseded = saved
            .as_ref()
            .is_some_and(|saved| graph.is_superseded(&asked.place, &saved.checkpoint));
        let mut place: Where = [(text("checkpoint_ns"), text(""))].into_iter().collect();
        place = joined(&place, &asked.place);
        let began;
        let (checkpoint, values, pending);
        match saved {
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
            node_metadata: around
                .map(|around| around.node_metadata.clone())
                .unwrap_or_default(),
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
}

/// Return the step that metadata says.
pub fn step_of(metadata: &Map) -> Option<i64> {
    i64::try_from(metadata.get("step")?.int()?).ok()
}
