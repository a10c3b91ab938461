//! A run inside a task: a subgraph as a node, or called in a node's body.
//!
//! It is a run of its own, in a namespace of its own. What it has of the run around it: the thread and
//! the saver, whether that one resumes, the answers given to it, its stream, its limits; and the
//! checkpoints around it, which its own are stored with as their parents.

use std::cell::RefCell;
use std::rc::Rc;

use crate::graph::checkpoints::{Where, word};
use crate::graph::halt::Halt;
use crate::graph::names::{CHECKPOINT_MAP, without_ids};
use crate::graph::payloads::joined;
use crate::graph::program::Subgraph;
use crate::graph::run::{Asked, Loop};
use crate::graph::savers::{self, Saved, Saver};
use crate::graph::starting::start;
use crate::graph::streams::{Mode, Sink, Stream};
use crate::graph::tasks::{Answers, Task};
use crate::value::{Map, Value, text};

/// A run that goes again over what an earlier one did: it began at the checkpoint `since`.
///
/// A subgraph begins where it was then, when it first runs; after that it goes on as ever.
pub struct Replay {
    since: String,
    begun: RefCell<Vec<String>>,
}

impl Replay {
    /// Return the replay of a checkpoint, which a run goes on from by the name `latest`.
    ///
    /// Subgraphs that ran at what a fork or an update was made from did so before it was made, so
    /// that counts. Of a fork that is stored at exit only the parent is that of what it was made
    /// from.
    pub fn of(saved: &Began, latest: &str, at_exit: bool) -> Rc<Replay> {
        let source = word(&saved.metadata, "source");
        let made = matches!(source, Some("fork" | "update"));
        let place = match (made || at_exit, at_exit) {
            (true, true) => saved.parent.as_ref(),
            (true, false) => saved.parent.as_ref().or(saved.config.as_ref()),
            (false, _) => saved.config.as_ref(),
        };
        let since = place.and_then(|place| word(place, "checkpoint_id"));
        Rc::new(Replay {
            since: since.unwrap_or(latest).to_owned(),
            begun: RefCell::default(),
        })
    }

    /// Return the checkpoint that a nested run begins at.
    pub fn find(&self, saver: &Saver, place: &Where) -> Result<Option<Saved>, Halt> {
        let node = without_ids(word(place, "checkpoint_ns").unwrap_or_default());
        if self.begun.borrow().contains(&node) {
            return Ok(saver.get(place)?);
        }
        self.begun.borrow_mut().push(node);
        let asked = savers::Asked {
            before: Some(self.since.clone()),
            limit: Some(1),
            ..Default::default()
        };
        Ok(saver.list(place, &asked)?.pop())
    }
}

/// What a run remembers of the checkpoint that it began with.
pub struct Began {
    pub id: String,
    /// None if it was never stored.
    pub config: Option<Where>,
    pub parent: Option<Where>,
    pub metadata: Map,
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
    pub said: Map,
    /// The task's answers; the one that is nobody's yet is the nested run's too.
    pub answers: Rc<Answers>,
    /// Those that a resume gave by interrupt id.
    pub by_interrupt: Option<Rc<Map>>,
    pub replay: Option<Rc<Replay>>,
    pub stream: Rc<Stream>,
    pub drains: Rc<RefCell<Vec<String>>>,
}

/// Run a subgraph inside a task to its end; return the last state that it showed. `again` if an
/// attempt of the task failed before.
pub fn run_nested(
    outer: &Loop,
    task: &mut Task,
    subgraph: &Rc<Subgraph>,
    given: Value,
    again: bool,
) -> Result<Value, Halt> {
    let namespace = next_namespace(task, subgraph);
    let mut checkpoints = outer.parents.clone();
    let id = text(&outer.state.checkpoint.id);
    checkpoints.put(&outer.namespace, id.clone());
    // A handler's task is inside the one that failed, which has the checkpoint both began at.
    if let Some(failure) = &task.failure {
        checkpoints.put(&failure.namespace, id);
    }
    let mut place = outer.asked.place.clone();
    place.put(CHECKPOINT_MAP, Value::Map(checkpoints.clone()));
    let known = checkpoints.get(&namespace).cloned();
    place.put("checkpoint_id", known.unwrap_or_default());
    place.put("checkpoint_ns", text(&namespace));
    let around = Around {
        namespace,
        resuming: if again { Some(true) } else { outer.resuming },
        checkpoints,
        said: joined(&outer.said, task.metadata(&outer.graph.program)),
        answers: task.answers.clone(),
        by_interrupt: outer.answers.clone(),
        replay: outer.replay.clone(),
        stream: outer.stream.clone(),
        drains: outer.drains.clone(),
    };
    let sink = Sink::default();
    let program = &subgraph.program;
    let asked = Asked {
        input: given,
        place,
        modes: vec![Mode::Values],
        sink: sink.clone(),
        shown: program.outputs.clone(),
        interrupt_before: program.interrupt_before.clone(),
        interrupt_after: program.interrupt_after.clone(),
        subgraphs: false,
        around: Some(around),
        context: outer.asked.context.clone(),
        ..outer.asked
    };
    let mut inner = Loop::new(outer.graph.inside(subgraph), asked)?;
    start(&mut inner)?;
    inner.execute()?;
    let latest = sink.borrow_mut().pop();
    Ok(latest.map_or(Value::Nil, |item| item.payload))
}

/// Return whether a namespace is kept between runs: then no part of it names a task.
pub fn is_lasting(namespace: &str) -> bool {
    !namespace.contains(':')
}

/// Return the namespace of a task's next nested run, and count it.
fn next_namespace(task: &mut Task, subgraph: &Subgraph) -> String {
    let called = task.calls;
    task.calls += 1;
    let namespace = subgraph.namespace(&task.namespace);
    match called {
        0 => namespace,
        _ => format!("{namespace}|{called}"),
    }
}
