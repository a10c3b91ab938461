//! A task: one run of a node in a superstep, and its status according to recorded writes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use xxhash_rust::xxh3::xxh3_128;

use crate::contract::Raised;
use crate::halt::{Halt, class_name, error_text};
use crate::names::*;
use crate::packets::interrupt;
use crate::program::compiled::{Node, Program, Write};
use crate::savers::stored::PendingWrite;
use crate::value::{Map, Value, text};

/// The writes recorded for a superstep, from which its tasks take answers.
pub type Pending = Rc<RefCell<Vec<PendingWrite>>>;

/// A part of a task's path.
#[derive(Clone)]
pub enum Part {
    Name(Rc<str>),
    Number(i64),
    Flag(bool),
}

/// Return a task's path as text, as stored and as the order in which writes are applied.
pub fn path_text(path: &[Part]) -> String {
    let parts = path.iter().map(|part| match part {
        Part::Name(name) => name.to_string(),
        Part::Number(number) => format!("{number:010}"),
        Part::Flag(flag) => format!("{:010}", i64::from(*flag)),
    });
    format!("~{}", parts.collect::<Vec<_>>().join(", "))
}

/// A task's answers to its interrupts, and the answer that names no interrupt.
pub struct Answers {
    /// The task's own, in order.
    given: RefCell<Vec<Value>>,
    /// Whether a resume named no interrupt; the first task to ask takes its answer.
    shared: bool,
    pending: Pending,
    /// The answers of the enclosing task, in a nested run.
    pub enclosing: Option<Rc<Answers>>,
    asked_count: Cell<usize>,
}

impl Answers {
    /// Return a task's answers from the writes recorded for a superstep.
    pub fn of(
        task: &str,
        namespace: &str,
        pending: &Pending,
        by_interrupt: Option<&Map>,
        enclosing: Option<Rc<Answers>>,
    ) -> Rc<Answers> {
        let known = pending.borrow();
        let first = |of: &str| known.iter().find(|write| is_resume_of(write, of));
        let mut given = match first(task) {
            Some((_, _, Value::Array(several))) => several.clone(),
            Some((_, _, one)) => vec![one.clone()],
            None => Vec::new(),
        };
        if let (false, Some(answers)) = (known.is_empty(), by_interrupt) {
            // In older threads, all interrupts of a task have the id of its first.
            let names = [
                interrupt_id(namespace, given.len()),
                interrupt_id(namespace, 0),
            ];
            given.extend(names.iter().find_map(|name| answers.get(name)).cloned());
        }
        Rc::new(Answers {
            given: given.into(),
            shared: first(NULL_TASK).is_some(),
            pending: pending.clone(),
            enclosing,
            asked_count: Cell::new(0),
        })
    }

    /// Take the shared answer, if it is left.
    fn take_shared(&self) -> Option<Value> {
        if !self.shared {
            return self.enclosing.as_ref()?.take_shared();
        }
        let mut pending = self.pending.borrow_mut();
        let place = pending
            .iter()
            .position(|write| is_resume_of(write, NULL_TASK))?;
        Some(pending.remove(place).2)
    }

    /// Start another attempt.
    pub fn begin(&self) {
        self.asked_count.set(0);
    }
}

fn is_resume_of((task, channel, _): &PendingWrite, of: &str) -> bool {
    &**task == of && &**channel == RESUME
}

/// Return the id of a task's next interrupt, after a number of answers.
fn interrupt_id(namespace: &str, answered: usize) -> String {
    let name = match answered {
        0 => namespace.to_owned(),
        _ => format!("{namespace}|{answered}"),
    };
    format!("{:032x}", xxh3_128(name.as_bytes()))
}

/// The failure that a handler handles: the task, and its error.
pub struct Failure {
    pub id: Rc<str>,
    pub name: Rc<str>,
    pub namespace: String,
    pub path: Vec<Part>,
    pub input: Rc<Value>,
    pub metadata: Map,
    /// The input as a stream item shows it.
    pub shown: Value,
    pub managed: Map,
    pub enclosing: Option<Rc<Answers>>,
    pub error: FailedWith,
}

/// A raised error, or its stored form.
pub enum FailedWith {
    Raised(Raised),
    Stored(Value),
}

impl Failure {
    /// Return the failure's node, error type or message.
    pub fn info(&self, name: &str) -> Value {
        let (class, message) = match &self.error {
            FailedWith::Raised(error) => (class_name(error), error.message.clone()),
            FailedWith::Stored(Value::Text(error)) => ("str", error.clone()),
            FailedWith::Stored(_) => ("NoneType", "None".to_owned()),
        };
        match name {
            "node" => text(&*self.name),
            "type" => text(class),
            _ => text(message),
        }
    }
}

/// A node to run: triggered by a channel (PULL), sent a packet (PUSH), or handling a failure.
pub struct Task {
    pub id: Rc<str>,
    pub name: Rc<str>,
    pub path: Vec<Part>,
    pub input: Rc<Value>,
    pub triggers: Vec<Rc<str>>,
    /// The node's index in the program.
    pub node: usize,
    pub answers: Rc<Answers>,
    /// The namespace of its interrupts, its execution info and its nested runs.
    pub namespace: String,
    /// The values of managed fields.
    pub managed: Map,
    pub failure: Option<Rc<Failure>>,
    /// The number of nested runs started so far.
    pub calls: usize,
    pub writes: Vec<Write>,
}

