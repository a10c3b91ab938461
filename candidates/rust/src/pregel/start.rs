//! Starting a run: the way to its first superstep (`langgraph.pregel._loop.PregelLoop._first`).
//!
//! A run without an input, or with a command, continues from a checkpoint; an input starts a new
//! turn. A run that continues from an earlier checkpoint first stores a fork of it, so that the run
//! becomes a branch of its own.

use std::rc::Rc;

use crate::channels::errors::INVALID;
use crate::contract::{Raised, Unsupported};
use crate::halt::Halt;
use crate::names::*;
use crate::packets::{Command, id_of, sent};
use crate::pregel::apply::{Writer, apply_writes};
use crate::pregel::prepare::{Coming, next_tasks};
use crate::pregel::run::Loop;
use crate::pregel::state::Names;
use crate::pregel::streams::Mode;
use crate::pregel::tasks::statuses;
use crate::pregel::writes::command_updates;
use crate::program::compiled::Write;
use crate::savers::checkpoints::word;
use crate::value::{Value, text};

const EMPTY_INPUT: &str = "langgraph.errors.EmptyInputError";
const EMPTY_COMMAND: &str =
    "cannot access local variable 'resume_is_map' where it is not associated with a value";
const ONE_OF_SEVERAL: &str = "When there are multiple pending interrupts, you must specify the \
    interrupt id when resuming. Docs: https://docs.langchain.com/oss/python/langgraph/interrupts\
    #handling-multiple-interrupts.";

/// Bring a run to its first superstep.
pub fn start(run: &mut Loop) -> Result<(), Halt> {
    let given = run.request.input.clone();
    let command = Command::of(&given);
    let continues = run.resuming.unwrap_or(given.is_nil() || command.is_some());
    let resuming = !run.state.checkpoint.versions.is_empty() && continues;
    let is_outermost = run.request.enclosing.is_none();
    if is_outermost {
        run.resuming = Some(resuming);
    }
    let is_answer = command
        .as_ref()
        .is_some_and(|command| !command.resume.is_nil());
    let travelling = word(&run.request.place, "checkpoint_id").is_some() && !is_answer;
    run.replaying = travelling || run.superseded;
    if travelling {
        run.pending
            .borrow_mut()
            .retain(|(_, channel, _)| &**channel != RESUME);
    }
    let source = word(&run.metadata, "source");
    let is_branch = matches!(source, Some("update" | "fork"));
    let forks = resuming && travelling && (!is_branch || run.superseded);
    let mut updated = run
        .state
        .checkpoint
        .updated()
        .map(|names| names.into_iter().collect());
    let carried = match &command {
        Some(command) => take_command(run, command, forks)?,
        None => Vec::new(),
    };
    apply_unowned(run, carried, &mut updated)?;
    if resuming {
        pass_breakpoint(run, forks)?;
        if travelling && is_outermost {
            run.begin_replay();
        }
    } else if !given.is_nil() {
        updated = Some(take_input(run, given, updated)?);
    } else if is_outermost || run.resuming.is_none() {
        let message = format!("Received no input for {START}");
        return Err(Raised::new(EMPTY_INPUT, message).into());
    }
    run.updated = updated;
    Ok(())
}

/// Record the writes of a command; return them instead if the fork will hold them.
fn take_command(run: &mut Loop, command: &Command, forks: bool) -> Result<Vec<Write>, Halt> {
    let by_interrupt = !command.resume.is_nil() && takes_answers(run, &command.resume)?;
    let mut writes = command_writes(command)?;
    writes.retain(|(channel, _)| !(by_interrupt && &**channel == RESUME));
    if writes.is_empty() && !by_interrupt {
        // A bug in LangGraph: it should raise `EmptyInputError`.
        return Err(Raised::new("UnboundLocalError", EMPTY_COMMAND).into());
    }
    if forks {
        return Ok(writes);
    }
    run.put_writes(None, &writes)?;
    Ok(Vec::new())
}

