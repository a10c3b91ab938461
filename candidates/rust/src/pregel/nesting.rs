//! A run inside a task: a subgraph as a node, or called in a node's body.
//!
//! It is a run of its own, in a namespace of its own. What it has of the run around it: the thread and
//! the saver, whether that one resumes, the answers given to it, its stream, its limits; and the
//! checkpoints around it, which its own are stored with as their parents.

use std::rc::Rc;

use crate::halt::Halt;
use crate::names::CHECKPOINT_MAP;
use crate::pregel::payloads::joined;
use crate::pregel::run::{Around, Asked, Loop};
use crate::pregel::start::start;
use crate::pregel::streams::{Mode, Sink};
use crate::pregel::tasks::Task;
use crate::program::compiled::Subgraph;
use crate::value::{Value, text};

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
        node_metadata: joined(&outer.node_metadata, task.metadata(&outer.graph.program)),
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
