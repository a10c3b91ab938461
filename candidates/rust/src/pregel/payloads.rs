//! The payloads of stream items, by mode (`langgraph.pregel.debug`, `langgraph.pregel._io`).

use std::rc::Rc;

use crate::names::{ERROR, INTERRUPT};
use crate::packets;
use crate::pregel::tasks::{Part, Status, Task, in_list, statuses};
use crate::program::compiled::{Program, Write};
use crate::savers::checkpoints::configured;
use crate::savers::metadata::metadata_only;
use crate::savers::stored::PendingWrite;
use crate::value::{Map, Value, map, text};

/// Return the `updates` item of a task: its node, and its writes to the state.
pub fn update_payload(task: &Task, writes: &[Write], fields: &[Rc<str>]) -> Map {
    let written = writes.iter().filter(|(name, _)| fields.contains(name));
    let written: Vec<_> = written.collect();
    let entry = |(name, value): &&Write| (text(&**name), value.clone());
    let all: Map = written.iter().map(entry).collect();
    let update = match written.len() {
        0 => Value::Nil,
        several if several == all.len() => Value::Map(all),
        _ => written
            .iter()
            .map(|write| Value::Map([entry(write)].into_iter().collect()))
            .collect(),
    };
    [(text(&*task.name), update)].into_iter().collect()
}

/// Return the `tasks` item of a starting task; `node_metadata` is that of the enclosing nodes.
pub fn task_payload(program: &Program, task: &Task, node_metadata: &Map) -> Value {
    let triggers = task.triggers.iter().map(|trigger| text(&**trigger));
    let mut head = vec![
        ("id", text(&*task.id)),
        ("name", text(&*task.name)),
        ("input", task.shown_input(program)),
        ("triggers", triggers.collect()),
    ];
    let metadata = metadata_only(&joined(node_metadata, task.metadata(program)));
    if !metadata.is_empty() {
        head.push(("metadata", Value::Map(metadata)));
    }
    map(head)
}

/// Return the entries of one map, then of another.
pub fn joined(one: &Map, other: &Map) -> Map {
    one.iter().chain(other.iter()).cloned().collect()
}

/// Return the `tasks` item of a task that ended.
pub fn result_payload(task: &Task, writes: &[Write], fields: &[Rc<str>]) -> Value {
    let error = writes.iter().find(|(name, _)| &**name == ERROR);
    let interrupts = writes.iter().filter(|(name, _)| &**name == INTERRUPT);
    let interrupts = interrupts.flat_map(|(_, value)| in_list(value));
    map([
        ("id", text(&*task.id)),
        ("name", text(&*task.name)),
        (
            "error",
            error.map_or(Value::Nil, |(_, value)| value.clone()),
        ),
        ("result", Value::Map(folded(writes, fields))),
        (
            "interrupts",
            interrupts.map(|interrupt| as_map(&interrupt)).collect(),
        ),
    ])
}

/// Return writes to the state by field; several to one field become a list under `$writes`.
fn folded(writes: &[Write], fields: &[Rc<str>]) -> Map {
    let mut result = Map::default();
    for (name, value) in writes.iter().filter(|(name, _)| fields.contains(name)) {
        match result.get_mut(name) {
            Some(before) if !before.is_nil() => {
                let inside = before.map().and_then(|before| before.get("$writes"));
                let mut several = match inside {
                    Some(Value::Array(several)) => several.clone(),
                    _ => vec![before.clone()],
                };
                several.push(value.clone());
                *before = map([("$writes", Value::Array(several))]);
            }
            _ => result.put(name, value.clone()),
        }
    }
    result
}

/// Return the config of a task's subgraph, if it keeps its state.
pub fn subgraph_config(program: &Program, task: &Task, thread: &Value) -> Value {
    if task.node(program).shows.is_none() {
        return Value::Nil;
    }
    let place = [
        (text("thread_id"), thread.clone()),
        (text("checkpoint_ns"), text(&task.namespace)),
    ];
    configured(place.into_iter().collect())
}

/// A task as a snapshot shows it.
pub struct TaskState {
    pub id: Rc<str>,
    pub name: Rc<str>,
    path: Value,
    error: Value,
    pub interrupts: Vec<Value>,
    pub state: Value,
    result: Value,
}

impl TaskState {
    pub fn value(&self) -> Value {
        map([
            ("id", text(&*self.id)),
            ("name", text(&*self.name)),
            ("path", self.path.clone()),
            ("error", self.error.clone()),
            ("interrupts", Value::Array(self.interrupts.clone())),
            ("state", self.state.clone()),
            ("result", self.result.clone()),
        ])
    }

    /// Return the task as a `checkpoints` item shows it.
    pub fn brief(&self) -> Value {
        let mut parts = vec![("id", text(&*self.id)), ("name", text(&*self.name))];
        if self.error.is_true() {
            parts.push(("error", self.error.clone()));
        } else {
            if self.result.is_true() {
                parts.push(("result", self.result.clone()));
            }
            let interrupts = self.interrupts.iter().map(as_map);
            parts.push(("interrupts", interrupts.collect()));
        }
        parts.push(("state", self.state.clone()));
        map(parts)
    }
}

/// Return tasks as a snapshot shows them; `inner` returns the state of a task's subgraph.
///
/// With `live` they show only unanswered interrupts.
pub fn task_states<E>(
    tasks: &[Task],
    pending: &[PendingWrite],
    fields: &[Rc<str>],
    live: bool,
    inner: impl Fn(&Task) -> Result<Value, E>,
) -> Result<Vec<TaskState>, E> {
    let statuses = statuses(pending);
    let none = Status::default();
    let shown = tasks.iter().map(|task| {
        let status = statuses.iter().find(|(id, _)| *id == task.id);
        let status = status.map_or(&none, |(_, status)| status);
        let interrupts = if live {
            status.waiting()
        } else {
            &status.interrupts
        };
        Ok(TaskState {
            id: task.id.clone(),
            name: task.name.clone(),
            path: task.path.iter().map(path_part).collect(),
            error: status.error.clone(),
            interrupts: interrupts.to_vec(),
            state: inner(task)?,
            result: match &*status.output {
                [] => Value::Nil,
                output => Value::Map(folded(output, fields)),
            },
        })
    });
    shown.collect()
}

fn path_part(part: &Part) -> Value {
    match part {
        Part::Name(name) => text(&**name),
        Part::Number(number) => Value::Int((*number).into()),
        Part::Flag(flag) => Value::Bool(*flag),
    }
}

/// Return a value with LangGraph's dataclasses as maps, like `dataclasses.asdict`.
fn as_map(value: &Value) -> Value {
    let entries = |entries: &Map| {
        let entries = entries.iter();
        Value::Map(
            entries
                .map(|(key, value)| (key.clone(), as_map(value)))
                .collect(),
        )
    };
    match value {
        Value::Map(fields) => entries(fields),
        Value::Array(items) => items.iter().map(as_map).collect(),
        other => packets::fields(other).map_or_else(|| other.clone(), entries),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_writes_to_a_field_are_listed() {
        let fields: Vec<Rc<str>> = vec!["n".into()];
        let write = |n| ("n".into(), Value::Int(n));
        let result = folded(&[write(1), write(2), write(3)], &fields);
        let several = result.get("n").and_then(Value::map);
        let several = several.and_then(|inside| inside.get("$writes")?.array());
        assert_eq!(several.map(<[Value]>::len), Some(3));
    }
}
