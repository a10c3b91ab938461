//! The items that a run adds to its stream.

use crate::contract::Raised;
use crate::names::{ERROR, INTERRUPT};
use crate::pregel::payloads::{
    result_payload, subgraph_config, task_payload, task_states, update_payload,
};
use crate::pregel::run::Loop;
use crate::pregel::state::Names;
use crate::pregel::streams::Mode;
use crate::pregel::tasks::{Task, in_list};
use crate::program::compiled::Write;
use crate::savers::checkpoints::{at, config_of};
use crate::value::{Map, Value, map, text};

impl Loop {
    /// Queue an item.
    pub fn emit(&self, mode: Mode, payload: impl FnOnce() -> Value) {
        self.stream.emit(mode, self.step, payload);
    }

    /// Queue the items of tasks that start, and of the writes that earlier runs recorded for them.
    pub fn show_tasks(&self) {
        let program = &self.graph.program;
        for task in self.tasks.iter().filter(|task| !task.is_hidden()) {
            self.emit(Mode::Tasks, || {
                task_payload(program, task, &self.node_metadata)
            });
        }
        for task in self.tasks.iter().filter(|task| !task.writes.is_empty()) {
            self.show_writes(task, &task.writes, true);
        }
    }

    pub fn checkpoint_payload(&self) -> Value {
        let here = at(&self.place, &self.state.checkpoint.id);
        let thread = self.place.get("thread_id").cloned().unwrap_or_default();
        let program = &self.graph.program;
        let inner = |task: &Task| Ok::<_, Raised>(subgraph_config(program, task, &thread));
        let pending = self.pending.borrow();
        let states = task_states(&self.tasks, &pending, &self.request.shown, false, inner);
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

    pub fn show_values(&self, updated: &Names) {
        let fields = &self.request.shown;
        let mut written = self.tasks.iter().flat_map(|task| &task.writes);
        if fields.iter().any(|field| updated.contains(field))
            && written.any(|(channel, _)| fields.contains(channel))
        {
            self.emit(Mode::Values, || Value::Map(self.shown_values()));
        }
    }

    /// Return the state as the run returns it.
    pub fn shown_values(&self) -> Map {
        self.state.values(&self.request.shown)
    }

    /// Queue the items of a task's writes; `again` if an earlier run recorded them.
    pub fn show_writes(&self, task: &Task, writes: &[Write], again: bool) {
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
                let mut update = update_payload(task, writes, &self.request.shown);
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

    /// Queue a stopped run's last items: the state with pending writes applied.
    pub fn show_interrupt(&mut self, interrupts: &[Value]) -> Result<(), Raised> {
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
