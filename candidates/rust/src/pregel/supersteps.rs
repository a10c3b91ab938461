//! The superstep loop (`langgraph.pregel._loop`).
//!
//! A run prepares the tasks of a superstep, runs them, applies their writes and stores a checkpoint,
//! until no task is triggered, a breakpoint or an interrupt stops it, or it has taken its last step.
//! `start` brings a run to its first superstep.

use crate::contract::Raised;
use crate::halt::{Halt, RECURSION, with_guide};
use crate::pregel::apply::{Writer, apply_writes};
use crate::pregel::prepare::{next_tasks, stops};
use crate::pregel::run::Loop;
use crate::pregel::runner::{end_tasks, give_back_writes, run_tasks};
use crate::pregel::state::Names;
use crate::pregel::streams::Mode;
use crate::pregel::tasks::path_text;
use crate::value::Value;

impl Loop {
    /// Run supersteps until the run ends.
    ///
    /// Items are yielded when LangGraph yields them: an error while writes are applied loses those of
    /// its superstep.
    pub fn execute(&mut self) -> Result<(), Halt> {
        let unfinished = match self.supersteps() {
            Ok(unfinished) => {
                self.store_if_lasting()?;
                unfinished
            }
            Err(Halt::Interrupted(interrupts)) => {
                self.store_at_exit()?;
                if self.request.enclosing.is_some() {
                    return Err(Halt::Interrupted(interrupts));
                }
                self.show_interrupt(&interrupts)?;
                None
            }
            Err(error) => {
                // Tasks that are cancelled end before the exit, threads after it.
                let cancels = self.request.asynchronous;
                if !cancels {
                    self.store_at_exit()?;
                }
                let mut tasks = std::mem::take(&mut self.tasks);
                let ended = end_tasks(self, &mut tasks);
                self.tasks = tasks;
                ended?;
                if cancels {
                    self.store_at_exit()?;
                }
                return Err(error);
            }
        };
        self.stream.flush();
        unfinished.map_or(Ok(()), Err)
    }

    /// Run supersteps; return why the run stopped early, if it did.
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
            self.request.recursion_limit
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
        if stops(&self.state, &self.request.interrupt_before, &self.tasks) {
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
        if stops(&self.state, &self.request.interrupt_after, &self.tasks) {
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