impl Task {
    /// Return whether streams and breakpoints skip the task.
    pub fn is_hidden(&self) -> bool {
        &*self.name == START
    }

    pub fn node<'a>(&self, program: &'a Program) -> &'a Node {
        &program.nodes[self.node]
    }

    /// Return the metadata of its node; for a handler, of the failed node.
    pub fn metadata<'a>(&'a self, program: &'a Program) -> &'a Map {
        match &self.failure {
            Some(failure) => &failure.metadata,
            None => &self.node(program).metadata,
        }
    }

    pub fn is_push(&self) -> bool {
        matches!(self.path.first(), Some(Part::Name(kind)) if &**kind == PUSH)
    }

    /// Return the task's input as a stream shows it: a packet's as it was sent, a handler's as the
    /// failed task's.
    pub fn shown_input(&self, program: &Program) -> Value {
        match (&self.failure, &self.node(program).record) {
            (Some(failure), _) => failure.shown.clone(),
            (None, Some(record)) if !self.is_push() => record.shown(&self.input),
            _ => (*self.input).clone(),
        }
    }

    /// Return the task's failure, for its handler.
    pub fn failed(&self, program: &Program, error: FailedWith) -> Rc<Failure> {
        Rc::new(Failure {
            id: self.id.clone(),
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            path: self.path.clone(),
            input: self.input.clone(),
            metadata: self.metadata(program).clone(),
            shown: self.shown_input(program),
            managed: self.managed.clone(),
            enclosing: self.answers.enclosing.clone(),
            error,
        })
    }

    /// Return the answer to the task's next interrupt (`langgraph.types.interrupt`).
    pub fn ask(&mut self, value: Value) -> Result<Value, Halt> {
        let answers = self.answers.clone();
        let index = answers.asked_count.replace(answers.asked_count.get() + 1);
        let mut given = answers.given.borrow_mut();
        if index >= given.len() {
            match answers.take_shared().filter(|answer| !answer.is_nil()) {
                Some(answer) => given.push(answer),
                None => {
                    let id = interrupt_id(&self.namespace, given.len());
                    return Err(Halt::Interrupted(vec![interrupt(value, id)]));
                }
            }
            self.writes
                .push((RESUME.into(), Value::Array(given.clone())));
            return Ok(given.last().cloned().unwrap_or_default());
        }
        let used = Value::Array(given[..=index].to_vec());
        self.writes.push((RESUME.into(), used));
        Ok(given[index].clone())
    }
}

/// A task's status according to recorded writes. It has finished if it has output.
#[derive(Default)]
pub struct Status {
    pub output: Vec<Write>,
    pub interrupts: Vec<Value>,
    pub error: Value,
}

impl Status {
    /// Return the unanswered interrupts.
    pub fn waiting(&self) -> &[Value] {
        if self.output.is_empty() {
            &self.interrupts
        } else {
            &[]
        }
    }
}

/// Return the status of every task with recorded writes, by id.
pub fn statuses(pending: &[PendingWrite]) -> Vec<(Rc<str>, Status)> {
    let mut statuses = Vec::<(Rc<str>, Status)>::new();
    for (task, channel, value) in pending {
        if &**task == NULL_TASK {
            continue;
        }
        let place = statuses.iter().position(|(id, _)| id == task);
        let place = place.unwrap_or_else(|| {
            statuses.push((task.clone(), Status::default()));
            statuses.len() - 1
        });
        let status = &mut statuses[place].1;
        match &**channel {
            INTERRUPT => status.interrupts.extend(in_list(value)),
            ERROR if status.error.is_nil() => status.error = value.clone(),
            name if is_control(name) => {}
            _ => status.output.push((channel.clone(), value.clone())),
        }
    }
    statuses
}

/// Return the interrupts of one write.
pub fn in_list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(several) => several.clone(),
        one => vec![one.clone()],
    }
}

/// Return the write that records a task's error.
pub fn error_write(error: &Raised) -> Write {
    (ERROR.into(), error_text(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_orders_as_text() {
        let path = [Part::Name(PUSH.into()), Part::Number(2), Part::Flag(false)];
        assert_eq!(path_text(&path), "~__pregel_push, 0000000002, 0000000000");
    }

    #[test]
    fn a_task_with_output_waits_for_nothing() {
        let write = |channel: &str| ("task".into(), channel.into(), Value::Int(1));
        let (_, waiting) = &statuses(&[write(INTERRUPT)])[0];
        let (_, done) = &statuses(&[write(INTERRUPT), write("n")])[0];
        assert_eq!((waiting.waiting().len(), done.waiting().len()), (1, 0));
    }

    #[test]
    fn the_first_to_ask_takes_the_answer_that_is_nobodys() {
        let pending: Pending = Rc::default();
        let answer = (NULL_TASK.into(), RESUME.into(), Value::Int(7));
        pending.borrow_mut().push(answer);
        let one = Answers::of("1", "a:1", &pending, None, None);
        let other = Answers::of("2", "a:2", &pending, None, None);
        assert!(matches!(one.take_shared(), Some(Value::Int(7))));
        assert!(other.take_shared().is_none());
    }
}
