//! A thread's state as `get_state` and `get_state_history` show it.

use std::cell::RefCell;
use std::rc::Rc;

use crate::contract::Raised;
use crate::names::NULL_TASK;
use crate::pregel::apply::{Writer, apply_writes};
use crate::pregel::graph::Graph;
use crate::pregel::payloads::{TaskState, subgraph_config, task_states};
use crate::pregel::prepare::{Coming, next_tasks};
use crate::pregel::run::step_of;
use crate::pregel::tasks::{Pending, Task, statuses};
use crate::program::compiled::Write;
use crate::savers::checkpoints::{Where, config_of, configured, word};
use crate::savers::saver::Saved;
use crate::value::{Map, Value, map, text};

/// A snapshot and its tasks.
pub struct Snapshot {
    pub value: Value,
    pub tasks: Vec<TaskState>,
}

impl Snapshot {
    /// Return the snapshot of a thread without a checkpoint.
    fn empty(place: &Where) -> Snapshot {
        let list = || Value::Array(Vec::new());
        let value = map([
            ("values", Value::Map(Map::default())),
            ("next", list()),
            ("config", configured(place.clone())),
            ("metadata", Value::Nil),
            ("created_at", Value::Nil),
            ("parent_config", Value::Nil),
            ("tasks", list()),
            ("interrupts", list()),
        ]);
        let tasks = Vec::new();
        Snapshot { value, tasks }
    }

    /// Return the interrupts of its tasks.
    pub fn interrupts(&self) -> impl Iterator<Item = &Value> {
        self.tasks.iter().flat_map(|task| &task.interrupts)
    }
}

/// How a checkpoint is shown.
#[derive(Clone, Copy, Default)]
pub struct View {
    /// The thread's current state: the output of finished tasks is applied, and only tasks that still
    /// have to run or wait for an answer are listed. Otherwise a record of the step.
    pub live: bool,
    /// With the state of subgraphs; otherwise with their configs.
    pub subgraphs: bool,
}

/// Return the snapshot of a thread's checkpoint, or of its current state.
pub fn state_at(graph: &Graph, place: &Where, subgraphs: bool) -> Result<Snapshot, Raised> {
    let saved = match &graph.saver {
        Some(saver) => saver.borrow().get(place)?,
        None => None,
    };
    let live = word(place, "checkpoint_id").is_none();
    match saved {
        Some(saved) => snapshot(graph, saved, View { live, subgraphs }),
        None => Ok(Snapshot::empty(place)),
    }
}

/// Return the snapshot of a checkpoint with its pending writes applied.
pub fn snapshot(graph: &Graph, saved: Saved, view: View) -> Result<Snapshot, Raised> {
    let program = &graph.program;
    let namespace = word(&saved.config, "checkpoint_ns").unwrap_or_default();
    let time = saved.checkpoint.time.clone();
    let mut state = graph.restored(
        saved.checkpoint,
        saved.values,
        Some(&saved.config),
        namespace,
    )?;
    let pending: Pending = Rc::new(RefCell::new(saved.pending));
    let coming = Coming {
        step: step_of(&saved.metadata).unwrap_or(-1) + 1,
        ..Coming::default()
    };
    let mut tasks = next_tasks(&state, &pending, &coming);
    let pending = pending.borrow();
    let unowned = pending.iter().filter(|(task, ..)| &**task == NULL_TASK);
    let unowned: Vec<Write> = unowned
        .map(|(_, channel, value)| (channel.clone(), value.clone()))
        .collect();
    if !unowned.is_empty() {
        apply_writes(&mut state, vec![Writer::unowned(&unowned)], None)?;
    }
    if view.live {
        for (id, status) in statuses(&pending) {
            if let Some(task) = tasks.iter_mut().find(|task| task.id == id) {
                task.writes.extend(status.output);
            }
        }
        let done = tasks.iter().filter(|task| !task.writes.is_empty());
        let done: Vec<_> = done.map(Writer::task).collect();
        if !done.is_empty() {
            apply_writes(&mut state, done, None)?;
        }
    }
    let thread = saved.config.get("thread_id").cloned().unwrap_or_default();
    let inner = |task: &Task| match view.subgraphs {
        true => inner_state(graph, task, &thread),
        false => Ok(subgraph_config(program, task, &thread)),
    };
    let states = task_states(&tasks, &pending, &program.fields, view.live, inner)?;
    let interrupts = states
        .iter()
        .flat_map(|state| state.interrupts.iter().cloned());
    let next = tasks.iter().filter(|task| task.writes.is_empty());
    let value = map([
        ("values", Value::Map(state.values(&program.fields))),
        ("next", next.map(|task| text(&*task.name)).collect()),
        ("config", config_of(Some(&saved.config), &saved.metadata)),
        ("metadata", Value::Map(saved.metadata.clone())),
        ("created_at", text(time)),
        (
            "parent_config",
            config_of(saved.parent.as_ref(), &saved.metadata),
        ),
        ("tasks", states.iter().map(TaskState::value).collect()),
        ("interrupts", interrupts.collect()),
    ]);
    let tasks = states;
    Ok(Snapshot { value, tasks })
}

/// Return the state of a task's subgraph, if it keeps one.
fn inner_state(graph: &Graph, task: &Task, thread: &Value) -> Result<Value, Raised> {
    let Some(subgraph) = &task.node(&graph.program).shows else {
        return Ok(Value::Nil);
    };
    let place = place_in(thread, subgraph.namespace(&task.namespace));
    Ok(state_at(&graph.inside(subgraph), &place, true)?.value)
}

/// Return the subgraph of one of a thread's tasks, and where its checkpoints are.
pub fn inner_graph(graph: &Graph, place: &Where, index: i128) -> Result<(Graph, Where), Raised> {
    let tasks = state_at(graph, place, false)?.tasks;
    let task = usize::try_from(index)
        .ok()
        .and_then(|index| tasks.get(index));
    let program = &graph.program;
    let subgraph = task.and_then(|task| {
        let subgraph = program.nodes[program.node(&task.name)?].shows.as_ref()?;
        let config = task.state.map()?.get("configurable")?.map()?;
        Some((subgraph, word(config, "checkpoint_ns")?))
    });
    let Some((subgraph, namespace)) = subgraph else {
        let message = format!("no subgraph at task {index}");
        return Err(Raised::new("ValueError", message));
    };
    let thread = place.get("thread_id").cloned().unwrap_or_default();
    Ok((
        graph.inside(subgraph),
        place_in(&thread, subgraph.namespace(namespace)),
    ))
}

fn place_in(thread: &Value, namespace: String) -> Where {
    let parts = [
        ("thread_id", thread.clone()),
        ("checkpoint_ns", text(namespace)),
    ];
    parts
        .map(|(name, part)| (text(name), part))
        .into_iter()
        .collect()
}
