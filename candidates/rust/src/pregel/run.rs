//! A run: its request, its enclosing task if it is nested, and its progress.

use std::cell::RefCell;
use std::rc::Rc;

use crate::halt::Halt;
use crate::pregel::deltas::DeltaLog;
use crate::pregel::graph::Graph;
use crate::pregel::payloads::joined;
use crate::pregel::prepare::Coming;
use crate::pregel::replay::{Origin, Replay};
use crate::pregel::state::{Names, State};
use crate::pregel::streams::{Mode, Sink, Stream};
use crate::pregel::tasks::{Answers, Pending, Task};
use crate::program::compiled::Breakpoints;
use crate::savers::checkpoints::{Checkpoint, Where, word};
use crate::value::{Map, Value, text};

/// When a run's checkpoints are stored: at once, or only the last one at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Sync,
    Async,
    Exit,
}

/// The task that encloses a nested run.
#[derive(Clone)]
pub struct EnclosingTask {
    pub namespace: String,
    /// Whether the run resumes; None if its input decides.
    pub resuming: Option<bool>,
    /// The ids of the enclosing checkpoints, by namespace.
    pub checkpoints: Map,
    /// The metadata of the enclosing nodes.
    pub node_metadata: Map,
    /// The task's answers; the nested run may take the one that names no interrupt.
    pub answers: Rc<Answers>,
    /// The answers of a resume by interrupt id.
    pub by_interrupt: Option<Rc<Map>>,
    pub replay: Option<Rc<Replay>>,
    pub stream: Rc<Stream>,
    pub drains: Rc<RefCell<Vec<String>>>,
}

/// The request of a run.
pub struct RunRequest {
    pub input: Value,
    pub place: Where,
    pub modes: Vec<Mode>,
    pub sink: Sink,
    /// The fields of its output.
    pub shown: Vec<Rc<str>>,
    pub recursion_limit: i64,
    pub durability: Durability,
    pub context: Value,
    pub interrupt_before: Breakpoints,
    pub interrupt_after: Breakpoints,
    pub asynchronous: bool,
    /// The order in which the tasks of a superstep end; without one, task order.
    pub order: Option<Rc<[usize]>>,
    /// Whether its stream shows the items of subgraphs.
    pub subgraphs: bool,
    pub enclosing: Option<EnclosingTask>,
}

/// A run.
pub struct Loop {
    pub graph: Graph,
    pub request: RunRequest,
    pub namespace: String,
    /// The ids of the enclosing checkpoints, by namespace.
    pub parents: Map,
    /// The metadata of the enclosing nodes.
    pub node_metadata: Map,
    /// The answers of a resume by interrupt id.
    pub answers: Option<Rc<Map>>,
    pub resuming: Option<bool>,
    pub replay: Option<Rc<Replay>>,
    pub origin: Origin,
    /// Whether the thread has moved past the requested checkpoint.
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
    /// The tasks that a failed run left, by place.
    pub left: Vec<usize>,
    pub place: Where,
    pub parent: Option<Where>,
    pub stored_versions: Map,
    pub wrote: Vec<Rc<str>>,
}

impl Loop {
    /// Return a run at the checkpoint from which it starts.
    pub fn new(graph: Graph, request: RunRequest) -> Result<Loop, Halt> {
        let enclosing = request.enclosing.as_ref();
        let namespace = enclosing.map_or(String::new(), |enclosing| enclosing.namespace.clone());
        let replay = enclosing.and_then(|enclosing| enclosing.replay.clone());
        let mut resuming = enclosing.and_then(|enclosing| enclosing.resuming);
        let is_asked = word(&request.place, "checkpoint_id").is_some();
        let saved = match (&graph.saver, &replay) {
            (None, _) => None,
            (Some(saver), Some(replay)) if !is_asked => {
                resuming = None;
                replay.find(&saver.borrow(), &request.place)?
            }
            (Some(saver), _) => saver.borrow().get(&request.place)?,
        };
        let superseded = saved
            .as_ref()
            .is_some_and(|saved| graph.is_superseded(&request.place, &saved.checkpoint));
        let mut place: Where = [(text("checkpoint_ns"), text(""))].into_iter().collect();
        place = joined(&place, &request.place);
        let origin;
        let (checkpoint, values, pending);
        match saved {
            Some(saved) => {
                place = joined(&place, &saved.config);
                origin = Origin {
                    id: saved.checkpoint.id.clone(),
                    config: Some(saved.config),
                    parent: saved.parent,
                    metadata: saved.metadata,
                };
                (checkpoint, values, pending) = (saved.checkpoint, saved.values, saved.pending);
            }
            None => {
                checkpoint = Checkpoint::empty(graph.clock.now());
                origin = Origin {
                    id: checkpoint.id.clone(),
                    config: None,
                    parent: None,
                    metadata: [(text("step"), Value::Int(-2))].into_iter().collect(),
                };
                (values, pending) = (Map::default(), Vec::new());
            }
        }
        let config = origin.config.as_ref();
        let state = graph.restored(checkpoint, values, config, &namespace)?;
        let at_exit = graph.saver.is_some() && request.durability == Durability::Exit;
        let is_shared = is_asked && config.is_some();
        let deltas = DeltaLog::new(&graph.program, pending.clone(), is_shared, at_exit);
        let step = step_of(&origin.metadata).unwrap_or(-2) + 1;
        let stream = Stream::new(
            &request.modes,
            request.sink.clone(),
            request.subgraphs,
            &namespace,
            &graph.clock,
            enclosing.map(|enclosing| &enclosing.stream),
        );
        Ok(Loop {
            parents: enclosing
                .map(|enclosing| enclosing.checkpoints.clone())
                .unwrap_or_default(),
            node_metadata: enclosing
                .map(|enclosing| enclosing.node_metadata.clone())
                .unwrap_or_default(),
            answers: enclosing.and_then(|enclosing| enclosing.by_interrupt.clone()),
            drains: enclosing
                .map(|enclosing| enclosing.drains.clone())
                .unwrap_or_default(),
            resuming,
            replay,
            superseded,
            metadata: origin.metadata.clone(),
            pending: Rc::new(RefCell::new(pending)),
            updated: None,
            deltas,
            replaying: false,
            step,
            stop: step + request.recursion_limit + 1,
            stream,
            tasks: Vec::new(),
            left: Vec::new(),
            parent: origin.parent.clone(),
            place,
            stored_versions: state.checkpoint.versions.clone(),
            wrote: Vec::new(),
            state,
            origin,
            namespace,
            graph,
            request,
        })
    }

    /// Let subgraphs start where they were at the requested checkpoint.
    pub fn begin_replay(&mut self) {
        if self.graph.saver.is_some() {
            let at_exit = self.request.durability == Durability::Exit;
            let latest = &self.state.checkpoint.id;
            self.replay = Some(Replay::of(&self.origin, latest, at_exit));
        }
    }

    /// Return the inputs of the next superstep.
    pub fn coming(&self) -> Coming<'_> {
        let enclosing = self.request.enclosing.as_ref();
        Coming {
            step: self.step,
            updated: self.updated.as_ref(),
            answers: self.answers.as_deref(),
            stop: Some(self.stop),
            enclosing: enclosing.map(|enclosing| enclosing.answers.clone()),
        }
    }
}

/// Return the step of a checkpoint's metadata.
pub fn step_of(metadata: &Map) -> Option<i64> {
    i64::try_from(metadata.get("step")?.int()?).ok()
}
