//! Running the tasks of a superstep (`langgraph.pregel._runner.PregelRunner`).
//!
//! Every task runs to its end and is recorded then. The handler of a failed task runs in the same
//! superstep, after the others; any other error is raised when all have run. A run with a completion
//! order ends at the first failure that nothing handles: tasks that come later are left to its end,
//! where they run unseen, or are cancelled if it is asynchronous. So are the handlers of an
//! asynchronous run after the first, if something else fails.

use std::rc::Rc;

use crate::contract::Raised;
use crate::halt::Halt;
use crate::names::*;
use crate::pregel::node::run_task;
use crate::pregel::prepare::handling_task;
use crate::pregel::run::Loop;
use crate::pregel::tasks::{FailedWith, Failure, Task, error_write, statuses};
use crate::value::{Value, text};

/// Give tasks that an earlier run finished their output, so that they do not run again.
pub fn give_back_writes(run: &Loop, tasks: &mut Vec<Task>) {
    let program = run.graph.program.clone();
    let mut known = run.pending.borrow().clone();
    known.retain(|(id, ..)| tasks.iter().any(|task| task.id == *id));
    for (id, status) in statuses(&known) {
        let Some(place) = tasks.iter().position(|task| task.id == id) else {
            continue;
        };
        let own = known.iter().filter(|(task, ..)| *task == id);
        let failed = own
            .clone()
            .any(|(_, channel, _)| &**channel == ERROR_SOURCE_NODE);
        let task = &mut tasks[place];
        match task.node(&program).handler.clone().filter(|_| failed) {
            Some(handler) => {
                // The task failed for good; only its handler has to run.
                let writes = own.map(|(_, channel, value)| (channel.clone(), value.clone()));
                task.writes.extend(writes);
                let failure = task.failed(&program, FailedWith::Stored(status.error));
                tasks.extend(handling(run, failure, &handler));
            }
            None => task.writes.extend(status.output),
        }
    }
}

fn handling(run: &Loop, failure: Rc<Failure>, handler: &str) -> Option<Task> {
    handling_task(&run.state, failure, handler, &run.pending, &run.coming())
}

/// Run the tasks of a superstep, committing each one; then raise what stopped them. Tasks that do
/// not end before a failure are left.
pub fn run_tasks(run: &mut Loop, tasks: &mut Vec<Task>) -> Result<(), Halt> {
    let program = run.graph.program.clone();
    let todo = (0..tasks.len()).filter(|place| tasks[*place].writes.is_empty());
    let todo = in_order(todo.collect(), run.request.order.as_deref());
    run.stream.flush();
    let mut errors = Vec::new();
    let mut failed = Vec::new();
    run.left.clear();
    for place in &todo {
        if run.request.order.is_some() && has_failed(&errors) {
            run.left.push(*place);
            continue;
        }
        let task = &mut tasks[*place];
        match (run_one(run, task)?, task.node(&program).handler.clone()) {
            (None, _) => {}
            (Some(Halt::Failed(error)), Some(handler)) => {
                let failure = task.failed(&program, FailedWith::Raised(error));
                failed.push((failure, handler));
            }
            (Some(error), _) => errors.push(error),
        }
    }
    let cancels = run.request.asynchronous && has_failed(&errors);
    let handlers = tasks.len();
    for (failure, handler) in failed {
        tasks.extend(handling(run, failure, &handler));
    }
    for (place, task) in tasks.iter_mut().enumerate().skip(handlers) {
        if cancels && place > handlers {
            run.left.push(place);
        } else {
            errors.extend(run_one(run, task)?);
        }
    }
    if !errors.is_empty() || todo.len() > 1 || run.stream.is_written_to() {
        // A stream to which nodes and subgraphs write is read while they run.
        run.stream.flush();
    }
    raise(errors)
}

/// End the tasks that a failed run left.
pub fn end_tasks(run: &mut Loop, tasks: &mut [Task]) -> Result<(), Halt> {
    for place in std::mem::take(&mut run.left) {
        let task = &mut tasks[place];
        if run.request.asynchronous {
            task.writes.push((ERROR.into(), text("CancelledError()")));
            run.put_writes(Some(task), &task.writes)?;
        } else {
            run_one(run, task)?;
        }
    }
    Ok(())
}

/// Return whether a failure that nothing handles is among errors.
fn has_failed(errors: &[Halt]) -> bool {
    errors.iter().any(|error| matches!(error, Halt::Failed(_)))
}

/// Return tasks in the order in which they end; those that it does not number end last.
fn in_order(tasks: Vec<usize>, order: Option<&[usize]>) -> Vec<usize> {
    let order = order.unwrap_or_default();
    let first = order.iter().filter_map(|number| tasks.get(*number));
    first
        .chain(tasks.iter().skip(order.len()))
        .copied()
        .collect()
}

/// Raise the first failure, or all interrupts at once.
fn raise(errors: Vec<Halt>) -> Result<(), Halt> {
    let mut interrupts = Vec::new();
    let mut is_stopped = false;
    for error in errors {
        match error {
            Halt::Interrupted(some) => {
                is_stopped = true;
                interrupts.extend(some);
            }
            failure => return Err(failure),
        }
    }
    match is_stopped {
        true => Err(Halt::Interrupted(interrupts)),
        false => Ok(()),
    }
}

/// Run a task and record how it ended; return its error, if there is one.
fn run_one(run: &mut Loop, task: &mut Task) -> Result<Option<Halt>, Halt> {
    let error = run_task(run, task).err();
    if let Some(Halt::Declined(reason)) = error {
        return Err(reason.into());
    }
    commit(run, task, error.as_ref())?;
    Ok(error)
}

/// Record how a task ended.
fn commit(run: &mut Loop, task: &mut Task, error: Option<&Halt>) -> Result<(), Raised> {
    match error {
        Some(Halt::Interrupted(interrupts)) => {
            if interrupts.is_empty() {
                return Ok(());
            }
            let mut writes = vec![(INTERRUPT.into(), Value::Array(interrupts.clone()))];
            let resumes = task
                .writes
                .iter()
                .filter(|(channel, _)| &**channel == RESUME);
            writes.extend(resumes.cloned());
            return run.put_writes(Some(task), &writes);
        }
        Some(Halt::Failed(error)) => {
            task.writes.push(error_write(error));
            if task.node(&run.graph.program).handler.is_some() {
                let source = (ERROR_SOURCE_NODE.into(), text(&*task.name));
                task.writes.push(source);
            }
        }
        Some(_) => return Ok(()),
        None if task.writes.iter().all(|(channel, _)| is_control(channel)) => {
            task.writes.push((NO_WRITES.into(), Value::Nil));
        }
        None => {}
    }
    run.put_writes(Some(task), &task.writes)
}