/// Take answers by interrupt id from a resume; return whether it has any.
fn takes_answers(run: &mut Loop, resume: &Value) -> Result<bool, Raised> {
    if run.graph.saver.is_none() {
        let message = "Cannot use Command(resume=...) without checkpointer";
        return Err(Raised::new("RuntimeError", message));
    }
    let is_id = |name: &Value| {
        let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        name.text()
            .is_some_and(|name| name.len() == 32 && name.bytes().all(is_digit))
    };
    if let Value::Map(answers) = resume
        && answers.iter().all(|(name, _)| is_id(name))
    {
        run.answers = Some(Rc::new(answers.clone()));
        return Ok(true);
    }
    let mut waiting = Vec::new();
    for (_, status) in statuses(&run.pending.borrow()) {
        for id in status.waiting().iter().filter_map(id_of) {
            if !waiting.iter().any(|other| other == id) {
                waiting.push(id.to_owned());
            }
        }
    }
    match waiting.len() {
        0 | 1 => Ok(false),
        _ => Err(Raised::new("RuntimeError", ONE_OF_SEVERAL)),
    }
}

fn command_writes(command: &Command) -> Result<Vec<Write>, Halt> {
    if command.graph.as_deref() == Some(PARENT) {
        return Err(Raised::new(INVALID, "There is no parent graph").into());
    }
    let mut writes = Vec::new();
    for target in command.targets() {
        match target {
            Value::Text(name) => writes.push((branch_to(name).into(), text(START))),
            packet if sent(packet).is_some() => writes.push((TASKS.into(), packet.clone())),
            _ => return Err(Unsupported("a goto that is no name and no packet".to_owned()).into()),
        }
    }
    if !command.resume.is_nil() {
        writes.push((RESUME.into(), command.resume.clone()));
    }
    writes.extend(command_updates(command));
    Ok(writes)
}

/// Apply the pending writes without a task.
fn apply_unowned(
    run: &mut Loop,
    carried: Vec<Write>,
    updated: &mut Option<Names>,
) -> Result<(), Raised> {
    let mut writes = Vec::<Write>::new();
    for (task, channel, value) in run.pending.borrow().iter() {
        if &**task == NULL_TASK {
            writes.push((channel.clone(), value.clone()));
        }
    }
    let (own, is_carried) = (writes.len(), !carried.is_empty());
    writes.extend(carried);
    if !writes.is_empty() {
        let graph = &run.graph;
        let next = |current: Option<&Value>| graph.next_version(current);
        let writers = vec![Writer::unowned(&writes)];
        let changed = apply_writes(&mut run.state, writers, Some(&next))?;
        run.deltas.replace(&writes);
        if is_carried {
            run.deltas.lose(&writes[own..]);
        } else {
            run.deltas.keep(run.step, NULL_TASK, String::new(), &writes);
        }
        if let Some(updated) = updated {
            updated.extend(changed);
        }
    }
    Ok(())
}

/// Move past the breakpoint at which the run may have stopped.
fn pass_breakpoint(run: &mut Loop, forks: bool) -> Result<(), Raised> {
    let program = run.graph.program.clone();
    let checkpoint = &mut run.state.checkpoint;
    let seen = checkpoint.seen.inner(INTERRUPT);
    for (name, _) in &program.channels {
        if let Some(version) = checkpoint.versions.get(name) {
            seen.put(name, version.clone());
        }
    }
    if forks || run.replaying {
        run.deltas.diverge();
    }
    if forks {
        run.pending
            .borrow_mut()
            .retain(|(_, channel, _)| &**channel != INTERRUPT);
        run.put_checkpoint("fork")?;
    }
    run.emit(Mode::Values, || Value::Map(run.shown_values()));
    Ok(())
}

/// Apply an input, dropping tasks that had still to run.
fn take_input(run: &mut Loop, given: Value, updated: Option<Names>) -> Result<Names, Raised> {
    run.deltas.diverge();
    let coming = Coming {
        updated: updated.as_ref(),
        stop: None,
        ..run.coming()
    };
    let dropped = next_tasks(&run.state, &run.pending, &coming);
    let input = [(START.into(), given)];
    let mut writers: Vec<_> = dropped.iter().map(Writer::task).collect();
    writers.push(Writer::unowned(&input));
    let graph = &run.graph;
    let next = |current: Option<&Value>| graph.next_version(current);
    let updated = apply_writes(&mut run.state, writers, Some(&next))?;
    run.updated = Some(updated.clone());
    run.put_checkpoint("input")?;
    Ok(updated)
}
