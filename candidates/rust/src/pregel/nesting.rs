//! Nested runs: a subgraph as a node, or called in a node's body.
//!
//! A nested run has a namespace of its own. From the enclosing run it takes the thread, the saver,
//! whether to resume, the answers, the stream and the limits, and the ids of the enclosing
//! checkpoints, which are stored as parents of its own.

use std::rc::Rc;

use crate::halt::Halt;
use crate::names::CHECKPOINT_MAP;
use crate::pregel::payloads::joined;
use crate::pregel::run::{EnclosingTask, Loop, RunRequest};
use crate::pregel::start::start;
use crate::pregel::streams::{Mode, Sink};
use crate::pregel::tasks::Task;
use crate::program::compiled::Subgraph;
use crate::value::{Value, text};

/// Run a subgraph inside a task and return its last state. `again` says that an earlier attempt of
/// the task failed.
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
    // A handler runs inside the failed task, which has the checkpoint from which both started.
    if let Some(failure) = &task.failure {
        checkpoints.put(&failure.namespace, id);
    }
    let mut place = outer.request.place.clone();
    place.put(CHECKPOINT_MAP, Value::Map(checkpoints.clone()));
    let known = checkpoints.get(&namespace).cloned();
    place.put("checkpoint_id", known.unwrap_or_default());
    place.put("checkpoint_ns", text(&namespace));
    let enclosing = EnclosingTask {
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
    let request = RunRequest {
        input: given,
        place,
        modes: vec![Mode::Values],
        sink: sink.clone(),
        shown: program.outputs.clone(),
        interrupt_before: program.interrupt_before.clone(),
        interrupt_after: program.interrupt_after.clone(),
        subgraphs: false,
        enclosing: Some(enclosing),
        context: outer.request.context.clone(),
        order: outer.request.order.clone(),
        ..outer.request
    };
    let mut inner = Loop::new(outer.graph.inside(subgraph), request)?;
    start(&mut inner)?;
    inner.execute()?;
    let latest = sink.borrow_mut().pop();
    Ok(latest.map_or(Value::Nil, |item| item.payload))
}

/// Return whether a namespace is kept between runs, which is if it has no task ids.
pub fn is_lasting(namespace: &str) -> bool {
    !namespace.contains(':')
}

/// Count a task's nested run and return its namespace.
fn next_namespace(task: &mut Task, subgraph: &Subgraph) -> String {
    let called = task.calls;
    task.calls += 1;
    let namespace = subgraph.namespace(&task.namespace);
    match called {
        0 => namespace,
        _ => format!("{namespace}|{called}"),
    }
}
